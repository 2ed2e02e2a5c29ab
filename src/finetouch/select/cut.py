"""GrabCut with the selector's seeds, always at a small working size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.imaging.masks import Mask
from finetouch.types import Pixels

SURE_STEP = 0.35
SURE_MOST = 0.95
MIN_SIDE = 8


def trimap(score: Mask, threshold: float) -> NDArray[np.uint8]:
    """GrabCut labels from a score map normalised to a maximum of 1.

    Above ``threshold + 0.35`` (at most 0.95) sure foreground, above ``threshold`` probable foreground, below a quarter
    of it sure background.
    """
    sure = min(SURE_MOST, threshold + SURE_STEP)
    out = np.full(score.shape, cv2.GC_PR_BGD, np.uint8)
    out[score < threshold / 4] = cv2.GC_BGD
    out[score >= threshold] = cv2.GC_PR_FGD
    out[score >= sure] = cv2.GC_FGD
    return out


def grabcut(pixels: Pixels, labels: NDArray[np.uint8], rounds: int = 3) -> Mask:
    """Foreground after GrabCut, 0 or 1; the labels' own foreground where GrabCut has nothing to do.

    Args:
        pixels: ``(h, w, 3) uint8`` RGB. labels: ``(h, w)`` GrabCut labels.
        rounds: Iterations.
    """
    fore = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    as_is = fore.astype(np.float32)
    unknown = np.isin(labels, (cv2.GC_PR_FGD, cv2.GC_PR_BGD))
    if min(labels.shape) < MIN_SIDE or not unknown.any() or fore.sum() < 12 or (~fore).sum() < 12:
        return as_is
    work = labels.copy()
    cv2.setRNGSeed(1)
    back, front = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(np.ascontiguousarray(pixels[..., ::-1]), work, None, back, front, rounds, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return as_is
    out = np.isin(work, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return out if out.any() else as_is


def cut_score(pixels: Pixels, score: Mask, threshold: float, long_side: int = 288, rounds: int = 2) -> Mask:
    """Mask of a score map, aligned with the picture by GrabCut at `long_side` px; same size as the score."""
    peak = float(score.max())
    if peak <= 0:
        return np.zeros_like(score)
    scale = long_side / max(score.shape)
    size = max(MIN_SIDE, round(score.shape[1] * scale)), max(MIN_SIDE, round(score.shape[0] * scale))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    values = np.asarray(cv2.resize(score / peak, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    mask = grabcut(small, trimap(values, threshold / peak), rounds)
    return np.asarray(cv2.resize(mask, score.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)
