"""The subjects of a picture, and with them its background."""

from __future__ import annotations

import cv2
import numpy as np

from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.select.cut import cut_score
from finetouch.select.finder import Analysis, mask_of, not_found, score_of
from finetouch.select.lexicon import lookup
from finetouch.select.vocabulary import INDEX, LEAVES, PERSON, STUFF

# Leaves that are no subject even where they stand out.
SETTING = (*(n for n in STUFF if n not in ("flower",)), "table", "bench", "pole", "traffic sign", "traffic light")
LEAST_AREA = 0.008
KEEP = 0.12


def subject_map(analysis: Analysis) -> Mask:
    """Probability that a place belongs to a thing rather than to the scene."""
    setting = analysis.evidence.leaf[[INDEX[n] for n in SETTING]].sum(0)
    return np.asarray(1.0 - setting, dtype=np.float32)


def foreground(analysis: Analysis) -> tuple[Mask, str, float]:
    """Mask of the subjects, what they are, and how sure the selector is.

    Raises:
        TargetNotFound: The picture has no thing that stands out.
    """
    evidence = analysis.evidence
    values = subject_map(analysis)
    h, w = values.shape
    small = evidence.small
    size = small.shape[1] // 2, small.shape[0] // 2
    half = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    score = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    mask = cut_score(half, score, 0.5) if float(values.max()) >= 0.5 else np.zeros_like(score)
    parts = masks.components(mask, min_area=max(4, int(LEAST_AREA * mask.size)))
    if not parts:
        raise not_found(analysis, "No thing stands out in this picture, so there is no clear subject or background.")
    weights = [_weight(p) for p in parts]
    kept = [p for p, v in zip(parts, weights, strict=True) if v >= KEEP * max(weights)]
    mask = np.maximum.reduce(kept)
    grid = masks.resize_mask(mask, (w, h)) > masks.HARD
    inside = evidence.leaf[:, grid].mean(axis=1) if grid.any() else evidence.leaf.mean(axis=(1, 2))
    sure = float(values[grid].mean()) if grid.any() else 0.5
    if _is_person(evidence.leaf, grid):
        return mask, "person", sure
    things = [i for i, n in enumerate(LEAVES) if n not in SETTING and n not in PERSON]
    name = LEAVES[max(things, key=lambda i: inside[i])]
    return _without_gaps(analysis, mask, name), name, sure


def _without_gaps(analysis: Analysis, mask: Mask, name: str) -> Mask:
    """Closes holes of the subject where its own noun is found: a bear's bright nose is no background."""
    route = lookup(name)
    holes = masks.fill_holes(mask) - mask
    if route is None or not holes.any():
        return mask
    own = masks.resize_mask(mask_of(analysis, score_of(analysis, route)), (mask.shape[1], mask.shape[0]))
    return np.asarray(np.maximum(mask, np.minimum(holes, own)), dtype=np.float32)


def _weight(part: Mask) -> float:
    """Area, counted less towards the picture's border."""
    h, w = part.shape
    ys, xs = np.mgrid[:h, :w].astype(np.float32)
    middle = np.exp(-(((xs / max(1, w - 1) - 0.5) / 0.45) ** 2 + ((ys / max(1, h - 1) - 0.5) / 0.6) ** 2))
    return float((part * middle).sum())


def _is_person(leaf: np.ndarray, grid: np.ndarray) -> bool:
    return bool(grid.any()) and float(leaf[[INDEX[n] for n in PERSON]].sum(0)[grid].mean()) > 0.45
