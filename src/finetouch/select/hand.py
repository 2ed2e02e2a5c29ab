"""Clicks and boxes → mask: GrabCut in a crop, seeded by the marks and by what the network thinks belongs together."""

from __future__ import annotations

import math

import cv2
import numpy as np

from finetouch.contracts import Selection
from finetouch.errors import TargetNotFound
from finetouch.imaging import masks
from finetouch.imaging.lab import srgb_to_lab
from finetouch.imaging.masks import Mask
from finetouch.select.cut import grabcut
from finetouch.select.finder import Analysis, find, nearest_thing
from finetouch.select.marks import Box, check_marks
from finetouch.select.network import enlarge, facts
from finetouch.select.refine import refine
from finetouch.select.vocabulary import CARRIED, INDEX, LEAVES, PERSON
from finetouch.types import Picture, Pixels, Point, Query, Region, Reporter

LEAST_NAMED = 0.6  # a doubtful find must not overrule marks
LEAST_BOX_IOU = 0.5  # a drawn box means its content; a noun's candidate is taken only when it fills the box
VAGUE = 0.75  # if a point means more of the picture than this by category, its colour has a say
ALIKE = 15.0  # difference in L*a*b* at which a colour is another one


def select_by_hand(picture: Picture, analysis: Analysis, query: Query, report: Reporter) -> Selection:
    """The thing that points and box mark; with a noun, the noun's candidate they mark.

    Raises:
        InputError: Marks outside of the picture, a box without area, only negative points.
    """
    box = check_marks(query, picture)
    if query.noun and query.noun.lower() not in ("thing", "object", "it", "this", "that"):
        named = _named(picture, analysis, query, box, report)
        if named is not None:
            return named
    probability = affinity(picture, analysis, query.points, box)
    mask = _cut(picture, probability, query.points, box)
    report.check()
    full = refine(picture.pixels, mask, island=0.05 if box is not None else 0.0, report=report)
    full = obey(full, picture, query.points, box)
    if not (full > masks.HARD).any():
        raise TargetNotFound("Nothing could be cut out at the marked place.", "Draw a box around the thing instead.")
    source = "box" if box is not None else "points"
    region = Region(full, _label(analysis, full), 1.0, source)
    return Selection(region, (region,))


def _named(picture: Picture, analysis: Analysis, query: Query, box: Box | None, report: Reporter) -> Selection | None:
    """The noun's candidate under the marks; None when the noun is unknown or not there."""
    from finetouch.select.photo import union

    try:
        found = find(analysis, query.model_copy(update={"points": (), "box": None}))
    except TargetNotFound:
        return None
    h, w = analysis.evidence.grid
    kx, ky = w / picture.width, h / picture.height

    def fit(mask: Mask) -> float:
        near = cv2.distanceTransform((mask < 0.5).astype(np.uint8), cv2.DIST_L2, 3)
        score = 0.0
        for p in query.points:
            d = float(near[min(h - 1, int(p.y * ky)), min(w - 1, int(p.x * kx))])
            score += (1.0 if p.positive else -1.0) * math.exp(-d / 4.0)
        if box is not None:
            inside = np.zeros((h, w), np.float32)
            inside[int(box[1] * ky) : math.ceil(box[3] * ky), int(box[0] * kx) : math.ceil(box[2] * kx)] = 1.0
            score += masks.iou(inside, mask) + float((mask * inside).sum() / max(1.0, float(mask.sum())))
        return score

    best = max(found.candidates, key=lambda c: fit(c.mask))
    if (
        best.score < LEAST_NAMED
        or fit(best.mask) < 0.3
        or (box is not None and _box_iou(best.box, box, (kx, ky)) < LEAST_BOX_IOU)
    ):
        return None
    full = refine(picture.pixels, union([best], found.things.mask, whole=len(found.candidates) == 1), report=report)
    full = obey(full, picture, tuple(p for p in query.points if not p.positive), None)
    region = Region(full, found.things.label, best.score, "box" if box is not None else "points")
    return Selection(region, (region,), found.notes)


