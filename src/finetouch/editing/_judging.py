"""Which of several results is the best: CLIP when the preset has it, else looking for the thing again.

An emptied place is judged by how well the results agree: no words describe it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from finetouch.editing._repaint import with_article
from finetouch.imaging.masks import Mask
from finetouch.select.clip import ClipScorer
from finetouch.select.grounders import box_iou, make_grounder
from finetouch.select.sight import crop_of, singular_noun
from finetouch.types import EditStep, Pixels, Reporter

if TYPE_CHECKING:
    from finetouch.engine.models import Models


def rank(
    models: Models, results: Sequence[Pixels], area: Mask, step: EditStep, prompt: str, report: Reporter
) -> tuple[int, str, list[float]]:
    """Number of the best result, who judged, and all scores (higher is better).

    Args:
        models: Who plays which role. results: Crops of one size. area: What was repainted, of the same size.
        step: What was asked for. prompt: In the generator's words.
    """
    if len(results) == 1:
        return 0, "", []
    if step.op == "remove" and len(results) > 2:
        return _by_agreement(results, area)
    if models.ready("clip"):
        return _by_clip(models, results, area, step, prompt, report)
    if models.ready("grounder"):
        return _by_looking(models, results, area, step, report)
    return 0, "", []


def _by_agreement(results: Sequence[Pixels], area: Mask) -> tuple[int, str, list[float]]:
    """The result most like the others: seeds agree about an empty place, and invent different things."""
    inside = np.stack([r[area > 0.5].astype(np.float32) for r in results]) / 255
    apart = np.abs(inside[:, None] - inside[None]).mean(axis=(2, 3))
    scores = -apart.sum(axis=1) / (len(results) - 1)
    return int(np.argmax(scores)), "agreement", [round(float(s), 4) for s in scores]


def _by_clip(
    models: Models, results: Sequence[Pixels], area: Mask, step: EditStep, prompt: str, report: Reporter
) -> tuple[int, str, list[float]]:
    loaded = models.get("clip", report)
    scorer = ClipScorer(loaded["model"], loaded.parts)
    crops = [crop_of(r, area) for r in results]
    old = with_article(singular_noun(step.target)) if step.target else ""
    texts = [prompt, old] if old and step.op in ("remove", "replace") else [prompt]
    scores = scorer.similarity(crops, texts)
    # What was there before must not be seen any more; what was asked for must.
    total = scores[:, 0] - (scores[:, 1] if scores.shape[1] > 1 else 0.0)
    return int(np.argmax(total)), "clip", [round(float(s), 4) for s in total]


def _by_looking(
    models: Models, results: Sequence[Pixels], area: Mask, step: EditStep, report: Reporter
) -> tuple[int, str, list[float]]:
    loaded = models.get("grounder", report)
    grounder = make_grounder(loaded["model"], loaded.parts)
    away = step.op == "remove"
    phrase = singular_noun((step.target if away else step.result or step.target) or "thing")
    ys, xs = np.nonzero(area > 0.5)
    place = (float(xs.min()), float(ys.min()), float(xs.max()) + 1.0, float(ys.max()) + 1.0)
    scores = []
    for result in results:
        report.check()
        spots = grounder.ask(grounder.look(result), [phrase], again=True)[0]
        best = max((s.score * (0.2 + box_iou(s.box, place)) for s in spots), default=0.0)
        scores.append(round(-best if away else best, 4))
    return int(np.argmax(scores)), "grounder", scores
