"""Targets and losses of the instance head: a heat map of centres and every pixel's offset to its centre."""

from __future__ import annotations

import numpy as np
import torch
from data import IGNORE
from model import STEP
from torch import Tensor
from torch.nn import functional as F

CELL = 8.0  # px of a cell of the stride-8 map


def instance_targets(labels: np.ndarray) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """From ``(N, 80, 80)`` instance ids at stride 4: heat, offset, weight of the heat, weight of the offset.

    The centre is the centre of mass of the visible part. Heat is a Gaussian with σ = 0.13 √area (5..22 px), valid where
    whole instances are labelled; offsets are valid inside instances, weighted by 1 / √area.
    """
    n = len(labels)
    coarse = labels[:, 1::2, 1::2]
    heat = np.zeros((n, 40, 40), np.float32)
    offset = np.zeros((n, 2, 40, 40), np.float32)
    inside = np.zeros((n, 40, 40), np.float32)
    ys, xs = np.mgrid[:40, :40].astype(np.float32) * CELL + CELL / 2
    fy, fx = np.mgrid[:80, :80].astype(np.float32) * 4 + 2
    for b in range(n):
        ids = labels[b].ravel().astype(np.int64)
        area = np.bincount(ids, minlength=256).astype(np.float32)
        sx, sy = np.bincount(ids, fx.ravel(), 256), np.bincount(ids, fy.ravel(), 256)
        for i in np.flatnonzero(area[:IGNORE]):
            if i == 0 or area[i] < 6:
                continue
            cx, cy = sx[i] / area[i], sy[i] / area[i]
            size = 4.0 * float(np.sqrt(area[i]))
            sigma = float(np.clip(0.13 * size, 5.0, 22.0))
            heat[b] = np.maximum(heat[b], np.exp(-((xs - cx) ** 2 + (ys - cy) ** 2) / (2 * sigma**2)))
            mine = coarse[b] == i
            offset[b, 0][mine], offset[b, 1][mine] = (cx - xs)[mine] / STEP, (cy - ys)[mine] / STEP
            inside[b][mine] = 1.0 / size
    known = (coarse != IGNORE).astype(np.float32)
    return torch.from_numpy(heat), torch.from_numpy(offset), torch.from_numpy(known), torch.from_numpy(inside)


def instance_loss(out: Tensor, heat: Tensor, offset: Tensor, known: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
    """Heat: cross-entropy, centres counted more. Offset: smooth L1 in units of 32 px."""
    weight = known * (1 + 6 * heat)
    one = F.binary_cross_entropy_with_logits(out[:, 0], heat, reduction="none")
    two = F.smooth_l1_loss(out[:, 1:], offset, reduction="none", beta=0.2).sum(1)
    return 4 * (one * weight).sum() / weight.sum().clamp_min(1), (two * inside).sum() / inside.sum().clamp_min(1e-3)
