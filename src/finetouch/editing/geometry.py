"""Change the frame: crop, rotate, flip, zoom and resize the whole picture."""

from __future__ import annotations

import math
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest
from finetouch.editing import EVERY_PRESET
from finetouch.errors import InputError, UsageError
from finetouch.registry import editor
from finetouch.types import Box, EditStep, Region

Pixels = NDArray[np.uint8]
LARGEST_SIDE = 30000


class GeometryParams(contracts.Params):
    """What to do with the frame; done in the order crop, zoom, flip, rotate, scale."""

    crop: Literal["center", "top", "bottom", "left", "right", "target"] | None = Field(
        None, description="the edge that is cut away; 'center' keeps the middle; 'target' crops to the thing in `to`"
    )
    amount: float = Field(0.2, gt=0, lt=1, description="share of the picture that a crop takes away")
    to: str | None = Field(None, description="phrase of the thing to crop to")
    margin: float = Field(0.08, ge=0, le=2, description="border left around that thing, share of its longer side")
    zoom: float | None = Field(None, gt=1, le=50, description="enlarge the middle (or the thing in `to`); size kept")
    flip: Literal["horizontal", "vertical"] | None = Field(None, description="mirror")
    rotate: float = Field(0.0, ge=-36000, le=36000, description="degrees clockwise")
    expand: bool = Field(True, description="let the frame grow so that nothing is cut off; False cuts to what is full")
    fill: str | None = Field(None, description="colour of the corners; default: transparent where possible, else white")
    scale: float | None = Field(None, gt=0, le=16, description="factor of the picture's size")


@editor("geometry", summary="crop, rotate, flip, zoom, resize the picture", ops=("global",), presets=EVERY_PRESET,
        needs_region=False, geometry=True)  # fmt: skip
class Geometry(EditMethod):
    """Changes the frame of the picture; right angles and flips move pixels without resampling."""

    Params = GeometryParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """1 when only the frame is to change."""
        known = bool(step.params) and set(step.params) <= set(GeometryParams.model_fields)
        acts = {"crop", "zoom", "flip", "rotate", "scale"} & set(step.params)
        return 1.0 if known and acts else 0.0

    def edit(self, request: EditRequest) -> EditOutput:
        """The picture in its new frame."""
        params: GeometryParams = request.params
        pixels, alpha = request.pixels, request.alpha
        notes: list[str] = []
        if params.crop or params.zoom:
            box = _frame(request)
            size = (pixels.shape[1], pixels.shape[0])
            pixels, alpha = _cut(pixels, box), None if alpha is None else _cut(alpha, box)
            if params.zoom and not params.crop:
                pixels, alpha = _resized(pixels, size), None if alpha is None else _resized(alpha, size)
        request.report.check()
        if params.flip:
            axis = 1 if params.flip == "horizontal" else 0
            pixels, alpha = np.flip(pixels, axis), None if alpha is None else np.flip(alpha, axis)
        if params.rotate % 360:
            pixels, alpha = _rotated(pixels, alpha, params)
        request.report.check()
        if params.scale:
            size = (max(1, round(pixels.shape[1] * params.scale)), max(1, round(pixels.shape[0] * params.scale)))
            if max(size) > LARGEST_SIDE:
                raise InputError(f"The picture would be {size[0]} x {size[1]} px.", "Use a smaller scale.")
            pixels, alpha = _resized(pixels, size), None if alpha is None else _resized(alpha, size)
        facts = {"size_before": list(request.pixels.shape[1::-1]), "size_after": list(pixels.shape[1::-1])}
        return EditOutput(
            pixels=np.ascontiguousarray(pixels), notes=tuple(notes), facts=facts,
            alpha=None if alpha is None else np.ascontiguousarray(alpha),
        )  # fmt: skip


def _thing(request: EditRequest) -> Region:
    phrase = request.params.to or request.step.result
    if not phrase:
        region = request.scene.region
        if region.share < 0.999 and not region.empty:
            return region
        raise UsageError("Crop to what?", 'Name the thing: "crop to the dog".')
    if request.scene.select is None:
        raise UsageError(f"Cannot look for '{phrase}' here.", "Use crop center, top, bottom, left or right.")
    return request.scene.select(phrase)


