"""The pictures that the lab models learn from: scenes drawn once by worker processes, cut out anew every time.

A pool is a folder of flat arrays that every recipe maps into memory. Scenes are drawn larger than the models see
them, so that a random cut-out, near or far, costs only a resize.
"""

from __future__ import annotations

import json
import multiprocessing as mp
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.lab.facts import caption, described
from finetouch.lab.kinds import KINDS, MORE
from finetouch.lab.language import expressions
from finetouch.lab.palette import NAMES
from finetouch.lab.render import render
from finetouch.lab.sample import sample_scene
from finetouch.lab.splits import allowed, seed_for
from finetouch.types import Reporter

CLASSES: tuple[str, ...] = (*KINDS, *MORE)
"""Every class; those of the usual world come first, and a family that knows only these counts just as far."""
COLORS: tuple[str, ...] = NAMES
Bytes = NDArray[np.uint8]
_SHARD = 250


@dataclass(frozen=True)
class Item:
    """One scene of a pool.

    Attributes:
        picture: ``(S, S, 3) uint8``. labels: ``(S, S) uint8``, 0 for the place, n for the n-th thing.
        facts: ``things`` (kind, color, phrase), ``caption``, ``place``, ``mood``, ``phrases`` (text, level, n).
    """

    picture: Bytes
    labels: Bytes
    facts: dict[str, Any]


class Pool:
    """Scenes of one split, drawn at ``size`` pixels and kept on disk."""

    def __init__(self, folder: Path) -> None:
        self.facts = [json.loads(line) for line in (folder / "facts.jsonl").read_text().splitlines()]
        self.pictures = np.load(folder / "pictures.npy", mmap_mode="r")
        self.labels = np.load(folder / "labels.npy", mmap_mode="r")

    def __len__(self) -> int:
        return len(self.facts)

    def __getitem__(self, i: int) -> Item:
        return Item(np.asarray(self.pictures[i]), np.asarray(self.labels[i]), self.facts[i])

    @classmethod
    def open(
        cls, folder: Path, count: int, size: int = 128, split: str = "train", first: int = 0,
        report: Reporter | None = None, larger: bool = False,
    ) -> Pool:  # fmt: skip
        """The pool in this folder; draws it first when it is not there.

        Args:
            folder: Where it lies. count: Scenes. size: Pixels per side. split: Of the lab's seeds.
            first: Index of the first scene of the split (pools with other ranges share no scene).
            report: Progress; cancelling leaves nothing behind. larger: Scenes of the larger world.
        """
        if not (folder / "facts.jsonl").exists():
            _draw(folder, count, size, split, first, report or Reporter(), larger)
        return cls(folder)


def _draw(folder: Path, count: int, size: int, split: str, first: int, report: Reporter, larger: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "pictures.part.npy", folder / "labels.part.npy"]
    pictures = np.lib.format.open_memmap(paths[0], "w+", np.uint8, (count, size, size, 3))
    labels = np.lib.format.open_memmap(paths[1], "w+", np.uint8, (count, size, size))
    lines: list[str] = []
    jobs = [(split, first + at, min(_SHARD, count - at), size, larger) for at in range(0, count, _SHARD)]
    with mp.get_context("spawn").Pool(initializer=cv2.setNumThreads, initargs=(1,)) as workers:
        for p, m, facts in workers.imap(_shard, jobs):
            at = len(lines)
            pictures[at : at + len(p)], labels[at : at + len(p)] = p, m
            lines += facts
            report.update("draw scenes", len(lines), count)
    pictures.flush()
    labels.flush()
    for path in paths:
        path.rename(path.with_name(path.name.replace(".part", "")))
    (folder / "facts.part").write_text("\n".join(lines))
    (folder / "facts.part").rename(folder / "facts.jsonl")


