"""What the diffusion models learn from: cut-outs of scenes with a prompt and a mask, already encoded by the lab's VAE.

A view is far (a whole scene with its caption) or near (one thing large, with words for it). Its mask hides the thing,
a piece of the place in which nothing stands, something at random, or everything: with everything hidden an inpainting
model is a text-to-image model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from finetouch.lab.facts import SETTING, article
from finetouch.train.lab.pool import Bytes, Item, Pool, boxes, cut, shuffled, window_around
from finetouch.train.lab.show import to_tensors
from finetouch.train.lab.words import prompt_for
from finetouch.types import Reporter

Bools = NDArray[np.bool_]
EMPTY = ("empty background", "background", "nothing", "an empty place", "a picture of an empty place", "")
"""Prompts for a piece of the place in which nothing stands."""


@dataclass(frozen=True)
class View:
    """One example in pixels. mask: True where hidden. whole: prompt for the whole cut-out. part: for what is hidden."""

    picture: Bytes
    mask: Bools
    whole: tuple[str, ...]
    part: tuple[str, ...]


def make_view(rng: np.random.Generator, words: Random, item: Item, size: int, framed: float = 0.0) -> View | None:
    """A random view of a scene; None when the thing chosen hardly shows.

    Args:
        rng, words: Chance. item: The scene. size: Pixels per side.
        framed: Share of hidden things of which a box of other proportions hides no more than it must.
    """
    side = item.picture.shape[0]
    facts = item.facts["things"]
    found = boxes(item.labels, len(facts))
    large = [i for i, b in enumerate(found) if min(b[2] - b[0], b[3] - b[1]) >= 6 and b[2] - b[0] + b[3] - b[1] >= 20]
    if not large:
        return None
    far = rng.random() < 0.2
    i = int(rng.choice(large))
    window = (0, 0, side, side) if far else window_around(rng, side, found[i], (0.3, 0.85))
    picture, labels = cut(item, window, size)
    own = labels == i + 1
    if own.sum() < 12:
        return None
    setting = words.choice(SETTING[item.facts["place"]])
    phrases = (prompt_for(words, facts[i]["phrase"]), f"{article(facts[i]['phrase'])} {setting}")
    whole = tuple(item.facts["caption"]) if far else phrases
    chance = rng.random()
    if chance < 0.3:
        mask = _empty_spot(rng, labels, own)
        if mask is not None:
            return View(picture, mask, whole, (words.choice(EMPTY), f"an empty place {setting}"))
    if chance < 0.85:
        mask = _framed(rng, own) if framed and rng.random() < framed else _hidden(rng, own)
        return View(picture, mask, whole, phrases)
    return View(picture, _box(rng, size), whole, whole)


def _hidden(rng: np.random.Generator, own: Bools) -> Bools:
    """The thing's box, its grown outline, or a place with room around it, as is left by a thing of another shape."""
    grow = int(rng.integers(1, 6))
    chance = rng.random()
    if chance < 0.35:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * grow + 1, 2 * grow + 1))
        return np.asarray(cv2.dilate(own.view(np.uint8), kernel) > 0)
    x, y, w, h = cv2.boundingRect(own.view(np.uint8))
    out = np.zeros_like(own)
    room = (grow, grow) if chance < 0.6 else (round(0.6 * h), round(0.6 * w))
    pad = [int(rng.integers(0, room[side // 2] + 1)) for side in range(4)]
    out[max(0, y - pad[0]) : y + h + pad[1], max(0, x - pad[2]) : x + w + pad[3]] = True
    return out


def _framed(rng: np.random.Generator, own: Bools) -> Bools:
    """A box that a thing of other proportions leaves: tight one way, with room the other, mostly above."""
    x, y, w, h = (float(v) for v in cv2.boundingRect(own.view(np.uint8)))
    pad, ratio = float(rng.uniform(0, 0.15)), float(np.exp(rng.uniform(-0.8, 0.8)))
    x, y, w, h = x - pad * w, y - pad * h, w * (1 + 2 * pad), h * (1 + 2 * pad)
    wide, tall = max(w, ratio * h), max(h, w / ratio)
    x -= rng.random() * (wide - w)
    y -= (1.0 if rng.random() < 0.6 else rng.random()) * (tall - h)
    out = np.zeros_like(own)
    out[max(0, round(y)) : round(y + tall), max(0, round(x)) : round(x + wide)] = True
    return out


def _box(rng: np.random.Generator, size: int) -> Bools:
    out = np.zeros((size, size), np.bool_)
    h, w = (int(v) for v in rng.integers(size // 6, size * 3 // 4, 2))
    y, x = int(rng.integers(0, size - h)), int(rng.integers(0, size - w))
    out[y : y + h, x : x + w] = True
    return out


def _empty_spot(rng: np.random.Generator, labels: Bytes, own: Bools) -> Bools | None:
    """The thing's silhouette or its box, grown and moved to where nothing stands; None when there is no such spot."""
    size = labels.shape[0]
    shape = _hidden(rng, own)
    x, y, w, h = cv2.boundingRect(shape.view(np.uint8))
    scale = rng.uniform(0.5, 1.0)
    w, h = max(4, int(w * scale)), max(4, int(h * scale))
    stamp = cv2.resize(shape.view(np.uint8), (w, h)) if rng.random() < 0.5 else np.ones((h, w), np.uint8)
    taken = cv2.integral((labels > 0).view(np.uint8))
    for _ in range(12):
        x, y = int(rng.integers(0, max(1, size - w))), int(rng.integers(0, max(1, size - h)))
        inside = taken[y + h, x + w] - taken[y, x + w] - taken[y + h, x] + taken[y, x]
        if inside <= 0.02 * w * h:
            out = np.zeros((size, size), np.bool_)
            out[y : y + h, x : x + w] = stamp > 0
            return out
    return None


class Views:
    """Encoded views on disk: latents, latents of the masked picture, masks and prompts."""

    def __init__(self, folder: Path) -> None:
        self.texts = [json.loads(line) for line in (folder / "prompts.jsonl").read_text().splitlines()]
        self.clean, self.masked = (np.load(folder / f"{n}.npy", mmap_mode="r") for n in ("clean", "masked"))
        self.masks = np.load(folder / "masks.npy")

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def open(
        cls, folder: Path, pool: Pool, vae: Any, count: int, size: int, seed: int = 1, framed: float = 0.0,
        report: Reporter | None = None,
    ) -> Views:  # fmt: skip
        """The views in this folder; makes and encodes them first when they are not there."""
        if not (folder / "prompts.jsonl").exists():
            _encode(folder, stream(pool, size, seed, framed), vae, count, size, report or Reporter())
        return cls(folder)


def _encode(folder: Path, views: Iterator[View], vae: Any, count: int, size: int, report: Reporter) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    grid = size // 2 ** (len(vae.config.block_out_channels) - 1)
    shape = (count, vae.config.latent_channels, grid, grid)
    arrays = {n: np.lib.format.open_memmap(folder / f"{n}.npy", "w+", np.float16, shape) for n in ("clean", "masked")}
    masks = np.zeros((count, grid, grid), np.uint8)
    texts: list[str] = []
    while len(texts) < count:
        batch = [next(views) for _ in range(min(128, count - len(texts)))]
        at = slice(len(texts), len(texts) + len(batch))
        for name, code in encode(vae, batch).items():
            arrays[name][at] = code.numpy()
        masks[at] = np.stack([coarse(v.mask, grid) for v in batch])
        texts += [json.dumps([v.whole, v.part]) for v in batch]
        report.update("encode views", len(texts), count)
    np.save(folder / "masks.npy", masks)
    (folder / "prompts.part").write_text("\n".join(texts))
    (folder / "prompts.part").rename(folder / "prompts.jsonl")


def stream(pool: Pool, size: int, seed: int, framed: float = 0.0) -> Iterator[View]:
    """Views without end, every scene once before any comes again."""
    rng, words = np.random.default_rng(seed), Random(seed)
    for i in shuffled(len(pool), seed):
        view = make_view(rng, words, pool[i], size, framed)
        if view is not None:
            yield view


@torch.no_grad()
def encode(vae: Any, views: list[View]) -> dict[str, torch.Tensor]:
    """Scaled latents, ``(N, C, h, w)``, of the pictures ("clean") and of the pictures with the mask grey ("masked")."""
    x = to_tensors(np.stack([v.picture for v in views]))
    hide = torch.from_numpy(np.stack([v.mask for v in views]))[:, None]
    both = torch.cat([x, x.masked_fill(hide, 0.0)]).contiguous(memory_format=torch.channels_last)
    device = vae.device
    with torch.autocast(device.type, torch.bfloat16):
        code = vae.encode(both.to(device)).latent_dist.mean.float() * vae.config.scaling_factor
    return dict(zip(("clean", "masked"), code.half().cpu().chunk(2), strict=True))


def coarse(mask: Bools, grid: int) -> NDArray[np.uint8]:
    """The mask on the latent grid: 1 where any of its pixels is hidden."""
    k = mask.shape[0] // grid
    return np.asarray(mask.reshape(grid, k, grid, k).any((1, 3)), np.uint8)
