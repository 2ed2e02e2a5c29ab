"""Adjust a thing or the whole picture: brightness, contrast, saturation, warmth, sharpness, blur, mosaic."""

from __future__ import annotations

from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene
from finetouch.edit._tone import TONE_NAMES, ToneParams, apply_tone
from finetouch.imaging import color, matting
from finetouch.imaging.masks import HARD
from finetouch.registry import editor
from finetouch.types import EditStep, Region

RIM = 3


def _asks_tone(step: EditStep) -> bool:
    return bool(step.params) and set(step.params) <= set(TONE_NAMES)


@editor("adjust", summary="brightness, contrast, saturation, warmth, sharpness, blur, mosaic of a thing",
        ops=("adjust",), presets=("embedded",), context=0.1)  # fmt: skip
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

    def edit(self, request: EditRequest) -> EditOutput:
        """The adjusted crop."""
        target = request.target if (request.target > HARD).any() else request.area
        box = request.scene.region.box
        size = max(4.0, request.scale * min(box[2] - box[0], box[3] - box[1])) if box else 4.0
        alpha = matting.soft_edge(request.pixels, target, RIM)[..., None]
        request.report.check()
        changed = apply_tone(request.pixels, request.params, target, size)
        mixed = (request.pixels + alpha * (changed.astype("float32") - request.pixels) + 0.5).astype("uint8")
        return EditOutput(pixels=mixed, facts=_tone_facts(request, mixed))


@editor("tone", summary="brightness, contrast, saturation, warmth, sharpness, blur of the whole picture",
        ops=("global",), presets=("embedded",), needs_region=False)  # fmt: skip
class Tone(EditMethod):
    """Changes the tone of the whole picture."""

    Params = ToneParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """1 when only amounts are asked for."""
        return 1.0 if _asks_tone(step) else 0.0

    def edit(self, request: EditRequest) -> EditOutput:
        """The adjusted picture."""
        size = float(min(request.pixels.shape[:2]))
        changed = apply_tone(request.pixels, request.params, request.area, size)
        return EditOutput(pixels=changed, facts=_tone_facts(request, changed))


def _tone_facts(request: EditRequest, pixels: object) -> dict[str, object]:
    import numpy as np

    on = request.area > HARD
    if not on.any():
        return {}
    before, after = request.pixels[on][:: max(1, int(on.sum()) // 5000)], np.asarray(pixels)[on]
    after = after[:: max(1, int(on.sum()) // 5000)]
    one, two = color.srgb_to_lab(before[None])[0], color.srgb_to_lab(after[None])[0]
    return {
        "lightness_before": round(float(one[:, 0].mean()), 1), "lightness_after": round(float(two[:, 0].mean()), 1),
    }  # fmt: skip
