"""Proposed masks on labelled photographs that nobody trained on: a thing is taken out, and where do proposals put it?

finetouch bench propose DATASET_DIR [--limit N] [--json]

The place where a thing was is only one of the good ones, so these figures are a lower bound; the rows are comparable.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.editing._typical import typical
from finetouch.editing.mask_proposals import Source, Wish, propose
from finetouch.engine.pipeline import Pipeline
from finetouch.errors import InputError
from finetouch.evaluate import _mask_scores as score
from finetouch.imaging import io
from finetouch.imaging.inpaint import fill_hole
from finetouch.imaging.masks import Mask
from finetouch.plan.describe import COLUMNS, ROWS, Description, Looker
from finetouch.plan.phrase import parse_phrase
from finetouch.train.mask_generator.photos import Thing, labels, read, rows, shifted, surroundings, things
from finetouch.train.mask_generator.seams import widened
from finetouch.types import Picture, Region, Reporter

Bools = NDArray[np.bool_]
Row = dict[str, Any]
FIGURES = ("best_of_4", "first", "centre", "log_area", "collision")
GROUPS = {
    "coco_panoptic": "everyday",
    "davis_objects": "everyday",
    "camvid_street": "street",
    "ccp_clothing": "clothed",
}
"""Sets of photos to what they show."""
APART = 1.3
"""A twin hole has to be at least so many widths of the thing away."""


@dataclass(frozen=True, eq=False)
class PhotoCase:
    """A thing taken out of a photo. empty: The photo without it. others: Masks of the other labelled things."""

    file: str
    group: str
    thing: Thing
    place: Description
    picture: NDArray[np.uint8]
    empty: Picture
    others: Bools


SHOWN: dict[str, Callable[[Wish, PhotoCase], Wish]] = {
    "the thing alone": lambda w, _: replace(w, place=None),
    "place in words": lambda w, _: replace(w, box_shown=False),
    "a thing like it was there": lambda w, c: replace(w, old=_filled(c), old_name=c.thing.noun),
    "a marked box": lambda w, c: replace(w, place=None, box=score.box(c.thing.mask)),
}
"""What the proposer is told: only the kind of thing, a description, a box that a like thing filled, a box to fill."""
ASKED: dict[str, tuple[Source, ...]] = {
    "the thing alone": ("rules", "network", "auto"), "place in words": ("network",),
    "a thing like it was there": ("rules", "network", "auto"), "a marked box": ("rules", "network", "auto"),
}  # fmt: skip
"""Rules do not read descriptions."""


def _filled(case: PhotoCase) -> Mask:
    x0, y0, x1, y1 = score.box(case.thing.mask)
    out = np.zeros(case.thing.mask.shape, np.float32)
    out[y0:y1, x0:x1] = 1
    return out


def cases(folder: Path, limit: int) -> Iterator[PhotoCase]:
    """Up to `limit` things of the validation photos, spread over all of them."""
    listed = []
    for row in rows(folder, "validation"):
        ids = labels(folder, row)
        listed += [(row, ids, thing) for thing in things(row, ids)]
    if not listed:
        raise InputError(f"No photo in {folder} is kept for validation.", "Give the folder of labelled photos.")
    step = max(1.0, len(listed) / limit)
    for n in range(min(limit, len(listed))):
        row, ids, thing = listed[int(n * step)]
        picture = read(folder / row["file"], cv2.IMREAD_COLOR_RGB)
        rng = np.random.default_rng(n)
        empty = io.from_array(fill_hole(picture, widened(rng, thing.mask), seed=n).pixels)
        others = [t.mask for t in things(row, ids) if not (t.mask & thing.mask).any()]
        taken = np.logical_or.reduce(others) if others else np.zeros(ids.shape, np.bool_)
        yield PhotoCase(row["file"], GROUPS[row["set"]], thing, surroundings(row, ids, thing), picture, empty, taken)


class PhotoMaskBench:
    """Measures proposers on photographs.

    Args:
        folder: Labelled photos. report: Progress and cancel.
    """

    def __init__(self, folder: Path, report: Reporter | None = None) -> None:
        self.report = report or Reporter()
        self.pipeline = Pipeline("embedded")
        self.usual = usual_sizes(folder)

    def looker(self, picture: Picture) -> Looker:
        """The embedded selector's eyes on a picture."""

        def find(shown: Picture, phrase: str) -> Region:
            return self.pipeline.select(shown, parse_phrase(phrase), self.report).region

        return Looker(picture, find, self.report)

    def masks(self, case: PhotoCase, wish: Wish, source: Source, looker: Looker) -> list[Mask]:
        """Proposed masks, best first."""
        found = propose(case.empty, wish, 4, None, None, self.report, 0, source, looker)
        return [p.facts.get("whole", p.mask) for p in found]

    def typical_box(self, case: PhotoCase) -> list[Mask]:
        """A rounded box of the kind's usual size in training, in the middle of the described cell."""
        height, width = case.thing.mask.shape
        wide, tall = self.usual.get(case.thing.noun, (0.2, 0.2 / typical(case.thing.noun).aspect))
        x = (COLUMNS.index(case.place.column) + 0.5) / 3 * width
        y = (ROWS.index(case.place.row) + 0.5) / 3 * height
        return [score.rounded_box((height, width), (x, y + tall * height / 2), wide * width, tall * height)]

    def run(self, listed: list[PhotoCase]) -> list[Row]:
        """All rows of the table."""
        each: dict[str, list[tuple[str, dict[str, float]]]] = defaultdict(list)
        for n, case in enumerate(listed):
            self.report.update("propose", n, len(listed))
            looker = self.looker(case.empty)
            each["kind's usual box in the described third"].append((case.group, of(case, self.typical_box(case))))
            wish = Wish(case.thing.noun, place=case.place)
            for told, sources in ASKED.items():
                for source in sources:
                    made = self.masks(case, SHOWN[told](wish, case), source, looker)
                    each[f"{source}: {told}"].append((case.group, of(case, made)))
        return [_row(name, found) for name, found in each.items()]

    def leaks(self, listed: list[PhotoCase]) -> Row:
        """Whether a removal beside the true place draws the network's masks: the same photo without and with one."""
        before, after, decoys, picked = [], [], [], []
        for n, case in enumerate(listed):
            self.report.update("leak tests", n, len(listed))
            rng = np.random.default_rng(n)
            twin = _twin(rng, case)
            if twin is None:
                continue
            both = widened(rng, case.thing.mask) | widened(rng, twin)
            spoiled = replace(case, empty=io.from_array(fill_hole(case.picture, both, seed=n).pixels))
            wish = Wish(case.thing.noun)
            clean = self.masks(case, wish, "network", self.looker(case.empty))
            found = self.masks(spoiled, wish, "network", self.looker(spoiled.empty))
            before.append(float(np.mean(clean, 0)[twin].mean()))
            after.append(float(np.mean(found, 0)[twin].mean()))
            decoys.append(score.iou(found[0], twin))
            here, there = (float(np.mean(found, 0)[m].mean()) for m in (case.thing.mask, twin))
            if here != there:
                picked.append(float(here > there))
        return {"decoys": len(decoys), "decoy_iou": score.mean(decoys), "at_twin_untouched": score.mean(before),
                "at_twin_removed": score.mean(after), "picks_true_place": score.mean(picked)}  # fmt: skip


