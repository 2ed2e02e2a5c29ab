"""Drawings as lists of operations, turned into masks at full size; this is the only rasteriser that counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from finetouch.errors import InputError
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask

MAX_POINTS = 20_000
MAX_OPS = 2_000
_SHIFT = 4
_COORDINATE = Annotated[float, Field(ge=-100_000, le=200_000, allow_inf_nan=False)]
_XY = Annotated[tuple[_COORDINATE, ...], Field(min_length=2, max_length=3)]


class _Op(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(default="", max_length=64)
    layer: Literal["mask", "edge_add", "edge_sub", "color"] = "mask"
    mode: Literal["add", "sub"] = "add"


class Stroke(_Op):
    """A line of the brush; `points` are ``[x, y]`` or ``[x, y, pressure]`` in full-size pixels."""

    kind: Literal["stroke"] = "stroke"
    radius: float = Field(gt=0, le=5000, allow_inf_nan=False)
    hardness: float = Field(default=1.0, ge=0, le=1)
    points: list[_XY] = Field(min_length=1, max_length=MAX_POINTS)


class Polygon(_Op):
    """A lasso."""

    kind: Literal["polygon"] = "polygon"
    points: list[_XY] = Field(min_length=3, max_length=MAX_POINTS)


class BoxOp(_Op):
    """A rectangle."""

    kind: Literal["box"] = "box"
    xyxy: tuple[_COORDINATE, _COORDINATE, _COORDINATE, _COORDINATE]


class Stored(_Op):
    """A region the server found (`region`), or a mask that was uploaded (`mask`)."""

    kind: Literal["region", "mask"]
    name: str = Field(max_length=80)


class Change(_Op):
    """Grows, shrinks or feathers everything drawn so far by `px`."""

    kind: Literal["grow", "shrink", "feather"]
    px: float = Field(gt=0, le=500, allow_inf_nan=False)


class Whole(_Op):
    """Inverts or clears everything drawn so far."""

    kind: Literal["invert", "clear"]


Op = Annotated[Stroke | Polygon | BoxOp | Stored | Change | Whole, Field(discriminator="kind")]
OpList = Annotated[list[Op], Field(max_length=MAX_OPS)]
Lookup = Callable[[str], Mask]


def rasterise(ops: list[Op], size: tuple[int, int], lookup: Lookup | None = None, layer: str = "mask") -> Mask:
    """The mask that a drawing means.

    Args:
        ops: In the order they were drawn, in full-size pixels; only those of `layer` count.
        size: ``(width, height)`` of the picture.
        lookup: Gives stored masks by name.
        layer: Which layer of the drawing.

    Returns:
        ``(H, W) float32`` in 0..1.

    Raises:
        InputError: A stored mask is not there or has another size.
    """
    mask = np.zeros((size[1], size[0]), np.float32)
    for op in ops:
        if op.layer == layer:
            mask = _apply(mask, op, lookup)
    return mask


def _apply(mask: Mask, op: Op, lookup: Lookup | None) -> Mask:
    if isinstance(op, Whole):
        return np.zeros_like(mask) if op.kind == "clear" else np.asarray(1.0 - mask, np.float32)
    if isinstance(op, Change):
        change = {"grow": masks.grow, "shrink": masks.shrink, "feather": masks.feather_inside}[op.kind]
        return change(mask, op.px)
    if isinstance(op, Stored):
        return _merge(mask, _stored(op, mask.shape, lookup), op.mode, (slice(None), slice(None)))
    window, shape = _shape(mask.shape, op)
    return mask if shape is None else _merge(mask, shape, op.mode, window)


def _merge(mask: Mask, shape: Mask, mode: str, window: tuple[slice, slice]) -> Mask:
    part = mask[window]
    if mode == "add":
        np.maximum(part, shape, out=part)
    else:
        np.minimum(part, 1.0 - shape, out=part)
    return mask


def _stored(op: Stored, shape: tuple[int, ...], lookup: Lookup | None) -> Mask:
    if lookup is None:
        raise InputError("A stored mask is not there.", "Select it again.")
    found = lookup(op.name)
    if found.shape != shape:
        raise InputError(
            f"The mask is {found.shape[1]}x{found.shape[0]}, the picture is {shape[1]}x{shape[0]}.",
            "A mask must have the size of the picture.",
        )
    return found


def _shape(shape: tuple[int, ...], op: Stroke | Polygon | BoxOp) -> tuple[tuple[slice, slice], Mask | None]:
    """The drawn shape in a window around it; None when it lies outside of the picture."""
    points = _points(op)
    radii = _radii(op) if isinstance(op, Stroke) else np.zeros(1)
    reach = float(radii.max()) * (2.0 if isinstance(op, Stroke) and op.hardness < 1 else 1.0) + 3
    low = np.floor(points.min(axis=0) - reach)
    high = np.ceil(points.max(axis=0) + reach)
    x0, y0 = (int(v) for v in np.clip(low, 0, (shape[1], shape[0])))
    x1, y1 = (int(v) for v in np.clip(high, 0, (shape[1], shape[0])))
    window = slice(y0, y1), slice(x0, x1)
    if x0 >= x1 or y0 >= y1:
        return window, None
    canvas = np.zeros((y1 - y0, x1 - x0), np.uint8)
    if isinstance(op, BoxOp):
        (left, top), (right, bottom) = (np.maximum(np.rint(p).astype(int) - (x0, y0), 0) for p in points[[0, 2]])
        canvas[top:bottom, left:right] = 1
        return window, canvas.astype(np.float32)
    local = points - (x0, y0) - 0.5
    fixed = np.rint(np.clip(local, -3e4, 6e4) * (1 << _SHIFT)).astype(np.int32)
    if isinstance(op, Stroke):
        _line(canvas, fixed, local, radii)
    else:
        cv2.fillPoly(canvas, [fixed.reshape(-1, 1, 2)], 255, lineType=cv2.LINE_8, shift=_SHIFT)
    out = canvas.astype(np.float32) / np.float32(255)
    if isinstance(op, Stroke) and op.hardness < 1:
        sigma = max(0.5, float(radii.mean()) * (1 - op.hardness) * 0.5)
        soft = cv2.GaussianBlur(out, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        out = np.minimum(np.asarray(soft, np.float32), np.float32(1))
    return window, out


def _points(op: Stroke | Polygon | BoxOp) -> np.ndarray:
    if isinstance(op, BoxOp):
        x0, y0, x1, y1 = op.xyxy
        x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64)
    return np.array([p[:2] for p in op.points], np.float64)


def _radii(op: Stroke) -> np.ndarray:
    pressure = np.array([p[2] if len(p) > 2 else 1.0 for p in op.points], np.float64)
    return op.radius * (0.5 + 0.5 * np.clip(pressure, 0, 1))


def _line(canvas: np.ndarray, fixed: np.ndarray, local: np.ndarray, radii: np.ndarray) -> None:
    """Round dots joined by thick segments, so that both ends and corners are round."""
    for (x, y), radius in zip(fixed, radii, strict=True):
        cv2.circle(canvas, (int(x), int(y)), max(1, round(float(radius) * (1 << _SHIFT))), 255, -1, cv2.LINE_8, _SHIFT)
    if len(fixed) == 1:
        return
    for a, b, r, s in zip(local[:-1], local[1:], radii[:-1], radii[1:], strict=True):
        along = b - a
        length = float(np.hypot(*along))
        if length < 1e-6:
            continue
        side = np.array([-along[1], along[0]]) / length
        quad = np.array([a + side * r, b + side * s, b - side * s, a - side * r])
        corners = np.rint(np.clip(quad, -3e4, 6e4) * (1 << _SHIFT)).astype(np.int32).reshape(-1, 1, 2)
        cv2.fillConvexPoly(canvas, corners, 255, cv2.LINE_8, _SHIFT)