def _box_iou(a: tuple[int, int, int, int], drawn: Box, scale: tuple[float, float]) -> float:
    """Intersection over union of a candidate's box (grid px) with the drawn box (picture px)."""
    b = (drawn[0] * scale[0], drawn[1] * scale[1], drawn[2] * scale[0], drawn[3] * scale[1])
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(0.0, w) * max(0.0, h)
    return both / max(1e-6, (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def affinity(picture: Picture, analysis: Analysis, points: tuple[Point, ...], box: Box | None) -> Mask:
    """``(h/4, w/4)``: how likely each place belongs to what was marked, from categories, embedding and instances."""
    evidence = analysis.evidence
    h, w = evidence.grid
    kx, ky = w / picture.width, h / picture.height
    leaf = _families(evidence.leaf)
    embed = np.stack([enlarge(e, (h, w)) for e in evidence.embed])
    bias, slope = facts()["same_region"]
    allowed = np.ones((h, w), np.float32)
    if box is not None:
        allowed[:] = 0.0
        allowed[int(box[1] * ky) : math.ceil(box[3] * ky), int(box[0] * kx) : math.ceil(box[2] * kx)] = 1.0
    spots = [(int(p.x * kx), int(p.y * ky), p.positive) for p in points]
    if not any(s[2] for s in spots) and box is not None:
        return _box_affinity(leaf, allowed, box, (kx, ky))
    total, against = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    for x, y, positive in spots:
        x, y = min(w - 1, x), min(h - 1, y)
        category = np.sqrt(np.maximum(leaf * leaf[:, y, x][:, None, None], 0)).sum(0)
        distance = ((embed - embed[:, y, x][:, None, None]) ** 2).sum(0)
        same = 1.0 / (1.0 + np.exp(np.clip(slope * distance - bias, -30, 30)))
        like = np.asarray(np.clip(0.75 * category + 0.25 * same, 0, 1), dtype=np.float32)
        region = (like > 0.5).astype(np.float32)
        if positive and float(region.mean()) > VAGUE:
            like = like * _like_colour(analysis.small, (w, h), (x, y))
            region = (like > 0.5).astype(np.float32)
        if positive and region[y, x] > 0:
            mine = nearest_thing(analysis, _component(region, x, y), (x, y))
            like = like * np.where(cv2.GaussianBlur(mine, (0, 0), 1.5) > 0.15, 1.0, 0.3).astype(np.float32)
        if positive:
            total = np.maximum(total, like)
        else:
            ys, xs = np.mgrid[:h, :w]
            near = np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * (0.15 * max(h, w)) ** 2))
            against = np.maximum(against, like * near)
    return np.asarray(np.clip(total - against, 0, 1) * allowed, dtype=np.float32)


def _like_colour(small: Pixels, size: tuple[int, int], at: tuple[int, int]) -> Mask:
    """``(h, w)`` in 0.2..1: how much every place has the colour of one; for drawings, which have no categories."""
    picture = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    colours = srgb_to_lab(cv2.GaussianBlur(picture, (0, 0), 1.0))
    distance = ((colours - colours[at[1], at[0]]) ** 2).sum(-1)
    return np.asarray(0.2 + 0.8 * np.exp(-distance / (2 * ALIKE**2)), dtype=np.float32)


def _families(leaf: np.ndarray) -> np.ndarray:
    """Leaf maps with all leaves of a person summed into one, so that a click on a sleeve means the person's kind."""
    worn = [INDEX[n] for n in PERSON]
    rest = [i for i in range(len(LEAVES)) if i not in set(worn)]
    return np.concatenate([leaf[rest], leaf[worn].sum(0, keepdims=True)])


def _component(region: Mask, x: int, y: int) -> Mask:
    _, labels = cv2.connectedComponents((region > masks.HARD).astype(np.uint8), connectivity=8)
    return (labels == labels[y, x]).astype(np.float32)


def _box_affinity(leaf: np.ndarray, allowed: Mask, box: Box, k: tuple[float, float]) -> Mask:
    """What is inside the box more than around it."""
    on = allowed > 0
    if on.all():
        return np.full(allowed.shape, 0.6, np.float32)
    ring = (masks.grow(allowed, 4) > 0) & ~on
    x0, y0, x1, y1 = box[0] * k[0], box[1] * k[1], box[2] * k[0], box[3] * k[1]
    ys, xs = np.mgrid[: allowed.shape[0], : allowed.shape[1]]
    middle = np.exp(-(((xs - (x0 + x1) / 2) / max(1.0, 0.45 * (x1 - x0))) ** 2
                      + ((ys - (y0 + y1) / 2) / max(1.0, 0.45 * (y1 - y0))) ** 2)) * on  # fmt: skip
    inside = (leaf * middle).sum((1, 2)) / max(float(middle.sum()), 1e-6)
    around = leaf[:, ring].mean(1) if ring.any() else np.zeros(len(leaf))
    ratio = inside / (inside + around + 1e-4)
    like = (leaf * ratio[:, None, None]).sum(0)
    return np.asarray(np.clip(0.6 * like + 0.5 * middle, 0, 1) * allowed, dtype=np.float32)


