"""Copies a trained lab family into the package and writes the model cards.

Usage: finetouch bench lab --models runs/lab --json > runs/lab/bench.json
       python train/lab/publish.py runs/lab [MODEL ...]
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from finetouch.lab.zoo import HERE, MODELS, REFINED

WHAT = {
    "clip": ("CLIPModel, CLIPTokenizer, CLIPImageProcessor (transformers)",
             "Pictures and words of the lab in one space; its text half conditions the diffusion models."),
    "vae": ("AutoencoderKL (diffusers)", "64 px pictures to 16 x 16 x 4 latents and back."),
    "unet": ("UNet2DConditionModel, DDIMScheduler (diffusers)", "Text to image in the VAE's latents."),
    "inpaint": ("UNet2DConditionModel with 9 channels, DDIMScheduler (diffusers)",
                "Fills a hole with what the words say, or with nothing."),
    "lcm": ("LoRA for the unet (peft, diffusers load_lora_weights), with LCMScheduler", "The unet in four steps."),
    "segformer": ("SegformerForSemanticSegmentation, SegformerImageProcessor (transformers)", "Every pixel's class."),
    "grounder": ("CLIPSegForImageSegmentation, CLIPTokenizer, CLIPImageProcessor (transformers)",
                 "A phrase to the pixels it means."),
    "sam": ("SamModel, SamProcessor (transformers)", "Points or a box to masks."),
    "judge": ("UperNetForSemanticSegmentation on a ResNet, SegformerImageProcessor (transformers)",
              "Class and colour of every pixel. For measuring only: no other model is trained or guided with it."),
}  # fmt: skip
CARD = """---
license: apache-2.0
library_name: {library}
---
# Finetouch lab: {name}

{what} Opens with `from_pretrained` of {classes}.

- **Data**: {data}
  No photographs, no other people's pictures or weights.
- **Recipe**: `finetouch train lab {recipe} --scale cpu` (`src/finetouch/train/lab`): {steps} steps of {batch_size},
  peak learning rate {rate}, moving average {ema}, {hours:.1f} h on the processor{bf16}; seed 0; {parameters:,}
  parameters in training, stored in half precision.{note}
- **Measured** on synthetic test scenes (`finetouch bench lab --only {name} --limit {limit}`): {figures}.
- **Limits**: knows the drawn world of `finetouch.lab` only; useless on photographs.
- **Licence**: Apache-2.0, as the rest of Finetouch.
"""
DATA = {
    "judge": "scenes of `finetouch.lab` drawn from training seeds that no other model of the family learns from.",
}
USUAL = "scenes of `finetouch.lab` drawn from training seeds; test seeds and held-out combinations are never seen."


def publish(family: Path, name: str, bench: dict[str, Any]) -> None:
    """Copies one model and writes its card."""
    out = HERE / name
    shutil.rmtree(out, ignore_errors=True)
    last = REFINED.get(name, name)
    source = family / (last if (family / last / "model").exists() else name)
    shutil.copytree(source / "model", out)
    facts = json.loads((source / "recipe.json").read_text())
    classes, what = WHAT[name]
    row = next((r for r in bench["rows"] if r["model"] == name), {"figures": {}})
    figures = ", ".join(f"{k} {v:.3f}" for k, v in row["figures"].items()) or "not measured"
    card = CARD.format(
        name=name, recipe=source.name, what=what, classes=classes, data=DATA.get(name, USUAL), figures=figures,
        limit=bench["scenes"],
        library="transformers" if "transformers" in classes else "diffusers", hours=facts["seconds"] / 3600,
        bf16=" in bfloat16" if facts["bf16"] else "", note=f" {facts['note']}" if "note" in facts else "",
        **{k: facts[k] for k in ("steps", "batch_size", "rate", "ema", "parameters")},
    )  # fmt: skip
    (out / "README.md").write_text(card)
    size = sum(p.stat().st_size for p in out.rglob("*"))
    print(f"{name}: {size / 1e6:.2f} MB, {figures}")


def publish_schedule(family: Path) -> None:
    """The noise schedule that all diffusion models of the family share."""
    out = HERE / "scheduler"
    out.mkdir(exist_ok=True)
    shutil.copy(family / "inpaint" / "model" / "scheduler_config.json", out)


def main() -> None:
    """Publishes the models named, or all that are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", type=Path)
    parser.add_argument("models", nargs="*", default=[])
    args = parser.parse_args()
    bench = json.loads((args.family / "bench.json").read_text())
    for name in args.models or [m for m in MODELS if (args.family / m / "model").exists()]:
        publish(args.family, name, bench)
    publish_schedule(args.family)


if __name__ == "__main__":
    main()
