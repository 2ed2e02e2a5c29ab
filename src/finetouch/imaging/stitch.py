"""The paste-back, and the promise: where the mask is 0 the output is bit-identical to the input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetouch.imaging.masks import Mask
from finetouch.types import Box, Picture

_BAND = 4_000_000


def paste(original: NDArray[Any], edited: NDArray[Any], box: Box, weight: Mask) -> NDArray[Any]:
    """`original` with `edited` blended in by `weight` inside `box`; a new array.

    Args:
        original: ``(H, W)`` or ``(H, W, 3)`` uint8.
        edited: The same kind, of the box's size.
        box: ``(x0, y0, x1, y1)`` px in `original`.
        weight: ``(h, w)`` 0..1 of the box's size; 0 keeps the original exactly, 1 takes the edit exactly.
    """
    out = original.copy()
    paste_into(out, edited, box, weight)
    return out


def paste_into(out: NDArray[Any], edited: NDArray[Any], box: Box, weight: Mask) -> None:
    """`paste` in place."""
    x0, y0, x1, y1 = box
    if edited.shape[:2] != (y1 - y0, x1 - x0) or weight.shape != (y1 - y0, x1 - x0):
        raise ValueError(f"crop {edited.shape[:2]} and mask {weight.shape} do not fit the box {box}")
    mix_into(out[y0:y1, x0:x1], edited, weight)


def mix_into(out: NDArray[Any], new: NDArray[Any], weight: Mask) -> None:
    """Blends `new` into the uint8 array `out` in place; weight 0 keeps and weight 1 takes values exactly.

    Works in bands of rows, so that memory stays bounded on very large pictures.
    """
    for rows in bands(out.shape[:2]):
        w = weight[rows]
        if not (w > 0).any():
            continue
        window, fresh = out[rows], new[rows]
        factor = w if fresh.ndim == 2 else w[..., None]
        mixed = np.rint(window * (1.0 - factor) + fresh * factor).astype(np.uint8)
        mixed = np.where(factor >= 1.0, fresh, mixed)
        window[...] = np.where(factor > 0.0, mixed, window)


def bands(shape: tuple[int, ...], multiple: int = 1) -> Iterator[slice]:
    """Row slices of about four megapixels that cover an array; their starts are multiples of `multiple`."""
    rows = max(1, _BAND // max(1, shape[1]))
    rows = max(multiple, rows - rows % multiple)
    for top in range(0, shape[0], rows):
        yield slice(top, min(top + rows, shape[0]))


@dataclass(frozen=True)
class OutsideChange:
    """Proof of the promise: what changed where the mask is 0.

    Attributes:
        max: Largest difference of any channel (0..255). count: How many pixels differ.
        pixels: How many pixels lie outside of the mask.
    """

    max: int
    count: int
    pixels: int

    @property
    def clean(self) -> bool:
        """True when not one outside pixel changed."""
        return self.count == 0


def outside_change(before: Picture, after: Picture, mask: Mask) -> OutsideChange:
    """Compares two pictures of one size where `mask` is exactly 0, alpha included."""
    worst = count = outside = 0
    for part in bands((before.height, before.width)):
        off = mask[part] == 0
        n = int(off.sum())
        if n == 0:
            continue
        outside += n
        a, b = before.pixels[part], after.pixels[part]
        differs = a != b
        changed = differs.any(axis=2) & off if differs.any() else np.zeros_like(off)
        if _alpha_rows(before, part) is not None or _alpha_rows(after, part) is not None:
            alpha_a, alpha_b = _alpha_rows(before, part), _alpha_rows(after, part)
            full = np.full(off.shape, 255, dtype=np.uint8)
            difference = (alpha_a if alpha_a is not None else full) != (alpha_b if alpha_b is not None else full)
            if (difference & off).any():
                worst = 255
            changed |= difference & off
        if changed.any():
            count += int(changed.sum())
            delta = np.abs(a[changed].astype(np.int16) - b[changed].astype(np.int16))
            worst = max(worst, int(delta.max()))
    return OutsideChange(worst, count, outside)


def _alpha_rows(picture: Picture, part: slice) -> NDArray[np.uint8] | None:
    return None if picture.alpha is None else picture.alpha[part]
