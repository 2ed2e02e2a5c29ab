"""Cat, dog, rabbit, bird and fish."""

from __future__ import annotations

from collections.abc import Mapping

from finetouch.lab.canvas import Pen
from finetouch.lab.kinds import Coat, kind
from finetouch.lab.palette import INK, light, mix

P = Mapping[str, float]
ROSE = (240, 150, 150)
NOSE = (92, 62, 66)


def _mouth(pen: Pen, x: float, y: float, r: float, openness: float) -> None:
    if openness > 0.25:
        pen.oval(x, y + r * 0.5, r * 0.75, r * (0.25 + 0.8 * openness), (170, 70, 82), INK, width=0.7)
    else:
        pen.path([(x - r, y), (x - r * 0.4, y + r * 0.45), (x, y), (x + r * 0.4, y + r * 0.45), (x + r, y)], INK, 0.8)
    pen.key("mouth", x, y + r * 0.4)


@kind("tail ears mouth fat", (0.2, 0.27), aspect=0.85, tilt=5, contact=1.05)
def cat(pen: Pen, c: Coat, p: P) -> None:
    """A sitting cat; tail length, ear height, mouth opening, belly."""
    reach, fat = 0.2 + 0.42 * p["tail"], 0.2 + 0.07 * p["fat"]
    tip = (-0.26 - reach * 0.45, -0.16 - reach * 0.95)
    pen.tube([(-0.1, -0.08), (-0.3, -0.07), (-0.38 - reach * 0.3, -0.14 - reach * 0.35), tip], 0.1, c.base, 0.075)
    pen.key("tail tip", *tip)
    pen.blob([(0.1, -0.62), (0.24, -0.3), (0.26, 0), (-0.16, 0), (-fat - 0.1, -0.14), (-0.12, -0.52)], c.base)
    pen.blob([(0.12, -0.46), (0.2, -0.24), (0.14, -0.06), (0.02, -0.22)], c.pale, None)
    pen.oval(-0.06, -0.055, 0.15, 0.06, c.base)
    pen.oval(0.2, -0.05, 0.1, 0.055, c.pale)
    ear = -0.92 - 0.13 * p["ears"]
    for x0, x1, tx in ((-0.17, 0.04, -0.16), (0.14, 0.35, 0.34)):
        pen.poly([(x0, -0.76), (tx, ear), (x1, -0.8)], c.base)
        pen.poly([(x0 + 0.05, -0.78), (tx * 0.9 + 0.01, ear + 0.07), (x1 - 0.05, -0.81)], ROSE, None)
    pen.key("left ear", -0.16, ear)
    pen.key("right ear", 0.34, ear)
    pen.oval(0.09, -0.67, 0.29, 0.225, c.base)
    for dx in (-0.06, 0.06):
        pen.path([(0.09 + dx, -0.87), (0.09 + dx * 0.8, -0.8)], c.deep, 1.1)
    pen.oval(0.12, -0.59, 0.13, 0.09, c.pale, None)
    pen.eye(0.0, -0.7, 0.04)
    pen.eye(0.22, -0.7, 0.04)
    pen.dot(-0.08, -0.6, 0.045, mix(c.base, ROSE, 0.6))
    pen.dot(0.3, -0.6, 0.045, mix(c.base, ROSE, 0.6))
    pen.dot(0.12, -0.635, 0.032, NOSE, 0.024)
    _mouth(pen, 0.12, -0.59, 0.05, p["mouth"])
    for s in (-1, 1):
        pen.path([(0.12 + s * 0.12, -0.6), (0.12 + s * 0.3, -0.62)], INK, 0.5)
        pen.path([(0.12 + s * 0.12, -0.57), (0.12 + s * 0.29, -0.54)], INK, 0.5)
    pen.key("nose", 0.12, -0.635)
    pen.key("paw", 0.2, -0.04)
    pen.slot("head", 0.09, -0.845)


