"""Loss curves as a picture, drawn with Pillow."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from PIL import Image, ImageDraw

_SIZE = (900, 420)
_EDGE = 48
_INK = ((36, 99, 180), (206, 90, 40), (60, 140, 70), (130, 80, 170), (150, 130, 30), (90, 90, 90))
_ASIDE = ("step", "seconds", "rate", "per_second")


def loss_plot(log: Path, out: Path) -> None:
    """Draws all losses of a training log over the steps, logarithmically, each scaled to its own range."""
    if not log.exists():
        return
    with log.open() as file:
        rows = list(csv.DictReader(file))
    names = [n for n in (rows[0] if rows else {}) if n not in _ASIDE]
    picture = Image.new("RGB", _SIZE, "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((_EDGE, 16, _SIZE[0] - 16, _SIZE[1] - 32), outline=(190, 190, 190))
    for k, name in enumerate(names):
        points = [(float(r["step"]), float(r[name])) for r in rows if r.get(name) not in (None, "")]
        _curve(draw, points, _INK[k % len(_INK)])
        label = f"{name} {points[-1][1]:.4g}" if points else name
        draw.text((_EDGE + 8 + 150 * (k % 5), 20 + 14 * (k // 5)), label, fill=_INK[k % len(_INK)])
    if rows:
        draw.text((_SIZE[0] - 120, _SIZE[1] - 26), f"step {rows[-1]['step']}", fill=(60, 60, 60))
    picture.save(out)


def _curve(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], ink: tuple[int, int, int]) -> None:
    values = [math.log(max(v, 1e-8)) for _, v in points]
    if len(values) < 2:
        return
    low, high = min(values), max(values)
    last = points[-1][0]
    width, height = _SIZE[0] - 16 - _EDGE, _SIZE[1] - 48 - 36
    line = [
        (_EDGE + width * s / last, 52 + height * (1 - (v - low) / max(high - low, 1e-9)))
        for (s, _), v in zip(points, values, strict=True)
    ]
    draw.line(line, fill=ink, width=2)
