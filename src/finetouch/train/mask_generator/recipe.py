"""How the two mask generators are trained: the direct predictor, and the diffusion model over masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from finetouch.diffusion.mask_net import (
    MaskPredictor,
    MaskPredictorConfig,
    Reader,
    conditioned,
    folded,
    mask_denoiser,
    noise_schedule,
    sample_masks,
)  # fmt: skip
from finetouch.errors import UsageError
from finetouch.lab.zoo import Zoo
from finetouch.train.lab.loop import Batch, Losses, Recipe, saver
from finetouch.train.lab.show import grey, grid, to_pixels
from finetouch.train.mask_generator.batches import batches, collate, example
from finetouch.train.mask_generator.losses import several
from finetouch.train.mask_generator.world import Pairs
from finetouch.types import Reporter

MODELS = ("predictor", "diffusion")
DROP_EACH = 0.05
"""Diffusion: how often words, sight or both are dropped for guidance (as in InstructPix2Pix)."""
GAMMA = 5.0


@dataclass(frozen=True)
class Size:
    """Sizes and schedule of one training.

    Attributes:
        pairs: How many are drawn. side: Pixels. widths: Channels per level. depth: Blocks per level.
        steps, batch, rate: The schedule.
    """

    pairs: int = 16_000
    side: int = 64
    widths: tuple[int, ...] = (64, 128)
    depth: int = 2
    steps: int = 3600
    batch: int = 32
    rate: float = 1.2e-3


SIZES: dict[str, dict[str, Size]] = {
    "cpu": {"predictor": Size(), "diffusion": Size(widths=(64, 96, 96), steps=6000, batch=48, rate=8e-4)},
    "gpu": {
        "predictor": Size(400_000, 128, (192, 384), 3, 60_000, 128, 6e-4),
        "diffusion": Size(400_000, 128, (128, 256, 256), 2, 150_000, 64, 1e-4),
    },
}
"""Scale and model to sizes."""


def size_of(scale: str, model: str) -> Size:
    """Sizes of a model at a scale; raises `UsageError` for names that do not exist."""
    if scale not in SIZES:
        raise UsageError(f"There is no scale '{scale}'.", f"Choose one of: {', '.join(SIZES)}.")
    if model not in MODELS:
        raise UsageError(f"There is no mask generator '{model}'.", f"Choose one of: {', '.join(MODELS)}.")
    return SIZES[scale][model]


def pairs_for(folder: Path, size: Size, report: Reporter | None = None, zoo: Zoo | None = None) -> Pairs:
    """The training pairs of the lab below this folder; drawn and sent through the lab's autoencoder first."""
    zoo = zoo or Zoo()
    vae = zoo.load("AutoencoderKL", "vae") if zoo.has("vae") and size.side == 64 else None
    return Pairs.open(folder / f"pairs-{size.side}", size.pairs, size.side, vae=vae, report=report)


def reader_for(zoo: Zoo | None = None) -> Reader:
    """The text half of the lab's CLIP."""
    from transformers import CLIPTokenizer

    zoo = zoo or Zoo()
    return Reader(zoo.load("CLIPTextModel", "clip"), CLIPTokenizer.from_pretrained(zoo.path("clip")))


def recipe(model: str, pairs: Pairs, reader: Reader, size: Size) -> Recipe:
    """The recipe of one generator; raises `UsageError` for an unknown name.

    Args:
        model: One of `MODELS`. pairs: What it learns from. reader: Of the words. size: Sizes and schedule.
    """
    size_of("cpu", model)
    return (_predictor if model == "predictor" else _diffusion)(pairs, reader, size)


