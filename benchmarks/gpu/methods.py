"""Times and memory of the generative methods on models as large as the real ones.

The weights are random: they do not change how long anything takes or how much memory it needs, and nothing has to be
downloaded. Usage:

    python benchmarks/gpu/methods.py [--models sd15 sdxl] [--sides 512 1024] [--steps 30] [--device cuda] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

import finetouch
from finetouch.lab.zoo import Zoo
from finetouch.types import Region

SD15 = {
    "block_out_channels": (320, 640, 1280, 1280), "cross_attention_dim": 768, "attention_head_dim": 8,
    "sample_size": 64, "layers_per_block": 2,
}  # fmt: skip
SDXL = {
    "block_out_channels": (320, 640, 1280), "cross_attention_dim": 2048, "attention_head_dim": [5, 10, 20],
    "sample_size": 128, "layers_per_block": 2, "transformer_layers_per_block": [1, 2, 10],
    "use_linear_projection": True,
    "addition_embed_type": "text_time", "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
}  # fmt: skip
TINY = {
    "block_out_channels": (32, 64), "cross_attention_dim": 768, "attention_head_dim": 4, "sample_size": 16,
    "layers_per_block": 1, "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
}  # fmt: skip
UNETS: dict[str, dict[str, Any]] = {"sd15": SD15, "sdxl": SDXL, "tiny": TINY}


def build(name: str, folder: Path, half: bool) -> Path:
    """An inpainting pipeline of this size with random weights, in the hub's layout."""
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionInpaintPipeline,
        StableDiffusionXLInpaintPipeline,
        UNet2DConditionModel,
    )  # fmt: skip
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    torch.manual_seed(0)
    channels = (32, 64) if name == "tiny" else (128, 256, 512, 512)
    blocks = len(channels)
    vae = AutoencoderKL(
        block_out_channels=channels, layers_per_block=2, latent_channels=4, sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * blocks, up_block_types=("UpDecoderBlock2D",) * blocks,
        scaling_factor=0.13025 if name == "sdxl" else 0.18215,
    )  # fmt: skip
    unet = UNet2DConditionModel(in_channels=9, out_channels=4, **UNETS[name])
    tokenizer = CLIPTokenizer.from_pretrained(Zoo().path("clip"), model_max_length=77)
    marks = {k: getattr(tokenizer, k) for k in ("bos_token_id", "eos_token_id", "pad_token_id")}
    scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)
    small = CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
                           projection_dim=768, **marks)  # fmt: skip
    shared = {"vae": vae, "unet": unet, "tokenizer": tokenizer, "scheduler": scheduler}
    pipe: Any
    if name == "sdxl":
        large = CLIPTextConfig(hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
                               projection_dim=1280, hidden_act="gelu", **marks)  # fmt: skip
        pipe = StableDiffusionXLInpaintPipeline(
            text_encoder=CLIPTextModel(small), text_encoder_2=CLIPTextModelWithProjection(large),
            tokenizer_2=tokenizer, **shared,
        )  # fmt: skip
    else:
        pipe = StableDiffusionInpaintPipeline(
            text_encoder=CLIPTextModel(small), safety_checker=None, feature_extractor=None,
            requires_safety_checker=False, **shared,
        )  # fmt: skip
    (pipe.to(torch.float16) if half else pipe).save_pretrained(folder)
    return folder


def photo(side: int) -> np.ndarray:
    """A square photo that a dependency ships."""
    from skimage import data, transform

    cup = data.coffee()[:, 100:500]
    return np.rint(transform.resize(cup, (side, side), preserve_range=True)).astype(np.uint8)


def disc(side: int) -> Region:
    """The middle of the photo."""
    y, x = np.mgrid[0:side, 0:side]
    return Region.of((x - side / 2) ** 2 + (y - side / 2) ** 2 < (side / 5) ** 2, label="cup", source="benchmark")


def timed(work: Callable[[], Any], device: str) -> tuple[float, float]:
    """Seconds of the second of two runs, and the peak memory in GB (0 on a processor)."""
    work()
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    seconds = time.perf_counter() - start
    return seconds, torch.cuda.max_memory_allocated() / 1e9 if device == "cuda" else 0.0


def ours(folder: Path, name: str, side: int, steps: int, device: str, method: str = "inpaint") -> Callable[[], Any]:
    """One edit with Finetouch: crop-zoom, the model, paste-back, proof."""
    preset = "sdxl" if name == "sdxl" else "sd15"
    editor = finetouch.Editor(photo(side), preset=preset, device=device, models={"inpaint": str(folder)}, offline=True)
    region = disc(side)
    plan = finetouch.EditPlan.model_validate({
        "steps": [{"op": "replace", "target": "cup", "result": "a red ball", "params": {"steps": steps}}],
        "instruction": "replace the cup with a red ball",
    })  # fmt: skip
    return lambda: editor.apply(plan, region=region, method=method, seed=1, verify=False)


def plain(folder: Path, side: int, steps: int, device: str, half: bool) -> Callable[[], Any]:
    """The same model in diffusers' own pipeline on the whole picture."""
    from diffusers import AutoPipelineForInpainting
    from PIL import Image

    dtype = torch.float16 if half else torch.float32
    pipe = AutoPipelineForInpainting.from_pretrained(folder, torch_dtype=dtype).to(device)
    pipe.set_progress_bar_config(disable=True)
    picture, mask = Image.fromarray(photo(side)), Image.fromarray(np.uint8(255 * (disc(side).mask > 0)))
    return lambda: pipe(
        "a red ball", image=picture, mask_image=mask, height=side, width=side, num_inference_steps=steps, strength=1.0
    )


def main() -> None:
    """Builds the models, times them, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["sd15", "sdxl"], choices=sorted(UNETS))
    parser.add_argument("--sides", nargs="+", type=int, default=[512, 1024])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    half = args.device == "cuda"
    name = torch.cuda.get_device_name(0) if half else "processor"
    table = Table("model", "side", "who", "seconds", "peak GB", title=f"{name}, {args.steps} steps", box=None)
    rows = []
    for model in args.models:
        with tempfile.TemporaryDirectory() as folder:
            path = build(model, Path(folder) / model, half)
            for side in args.sides:
                for who, work in (
                    ("finetouch inpaint", ours(path, model, side, args.steps, args.device)),
                    ("diffusers", plain(path, side, args.steps, args.device, half)),
                ):
                    seconds, peak = timed(work, args.device)
                    del work
                    if half:
                        torch.cuda.empty_cache()
                    rows.append({"model": model, "side": side, "who": who, "seconds": seconds, "peak_gb": peak})
                    table.add_row(model, str(side), who, f"{seconds:.2f}", f"{peak:.1f}")
    Console().print(table)
    if args.json:
        args.json.write_text(json.dumps({"device": name, "steps": args.steps, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
