"""Which of several results is the best: CLIP when the preset has it, else looking for the thing again."""

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
    if models.ready("clip"):
        return _by_clip(models, results, area, step, prompt, report)
    if models.ready("grounder"):
        return _by_looking(models, results, area, step, report)
    return 0, "", []


def _by_clip(
    models: Models, results: Sequence[Pixels], area: Mask, step: EditStep, prompt: str, report: Reporter
) -> tuple[int, str, list[float]]:
    loaded = models.get("clip", report)
    scorer = ClipScorer(loaded["model"], loaded.parts)
    crops = [crop_of(r, area) for r in results]
    old = with_article(singular_noun(step.target)) if step.target else ""
    texts = [prompt] if step.op != "remove" else []
    texts += [old] if old and step.op in ("remove", "replace") else []
    scores = scorer.similarity(crops, texts or [prompt])
    # What was there before must not be seen any more; what was asked for must.
    total = scores[:, 0] - (scores[:, 1] if scores.shape[1] > 1 else 0.0)
    if step.op == "remove" and old:
        total = -scores[:, 0]
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
