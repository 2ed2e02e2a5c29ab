"""Give a thing another colour and keep its shading, texture and highlights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene
from finetouch.editing import EVERY_PRESET
from finetouch.errors import UsageError
from finetouch.imaging import color, matting
from finetouch.imaging.masks import HARD, Mask
from finetouch.plan.tokens import singular
from finetouch.registry import editor
from finetouch.types import EditStep, Region

RIM = 3
OVERVIEW = 1_000_000

# A bare colour word leaves lightness some freedom: "blue" may be a dark or a bright blue. (low, high) in L.
FREEDOM = {"black": (0.0, 9.0), "white": (-8.0, 0.0), "gray": (-14.0, 14.0)}
ANY_FREEDOM = (-12.0, 5.0)

# Of these the paint is meant, even where metal, rubber and glass are most of what is seen.
PAINTED = frozenset({
    "bicycle", "bike", "boat", "bus", "cab", "car", "helicopter", "jeep", "locomotive", "lorry", "moped", "motorbike",
    "motorcycle", "pickup", "scooter", "suv", "taxi", "tractor", "train", "tram", "tricycle", "truck", "van", "vehicle",
})  # fmt: skip
VIVID = 30.0  # chroma
PAINT_SHARE = 0.10


@dataclass(frozen=True)
class Wanted:
    """The colour to reach in Lab, and how far its lightness may differ (L below, L above)."""

    lab: tuple[float, float, float]
    freedom: tuple[float, float]


@dataclass(frozen=True)
class Look:
    """What holds for all of the thing: its main colour, the wanted one, the curve of L, whether parts are spared."""

    base: color.RGB
    wanted: Wanted | None
    aim: float
    table: NDArray[np.float32]
    whole: bool
    share: float
    machine: bool
    paint: bool


@editor("recolor", summary="another colour; shading, texture and highlights stay", ops=("recolor",),
        presets=EVERY_PRESET, context=0.0, min_context=4 * RIM + 4, max_pixels=6_000_000)  # fmt: skip
class Recolor(EditMethod):
    """Moves a region's lightness and chroma to a wanted colour in Lab."""

    class Params(contracts.Params):
        """What `recolor` understands besides the colour words of the step."""

        lightness: float = Field(0.0, ge=-1, le=1, description="darker (-1) .. lighter (1)")
        saturation: float = Field(0.0, ge=-1, le=1, description="paler (-1) .. more vivid (1)")
        like: str | None = Field(None, description="phrase of another thing whose colour to take")
        color: str | None = Field(None, description="colour words or #rrggbb; default: the step's colour")
        amount: float = Field(1.0, ge=0, le=1, description='share of the way to the colour, for "a bit bluer"')
        everything: bool = Field(False, description="also recolour parts that have another colour than most of it")

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """1 when a colour, a tone or a model for the colour is given."""
        words = step.color or step.params.get("color") or step.result
        known = color.named_color(words) is not None or _drained(step)
        return 1.0 if known or {"lightness", "saturation", "like"} & set(step.params) else 0.0

    def area(self, scene: Scene) -> Region:
        """The thing and a rim of 3 px in which its edge is found."""
        return scene.region.grow((scene.grow or 0) + RIM)

    def prepare(self, scene: Scene) -> Look:
        """Colour statistics of the thing, measured on at most about a megapixel of it."""
        pixels, target = _overview(scene)
        wanted = _wanted(scene)
        everything = scene.params.everything or wanted is None
        base = color.dominant_color(pixels, target)
        machine = not everything and _is_machine(scene)
        paint = _paint(pixels, target, base) if machine else None
        base = paint or base
        base_lab = color.lab_of(base)
        lab = color.srgb_to_lab(pixels)
        weight = _material(lab, base_lab, everything, machine)
        on = target > HARD
        share = float(weight[on].mean()) if on.any() else 1.0
        whole = everything or (paint is None and share < 0.4)
        aim, table = 0.0, np.zeros(0, np.float32)
        if wanted is not None:
            aim = float(np.clip(base_lab[0], wanted.lab[0] + wanted.freedom[0], wanted.lab[0] + wanted.freedom[1]))
            table = _curve(lab[..., 0][on & (whole | (weight > HARD))], base_lab[0], aim)
        return Look(base, wanted, aim, table, whole, 1.0 if whole else share, machine, paint is not None)

    def edit(self, request: EditRequest) -> EditOutput:
        """The recoloured crop, with the colour measured before and after."""
        look: Look = request.prepared if request.prepared is not None else self.prepare(request.scene)
        target = request.target if request.scene.region.area else request.area
        wanted, before, share = look.wanted, look.base, look.share
        alpha = matting.soft_edge(request.pixels, target, RIM)
        request.report.check()
        lab = color.srgb_to_lab(request.pixels)
        weight = _material(lab, color.lab_of(before), look.whole, look.machine)
        changed = lab if wanted is None else _to_color(lab, color.lab_of(before), look)
        request.report.check()
        saturation = -1.0 if _drained(request.step) else request.params.saturation
        changed = _toned(changed, request.params.lightness, saturation)
        amount = request.params.amount
        mix = amount * (alpha * weight)[..., None]
        pixels = color.lab_to_srgb(_in_gamut(lab + mix * (changed - lab)))
        pixels = np.where(mix > 0, pixels, request.pixels)
        request.report.check()
        after = color.dominant_color(pixels, (target > HARD) & (weight > HARD))
        facts: dict[str, Any] = {
            "color_before": color.hex_of(before), "color_after": color.hex_of(after),
            "term_before": color.basic_term(before), "term_after": color.basic_term(after),
            "recolored_share": round(share, 3),
        }  # fmt: skip
        if look.paint:
            facts["part"] = "paint"
        if wanted is not None:
            facts["color_wanted"] = color.hex_of(color.rgb_of(wanted.lab))
            if amount < 1:
                facts["amount"] = amount
            facts["delta_e"] = round(color.delta_e(color.lab_of(after), wanted.lab), 1)
        return EditOutput(pixels=np.asarray(pixels, dtype=np.uint8), facts=facts)


