"""Two-stage replacement on lab scenes: are the masks right, do they follow the words, and are the pictures better?

Test seeds only, so that things, colours and places meet that training never showed together. Masks are measured against
the world's own answer; every row says what the generator was shown. Leak tests ask whether it looks for traces of
removals instead of good places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np

from finetouch.editing.mask_proposals import Proposal, Wish, propose
from finetouch.engine.pipeline import Pipeline
from finetouch.errors import FinetouchError, ModelMissing, UsageError
from finetouch.evaluate import _mask_scores as score
from finetouch.evaluate._mask_scores import Bools
from finetouch.imaging import io
from finetouch.imaging.masks import Mask
from finetouch.lab.kinds import KINDS
from finetouch.lab.rules import ALLOWED
from finetouch.lab.splits import held_out, seed_for
from finetouch.train.mask_generator.seams import PAINTERS, decoy, repainted, widened
from finetouch.train.mask_generator.world import Case, make_case
from finetouch.types import Picture, Reporter

SIZE = 64
MODES = ("same", "instead", "elsewhere")
TARGETS = {"best_of_4_place_known": 0.65, "plausible": 0.9, "decoy_iou": 0.1, "swap_shift_px": 10.0}
"""What has to be reached without the old mask."""
Row = dict[str, Any]


def cases(count: int, mode: str | None = None, size: int = SIZE) -> Iterator[Case]:
    """Cases of test seeds, the modes in turn when none is named."""
    made = index = 0
    while made < count:
        case = make_case(seed_for("test", index), size, mode or MODES[made % len(MODES)])
        index += 1
        if case is not None:
            made += 1
            yield case


Shown = Callable[[Case], Wish]


def _wish(case: Case, *, old: bool, place: bool, box: bool = False, point: bool = False) -> Wish:
    p = case.pair
    about = p.place if place else None
    x, y = score.middle(p.target)
    return Wish(
        p.phrase, place=about, old=p.old.astype(np.float32) if old else None, old_name=p.place.object,
        box=None if not box else score.box(p.target), point=(x, y) if point else None,
    )  # fmt: skip


SHOWN: dict[str, Shown] = {
    "generator: old mask and description": lambda c: _wish(c, old=True, place=True),
    "generator: description (with its box)": lambda c: _wish(c, old=False, place=True),
    "generator: description in words alone": lambda c: replace(_wish(c, old=False, place=True), box_shown=False),
    "generator: its own place in words": lambda c: replace(
        _wish(c, old=False, place=False), place=c.pair.own, box_shown=False
    ),
    "generator: text only": lambda c: _wish(c, old=False, place=False),
    "generator: text and a point": lambda c: _wish(c, old=False, place=False, point=True),
    "generator: text and a box": lambda c: _wish(c, old=False, place=False, box=True),
}
"""Rows by what the generator is shown; the first but one is what a replacement knows without the old outline."""
BASELINES = ("gold mask", "old mask reused", "class-typical box", "nearest-neighbour mask")


class MaskBench:
    """Measures proposals.

    Args:
        preset: Whose mask generator is measured. report: Progress and cancel. models: Other places for roles.
    """

    def __init__(self, preset: str, report: Reporter | None = None, models: dict[str, str] | None = None) -> None:
        self.pipeline = Pipeline(preset, models=models)
        self.report = report or Reporter()
        self._library: list[tuple[str, Bools]] | None = None

    def ask(self, picture: Any, wish: Wish, seed: int = 0, count: int = 4) -> list[Proposal]:
        """The generator's proposals for a picture, by score."""
        shown = picture if isinstance(picture, Picture) else io.from_array(picture)
        return propose(shown, wish, count, self.pipeline.models, None, self.report, seed, "network")

    def masks(self, name: str, case: Case) -> list[Mask]:
        """What a row proposes for a case, best first."""
        if name in SHOWN:
            return [p.mask for p in self.ask(case.pair.background, SHOWN[name](case), case.pair.seed)]
        if name == "gold mask":
            return [case.pair.target.astype(np.float32)]
        if name == "old mask reused":
            return [case.pair.old.astype(np.float32)]
        return self._typical(case) if name == "class-typical box" else self._nearest(case)

    @property
    def library(self) -> list[tuple[str, Bools]]:
        """Kind and mask of training pairs."""
        if self._library is None:
            found = (make_case(seed_for("train", i), SIZE, "same") for i in range(900))
            self._library = [(c.pair.kind, c.pair.target) for c in found if c is not None]
        return self._library

    def _typical(self, case: Case) -> list[Mask]:
        """A rounded box of the class's mean width and height in training, its foot where the old thing's was."""
        sizes = np.array([score.sides(m) for k, m in self.library if k == case.pair.kind] or [(12.0, 12.0)])
        wide, tall = np.exp(np.log(sizes).mean(0))
        return [score.rounded_box(case.pair.old.shape, score.foot(case.pair.old), float(wide), float(tall))]

    def _nearest(self, case: Case) -> list[Mask]:
        """Training masks of the class most like the old one in size, their foot where the old thing's was."""
        area = np.log(case.pair.old.sum())
        own = [m for k, m in self.library if k == case.pair.kind] or [m for _, m in self.library]
        own.sort(key=lambda m: abs(float(np.log(m.sum())) - area))
        return [score.moved_to(m, score.foot(case.pair.old)) for m in own[:4]]

    def row(self, name: str, listed: list[Case]) -> Row:
        """One row of the table over all cases."""
        each: list[dict[str, float]] = []
        for n, case in enumerate(listed):
            self.report.update(name, n, len(listed))
            each.append(score.of(case, self.masks(name, case)))
        unseen = [_unseen(c) for c in listed]
        row: Row = {"row": name, "cases": len(each)}
        row |= {k: score.mean([e[k] for e in each]) for k in score.FIGURES}
        row["best_of_4_unseen"] = score.mean([e["best_of_4"] for e, u in zip(each, unseen, strict=True) if u])
        known = [e["best_of_4"] for e, c in zip(each, listed, strict=True) if c.pair.mode != "elsewhere"]
        row["best_of_4_place_known"] = score.mean(known)
        for mode in MODES:
            row[f"best_of_4_{mode}"] = score.mean(
                [e["best_of_4"] for e, c in zip(each, listed, strict=True) if c.pair.mode == mode]
            )
        return row

    def swapped(self, count: int) -> Row:
        """The same picture, other words: how far the mask moves between things of different surfaces."""
        shifts, likeness, right = [], [], []
        for n, case in enumerate(cases(count, "same")):
            self.report.update("words swapped", n, count)
            other = _other_kind(case)
            if other is None:
                continue
            wish = _wish(case, old=False, place=False)
            one = self.ask(case.pair.background, replace(wish, what=case.pair.kind))[0].mask
            two = self.ask(case.pair.background, replace(wish, what=other))[0].mask
            (ax, ay), (bx, by) = score.middle(one > 0.5), score.middle(two > 0.5)
            shifts.append(float(np.hypot(ax - bx, ay - by)))
            likeness.append(score.shape_likeness(one > 0.5, two > 0.5))
            right.append(score.plausible_place(case.empty, other, two > 0.5))
        return {"pairs": len(shifts), "swap_shift_px": score.mean(shifts), "shape_likeness": score.mean(likeness),
                "plausible": score.mean(right)}  # fmt: skip

    def leaks(self, count: int) -> Row:
        """Whether traces of removals draw the mask: at decoys, and at the true place against a decoy."""
        rng = np.random.default_rng(3)
        drawn, clean, picked = [], [], []
        listed = list(cases(count, "same"))
        for n, case in enumerate(listed):
            self.report.update("leak tests", n, len(listed))
            pair = case.pair
            wish = _wish(case, old=False, place=False)
            spot = decoy(rng, listed[(n + 1) % len(listed)].pair.target)
            painter = str(rng.choice([p for p in PAINTERS if p != "decoded"]))
            spoiled = repainted(rng, pair.background, pair.background, widened(rng, spot), painter)
            drawn.append(score.iou(self.ask(spoiled, wish)[0].mask, spot))
            clean.append(score.iou(self.ask(pair.background, wish)[0].mask, spot))
            hit = self._picks_hole(case, rng, painter)
            if hit is not None:
                picked.append(hit)
        share = score.mean(picked)
        margin = 1.96 * float(np.sqrt(0.25 / len(picked))) if picked else None
        return {"decoys": len(drawn), "decoy_iou": score.mean(drawn), "same_spot_clean_iou": score.mean(clean),
                "holes": len(picked), "picks_true_hole": share, "chance_margin": margin}  # fmt: skip

    def _picks_hole(self, case: Case, rng: np.random.Generator, painter: str) -> float | None:
        """1 when more of the mask lies at the removed thing than at a decoy of its like; words left out."""
        from finetouch.lab.render import render
        from finetouch.lab.sample import place_thing

        kind = case.before.thing(case.id).kind
        after = place_thing(case.empty, kind, Random(case.pair.seed))
        if after is None:
            return None
        other = render(after, SIZE).visible[after.things[-1].id]
        if other.sum() < 10 or (other & case.pair.old).any():
            return None
        picture = render(case.before, SIZE).picture
        for hole in (case.pair.old, other):
            picture = repainted(rng, picture, picture, widened(rng, hole), painter if painter != "noise" else "telea")
        found = self.ask(picture, Wish(""))
        soft = np.mean([p.mask for p in found], 0)
        here, there = float(soft[case.pair.old].mean()), float(soft[other].mean())
        return None if here == there else float(here > there)


