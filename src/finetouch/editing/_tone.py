"""Brightness, contrast, saturation, warmth, sharpness, blur and pixelation of plain pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from finetouch import contracts
from finetouch.imaging import color
from finetouch.imaging.masks import HARD, Mask, resize_mask
from finetouch.types import Box, Picture, Region

Pixels = NDArray[np.uint8]
WORKING_SIDE = 1600


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


@dataclass(frozen=True)
class Whole:
    """What holds for all crops of one area.

    Attributes:
        pivot: Lightness 0..1 that contrast turns around.
        size: Side in full-size px that blur and mosaic are measured by.
        blurred: The blurred thing, small, or None. box: What it shows, full-size px.
    """

    pivot: float
    size: float
    blurred: NDArray[np.float32] | None
    box: Box


def measure(picture: Picture, region: Region, amounts: ToneParams) -> Whole:
    """Looks at the whole thing, at most about 1600 px of it."""
    box = region.box or (0, 0, picture.width, picture.height)
    x0, y0, x1, y1 = box
    size = max(4.0, float(min(x1 - x0, y1 - y0)))
    pixels, mask = picture.pixels[y0:y1, x0:x1], np.ascontiguousarray(region.mask[y0:y1, x0:x1])
    scale = min(1.0, WORKING_SIDE / max(x1 - x0, y1 - y0))
    if scale < 1:
        small = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
        pixels = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA).reshape(small[1], small[0], 3)
        mask = resize_mask(mask, small)
    pivot, blurred = 0.5, None
    if amounts.contrast:
        lightness = color.srgb_to_lab(pixels)[..., 0] / 100
        on = mask > HARD
        pivot = float(np.clip(lightness[on].mean() if on.any() else lightness.mean(), 0.25, 0.75))
    if amounts.blur:
        blurred = blur_inside(pixels, mask, scale * (0.5 + amounts.blur * 0.075 * size)).astype(np.float32)
    return Whole(pivot, size, blurred, box)


def apply_tone(pixels: Pixels, amounts: ToneParams, whole: Whole, origin: tuple[int, int], scale: float) -> Pixels:
    """The crop with all amounts applied.

    Args:
        pixels: ``(H, W, 3) uint8``, the crop.
        amounts: What to change.
        whole: From `measure`.
        origin: ``(x, y)`` of the crop, full-size px.
        scale: Crop px per picture px.
    """
    out = pixels
    if amounts.blur and whole.blurred is not None:
        out = _from_blurred(pixels.shape, whole, origin, scale)
    if any((amounts.brightness, amounts.contrast, amounts.saturation, amounts.warmth)):
        out = _tone(out, amounts, whole.pivot)
    if amounts.sharpness:
        out = _sharpen(out, amounts.sharpness, whole.size * scale)
    if amounts.pixelate:
        cell = max(2, round(whole.size * scale * (0.01 + 0.09 * amounts.pixelate)))
        start = (round((origin[0] - whole.box[0]) * scale), round((origin[1] - whole.box[1]) * scale))
        out = pixelate(out, cell, start)
    return out


def _from_blurred(shape: tuple[int, ...], whole: Whole, origin: tuple[int, int], scale: float) -> Pixels:
    """The part of the small blurred picture that a crop shows, at the crop's size."""
    assert whole.blurred is not None
    x0, y0, x1, y1 = whole.box
    kx, ky = whole.blurred.shape[1] / (x1 - x0), whole.blurred.shape[0] / (y1 - y0)
    xs = ((np.arange(shape[1], dtype=np.float32) + 0.5) / scale + origin[0] - x0) * kx - 0.5
    ys = ((np.arange(shape[0], dtype=np.float32) + 0.5) / scale + origin[1] - y0) * ky - 0.5
    if max(shape[0], shape[1], *whole.blurred.shape[:2]) >= 32000:
        rows = np.clip(np.round(ys), 0, whole.blurred.shape[0] - 1).astype(int)
        cols = np.clip(np.round(xs), 0, whole.blurred.shape[1] - 1).astype(int)
        return np.asarray(whole.blurred[rows][:, cols], dtype=np.uint8)
    grid_x = np.ascontiguousarray(np.broadcast_to(xs.astype(np.float32), shape[:2]))
    grid_y = np.ascontiguousarray(np.broadcast_to(ys.astype(np.float32)[:, None], shape[:2]))
    out = cv2.remap(whole.blurred, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.clip(out + 0.5, 0, 255), dtype=np.uint8)


def _tone(pixels: Pixels, amounts: ToneParams, pivot: float) -> Pixels:
    lab = color.srgb_to_lab(pixels)
    unit: NDArray[np.float32] = np.asarray(np.clip(lab[..., 0] / 100, 0, 1), dtype=np.float32)
    if amounts.brightness:
        unit = _brightened(unit, amounts.brightness)
    if amounts.contrast:
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


def pixelate(pixels: Pixels, cell: int, start: tuple[int, int] = (0, 0)) -> Pixels:
    """Mosaic of square cells of `cell` px; `start` is where the crop lies in the grid of cells."""
    left, top = start[0] % cell, start[1] % cell
    if left or top:
        moved = cv2.copyMakeBorder(pixels, top, 0, left, 0, cv2.BORDER_REFLECT)
        return np.ascontiguousarray(pixelate(moved, cell)[top:, left:])
    h, w = pixels.shape[:2]
    size = (max(1, -(-w // cell)), max(1, -(-h // cell)))
    padded = cv2.copyMakeBorder(pixels, 0, size[1] * cell - h, 0, size[0] * cell - w, cv2.BORDER_REPLICATE)
    small = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.repeat(np.repeat(small, cell, axis=0), cell, axis=1)[:h, :w], dtype=np.uint8)
