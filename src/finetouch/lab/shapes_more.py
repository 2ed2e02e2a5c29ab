"""The further things of the larger world: duck, bus, kite, umbrella, teapot, vase, cactus, pumpkin, present."""

from __future__ import annotations

import math
from collections.abc import Mapping

from finetouch.lab.canvas import Pen
from finetouch.lab.kinds import Coat, kind
from finetouch.lab.palette import INK, dark, light, mix

P = Mapping[str, float]
GLASS = (190, 226, 240)
BARK = (142, 102, 72)
LEAF = (112, 164, 88)
BILL = (246, 168, 66)


@kind("tail neck bill", (0.13, 0.19), aspect=1.15, contact=0.6, more=True)
def duck(pen: Pen, c: Coat, p: P) -> None:
    """A duck; tail height, neck length, bill length."""
    tail, neck, bill = 0.5 + 0.16 * p["tail"], 0.1 + 0.12 * p["neck"], 0.14 + 0.1 * p["bill"]
    for x in (-0.1, 0.1):
        pen.poly([(x - 0.02, -0.12), (x + 0.02, -0.12), (x + 0.03, -0.03), (x + 0.12, 0), (x - 0.06, 0)], BILL)
    hx, hy = 0.34, -0.7 - neck
    pen.blob([(hx + 0.12, hy - 0.06), (hx + 0.16 + bill, hy + 0.02), (hx + 0.14 + bill, hy + 0.1),
              (hx + 0.12, hy + 0.12)], BILL)  # fmt: skip
    pen.blob([(-0.6, -tail), (-0.42, -0.46), (-0.1, -0.5), (0.18, -0.52), (0.2, hy + 0.04), (0.5, hy + 0.06),
              (0.54, -0.42), (0.42, -0.16), (0.1, -0.06), (-0.3, -0.1), (-0.52, -0.3)], c.base)  # fmt: skip
    pen.oval(hx, hy, 0.2, 0.18, c.base)
    pen.blob([(-0.34, -0.38), (-0.02, -0.44), (0.2, -0.32), (0.02, -0.18), (-0.26, -0.2)], c.pale)
    pen.path([(-0.2, -0.26), (0.0, -0.24), (0.12, -0.3)], c.deep, 0.9)
    pen.dot(hx + 0.07, hy - 0.04, 0.035, INK)
    pen.key("bill tip", hx + 0.16 + bill, hy + 0.05)
    pen.key("tail tip", -0.6, -tail)
    pen.key("head top", hx, hy - 0.18)


@kind("length wheels door", (0.26, 0.33), aspect=1.9, contact=0.98, more=True)
def bus(pen: Pen, c: Coat, p: P) -> None:
    """A bus; length, wheel size, height of the door."""
    n, r, door = 0.86 + 0.14 * p["length"], 0.14 + 0.04 * p["wheels"], 0.5 + 0.18 * p["door"]
    pen.box(-n, -1.0, n, -0.12, c.base, r=0.08)
    pen.box(-n + 0.06, -1.0, n - 0.06, -0.93, c.pale, r=0.03)
    for i in range(4):
        x = -n + 0.12 + i * (2 * n - 0.66) / 4
        pen.box(x, -0.86, x + (2 * n - 0.66) / 4 - 0.07, -0.54, GLASS, r=0.03)
    x = n - 0.44
    pen.box(x, -0.14 - door, x + 0.2, -0.14, GLASS, r=0.02)
    pen.path([(x + 0.1, -0.14 - door), (x + 0.1, -0.14)], INK, 0.8, False)
    pen.box(n - 0.17, -0.86, n - 0.02, -0.5, GLASS, r=0.02)
    pen.path([(-n + 0.06, -0.42), (n - 0.5, -0.42)], c.pale, 1.8, False)
    pen.path([(-n + 0.06, -0.32), (n - 0.5, -0.32)], c.deep, 1.0, False)
    pen.oval(n - 0.05, -0.28, 0.05, 0.06, (255, 242, 176))
    pen.box(-n - 0.02, -0.36, -n + 0.05, -0.22, (226, 84, 76), r=0.02)
    for x in (-n * 0.58, n * 0.36):
        pen.oval(x, -r, r, r, (66, 62, 70))
        pen.oval(x, -r, r * 0.5, r * 0.5, (216, 214, 210))
    pen.key("roof", 0, -1.0)
    pen.key("front", n, -0.3)
    pen.key("rear", -n, -0.3)


