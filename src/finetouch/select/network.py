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
CLOSER = 1.3  # how much larger the second look is
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


def run(pixels: Pixels, long_side: int = LONG_SIDE, twice: bool = True) -> Evidence:
    """Looks at a picture.

    Args:
        pixels: ``(H, W, 3) uint8`` RGB of any size.
        long_side: Size at which the network sees it.
        twice: Look a second time, closer and at the mirrored picture, and average: small things are found that are
            missed from afar, large things that are missed from near, and edges are steadier. Almost three times the
            time.
    """
    height, width = pixels.shape[:2]
    small = shrink(pixels, network_size(width, height, long_side))
    leaf, embed, _, cam, whole = _see(small)
    if twice:
        near = shrink(pixels, network_size(width, height, round(CLOSER * long_side)))
        other = _see(near[:, ::-1])
        leaf = _mean(leaf, _resized(other[0][..., ::-1], (leaf.shape[1], leaf.shape[2])))
        cam = _mean(cam, _resized(other[3][..., ::-1], (cam.shape[1], cam.shape[2])))
        whole = _mean(whole, other[4])
    heat, offset = _centres(pixels, small.shape, twice)
    return Evidence((width, height), small, leaf, embed, heat, offset, cam, whole)


def _see(pixels: Pixels, outputs: list[str] | None = None) -> list[Floats]:
    """The network's outputs for a picture of a size it takes."""
    image = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None].astype(np.float32))
    return [out[0] for out in bundled.session(*WEIGHTS).run(outputs, {"image": image})]


def _mean(a: Floats, b: Floats) -> Floats:
    return np.asarray((a + b) / 2, dtype=np.float32)


def _resized(maps: Floats, grid: tuple[int, int]) -> Floats:
    """Maps ``(n, h, w)`` at another ``(height, width)``, linearly."""
    return np.stack([enlarge(m, grid) for m in maps])


def _centres(pixels: Pixels, shape: tuple[int, ...], twice: bool) -> tuple[Floats, Floats]:
    """Centre heat and offsets, seen at a smaller size: there large things are whole."""
    size = network_size(pixels.shape[1], pixels.shape[0], CENTRE_SIDE)
    small = shrink(pixels, size)
    (centre,) = _see(small, ["centre"])
    if twice:
        (other,) = _see(small[:, ::-1], ["centre"])
        centre = _mean(centre, other[..., ::-1] * np.array([1, -1, 1], np.float32)[:, None, None])
    factor = np.array([shape[1] / size[0], shape[0] / size[1]], np.float32)
    return centre[0], np.asarray(centre[1:] * factor[:, None, None], dtype=np.float32)


def enlarge(values: Floats, grid: tuple[int, int]) -> Mask:
    """One map resized to ``(height, width)``, linearly."""
    if values.shape == grid:
        return values
    return np.asarray(cv2.resize(values, (grid[1], grid[0]), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
