"""One mask → single things, with the network's centre heat map and offsets (after Panoptic-DeepLab)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.imaging.masks import Mask
from finetouch.select.network import Evidence, Floats, enlarge

LEAST_HEAT = 0.22
LEAST_VOTES = 0.04  # share of the mask's pixels that must point to a centre
SMALLEST = 0.04  # parts below this share of the largest are no things of their own


def votes(evidence: Evidence) -> Floats:
    """``(2, h/4, w/4)``: where each place believes its instance's centre is, x then y, in leaf-grid px."""
    h, w = evidence.grid
    ky, kx = h / evidence.small.shape[0], w / evidence.small.shape[1]
    ys, xs = np.mgrid[:h, :w].astype(np.float32)
    dx, dy = enlarge(evidence.offset[0], (h, w)) * kx, enlarge(evidence.offset[1], (h, w)) * ky
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
    found = centres(evidence, mask)
    hard = (mask > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(hard, connectivity=8)
    seeds = [(x, y) for x, y, _ in found]
    owner = assign(evidence, mask, seeds)
    parts: list[Mask] = []
    share = max(1, int(hard.sum()))
    weak = {k for k in range(len(seeds)) if (owner == k).sum() < LEAST_VOTES * share}
    if weak and len(weak) < len(seeds):
        seeds = [s for k, s in enumerate(seeds) if k not in weak]
        owner = assign(evidence, mask, seeds)
    bare = [i for i in range(1, count) if not _holds(labels == i, seeds)]
    for i in bare:  # a component without a centre of its own: a thing by itself unless it is a crumb
        if stats[i, cv2.CC_STAT_AREA] >= 0.1 * share or not seeds:
            owner[labels == i] = len(seeds) + i
    for k in np.unique(owner[owner >= 0]):
        parts.append((owner == k).astype(np.float32))
    parts.sort(key=lambda p: -float(p.sum()))
    if not parts:
        return []
    least = SMALLEST * float(parts[0].sum())
    return [p for p in parts if p.sum() >= least]


def _holds(component: NDArray[np.bool_], seeds: list[tuple[float, float]]) -> bool:
    h, w = component.shape
    grown = cv2.dilate(component.astype(np.uint8), np.ones((3, 3), np.uint8))
    return any(grown[min(h - 1, max(0, int(y))), min(w - 1, max(0, int(x)))] for x, y in seeds)