def _drained(step: EditStep) -> bool:
    """True for "make everything but the bird black and white": the colour is taken out, shading stays."""
    words = " ".join(filter(None, (step.color, step.result))).lower()
    return any(
        w in words for w in ("black and white", "black-and-white", "b&w", "grayscale", "greyscale", "monochrome")
    )


def _is_machine(scene: Scene) -> bool:
    words = f"{scene.step.target or ''} {scene.region.label}".lower().split()
    return any(singular(word) in PAINTED for word in words)


def _paint(pixels: NDArray[np.uint8], target: Mask, base: color.RGB) -> color.RGB | None:
    """The paint of a machine that is mostly metal, rubber and glass; None when its main colour is the paint.

    Vivid pixels have to be a tenth of it and of one hue: a silver car has tail lights, a black bus has posters.
    """
    if np.hypot(*color.lab_of(base)[1:]) >= 14 or color.basic_term(base) == "white":
        return None
    lab = color.srgb_to_lab(pixels)
    vivid = (np.hypot(lab[..., 1], lab[..., 2]) > VIVID) & (target > HARD)
    if vivid.sum() < PAINT_SHARE * (target > HARD).sum():
        return None
    found = color.dominant_color(pixels, vivid)
    angle = np.arctan2(lab[..., 2], lab[..., 1])[vivid] - np.arctan2(*color.lab_of(found)[:0:-1])
    return found if (np.cos(angle) > 0.8).mean() > 0.8 else None