def _other_kind(case: Case) -> str | None:
    """A kind that may be in this place, but on none of the surfaces of the case's own kind."""
    from finetouch.lab.rules import SURFACES

    own = {s for s in SURFACES[case.empty.place.name] if case.pair.kind in ALLOWED[s]}
    others = set(SURFACES[case.empty.place.name]) - own
    kinds = sorted(k for s in others for k in ALLOWED[s] if not KINDS[k].fixture)
    kinds = [k for k in kinds if not any(k in ALLOWED[s] for s in own)]
    return Random(case.pair.seed).choice(kinds) if kinds else None


def _unseen(case: Case) -> bool:
    thing = case.after.thing(case.id)
    return held_out(thing.kind, thing.color, case.after.place.name)


@dataclass(frozen=True)
class Table:
    """What was measured. missing: why a part has no figures, by part."""

    masks: list[Row]
    swapped: Row
    leaks: Row
    pictures: list[Row]
    missing: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"masks": self.masks, "words_swapped": self.swapped, "leaks": self.leaks, "pictures": self.pictures,
                "targets": TARGETS, "missing": self.missing}  # fmt: skip


def run(
    preset: str = "lab", limit: int = 150, pictures: int = 40, report: Reporter | None = None,
    models: dict[str, str] | None = None,
) -> Table:  # fmt: skip
    """The whole table.

    Args:
        preset: A preset with a mask generator. limit: Cases for the masks. pictures: Edits per row; 0 leaves the
            finished pictures out. report: Progress and cancel. models: Other places for roles.

    Raises:
        UsageError: The preset has no mask generator.
    """
    report = report or Reporter()
    bench = MaskBench(preset, report, models)
    missing: dict[str, str] = {}
    listed = list(cases(limit))
    rows = [bench.row(name, listed) for name in BASELINES]
    swapped: Row = {}
    leaks: Row = {}
    try:
        bench.pipeline.models.require(("mask_generator",), "This benchmark")
        rows += [bench.row(name, listed) for name in SHOWN]
        swapped, leaks = bench.swapped(max(1, limit // 2)), bench.leaks(max(1, limit))
    except ModelMissing as error:
        missing["masks"] = error.message
    done: list[Row] = []
    if pictures:
        from finetouch.evaluate import two_stage_pictures

        try:
            done = two_stage_pictures.run(bench.pipeline, pictures, report)
        except UsageError:
            raise
        except FinetouchError as error:
            missing["pictures"] = error.message
    return Table(rows, swapped, leaks, done, missing)


_HEAD = {"best_of_4": "best of 4", "first": "first", "centre": "centre / diagonal", "log_area": "log area error",
         "collision": "collision", "plausible": "plausible place"}  # fmt: skip


def render(table: Table) -> str:
    """The tables in Markdown."""
    columns = [*_HEAD, "best_of_4_unseen", "best_of_4_place_known", *(f"best_of_4_{m}" for m in MODES)]
    names = [*_HEAD.values(), "unseen combinations", "same spot", *MODES]
    lines = ["| masks | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    lines += [f"| {r['row']} | " + " | ".join(_cell(r[c]) for c in columns) + " |" for r in table.masks]
    for title, row in (("words swapped", table.swapped), ("leak tests", table.leaks)):
        if row:
            lines += ["", f"{title}: " + ", ".join(f"{k} {_cell(v)}" for k, v in row.items())]
    if table.pictures:
        keys = list(table.pictures[0])
        lines += ["", "| " + " | ".join(keys) + " |", "|" + "---|" * len(keys)]
        lines += ["| " + " | ".join(_cell(r[k]) for k in keys) + " |" for r in table.pictures]
    lines += [f"\n{part}: {why}" for part, why in table.missing.items()]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
