"""Lab and sRGB: conversion of pixels and of single colours, distances.

Lab means CIE L*a*b* under D65 from sRGB: L in 0..100, a and b about -128..127.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = tuple[int, int, int]
Lab = NDArray[np.float32]


def srgb_to_lab(pixels: NDArray[Any]) -> Lab:
    """Lab of sRGB pixels ``(H, W, 3) uint8`` as ``(H, W, 3) float32``."""
    scaled = np.multiply(pixels, np.float32(1 / 255), dtype=np.float32)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), dtype=np.float32)


def lab_to_srgb(lab: Lab) -> NDArray[np.uint8]:
    """sRGB pixels ``(H, W, 3) uint8`` of Lab; colours that sRGB cannot show are clipped per channel."""
    rgb = cv2.cvtColor(np.nan_to_num(lab.astype(np.float32, copy=False)), cv2.COLOR_LAB2RGB)
    return np.asarray(np.clip(rgb * np.float32(255) + np.float32(0.5), 0, 255), dtype=np.uint8)


def lab_of(rgb: RGB) -> tuple[float, float, float]:
    """Lab of one colour."""
    lightness, a, b = srgb_to_lab(np.array([[rgb]], dtype=np.uint8))[0, 0]
    return float(lightness), float(a), float(b)


def rgb_of(lab: tuple[float, float, float]) -> RGB:
    """sRGB of one Lab colour; chroma is reduced until sRGB can show it, so the hue stays."""
    lightness, a, b = (float(v) for v in lab)
    lightness = min(max(lightness, 0.0), 100.0)
    steps = np.linspace(1.0, 0.0, 41, dtype=np.float32)
    ramp = np.stack([np.full(41, lightness, np.float32), a * steps, b * steps], axis=-1)[None]
    rgb = cv2.cvtColor(ramp, cv2.COLOR_LAB2RGB)
    back = cv2.cvtColor(np.clip(rgb, 0, 1), cv2.COLOR_RGB2LAB)
    fits = np.abs(back - ramp).max(axis=-1)[0] < 1.5
    best = int(np.argmax(fits)) if fits.any() else 40
    r, g, b8 = lab_to_srgb(ramp[:, best : best + 1])[0, 0]
    return int(r), int(g), int(b8)


def delta_e(one: Any, two: Any) -> float:
    """Distance of two Lab colours (CIE76); 2.3 is just noticeable."""
    return math.dist([float(v) for v in one], [float(v) for v in two])


def hex_of(rgb: RGB) -> str:
    """``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)
