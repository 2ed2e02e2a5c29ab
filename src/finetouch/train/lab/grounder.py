"""The lab's grounder, of the CLIPSeg class: a phrase to the pixels it means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from finetouch.train.lab.clip import image_processor, text_config
from finetouch.train.lab.loop import Batch, Losses, Recipe
from finetouch.train.lab.pool import Pool
from finetouch.train.lab.scale import Scale
from finetouch.train.lab.seeing import asked, sights
from finetouch.train.lab.show import grey, grid, to_pixels
from finetouch.train.lab.taught import Taught, pupil_saver, ranks_of, truth_of
from finetouch.train.lab.words import encode

_PHRASES = 4
"""Phrases per picture; the picture is encoded once for all of them."""


def build(scale: Scale, tokenizer: Any) -> Any:
    """An untrained CLIPSeg with 16 x 16 patches and logits of the picture's size."""
    from transformers import CLIPSegConfig, CLIPSegForImageSegmentation

    vision = {
        "hidden_size": scale.width, "intermediate_size": 3 * scale.width, "num_hidden_layers": scale.depth + 1,
        "num_attention_heads": 2, "image_size": scale.sight, "patch_size": scale.sight // 16,
    }  # fmt: skip
    depth = scale.depth
    config = CLIPSegConfig(
        text_config=text_config(scale, tokenizer), vision_config=vision, projection_dim=scale.width,
        extract_layers=[depth // 2, depth - 1, depth], reduce_dim=scale.width // 2, decoder_num_attention_heads=1,
        decoder_intermediate_size=2 * scale.width, decoder_hidden_act="relu",
    )  # fmt: skip
    return CLIPSegForImageSegmentation(config)


def recipe(scale: Scale, pool: Pool, clip: Path) -> Recipe:
    """Phrases for one thing, for all of a kind and for nothing, against the pixels they mean; taught pixel by pixel."""
    from transformers import CLIPModel, CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(clip)
    model = build(scale, tokenizer)
    read = CLIPModel.from_pretrained(clip, dtype=torch.float32)
    model.clip.text_model.load_state_dict(read.text_model.state_dict())
    model.clip.text_projection.load_state_dict(read.text_projection.state_dict())

    def batches(step: int, count: int = scale.batch["grounder"]) -> Iterator[Batch]:
        return _batches(pool, scale, tokenizer, count, step)

    def sample(average: nn.Module) -> Image.Image:
        batch = next(batches(777, 2))
        found = torch.sigmoid(masks_for(average.model, batch["pixels"], batch["ids"]).float())
        shown = batch["pixels"].repeat_interleave(_PHRASES, 0)
        return grid([to_pixels(shown), grey(batch["masks"]), grey(found)], 3)

    taught = Taught(
        model,
        len(scale.classes),
        scale.width,
        4,
        scale.width,
        alone=scale.steps["grounder"] // 2,
        apart=scale.steps["grounder"] // 4,
    )
    return Recipe(
        "grounder", taught, batches, _losses,
        pupil_saver(tokenizer, image_processor(scale.sight)), sample, steps=scale.steps["grounder"],
        batch_size=scale.batch["grounder"], rate=6e-4, decay=0.03, ema=0.998, warm_up=200, plain_attention=True,
    )  # fmt: skip


def _batches(pool: Pool, scale: Scale, tokenizer: Any, count: int, step: int) -> Iterator[Batch]:
    rng, words = np.random.default_rng(step), Random(step)
    stream = sights(pool, scale.sight, step, whole=0.85, light=0.2, plain=0.5)
    while True:
        seen = [next(stream) for _ in range(count)]
        pairs = [asked(rng, words, s, scale.classes) for s in seen for _ in range(_PHRASES)]
        yield {
            "pixels": torch.stack([s.tensor() for s in seen]), "ids": encode(tokenizer, [t for t, _ in pairs]),
            "masks": torch.from_numpy(np.stack([m for _, m in pairs])).float(), "truth": truth_of(seen),
            "ranks": ranks_of(seen),
        }  # fmt: skip


def masks_for(model: Any, pixels: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """Logits ``(N * P, S, S)`` for P phrases per picture, each picture encoded once."""
    return _decoded(model, *_encoded(model, pixels, ids))


def _encoded(model: Any, pixels: torch.Tensor, ids: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
    width = max(2, int((ids != ids[:, -1:]).sum(1).max()) + 2)
    words = model.clip.get_text_features(input_ids=ids[:, :width])
    words = words if torch.is_tensor(words) else words.pooler_output
    states = model.clip.vision_model(pixels, output_hidden_states=True).hidden_states
    return [states[i + 1] for i in model.extract_layers], words


def _decoded(model: Any, layers: list[torch.Tensor], words: torch.Tensor) -> torch.Tensor:
    times = len(words) // len(layers[0])
    return torch.as_tensor(model.decoder([v.repeat_interleave(times, 0) for v in layers], words).logits)


def mask_losses(logits: torch.Tensor, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross entropy per pixel and one minus soft overlap, each ``(N,)``."""
    cross = F.binary_cross_entropy_with_logits(logits, masks, reduction="none").mean((1, 2))
    share = torch.sigmoid(logits)
    both, sum_ = (share * masks).sum((1, 2)), share.sum((1, 2)) + masks.sum((1, 2))
    return cross, 1 - (2 * both + 1) / (sum_ + 1)


def overlap(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Intersection over union of ``logits > 0``, ``(N,)``; 1 where both are empty."""
    found, want = logits > 0, masks > 0.5
    both, either = (found & want).sum((1, 2)).float(), (found | want).sum((1, 2)).float()
    return torch.where(either > 0, both / either.clamp(min=1), torch.ones_like(both))


@torch.no_grad()
def _open_decoder(model: Taught, layers: list[torch.Tensor], words: torch.Tensor) -> None:
    """Lets the decoder begin with what its encoder has learned: where patches and phrases meet.

    The phrase multiplies the reduced patches, so both are projected alike, on what tells the phrases of a batch apart.
    Random signs keep the sum of the products from being taken away by the layer norm.
    """
    assert model.meant is not None
    decoder: Any = model.model.decoder
    said, seen = words.float(), layers[-1][:, 1:].float()
    wide = decoder.film_mul.weight.shape[0]
    apart = torch.linalg.svd(said - said.mean(0), full_matrices=False)[2][:wide]
    apart = torch.cat([apart, torch.randn(wide - len(apart), apart.shape[1]) / apart.shape[1] ** 0.5])
    signs = torch.randint(0, 2, (wide, 1)) * 2.0 - 1
    weight, bias = signs * (apart @ model.meant.weight), signs[:, 0] * (apart @ model.meant.bias)
    spread = (seen @ weight.T + bias).std()
    decoder.reduces[0].weight.copy_(weight / spread)
    decoder.reduces[0].bias.copy_(bias / spread)
    decoder.film_mul.weight.copy_(apart / (said @ apart.T).std())
    decoder.film_mul.bias.zero_()
    decoder.film_add.weight.mul_(0.1)
    decoder.film_add.bias.zero_()


def _losses(model: nn.Module, batch: Batch) -> Losses:
    assert isinstance(model, Taught)
    phase, none = model.phase(), torch.tensor(float("nan"))
    with torch.set_grad_enabled(torch.is_grad_enabled() and phase != "rest"):
        layers, words = _encoded(model.model, batch["pixels"], batch["ids"])
    if phase == "rest":
        if int(model.steps) == model.alone + 1:
            _open_decoder(model, layers, words)
        logits = _decoded(model.model, layers, words).float()
        cross, soft = (v.mean() for v in mask_losses(logits, batch["masks"]))
        iou = overlap(logits.detach(), batch["masks"]).mean()
        return {
            "loss": 4 * cross + 0.5 * soft,
            "cross": cross,
            "lesson": none,
            "meeting": none,
            "ranks": none,
            "iou": iou,
        }
    lesson = model.lesson(layers[-1][:, 1:], batch["truth"])
    ranks = model.standing(layers[-1][:, 1:], batch["ranks"])
    meeting = model.meeting(layers[-1][:, 1:], words, batch["masks"])
    if phase == "encoder":
        loss = lesson + meeting + ranks
        return {"loss": loss, "cross": none, "lesson": lesson, "meeting": meeting, "ranks": ranks, "iou": none}
    logits = _decoded(model.model, layers, words).float()
    cross, soft = mask_losses(logits, batch["masks"])
    return {
        "loss": 4 * cross.mean() + 0.5 * soft.mean() + lesson + meeting + ranks,
        "cross": cross.mean(), "lesson": lesson, "meeting": meeting, "ranks": ranks,
        "iou": overlap(logits.detach(), batch["masks"]).mean(),
    }  # fmt: skip
