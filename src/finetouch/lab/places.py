"""The places, drawn: room, meadow, lake shore, street, studio and a plain backdrop, in every mood."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from finetouch.lab.canvas import Canvas, Pen
from finetouch.lab.palette import COLORS, CREAM, RGB, dark, light, mix
from finetouch.lab.scene import Place

OUTDOOR = ("meadow", "shore", "street")
MOODS = ("day", "night", "sunset", "snow", "rain")
_SKY: dict[str, tuple[RGB, RGB]] = {
    "day": ((150, 204, 236), (232, 244, 240)),
    "night": ((58, 66, 128), (122, 122, 186)),
    "sunset": ((150, 122, 184), (255, 204, 138)),
    "snow": ((196, 210, 226), (238, 242, 246)),
    "rain": ((138, 150, 170), (196, 206, 214)),
}
_SNOW: RGB = (240, 244, 250)


def _sky(c: Canvas, v: tuple[float, ...], mood: str, low: float) -> None:
    c.wash(0, low, *_SKY[mood])
    pen = Pen()
    if mood == "night":
        for i in range(16):
            x, y = (i * 0.754878 + v[0]) % 1, ((i * 0.569840 + v[1]) % 1) * low * 0.8
            pen.dot(x, y, 0.005 + 0.004 * (i % 3 == 0), (255, 250, 210))
        pen.dot(0.16 + 0.68 * v[2], 0.13, 0.065, (255, 244, 196))
        pen.dot(0.185 + 0.68 * v[2], 0.118, 0.052, mix(_SKY[mood][0], _SKY[mood][1], 0.2))
    else:
        if mood in ("day", "sunset"):
            y = 0.13 if mood == "day" else low - 0.11
            pen.dot(0.12 + 0.76 * v[2], y, 0.095, mix(_SKY[mood][1], (255, 236, 150), 0.45))
            pen.dot(0.12 + 0.76 * v[2], y, 0.066, (255, 224, 120) if mood == "day" else (255, 176, 104))
        cloud = {"day": (255, 255, 255), "sunset": (255, 226, 208), "snow": (248, 250, 252), "rain": (176, 184, 196)}
        for i in range(2 + round(v[3])):
            x, y, s = (v[4] + i * 0.37) % 1, 0.08 + 0.12 * ((v[5] + i * 0.55) % 1), 0.8 + 0.4 * ((v[6] + i * 0.6) % 1)
            for dx, dy, r in (
                (-0.09, 0.012, 0.045),
                (-0.03, -0.015, 0.06),
                (0.045, -0.005, 0.052),
                (0.1, 0.015, 0.036),
            ):
                pen.oval(x + dx * s, y + dy * s, r * s * 1.15, r * s * 0.72, cloud[mood], None)
    c.place(pen.art())


def _hills(pen: Pen, y: float, height: float, phase: float, color: RGB, wave: float = 1.5) -> None:
    top = [(i / 10, y - height * (0.5 + 0.5 * math.sin(phase * 6.28 + wave * i / 10 * 3.1))) for i in range(-1, 12)]
    pen.poly([*_soft(top), (1.1, 1.0), (-0.1, 1.0)], color, mix(color, (90, 96, 110), 0.35), 0.7)


def _soft(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    from finetouch.lab.canvas import smooth

    return [(float(x), float(y)) for x, y in smooth(points, closed=False)]


def _meadow(c: Canvas, p: Place, mood: str) -> None:
    v = p.vary
    _sky(c, v, mood, 0.6)
    snow = mood == "snow"
    tones = [(164, 200, 190), (156, 204, 144)] if not snow else [(206, 218, 230), (226, 233, 241)]
    pen = Pen()
    _hills(pen, 0.5, 0.13, v[0], tones[0], 1.2)
    _hills(pen, 0.55, 0.06, v[1], tones[1], 1.9)
    c.place(pen.art())
    c.wash(0.555, 1.0, *(((172, 212, 124), (116, 176, 88)) if not snow else ((244, 247, 251), (222, 230, 240))))
    pen = Pen()
    blade = (92, 152, 74) if not snow else (190, 204, 220)
    for i in range(13):
        x, y = (i * 0.754878 + v[2]) % 1, 0.61 + 0.37 * ((i * 0.569840 + v[3]) % 1)
        pen.path([(x - 0.014, y - 0.02), (x, y), (x + 0.004, y - 0.026)], blade, 0.8, False)
        if i % 3 == 0 and not snow:
            pen.dot((x + 0.11) % 1, y, 0.008, ((255, 250, 240), (250, 220, 120), (244, 180, 196))[i // 3 % 3])
    c.place(pen.art())


def _shore(c: Canvas, p: Place, mood: str) -> None:
    v = p.vary
    _sky(c, v, mood, 0.42)
    pen = Pen()
    snow = mood == "snow"
    _hills(pen, 0.42, 0.1, v[0], (148, 184, 188) if not snow else (214, 224, 234), 1.3)
    c.place(pen.art())
    water = {"night": ((84, 96, 160), (58, 88, 140)), "sunset": ((242, 188, 150), (126, 132, 186))}
    c.wash(0.41, 0.76, *water.get(mood, ((158, 212, 226), (84, 160, 200))))
    pen = Pen()
    crest = (226, 244, 248) if mood != "night" else (132, 146, 204)
    for i in range(11):
        x, y = (i * 0.754878 + v[1]) % 1, 0.44 + 0.25 * ((i * 0.569840 + v[2]) % 1)
        s = 0.5 + y
        pen.path([(x - 0.05 * s, y), (x - 0.025 * s, y - 0.008), (x, y), (x + 0.025 * s, y - 0.008), (x + 0.05 * s, y)],
                 crest, 0.8)  # fmt: skip
    sand = (246, 222, 168) if not snow else (240, 242, 246)
    edge = [(i / 8, 0.735 + 0.014 * math.sin(5 * i / 8 + 6.28 * v[3])) for i in range(-1, 10)]
    pen.poly([*_soft([(x, y - 0.016) for x, y in edge]), (1.2, 1.1), (-0.2, 1.1)], (236, 248, 248), None)
    pen.poly([*_soft(edge), (1.2, 1.1), (-0.2, 1.1)], sand, mix(sand, (170, 130, 90), 0.4), 0.7)
    for i in range(14):
        x, y = (i * 0.754878 + v[4]) % 1, 0.78 + 0.2 * ((i * 0.569840 + v[5]) % 1)
        pen.dot(x, y, 0.005, dark(sand, 0.14), 0.003)
    c.place(pen.art())


def _street(c: Canvas, p: Place, mood: str) -> None:
    v = p.vary
    _sky(c, v, mood, 0.66)
    pen, x, i = Pen(), -0.12 + 0.1 * v[0], 0
    walls = ((214, 190, 192), (196, 206, 214), (226, 208, 178), (198, 212, 190))
    pane = (255, 226, 140) if mood == "night" else (222, 234, 240)
    while x < 1:
        w, h = 0.2 + 0.08 * ((v[1] + i * 0.47) % 1), 0.24 + 0.14 * ((v[2] + i * 0.618) % 1)
        wall = walls[(i + int(v[3] * 4)) % 4]
        pen.poly(
            [(x, 0.65), (x, 0.65 - h), (x + w, 0.65 - h), (x + w, 0.65)], wall, mix(wall, (110, 100, 112), 0.5), 0.7
        )
        for r in range(int(h / 0.1)):
            for k in range(3):
                wx, wy = x + w * (0.14 + 0.28 * k), 0.65 - h + 0.04 + 0.1 * r
                pen.box(wx, wy, wx + w * 0.16, wy + 0.05, pane, None)
        x, i = x + w + 0.012, i + 1
    c.place(pen.art())
    walk = ((232, 222, 206), (216, 206, 192)) if mood != "snow" else ((246, 248, 251), (232, 238, 244))
    c.wash(0.645, 0.79, *walk)
    c.wash(0.79, 1.0, (150, 150, 160), (128, 128, 140))
    pen = Pen()
    for k in range(6):
        a = (k + v[4]) / 6
        pen.path([(a, 0.645), (0.5 + (a - 0.5) * 1.35, 0.79)], dark(walk[1], 0.12), 0.6, False)
    pen.box(-0.1, 0.785, 1.1, 0.805, (198, 190, 182), (140, 134, 134))
    for k in range(5):
        a = (k + v[5]) * 0.24 - 0.12
        pen.poly([(a, 0.88), (a + 0.1, 0.88), (a + 0.095, 0.9), (a - 0.005, 0.9)], (240, 232, 208), None)
    c.place(pen.art())


def _room(c: Canvas, p: Place, mood: str) -> None:
    v = p.vary
    wall = mix(CREAM, COLORS[p.tint], 0.28)
    c.wash(0, 0.72, light(wall, 0.25), wall)
    pen = Pen()
    for k in range(9):
        x = (k + 0.3 + 0.4 * v[0]) / 9
        pen.poly([(x - 0.022, 0), (x + 0.022, 0), (x + 0.022, 0.7), (x - 0.022, 0.7)], light(wall, 0.28), None)
    wx = 0.08 + 0.5 * v[1]
    glass = _SKY[mood]
    pen.box(wx, 0.08, wx + 0.28, 0.4, (252, 248, 238), r=0.015)
    pen.box(wx + 0.025, 0.105, wx + 0.255, 0.375, glass[1], mix(glass[1], (96, 96, 110), 0.4))
    pen.box(wx + 0.03, 0.11, wx + 0.25, 0.24, mix(glass[0], glass[1], 0.4), None)
    pen.blob([(wx + 0.03, 0.37), (wx + 0.03, 0.31), (wx + 0.12, 0.29), (wx + 0.25, 0.33), (wx + 0.25, 0.37)],
             (164, 200, 160) if mood != "snow" else _SNOW, None)  # fmt: skip
    pen.box(wx + 0.13, 0.1, wx + 0.15, 0.38, (252, 248, 238))
    pen.box(wx - 0.02, 0.39, wx + 0.3, 0.42, (244, 236, 222), r=0.01)
    px = wx + 0.4 if wx < 0.32 else wx - 0.28
    pen.box(px, 0.13, px + 0.17, 0.33, (206, 164, 104))
    pen.box(px + 0.02, 0.15, px + 0.15, 0.31, (250, 244, 228), None)
    pen.oval(px + 0.085, 0.235, 0.035, 0.045, COLORS[("pink", "green", "orange", "purple")[int(v[2] * 3.99)]], None)
    c.place(pen.art())
    floor = ((214, 170, 124), (190, 142, 100)) if v[3] > 0.4 else ((222, 196, 164), (200, 170, 136))
    c.wash(0.72, 1.0, *floor)
    pen = Pen()
    pen.box(-0.1, 0.7, 1.1, 0.73, (250, 244, 232), (170, 150, 140))
    for y in (0.775, 0.84, 0.92):
        pen.path([(0, y), (1, y)], dark(floor[1], 0.12), 0.6, False)
    rug = COLORS[("red", "blue", "green", "purple")[int(v[4] * 3.99)]]
    pen.oval(0.5, 0.9, 0.42, 0.075, mix(rug, CREAM, 0.35), mix(rug, CREAM, 0.1))
    pen.oval(0.5, 0.9, 0.35, 0.055, mix(rug, CREAM, 0.6), None)
    c.place(pen.art())


def _studio(c: Canvas, p: Place, mood: str) -> None:
    base = mix(CREAM, COLORS[p.tint], 0.34)
    c.wash(0, 0.64, mix(base, (255, 255, 255), 0.3), base)
    c.wash(0.64, 0.72, base, mix(base, (255, 250, 240), 0.4))
    c.wash(0.72, 1.0, mix(base, (255, 250, 240), 0.4), dark(base, 0.08))


def _plain(c: Canvas, p: Place, mood: str) -> None:
    c.wash(0, 1, COLORS[p.tint], COLORS[p.tint])


_DRAW: dict[str, Callable[[Canvas, Place, str], None]] = {
    "room": _room, "meadow": _meadow, "shore": _shore, "street": _street, "studio": _studio, "plain": _plain,
}  # fmt: skip


def draw_place(c: Canvas, place: Place, mood: str) -> None:
    """Paints the place over the whole canvas."""
    _DRAW[place.name](c, place, mood)


@lru_cache(maxsize=1)
def _drops() -> tuple[tuple[float, float, float], ...]:
    return tuple(((i * 0.754878) % 1, (i * 0.569840) % 1, 0.5 + (i * 0.3819) % 1) for i in range(70))


def draw_weather(c: Canvas, place: Place, mood: str) -> None:
    """Paints snowflakes or rain in front of everything, outdoors."""
    if place.name not in OUTDOOR or mood not in ("snow", "rain"):
        return
    pen = Pen()
    for x, y, s in _drops():
        if mood == "snow":
            pen.dot(x, y, 0.0065 * s, (255, 255, 255))
        else:
            pen.path([(x, y), (x - 0.012 * s, y + 0.045 * s)], (214, 226, 240), 0.6, False)
    c.place(pen.art())
