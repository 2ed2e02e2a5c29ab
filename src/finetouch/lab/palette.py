"""The named colours of the picture-book world and how light changes them."""

from __future__ import annotations

RGB = tuple[int, int, int]

COLORS: dict[str, RGB] = {
    "red": (216, 70, 66),
    "orange": (241, 146, 58),
    "yellow": (247, 210, 84),
    "green": (108, 172, 92),
    "blue": (76, 132, 204),
    "purple": (148, 104, 188),
    "pink": (243, 152, 182),
    "brown": (148, 100, 68),
    "white": (248, 245, 238),
    "gray": (152, 155, 162),
    "black": (70, 68, 78),
}
"""Name to RGB of every colour a thing can have."""

NAMES: tuple[str, ...] = tuple(COLORS)
INK: RGB = (62, 50, 56)
CREAM: RGB = (252, 243, 222)
SKIN: tuple[RGB, ...] = ((252, 220, 192), (232, 186, 148), (188, 134, 98), (132, 90, 66))
HAIR: tuple[RGB, ...] = ((74, 54, 46), (146, 92, 54), (222, 176, 92), (196, 96, 56), (58, 54, 62))


def mix(a: RGB, b: RGB, t: float) -> RGB:
    """`a` where t is 0, `b` where t is 1, in between otherwise."""
    return (
        round(a[0] + (b[0] - a[0]) * t),
        round(a[1] + (b[1] - a[1]) * t),
        round(a[2] + (b[2] - a[2]) * t),
    )


def light(color: RGB, t: float = 0.35) -> RGB:
    """The colour in warmer, stronger light."""
    return mix(color, (255, 252, 240), t)


def dark(color: RGB, t: float = 0.25) -> RGB:
    """The colour in cool shade."""
    return mix(color, (44, 34, 62), t)


def outline(color: RGB) -> RGB:
    """The pencil line around something of this colour."""
    return mix(color, INK, 0.68)
