"""The picture half of the lab's CLIP alone, longer and on blemished pictures; its words stay what other models learned.

CLIP that has only seen clean drawings can be fooled by a texture, and its slope in pixels points to textures. Here it
sees cut-outs blurred, noisy, paled, with a hole, and with gray around the thing, as it does when it guides a sampler.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from finetouch.lab import wording
from finetouch.lab.facts import article
from finetouch.lab.kinds import sort_of
from finetouch.train.lab.clip import image_processor, scene
from finetouch.train.lab.loop import Batch, Losses, Recipe, saver
from finetouch.train.lab.pool import Bytes, Pool, boxes, cut, shuffled, window_around
from finetouch.train.lab.scale import Scale
from finetouch.train.lab.show import to_tensor
from finetouch.train.lab.words import encode
from finetouch.types import Pixels

_SCENES, _THINGS = 32, 128


def recipe(scale: Scale, pool: Pool, folder: Path) -> Recipe:
    """Whole scenes against captions, single things against every class in every colour it can have.

    Args:
        scale: The scale. pool: Scenes. folder: The trained CLIP.
    """
    from transformers import CLIPModel, CLIPTokenizer

    model = CLIPModel.from_pretrained(folder, torch_dtype=torch.float32)
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    for part in (model.text_model, model.text_projection):
        part.requires_grad_(False)
    model.logit_scale.requires_grad_(False)
    looks = [(kind, color) for kind in sorted(scale.classes) for color in sort_of(kind).colors]
    ids = encode(tokenizer, [article(wording.new(*look)) for look in looks])
    with torch.no_grad():
        bank = F.normalize(model.get_text_features(ids).pooler_output, dim=1)
    number = {look: i for i, look in enumerate(looks)}

    def batches(step: int) -> Iterator[Batch]:
        rng, words = np.random.default_rng(step), Random(step)
        order = shuffled(len(pool), step)
        side = pool.pictures.shape[1]
        while True:
            pictures: list[torch.Tensor] = []
            texts: list[str] = []
            wanted: list[int] = []
            while len(texts) < _SCENES:
                picture, caption = scene(rng, words, pool[next(order)], scale.size)
                pictures.append(picture)
                texts.append(caption)
            while len(wanted) < _THINGS:
                item = pool[next(order)]
                found = boxes(item.labels, len(item.facts["things"]))
                large = [i for i, b in enumerate(found) if min(b[2] - b[0], b[3] - b[1]) >= 8]
                if not large:
                    continue
                i = int(rng.choice(large))
                fact = item.facts["things"][i]
                if (fact["kind"], fact["color"]) not in number:
                    continue
                seen, labels = cut(item, window_around(rng, side, found[i], (0.4, 1.0)), scale.size)
                pictures.append(to_tensor(blemished(rng, seen, labels == i + 1)))
                wanted.append(number[fact["kind"], fact["color"]])
            yield {"pixels": torch.stack(pictures), "ids": encode(tokenizer, texts), "wanted": torch.tensor(wanted)}

    def losses(model: nn.Module, batch: Batch) -> Losses:
        with torch.no_grad():
            said = F.normalize(model.get_text_features(batch["ids"]).pooler_output.float(), dim=1)  # type: ignore[operator]
        seen = F.normalize(model.get_image_features(batch["pixels"]).pooler_output.float(), dim=1)  # type: ignore[operator]
        sharp = model.logit_scale.exp()  # type: ignore[operator]
        scenes = sharp * seen[:_SCENES] @ said.T
        own = torch.arange(_SCENES, device=seen.device)
        told = (F.cross_entropy(scenes, own) + F.cross_entropy(scenes.T, own)) / 2
        things = sharp * seen[_SCENES:] @ bank.to(seen.device).T
        named = F.cross_entropy(things, batch["wanted"])
        hit = (things.argmax(1) == batch["wanted"]).float().mean()
        scene_hit = (scenes.argmax(1) == own).float().mean()
        return {"loss": 0.5 * told + named, "told": told, "named": named, "scene_hit": scene_hit, "thing_hit": hit}

    return Recipe(
        "clip-eyes", model, batches, losses, saver(tokenizer, image_processor(scale.size)),
        steps=scale.steps["clip-eyes"], batch_size=_SCENES + _THINGS, rate=6e-4, decay=0.05, ema=0.995, warm_up=40,
    )  # fmt: skip


def blemished(rng: np.random.Generator, picture: Bytes, own: np.ndarray) -> Pixels:
    """A cut-out as samplers and selections make them: one or two faults, and often gray around the thing."""
    if rng.random() < 0.5:
        picture, own = picture[:, ::-1], own[:, ::-1]
    out = picture.astype(np.float32)
    size = out.shape[0]
    if rng.random() < 0.4:
        grow = int(rng.integers(1, 9))
        near = cv2.dilate(own.astype(np.uint8), np.ones((grow, grow), np.uint8)) > 0
        if rng.random() < 0.5:
            x, y, w, h = cv2.boundingRect(near.astype(np.uint8))
            near = np.zeros_like(near)
            near[y : y + h, x : x + w] = True
        out[~near] = 127.5
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 2.0)))
    if rng.random() < 0.3:
        out += rng.normal(0, rng.uniform(2, 25), out.shape)
    if rng.random() < 0.3:
        coarse = rng.normal(0, rng.uniform(4, 25), (size // 4, size // 4, 3)).astype(np.float32)
        out += cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.3:
        out = (out - 127.5) * rng.uniform(0.6, 1.15) + 127.5 + rng.uniform(-15, 15)
    if rng.random() < 0.2:
        h, w = (int(v) for v in rng.integers(size // 8, size // 3, 2))
        y, x = int(rng.integers(0, size - h)), int(rng.integers(0, size - w))
        out[y : y + h, x : x + w] = rng.uniform(0, 255, 3)
    return np.clip(out, 0, 255).astype(np.uint8)
