"""Things of the house: cup, lamp, ball, apple, chair and the table."""

from __future__ import annotations

import math
from collections.abc import Mapping

from finetouch.lab.canvas import Pen
from finetouch.lab.kinds import Coat, kind
from finetouch.lab.palette import INK, dark, light, mix

P = Mapping[str, float]
BRASS = (206, 164, 92)


@kind("width handle taper", (0.11, 0.155), aspect=1.15, contact=0.8)
def cup(pen: Pen, c: Coat, p: P) -> None:
    """A cup with a handle; width, size of the handle, taper."""
    w = 0.4 + 0.16 * p["width"]
    foot = w * (0.95 - 0.35 * p["taper"])
    h = 0.16 + 0.16 * p["handle"]
    pen.oval(w + h * 0.35, -0.5, h, h * 1.05, c.base)
    pen.oval(w + h * 0.35, -0.5, h * 0.5, h * 0.55, dark(c.base, 0.55), None)
    pen.key("handle", w + h * 1.35, -0.5)
    pen.blob([(-w, -0.88), (-w * 0.98, -0.5), (-foot * 0.92, -0.08), (-foot * 0.6, 0), (foot * 0.6, 0),
              (foot * 0.92, -0.08), (w * 0.98, -0.5), (w, -0.88), (0, -0.84)], c.base)  # fmt: skip
    pen.blob([(-w * 0.78, -0.72), (-w * 0.62, -0.7), (-foot * 0.62, -0.16), (-foot * 0.74, -0.18)], c.pale, None)
    pen.path([(-w * 0.95, -0.34), (0, -0.27), (w * 0.95, -0.34)], c.pale, 1.6)
    pen.oval(0, -0.88, w, 0.12, c.pale)
    pen.oval(0, -0.87, w * 0.84, 0.085, (120, 82, 62), None)
    pen.key("left rim", -w, -0.88)
    pen.key("right rim", w, -0.88)


@kind("stem shade flare", (0.24, 0.34), aspect=0.55, contact=0.75)
def lamp(pen: Pen, c: Coat, p: P) -> None:
    """A table lamp; length of the stem, height and flare of the shade."""
    top = -0.72 - 0.25 * p["stem"]
    sh, flare = 0.28 + 0.12 * p["shade"], 0.24 + 0.1 * p["flare"]
    low = top + sh
    pen.oval(0, -0.05, 0.19, 0.055, BRASS)
    pen.blob([(-0.05, -0.08), (-0.09, -0.2), (-0.03, -0.34), (-0.025, low), (0.025, low), (0.03, -0.34), (0.09, -0.2),
              (0.05, -0.08)], BRASS)  # fmt: skip
    pen.oval(0, low, flare, 0.05, (255, 240, 176))
    pen.poly([(-flare * 0.55, top), (flare * 0.55, top), (flare, low), (-flare, low)], c.base)
    pen.poly([(-flare * 0.38, top + 0.03), (-flare * 0.12, top + 0.03), (-flare * 0.3, low - 0.03),
              (-flare * 0.72, low - 0.03)], c.pale, None)  # fmt: skip
    pen.path([(-flare * 0.97, low - 0.03), (flare * 0.97, low - 0.03)], c.deep, 1.3, curved=False)
    pen.path([(flare * 0.5, low), (flare * 0.5, low + 0.12)], INK, 0.6, curved=False)
    pen.dot(flare * 0.5, low + 0.13, 0.022, BRASS)
    pen.key("shade top", 0, top)
    pen.key("left rim", -flare, low)
    pen.key("right rim", flare, low)


@kind("spot stripe squash", (0.115, 0.175), tilt=60, contact=0.7)
def ball(pen: Pen, c: Coat, p: P) -> None:
    """A ball with a stripe; size of the spots, width of the stripe, squash."""
    rx, ry = 0.5 + 0.05 * p["squash"], 0.5 - 0.06 * p["squash"]
    cy = -0.5
    pen.oval(0, cy, rx, ry, c.base)
    s = 0.08 + 0.14 * p["stripe"]
    band = light(c.base, 0.72) if sum(c.base) < 640 else (240, 130, 110)
    pen.blob([(-rx * 0.96, cy - 0.04 - s * 0.3), (0, cy + 0.1 - s), (rx * 0.96, cy - 0.04 - s * 0.3),
              (rx * 0.95, cy + s * 0.5), (0, cy + 0.1 + s), (-rx * 0.95, cy + s * 0.5)], band, c.deep, 0.6)  # fmt: skip
    r = 0.05 + 0.06 * p["spot"]
    for a in (-130, -50):
        pen.dot(math.cos(math.radians(a)) * rx * 0.52, cy + math.sin(math.radians(a)) * ry * 0.62, r, band)
    pen.oval(0, cy, rx, ry, c.base, None) if s <= 0 else None
    pen.key("top", 0, cy - ry)
    pen.key("left", -rx, cy)
    pen.key("right", rx, cy)


