"""Crop-zoom geometry: the box around what may change, and the size it is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.imaging.masks import Mask, resize_mask
from finetouch.types import Box, Pixels


@dataclass(frozen=True)
class CropZoom:
    """A box of the picture and the size it is resampled to.

    Attributes:
        box: ``(x0, y0, x1, y1)`` in the picture, px, end-exclusive.
        size: ``(width, height)`` the crop is worked on; equal to the box unless it was too large (`around`) or a
            model wants a size of its own (`to_side`).
    """

    box: Box
    size: tuple[int, int]

    @classmethod
    def around(
        cls,
        box: Box,
        full: tuple[int, int],
        context: float = 0.25,
        min_context: int = 16,
        max_side: int | None = None,
    ) -> CropZoom:
        """The crop that shows `box` with a border of `context` × its longer side, inside a `full` = (w, h) picture.

        Args:
            box: What has to be inside.
            full: Size of the picture.
            context: Border as a share of the box's longer side.
            min_context: Smallest border in px.
            max_side: Longest side to work on; larger crops are scaled down.
        """
        x0, y0, x1, y1 = box
        pad = max(min_context, round(context * max(x1 - x0, y1 - y0)))
        w, h = full
        bx = (max(0, x0 - pad), max(0, y0 - pad), min(w, x1 + pad), min(h, y1 + pad))
        bw, bh = bx[2] - bx[0], bx[3] - bx[1]
        scale = 1.0 if max_side is None else min(1.0, max_side / max(bw, bh))
        return cls(bx, (max(1, round(bw * scale)), max(1, round(bh * scale))))

    @classmethod
    def to_side(
        cls, box: Box, full: tuple[int, int], side: int, multiple: int, context: float = 0.5, min_context: int = 8
    ) -> CropZoom:
        """The crop around `box` at the size a model was made for: small things are zoomed up, large ones down.

        The crop is as square as the picture allows; its working size has about ``side * side`` pixels, both sides
        being multiples of `multiple` and between a half and twice `side`.

        Args:
            box: What has to be inside. full: Size of the picture.
            side: Side of the square that the model was made for, px. multiple: What both sides must divide by.
            context, min_context: See `around`.
        """
        x0, y0, x1, y1 = box
        pad = max(min_context, round(context * max(x1 - x0, y1 - y0)))
        wanted = max(x1 - x0, y1 - y0) + 2 * pad
        left, right = _span(x0, x1, wanted, full[0])
        top, bottom = _span(y0, y1, wanted, full[1])
        w, h = right - left, bottom - top
        scale = side / (w * h) ** 0.5
        low, high = max(multiple, side // 2), max(multiple, 2 * side)
        size = tuple(round(min(high, max(low, v * scale)) / multiple) * multiple for v in (w, h))
        return cls((left, top, right, bottom), (max(multiple, size[0]), max(multiple, size[1])))

    @property
    def scale(self) -> float:
        """Crop pixels per picture pixel; above 1 when a small box is zoomed up."""
        return self.size[0] / (self.box[2] - self.box[0])

    @property
    def native(self) -> tuple[int, int]:
        """``(width, height)`` of the box in the picture."""
        return self.box[2] - self.box[0], self.box[3] - self.box[1]

    def cut(self, image: NDArray[Any]) -> NDArray[Any]:
        """The crop of an ``(H, W[, 3])`` uint8 picture at working size; always a copy."""
        x0, y0, x1, y1 = self.box
        part = image[y0:y1, x0:x1]
        if self.size == self.native:
            return part.copy()
        return _resized(part, self.size)

    def cut_mask(self, mask: Mask) -> Mask:
        """The crop of a mask at working size."""
        x0, y0, x1, y1 = self.box
        return resize_mask(np.ascontiguousarray(mask[y0:y1, x0:x1]), self.size)

    def restore(self, crop: Pixels) -> Pixels:
        """Brings an edited crop back to the box's size in the picture."""
        if (crop.shape[1], crop.shape[0]) == self.native:
            return crop
        return np.asarray(_resized(crop, self.native), dtype=np.uint8)


def shrunk(pixels: NDArray[Any], side: int) -> NDArray[Any]:
    """``(H, W[, C])`` made smaller by averaging so that the longer side is at most `side` px; else as it is."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale == 1.0:
        return pixels
    return _resized(pixels, (max(1, round(width * scale)), max(1, round(height * scale))))


def _span(start: int, end: int, wanted: int, full: int) -> tuple[int, int]:
    """`wanted` px around ``start .. end`` inside of ``0 .. full``, moved inwards at the border."""
    wanted = min(full, max(wanted, end - start))
    first = min(max(0, (start + end - wanted) // 2), full - wanted)
    return first, first + wanted


def _resized(part: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Averages when going down, cubic when going up."""
    down = size[0] * size[1] < part.shape[0] * part.shape[1]
    out = cv2.resize(part, size, interpolation=cv2.INTER_AREA if down else cv2.INTER_CUBIC)
    return np.asarray(out).reshape(size[1], size[0], *part.shape[2:])


def tiles(box: Box, max_pixels: int | None, overlap: int) -> Iterator[Box]:
    """Cuts `box` into parts of at most `max_pixels`, in reading order; each part is to be worked on with `overlap`.

    Only the inner parts are given; together they cover the box exactly once.
    """
    x0, y0, x1, y1 = box
    w, h = x1 - x0, y1 - y0
    if max_pixels is None or w * h <= max_pixels:
        yield box
        return
    side = max(64, int(max_pixels**0.5) - 2 * overlap)
    for y in range(y0, y1, side):
        for x in range(x0, x1, side):
            yield x, y, min(x + side, x1), min(y + side, y1)
