"""The shared half of every method: the area, the crop, tiles, the call, the paste-back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene
from finetouch.errors import InputError
from finetouch.imaging import masks
from finetouch.imaging.crop import CropZoom, tiles
from finetouch.imaging.stitch import paste_into
from finetouch.registry import Spec
from finetouch.types import Box, Picture, Region, Reporter

Made = tuple[Box, np.ndarray]
"""Where a crop lies in the picture, and its new pixels at full size."""
Rendered = tuple[Picture, Region | None, tuple[str, ...], dict[str, Any]]


def render(
    spec: Spec[EditMethod],
    method: EditMethod,
    scene: Scene,
    rng: np.random.Generator,
    report: Reporter,
    on_area: Callable[[Region], Region] = lambda area: area,
    on_made: Callable[[Made], object] | None = None,
) -> Rendered:
    """Lets `method` make its pixels and pastes them back.

    Args:
        spec, method: What makes the pixels. scene, rng, report: What it gets.
        on_area: May change the area. on_made: Sees every crop as the method made it, before it is pasted back.

    Returns:
        The edited picture, the area that was allowed to change (None when the geometry changed), notes and facts.

    Raises:
        InputError: Nothing would change.
    """
    if spec.geometry:
        return _whole(method, scene, rng, report)
    area = on_area(method.area(scene))
    box = area.box
    if box is None:
        raise InputError("There is nothing to change: the selected area is empty.", "Select something larger.")
    x0, y0, x1, y1 = box
    feather = spec.feather if scene.feather is None else scene.feather
    weight = masks.feather_inside(area.mask[y0:y1, x0:x1], feather) if feather else area.mask[y0:y1, x0:x1]
    pixels = scene.picture.pixels.copy()
    alpha: np.ndarray | None = None
    notes: list[str] = []
    facts: dict[str, Any] = {}
    prepared = method.prepare(scene)
    parts = list(tiles(box, spec.max_pixels, spec.min_context))
    working = method.working_size(scene)
    for number, part in enumerate(parts):
        report.update("edit", number, len(parts))
        around = (0.0, spec.min_context) if len(parts) > 1 else (spec.context, spec.min_context)
        if working is None:
            zoom = CropZoom.around(part, scene.picture.size, *around, max_side=spec.max_side)
        else:
            seen = (0, 0, *scene.picture.size) if working.whole else part
            zoom = CropZoom.to_side(seen, scene.picture.size, working.side, working.multiple, *around)
        output = _call(method, scene, area, zoom, rng, report, prepared)
        if on_made is not None:
            on_made((zoom.box, zoom.restore(output.pixels)))
        inner = weight[part[1] - y0 : part[3] - y0, part[0] - x0 : part[2] - x0]
        paste_into(pixels, _inside(zoom, output.pixels, part), part, inner)
        if output.alpha is not None:
            if alpha is None:
                alpha = _alpha(scene.picture)
            paste_into(alpha, _inside(zoom, output.alpha, part), part, inner)
        notes += [n for n in output.notes if n not in notes]
        facts |= output.facts
    edited = scene.picture.with_pixels(pixels, scene.picture.alpha if alpha is None else alpha)
    return edited, area, tuple(notes), facts


def _call(
    method: EditMethod,
    scene: Scene,
    area: Region,
    zoom: CropZoom,
    rng: np.random.Generator,
    report: Reporter,
    prepared: Any,
) -> EditOutput:
    picture = scene.picture
    request = EditRequest(
        pixels=zoom.cut(picture.pixels),
        area=zoom.cut_mask(area.mask),
        target=zoom.cut_mask(scene.region.mask),
        alpha=None if picture.alpha is None else zoom.cut(picture.alpha),
        scene=scene,
        origin=(zoom.box[0], zoom.box[1]),
        scale=zoom.scale,
        rng=rng,
        report=report,
        prepared=prepared,
    )
    output = method.edit(request)
    if output.pixels.shape != request.pixels.shape or output.pixels.dtype != np.uint8:
        raise TypeError(f"{type(method).__name__} returned {output.pixels.shape} {output.pixels.dtype} for a crop")
    return output


def _whole(method: EditMethod, scene: Scene, rng: np.random.Generator, report: Reporter) -> Rendered:
    picture = scene.picture
    ones = np.ones((picture.height, picture.width), dtype=np.float32)
    request = EditRequest(
        picture.pixels, ones, scene.region.mask, picture.alpha, scene, (0, 0), 1.0, rng, report, method.prepare(scene)
    )
    output = method.edit(request)
    if output.alpha is not None and output.alpha.shape != output.pixels.shape[:2]:
        raise TypeError(f"{type(method).__name__} returned alpha of another size than its pixels")
    return picture.with_pixels(output.pixels, output.alpha), None, output.notes, output.facts


def _inside(zoom: CropZoom, crop: np.ndarray, part: Box) -> np.ndarray:
    """The part of a restored crop that lies in `part`."""
    full = zoom.restore(crop)
    x, y = part[0] - zoom.box[0], part[1] - zoom.box[1]
    return full[y : y + part[3] - part[1], x : x + part[2] - part[0]]


def _alpha(picture: Picture) -> np.ndarray:
    if picture.alpha is not None:
        return picture.alpha.copy()
    return np.full((picture.height, picture.width), 255, dtype=np.uint8)