@kind(
    "leaf dent stem",
    (0.1, 0.145),
    aspect=1.0,
    tilt=12,
    contact=0.75,
    colors=("red", "green", "yellow", "pink", "orange", "purple"),
)
def apple(pen: Pen, c: Coat, p: P) -> None:
    """An apple; leaf length, depth of the dent, stem length."""
    d, st = 0.08 + 0.1 * p["dent"], 0.12 + 0.16 * p["stem"]
    pen.path([(0, -0.74), (0.02, -0.84), (0.07, -0.76 - st)], (112, 78, 52), 2.2)
    pen.key("stem tip", 0.07, -0.76 - st)
    n = 0.2 + 0.26 * p["leaf"]
    pen.blob([(0.05, -0.86), (0.05 + n * 0.5, -1.0 - n * 0.12), (0.05 + n, -0.98), (0.05 + n * 0.6, -0.86)],
             (122, 176, 84))  # fmt: skip
    pen.key("leaf tip", 0.05 + n, -0.98)
    pen.blob([(0, -0.84 + d), (0.22, -0.88), (0.46, -0.7), (0.48, -0.4), (0.28, -0.05), (0.1, 0), (0, -0.03),
              (-0.1, 0), (-0.28, -0.05), (-0.48, -0.4), (-0.46, -0.7), (-0.22, -0.88)], c.base)  # fmt: skip
    pen.oval(-0.24, -0.58, 0.09, 0.15, light(c.base, 0.6), None, turn=25)
    pen.path([(-0.12, -0.8 + d * 0.6), (0, -0.8 + d), (0.12, -0.8 + d * 0.6)], c.deep, 1.0)
    pen.key("bottom", 0, -0.02)


@kind("back seat legs", (0.27, 0.36), aspect=0.6, contact=0.9)
def chair(pen: Pen, c: Coat, p: P) -> None:
    """A wooden chair seen from the side front; height of the back, width of the seat, leg length."""
    leg, w = 0.36 + 0.1 * p["legs"], 0.22 + 0.06 * p["seat"]
    top = -leg - 0.4 - 0.16 * p["back"]
    for x in (-w + 0.1, w + 0.02):
        pen.box(x - 0.025, -leg, x + 0.025, -0.06, c.deep)
    for x in (-w + 0.03, w - 0.08):
        pen.box(x - 0.028, top, x + 0.028, -leg, c.base, r=0.025)
    for i in range(3):
        y = top + 0.05 + i * (-leg - top - 0.1) / 3
        pen.box(-w, y, w - 0.05, y + 0.07, c.base, r=0.02)
    pen.key("back top", -w + 0.03, top)
    pen.poly([(-w + 0.02, -leg - 0.07), (w + 0.06, -leg - 0.07), (w, -leg + 0.05), (-w - 0.06, -leg + 0.05)], c.pale)
    pen.poly([(-w - 0.06, -leg + 0.05), (w, -leg + 0.05), (w, -leg + 0.1), (-w - 0.06, -leg + 0.1)], c.base)
    for x in (-w - 0.025, w - 0.035):
        pen.box(x - 0.03, -leg + 0.1, x + 0.03, 0, c.base)
    pen.key("left foot", -w - 0.025, 0)
    pen.key("right foot", w - 0.035, 0)
    pen.slot("seat", -0.01, -leg - 0.01, 0.06)


@kind(
    "width thick legs", (0.33, 0.4), aspect=1.7, contact=0.95, colors=("brown", "white", "gray", "orange"), fixture=True
)
def table(pen: Pen, c: Coat, p: P) -> None:
    """A table; width, thickness of the top, width of the legs."""
    w, t = 0.72 + 0.2 * p["width"], 0.06 + 0.05 * p["thick"]
    leg = 0.035 + 0.03 * p["legs"]
    for x in (-w + 0.2, w - 0.2):
        pen.box(x - leg, -0.82, x + leg, -0.1, dark(c.base, 0.4))
    pen.box(-w + 0.06, -0.84, w - 0.06, -0.72, c.deep)
    for x in (-w + 0.1, w - 0.1):
        pen.box(x - leg, -0.84, x + leg, 0, c.base)
    pen.poly([(-w + 0.14, -1.06), (w - 0.14, -1.06), (w, -0.88), (-w, -0.88)], light(c.base, 0.28))
    for i in range(3):
        y = -1.02 + i * 0.05
        pen.path([(-w * (0.5 + 0.1 * i), y), (w * (0.2 + 0.2 * i), y)], mix(c.base, light(c.base), 0.3), 0.7, False)
    pen.box(-w, -0.88, w, -0.88 + t, c.base)
    pen.key("left corner", -w, -0.88)
    pen.key("right corner", w, -0.88)
    pen.slot("top", 0, -0.95, w - 0.24)