def usual_sizes(folder: Path) -> dict[str, tuple[float, float]]:
    """Width and height that things of a kind usually have in training photos, as shares of the photo."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows(folder, "train"):
        ids = labels(folder, row)
        for thing in things(row, ids):
            wide, tall = score.sides(thing.mask)
            found[thing.noun].append((wide / ids.shape[1], tall / ids.shape[0]))
    return {n: tuple(np.exp(np.log(np.array(v)).mean(0)).tolist()) for n, v in found.items()}


def of(case: PhotoCase, found: list[Mask]) -> dict[str, float]:
    """All figures for masks proposed for a case, best first."""
    target = case.thing.mask
    hard = [m > 0.5 for m in found[:4]] or [np.zeros_like(target)]
    (ax, ay), (bx, by) = score.middle(hard[0]), score.middle(target)
    return {
        "best_of_4": max(score.iou(m, target) for m in hard), "first": score.iou(hard[0], target),
        "centre": float(np.hypot(ax - bx, ay - by) / np.hypot(*target.shape)),
        "log_area": float(abs(np.log(max(1, hard[0].sum()) / target.sum()))),
        "collision": float(case.others[hard[0]].mean()) if hard[0].any() else 0.0,
    }  # fmt: skip


def _twin(rng: np.random.Generator, case: PhotoCase) -> Bools | None:
    wide = score.sides(case.thing.mask)[0]
    here = score.middle(case.thing.mask)[0]
    for _ in range(20):
        spot = shifted(rng, case.thing.mask)
        if abs(score.middle(spot)[0] - here) >= APART * wide and not (spot & case.others).any():
            return spot
    return None


def _row(name: str, found: list[tuple[str, dict[str, float]]]) -> Row:
    row: Row = {"row": name, "cases": len(found)}
    row |= {k: score.mean([f[k] for _, f in found]) for k in FIGURES}
    for group in dict.fromkeys(GROUPS.values()):
        row[f"best_of_4_{group}"] = score.mean([f["best_of_4"] for g, f in found if g == group])
    return row


@dataclass(frozen=True)
class PhotoTable:
    """What was measured. kinds: How many things of each kind."""

    rows: list[Row]
    leaks: Row
    kinds: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"rows": self.rows, "leaks": self.leaks, "kinds": self.kinds}

    def render(self) -> str:
        """The table in Markdown."""
        keys = [*FIGURES, *(f"best_of_4_{g}" for g in dict.fromkeys(GROUPS.values()))]
        lines = ["| proposer | " + " | ".join(k.replace("_", " ") for k in keys) + " |", "|---|" + "---|" * len(keys)]
        cells = lambda r: " | ".join("" if r[k] is None else f"{r[k]:.3f}" for k in keys)  # noqa: E731
        lines += [f"| {r['row']} | {cells(r)} |" for r in self.rows]
        said = ", ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in self.leaks.items())
        return "\n".join([*lines, "", f"leak tests: {said}"])


def run(folder: Path, limit: int = 150, report: Reporter | None = None) -> PhotoTable:
    """The whole table.

    Args:
        folder: Labelled photos as ``finetouch bench select`` reads them. limit: How many things.
        report: Progress and cancel.

    Raises:
        InputError: The folder holds no such photos.
    """
    bench = PhotoMaskBench(folder, report)
    listed = list(cases(folder, limit))
    return PhotoTable(bench.run(listed), bench.leaks(listed), dict(Counter(c.thing.noun for c in listed).most_common()))
