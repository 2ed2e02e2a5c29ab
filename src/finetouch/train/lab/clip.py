"""The lab's CLIP: pictures and words in one space; its text half also conditions the diffusion models."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from finetouch.train.lab.loop import Batch, Losses, Recipe, saver
from finetouch.train.lab.pool import Item, Pool, boxes, cut, random_window, shuffled, window_around
from finetouch.train.lab.scale import Scale
from finetouch.train.lab.show import to_tensor
from finetouch.train.lab.words import LENGTH, encode, make_tokenizer, prompt_for

_SCENES, _THINGS = 64, 96


def text_config(scale: Scale, tokenizer: Any) -> dict[str, Any]:
    """The text half, shared by all models of the family that read."""
    return {
        "vocab_size": len(tokenizer), "hidden_size": scale.width, "intermediate_size": 4 * scale.width,
        "num_hidden_layers": scale.depth - 1, "num_attention_heads": 4, "max_position_embeddings": LENGTH,
        "projection_dim": scale.width, "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id,
    }  # fmt: skip


def build(scale: Scale, tokenizer: Any) -> Any:
    """An untrained CLIP of this scale."""
    from transformers import CLIPConfig, CLIPModel

    vision = {
        "hidden_size": scale.width, "intermediate_size": 4 * scale.width, "num_hidden_layers": scale.depth,
        "num_attention_heads": 4, "image_size": scale.size, "patch_size": scale.size // 8,
        "projection_dim": scale.width,
    }  # fmt: skip
    config = CLIPConfig(text_config=text_config(scale, tokenizer), vision_config=vision, projection_dim=scale.width)
    return CLIPModel(config)


def image_processor(size: int) -> Any:
    """Resizes to the model's side and maps to -1..1."""
    from transformers import CLIPImageProcessor

    half = [0.5, 0.5, 0.5]
    return CLIPImageProcessor(
        size={"height": size, "width": size}, do_center_crop=False, image_mean=half, image_std=half
    )


def recipe(scale: Scale, pool: Pool) -> Recipe:
    """Contrastive training on whole scenes with captions and on cut-outs of single things with phrases.

    A phrase is a positive of every cut-out in the batch that it fits, so that "cat" is never pushed away from a cat.
    """
    tokenizer = make_tokenizer(pool, scale)
    model = build(scale, tokenizer)

    return Recipe(
        "clip", model, lambda step: _batches(scale, pool, tokenizer, step), _losses,
        saver(tokenizer, image_processor(scale.size)),
        steps=scale.steps["clip"], batch_size=_SCENES + _THINGS, rate=1e-3, decay=0.05, ema=0.995, warm_up=60,
    )  # fmt: skip


def _batches(scale: Scale, pool: Pool, tokenizer: Any, step: int) -> Iterator[Batch]:
    rng, words = np.random.default_rng(step), Random(step)
    order = shuffled(len(pool), step)
    while True:
        pictures: list[torch.Tensor] = []
        texts, looks, wants = [], [], []
        while len(pictures) < _SCENES:
            picture, caption = scene(rng, words, pool[next(order)], scale.size)
            pictures.append(picture)
            texts.append(caption)
        while len(pictures) < _SCENES + _THINGS:
            found = thing(rng, pool[next(order)], scale.size)
            if found is None:
                continue
            picture, fact = found
            pictures.append(to_tensor(picture[:, ::-1] if rng.random() < 0.5 else picture))
            plain = rng.random() < 0.15
            texts.append(prompt_for(words, fact["kind"] if plain else fact["phrase"]))
            looks.append((fact["kind"], fact["color"]))
            wants.append((fact["kind"], None if plain else fact["color"]))
        match = torch.eye(_SCENES + _THINGS)
        fits = [[k == K and c in (None, C) for K, C in looks] for k, c in wants]
        match[_SCENES:, _SCENES:] = torch.tensor(fits, dtype=torch.float32)
        yield {"pixels": torch.stack(pictures), "ids": encode(tokenizer, texts), "match": match}


def scene(rng: np.random.Generator, words: Random, item: Item, size: int) -> tuple[torch.Tensor, str]:
    """A whole scene, or most of one, with a caption."""
    side = item.picture.shape[0]
    window = (0, 0, side, side) if rng.random() < 0.6 else random_window(rng, side, 0.85)
    return to_tensor(cut(item, window, size)[0]), words.choice(item.facts["caption"])


def thing(rng: np.random.Generator, item: Item, size: int) -> tuple[np.ndarray, dict[str, Any]] | None:
    """A cut-out around a random thing that shows at least 12 px of it, with its facts; None when there is none."""
    facts = item.facts["things"]
    found = boxes(item.labels, len(facts))
    large = [i for i, b in enumerate(found) if min(b[2] - b[0], b[3] - b[1]) >= 8 and b[2] - b[0] + b[3] - b[1] >= 24]
    if not large:
        return None
    i = int(rng.choice(large))
    window = window_around(rng, item.picture.shape[0], found[i], (0.5, 1.0))
    return cut(item, window, size)[0], facts[i]


def _losses(model: nn.Module, batch: Batch) -> Losses:
    out = model(input_ids=batch["ids"], pixel_values=batch["pixels"])
    logits, match = out.logits_per_text.float(), batch["match"]
    sides = []
    for scores, want in ((logits, match), (logits.T, match.T)):
        target = want / want.sum(1, keepdim=True)
        sides.append(-(target * F.log_softmax(scores, 1)).sum(1).mean())
    scenes = logits[:_SCENES, :_SCENES]
    hit = (scenes.argmax(1) == torch.arange(_SCENES)).float().mean()
    things = logits[_SCENES:, _SCENES:].argmax(1)
    right = match[_SCENES:, _SCENES:].gather(1, things[:, None]).mean()
    return {"loss": (sides[0] + sides[1]) / 2, "scene_hit": hit, "thing_hit": right}
