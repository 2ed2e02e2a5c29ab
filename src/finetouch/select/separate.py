"""One mask → single things, with the network's centre heat map and offsets (after Panoptic-DeepLab)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.imaging.masks import Mask
from finetouch.select.network import Evidence, Floats, enlarge

LEAST_HEAT = 0.15
LEAST_VOTES = 0.04  # share of the mask's pixels that must point to a centre
JOIN = 0.8  # doubt from which two centres are taken for one thing
CLOSE = 0.4  # centres nearer than this times the root of the smaller part's area are doubtful
SMALLEST = 0.04  # parts below this share of the largest are no things of their own


def votes(evidence: Evidence) -> Floats:
    """``(2, h/4, w/4)``: where each place believes its instance's centre is, x then y, in leaf-grid px."""
    offset = evidence.offset
    h, w = evidence.grid
    ky, kx = h / evidence.small.shape[0], w / evidence.small.shape[1]
    ys, xs = np.mgrid[:h, :w].astype(np.float32)
    dx, dy = enlarge(offset[0], (h, w)) * kx, enlarge(offset[1], (h, w)) * ky
    return np.stack([xs + 0.5 + dx, ys + 0.5 + dy]).astype(np.float32)


def centres(evidence: Evidence, mask: Mask) -> list[tuple[float, float, float]]:
    """Peaks ``(x, y, strength)`` of heat and votes for the pixels of a mask, strongest first, in leaf-grid px."""
    on = mask > 0.5
    h, w = evidence.grid
    total = int(on.sum())
    if total == 0:
        return []
    vote = votes(evidence)
    vx, vy = np.clip(vote[0][on], 0, w - 1).astype(int), np.clip(vote[1][on], 0, h - 1).astype(int)
    density = np.zeros((h, w), np.float32)
    np.add.at(density, (vy, vx), 1.0)
    density = cv2.GaussianBlur(density, (0, 0), 2.5)
    heat = enlarge(evidence.heat, (h, w))
    near = cv2.dilate(on.astype(np.uint8), np.ones((5, 5), np.uint8))
    strength = heat * near * np.sqrt(np.clip(density / max(float(density.max()), 1e-6), 0, 1))
    radius = int(np.clip(0.10 * np.sqrt(total), 2, 7))
    top = cv2.dilate(strength, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))
    ys, xs = np.nonzero((strength >= top - 1e-9) & (heat >= LEAST_HEAT) & (strength > 0.05))
    found = sorted(((float(x) + 0.5, float(y) + 0.5, float(strength[y, x])) for y, x in zip(ys, xs, strict=True)),
                   key=lambda p: -p[2])  # fmt: skip
    kept: list[tuple[float, float, float]] = []
    for p in found:
        if all((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 > radius**2 for q in kept):
            kept.append(p)
    return kept[:24]


def assign(evidence: Evidence, mask: Mask, seeds: list[tuple[float, float]]) -> NDArray[np.int32]:
    """``(h/4, w/4)``: number of the nearest seed for every pixel of the mask by its vote, −1 outside the mask."""
    on = mask > 0.5
    out = np.full(on.shape, -1, np.int32)
    if not seeds or not on.any():
        return out
    vote = votes(evidence)
    ys, xs = np.nonzero(on)
    px = np.stack([vote[0][on], vote[1][on]], 1)
    own = np.stack([xs + 0.5, ys + 0.5], 1).astype(np.float32)
    points = np.array(seeds, np.float32)
    by_vote = ((px[:, None] - points[None]) ** 2).sum(2)
    by_place = ((own[:, None] - points[None]) ** 2 * np.array([1.0, 0.5], np.float32)).sum(2)
    out[on] = np.argmin(by_vote + 0.25 * by_place, axis=1)
    return out


def separate(evidence: Evidence, mask: Mask) -> list[Mask]:
    """The single things of a mask on the leaf grid, largest first; every part of the mask belongs to one of them."""
    hard = (mask > 0.5).astype(np.uint8)
    share = int(hard.sum())
    if share == 0:
        return []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(hard, connectivity=8)
    seeds = [(x, y) for x, y, _ in centres(evidence, mask)]
    owner = assign(evidence, mask, seeds)
    kept = [k for k in range(len(seeds)) if (owner == k).sum() >= LEAST_VOTES * share]
    if kept and len(kept) < len(seeds):
        seeds = [seeds[k] for k in kept]
        owner = assign(evidence, mask, seeds)
    seeds = _join(evidence, mask, owner, seeds)
    owner = assign(evidence, mask, seeds)
    for i in range(1, count):  # a component without a centre of its own: a thing by itself unless it is a crumb
        large = stats[i, cv2.CC_STAT_AREA] >= 0.1 * share
        if not seeds or (large and not _holds(labels == i, seeds)):
            owner[labels == i] = len(seeds) + i
    parts = [(owner == k).astype(np.float32) for k in np.unique(owner[owner >= 0])]
    parts.sort(key=lambda p: -float(p.sum()))
    least = SMALLEST * float(parts[0].sum())
    return [p for p in parts if p.sum() >= least]


def _join(
    evidence: Evidence, mask: Mask, owner: NDArray[np.int32], seeds: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Drops seeds that share one thing with another: between two real centres few places vote for the middle."""
    heat, vote = enlarge(evidence.heat, evidence.grid), votes(evidence)
    seeds = list(seeds)
    while len(seeds) > 1:
        worst, pair = JOIN, None
        areas = [max(1, int((owner == k).sum())) for k in range(len(seeds))]
        for a in range(len(seeds)):
            for b in range(a + 1, len(seeds)):
                doubt = _doubt(heat, vote, owner, seeds, a, b, min(areas[a], areas[b]))
                if doubt > worst:
                    worst, pair = doubt, (a, b)
        if pair is None:
            break
        a, b = pair
        total = areas[a] + areas[b]
        both = tuple((seeds[a][i] * areas[a] + seeds[b][i] * areas[b]) / total for i in (0, 1))
        seeds = [s for k, s in enumerate(seeds) if k not in pair] + [(both[0], both[1])]
        owner = assign(evidence, mask, seeds)
    return seeds


def _doubt(
    heat: Mask, vote: Floats, owner: NDArray[np.int32], seeds: list[tuple[float, float]], a: int, b: int, smaller: int
) -> float:  # fmt: skip
    """How much two seeds look like one thing: no valley of heat between them, votes that fall between, little room."""
    one, two = np.array(seeds[a], np.float32), np.array(seeds[b], np.float32)
    line = two - one
    length = float(np.hypot(*line))
    on = (owner == a) | (owner == b)
    t = ((vote[0][on] - one[0]) * line[0] + (vote[1][on] - one[1]) * line[1]) / max(length**2, 1e-6)
    between = min(1.0, float(((t > 0.3) & (t < 0.7)).sum()) / smaller)
    path = [_at(heat, one + k * line) for k in np.linspace(0.2, 0.8, 9)]
    valley = min(1.5, min(path) / max(min(_at(heat, one), _at(heat, two)), 1e-3))
    close = max(0.0, 1.0 - length / (CLOSE * float(np.sqrt(smaller))))
    return 0.3 * between + 0.7 * valley + close


def _at(values: Mask, xy: NDArray[np.float32]) -> float:
    h, w = values.shape
    return float(values[min(h - 1, max(0, int(xy[1]))), min(w - 1, max(0, int(xy[0])))])


def _holds(component: NDArray[np.bool_], seeds: list[tuple[float, float]]) -> bool:
    h, w = component.shape
    grown = cv2.dilate(component.astype(np.uint8), np.ones((3, 3), np.uint8))
    return any(grown[min(h - 1, max(0, int(y))), min(w - 1, max(0, int(x)))] for x, y in seeds)
