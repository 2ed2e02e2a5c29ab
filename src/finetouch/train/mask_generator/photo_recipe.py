"""How the generator of masks for photographs is trained: layouts and facts in, several masks out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import nn

from finetouch.diffusion.mask_net import FactPredictor, FactPredictorConfig
from finetouch.editing._photo_sight import LENGTH, NAMES, PLANES, ROLES, SIDE
from finetouch.errors import UsageError
from finetouch.train.lab.loop import Batch, Losses, Recipe, saver
from finetouch.train.lab.show import grey, grid
from finetouch.train.mask_generator.losses import several
from finetouch.train.mask_generator.photo_batches import batch, batches
from finetouch.train.mask_generator.photos import PhotoPairs

WIDTH = 64
"""Of a fact's embedding."""


@dataclass(frozen=True)
class PhotoSize:
    """Sizes and schedule. widths: Channels per level. depth: Blocks per level. steps, batch, rate: The schedule."""

    widths: tuple[int, int] = (48, 96)
    depth: int = 1
    steps: int = 3000
    batch: int = 32
    rate: float = 1.2e-3


SIZES = {"cpu": PhotoSize(), "gpu": PhotoSize((96, 192), 2, 12_000, 128, 8e-4)}


def photo_size(scale: str) -> PhotoSize:
    """The sizes of a scale; raises `UsageError` for one that does not exist."""
    if scale not in SIZES:
        raise UsageError(f"There is no scale '{scale}'.", f"Choose one of: {', '.join(SIZES)}.")
    return SIZES[scale]


def photo_recipe(pairs: PhotoPairs, size: PhotoSize = PhotoSize()) -> Recipe:
    """The recipe of the photo generator on these pairs."""
    torch.manual_seed(1)
    config = FactPredictorConfig(
        roles=len(ROLES), names=len(NAMES), size=SIDE, widths=size.widths, depth=size.depth, text_width=WIDTH,
        text_length=LENGTH, planes=PLANES,
    )  # fmt: skip
    net = FactPredictor(config).to(memory_format=torch.channels_last)

    def losses(model: nn.Module, shown: Batch) -> Losses:
        return several(model(*(shown[n] for n in ("pixels", "old", "hint", "facts"))), shown["target"])

    def sample(average: nn.Module) -> Image.Image:
        rng = np.random.default_rng(5)
        shown = batch(rng, [pairs[int(i)] for i in rng.choice(len(pairs), 16)], pairs)
        with torch.no_grad():
            found = average(*(shown[n] for n in ("pixels", "old", "hint", "facts")))
        order = found["scores"].argsort(1, descending=True)
        soft = found["masks"].sigmoid().gather(1, order[..., None, None].expand_as(found["masks"]))
        rows = [grey((shown["pixels"][:, k] + 1) / 2) for k in (4, 10, 13)]
        rows += [grey(shown[n][:, 0]) for n in ("old", "hint", "target")] + [grey(soft[:, k]) for k in range(4)]
        return grid(rows, 2)

    return Recipe(
        "photo-masks", net, lambda step: batches(pairs, size.batch, step), losses, saver(), sample,
        steps=size.steps, batch_size=size.batch, rate=size.rate, warm_up=min(200, size.steps // 4), decay=0.05,
        ema=0.998, plain_attention=True, facts={"data": "photographs", **pairs.counts()},
    )  # fmt: skip
