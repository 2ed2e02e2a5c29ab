"""Draw a picture or a thing in another style: sepia, black and white, sketch, cartoon, oil, watercolour and more."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene
from finetouch.editing import EVERY_PRESET, _styles
from finetouch.errors import UsageError
from finetouch.imaging import matting
from finetouch.imaging.masks import HARD
from finetouch.registry import editor
from finetouch.types import EditStep, Region

Style = Callable[[_styles.Pixels, float, np.random.Generator], _styles.Pixels]

STYLES: dict[str, Style] = {
    "sepia": _styles.sepia, "black_and_white": _styles.black_and_white, "sketch": _styles.sketch,
    "color_sketch": _styles.color_sketch, "cartoon": _styles.cartoon, "oil_painting": _styles.oil,
    "watercolor": _styles.watercolor, "pop_art": _styles.pop_art, "poster": _styles.poster,
    "vintage": _styles.vintage, "negative": _styles.negative, "emboss": _styles.emboss,
    "charcoal": _styles.charcoal, "pointillism": _styles.pointillism, "duotone": _styles.duotone,
    "cinematic": _styles.cinematic, "halftone": _styles.halftone, "mosaic": _styles.mosaic,
}  # fmt: skip

_OTHER_WORDS = {
    "pencil_sketch": "sketch", "pencil": "sketch", "drawing": "sketch", "pencil_drawing": "sketch",
    "line_drawing": "sketch", "line_art": "sketch", "coloured_sketch": "color_sketch", "colored_sketch": "color_sketch",
    "colored_pencil": "color_sketch", "coloured_pencil": "color_sketch", "crayon": "color_sketch",
    "comic": "cartoon", "comic_book": "cartoon", "anime": "cartoon", "toon": "cartoon", "oil": "oil_painting",
    "painting": "oil_painting", "painted": "oil_painting", "oil_paint": "oil_painting", "acrylic": "oil_painting",
    "impressionist": "oil_painting", "impressionism": "oil_painting", "watercolour": "watercolor",
    "aquarelle": "watercolor",
    "watercolor_painting": "watercolor", "watercolour_painting": "watercolor", "pop": "pop_art", "popart": "pop_art",
    "warhol": "pop_art", "posterize": "poster", "posterized": "poster", "retro": "vintage", "old": "vintage",
    "old_photo": "vintage", "faded": "vintage", "polaroid": "vintage", "inverted": "negative", "invert": "negative",
    "embossed": "emboss", "relief": "emboss", "bw": "black_and_white", "b_w": "black_and_white",
    "monochrome": "black_and_white", "greyscale": "black_and_white", "grayscale": "black_and_white",
    "grey": "black_and_white", "gray": "black_and_white", "noir": "black_and_white", "film_noir": "black_and_white",
    "coal": "charcoal", "pointillist": "pointillism", "movie": "cinematic", "film": "cinematic",
    "teal_and_orange": "cinematic", "newspaper": "halftone", "print": "halftone", "tiles": "mosaic",
}  # fmt: skip

_NOISE = {"a", "an", "the", "style", "of", "like", "effect", "look", "photo", "picture", "image", "filter", "in"}


def style_name(words: str | None) -> str | None:
    """The style a phrase means ("an oil painting", "B&W", "comic book style"), or None when it is not known."""
    if not words:
        return None
    raw = words.lower().replace("&", "_").replace("-", "_").replace(" ", "_").replace("/", "_")
    pieces = [p for p in raw.split("_") if p]
    for kept in (pieces, [p for p in pieces if p not in _NOISE]):
        name = "_".join(kept)
        if name in STYLES:
            return name
        if name in _OTHER_WORDS:
            return _OTHER_WORDS[name]
    return None


class RestyleParams(contracts.Params):
    """Which style and how much of it."""

    style: str | None = Field(None, description="; ".join(STYLES))
    strength: float = Field(1.0, ge=0, le=1, description="0 keeps the photo, 1 is the full style")


@editor("restyle", summary="sepia, black and white, sketch, cartoon, oil, watercolour and more",
        ops=("restyle", "adjust"), presets=EVERY_PRESET, context=0.05, max_side=3000)  # fmt: skip
class Restyle(EditMethod):
    """Draws the region (or all of the picture) in a classic style."""

    Params = RestyleParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """1 for the styles it can draw, 0 for others ("van Gogh") and for changes that are no style."""
        said = step.params.get("style") or (step.result if step.op == "restyle" else None)
        return 1.0 if style_name(said) else 0.0

    def area(self, scene: Scene) -> Region:
        """The region; for a part of the picture with a rim of 2 px in which the edge is found."""
        return scene.region.grow((scene.grow or 0) + 2)

    def edit(self, request: EditRequest) -> EditOutput:
        """The crop in the style."""
        name = style_name(request.params.style or request.step.result)
        if name is None:
            raise UsageError("This style cannot be drawn without a generator.", f"Known: {', '.join(STYLES)}.")
        height, width = request.scene.picture.pixels.shape[:2]
        size = max(8.0, request.scale * float(np.sqrt(height * width)))
        request.report.check()
        drawn = STYLES[name](request.pixels, size, request.rng)
        request.report.check()
        target = request.target if (request.target > HARD).any() else request.area
        alpha = target if target.min() >= 1 else matting.soft_edge(request.pixels, target, 2)
        alpha = (alpha * request.params.strength)[..., None]
        mixed = request.pixels + alpha * (drawn.astype(np.float32) - request.pixels)
        return EditOutput(pixels=np.clip(mixed + 0.5, 0, 255).astype(np.uint8), facts={"style": name})