@kind("width cross string", (0.2, 0.27), aspect=0.66, tilt=16, contact=0, more=True)
def kite(pen: Pen, c: Coat, p: P) -> None:
    """A kite with bows on its string; width, height of the crossing, swing of the string."""
    w, cross, swing = 0.26 + 0.1 * p["width"], -0.7 - 0.08 * p["cross"], 0.3 * (p["string"] - 0.5)
    pen.path([(0, -0.34), (swing, -0.24), (-swing, -0.12), (swing * 0.6, 0)], INK, 0.7)
    pen.poly([(0, -1.0), (w, cross), (0, -0.34), (-w, cross)], c.base)
    pen.poly([(0, -1.0), (0, cross), (-w, cross)], c.pale)
    pen.poly([(0, -0.34), (0, cross), (w, cross)], c.deep)
    pen.path([(0, -1.0), (0, -0.34)], BARK, 1.1, False)
    pen.path([(-w, cross), (w, cross)], BARK, 1.1, False)
    for x, y in ((swing * 0.9, -0.23), (-swing * 0.9, -0.12)):
        pen.poly([(x, y), (x - 0.08, y - 0.045), (x - 0.08, y + 0.045)], c.base)
        pen.poly([(x, y), (x + 0.08, y - 0.045), (x + 0.08, y + 0.045)], c.base)
    pen.key("top", 0, -1.0)
    pen.key("left corner", -w, cross)
    pen.key("right corner", w, cross)


@kind("width height handle", (0.3, 0.4), aspect=0.95, tilt=8, contact=0.3, more=True)
def umbrella(pen: Pen, c: Coat, p: P) -> None:
    """An open sunshade; width, height of its roof, length of the tip."""
    w, h, tip = 0.42 + 0.08 * p["width"], 0.3 + 0.1 * p["height"], 0.03 + 0.05 * p["handle"]
    low = -0.98 + tip + h
    pen.box(-0.022, -0.96, 0.022, 0, BARK)
    pen.box(-0.012, -1.0, 0.012, -0.97 + tip, BARK)
    ring = [(w * math.cos(a), low - h * math.sin(a)) for a in (math.pi * k / 12 for k in range(13))]
    edge = []
    for i in range(5):
        x = -w + 2 * w * i / 5
        edge += [(x + w * 0.06, low), (x + w * 0.2, low - 0.045), (x + w * 0.34, low)]
    pen.poly([*ring, *edge], c.base)
    for side in (-1, 1):
        pen.blob([(0, low - h), (side * w * 0.32, low - h * 0.62), (side * w * 0.6, low - 0.02),
                  (side * w * 0.2, low - 0.035), (side * w * 0.14, low - h * 0.6)], c.pale, None)  # fmt: skip
        pen.path([(0, low - h), (side * w * 0.42, low - h * 0.6), (side * w * 0.6, low - 0.01)], c.deep, 0.9)
    pen.path([(0, low - h), (-w * 0.2, low - h * 0.5), (-w * 0.2, low - 0.01)], c.deep, 0.9)
    pen.path([(0, low - h), (w * 0.2, low - h * 0.5), (w * 0.2, low - 0.01)], c.deep, 0.9)
    pen.key("tip", 0, -1.0)
    pen.key("left rim", -w, low)
    pen.key("right rim", w, low)


@kind("belly spout handle", (0.14, 0.19), aspect=1.35, contact=0.7, more=True)
def teapot(pen: Pen, c: Coat, p: P) -> None:
    """A teapot; width of the belly, length of the spout, size of the handle."""
    w, s, h = 0.4 + 0.1 * p["belly"], 0.22 + 0.14 * p["spout"], 0.17 + 0.07 * p["handle"]
    pen.oval(-w - h * 0.35, -0.46, h, h * 1.3, c.base)
    pen.oval(-w - h * 0.3, -0.46, h * 0.55, h * 0.85, dark(c.base, 0.55), None)
    pen.blob([(w * 0.7, -0.24), (w + s * 0.6, -0.46), (w + s, -0.72), (w + s + 0.08, -0.7), (w + s * 0.9, -0.34),
              (w * 0.8, -0.1)], c.base)  # fmt: skip
    pen.blob([(-w * 0.6, -0.74), (-w, -0.44), (-w * 0.86, -0.14), (-w * 0.5, 0), (w * 0.5, 0), (w * 0.86, -0.14),
              (w, -0.44), (w * 0.6, -0.74)], c.base)  # fmt: skip
    pen.blob([(-w * 0.62, -0.6), (-w * 0.42, -0.62), (-w * 0.56, -0.18), (-w * 0.72, -0.26)], c.pale, None)
    pen.blob([(-w * 0.56, -0.74), (-w * 0.34, -0.86), (w * 0.34, -0.86), (w * 0.56, -0.74), (0, -0.71)], c.pale)
    pen.dot(0, -0.92, 0.07, c.deep)
    pen.path([(-w * 0.9, -0.3), (0, -0.24), (w * 0.9, -0.3)], c.pale, 1.7)
    pen.key("knob", 0, -0.98)
    pen.key("spout tip", w + s + 0.04, -0.72)
    pen.key("handle", -w - h * 1.3, -0.46)