def _shard(job: tuple[str, int, int, int, bool]) -> tuple[Bytes, Bytes, list[str]]:
    split, first, count, size, larger = job
    pictures, labels, lines = [], [], []
    for i in range(first, first + count):
        picture, label, facts = _scene(seed_for(split, i), size, larger)
        pictures.append(picture)
        labels.append(label)
        lines.append(json.dumps(facts))
    return np.stack(pictures), np.stack(labels), lines


def _scene(seed: int, size: int, larger: bool) -> tuple[Bytes, Bytes, dict[str, Any]]:
    scene = sample_scene(seed, larger=larger)
    while not allowed(scene):
        seed += 10_000_000
        scene = sample_scene(seed, larger=larger)
    drawn = render(scene, size)
    labels = np.zeros((size, size), np.uint8)
    order = {}
    for n, t in enumerate(scene.ordered(), 1):
        labels[drawn.visible[t.id]] = n
        order[t.id] = n
    facts = {
        "seed": seed, "place": scene.place.name, "mood": scene.mood,
        "caption": [caption(scene, k) for k in range(2)],
        "things": [{"kind": t.kind, "color": t.color, "phrase": described(t)} for t in scene.ordered()],
        "phrases": [(e.text, e.level, order[e.target]) for e in expressions(scene)],
    }  # fmt: skip
    return drawn.picture, labels, facts


def boxes(labels: Bytes, count: int) -> NDArray[np.int64]:
    """``(count, 4)`` pixel boxes x0, y0, x1, y1 (end-exclusive) of things 1..count; zeros for a hidden one."""
    out = np.zeros((count, 4), np.int64)
    for n in range(1, count + 1):
        x, y, w, h = cv2.boundingRect(np.ascontiguousarray((labels == n).view(np.uint8)))
        out[n - 1] = (x, y, x + w, y + h) if w else 0
    return out


def cut(item: Item, window: tuple[int, int, int, int], size: int) -> tuple[Bytes, Bytes]:
    """The window ``(x0, y0, x1, y1)`` of an item at ``size`` x ``size``: picture (averaged) and labels.

    As in `finetouch.lab.render`, a thing owns a pixel when it covers more than half of it.
    """
    x0, y0, x1, y1 = window
    shrink = x1 - x0 >= size
    picture = cv2.resize(
        item.picture[y0:y1, x0:x1], (size, size), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_CUBIC
    )
    fine = item.labels[y0:y1, x0:x1]
    labels = np.zeros((size, size), np.uint8)
    for n in np.unique(fine):
        if n:
            own = cv2.compare(fine, int(n), cv2.CMP_EQ)
            share = cv2.resize(own, (size, size), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR)
            labels[share > 127] = n
    return picture.astype(np.uint8, copy=False), labels


def random_window(rng: np.random.Generator, side: int, smallest: float = 0.4) -> tuple[int, int, int, int]:
    """A random square inside a picture of this side, at least `smallest` of it."""
    w = round(side * rng.uniform(smallest, 1.0))
    x, y = (int(rng.integers(0, side - w + 1)) for _ in range(2))
    return x, y, x + w, y + w


def window_around(
    rng: np.random.Generator, side: int, box: NDArray[np.int64], share: tuple[float, float] = (0.25, 0.75)
) -> tuple[int, int, int, int]:
    """A random square around a box, so that the box fills a share of its side; clipped to the picture."""
    length = int(max(box[2] - box[0], box[3] - box[1], 1))
    w = min(side, max(length, round(length / rng.uniform(*share))))
    at = []
    for a, b in ((box[0], box[2]), (box[1], box[3])):
        low, high = max(0, int(b) - w), min(int(a), side - w)
        at.append(int(rng.integers(min(low, high), max(low, high) + 1)))
    return at[0], at[1], at[0] + w, at[1] + w


def shuffled(count: int, seed: int) -> Iterator[int]:
    """Indices 0..count-1 in random order, over and over, never the same order."""
    rng = np.random.default_rng(seed)
    while True:
        yield from (int(i) for i in rng.permutation(count))
