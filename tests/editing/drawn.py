"""Drawn pictures whose truth is known."""

from __future__ import annotations

import numpy as np


def ball(height=120, width=160, colour=(190, 60, 50), radius=34, centre=None, seed=1):
    """A shaded, textured ball with a highlight on a noisy green ground; pixels and soft mask."""
    rng = np.random.default_rng(seed)
    cy, cx = centre or (height // 2, width // 2)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot(x - cx, y - cy)
    mask = np.clip(radius + 0.5 - distance, 0, 1).astype(np.float32)
    light = np.clip(1.15 - np.hypot(x - cx + radius * 0.3, y - cy + radius * 0.35) / (1.7 * radius), 0.35, 1.15)
    texture = 1 + 0.06 * np.sin(x / 2.1) * np.cos(y / 1.7)
    front = np.array(colour, np.float32) * (light * texture)[..., None]
    back = np.array([70, 110, 60], np.float32) * (1 + 0.08 * rng.standard_normal((height, width, 1)))
    pixels = np.clip(front * mask[..., None] + back * (1 - mask[..., None]), 0, 255).astype(np.uint8)
    return pixels, mask


def beach(height=200, width=280, seed=3):
    """Sky over sand with grain."""
    rng = np.random.default_rng(seed)
    line = height // 2
    pixels = np.empty((height, width, 3), np.float32)
    pixels[:line], pixels[line:] = (120, 170, 230), (190, 160, 110)
    pixels += rng.normal(0, 4, (height, width, 1))
    return np.clip(pixels, 0, 255).astype(np.uint8), line


def stand(pixels, box, colour=(40, 30, 120)):
    """A flat thing set into a picture; the picture with it, and its mask."""
    out = pixels.copy()
    x0, y0, x1, y1 = box
    out[y0:y1, x0:x1] = colour
    mask = np.zeros(pixels.shape[:2], np.float32)
    mask[y0:y1, x0:x1] = 1
    return out, mask
