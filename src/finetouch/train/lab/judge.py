"""The lab's judge: which class and which colour every pixel of a picture shows.

It is another kind of network than the models it judges (a convolutional one), learns from scenes that they never see
and with stronger changes of light, and is never used to guide them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from finetouch.train.lab.loop import Batch, Losses, Recipe, saver
from finetouch.train.lab.pool import COLORS, Pool
from finetouch.train.lab.scale import Scale
from finetouch.train.lab.seeing import relit, sights
from finetouch.train.lab.segformer import TINTS, image_processor, labels_of, upsampled
from finetouch.train.lab.show import grid, to_pixels, to_tensor

ZOOM = 2
"""The judge looks at every picture enlarged this much."""


def build(scale: Scale) -> Any:
    """An untrained UperNet on a small ResNet."""
    from transformers import ResNetConfig, UperNetConfig, UperNetForSemanticSegmentation

    width = scale.width // 4
    names = (*labels_of(scale), *(f"color:{c}" for c in COLORS))
    backbone = ResNetConfig(
        embedding_size=width, hidden_sizes=[width, 2 * width, 4 * width], depths=[2, 2, 2], layer_type="basic",
        out_features=["stage1", "stage2", "stage3"],
    )  # fmt: skip
    config = UperNetConfig(
        backbone_config=backbone, hidden_size=width, pool_scales=[1, 2, 4], use_auxiliary_head=False,
        id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)},
    )  # fmt: skip
    return UperNetForSemanticSegmentation(config)


def recipe(scale: Scale, pool: Pool) -> Recipe:
    """Cross entropy of the class everywhere and of the colour on things."""
    model = build(scale).to(memory_format=torch.channels_last)

    def sample(average: nn.Module) -> Image.Image:
        batch = next(_batches(pool, scale.size, 8, 12345))
        found = upsampled(average(batch["pixels"]).logits, scale.size)[:, : -len(COLORS)].argmax(1).numpy()
        small = F.interpolate(batch["pixels"], scale_factor=1 / ZOOM, mode="area")
        return grid([to_pixels(small), TINTS[batch["classes"].numpy()], TINTS[found]], 2)

    size = scale.batch["judge"]
    return Recipe(
        "judge", model, lambda step: _batches(pool, scale.size, size, step), _losses,
        saver(image_processor(scale.size * ZOOM)), sample,
        steps=scale.steps["judge"], batch_size=size, rate=1.5e-3, decay=0.01, ema=0.995, warm_up=60,
    )  # fmt: skip


def _batches(pool: Pool, size: int, count: int, step: int) -> Iterator[Batch]:
    rng = np.random.default_rng(step + 5)
    stream = sights(pool, size, step + 90_000_000, whole=0.4, light=0.0)
    while True:
        seen = [next(stream) for _ in range(count)]
        pictures = [_worn(rng, s.picture) for s in seen]
        large = [cv2.resize(p, (size * ZOOM, size * ZOOM), interpolation=cv2.INTER_LINEAR) for p in pictures]
        yield {
            "pixels": torch.stack([to_tensor(p) for p in large]).contiguous(memory_format=torch.channels_last),
            "classes": torch.from_numpy(np.stack([s.classes() for s in seen]).astype(np.int64)),
            "colors": torch.from_numpy(np.stack([s.colors() for s in seen]).astype(np.int64)),
        }


def _worn(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """The picture as a generator might give it: other light, softer, with ripples of an autoencoder."""
    if rng.random() < 0.7:
        picture = relit(rng, picture)
    if rng.random() < 0.3:
        size, small = picture.shape[0], int(picture.shape[0] * rng.uniform(0.5, 0.9))
        picture = cv2.resize(cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA), (size, size))
    return picture


def _losses(model: nn.Module, batch: Batch) -> Losses:
    classes, colors = batch["classes"], batch["colors"]
    logits = upsampled(model(batch["pixels"]).logits, classes.shape[-1])
    kind, tint = logits[:, : -len(COLORS)], logits[:, -len(COLORS) :]
    cross = F.cross_entropy(kind, classes)
    color = F.cross_entropy(tint, colors - 1, ignore_index=-1)
    things = classes > 0
    right = (kind.detach().argmax(1) == classes)[things].float().mean()
    tinted = (tint.detach().argmax(1) == colors - 1)[things].float().mean()
    return {"loss": cross + 0.3 * color, "cross": cross, "right": right, "color": tinted}
