"""Change what is behind the subject: lens blur, plain colour, gradient, another picture, transparency, grey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene
from finetouch.editing import EVERY_PRESET
from finetouch.errors import UsageError
from finetouch.imaging import color, masks, matting
from finetouch.imaging.masks import HARD, Mask
from finetouch.registry import editor
from finetouch.types import EditStep, Region

Pixels = NDArray[np.uint8]
Kind = Literal["blur", "color", "gradient", "picture", "transparent", "grey"]
WORKING_SIDE = 1600
NOUNS = ("background", "backdrop", "surroundings")


class BackgroundParams(contracts.Params):
    """What the background becomes."""

    kind: Kind | None = Field(None, description="default: blur, or color when a colour is given, or picture")
    blur: float = Field(0.35, ge=0, le=1, description="strength of the lens blur")
    highlights: float = Field(0.5, ge=0, le=1, description="how much bright spots bloom in the blur")
    color: str | None = Field(None, description="colour words or #rrggbb")
    color2: str | None = Field(None, description="colour at the bottom of a gradient")
    hair: bool = Field(True, description="solve for hair and fur at the subject's edge")
    exact: bool = Field(False, description="closed-form matte by pymatting: slower, a minute on first use")


@dataclass(frozen=True)
class Backdrop:
    """What holds for all crops of a picture: matte and blurred background at `scale` of the picture's size."""

    alpha: Mask
    blurred: Pixels | None
    scale: float


def _small_scale(scene: Scene) -> float:
    return min(1.0, WORKING_SIDE / max(scene.picture.size))


def _chosen(scene: Scene) -> Kind:
    return _kind(scene.step) or ("picture" if scene.reference is not None else "blur")


def _kind(step: EditStep) -> Kind | None:
    kind = step.params.get("kind")
    if kind:
        return kind  # type: ignore[no-any-return]
    if "color2" in step.params:
        return "gradient"
    if color.named_color(step.params.get("color") or step.color or step.result):
        return "color"
    if "blur" in step.params:
        return "blur"
    return None


@editor("background", summary="lens blur, colour, gradient, picture, transparent or grey behind the subject",
        ops=("background", "adjust"), presets=EVERY_PRESET, context=0.0, min_context=40,
        max_pixels=6_000_000)  # fmt: skip
class Background(EditMethod):
    """Separates the subject with an alpha matte and makes a new background behind it."""

    Params = BackgroundParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """2 for "blur the background", 1 for the kinds it knows, 0 for a described scene ("beach")."""
        known = set(step.params) <= set(BackgroundParams.model_fields)
        if step.op == "adjust":
            behind = (step.target or "").lower() in NOUNS
            return 2.0 if behind and known and "blur" in step.params else 0.0
        # "picture" is only possible with --reference; edit() says so when it is missing.
        return 1.0 if known and _kind(step) is not None else 0.0

    def area(self, scene: Scene) -> Region:
        """The background and the soft rim of the subject."""
        subject = (1 - scene.region.mask).astype(np.float32)
        reach = _reach(subject, scene.params.hair) / _small_scale(scene) + 1 + (scene.grow or 0)
        return scene.region.with_mask(_widened(scene.region.mask, reach))

    def prepare(self, scene: Scene) -> Backdrop:
        """The subject's matte and the blurred background, both at most 1600 px wide."""
        scale = _small_scale(scene)
        pixels, subject = scene.picture.pixels, (1 - scene.region.mask).astype(np.float32)
        if scale < 1:
            size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], 3)
            subject = masks.resize_mask(subject, size)
        alpha = subject_alpha(pixels, subject, scene.params.hair, scene.params.exact)
        blurred = None
        if _chosen(scene) == "blur":
            blurred = lens_blur(pixels, subject, scene.params.blur, scene.params.highlights)
        return Backdrop(alpha, blurred, scale)

    def edit(self, request: EditRequest) -> EditOutput:
        """The crop with its new background."""
        kind = _chosen(request.scene)
        backdrop: Backdrop = request.prepared if request.prepared is not None else self.prepare(request.scene)
        alpha = _full_alpha(backdrop, request)
        request.report.check()
        if kind == "transparent":
            return self._transparent(request, alpha)
        behind = _behind(kind, request, backdrop)
        request.report.check()
        front = request.pixels
        if kind not in ("blur", "grey") and (alpha > 0).any():
            front = matting.foreground(request.pixels, alpha)
        a = alpha[..., None]
        pixels = np.clip(front * a + behind * (1 - a) + 0.5, 0, 255).astype(np.uint8)
        facts: dict[str, Any] = {"background": kind, "subject_share": round(float(alpha.mean()), 3)}
        new_alpha = None
        if request.alpha is not None and kind in ("color", "gradient", "picture"):
            new_alpha = np.maximum(request.alpha, np.round(255 * (1 - alpha)).astype(np.uint8))
        return EditOutput(pixels=pixels, alpha=new_alpha, facts=facts)

    def _transparent(self, request: EditRequest, alpha: Mask) -> EditOutput:
        pixels = matting.foreground(request.pixels, alpha) if (alpha > 0).any() else request.pixels
        old = np.float32(255) if request.alpha is None else request.alpha.astype(np.float32)
        new = np.round(alpha * old).astype(np.uint8)
        facts = {"background": "transparent", "subject_share": round(float(alpha.mean()), 3)}
        return EditOutput(pixels=pixels, alpha=new, facts=facts)


