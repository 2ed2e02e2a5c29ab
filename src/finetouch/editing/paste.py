"""Put a thing from a reference picture in the place of another one, or add it to the scene."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene
from finetouch.editing import EVERY_PRESET, _place
from finetouch.editing._destination import new_box
from finetouch.editing._place import Sprite
from finetouch.editing.fill import FEATHER, SEEN, not_to_copy, other_things, rim_px
from finetouch.errors import InputError, UsageError
from finetouch.imaging import inpaint, masks, matting
from finetouch.imaging.masks import Mask
from finetouch.registry import editor
from finetouch.types import Box, EditStep, Picture, Region

WORKING_SIDE = 320


class PasteParams(contracts.Params):
    """How the reference is cut out, placed and blended."""

    cutout: Literal["auto", "none"] = Field("auto", description="find the reference's subject, or take all of it")
    blend: Literal["auto", "alpha", "poisson"] = Field("auto", description="poisson hides seams of flat backgrounds")
    scale: float = Field(1.0, gt=0.02, le=20, description="factor on the size that fits the place")
    size: float = Field(0.35, gt=0, le=1, description="add: height as a share of the picture")
    flip: bool = Field(False, description="mirror the thing")
    harmony: float = Field(0.5, ge=0, le=1, description="how much its light follows the scene")
    mode: Literal["patchmatch", "fast"] = Field("patchmatch", description="how the old thing's place is filled")


@editor("paste", summary="puts the thing of a reference picture into the scene", ops=("replace", "add"),
        presets=EVERY_PRESET, packages=("patchmatch",), needs_reference=True, context=0.3, min_context=48,
        max_side=2400, feather=FEATHER)  # fmt: skip
class Paste(EditMethod):
    """Cuts the subject out of the reference, fits it to the place and matches its light."""

    Params = PasteParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """1: the engine sees to it that there is a reference."""
        return 1.0

    def __init__(self) -> None:
        self._known: tuple[Scene, Sprite, tuple[int, int, int, int]] | None = None

    def _plan(self, scene: Scene) -> tuple[Sprite, tuple[int, int, int, int]]:
        """The cut-out and its seat; both are dear, so they are made once for a scene."""
        if self._known is None or self._known[0] is not scene:
            sprite = reference_sprite(_reference(scene), scene.params)
            self._known = (scene, sprite, _seat(scene, sprite))
        return self._known[1], self._known[2]

    def area(self, scene: Scene) -> Region:
        """The place of the new thing and, for a replacement, that of the old one with its rim."""
        sprite, (x, y, width, height) = self._plan(scene)
        out = masks.grow(
            _place.placed_mask(scene.region.mask.shape, sprite.resized(width, height).alpha, x, y) , FEATHER + 1
        )  # fmt: skip
        if scene.step.op == "replace":
            out = np.maximum(out, _hole(scene))
        return scene.region.with_mask((out > 0.02).astype(np.float32))

    def prepare(self, scene: Scene) -> Mask | None:
        """Other things of the replaced kind, which must not be copied into its place."""
        return other_things(scene) if scene.step.op == "replace" else None

    def edit(self, request: EditRequest) -> EditOutput:
        """The crop with the new thing in it."""
        scene, params = request.scene, request.params
        sprite, (x, y, width, height) = self._plan(scene)
        request.report.check()
        pixels: Any = request.pixels
        facts: dict[str, Any] = {}
        if scene.step.op == "replace":
            hole = _in_crop(_hole(scene), request) > 0.02
            done = inpaint.fill_hole(
                pixels,
                hole,
                seed=int(request.rng.integers(2**31)),
                mode=params.mode,
                exclude=not_to_copy(request),
                report=request.report,
            )
            pixels, facts = done.pixels, {"fill": done.mode, "seam": done.seam}
        request.report.check()
        ox, oy = request.origin
        x, y = round((x - ox) * request.scale), round((y - oy) * request.scale)
        piece = sprite.resized(round(width * request.scale), round(height * request.scale))
        landing = _place.placed_mask(pixels.shape[:2], piece.alpha, x, y)
        piece = _place.harmonised(piece, _place.near_ring(pixels, landing), params.harmony)
        how = _blend(params.blend, piece)
        pixels = _poisson(pixels, piece, x, y) if how == "poisson" else _place.paste(pixels, piece, x, y)
        facts.update(blend=how, placed=[x, y, piece.alpha.shape[1], piece.alpha.shape[0]])
        return EditOutput(pixels=pixels, facts=facts)


def _reference(scene: Scene) -> Picture:
    if scene.reference is None:
        raise UsageError("A picture to take the new thing from is missing.", "Give one with --reference FILE.")
    return scene.reference


def _hole(scene: Scene) -> Mask:
    solid = (scene.region.mask > SEEN).astype(np.float32)
    rim = rim_px(solid) if scene.grow is None else scene.grow
    return masks.grow(solid, rim + (FEATHER if scene.feather is None else scene.feather))


def _in_crop(mask: Mask, request: EditRequest) -> Mask:
    h, w = request.target.shape
    x, y = request.origin
    part = mask[y : y + max(1, round(h / request.scale)), x : x + max(1, round(w / request.scale))]
    return masks.resize_mask(np.ascontiguousarray(part), (w, h))


def reference_sprite(reference: Picture, params: PasteParams) -> Sprite:
    """The reference's subject with its matte, trimmed: by its alpha if it has one, else found by its contrast.

    Raises:
        InputError: The reference shows no subject (fully transparent).
    """
    pixels, alpha = reference.pixels, reference.alpha
    matte: Mask
    if params.cutout == "none":
        matte = np.ones(pixels.shape[:2], dtype=np.float32)
    elif alpha is not None and alpha.min() < 250:
        matte = (alpha.astype(np.float32) / 255).astype(np.float32)
    else:
        subject = main_subject(pixels)
        matte = matting.matte(pixels, subject)
        pixels = matting.foreground(pixels, matte)
    box = masks.box_of((matte > 0.05).astype(np.float32))
    if box is None:
        raise InputError("The reference picture is fully transparent.", "Give a picture that shows the thing.")
    x0, y0, x1, y1 = box
    sprite = Sprite(np.ascontiguousarray(pixels[y0:y1, x0:x1]), np.ascontiguousarray(matte[y0:y1, x0:x1]))
    return sprite.flipped() if params.flip else sprite


def main_subject(pixels: Any) -> Mask:
    """The thing a photo is about: what differs from the border and sits in the middle (GrabCut); soft 0..1 mask."""
    h, w = pixels.shape[:2]
    if min(h, w) < 16:
        return np.ones((h, w), dtype=np.float32)
    scale = min(1.0, WORKING_SIDE / max(h, w))
    size = (max(16, round(w * scale)), max(16, round(h * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    m = max(2, round(0.03 * min(size)))
    border = np.concatenate([lab[:m].reshape(-1, 3), lab[:, :m].reshape(-1, 3), lab[:, -m:].reshape(-1, 3)])
    distance = _border_distance(lab, border)
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    centre = np.exp(-(((x / size[0] - 0.5) / 0.33) ** 2 + ((y / size[1] - 0.52) / 0.36) ** 2))
    score = distance * (0.35 + centre)
    marks = np.full(size[::-1], cv2.GC_PR_BGD, np.uint8)
    high, low = np.percentile(score, (72, 40))
    marks[score > high] = cv2.GC_PR_FGD
    marks[score <= low] = cv2.GC_PR_BGD
    marks[:m], marks[:, :m], marks[:, -m:] = cv2.GC_BGD, cv2.GC_BGD, cv2.GC_BGD
    if not (marks == cv2.GC_PR_FGD).any() or float(distance.max()) < 4:
        return np.ones((h, w), dtype=np.float32)
    cv2.setRNGSeed(7)
    cv2.grabCut(small, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    found = ((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)).astype(np.float32)
    found = masks.fill_holes(masks.drop_islands(found, 0.15), max_area=int(0.02 * found.size))
    if not 0.01 < float(found.mean()) < 0.97:
        return np.ones((h, w), dtype=np.float32)
    return masks.resize_mask(found, (w, h))


def _border_distance(lab: Any, border: Any) -> Any:
    """Lab distance of each pixel to the nearest of the border's main colours."""
    sample = border[:: max(1, len(border) // 1500)].astype(np.float32)
    k = min(6, len(sample))
    cv2.setRNGSeed(7)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, _, centres = cv2.kmeans(sample, k, None, criteria, 2, cv2.KMEANS_PP_CENTERS)
    away = np.min([np.linalg.norm(lab - c, axis=-1) for c in centres], axis=0)
    return cv2.GaussianBlur(away.astype(np.float32), (0, 0), 3)


def _seat(scene: Scene, sprite: Sprite) -> tuple[int, int, int, int]:
    """``(x, y, width, height)`` of the new thing in full-size px."""
    h, w = sprite.alpha.shape
    box = _place_box(scene, w / max(1, h))
    fit = min((box[2] - box[0]) / w, (box[3] - box[1]) / h) * scene.params.scale
    width, height = max(1, round(w * fit)), max(1, round(h * fit))
    x = round((box[0] + box[2]) / 2 - width / 2)
    return x, box[3] - height, width, height


def _place_box(scene: Scene, aspect: float) -> Box:
    region = scene.region
    given = masks.box_of(region.mask, masks.HARD)
    if scene.step.op == "replace":
        if given is None:
            raise InputError("There is nothing to replace: the selection is empty.")
        return given
    if scene.step.box is not None:
        x0, y0, x1, y1 = (round(v) for v in scene.step.box)
        return x0, y0, max(x0 + 1, x1), max(y0 + 1, y1)
    if given is not None and 0 < region.share < 0.98 and region.source in ("mask", "box", "points"):
        return given
    return new_box(scene, aspect, scene.params.size, given)


def _blend(wanted: str, piece: Sprite) -> str:
    """Poisson only where it helps: a rectangular piece that brings its own background."""
    if wanted != "auto":
        return wanted
    return "poisson" if float((piece.alpha > 0.98).mean()) > 0.97 and min(piece.alpha.shape) >= 8 else "alpha"


def _poisson(pixels: Any, piece: Sprite, x: int, y: int) -> Any:
    """Gradient-domain paste (Pérez et al., 2003); falls back to alpha where the piece leaves the picture."""
    h, w = piece.alpha.shape
    rows, cols = pixels.shape[:2]
    if x < 1 or y < 1 or x + w > cols - 1 or y + h > rows - 1 or min(h, w) < 5:
        return _place.paste(pixels, piece, x, y)
    mask = np.where(piece.alpha > masks.HARD, 255, 0).astype(np.uint8)
    mask[0], mask[-1], mask[:, 0], mask[:, -1] = 0, 0, 0, 0
    box = cv2.boundingRect(mask)
    if box[2] < 3 or box[3] < 3:
        return _place.paste(pixels, piece, x, y)
    centre = (x + box[0] + box[2] // 2, y + box[1] + box[3] // 2)
    return cv2.seamlessClone(piece.pixels, np.ascontiguousarray(pixels), mask, centre, cv2.NORMAL_CLONE)
