"""The bundled photo selector: a phrase, points or a box → the exact pixels, on a CPU, with nothing downloaded."""

from __future__ import annotations

import numpy as np

from finetouch import registry
from finetouch.contracts import Selection
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.select import network, scores
from finetouch.select.candidates import Candidate
from finetouch.select.finder import Analysis
from finetouch.select.hand import select_by_hand
from finetouch.select.phrases import PhraseSelector
from finetouch.select.refine import refine
from finetouch.select.resolve import Found
from finetouch.select.special import foreground
from finetouch.types import Picture, Query, Region, Reporter


@registry.selector("photo", presets=("embedded",))
class PhotoSelector(PhraseSelector):
    """Finds people, clothes, animals, vehicles, food, furniture and scenery in photographs, from words or marks."""

    source = "photo"

    def analyse(self, picture: Picture, report: Reporter) -> Analysis:
        """Runs the network once on the picture (long side 640 px)."""
        report.update("select", message="looking at the picture")
        return Analysis(network.run(picture.pixels))

    def by_hand(self, picture: Picture, analysis: Analysis, query: Query, report: Reporter) -> Selection:
        """What points and a box mark, cut out by GrabCut with the network's help."""
        return select_by_hand(picture, analysis, query, report)

    def subject(self, picture: Picture, analysis: Analysis, report: Reporter) -> Region:
        """The things that stand out; raises `TargetNotFound` when none does."""
        mask, label, sure = foreground(analysis)
        return _region(picture, mask, label, sure, report)

    def cut(
        self,
        picture: Picture,
        analysis: Analysis,
        found: Found,
        chosen: list[Candidate],
        report: Reporter,
        *,
        fine: bool,
    ) -> Region:
        """The chosen candidates with edges that follow the photo; coarser ones with less care."""
        whole = fine and len(chosen) == len(found.things.candidates)
        mask = union(chosen, found.things.mask, whole=whole)
        if fine:
            score = max(c.score for c in chosen)
            return _region(picture, mask, found.things.label, score, report, chosen[0].facts)
        full = refine(picture.pixels, mask, align=False, report=report)
        return Region(full, found.things.label, float(chosen[0].score), "photo", dict(chosen[0].facts))


def union(chosen: list[Candidate], cut: Mask | None, whole: bool) -> Mask:
    """The chosen candidates at the finer resolution of the noun's mask."""
    if cut is None:
        return np.maximum.reduce([c.mask for c in chosen])
    if whole:
        return cut
    grid = np.maximum.reduce([c.mask for c in chosen])
    size = (cut.shape[1], cut.shape[0])
    near = masks.resize_mask(masks.grow(grid, 1), size) > 0.25
    own = masks.resize_mask(grid, size)
    # Inside the chosen things the finer edge of the noun's own mask counts, but not that of a neighbour.
    return np.asarray(np.where(near, np.minimum(cut, np.clip(own * 1.6, 0, 1)), 0.0), dtype=np.float32)


def _region(
    picture: Picture, mask: Mask, label: str, score: float, report: Reporter, facts: dict[str, float] | None = None
) -> Region:
    full = refine(picture.pixels, mask, report=report)
    return Region(full, label, float(np.clip(score, 0.0, 1.0)), "photo", dict(facts or {}))


def seen(analysis: Analysis) -> tuple[tuple[str, float], ...]:
    """What the picture shows: (name, how sure), for messages and the studio."""
    return scores.seen(analysis.evidence)