@kind("tail ears mouth legs", (0.2, 0.27), aspect=1.15, tilt=4, contact=0.85)
def dog(pen: Pen, c: Coat, p: P) -> None:
    """A standing dog; tail length, ear length, mouth opening, leg length."""
    leg = 0.2 + 0.12 * p["legs"]
    back = -leg - 0.3
    tx, ty = -0.5 - 0.2 * p["tail"], back - 0.1 - 0.3 * p["tail"]
    pen.tube([(-0.36, back + 0.08), (-0.48, back - 0.02), (tx, ty)], 0.1, c.base, 0.06)
    pen.key("tail tip", tx, ty)
    for x in (-0.26, 0.24):
        pen.box(x - 0.065, -leg - 0.12, x + 0.065, 0, c.deep, r=0.06)
    pen.blob([(-0.42, back + 0.14), (-0.3, back), (0.1, back + 0.02), (0.34, back + 0.02), (0.38, -leg - 0.06),
              (0.1, -leg + 0.03), (-0.3, -leg + 0.02)], c.base)  # fmt: skip
    pen.oval(-0.1, back + 0.1, 0.13, 0.075, c.deep, None, turn=-8)
    for x in (-0.36, 0.32):
        pen.box(x - 0.07, -leg - 0.1, x + 0.07, 0, c.base, r=0.06)
        pen.oval(x + 0.02, -0.03, 0.09, 0.04, c.pale)
    pen.key("front paw", 0.34, -0.02)
    hx, hy = 0.36, back - 0.15
    pen.tube([(0.3, back + 0.2), (0.32, back + 0.05)], 0.2, (204, 70, 74), 0.2)
    pen.blob([(hx - 0.2, hy + 0.02), (hx - 0.12, hy - 0.18), (hx + 0.1, hy - 0.18), (hx + 0.2, hy - 0.03),
              (hx + 0.33, hy + 0.03), (hx + 0.34, hy + 0.14), (hx + 0.12, hy + 0.2), (hx - 0.12, hy + 0.18)],
             c.base)  # fmt: skip
    pen.blob([(hx + 0.1, hy + 0.03), (hx + 0.3, hy + 0.05), (hx + 0.31, hy + 0.13), (hx + 0.1, hy + 0.17)],
             c.pale, None)  # fmt: skip
    ear = 0.2 + 0.22 * p["ears"]
    pen.blob([(hx - 0.1, hy - 0.17), (hx - 0.02, hy - 0.1), (hx - 0.06, hy - 0.1 + ear), (hx - 0.2, hy - 0.12 + ear),
              (hx - 0.22, hy - 0.06)], c.deep)  # fmt: skip
    pen.key("ear tip", hx - 0.14, hy - 0.1 + ear)
    pen.eye(hx + 0.08, hy - 0.05, 0.036)
    pen.dot(hx + 0.33, hy + 0.03, 0.045, NOSE, 0.038)
    if p["mouth"] > 0.3:
        pen.blob([(hx + 0.14, hy + 0.13), (hx + 0.26, hy + 0.13), (hx + 0.22, hy + 0.15 + 0.16 * p["mouth"])], ROSE)
    pen.path([(hx + 0.1, hy + 0.12), (hx + 0.2, hy + 0.14), (hx + 0.31, hy + 0.1)], INK, 0.8)
    pen.key("mouth", hx + 0.22, hy + 0.14)
    pen.key("nose", hx + 0.33, hy + 0.03)
    pen.slot("head", hx, hy - 0.16)


@kind("ears tail fat", (0.17, 0.23), aspect=0.72, tilt=5, contact=0.95)
def rabbit(pen: Pen, c: Coat, p: P) -> None:
    """A sitting rabbit; ear length, tail size, belly."""
    ear, fat = 0.2 + 0.22 * p["ears"], 0.22 + 0.06 * p["fat"]
    r = 0.06 + 0.06 * p["tail"]
    pen.oval(-0.26 - r * 0.4, -0.14, r, r, light(c.base, 0.7))
    pen.key("tail tip", -0.26 - r, -0.14)
    pen.blob([(0.08, -0.46), (0.22, -0.22), (0.2, 0), (-0.2, 0), (-fat - 0.06, -0.2), (-0.12, -0.42)], c.base)
    pen.oval(-0.12, -0.12, 0.14, 0.13, c.base)
    pen.oval(-0.04, -0.035, 0.15, 0.045, c.pale)
    pen.oval(0.16, -0.035, 0.09, 0.045, c.pale)
    for x, tilt in ((0.0, -14), (0.15, 8)):
        ex, ey = x + tilt * 0.006, -0.66 - ear / 2
        pen.oval(ex, ey, 0.07, ear / 2 + 0.05, c.base, turn=tilt)
        pen.oval(ex, ey, 0.032, ear / 2 - 0.01, ROSE, None, turn=tilt)
    pen.key("left ear tip", -0.1, -0.7 - ear)
    pen.key("right ear tip", 0.22, -0.7 - ear)
    pen.oval(0.1, -0.52, 0.23, 0.19, c.base)
    pen.oval(0.17, -0.46, 0.11, 0.085, c.pale, None)
    pen.eye(0.07, -0.55, 0.036)
    pen.eye(0.23, -0.55, 0.034)
    pen.dot(0.01, -0.47, 0.042, mix(c.base, ROSE, 0.6))
    pen.dot(0.18, -0.49, 0.026, ROSE)
    pen.path([(0.13, -0.455), (0.18, -0.43), (0.23, -0.455)], INK, 0.7)
    pen.key("nose", 0.18, -0.49)
    pen.slot("head", 0.08, -0.665)


