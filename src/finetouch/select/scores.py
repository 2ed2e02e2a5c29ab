"""Route → score map, threshold and evidence: how likely every place of a picture belongs to the noun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from finetouch.imaging.masks import Mask
from finetouch.select.lexicon import Route
from finetouch.select.network import Evidence, enlarge, facts
from finetouch.select.vocabulary import (
    ANIMALS,
    CARRIED,
    FOODS,
    INDEX,
    LEAVES,
    OBJECTS,
    PERSON,
    SCENERY,
    STUFF,
    VEHICLES,
)  # fmt: skip

COMMON = 100  # training photos from which scenery is known so well that its siblings count in full ...
RIVAL = 0.5  # ... and, without siblings, a place is doubted where another category has over 1 / RIVAL times as much
BORROW = 0.6  # how much of a sibling's probability counts
OWN_SHARE = 0.08  # ... where the noun's own share of both is at least this
RARE = 15.0  # training photos at which head and class activation weigh the same
FEW = 25  # fewer training photos than this: lower threshold
SEED = 0.85
RELATIVE = {"person": 0.5, "body": 0.4, "garment": 0.38, "carried": 0.38, "thing": 0.38, "stuff": 0.38, "class": 0.55}
RELATIVE_RARE = 0.3
OTHER_THINGS = (*CARRIED, *VEHICLES, *ANIMALS, *FOODS, *OBJECTS)
KIN = 0.8  # how much of a rare noun's score comes from its kin
KIN_REACH = 0.12  # of the picture's side: how far class activation is believed
KNOWN = 5  # training photos from which a leaf can contradict another noun
FURNITURE = ("table", "bench", "pole", "chair", "couch", "bed")


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


def with_siblings(evidence: Evidence, route: Route, own: Mask, borrow: float = BORROW) -> Mask:
    """Adds `borrow` × the siblings' probability where the noun's own share is not negligible."""
    if not route.siblings:
        return own
    near = evidence.leaf[list(route.siblings)].sum(0)
    share = own / np.maximum(own + near, 1e-6)
    return np.asarray(np.where(share > OWN_SHARE, own + borrow * near, own), dtype=np.float32)


def _unlike(route: Route) -> list[int]:
    """Leaves that are neither asked for nor siblings of what is."""
    near = {*route.leaves, *route.siblings}
    return [i for i in range(len(LEAVES)) if i not in near]


def against_rivals(evidence: Evidence, route: Route, own: Mask) -> Mask:
    """Factor 0..1: less than 1 where one category that is not asked for is far more probable."""
    rival = RIVAL * evidence.leaf[_unlike(route)].max(0)
    return np.asarray(np.minimum(own / np.maximum(rival, 1e-6), 1.0), dtype=np.float32)


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
    if float(coarse.max()) <= 0.0:
        return np.ones_like(score)
    best = coarse >= SEED * float(coarse.max())
    seed = evidence.embed[:, best].mean(axis=1)
    distance = ((evidence.embed - seed[:, None, None]) ** 2).sum(0)
    support = 1.0 / (1.0 + np.exp(np.clip(slope * distance - bias, -30, 30)))
    return enlarge(np.asarray(support, dtype=np.float32), evidence.grid)


def score_map(evidence: Evidence, route: Route) -> ScoreMap:
    """Fuses head, siblings, class activation and embedding into one score, and sets the threshold.

    The threshold is relative ("the user says it is there"): min(0.5, share × maximum).
    """
    head = head_map(evidence, route)
    photos = training_photos(route)
    common = route.kind == "stuff" and photos >= COMMON
    own = with_siblings(evidence, route, head, 1.0 if common else BORROW)
    cam, cam_peak = class_map(evidence, route)
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
    if w > 0.3 or (w > 0 and is_animal(route)):
        score = _with_kin(evidence, route, score, cam, w)
    if route.kind not in ("person", "body") and len(route.leaves) <= 4:
        support = embedding_support(evidence, score)
        sure = np.clip(own, 0.0, 1.0)
        score = np.sqrt(score * np.maximum(support, sure * sure)).astype(np.float32)
    if common and not route.siblings:
        score = score * against_rivals(evidence, route, own)
    relative = RELATIVE[route.kind]
    if route.leaves and photos < FEW and route.kind in ("thing", "garment", "carried", "stuff"):
        relative = RELATIVE_RARE
    threshold = min(0.5, relative * float(score.max()))
    return ScoreMap(
        route, score, head, max(threshold, 1e-4), _features(evidence, head, cam_peak, score, threshold, route)
    )


def kin_map(evidence: Evidence, route: Route) -> Mask:
    """Where something of the noun's kind is, whatever it is exactly: any animal for an animal, any thing for a thing.

    The trained categories know few animals by name, but they do tell an animal from its surroundings; the ImageNet
    classes know the name, but not the outline.
    """
    leaf = evidence.leaf
    own = {LEAVES[i] for i in (*route.leaves, *route.siblings)}
    things = 1.0 - leaf[[INDEX[n] for n in (*STUFF, *FURNITURE) if n not in own]].sum(0)
    if not is_animal(route):
        person = leaf[[INDEX[n] for n in PERSON]].sum(0)
        named = [INDEX[n] for n in OTHER_THINGS if n not in own and facts()["photos"][INDEX[n]] >= KNOWN]
        other = leaf[named].max(0)  # clearly something else
        return np.asarray(np.clip(things - person, 0.0, 1.0) * (1.0 - other), dtype=np.float32)
    animals = leaf[[INDEX[n] for n in (*ANIMALS, "teddy bear")]].sum(0)
    return np.asarray(np.clip(0.35 * animals + 0.65 * things, 0.0, 1.0), dtype=np.float32)


def is_animal(route: Route) -> bool:
    """True when the noun is an animal, by its leaves or by its ImageNet classes (the first 398)."""
    if route.leaves:
        return all(LEAVES[i] in ANIMALS for i in route.leaves)
    return bool(route.classes) and max(route.classes) < 398


def _with_kin(evidence: Evidence, route: Route, score: Mask, cam: Mask, w: float) -> Mask:
    """Spreads class activation over the thing it lies on: kin × a wide blur of the activation."""
    wide = np.asarray(cv2.GaussianBlur(cam, (0, 0), KIN_REACH * max(cam.shape)), dtype=np.float32)
    wide /= max(float(wide.max()), 1e-6)
    spread = kin_map(evidence, route) * wide**0.6
    top = float(spread.max())
    if top < 0.15:
        return score
    w = max(w, 0.5) if is_animal(route) else w
    mixed = (1.0 - w) * score + w * ((1.0 - KIN) * score + KIN * float(score.max()) * spread / top)
    return np.asarray(mixed, dtype=np.float32)


def _features(
    evidence: Evidence, head: Mask, cam_peak: float, score: Mask, threshold: float, route: Route
) -> dict[str, float]:
    taken = score >= max(threshold, 1e-4)
    smooth = blur(head)
    classes = list(route.classes)
    wins = 0.0
    if route.leaves and taken.any():
        others = _unlike(route)
        wins = float((head[taken] >= evidence.leaf[others][:, taken].max(0)).mean()) if others else 1.0
    return {
        "wins": wins,
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
    person = evidence.leaf[[INDEX[n] for n in PERSON]].sum(0)
    peak = float(blur(person).max())
    if peak >= 0.5 and (person > 0.5).mean() > 0.004:
        out = [("person", peak, 2.0), *(o for o in out if o[0] != "person")]
    out.sort(key=lambda o: -o[2])
    return tuple((name, round(peak, 2)) for name, peak, _ in out[:10])
