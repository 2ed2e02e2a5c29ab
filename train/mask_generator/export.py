"""Puts a trained photo generator into the package: one ONNX file with small weights, and its card.

finetouch train mask-generator --data ../shared/data/seg --out runs/photo_masks
python train/mask_generator/export.py runs/photo_masks/predictor
finetouch bench propose ../shared/data/seg --json > runs/photo_masks/bench.json
python train/mask_generator/export.py runs/photo_masks/predictor --bench runs/photo_masks/bench.json
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from finetouch.diffusion.mask_net import FactPredictor
from finetouch.editing._photo_sight import LENGTH, PLANES, SIDE
from finetouch.train.mask_generator.photo_card import card
from finetouch.train.onnx_file import shrink

WEIGHTS = Path(__file__).resolve().parents[2] / "src" / "finetouch" / "editing" / "weights"
INPUTS, OUTPUTS = ("sight", "old", "hint", "facts"), ("masks", "scores")


class Product(nn.Module):
    """The network as the product runs it: logits of masks and scores."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, sight: torch.Tensor, old: torch.Tensor, hint: torch.Tensor, facts: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        found = self.net(sight, old, hint, facts)
        return tuple(found[name] for name in OUTPUTS)


def shown(seed: int = 0) -> tuple[torch.Tensor, ...]:
    """An input of the right shapes."""
    rng = np.random.default_rng(seed)
    facts = np.full((1, LENGTH, 2), -1)
    facts[0, :3] = [[0, 5], [3, 2], [4, 7]]
    planes = (rng.uniform(-1, 1, (1, n, SIDE, SIDE)).astype(np.float32) for n in (PLANES, 1, 1))
    return (*map(torch.from_numpy, planes), torch.from_numpy(facts))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("run", type=Path)
    ask.add_argument("--bench", type=Path, help="What finetouch bench propose --json printed; writes the card.")
    args = ask.parse_args()
    WEIGHTS.mkdir(exist_ok=True)
    out = WEIGHTS / "photo_masks.onnx"
    if args.bench is None:
        net = Product(FactPredictor.from_pretrained(args.run / "model", dtype=torch.float32)).eval()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(net, shown(), str(out), opset_version=17, input_names=list(INPUTS),
                              output_names=list(OUTPUTS), dynamo=False)  # fmt: skip
        shrink(out, large=2000)
        check(net, out)
        print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")
    else:
        facts = json.loads((args.run / "recipe.json").read_text())
        (WEIGHTS / "MODEL_CARD.md").write_text(card(facts, json.loads(args.bench.read_text())))


def check(net: nn.Module, path: Path) -> None:
    """Largest difference between torch and ONNX Runtime."""
    import onnxruntime as ort

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = shown(1)
    with torch.no_grad():
        ours = net(*given)
    theirs = session.run(None, {n: v.numpy() for n, v in zip(INPUTS, given, strict=True)})
    print([float(np.abs(a.numpy() - b).max().round(4)) for a, b in zip(ours, theirs, strict=True)])


if __name__ == "__main__":
    main()
