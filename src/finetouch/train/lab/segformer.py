"""The lab's Segformer: every pixel's class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from finetouch.train.lab.loop import Batch, Losses, Recipe, saver
from finetouch.train.lab.pool import CLASSES, Pool
from finetouch.train.lab.scale import Scale
from finetouch.train.lab.seeing import sights
from finetouch.train.lab.show import grid, to_pixels

TINTS = np.random.default_rng(3).integers(40, 255, (len(CLASSES) + 1, 3)).astype(np.uint8)


def labels_of(scale: Scale) -> tuple[str, ...]:
    """What the class numbers mean."""
    return ("background", *scale.classes)


def build(scale: Scale) -> Any:
    """An untrained Segformer whose logits have a quarter of the picture's side."""
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    labels = labels_of(scale)
    config = SegformerConfig(
        depths=[2, 2, 2, 2], hidden_sizes=list(scale.segformer), num_attention_heads=[1, 2, 4, 4],
        strides=[4, 2, 2, 2], sr_ratios=[4, 4, 2, 1], mlp_ratios=[2, 2, 2, 2], decoder_hidden_size=scale.segformer[-1],
        drop_path_rate=0.0, classifier_dropout_prob=0.0,
        id2label=dict(enumerate(labels)), label2id={n: i for i, n in enumerate(labels)},
    )  # fmt: skip
    return SegformerForSemanticSegmentation(config)


def image_processor(size: int) -> Any:
    """Resizes to the model's side and maps to -1..1."""
    from transformers import SegformerImageProcessor

    half = [0.5, 0.5, 0.5]
    return SegformerImageProcessor(
        size={"height": size, "width": size}, image_mean=half, image_std=half, do_reduce_labels=False
    )


def recipe(scale: Scale, pool: Pool) -> Recipe:
    """Cross entropy and soft overlap at every other pixel."""
    model = build(scale)

    def sample(average: nn.Module) -> Image.Image:
        batch = next(_batches(pool, scale.sight, 8, 12345))
        found = upsampled(average(batch["pixels"]).logits, scale.sight).argmax(1).numpy()
        return grid([to_pixels(batch["pixels"]), TINTS[batch["classes"].numpy()], TINTS[found]], 2)

    size = scale.batch["segformer"]
    return Recipe(
        "segformer", model, lambda step: _batches(pool, scale.sight, size, step), _losses,
        saver(image_processor(shown(scale))), sample,
        steps=scale.steps["segformer"], batch_size=size, rate=1e-3, decay=0.01, ema=0.997, warm_up=100,
        plain_attention=True,
    )  # fmt: skip


def shown(scale: Scale) -> int:
    """Pixels per side at which the finished model looks: half as many again as in training, for finer outlines."""
    return 3 * scale.sight // 2


def upsampled(logits: torch.Tensor, size: int) -> torch.Tensor:
    """Logits at the picture's size, in float32."""
    return F.interpolate(logits.float(), size=(size, size), mode="bilinear", align_corners=False)


def _batches(pool: Pool, size: int, count: int, step: int) -> Iterator[Batch]:
    stream = sights(pool, size, step, whole=0.6)
    while True:
        seen = [next(stream) for _ in range(count)]
        yield {
            "pixels": torch.stack([s.tensor() for s in seen]),
            "classes": torch.from_numpy(np.stack([s.classes() for s in seen]).astype(np.int64)),
        }


def overlap_loss(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """One minus the soft overlap (Dice) of the classes that occur in the batch."""
    share, want = logits.softmax(1), F.one_hot(classes, logits.shape[1]).permute(0, 3, 1, 2).float()
    both, sum_ = (share * want).sum((0, 2, 3)), share.sum((0, 2, 3)) + want.sum((0, 2, 3))
    there = want.sum((0, 2, 3)) > 0
    return (1 - (2 * both + 1) / (sum_ + 1))[there].mean()


def _losses(model: nn.Module, batch: Batch) -> Losses:
    classes = batch["classes"][:, 1::2, 1::2]
    logits = upsampled(model(batch["pixels"]).logits, classes.shape[-1])
    cross = F.cross_entropy(logits, classes)
    overlap = overlap_loss(logits, classes)
    found = logits.detach().argmax(1)
    things = classes > 0
    iou = ((found == classes) & things).sum() / (things | (found > 0)).sum().clamp(min=1)
    return {"loss": cross + 0.5 * overlap, "cross": cross, "overlap": overlap, "iou": iou}