def _frame(request: EditRequest) -> Box:
    params: GeometryParams = request.params
    h, w = request.pixels.shape[:2]
    dx, dy = min(w - 1, round(w * params.amount)), min(h - 1, round(h * params.amount))
    edges: dict[str, Box] = {
        "top": (0, dy, w, h), "bottom": (0, 0, w, h - dy), "left": (dx, 0, w, h), "right": (0, 0, w - dx, h),
        "center": (dx // 2, dy // 2, w - (dx - dx // 2), h - (dy - dy // 2)),
    }  # fmt: skip
    if params.crop in edges:
        return edges[params.crop]
    if params.crop == "target":
        box = _thing(request).box
        if box is None:
            raise InputError("Nothing to crop to: the selection is empty.")
        return _with_margin(box, params.margin, w, h)
    return _zoom_frame(request, w, h)


def _with_margin(box: Box, margin: float, w: int, h: int) -> Box:
    x0, y0, x1, y1 = box
    m = round(margin * max(x1 - x0, y1 - y0))
    return max(0, x0 - m), max(0, y0 - m), min(w, x1 + m), min(h, y1 + m)


def _zoom_frame(request: EditRequest, w: int, h: int) -> Box:
    zoom = float(request.params.zoom)
    cw, ch = max(1, round(w / zoom)), max(1, round(h / zoom))
    cx, cy = (w / 2, h / 2)
    if request.params.to:
        cx, cy = _thing(request).centroid
    x0 = int(np.clip(round(cx - cw / 2), 0, w - cw))
    y0 = int(np.clip(round(cy - ch / 2), 0, h - ch))
    return x0, y0, x0 + cw, y0 + ch


def _cut(values: Any, box: Box) -> Any:
    return values[box[1] : box[3], box[0] : box[2]]


def _resized(values: Any, size: tuple[int, int]) -> Any:
    smaller = size[0] * size[1] < values.shape[0] * values.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(values), size, interpolation=how)


def _rotated(pixels: Pixels, alpha: Pixels | None, params: GeometryParams) -> tuple[Pixels, Pixels | None]:
    angle = params.rotate % 360
    if angle % 90 == 0:
        turns = int(-angle // 90) % 4
        return np.rot90(pixels, turns), None if alpha is None else np.rot90(alpha, turns)
    h, w = pixels.shape[:2]
    rad = math.radians(angle)
    cos, sin = abs(math.cos(rad)), abs(math.sin(rad))
    if params.expand:
        size = (max(1, math.ceil(w * cos + h * sin)), max(1, math.ceil(w * sin + h * cos)))
    else:
        size = inner_size(w, h, angle)
    matrix = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), -angle, 1.0)
    matrix[0, 2] += (size[0] - w) / 2
    matrix[1, 2] += (size[1] - h) / 2
    corner = _corner(params, alpha is not None)
    source = np.ascontiguousarray(pixels)
    out = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    cover = np.full((h, w), 255, np.uint8) if alpha is None else np.ascontiguousarray(alpha)
    inside = cv2.warpAffine(cover, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    if corner is None:
        return np.asarray(out, np.uint8), np.asarray(inside, np.uint8)
    if alpha is None:
        empty, rim = inside == 0, (inside > 0) & (inside < 255)
        a = inside[rim][:, None].astype(np.float32) / 255
        out[rim] = np.clip(out[rim] * a + np.array(corner, np.float32) * (1 - a) + 0.5, 0, 255).astype(np.uint8)
        out[empty] = corner
        return np.asarray(out, np.uint8), None
    return np.asarray(out, np.uint8), np.asarray(inside, np.uint8)


def _corner(params: GeometryParams, has_alpha: bool) -> tuple[int, int, int] | None:
    from finetouch.imaging import color

    if params.fill is None:
        return None if has_alpha else (255, 255, 255)
    if params.fill == "transparent":
        return None
    rgb = color.named_color(params.fill)
    if rgb is None:
        raise UsageError(f"'{params.fill}' is not a colour I know.", "Use a colour name, #rrggbb or 'transparent'.")
    return rgb


def inner_size(width: int, height: int, angle: float) -> tuple[int, int]:
    """Size of the largest upright frame that holds no corner when a picture is turned by `angle` degrees."""
    rad = math.radians(angle % 180)
    sin, cos = abs(math.sin(rad)), abs(math.cos(rad))
    long, short = max(width, height), min(width, height)
    if short <= 2 * sin * cos * long or abs(sin - cos) < 1e-9:
        half = short / 2
        a, b = (half / max(sin, 1e-9), half / max(cos, 1e-9))
        w, h = (a, b) if width >= height else (b, a)
    else:
        double = cos * cos - sin * sin
        w, h = (width * cos - height * sin) / double, (height * cos - width * sin) / double
    return max(1, int(w)), max(1, int(h))