def _overview(scene: Scene) -> tuple[NDArray[np.uint8], Mask]:
    """The thing's box and mask, at most about a megapixel (every n-th pixel, so that no colours are mixed)."""
    region = scene.region
    x0, y0, x1, y1 = region.box or (0, 0, 1, 1)
    step = max(1, int(np.ceil(np.sqrt((x1 - x0) * (y1 - y0) / OVERVIEW))))
    window = (slice(y0, y1, step), slice(x0, x1, step))
    target = np.ascontiguousarray(region.mask[window])
    if not (target > HARD).any():
        target = np.ones_like(target)
    return np.ascontiguousarray(scene.picture.pixels[window]), target


def _wanted(scene: Scene) -> Wanted | None:
    params, step = scene.params, scene.step
    if params.like:
        if scene.select is None:
            raise UsageError(f"Cannot look for '{params.like}' here.", "Name the colour itself.")
        model = scene.select(params.like)
        rgb = color.dominant_color(scene.picture.pixels, model.mask)
        return Wanted(color.lab_of(rgb), (-3.0, 3.0))
    if _drained(step):
        return None
    words = params.color or step.color
    if words is None and not (params.lightness or params.saturation):
        words = step.result
    if not words:
        return None
    named = color.named_color(words)
    if named is None:
        raise UsageError(f"'{words}' is not a colour I know.", "Use a name such as 'dark green' or a code as #2a7f62.")
    plain = words.strip().lower().replace("grey", "gray")
    exact = plain.startswith("#") or plain not in color.BASIC
    freedom = (-4.0, 4.0) if exact else FREEDOM.get(plain, ANY_FREEDOM)
    return Wanted(color.lab_of(named), freedom)


def _smooth(values: Any, low: float, high: float) -> NDArray[np.float32]:
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def _material(lab: color.Lab, base: tuple[float, float, float], everything: bool, machine: bool) -> Mask:
    """Which pixels are made of the stuff that has the main colour, 0..1.

    White stripes on a red jacket, the tail lights of a white car or the face of a person stay as they are.
    """
    if everything:
        return np.ones(lab.shape[:2], dtype=np.float32)
    lightness, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    chroma, own = np.hypot(a, b), float(np.hypot(base[1], base[2]))
    if own < 14:
        weight = 1 - _smooth(np.hypot(a - base[1], b - base[2]), 16, 30)
        if machine:  # dark glass and tyres
            weight *= _smooth(lightness, 0.35 * base[0], 0.6 * base[0])
    else:
        along = (a * base[1] + b * base[2]) / (own * own)
        angle = np.degrees(np.arccos(np.clip((a * base[1] + b * base[2]) / (own * chroma + 1e-3), -1, 1)))
        other_hue = _smooth(angle, 35, 60) * _smooth(chroma, 8, 16)
        weight = _smooth(along, 0.12, 0.36) * (1 - other_hue)
        # In deep shade the colour is lost although the stuff is the same; a machine has black parts instead.
        if not machine:
            weight = np.maximum(weight, (1 - _smooth(lightness, 0.25 * base[0], 0.5 * base[0])) * (1 - other_hue))
    return weight


def _curve(lightness: NDArray[np.float32], base: float, aim: float) -> NDArray[np.float32]:
    """Look-up table of 1001 steps that takes L = `base` to `aim`, with the spread of shadows and lights kept."""
    low, high = (float(v) for v in np.percentile(lightness, (2, 98))) if lightness.size else (base, base)
    low, high = min(low, base - 1.0), max(high, base + 1.0)
    down = min(base - low, 0.85 * aim, 12 + 0.55 * aim)
    up = min(high - base, 0.9 * (100 - aim), 10 + 0.5 * (100 - aim), 6 + _lit(base, high, aim))
    down = max(down, 0.4 * (base - low) * min(1.0, aim / max(base, 1.0)))
    xs = [0.0, max(low, 0.5), base, min(high, 99.5), 100.0]
    ys = [0.0, max(aim - down, 0.0), aim, min(aim + up, 100.0), max(min(aim + up, 100.0), 100.0 if base < 97 else aim)]
    grid = np.linspace(0, 100, 1001)
    table = np.interp(grid, *_rising(xs, ys))
    kernel = np.ones(61) / 61
    padded = np.pad(table, 30, mode="reflect", reflect_type="odd")
    return np.asarray(np.convolve(padded, kernel, mode="valid"), dtype=np.float32)