def _widened(mask: Mask, reach: float) -> Mask:
    """Dilated by `reach` px; by distance, since a wide kernel on a large picture takes minutes."""
    off = (mask <= HARD).astype(np.uint8)
    if not off.any() or off.all():
        return mask.copy()
    near = cv2.distanceTransform(off, cv2.DIST_L2, 5) <= reach
    return np.maximum(mask, near.astype(np.float32))


def _reach(subject: Mask, hair: bool) -> int:
    return matting.band_radius(subject) if hair else 2


def subject_alpha(pixels: Pixels, subject: Mask, hair: bool, exact: bool = False) -> Mask:
    """The subject's matte; a plain soft edge without `hair`, solved to the end when `exact`."""
    if not (subject > HARD).any():
        return np.zeros_like(subject)
    if not hair:
        return matting.soft_edge(pixels, subject, 2)
    return matting.matte(pixels, subject, exact=exact)


def _window_of(small: NDArray[Any], request: EditRequest, how: int) -> NDArray[Any]:
    """The part of a small picture of the whole that the crop shows, at the crop's size."""
    picture = request.scene.picture
    h, w = request.pixels.shape[:2]
    if small.shape[:2] == (h, w) and (picture.height, picture.width) == (h, w):
        return small
    sx, sy = small.shape[1] / picture.width, small.shape[0] / picture.height
    # Rows and columns apart: an affine warp reads the right pixels without maps of the full size.
    matrix = np.array(
        [
            [sx / request.scale, 0, (request.origin[0] + 0.5 / request.scale) * sx - 0.5],
            [0, sy / request.scale, (request.origin[1] + 0.5 / request.scale) * sy - 0.5],
        ]
    )
    if max(h, w, *small.shape[:2]) >= 32000:
        rows = np.clip(np.round(np.arange(h) * matrix[1, 1] + matrix[1, 2]), 0, small.shape[0] - 1).astype(int)
        cols = np.clip(np.round(np.arange(w) * matrix[0, 0] + matrix[0, 2]), 0, small.shape[1] - 1).astype(int)
        return small[rows][:, cols]
    flags = how | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(small, matrix, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _full_alpha(backdrop: Backdrop, request: EditRequest) -> Mask:
    """The matte for a crop; where it was solved at a smaller size its edge is found again in the crop's pixels."""
    alpha = np.clip(_window_of(backdrop.alpha, request, cv2.INTER_LINEAR), 0, 1).astype(np.float32)
    ratio = backdrop.scale / request.scale
    if ratio >= 0.999 or not ((alpha > 0.01) & (alpha < 0.99)).any():
        return alpha
    return matting.refined(request.pixels, alpha, max(2, round(1.5 / ratio)))


def _behind(kind: Kind, request: EditRequest, backdrop: Backdrop) -> NDArray[np.float32]:
    pixels, params = request.pixels, request.params
    if kind == "grey":
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        return np.repeat(grey[..., None], 3, axis=-1).astype(np.float32)
    if kind == "blur":
        assert backdrop.blurred is not None
        return _window_of(backdrop.blurred, request, cv2.INTER_CUBIC).astype(np.float32)
    if kind == "picture":
        return _picture(request)
    words = params.color or request.step.color or request.step.result or "white"
    top = _rgb(words)
    if kind == "color":
        return np.broadcast_to(np.array(top, np.float32), pixels.shape).copy()
    return _gradient(request, top, params.color2)


def _rgb(words: str) -> tuple[int, int, int]:
    rgb = color.named_color(words)
    if rgb is None:
        raise UsageError(f"'{words}' is not a colour I know.", "Use a name such as 'dark green' or a code as #2a7f62.")
    return rgb


def _gradient(request: EditRequest, top: color.RGB, second: str | None) -> NDArray[np.float32]:
    one = np.array(color.lab_of(top), np.float32)
    if second:
        two = np.array(color.lab_of(_rgb(second)), np.float32)
    else:
        two = one * np.array([0.55, 0.9, 0.9], np.float32) if one[0] > 45 else one + np.array([35, 0, 0], np.float32)
    full = request.scene.picture.height
    h, w = request.pixels.shape[:2]
    rows = (np.arange(h, dtype=np.float32) / request.scale + request.origin[1]) / max(1, full - 1)
    lab = one + np.clip(rows, 0, 1)[:, None, None] * (two - one)
    rgb = np.clip(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB) * 255, 0, 255)
    # Half a level of ordered noise keeps wide gradients free of bands.
    noise = request.rng.random((h, w, 1), dtype=np.float32) - 0.5
    return np.asarray(np.clip(rgb + noise, 0, 255), dtype=np.float32)