@kind("belly neck flare", (0.2, 0.28), aspect=0.55, contact=0.6, more=True)
def vase(pen: Pen, c: Coat, p: P) -> None:
    """A tall vase with a band; width of the belly, length and flare of the neck."""
    w, neck, flare = 0.2 + 0.09 * p["belly"], 0.24 + 0.14 * p["neck"], 0.1 + 0.08 * p["flare"]
    pen.blob([(-flare, -0.97), (-0.07, -0.97 + neck * 0.55), (-w * 0.8, -0.96 + neck), (-w, -0.42), (-0.14, -0.04),
              (-0.12, 0), (0.12, 0), (0.14, -0.04), (w, -0.42), (w * 0.8, -0.96 + neck), (0.07, -0.97 + neck * 0.55),
              (flare, -0.97), (0, -0.95)], c.base)  # fmt: skip
    pen.oval(0, -0.97, flare, 0.03, dark(c.base, 0.5))
    pen.blob([(-w * 0.66, -0.5), (-w * 0.42, -0.52), (-w * 0.34, -0.2), (-w * 0.5, -0.22)], c.pale, None)
    for y in (-0.46, -0.38):
        pen.path([(-w * 0.95, y), (0, y + 0.045), (w * 0.95, y)], c.deep if y < -0.4 else c.pale, 1.5)
    pen.key("left rim", -flare, -0.97)
    pen.key("right rim", flare, -0.97)
    pen.key("belly", w, -0.42)


@kind("arms width spines", (0.26, 0.36), aspect=0.62, contact=0.7, more=True,
      colors=("green", "yellow", "purple", "pink", "blue", "orange"))  # fmt: skip
def cactus(pen: Pen, c: Coat, p: P) -> None:
    """A cactus with two arms; height of the arms, width, size of the blossom."""
    arm, w, bloom = 0.18 + 0.16 * p["arms"], 0.1 + 0.04 * p["width"], 0.05 + 0.03 * p["spines"]
    for side, low in ((-1, -0.34), (1, -0.46)):
        x = side * (w + 0.15)
        pen.tube([(side * w * 0.4, low), (x, low - 0.02), (x, low - arm)], w * 0.95, c.base, w * 0.8)
        pen.path([(x, low - 0.06), (x, low - arm + 0.02)], c.deep, 0.9, False)
    pen.blob([(-w, 0), (-w, -0.6), (-w * 0.75, -0.88), (0, -0.94), (w * 0.75, -0.88), (w, -0.6), (w, 0),
              (0, 0.015)], c.base)  # fmt: skip
    for x in (-0.45, 0.0, 0.45):
        pen.path([(w * x, -0.04), (w * x, -0.84)], c.deep if x else c.pale, 0.9, False)
    petal = (240, 120, 150) if c.base[1] >= c.base[0] else (252, 226, 120)
    for k in range(5):
        a = math.pi * (0.1 + 0.2 * k)
        pen.oval(math.cos(a) * bloom, -0.93 - math.sin(a) * bloom * 0.7, bloom * 0.6, bloom * 0.5, petal)
    pen.key("top", 0, -0.95)
    pen.key("left arm", -(w + 0.15), -0.34 - arm)
    pen.key("right arm", w + 0.15, -0.46 - arm)


@kind("width stalk ribs", (0.12, 0.18), aspect=1.2, contact=0.85, more=True,
      colors=("orange", "yellow", "green", "white", "brown", "red"))  # fmt: skip
def pumpkin(pen: Pen, c: Coat, p: P) -> None:
    """A pumpkin; width, length of the stalk, spread of the ribs."""
    w, stalk, ribs = 0.5 + 0.1 * p["width"], 0.1 + 0.1 * p["stalk"], 0.3 + 0.14 * p["ribs"]
    pen.tube([(0.0, -0.78), (0.02, -0.84), (0.1, -0.8 - stalk)], 0.1, LEAF, 0.07)
    for x in (-1, 1):
        pen.oval(x * w * 0.62, -0.4, w * 0.4, 0.36, mix(c.base, c.deep, 0.4))
    for x in (-1, 1):
        pen.oval(x * w * ribs, -0.4, w * 0.42, 0.39, c.base)
    pen.oval(0, -0.4, w * 0.34, 0.41, c.base)
    pen.oval(-w * 0.12, -0.56, w * 0.1, 0.13, light(c.base, 0.5), None, turn=15)
    pen.key("stalk tip", 0.1, -0.8 - stalk)
    pen.key("left", -w, -0.4)
    pen.key("right", w, -0.4)


@kind("width bow lid", (0.13, 0.2), aspect=1.1, contact=0.95, more=True, second=True)
def present(pen: Pen, c: Coat, p: P) -> None:
    """A wrapped present with a ribbon in a second colour; width, size of the bow, height of the lid."""
    w, bow, lid = 0.38 + 0.14 * p["width"], 0.15 + 0.08 * p["bow"], 0.13 + 0.08 * p["lid"]
    top = -0.74
    pen.box(-w, top + 0.02, w, 0, c.base)
    pen.box(-w * 0.16, top, w * 0.16, 0, c.second)
    pen.box(-w - 0.05, top, w + 0.05, top + lid, c.pale)
    pen.box(-w * 0.16, top, w * 0.16, top + lid, c.second)
    for side in (-1, 1):
        pen.blob([(0, top), (side * bow * 0.7, top - 0.2), (side * bow * 1.7, top - 0.18),
                  (side * bow * 1.6, top - 0.03)], c.second)  # fmt: skip
    pen.dot(0, top - 0.04, 0.06, c.second)
    pen.key("bow", 0, top - 0.1)
    pen.key("left corner", -w, 0)
    pen.key("right corner", w, 0)
