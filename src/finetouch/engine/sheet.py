"""Before / mask / after on one picture, for people."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from finetouch.imaging import io, masks
from finetouch.types import Picture, Pixels

if TYPE_CHECKING:
    from finetouch.engine.result import EditResult

_INK, _PAPER, _ACCENT = (28, 28, 30), (250, 250, 248), (255, 64, 96)


def overlay(pixels: Pixels, mask: np.ndarray, color: tuple[int, int, int] = _ACCENT) -> Pixels:
    """The picture greyed outside of the mask, tinted inside, with the mask's outline.

    Args:
        pixels: ``(H, W, 3) uint8``.
        mask: ``(H, W)`` 0..1.
        color: Of tint and outline, RGB.
    """
    weight = masks.as_mask(mask)[..., None]
    gray = pixels.mean(axis=2, keepdims=True) * 0.45 + 40
    tinted = pixels * 0.65 + np.array(color) * 0.35
    out = gray * (1 - weight) + tinted * weight
    width = max(1, round(max(pixels.shape[:2]) / 400))
    on = (weight[..., 0] > masks.HARD).astype(np.float32)
    rim = (masks.grow(on, width) > 0) & (on < masks.HARD)
    out[rim] = color
    return np.rint(np.clip(out, 0, 255)).astype(np.uint8)


def sheet(result: EditResult, side: int = 640) -> Picture:
    """Before, mask and after in a row, each at most `side` px high and wide, instruction and report below."""
    titles = ("before", "what may change", "after")
    before = _small(result.before, side)
    scale = before.width / result.before.width
    small_mask = masks.resize_mask(result.mask, before.size)
    marked = Image.fromarray(overlay(np.asarray(before.convert("RGB")), small_mask))
    panels = [before, marked, _small(result.picture, side, scale)]
    pad, line = 16, 24
    font = ImageFont.load_default(17)
    width = sum(p.width for p in panels) + pad * 4
    words = [f'"{result.provenance.plan.instruction}"', *result.report]
    rows = [r for w in words for r in textwrap.wrap(w, max(24, int((width - 2 * pad) / 8.6)))]
    height = max(p.height for p in panels) + pad * 3 + line + line * len(rows)
    canvas = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(canvas)
    x = pad
    for title, panel in zip(titles, panels, strict=True):
        draw.text((x, pad - 4), title, fill=_INK, font=font)
        canvas.paste(panel, (x, pad + line), panel if panel.mode == "RGBA" else None)
        x += panel.width + pad
    y = pad * 2 + line + max(p.height for p in panels)
    for row in rows:
        draw.text((pad, y), row, fill=_INK, font=font)
        y += line
    return io.from_array(np.asarray(canvas))


def _small(picture: Picture, side: int, scale: float | None = None) -> Image.Image:
    image = io.to_pillow(picture)
    if scale is None or max(image.size) * scale > side * 1.5:
        scale = min(side / image.width, side / image.height, 2.0)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.resize(size, Image.Resampling.LANCZOS)
    if small.mode == "RGBA":
        small = Image.alpha_composite(_checkers(size), small)
    return small


def _checkers(size: tuple[int, int], cell: int = 10) -> Image.Image:
    y, x = np.indices((size[1], size[0])) // cell
    gray = np.where((x + y) % 2 == 0, 255, 205).astype(np.uint8)
    return Image.fromarray(np.repeat(gray[..., None], 3, axis=2)).convert("RGBA")
