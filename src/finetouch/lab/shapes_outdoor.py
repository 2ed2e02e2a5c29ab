"""Things outside: tree, flower, mushroom, house, car, boat, balloon."""

from __future__ import annotations

import math
from collections.abc import Mapping

from finetouch.lab.canvas import Pen
from finetouch.lab.kinds import Coat, kind
from finetouch.lab.palette import INK, dark, light, mix

P = Mapping[str, float]
BARK = (142, 102, 72)
LEAF = (112, 164, 88)
GLASS = (190, 226, 240)
LEAVES = ("green", "orange", "yellow", "red", "pink", "brown", "purple", "white", "blue")


@kind("trunk crown lean", (0.38, 0.5), aspect=0.72, colors=LEAVES, tilt=3, contact=0.75)
def tree(pen: Pen, c: Coat, p: P) -> None:
    """A leafy tree; trunk height, crown width, lean."""
    t, w, lean = 0.24 + 0.2 * p["trunk"], 0.28 + 0.1 * p["crown"], 0.12 * (p["lean"] - 0.5)
    pen.blob([(-0.1, 0), (-0.05, -0.08), (-0.045 + lean, -t - 0.1), (0.045 + lean, -t - 0.1), (0.055, -0.08),
              (0.11, 0)], BARK)  # fmt: skip
    pen.path([(lean * 0.4, -t), (0.0, -t * 0.5), (0.01, -0.06)], dark(BARK), 0.8)
    m, x = -t - (0.96 - t) * 0.5, lean * 1.5
    h = (0.96 - t) * 0.5
    ring = []
    for i in range(18):
        a, r = math.tau * i / 18, 1.0 if i % 2 else 0.86
        ring.append((x + math.cos(a) * w * r, m + math.sin(a) * h * r))
    pen.blob(ring, c.base)
    for dx, dy, s in ((-0.36, -0.34, 0.36), (0.2, -0.45, 0.26), (-0.05, 0.06, 0.28)):
        pen.oval(x + dx * w, m + dy * h, w * s, h * s * 0.8, mix(c.base, c.pale, 0.55), None)
    for dx, dy in ((0.45, 0.1), (0.15, 0.5), (-0.5, 0.35)):
        px, py = x + dx * w, m + dy * h
        pen.path([(px - 0.05, py), (px, py + 0.035), (px + 0.05, py)], c.deep, 1.0)
    pen.key("crown top", x, m - h * 0.92)
    pen.key("crown left", x - w, m)
    pen.key("crown right", x + w * 0.86, m)
    pen.key("trunk foot", 0, 0)
    pen.slot("crown", x, m - h * 0.9, w * 0.2)


@kind("stem petal lean", (0.14, 0.21), aspect=0.62, tilt=8, contact=0.45,
      colors=("red", "orange", "yellow", "blue", "purple", "pink", "white"))  # fmt: skip
def flower(pen: Pen, c: Coat, p: P) -> None:
    """A flower; stem length, petal length, lean."""
    hgt, pet, lean = -0.5 - 0.25 * p["stem"], 0.14 + 0.1 * p["petal"], 0.24 * (p["lean"] - 0.5)
    pen.tube([(0, 0), (lean * 0.2, hgt * 0.5), (lean, hgt)], 0.07, LEAF, 0.05)
    pen.blob([(0.0, -0.08), (0.14, -0.26), (0.32, -0.3), (0.22, -0.12)], LEAF)
    pen.blob([(0.0, -0.04), (-0.14, -0.2), (-0.3, -0.22), (-0.2, -0.06)], LEAF)
    for i in range(6):
        a = math.tau * (i / 6 + 0.08)
        pen.oval(lean + math.cos(a) * pet, hgt + math.sin(a) * pet, pet * 0.85, pet * 0.58, c.base,
                 turn=math.degrees(a))  # fmt: skip
        pen.dot(lean + math.cos(a) * pet * 1.1, hgt + math.sin(a) * pet * 1.1, pet * 0.26, c.pale)
    core = (250, 204, 84) if sum(c.base) > 560 or c.base[2] > 120 or c.base[0] - c.base[1] > 110 else (140, 92, 62)
    pen.oval(lean, hgt, pet * 0.6, pet * 0.6, core)
    pen.key("center", lean, hgt)
    pen.key("petal top", lean, hgt - pet * 1.6)
    pen.key("foot", 0, 0)