def _lit(base: float, high: float, aim: float) -> float:
    """How much lighter than `aim` a matt thing gets under the light that takes `base` to `high`.

    Light multiplies luminance, which goes with the cube of L: the same light adds fewer steps to a dark colour.
    """
    return float(aim * (high / max(base, 1.0)) - aim)


def _rising(xs: list[float], ys: list[float]) -> tuple[list[float], list[float]]:
    kept_x, kept_y = [xs[0]], [ys[0]]
    for x, y in zip(xs[1:], ys[1:], strict=True):
        if x > kept_x[-1] + 0.2:
            kept_x.append(x)
            kept_y.append(max(y, kept_y[-1]))
    return kept_x, kept_y


def _to_color(lab: color.Lab, base: tuple[float, float, float], look: Look) -> color.Lab:
    assert look.wanted is not None
    wanted, aim = look.wanted, look.aim
    lightness = lab[..., 0]
    new = np.interp(lightness, np.linspace(0, 100, 1001), look.table).astype(np.float32)
    # Chroma follows the light: less in shadow, none in glare.
    dark = np.clip(new / max(aim, 1.0), 0, 1) ** (1.2 if np.hypot(base[1], base[2]) < 14 else 0.75)
    glare = 1 - np.clip((new - aim) / max(100.0 - aim, 1.0), 0, 1) ** 1.4
    full = dark * glare
    own = float(np.hypot(base[1], base[2]))
    out = np.empty_like(lab)
    out[..., 0] = new
    keep = 0.35 if own < 14 else 0.5
    for channel in (1, 2):
        detail = lab[..., channel] - base[channel] * np.clip(lightness / max(base[0], 1.0), 0, 1.2)
        out[..., channel] = wanted.lab[channel] * full + keep * np.clip(detail, -12, 12) * _detail(wanted)
    return out


def _detail(wanted: Wanted) -> float:
    """How much of the old colour variation stays; next to none on black, white and gray."""
    return 0.15 if np.hypot(wanted.lab[1], wanted.lab[2]) < 8 else 0.6


def _toned(lab: color.Lab, lightness: float, saturation: float) -> color.Lab:
    """Lighter or darker by a curve that keeps black and white, more or less chroma at the same hue."""
    if lightness == 0 and saturation == 0:
        return lab
    out = lab.copy()
    if lightness:
        unit = np.clip(lab[..., 0] / 100, 0, 1)
        strength = 1 + 1.8 * abs(lightness)
        out[..., 0] = 100 * (1 - (1 - unit) ** strength if lightness > 0 else unit**strength)
        out[..., 1:] *= np.float32(1 - 0.25 * abs(lightness))
    if saturation:
        out[..., 1:] *= np.float32(1 + 1.2 * saturation if saturation > 0 else 1 + saturation)
    return out


def _in_gamut(lab: color.Lab) -> color.Lab:
    """Chroma pulled in where sRGB has no such colour, so that clipping does not change the hue."""
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
    over = np.maximum(rgb.max(axis=-1) - 1, -rgb.min(axis=-1))
    if not (over > 0.002).any():
        return lab
    out = lab.copy()
    for _ in range(3):
        factor = np.where(over > 0.002, 1 - np.clip(over * 0.5, 0.02, 0.4), 1.0).astype(np.float32)
        out[..., 1:] *= factor[..., None]
        rgb = cv2.cvtColor(out, cv2.COLOR_LAB2RGB)
        over = np.maximum(rgb.max(axis=-1) - 1, -rgb.min(axis=-1))
    return out
