"""Adjust a thing or the whole picture: brightness, contrast, saturation, warmth, sharpness, blur, mosaic."""

from __future__ import annotations

import numpy as np

from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene
from finetouch.editing import EVERY_PRESET
from finetouch.editing._tone import TONE_NAMES, ToneParams, Whole, apply_tone, measure
from finetouch.imaging import color, matting
from finetouch.imaging.masks import HARD
from finetouch.registry import editor
from finetouch.types import EditStep, Pixels, Region

RIM = 3


def _asks_tone(step: EditStep) -> bool:
    return bool(step.params) and set(step.params) <= set(TONE_NAMES)


@editor("adjust", summary="brightness, contrast, saturation, warmth, sharpness, blur, mosaic of a thing",
        ops=("adjust",), presets=EVERY_PRESET, context=0.0, min_context=4 * RIM + 4, max_pixels=6_000_000)  # fmt: skip
class Adjust(EditMethod):
    """Changes the tone of a region; its edge is found in the picture."""

    Params = ToneParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """1 when only amounts are asked for; "open" or "smiling" needs a generator."""
        return 1.0 if _asks_tone(step) else 0.0

    def area(self, scene: Scene) -> Region:
        """The thing and a rim of 3 px in which its edge is found."""
        return scene.region.grow((scene.grow or 0) + RIM)

    def prepare(self, scene: Scene) -> Whole:
        """The thing as a whole: its size, its mean lightness, its blurred version."""
        return measure(scene.picture, scene.region, scene.params)

    def edit(self, request: EditRequest) -> EditOutput:
        """The adjusted crop."""
        target = request.target if request.scene.region.area else request.area
        alpha = matting.soft_edge(request.pixels, target, RIM)[..., None]
        request.report.check()
        changed = _changed(self, request)
        mixed = (request.pixels + alpha * (changed.astype(np.float32) - request.pixels) + 0.5).astype(np.uint8)
        return EditOutput(pixels=mixed, facts=_tone_facts(request, mixed))


@editor("tone", summary="brightness, contrast, saturation, warmth, sharpness, blur of the whole picture",
        ops=("global",), presets=EVERY_PRESET, needs_region=False, context=0.0, min_context=24,
        max_pixels=6_000_000)  # fmt: skip
class Tone(EditMethod):
    """Changes the tone of the whole picture."""

    Params = ToneParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """1 when only amounts are asked for."""
        return 1.0 if _asks_tone(step) else 0.0

    def prepare(self, scene: Scene) -> Whole:
        """The picture as a whole: its size, its mean lightness, its blurred version."""
        return measure(scene.picture, scene.region, scene.params)

    def edit(self, request: EditRequest) -> EditOutput:
        """The adjusted picture."""
        changed = _changed(self, request)
        return EditOutput(pixels=changed, facts=_tone_facts(request, changed))


def _changed(method: EditMethod, request: EditRequest) -> Pixels:
    whole = request.prepared if request.prepared is not None else method.prepare(request.scene)
    return apply_tone(request.pixels, request.params, whole, request.origin, request.scale)


def _tone_facts(request: EditRequest, pixels: Pixels) -> dict[str, float]:
    on = request.area > HARD
    if not on.any():
        return {}
    step = max(1, int(on.sum()) // 5000)
    one, two = (color.srgb_to_lab(p[on][::step][None])[0] for p in (request.pixels, pixels))
    return {
        "lightness_before": round(float(one[:, 0].mean()), 1), "lightness_after": round(float(two[:, 0].mean()), 1),
    }  # fmt: skip