@kind("cap stem dots", (0.11, 0.17), aspect=1.0, tilt=6, contact=0.6)
def mushroom(pen: Pen, c: Coat, p: P) -> None:
    """A mushroom with dots; cap width, stem thickness, size of the dots."""
    w, s, r = 0.4 + 0.14 * p["cap"], 0.13 + 0.09 * p["stem"], 0.04 + 0.05 * p["dots"]
    pen.blob([(-s, 0), (-s * 0.8, -0.3), (-s * 0.9, -0.6), (s * 0.9, -0.6), (s * 0.8, -0.3), (s, 0), (0, 0.02)],
             (250, 238, 214))  # fmt: skip
    pen.blob([(-w, -0.5), (-w * 0.8, -0.8), (-0.16, -1.0), (0.16, -1.0), (w * 0.8, -0.8), (w, -0.5), (w * 0.5, -0.44),
              (0, -0.42), (-w * 0.5, -0.44)], c.base)  # fmt: skip
    spot = (255, 250, 236) if sum(c.base) < 690 else (226, 120, 104)
    for x, y, q in ((-0.5, -0.66, 1.0), (0.02, -0.82, 1.35), (0.52, -0.68, 1.0), (0.12, -0.56, 0.8)):
        pen.dot(x * w, y, r * q * 1.15, spot, r * q)
    pen.key("cap top", 0, -1.0)
    pen.key("cap left", -w, -0.5)
    pen.key("cap right", w, -0.5)


@kind("roof width door", (0.34, 0.46), aspect=0.95, contact=0.98)
def house(pen: Pen, c: Coat, p: P) -> None:
    """A cottage; roof height, width, door height. The colour is that of the walls."""
    rf, w, dr = 0.28 + 0.16 * p["roof"], 0.36 + 0.1 * p["width"], 0.26 + 0.1 * p["door"]
    eave = -0.94 + rf
    tile = (196, 98, 78) if not (c.base[0] > 190 and c.base[1] < 130) else (112, 98, 110)
    pen.box(w * 0.4, -0.98, w * 0.62, eave - 0.02, (176, 128, 110))
    pen.box(-w, eave, w, 0, c.base)
    for y in (0.3, 0.55, 0.8):
        pen.path([(-w * 0.9, eave * y), (-w * 0.72, eave * y)], c.deep, 0.7, False)
        pen.path([(w * 0.8, eave * y - 0.03), (w * 0.92, eave * y - 0.03)], c.deep, 0.7, False)
    pen.poly([(-w - 0.09, eave + 0.03), (0, -0.96), (w + 0.09, eave + 0.03)], tile)
    for i in (1, 2):
        y = -0.96 + (eave + 0.96) * i / 3 + 0.03
        half = (w + 0.09) * (y + 0.96) / (eave + 0.99) * 0.9
        pen.path([(-half, y), (0, y + 0.03), (half, y)], dark(tile), 0.8)
    pen.oval(0, eave - rf * 0.2, 0.065, 0.065, GLASS)
    pen.box(-0.1, -dr, 0.1, 0, (134, 92, 66), r=0.03)
    pen.box(-0.115, -0.025, 0.115, 0.012, (196, 186, 176))
    pen.dot(0.06, -dr * 0.45, 0.018, (250, 214, 110))
    for x in (-w * 0.64, w * 0.64):
        pen.box(x - 0.09, eave + 0.1, x + 0.09, eave + 0.29, (255, 240, 180))
        pen.path([(x, eave + 0.1), (x, eave + 0.29)], INK, 0.8, False)
        pen.path([(x - 0.09, eave + 0.195), (x + 0.09, eave + 0.195)], INK, 0.8, False)
        pen.box(x - 0.11, eave + 0.29, x + 0.11, eave + 0.325, (250, 246, 236))
    pen.key("roof top", 0, -0.96)
    pen.key("left corner", -w, 0)
    pen.key("right corner", w, 0)
    pen.slot("roof", 0, -0.93, 0.0)


