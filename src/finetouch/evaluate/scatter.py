"""Trade-offs as a picture: points, their front, and names; drawn with Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

SIZE, EDGE = (860, 560), (70, 24, 24, 48)  # left, top, right, bottom
POINT, FRONT, CHOSEN, GREY = (36, 99, 180), (206, 90, 40), (60, 140, 70), (150, 150, 150)


@dataclass(frozen=True)
class Dot:
    """One measured setting. across: Less is better. up: More is better. chosen: Is drawn larger."""

    across: float
    up: float
    name: str = ""
    chosen: bool = False


def front(dots: Sequence[Dot]) -> list[Dot]:
    """Those that no other one beats in both, from left to right."""
    best: list[Dot] = []
    for dot in sorted(dots, key=lambda d: (d.across, -d.up)):
        if not best or dot.up > best[-1].up:
            best.append(dot)
    return best


def knee(dots: Sequence[Dot], limit: float) -> Dot | None:
    """The best of those that stay below a limit; where none does, the one nearest to it. None without dots."""
    if not dots:
        return None
    within = [d for d in dots if d.across <= limit]
    return max(within, key=lambda d: (d.up, -d.across)) if within else min(dots, key=lambda d: (d.across, -d.up))


def plot(dots: Sequence[Dot], across: str, up: str) -> Image.Image:
    """The picture; names are written beside the points."""
    picture = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    left, top, right, bottom = EDGE[0], EDGE[1], SIZE[0] - EDGE[2], SIZE[1] - EDGE[3]
    draw.rectangle((left, top, right, bottom), outline=GREY)
    draw.text(((left + right) // 2 - 60, bottom + 26), across, fill="black")
    draw.text((left + 6, top + 4), up, fill="black")
    if not dots:
        return picture
    xs, ys = [d.across for d in dots], [d.up for d in dots]
    low, high = (min(xs), min(ys)), (max(xs), max(ys))
    wide, tall = max(high[0] - low[0], 1e-6), max(high[1] - low[1], 1e-6)

    def place(dot: Dot) -> tuple[float, float]:
        return (
            left + 30 + (right - left - 120) * (dot.across - low[0]) / wide,
            bottom - 30 - (bottom - top - 70) * (dot.up - low[1]) / tall,
        )

    for value, at in ((low[0], left + 30), (high[0], right - 90)):
        draw.text((at - 10, bottom + 8), f"{value:.3g}", fill=GREY)
    for value, at in ((low[1], bottom - 30), (high[1], top + 40)):
        draw.text((left - 50, at - 6), f"{value:.3g}", fill=GREY)
    edge = front(dots)
    if len(edge) > 1:
        draw.line([place(d) for d in edge], fill=FRONT, width=2)
    for dot in dots:
        x, y = place(dot)
        radius = 6 if dot.chosen else 4
        ink = CHOSEN if dot.chosen else FRONT if dot in edge else POINT
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
        if dot.name:
            draw.text((x + 8, y - 6), dot.name, fill=(60, 60, 60))
    return picture
