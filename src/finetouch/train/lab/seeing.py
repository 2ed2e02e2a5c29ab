"""What the models that look learn from: labelled cut-outs of scenes, near and far, mirrored, in changed light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from finetouch.train.lab.pool import CLASSES, COLORS, Bytes, Pool, boxes, cut, random_window, shuffled, window_around
from finetouch.train.lab.show import to_tensor

Bools = NDArray[np.bool_]
RANKS = ("leftmost", "rightmost", "largest", "smallest")
"""How one thing can stand out among those of its kind."""


@dataclass(frozen=True)
class Sight:
    """A labelled cut-out.

    Attributes:
        picture: ``(S, S, 3) uint8``. labels: ``(S, S) uint8``, n for the n-th thing, 0 for the place.
        things: Kind and color of every thing of the scene (n = index + 1). phrases: Text, level and n of phrases
            that mean exactly one thing; empty for a cut-out, in which they might not hold.
    """

    picture: Bytes
    labels: Bytes
    things: list[dict[str, Any]]
    phrases: list[tuple[str, str, int]]

    def classes(self) -> Bytes:
        """Semantic classes per pixel: 0 for the place, 1.. for `CLASSES`."""
        table = np.array([0, *(CLASSES.index(t["kind"]) + 1 for t in self.things)], np.uint8)
        return table[self.labels]

    def colors(self) -> Bytes:
        """Colour per pixel: 0 for the place, 1.. for `COLORS`."""
        table = np.array([0, *(COLORS.index(t["color"]) + 1 for t in self.things)], np.uint8)
        return table[self.labels]

    def ranks(self) -> Bytes:
        """Per pixel how a thing stands among its like: 0 where it has none, else 1 and a bit for each of `RANKS`."""
        table = np.zeros(len(self.things) + 1, np.uint8)
        said: list[tuple[str, int]] = [(t.split()[0], n) for t, level, n in self.phrases if level == "position"]
        alike = {self.things[n - 1]["kind"] for _, n in said}
        for n, thing in enumerate(self.things, 1):
            if thing["kind"] in alike:
                table[n] = 1 + sum(1 << k for k, word in enumerate(RANKS) if (word, n) in said)
        return table[self.labels]

    def tensor(self) -> torch.Tensor:
        """``(3, S, S)`` in -1..1."""
        return to_tensor(self.picture)


def sights(
    pool: Pool, size: int, seed: int, whole: float = 0.5, light: float = 0.3, plain: float = 1.0
) -> Iterator[Sight]:
    """Cut-outs without end.

    Args:
        pool: Scenes. size: Pixels per side. seed: Fixes the stream.
        whole: Share of whole scenes (never mirrored, so that "left" stays left). light: Share in changed light.
        plain: Share that is kept of the scenes in which no thing stands out among its like.
    """
    rng = np.random.default_rng(seed)
    side = pool.pictures.shape[1]
    for i in shuffled(len(pool), seed):
        item = pool[i]
        things = item.facts["things"]
        if plain < 1 and rng.random() >= plain and not any(v == "position" for _, v, _ in item.facts["phrases"]):
            continue
        if rng.random() < whole:
            window, phrases = (0, 0, side, side), [(t, v, n) for t, v, n in item.facts["phrases"]]
        else:
            found = boxes(item.labels, len(things))
            seen = [b for b in found if b[2] - b[0] >= 6]
            near = seen and rng.random() < 0.6
            chosen = seen[int(rng.integers(len(seen)))] if near else None
            window = random_window(rng, side, 0.35) if chosen is None else window_around(rng, side, chosen, (0.2, 0.8))
            phrases = []
        picture, labels = cut(item, window, size)
        if not phrases and rng.random() < 0.5:
            picture, labels = np.ascontiguousarray(picture[:, ::-1]), np.ascontiguousarray(labels[:, ::-1])
        if rng.random() < light:
            picture = relit(rng, picture)
        yield Sight(picture, labels, things, phrases)


def relit(rng: np.random.Generator, picture: Bytes) -> Bytes:
    """The picture a little darker, lighter, warmer, softer or noisier; colours keep their names."""
    p = picture.astype(np.float32)
    p = (p - 128) * rng.uniform(0.85, 1.15) + 128 + rng.uniform(-14, 14)
    p *= 1 + rng.uniform(-0.05, 0.05, 3)
    if rng.random() < 0.4:
        p = np.asarray(cv2.GaussianBlur(p, (0, 0), rng.uniform(0.3, 0.8)))
    if rng.random() < 0.3:
        p = p + rng.normal(0, rng.uniform(1, 8), p.shape).astype(np.float32)
    return np.clip(p, 0, 255).astype(np.uint8)


_OFTEN = {"position": 3}
"""How often a phrase of a level is chosen, for each time that a plain one is."""


def asked(
    rng: np.random.Generator, words: Random, sight: Sight, classes: tuple[str, ...]
) -> tuple[str, Bools]:  # fmt: skip
    """A phrase and the pixels it means: one thing, all of a kind, or nothing at all.

    Args:
        rng, words: Chance. sight: A cut-out. classes: Kinds that may be asked for without being there.
    """
    chance = rng.random()
    showing = [n for n in np.unique(sight.labels) if n]
    if sight.phrases and chance < 0.75:
        often = [_OFTEN.get(level, 1) for _, level, _ in sight.phrases]
        text, _, n = words.choices(sight.phrases, often)[0]
        return text, sight.labels == n
    if showing and chance < 0.9:
        thing = sight.things[words.choice(showing) - 1]
        kind, color = thing["kind"], thing["color"] if rng.random() < 0.6 else None
    else:
        kind, color = words.choice(classes), words.choice(COLORS) if rng.random() < 0.6 else None
    meant = [n for n, t in enumerate(sight.things, 1) if t["kind"] == kind and color in (None, t["color"])]
    return _said(words, kind, color), np.isin(sight.labels, meant)


def _said(words: Random, kind: str, color: str | None) -> str:
    if color is None:
        return kind
    return (
        words.choice((f"person in the {color} top", f"person in a {color} top"))
        if kind == "person"
        else (f"{color} {kind}")
    )
