"""Route → score map, threshold and evidence: how likely every place of a picture belongs to the noun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from finetouch.imaging.masks import Mask
from finetouch.select.lexicon import Route
from finetouch.select.network import Evidence, enlarge, facts
from finetouch.select.vocabulary import INDEX, LEAVES, SCENERY

BORROW = 0.6  # how much of a sibling's probability counts
OWN_SHARE = 0.08  # ... where the noun's own share of both is at least this
RARE = 15.0  # training photos at which head and class activation weigh the same
FEW = 25  # fewer training photos than this: lower threshold
SEED = 0.85
RELATIVE = {"person": 0.5, "body": 0.5, "garment": 0.38, "carried": 0.38, "thing": 0.38, "stuff": 0.38, "class": 0.55}
RELATIVE_RARE = 0.25


@dataclass(frozen=True, eq=False)
class ScoreMap:
    """Where a noun is, on the grid of the leaf maps.

    Attributes:
        route: What was asked.
        values: ``(h/4, w/4)`` score, about 0..1.
        head: The network's own probability map of the noun before any fusion.
        threshold: Score from which a pixel is taken.
        features: Numbers that tell whether the noun is there at all (for `presence`).
    """

    route: Route
    values: Mask
    head: Mask
    threshold: float
    features: dict[str, float]

    @property
    def peak(self) -> float:
        """Largest score."""
        return float(self.values.max())


def head_map(evidence: Evidence, route: Route) -> Mask:
    """Summed probability of the noun's leaves; zeros when it has none."""
    if not route.leaves:
        return np.zeros(evidence.grid, np.float32)
    return np.asarray(evidence.leaf[list(route.leaves)].sum(0), dtype=np.float32)


def with_siblings(evidence: Evidence, route: Route, own: Mask) -> Mask:
    """Adds 0.6 × the siblings' probability where the noun's own share is not negligible."""
    if not route.siblings:
        return own
    near = evidence.leaf[list(route.siblings)].sum(0)
    share = own / np.maximum(own + near, 1e-6)
    return np.asarray(np.where(share > OWN_SHARE, own + BORROW * near, own), dtype=np.float32)


def class_map(evidence: Evidence, route: Route) -> tuple[Mask, float]:
    """Class activation of the noun's ImageNet classes over its maximum, and that maximum."""
    if not route.classes:
        return np.zeros(evidence.grid, np.float32), 0.0
    cam = evidence.cam[list(route.classes)].sum(0)
    peak = float(cam.max())
    up = enlarge(np.asarray(cam, dtype=np.float32), evidence.grid)
    if route.kind != "stuff":
        scenery = evidence.leaf[[INDEX[n] for n in SCENERY]].sum(0)
        up = up * (1.0 - scenery)
    return np.asarray(up / max(float(up.max()), 1e-6), dtype=np.float32), peak


def training_photos(route: Route) -> float:
    """How many training photos showed the noun."""
    if route.kind == "person":
        return float(facts()["photos"][INDEX["person"]])
    return float(max((facts()["photos"][i] for i in route.leaves), default=0))


def blur(values: Mask) -> Mask:
    """A small blur, so that one odd pixel is no peak."""
    return np.asarray(cv2.GaussianBlur(values, (0, 0), 1.5, borderType=cv2.BORDER_REPLICATE), dtype=np.float32)


def embedding_support(evidence: Evidence, score: Mask) -> Mask:
    """Probability that a place belongs to the same region as the score's best places."""
    bias, slope = facts()["same_region"]
    grid = evidence.embed.shape[1:]
    coarse = np.asarray(cv2.resize(score, (grid[1], grid[0]), interpolation=cv2.INTER_AREA), dtype=np.float32)
    best = coarse >= SEED * max(float(coarse.max()), 1e-6)
    seed = evidence.embed[:, best].mean(axis=1)
    distance = ((evidence.embed - seed[:, None, None]) ** 2).sum(0)
    support = 1.0 / (1.0 + np.exp(np.clip(slope * distance - bias, -30, 30)))
    return enlarge(np.asarray(support, dtype=np.float32), evidence.grid)


def score_map(evidence: Evidence, route: Route) -> ScoreMap:
    """Fuses head, siblings, class activation and embedding into one score, and sets the threshold.

    The threshold is relative ("the user says it is there"): min(0.5, share × maximum).
    """
    head = head_map(evidence, route)
    own = with_siblings(evidence, route, head)
    cam, cam_peak = class_map(evidence, route)
    photos = training_photos(route)
    trust = 0.5 + 0.5 * min(1.0, cam_peak / 0.2)
    w = RARE / (RARE + photos) if route.leaves else 1.0
    if route.kind in ("person", "body") or w < 0.05 or not route.classes:
        w = 0.0
    if route.narrow and route.leaves:
        w = max(w, 0.15)
    top = float(blur(own).max()) if route.leaves else 0.0
    if w == 0.0:
        score = own
    else:
        score = (1.0 - w) * own / max(top, 0.25) + w * cam * trust
    score = np.asarray(score, dtype=np.float32)
    if route.kind not in ("person", "body") and len(route.leaves) <= 4:
        support = embedding_support(evidence, score)
        sure = np.clip(own, 0.0, 1.0)
        score = np.sqrt(score * np.maximum(support, sure * sure)).astype(np.float32)
    relative = RELATIVE[route.kind]
    if route.leaves and photos < FEW and route.kind in ("thing", "garment", "carried", "stuff"):
        relative = RELATIVE_RARE
    threshold = min(0.5, relative * float(score.max()))
    return ScoreMap(
        route, score, head, max(threshold, 1e-4), _features(evidence, head, cam_peak, score, threshold, route)
    )


def _features(
    evidence: Evidence, head: Mask, cam_peak: float, score: Mask, threshold: float, route: Route
) -> dict[str, float]:
    taken = score >= max(threshold, 1e-4)
    smooth = blur(head)
    classes = list(route.classes)
    return {
        "peak": float(smooth.max()),
        "mean": float(head[taken].mean()) if taken.any() else 0.0,
        "area": float(taken.mean()),
        "sum": float(head.mean()),
        "cam": cam_peak,
        "whole": float(evidence.whole[classes].sum()) if classes else 0.0,
    }


def seen(evidence: Evidence, least: float = 0.3) -> tuple[tuple[str, float], ...]:
    """What the network sees: (leaf, how sure), the surest with a visible area first."""
    out: list[tuple[str, float, float]] = []
    person: Any = None
    for i, name in enumerate(LEAVES):
        values = evidence.leaf[i]
        area = float((values > 0.4).mean())
        peak = float(blur(values).max())
        if peak >= least and area > 0.002:
            out.append((name, peak, peak * min(1.0, area * 12) ** 0.5))
    from finetouch.select.vocabulary import PERSON

    person = evidence.leaf[[INDEX[n] for n in PERSON]].sum(0)
    peak = float(blur(person).max())
    if peak >= 0.5 and (person > 0.5).mean() > 0.004:
        out = [("person", peak, 2.0), *(o for o in out if o[0] != "person")]
    out.sort(key=lambda o: -o[2])
    return tuple((name, round(peak, 2)) for name, peak, _ in out[:10])
