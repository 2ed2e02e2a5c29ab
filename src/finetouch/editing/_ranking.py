"""Which of several guided results is the best, by a model that had no part in making them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from finetouch.editing import _judging
from finetouch.imaging.color import named_color, term_share
from finetouch.imaging.masks import Mask
from finetouch.select.proposals import Namer
from finetouch.select.segformer_clip import words_of
from finetouch.select.sight import singular_noun
from finetouch.types import EditStep, Pixels, Reporter

if TYPE_CHECKING:
    from finetouch.engine.models import Models

GUIDE = "guide"


def guide_of(models: Models) -> str:
    """The role that steers: "guide" where the preset keeps a CLIP of its own for it, else "clip"."""
    return GUIDE if models.has(GUIDE) else "clip"


def rank(
    models: Models, results: Sequence[Pixels], area: Mask, step: EditStep, prompt: str, report: Reporter
) -> tuple[int, str, list[float]]:
    """Number of the best result, who judged ("" for nobody), and all scores (higher is better).

    A CLIP other than the guide judges where there is one, else the grounder or the segmentation by class names.

    Args:
        models: Who plays which role. results: Crops of one size. area: What was repainted, of the same size.
        step: What was asked for. prompt: In the generator's words.
    """
    if len(results) == 1:
        return 0, "", []
    same = guide_of(models) == "clip" or models.identity(GUIDE) == models.identity("clip")
    if not same and models.ready("clip"):
        return _judging.rank(models, results, area, step, prompt, report)
    if models.ready("grounder"):
        return _judging.rank(_Without(models, "clip"), results, area, step, prompt, report)  # type: ignore[arg-type]
    if models.ready("semantic"):
        return _by_naming(models, results, area, step, report)
    return 0, "", []


class _Without:
    """The models with one role hidden."""

    def __init__(self, models: Models, role: str) -> None:
        self._models, self._role = models, role

    def ready(self, role: str) -> bool:
        return role != self._role and self._models.ready(role)

    def get(self, role: str, report: Reporter | None = None) -> Any:
        return self._models.get(role, report)


def _by_naming(
    models: Models, results: Sequence[Pixels], area: Mask, step: EditStep, report: Reporter
) -> tuple[int, str, list[float]]:
    """Share of the area that is named what was asked for, times how much of that has the colour asked for."""
    loaded = models.get("semantic", report)
    namer = Namer(loaded["model"], loaded.parts)
    wanted = step.result or step.target or ""
    head = singular_noun(wanted).split(" ")[-1]
    classes = [i for i, n in namer.names.items() if head and head in words_of(n)]
    color = step.color or next((w for w in wanted.split() if named_color(w) is not None), "")
    scores = []
    for result in results:
        report.check()
        shares = namer.shares(result, (result.shape[1], result.shape[0]))
        named = shares[classes].sum(axis=0) if classes else np.ones(area.shape, np.float32)
        where = area > 0.5
        score = float(named[where].mean()) if where.any() else 0.0
        if color:
            own = ((named > 0.5) & where).astype(np.float32)
            score *= 0.1 + (term_share(result, own if own.any() else area, color) if where.any() else 0.0)
        scores.append(round(score, 4))
    return int(np.argmax(scores)), "semantic", scores