def _predictor(pairs: Pairs, reader: Reader, size: Size) -> Recipe:
    torch.manual_seed(1)
    config = MaskPredictorConfig(
        size=size.side, widths=size.widths, depth=size.depth, text_width=int(reader.encoder.config.hidden_size),
        text_length=reader.length,
    )  # fmt: skip
    net = MaskPredictor(config).to(memory_format=torch.channels_last)

    def losses(model: nn.Module, batch: Batch) -> Losses:
        found = model(*(batch[n] for n in ("pixels", "old", "hint", "words", "mask")))
        return several(found, batch["target"])

    def sample(average: nn.Module) -> Image.Image:
        batch = _shown(pairs, reader)
        with torch.no_grad():
            found = average(*(batch[n] for n in ("pixels", "old", "hint", "words", "mask")))
        order = found["scores"].argsort(1, descending=True)
        masks = found["masks"].sigmoid().gather(1, order[..., None, None].expand_as(found["masks"]))
        return _sheet(batch, masks)

    return Recipe(
        "predictor", net, lambda step: batches(pairs, reader, size.batch, step), losses, saver(), sample,
        steps=size.steps, batch_size=size.batch, rate=size.rate, warm_up=min(200, size.steps // 4), decay=0.02,
        ema=0.998, plain_attention=True, facts={"pairs": len(pairs), "data": "lab"},
    )  # fmt: skip


def _diffusion(pairs: Pairs, reader: Reader, size: Size) -> Recipe:
    torch.manual_seed(1)
    unet = conditioned(mask_denoiser(size.side, size.widths, int(reader.encoder.config.hidden_size)))
    unet = unet.to(memory_format=torch.channels_last)
    noise = noise_schedule()
    ratios = noise.alphas_cumprod / (1 - noise.alphas_cumprod)
    blank = reader([""], full=True)[0]

    def losses(model: nn.Module, batch: Batch) -> Losses:
        sight, words = guided(batch, blank)
        x = folded(batch["target"] * 2 - 1)
        eps, t = torch.randn_like(x), torch.randint(0, 1000, (len(x),), device=x.device)
        noisy = torch.cat([noise.add_noise(x, eps, t), folded(sight)], 1)
        found = model(noisy.contiguous(memory_format=torch.channels_last), t, words).sample.float()
        error = F.mse_loss(found, noise.get_velocity(x, eps, t), reduction="none").mean((1, 2, 3))
        snr = ratios.to(t.device)[t]
        return {"loss": (error * snr.clamp(max=GAMMA) / (snr + 1)).mean(), "error": error.detach().mean()}

    def sample(average: nn.Module) -> Image.Image:
        batch = _shown(pairs, reader, full=True)
        sight = torch.cat([batch["pixels"], batch["old"], batch["hint"]], 1)
        made = [
            sample_masks(average, noise, sight, batch["words"], blank, torch.Generator().manual_seed(s), 15)
            for s in range(2)
        ]
        return _sheet(batch, torch.cat(made, 1))

    return Recipe(
        "diffusion", unet, lambda step: batches(pairs, reader, size.batch, step, full=True), losses, saver(noise),
        sample, steps=size.steps, batch_size=size.batch, rate=size.rate, warm_up=min(200, size.steps // 4), decay=0.01,
        ema=0.998, plain_attention=True, facts={"pairs": len(pairs), "data": "lab"},
    )  # fmt: skip


def guided(batch: Batch, blank: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Picture with old mask and hint, and words; each of them, or both, left out now and then."""
    sight = torch.cat([batch["pixels"], batch["old"], batch["hint"]], 1)
    chance = torch.rand(len(sight), device=sight.device)
    blind = (chance < 2 * DROP_EACH)[:, None, None, None]
    mute = ((chance >= DROP_EACH) & (chance < 3 * DROP_EACH))[:, None, None]
    return sight.masked_fill(blind, 0.0), torch.where(mute, blank.to(sight.device), batch["words"])


def _shown(pairs: Pairs, reader: Reader, count: int = 16, full: bool = False) -> Batch:
    """The first pairs, as the network may get them; the same every time."""
    from random import Random

    rng, words = np.random.default_rng(5), Random(5)
    return collate([example(rng, words, pairs, i) for i in range(min(count, len(pairs)))], reader, full)


def _sheet(batch: Batch, found: torch.Tensor) -> Image.Image:
    rows = [
        to_pixels(batch["pixels"]),
        grey(batch["old"][:, 0]),
        grey(batch["hint"][:, 0]),
        grey(batch["target"][:, 0]),
    ]
    rows += [grey(found[:, k]) for k in range(found.shape[1])]
    return grid(rows, 2)