@kind("cabin length wheels", (0.17, 0.23), aspect=1.95, contact=0.98)
def car(pen: Pen, c: Coat, p: P) -> None:
    """A car; cabin height, length, wheel size."""
    n, r = 0.86 + 0.16 * p["length"], 0.19 + 0.06 * p["wheels"]
    top = -0.78 - 0.24 * p["cabin"]
    pen.blob([(-n * 0.68, -0.5), (-n * 0.5, top + 0.06), (-n * 0.3, top), (n * 0.14, top), (n * 0.34, top + 0.12),
              (n * 0.56, -0.5), (0, -0.4)], c.base)  # fmt: skip
    pen.poly([(-n * 0.52, -0.52), (-n * 0.4, top + 0.11), (-n * 0.1, top + 0.09), (-n * 0.1, -0.52)], GLASS)
    pen.poly([(-n * 0.02, -0.52), (-n * 0.02, top + 0.09), (n * 0.14, top + 0.1), (n * 0.38, -0.52)], GLASS)
    pen.path([(-n * 0.42, -0.56), (-n * 0.32, top + 0.16)], (255, 255, 255), 1.3, False)
    pen.blob([(-n, -0.24), (-n * 0.97, -0.48), (-n * 0.6, -0.56), (0, -0.55), (n * 0.6, -0.55), (n * 0.95, -0.42),
              (n, -0.2), (n * 0.8, -0.12), (0, -0.11), (-n * 0.84, -0.12)], c.base)  # fmt: skip
    pen.path([(-n * 0.9, -0.3), (0, -0.32), (n * 0.9, -0.28)], c.pale, 1.6)
    pen.path([(-n * 0.06, -0.52), (-n * 0.07, -0.18)], c.deep, 0.9, False)
    pen.dot(n * 0.02, -0.42, 0.035, dark(c.base, 0.5), 0.016)
    pen.oval(n * 0.9, -0.34, 0.06, 0.07, (255, 242, 176))
    pen.box(-n * 1.0, -0.42, -n * 0.93, -0.3, (226, 84, 76), r=0.02)
    for x in (-n * 0.54, n * 0.56):
        pen.oval(x, -r, r, r, (66, 62, 70))
        pen.oval(x, -r, r * 0.5, r * 0.5, (216, 214, 210))
    pen.key("roof", -n * 0.08, top)
    pen.key("front", n, -0.24)
    pen.key("rear", -n, -0.24)
    pen.slot("roof", -n * 0.08, top + 0.02, 0.12)


@kind("mast length sail", (0.24, 0.34), aspect=0.95, tilt=5, contact=0.9)
def boat(pen: Pen, c: Coat, p: P) -> None:
    """A sailing boat; mast height, hull length, sail width."""
    n, top, s = 0.4 + 0.1 * p["length"], -0.76 - 0.22 * p["mast"], 0.55 + 0.35 * p["sail"]
    pen.box(-0.02, top, 0.02, -0.2, BARK)
    pen.blob([(0.03, top + 0.06), (0.12, top * 0.62), (n * s, -0.34), (0.03, -0.32)], (252, 246, 232))
    pen.blob([(-0.04, top + 0.14), (-0.1, top * 0.6), (-n * s * 0.8, -0.34), (-0.04, -0.32)], c.pale)
    pen.poly([(0.0, top), (-0.15, top + 0.04), (0.0, top + 0.085)], (226, 84, 76))
    pen.blob([(-n, -0.26), (0, -0.23), (n * 1.04, -0.28), (n * 0.72, -0.04), (n * 0.4, 0), (-n * 0.5, 0),
              (-n * 0.8, -0.06)], c.base)  # fmt: skip
    pen.path([(-n * 0.92, -0.19), (0, -0.16), (n * 0.92, -0.2)], c.pale, 1.7)
    pen.key("mast top", 0, top)
    pen.key("bow", n * 1.04, -0.28)
    pen.key("stern", -n, -0.26)


@kind("long string knot", (0.2, 0.28), aspect=0.5, tilt=10, contact=0)
def balloon(pen: Pen, c: Coat, p: P) -> None:
    """A balloon on a string; height of the balloon, swing of the string, size of the knot."""
    h, sw, k = 0.27 + 0.05 * p["long"], 0.2 * (p["string"] - 0.5), 0.03 + 0.02 * p["knot"]
    m = -0.98 + h
    pen.path([(0, m + h), (sw, m + h + 0.14), (-sw, m + h + 0.26), (sw * 0.6, 0)], INK, 0.7)
    pen.key("string end", sw * 0.6, 0)
    pen.poly([(-k, m + h + k * 1.5), (0, m + h - 0.01), (k, m + h + k * 1.5)], c.base)
    pen.blob([(0, m - h), (0.19, m - h * 0.72), (0.25, m - h * 0.1), (0.15, m + h * 0.62), (0, m + h),
              (-0.15, m + h * 0.62), (-0.25, m - h * 0.1), (-0.19, m - h * 0.72)], c.base)  # fmt: skip
    pen.oval(-0.1, m - h * 0.4, 0.05, 0.1, light(c.base, 0.65), None, turn=22)
    pen.key("top", 0, m - h)
    pen.key("left", -0.25, m)
    pen.key("right", 0.25, m)