def _picture(request: EditRequest) -> NDArray[np.float32]:
    reference = request.scene.reference
    if reference is None:
        raise UsageError("A picture for the background is missing.", "Give one with --reference FILE.")
    full_w, full_h = request.scene.picture.size
    cover = max(full_w / reference.width, full_h / reference.height)
    size = (max(full_w, round(reference.width * cover)), max(full_h, round(reference.height * cover)))
    how = cv2.INTER_AREA if cover < 1 else cv2.INTER_CUBIC
    big = cv2.resize(reference.pixels, size, interpolation=how)
    x, y = (size[0] - full_w) // 2, (size[1] - full_h) // 2
    big = big[y : y + full_h, x : x + full_w]
    h, w = request.pixels.shape[:2]
    x0, y0 = request.origin
    part = big[y0 : y0 + round(h / request.scale), x0 : x0 + round(w / request.scale)]
    if part.shape[:2] != (h, w):
        part = cv2.resize(part, (w, h), interpolation=cv2.INTER_AREA)
    return np.asarray(part, dtype=np.float32)


def lens_blur(pixels: Pixels, subject: Mask, strength: float, highlights: float = 0.5) -> Pixels:
    """The background as a wide-open lens shows it: discs of light, nothing of the subject smeared into it.

    Args:
        pixels: ``(H, W, 3) uint8``. subject: ``(H, W)`` 0..1, what is in focus.
        strength: 0..1; the disc's radius is up to 5 % of the longer side.
        highlights: 0..1, how much brighter than white a bright spot is taken to have been.
    """
    h, w = subject.shape
    radius = max(1.0, strength * 0.05 * max(h, w))
    # A wide disc needs few samples: it is drawn at a size where its radius is about 8 px.
    scale = min(1.0, 8.0 / radius)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    keep = 1 - masks.grow((subject > 0.02).astype(np.float32), max(2, matting.band_radius(subject)))
    light = (pixels.astype(np.float32) / 255) ** 2.2
    boost = 1 + 6 * highlights * np.clip((light.min(axis=-1) - 0.75) / 0.25, 0, 1) ** 2
    light = light * boost[..., None]
    if scale < 1:
        total = cv2.resize(light * keep[..., None], size, interpolation=cv2.INTER_AREA)
        weight = cv2.resize(keep, size, interpolation=cv2.INTER_AREA)
    else:
        total, weight = light * keep[..., None], keep
    total, weight = total.reshape(*size[::-1], 3), weight.reshape(size[::-1])
    total, weight = _fill_behind(total, weight)
    kernel = _disc(max(1.0, radius * scale))
    total = cv2.filter2D(total, -1, kernel, borderType=cv2.BORDER_REFLECT)
    weight = cv2.filter2D(weight, -1, kernel, borderType=cv2.BORDER_REFLECT)
    mean = total / np.maximum(weight, 1e-6)[..., None]
    out = (np.clip(mean, 0, 1) ** (1 / 2.2)) * 255
    if scale < 1:
        out = cv2.resize(out.astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(out + 0.5, 0, 255), dtype=np.uint8)


def _disc(radius: float) -> NDArray[np.float32]:
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return np.asarray(disc / disc.sum(), dtype=np.float32)


def _fill_behind(
    total: NDArray[np.float32], weight: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Premultiplied colours with the place behind the subject guessed from around it, at a small weight."""
    out_total, out_weight = total, weight
    level_total, level_weight = total, weight
    sizes = [weight.shape]
    pyramid = [(total, weight)]
    while min(level_weight.shape) > 2:
        half = ((level_weight.shape[1] + 1) // 2, (level_weight.shape[0] + 1) // 2)
        level_total = cv2.resize(level_total, half, interpolation=cv2.INTER_AREA).reshape(*half[::-1], 3)
        level_weight = cv2.resize(level_weight, half, interpolation=cv2.INTER_AREA).reshape(half[::-1])
        pyramid.append((level_total, level_weight))
        sizes.append(level_weight.shape)
    guess: NDArray[Any] = pyramid[-1][0] / np.maximum(pyramid[-1][1], 1e-6)[..., None]
    for t, wt in reversed(pyramid[:-1]):
        size = (wt.shape[1], wt.shape[0])
        up = cv2.resize(guess, size, interpolation=cv2.INTER_LINEAR).reshape(*wt.shape, 3)
        share = np.clip(wt, 0, 1)[..., None]
        known = t / np.maximum(wt, np.float32(1e-6))[..., None]
        guess = (np.where(share > 0, known, 0) * share + up * (1 - share)).astype(np.float32)
    missing = np.clip(1 - weight, 0, 1)
    out_total = total + 0.02 * missing[..., None] * guess
    out_weight = weight + 0.02 * missing
    return out_total.astype(np.float32), out_weight.astype(np.float32)