def _cut(picture: Picture, probability: Mask, points: tuple[Point, ...], box: Box | None) -> Mask:
    """GrabCut at up to 384 px in a crop around what is likely, with the marks as sure seeds."""
    h, w = probability.shape
    likely = masks.box_of(probability, 0.3) or (0, 0, w, h)
    kx, ky = picture.width / w, picture.height / h
    xs = [p.x for p in points] + ([box[0], box[2]] if box else [])
    ys = [p.y for p in points] + ([box[1], box[3]] if box else [])
    x0, x1 = min([likely[0] * kx, *xs]), max([likely[2] * kx, *xs])
    y0, y1 = min([likely[1] * ky, *ys]), max([likely[3] * ky, *ys])
    m = 0.15 * max(x1 - x0, y1 - y0) + 8
    left, top = max(0, int(x0 - m)), max(0, int(y0 - m))
    right, bottom = min(picture.width, math.ceil(x1 + m)), min(picture.height, math.ceil(y1 + m))
    scale = min(1.0, 384 / max(right - left, bottom - top))
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    small = cv2.resize(picture.pixels[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    sx, sy = (right - left) / size[0] / kx, (bottom - top) / size[1] / ky
    matrix = np.array([[sx, 0, left / kx + sx / 2 - 0.5], [0, sy, top / ky + sy / 2 - 0.5]], np.float32)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    p = cv2.warpAffine(probability, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    labels = np.full(p.shape, cv2.GC_PR_BGD, np.uint8)
    labels[p < 0.12] = cv2.GC_BGD
    labels[p >= 0.5] = cv2.GC_PR_FGD
    labels[p >= 0.93] = cv2.GC_FGD
    if box is not None:
        ys_, xs_ = np.mgrid[: size[1], : size[0]]
        gx, gy = left + (xs_ + 0.5) / scale, top + (ys_ + 0.5) / scale
        labels[(gx < box[0]) | (gx > box[2]) | (gy < box[1]) | (gy > box[3])] = cv2.GC_BGD
    dot = max(2, round(0.012 * max(size)))
    for mark in points:
        at = round((mark.x - left) * scale), round((mark.y - top) * scale)
        cv2.circle(labels, at, dot, int(cv2.GC_FGD if mark.positive else cv2.GC_BGD), -1)
    fine = grabcut(np.asarray(small, dtype=np.uint8), labels, rounds=4)
    positive = [(round((q.x - left) * scale), round((q.y - top) * scale)) for q in points if q.positive]
    fine = _touched(fine, positive, size) if positive and box is None else fine
    scale_out = 512 / max(picture.width, picture.height) if max(picture.width, picture.height) > 512 else 1.0
    finer = max(scale_out, scale if max(right - left, bottom - top) * 2 < max(picture.size) else scale_out)
    finer = min(finer, 2048 / max(picture.size), 1.0)
    whole = np.zeros((max(1, round(picture.height * finer)), max(1, round(picture.width * finer))), np.float32)
    a, b = round(left * finer), round(top * finer)
    c, d = min(whole.shape[1], max(a + 1, round(right * finer))), min(whole.shape[0], max(b + 1, round(bottom * finer)))
    whole[b:d, a:c] = cv2.resize(fine, (c - a, d - b), interpolation=cv2.INTER_LINEAR)
    return whole


def _touched(mask: Mask, spots: list[tuple[int, int]], size: tuple[int, int]) -> Mask:
    """Only the components that a positive point lies in."""
    _, labels = cv2.connectedComponents((mask > masks.HARD).astype(np.uint8), connectivity=8)
    keep = {int(labels[min(size[1] - 1, max(0, y)), min(size[0] - 1, max(0, x))]) for x, y in spots} - {0}
    return np.asarray(np.isin(labels, list(keep)), dtype=np.float32) if keep else mask


def obey(full: Mask, picture: Picture, points: tuple[Point, ...], box: Box | None) -> Mask:
    """Positive points are in, negative ones out, nothing lies outside of the box."""
    out = full.copy()
    radius = max(1, round(0.004 * max(picture.size)))
    for p in points:
        cv2.circle(out, (int(p.x), int(p.y)), radius, 1.0 if p.positive else 0.0, -1)
    if box is not None:
        keep = np.zeros_like(out)
        keep[int(box[1]) : math.ceil(box[3]), int(box[0]) : math.ceil(box[2])] = 1.0
        out *= keep
    return out


def _label(analysis: Analysis, full: Mask) -> str:
    """The leaf that fills most of the mask."""
    h, w = analysis.evidence.grid
    grid = masks.resize_mask(full, (w, h)) > 0.4
    if not grid.any():
        return "marked place"
    inside = analysis.evidence.leaf[:, grid].mean(axis=1)
    if inside[[INDEX[n] for n in PERSON]].sum() > 0.5:
        return "person"
    best = int(np.argmax(inside))
    return LEAVES[best] if inside[best] > 0.3 and LEAVES[best] not in CARRIED else "marked place"
