"""Runs the bundled network on a picture: category probabilities, embedding, instance centres, ImageNet evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.errors import ModelMissing
from finetouch.hub import bundled
from finetouch.imaging.masks import Mask
from finetouch.select.vocabulary import LEAVES
from finetouch.types import Pixels

Floats = NDArray[np.float32]

WEIGHTS = ("select", "photo_selector.onnx")
LONG_SIDE = 640
CENTRE_SIDE = 448
STEP = 32


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the network says about one picture. All maps cover the whole picture.

    Attributes:
        size: ``(width, height)`` of the picture in px.
        small: ``(h, w, 3) uint8``, the picture as the network saw it (long side 640).
        leaf: ``(leaves, h/4, w/4)``, probabilities that sum to 1 over the leaves.
        embed: ``(24, h/8, w/8)``; close vectors belong to one region.
        heat: ``(h', w')``, about a twelfth of `small`: probability that an instance's centre is here.
        offset: ``(2, h', w')``, px of `small` from here to the centre of the instance, x then y.
        cam: ``(1000, h/32, w/32)``, ImageNet probabilities per position.
        whole: ``(1000,)``, ImageNet probabilities of the whole picture.
    """

    size: tuple[int, int]
    small: Pixels
    leaf: Floats
    embed: Floats
    heat: Floats
    offset: Floats
    cam: Floats
    whole: Floats

    @property
    def grid(self) -> tuple[int, int]:
        """``(height, width)`` of the leaf maps."""
        return int(self.leaf.shape[1]), int(self.leaf.shape[2])


@cache
def facts() -> dict[str, Any]:
    """Leaves, number of training photos per leaf, embedding constants and calibration of the bundled weights."""
    data: dict[str, Any] = json.loads((files("finetouch.select") / "weights" / "photo_selector.json").read_text())
    if tuple(data["leaves"]) != LEAVES:
        raise ModelMissing("The bundled photo selector does not fit this version.", "Reinstall finetouch.")
    return data


def network_size(width: int, height: int, long_side: int = LONG_SIDE) -> tuple[int, int]:
    """``(width, height)`` at which a picture is fed: long side `long_side`, both sides multiples of 32, at least 64."""
    scale = long_side / max(width, height)
    return max(2 * STEP, round(width * scale / STEP) * STEP), max(2 * STEP, round(height * scale / STEP) * STEP)


def shrink(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Resizes to ``(width, height)``; averages when going down."""
    down = size[0] * size[1] < pixels.shape[0] * pixels.shape[1]
    how = cv2.INTER_AREA if down else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=how), dtype=np.uint8)


def run(pixels: Pixels, long_side: int = LONG_SIDE, mirror: bool = True) -> Evidence:
    """Looks at a picture once.

    Args:
        pixels: ``(H, W, 3) uint8`` RGB of any size.
        long_side: Size at which the network sees it.
        mirror: Look at the mirrored picture too and average (twice the time, steadier edges).
    """
    height, width = pixels.shape[:2]
    small = shrink(pixels, network_size(width, height, long_side))
    image = np.ascontiguousarray(small.transpose(2, 0, 1)[None].astype(np.float32))
    leaf, embed, _, cam, whole = bundled.session(*WEIGHTS).run(None, {"image": image})
    leaf, cam, whole = leaf[0], cam[0], whole[0]
    if mirror:
        other = bundled.session(*WEIGHTS).run(None, {"image": np.ascontiguousarray(image[..., ::-1])})
        leaf = (leaf + other[0][0][..., ::-1]) / 2
        cam = (cam + other[3][0][..., ::-1]) / 2
        whole = (whole + other[4][0]) / 2
    heat, offset = _centres(pixels, small.shape, mirror)
    return Evidence((width, height), small, leaf, embed[0], heat, offset, cam, whole)


def _centres(pixels: Pixels, shape: tuple[int, ...], mirror: bool) -> tuple[Floats, Floats]:
    """Centre heat and offsets, seen at a smaller size: there large things are whole."""
    size = network_size(pixels.shape[1], pixels.shape[0], CENTRE_SIDE)
    image = np.ascontiguousarray(shrink(pixels, size).transpose(2, 0, 1)[None].astype(np.float32))
    centre = bundled.session(*WEIGHTS).run(["centre"], {"image": image})[0][0]
    if mirror:
        other = bundled.session(*WEIGHTS).run(["centre"], {"image": np.ascontiguousarray(image[..., ::-1])})[0][0]
        centre = (centre + other[..., ::-1] * np.array([1, -1, 1], np.float32)[:, None, None]) / 2
    factor = np.array([shape[1] / size[0], shape[0] / size[1]], np.float32)
    return centre[0], np.asarray(centre[1:] * factor[:, None, None], dtype=np.float32)


def enlarge(values: Floats, grid: tuple[int, int]) -> Mask:
    """One map resized to ``(height, width)``, linearly."""
    if values.shape == grid:
        return values
    return np.asarray(cv2.resize(values, (grid[1], grid[0]), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