@kind("wing beak tail legs", (0.12, 0.17), aspect=1.25, tilt=14, contact=0.5)
def bird(pen: Pen, c: Coat, p: P) -> None:
    """A bird; wing lift, beak opening, tail length, leg length."""
    gold = (242, 168, 62)
    leg = 0.06 + 0.1 * p["legs"]
    b = -leg - 0.34
    for x in (-0.03, 0.1):
        pen.path([(x, b + 0.26), (x + 0.02, 0)], (176, 110, 44), 1.2, curved=False)
        pen.path([(x - 0.05, 0), (x + 0.1, 0)], (176, 110, 44), 1.2, curved=False)
    t = 0.16 + 0.26 * p["tail"]
    pen.poly([(-0.3, b - 0.02), (-0.42 - t, b - 0.14), (-0.44 - t, b + 0.06), (-0.28, b + 0.14)], c.deep)
    pen.key("tail tip", -0.43 - t, b - 0.04)
    pen.blob([(-0.42, b), (-0.12, b - 0.22), (0.12, b - 0.28), (0.36, b - 0.14), (0.38, b + 0.1), (0.12, b + 0.3),
              (-0.2, b + 0.24)], c.base)  # fmt: skip
    pen.blob([(0.1, b + 0.02), (0.34, b + 0.06), (0.14, b + 0.27), (-0.12, b + 0.22)], c.pale, None)
    pen.oval(0.3, b - 0.2, 0.23, 0.21, c.base)
    gape = 0.02 + 0.1 * p["beak"]
    pen.poly([(0.48, b - 0.25), (0.76, b - 0.19 - gape), (0.5, b - 0.16)], gold)
    pen.poly([(0.48, b - 0.18), (0.68, b - 0.15 + gape), (0.46, b - 0.1)], mix(gold, (190, 90, 40), 0.4))
    pen.key("beak tip", 0.76, b - 0.19 - gape)
    pen.eye(0.36, b - 0.24, 0.045)
    pen.dot(0.26, b - 0.12, 0.05, mix(c.base, ROSE, 0.55))
    w = p["wing"]
    wx, wy = -0.38 - 0.1 * w, b + 0.18 - 0.75 * w
    pen.blob([(0.12, b - 0.04), (-0.06, b - 0.12 - 0.2 * w), (wx, wy), (-0.24, b + 0.16 - 0.12 * w), (0.04, b + 0.16)],
             c.deep)  # fmt: skip
    pen.key("wing tip", wx, wy)
    pen.slot("head", 0.29, b - 0.38)


@kind("tail fin mouth belly", (0.11, 0.16), aspect=1.6, tilt=16, contact=0, plural="fish")
def fish(pen: Pen, c: Coat, p: P) -> None:
    """A fish; tail length, back fin height, mouth opening, belly."""
    t, h = 0.24 + 0.24 * p["tail"], 0.34 + 0.1 * p["belly"]
    m = -0.5
    pen.blob([(-0.44, m), (-0.54 - t, m - 0.34), (-0.5 - t * 0.7, m), (-0.54 - t, m + 0.34)], c.deep)
    pen.key("tail top", -0.54 - t, m - 0.34)
    pen.key("tail bottom", -0.54 - t, m + 0.34)
    f = 0.1 + 0.22 * p["fin"]
    pen.blob([(-0.28, m - h * 0.7), (-0.22, m - h - f), (0.12, m - h - f * 0.6), (0.26, m - h * 0.75)], c.deep)
    pen.key("fin tip", -0.22, m - h - f)
    pen.blob([(-0.54, m), (-0.28, m - h * 0.8), (0.12, m - h), (0.5, m - h * 0.62), (0.66, m),
              (0.48, m + h * 0.66), (0.1, m + h), (-0.28, m + h * 0.8)], c.base)  # fmt: skip
    pen.blob([(-0.3, m + h * 0.4), (0.2, m + h * 0.5), (0.5, m + h * 0.25), (0.38, m + h * 0.68), (0.08, m + h * 0.92),
              (-0.2, m + h * 0.74)], c.pale, None)  # fmt: skip
    for x in (-0.24, -0.06, 0.12):
        pen.path([(x, m - h * 0.5), (x + 0.08, m), (x, m + h * 0.45)], c.deep, 1.0)
    pen.blob([(0.06, m + 0.06), (-0.2, m + 0.1), (-0.14, m + 0.24)], c.deep)
    pen.dot(0.42, m - 0.12, 0.09, (255, 255, 255))
    pen.eye(0.44, m - 0.12, 0.055)
    o = 0.025 + 0.1 * p["mouth"]
    pen.oval(0.63, m + 0.07, 0.05, o, (196, 84, 92), INK, width=0.7)
    pen.key("mouth", 0.63, m + 0.07)
    pen.key("eye", 0.43, m - 0.12)
