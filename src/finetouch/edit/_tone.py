"""Brightness, contrast, saturation, warmth, sharpness, blur and pixelation of plain pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from finetouch import contracts
from finetouch.imaging import color
from finetouch.imaging.masks import HARD, Mask

Pixels = NDArray[np.uint8]


class ToneParams(contracts.Params):
    """Amounts; 0 leaves the pixels as they are."""

    brightness: float = Field(0.0, ge=-1, le=1, description="darker (-1) .. brighter (1)")
    contrast: float = Field(0.0, ge=-1, le=1, description="flatter (-1) .. stronger (1)")
    saturation: float = Field(0.0, ge=-1, le=1, description="grey (-1) .. vivid (1)")
    warmth: float = Field(0.0, ge=-1, le=1, description="cooler (-1) .. warmer (1)")
    sharpness: float = Field(0.0, ge=-1, le=1, description="softer (-1) .. sharper (1)")
    blur: float = Field(0.0, ge=0, le=1, description="blur, 0..1")
    pixelate: float = Field(0.0, ge=0, le=1, description="mosaic, 0..1")


TONE_NAMES = tuple(ToneParams.model_fields)


def apply_tone(pixels: Pixels, amounts: ToneParams, where: Mask, size: float) -> Pixels:
    """The pixels with all amounts applied.

    Args:
        pixels: ``(H, W, 3) uint8``.
        amounts: What to change.
        where: ``(H, W)`` 0..1, the thing: contrast turns around its mean, blur takes nothing from outside it.
        size: Side in px that blur and mosaic are measured by.
    """
    out = pixels
    if any((amounts.brightness, amounts.contrast, amounts.saturation, amounts.warmth)):
        out = _tone(out, amounts, where)
    if amounts.sharpness:
        out = _sharpen(out, amounts.sharpness, size)
    if amounts.blur:
        out = blur_inside(out, where, 0.5 + amounts.blur * 0.075 * size)
    if amounts.pixelate:
        out = pixelate(out, max(2, round(size * (0.01 + 0.09 * amounts.pixelate))))
    return out


def _tone(pixels: Pixels, amounts: ToneParams, where: Mask) -> Pixels:
    lab = color.srgb_to_lab(pixels)
    unit: NDArray[np.float32] = np.asarray(np.clip(lab[..., 0] / 100, 0, 1), dtype=np.float32)
    if amounts.brightness:
        unit = _brightened(unit, amounts.brightness)
    if amounts.contrast:
        on = where > HARD
        pivot = float(np.clip(unit[on].mean() if on.any() else unit.mean(), 0.25, 0.75))
        unit = _contrasted(unit, amounts.contrast, pivot)
    # Chroma goes with lightness, else a brightened colour looks washed out.
    gain = np.clip((100 * unit + 8) / (lab[..., 0] + 8), 0.5, 1.6) ** 0.6
    if amounts.saturation >= 0:
        chroma = np.hypot(lab[..., 1], lab[..., 2])
        gain = gain * (1 + 1.3 * amounts.saturation / (1 + chroma / 70))
    else:
        gain = gain * (1 + amounts.saturation)
    out = np.dstack([100 * unit, lab[..., 1] * gain, lab[..., 2] * gain]).astype(np.float32)
    if amounts.warmth:
        strength = amounts.warmth * np.sqrt(np.clip(4 * unit * (1 - 0.55 * unit), 0, 1))
        out[..., 1] += 9 * strength
        out[..., 2] += 30 * strength
    return color.lab_to_srgb(out)


def _brightened(unit: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    gamma = 2.0 ** (1.3 * abs(amount))
    lifted = 1 - (1 - unit) ** gamma
    if amount > 0:
        # Half along a gamma, half along its mirror: shadows open without greying, lights do not burn.
        return np.asarray(0.5 * lifted + 0.5 * unit ** (1 / gamma), dtype=np.float32)
    return np.asarray(0.6 * unit**gamma + 0.4 * unit / gamma, dtype=np.float32)


def _contrasted(unit: NDArray[np.float32], amount: float, pivot: float) -> NDArray[np.float32]:
    if amount < 0:
        return np.asarray(pivot + (unit - pivot) * (1 + 0.85 * amount), dtype=np.float32)
    power = 1 + 1.6 * amount
    low = pivot * (np.clip(unit / pivot, 0, 1)) ** power
    high = 1 - (1 - pivot) * (np.clip((1 - unit) / (1 - pivot), 0, 1)) ** power
    return np.asarray(np.where(unit < pivot, low, high), dtype=np.float32)


def _sharpen(pixels: Pixels, amount: float, size: float) -> Pixels:
    radius = float(np.clip(size / 700, 0.8, 3.0))
    if amount < 0:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), radius * (0.4 + 2.2 * -amount)), dtype=np.uint8)
    lab = color.srgb_to_lab(pixels)
    lightness = lab[..., 0]
    detail = lightness - cv2.GaussianBlur(lightness, (0, 0), radius)
    fine = lightness - cv2.GaussianBlur(lightness, (0, 0), radius * 2.5)
    gain = 2.2 * amount * detail + 0.7 * amount * fine
    # Halos are limited to what the neighbourhood shows, give or take a little.
    kernel = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(lightness, kernel) - 7 * amount, cv2.dilate(lightness, kernel) + 7 * amount
    lab[..., 0] = np.clip(lightness + np.where(np.abs(detail) > 0.4, gain, 0), low, high)
    return color.lab_to_srgb(lab)


def blur_inside(pixels: Pixels, where: Mask, sigma: float) -> Pixels:
    """Gaussian blur of the thing alone: nothing from outside of it is mixed in."""
    weight = np.maximum((where > HARD).astype(np.float32), where * np.float32(0.999))
    if not (weight > 0).any():
        weight = np.ones_like(weight)
    scale = max(1, int(sigma / 4))
    h, w = weight.shape
    size = (max(1, w // scale), max(1, h // scale))
    image = pixels.astype(np.float32) * weight[..., None]
    if scale > 1:
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    image = cv2.GaussianBlur(image, (0, 0), sigma / scale, borderType=cv2.BORDER_REFLECT)
    weight = cv2.GaussianBlur(weight, (0, 0), sigma / scale, borderType=cv2.BORDER_REFLECT)
    mean = image / np.maximum(weight, 1e-4)[..., None]
    if scale > 1:
        mean = cv2.resize(mean, (w, h), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(mean + 0.5, 0, 255), dtype=np.uint8)


def pixelate(pixels: Pixels, cell: int) -> Pixels:
    """Mosaic of square cells of `cell` px."""
    h, w = pixels.shape[:2]
    size = (max(1, -(-w // cell)), max(1, -(-h // cell)))
    padded = cv2.copyMakeBorder(pixels, 0, size[1] * cell - h, 0, size[0] * cell - w, cv2.BORDER_REPLICATE)
    small = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.repeat(np.repeat(small, cell, axis=0), cell, axis=1)[:h, :w], dtype=np.uint8)
