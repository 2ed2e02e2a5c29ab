"""A person with hair, top and trousers, and the hat."""

from __future__ import annotations

from collections.abc import Mapping

from finetouch.lab.canvas import Pen
from finetouch.lab.kinds import Coat, kind
from finetouch.lab.palette import HAIR, INK, SKIN, dark, light, mix

P = Mapping[str, float]


@kind("arm legs hair skin mouth", (0.33, 0.42), aspect=0.42, second=True, contact=0.95, plural="people")
def person(pen: Pen, c: Coat, p: P) -> None:
    """A person; raised arm, leg length, hair length and colour, skin, mouth opening. The colour is that of the top."""
    skin = SKIN[min(3, int(p["skin"] * 4))]
    hair = HAIR[min(4, int((p["hair"] * 7.3) % 1 * 5))]
    leg = 0.26 + 0.12 * p["legs"]
    sh = -leg - 0.31
    hx, hy = 0.01, sh - 0.12
    long = 0.05 + 0.2 * p["hair"]
    pen.blob([(hx - 0.15, hy - 0.04), (hx, hy - 0.18), (hx + 0.15, hy - 0.04), (hx + 0.15, hy + long),
              (hx, hy + long * 0.9), (hx - 0.16, hy + long)], hair)  # fmt: skip
    pen.key("hair tip", hx - 0.16, hy + long)
    for x in (-0.085, 0.085):
        pen.oval(x + 0.025, -0.025, 0.085, 0.035, (92, 72, 66))
    pen.part = "trousers"
    pen.poly([(-0.14, -leg - 0.04), (0.14, -leg - 0.04), (0.155, -0.04), (0.03, -0.04), (0, -leg + 0.08),
              (-0.03, -0.04), (-0.155, -0.04)], c.second)  # fmt: skip
    pen.part = ""
    reach = 0.25
    pen.tube([(-0.12, sh + 0.07), (-0.2, sh + 0.19), (-0.19, sh + 0.34)], 0.075, skin, 0.065)
    pen.key("left hand", -0.19, sh + 0.34)
    a = p["arm"]
    ex, ey = 0.22 + 0.06 * a * (1 - a) * 4, sh + 0.18 - 0.16 * a
    kx, ky = 0.19 + 0.12 * a, sh + 0.34 - (0.34 + reach) * a
    pen.tube([(0.12, sh + 0.07), (ex, ey), (kx, ky)], 0.075, skin, 0.065)
    pen.key("right hand", kx, ky)
    pen.part = "top"
    pen.tube([(-0.11, sh + 0.06), (-0.17, sh + 0.15), (-0.2, sh + 0.2)], 0.11, c.base, 0.11)
    pen.tube([(0.11, sh + 0.06), ((0.11 + ex) / 2 + 0.01, (sh + 0.06 + ey) / 2), (ex, ey)], 0.11, c.base, 0.11)
    pen.blob([(-0.1, sh + 0.005), (0, sh + 0.02), (0.1, sh + 0.005), (0.155, sh + 0.06), (0.145, -leg - 0.16),
              (0.15, -leg - 0.01), (0, -leg + 0.01), (-0.15, -leg - 0.01), (-0.145, -leg - 0.16),
              (-0.155, sh + 0.06)], c.base)  # fmt: skip
    pen.path([(-0.12, -leg - 0.04), (0, -leg - 0.02), (0.12, -leg - 0.04)], c.deep, 1.0)
    pen.part = ""
    pen.dot(hx, sh + 0.01, 0.05, dark(skin, 0.1), 0.035)
    pen.oval(hx, hy, 0.128, 0.135, skin)
    pen.blob([(hx - 0.135, hy - 0.01), (hx - 0.11, hy - 0.13), (hx + 0.02, hy - 0.165), (hx + 0.13, hy - 0.1),
              (hx + 0.13, hy - 0.02), (hx + 0.04, hy - 0.085), (hx - 0.06, hy - 0.075)], hair)  # fmt: skip
    pen.eye(hx - 0.035, hy + 0.005, 0.017)
    pen.eye(hx + 0.065, hy + 0.005, 0.017)
    blush = mix(skin, (236, 120, 110), 0.45)
    pen.dot(hx - 0.07, hy + 0.05, 0.026, blush)
    pen.dot(hx + 0.095, hy + 0.05, 0.024, blush)
    if p["mouth"] > 0.35:
        pen.oval(hx + 0.018, hy + 0.07, 0.025, 0.01 + 0.03 * p["mouth"], (176, 72, 78), INK, width=0.5)
    else:
        pen.path([(hx - 0.02, hy + 0.065), (hx + 0.018, hy + 0.08), (hx + 0.055, hy + 0.065)], INK, 0.8)
    pen.key("mouth", hx + 0.018, hy + 0.07)
    pen.key("left foot", -0.085, -0.03)
    pen.key("right foot", 0.11, -0.03)
    pen.slot("head", hx, hy - 0.1)


@kind("crown brim band", (0.085, 0.125), aspect=1.7, tilt=8, contact=0.9)
def hat(pen: Pen, c: Coat, p: P) -> None:
    """A hat with a band; crown height, brim width, height of the band."""
    top, brim = -0.62 - 0.45 * p["crown"], 0.6 + 0.3 * p["brim"]
    pen.oval(0, -0.12, brim, 0.15, c.deep)
    pen.blob([(-0.44, -0.14), (-0.4, top * 0.72), (-0.24, top), (0, top + 0.05), (0.24, top), (0.4, top * 0.72),
              (0.44, -0.14), (0, -0.06)], c.base)  # fmt: skip
    band = 0.14 + 0.12 * p["band"]
    ribbon = light(c.base, 0.62) if sum(c.base) < 560 else (204, 92, 92)
    pen.blob([(-0.46, -0.15), (-0.45, -0.15 - band), (0, -0.07 - band), (0.45, -0.15 - band), (0.46, -0.15),
              (0, -0.06)], ribbon)  # fmt: skip
    pen.path([(-brim * 0.96, -0.1), (-brim * 0.5, -0.005), (0, 0.03), (brim * 0.5, -0.005), (brim * 0.96, -0.1)],
             c.deep, 0.6)  # fmt: skip
    pen.key("crown", 0, top)
    pen.key("left brim", -brim, -0.12)
    pen.key("right brim", brim, -0.12)
