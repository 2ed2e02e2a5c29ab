"""Move, resize or duplicate a thing: cut out with its matte, fill its place, set it down, keep it in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene
from finetouch.editing import EVERY_PRESET, _place
from finetouch.editing._destination import destinations
from finetouch.editing.fill import FEATHER, SEEN, contact_shadow, not_to_copy, other_things, rim_px
from finetouch.errors import InputError
from finetouch.imaging import inpaint, masks
from finetouch.imaging.masks import Mask
from finetouch.registry import editor
from finetouch.types import Box, EditStep, Pixels, Region


class TransformParams(contracts.Params):
    """Where to and how large; everything in the picture's own pixels or as a share of its size."""

    direction: Literal["left", "right", "up", "down"] | None = Field(None, description="which way to move or copy")
    amount: float | None = Field(None, ge=-1, le=1, description="how far, as a share of the picture's size")
    dx: float | None = Field(None, description="px to the right")
    dy: float | None = Field(None, description="px down")
    scale: float | None = Field(None, gt=0.02, le=20, description="factor of the thing's size")
    count: int | None = Field(None, ge=2, le=12, description="how many there are after duplicating")
    harmony: float = Field(0.35, ge=0, le=1, description="how much its light follows the new place")
    mode: Literal["patchmatch", "fast"] = Field("patchmatch", description="how its old place is filled")


@dataclass(frozen=True)
class _Layout:
    """Boxes to set the thing down in (full-size px), whether its old place empties, and the box it fills now."""

    boxes: tuple[Box, ...]
    empties: bool
    source: Box


def _layout_of(scene: Scene) -> _Layout:
    box = masks.box_of(scene.region.mask, masks.HARD) or scene.region.box
    if box is None:
        raise InputError("There is nothing to move: the selection is empty.")
    return _Layout(destinations(scene, box), scene.step.op != "duplicate", box)


@editor("transform", summary="moves, resizes or duplicates a thing", ops=("move", "resize", "duplicate"),
        presets=EVERY_PRESET, packages=("patchmatch",), context=0.3, min_context=48, max_side=2400,
        feather=FEATHER)  # fmt: skip
class Transform(EditMethod):
    """Cuts the thing out with its matte and sets it down where and as large as asked."""

    Params = TransformParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """1 for all three operations."""
        return 1.0

    def __init__(self) -> None:
        self._known: tuple[Scene, _Layout] | None = None

    def _layout(self, scene: Scene) -> _Layout:
        """The layout of this scene; looking for an anchor is dear, so it is done once."""
        if self._known is None or self._known[0] is not scene:
            self._known = (scene, _layout_of(scene))
        return self._known[1]

    def area(self, scene: Scene) -> Region:
        """The old place (with rim and contact shadow) and the new one."""
        layout = self._layout(scene)
        out = np.zeros_like(scene.region.mask)
        if layout.empties:
            out = np.maximum(out, _hole(scene))
        for box in layout.boxes:
            out = np.maximum(out, _landing(scene, layout, box))
        return scene.region.with_mask(out)

    def prepare(self, scene: Scene) -> Mask | None:
        """Other things of the same kind, which must not be copied into the emptied place."""
        return other_things(scene) if self._layout(scene).empties else None

    def edit(self, request: EditRequest) -> EditOutput:
        """The crop with the thing in its new place."""
        scene, scale = request.scene, request.scale
        layout = self._layout(scene)
        sprite, cut = _place.cut_out(request.pixels, request.target)
        request.report.check()
        pixels: Pixels = request.pixels
        facts: dict[str, Any] = {}
        if layout.empties:
            pixels, facts = self._emptied(request)
        request.report.check()
        seat = _to_crop(layout.source, request.origin, scale)
        for box in layout.boxes:
            there = _to_crop(box, request.origin, scale)
            zoom_x = (there[2] - there[0]) / max(1e-6, seat[2] - seat[0])
            zoom_y = (there[3] - there[1]) / max(1e-6, seat[3] - seat[1])
            width, height = round((cut[2] - cut[0]) * zoom_x), round((cut[3] - cut[1]) * zoom_y)
            x = round(there[0] - (seat[0] - cut[0]) * zoom_x)
            y = round(there[1] - (seat[1] - cut[1]) * zoom_y)
            piece = sprite.resized(width, height)
            landing = _place.placed_mask(pixels.shape[:2], piece.alpha, x, y)
            far = abs(there[0] - seat[0]) + abs(there[1] - seat[1]) > 0.2 * max(width, height)
            if far and request.params.harmony > 0:
                piece = _place.harmonised(piece, _place.near_ring(pixels, landing), request.params.harmony)
            pixels = _place.paste(pixels, piece, x, y)
            request.report.check()
        facts["placed"] = [list(b) for b in layout.boxes]
        facts["taken_from"] = list(layout.source)
        return EditOutput(pixels=pixels, facts=facts)

    def _emptied(self, request: EditRequest) -> tuple[Any, dict[str, Any]]:
        scene = request.scene
        hole = _crop_mask(_hole(scene), request) > 0.02
        done = inpaint.fill_hole(
            request.pixels, hole, seed=int(request.rng.integers(2**31)), mode=request.params.mode,
            exclude=not_to_copy(request),
            report=request.report,
        )  # fmt: skip
        return done.pixels, {"fill": done.mode, "seam": done.seam}


def _hole(scene: Scene) -> Mask:
    solid = (scene.region.mask > SEEN).astype(np.float32)
    rim = rim_px(solid) if scene.grow is None else scene.grow
    feather = FEATHER if scene.feather is None else scene.feather
    hole = masks.grow(solid, rim + feather)
    if scene.grow is None and scene.step.op == "move":
        hole = np.maximum(hole, contact_shadow(scene.picture.pixels, solid))
    return hole


def _landing(scene: Scene, layout: _Layout, box: Box) -> Mask:
    """The thing's mask where it lands, grown by the matte's reach and the feather."""
    from finetouch.imaging.matting import band_radius

    mask = scene.region.mask
    x0, y0, x1, y1 = layout.source
    width, height = max(1, box[2] - box[0]), max(1, box[3] - box[1])
    piece = masks.resize_mask((mask[y0:y1, x0:x1] > SEEN).astype(np.float32), (width, height))
    placed = _place.placed_mask(mask.shape, (piece > 0.02).astype(np.float32), box[0], box[1])
    zoom = max(width / max(1, x1 - x0), height / max(1, y1 - y0))
    return masks.grow(placed, band_radius(mask) * zoom + FEATHER + 1)


def _to_crop(box: Box, origin: tuple[int, int], scale: float) -> tuple[float, float, float, float]:
    ox, oy = origin
    return (box[0] - ox) * scale, (box[1] - oy) * scale, (box[2] - ox) * scale, (box[3] - oy) * scale


def _crop_mask(mask: Mask, request: EditRequest) -> Mask:
    h, w = request.target.shape
    x, y = request.origin
    part = mask[y : y + max(1, round(h / request.scale)), x : x + max(1, round(w / request.scale))]
    return masks.resize_mask(np.ascontiguousarray(part), (w, h))
