"""Remove a thing: its place is filled with what surrounds it."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene
from finetouch.editing import EVERY_PRESET
from finetouch.errors import InputError
from finetouch.imaging import inpaint, masks
from finetouch.imaging.masks import Mask
from finetouch.registry import editor
from finetouch.types import Pixels, Region

SEEN = 0.08
DOUBT = 0.6
"""Others of the kind count when they are found with at least this share of the thing's own score."""
FEATHER = 3.0
PEOPLE = {
    "person", "people", "man", "men", "woman", "women", "boy", "girl", "guy", "lady", "child", "kid", "kids",
    "children", "player", "skier", "rider", "surfer",
}  # fmt: skip


def rim_px(mask: Mask) -> int:
    """How far a removal reaches beyond the thing by default: 1.8 % of its size, 4..16 px, so that no rim stays."""
    size = float(np.sqrt(max(1.0, float((mask > masks.HARD).sum()))))
    return int(np.clip(round(0.018 * size), 4, 16))


@editor("fill", summary="removes a thing by PatchMatch", ops=("remove",), presets=EVERY_PRESET,
        packages=("patchmatch",), context=0.6, min_context=48, max_side=2400, feather=FEATHER)  # fmt: skip
class Fill(EditMethod):
    """Copies texture from around the thing into its place (Barnes et al., PatchMatch, 2009)."""

    class Params(contracts.Params):
        """How to fill."""

        mode: Literal["patchmatch", "fast"] = Field(
            "patchmatch", description="'fast' is OpenCV's Telea: quick, but it smears"
        )
        shadow: bool = Field(True, description="take the contact shadow away as well")
        patch: int = Field(4, ge=1, le=15, description="radius of the compared patches, px")

    def __init__(self) -> None:
        self._others: tuple[Scene, Mask | None] | None = None

    def _rest(self, scene: Scene) -> Mask | None:
        if self._others is None or self._others[0] is not scene:
            self._others = (scene, other_things(scene))
        return self._others[1]

    def area(self, scene: Scene) -> Region:
        """The thing, a rim so that none of it stays, and its contact shadow."""
        mask = scene.region.mask
        box = masks.box_of(mask, SEEN)
        if box is None:
            return scene.region.with_mask(np.zeros_like(mask))
        near = masks.window_of(mask, max(box[2] - box[0], box[3] - box[1]) // 2 + 64 + round(abs(scene.grow or 0)))
        assert near is not None
        out = np.zeros_like(mask)
        out[near] = self._grown(scene, near)
        return scene.region.with_mask(out)

    def _grown(self, scene: Scene, near: tuple[slice, slice]) -> Mask:
        solid = (scene.region.mask[near] > SEEN).astype(np.float32)
        rim = rim_px(solid) if scene.grow is None else scene.grow
        feather = FEATHER if scene.feather is None else scene.feather
        grown = masks.grow(solid, rim + feather)
        if scene.params.shadow and scene.grow is None:
            grown = np.maximum(grown, contact_shadow(scene.picture.pixels[near], solid))
        rest = self._rest(scene)
        if rest is not None:
            # The rim must not eat into a neighbour.
            grown = np.where((rest[near] > masks.HARD) & (solid <= 0), 0, grown)
        return np.asarray(grown, np.float32)

    def prepare(self, scene: Scene) -> Mask | None:
        """Other things of the same kind, which must not be copied into the hole."""
        return self._rest(scene)

    def edit(self, request: EditRequest) -> EditOutput:
        """The crop with the hole filled, and how well the seam is hidden."""
        seed = int(request.rng.integers(2**31))
        done = inpaint.fill_hole(
            request.pixels, request.area > 0, seed=seed, mode=request.params.mode, patch=request.params.patch,
            exclude=not_to_copy(request), report=request.report,
        )  # fmt: skip
        facts: dict[str, Any] = {"fill": done.mode, "seam": done.seam, "seam_repaired": done.repaired}
        notes: tuple[str, ...] = ()
        if done.seam > 1.8:
            notes = ("The edge of the filled place may show.",)
        return EditOutput(pixels=done.pixels, notes=notes, facts=facts)


def other_things(scene: Scene) -> Mask | None:
    """Everything else in the picture of the kind that is taken away: a removed man must not come back as his neighbour.

    Returns:
        ``(H, W) float32`` or None when there is none, or nobody to ask.
    """
    noun = (scene.step.target or "").lower().split()[-1:]
    if scene.select is None or not noun:
        return None
    try:
        found = scene.select("all people" if noun[0] in PEOPLE else f"all {scene.step.target}")
    except InputError:
        return None
    if found.score < DOUBT * scene.region.score:
        return None  # a guess: it would keep the removal from its own rim
    rest = np.clip(found.mask - masks.grow(scene.region.mask, 2), 0, 1).astype(np.float32)
    return rest if (rest > masks.HARD).any() else None


def not_to_copy(request: EditRequest) -> NDArray[np.bool_] | None:
    """What `other_things` found, in the crop; None when little else would be left to copy from."""
    rest = request.prepared
    if rest is None:
        return None
    h, w = request.target.shape
    x, y = request.origin
    part = rest[y : y + max(1, round(h / request.scale)), x : x + max(1, round(w / request.scale))]
    barred = masks.grow(masks.resize_mask(np.ascontiguousarray(part), (w, h)), 3) > masks.HARD
    barred &= request.area <= 0
    free = ~barred & (request.area <= 0)
    return barred if barred.any() and free.mean() > 0.2 else None


def contact_shadow(pixels: Pixels, solid: Mask) -> Mask:
    """The dark place that a thing throws on the ground it stands on, grown by 2 px; empty when there is none.

    Conservative: it must touch the lower half of the thing, be clearly darker than the ground a little further away
    at nearly the same hue, and be no larger than 40 % of the thing.
    """
    empty = np.zeros_like(solid)
    box = masks.box_of(solid)
    if box is None:
        return empty
    x0, y0, x1, y1 = box
    w, h = x1 - x0, y1 - y0
    if min(w, h) < 12:
        return empty
    reach = int(np.clip(0.5 * max(w, h), 8, 300))
    top = y0 + int(0.6 * h)
    rows, cols = slice(top, min(solid.shape[0], y1 + reach // 2)), slice(max(0, x0 - reach), x1 + reach)
    part, thing = pixels[rows, cols], solid[rows, cols] > masks.HARD
    if part.size == 0 or min(part.shape[:2]) < 8:
        return empty
    lab = cv2.GaussianBlur(cv2.cvtColor(part.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), (0, 0), 1.5)
    near = cv2.dilate(thing.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
    ground = near & ~thing
    if ground.sum() < 50:
        return empty
    # The ground's own lightness: the bright half of the surroundings, row by row smoothed.
    level = float(np.percentile(lab[..., 0][ground], 65))
    lit = ground & (lab[..., 0] > level - 6)
    if not lit.any():
        return empty
    tone = np.median(lab[lit], axis=0)
    darker = (lab[..., 0] < 0.72 * level) & (lab[..., 0] > 2)
    same = np.hypot(lab[..., 1] - tone[1] * 0.7, lab[..., 2] - tone[2] * 0.7) < 12
    dark = (ground & darker & same).astype(np.uint8)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    spread = float(lab[..., 0][lit].std())
    if spread > 9 or dark.sum() > 0.45 * ground.sum():
        return empty
    touching = cv2.dilate(thing.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    keep = np.zeros(dark.shape, dtype=np.float32)
    budget = 0.4 * float((solid > masks.HARD).sum())
    for i in range(1, count):
        blob = labels == i
        if not 12 <= stats[i, cv2.CC_STAT_AREA] <= budget or not (blob & touching).any():
            continue
        # A shadow ends in the neighbourhood; a dark floor or wall runs on to its border.
        edge = blob[0].sum() + blob[-1].sum() + blob[:, 0].sum() + blob[:, -1].sum()
        if edge <= 0.15 * np.sqrt(stats[i, cv2.CC_STAT_AREA]) + 2:
            keep[blob] = 1
    if not keep.any():
        return empty
    empty[rows, cols] = masks.grow(keep, 4)
    return empty
