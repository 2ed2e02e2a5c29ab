"""Colour words against pixels: which basic colour term a pixel has, and how much of a region has a named colour.

Every term is a soft region in lightness, chroma and hue of Lab. The regions overlap on purpose: the pixels of a
"blue" jacket in evening light may as well be called purple or gray. Boundaries follow the published naming data of
basic colour terms only roughly and were adjusted on photographs.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetouch.imaging.color_names import BASIC, ISH, TONE, color_words, named_color
from finetouch.imaging.lab import RGB, lab_of, rgb_of, srgb_to_lab
from finetouch.imaging.masks import HARD

# Everyday words whose region is that of a basic term (or of two).
_MEANS: dict[str, tuple[str, ...]] = {
    "golden": ("yellow", "orange", "brown"), "gold": ("yellow", "orange", "brown"), "silver": ("gray", "white"),
    "silvery": ("gray", "white"), "blond": ("yellow", "brown", "orange"), "blonde": ("yellow", "brown", "orange"),
    "ginger": ("orange", "brown"), "navy": ("blue", "black"), "turquoise": ("blue", "green"), "teal": ("blue", "green"),
    "cyan": ("blue",), "aqua": ("blue",), "violet": ("purple",), "magenta": ("pink", "purple"), "fuchsia": ("pink",),
    "lilac": ("purple", "pink"), "lavender": ("purple",), "maroon": ("red", "brown"), "burgundy": ("red", "brown"),
    "crimson": ("red",), "scarlet": ("red",), "cream": ("white", "yellow"), "ivory": ("white", "yellow"),
    "tan": ("brown", "orange"), "khaki": ("brown", "yellow", "green"), "olive": ("green", "brown"), "lime": ("green",),
    "charcoal": ("gray", "black"), "wooden": ("brown",), "peach": ("orange", "pink"),
    "coral": ("orange", "pink", "red"),
    "salmon": ("orange", "pink"), "rose": ("pink", "red"), "indigo": ("blue", "purple"), "mustard": ("yellow", "brown"),
}  # fmt: skip


def basic_term(rgb: RGB) -> str:
    """The basic colour term (black, white, gray, red, orange, yellow, green, blue, purple, pink, brown) of a colour."""
    scores = _scores(np.array([[lab_of(rgb)]], dtype=np.float32))[0, 0]
    return list(BASIC)[int(np.argmax(scores))]


def term_share(pixels: NDArray[np.uint8], mask: Any, name: str) -> float:
    """How much of a region has the named colour, 0..1; 0 when the name is no colour.

    The darkest 5 % of the region are ignored (folds, shadow), and borders between colours are soft, so that
    lighting does not decide.

    Args:
        pixels: ``(H, W, 3) uint8``.
        mask: ``(H, W)``, bool or 0..1; pixels above one half count, all of them when there are none.
        name: A colour phrase: "red", "light blue", "navy", "greyish", "#3366cc".
    """
    chosen = _sample(pixels, mask, 20000)
    quantised = np.unique(chosen >> 3, axis=0, return_inverse=True)
    colours, index = quantised[0], quantised[1].ravel()
    lab = srgb_to_lab(((colours << 3) + 4).astype(np.uint8)[None])
    member = membership(lab, name)
    if member is None:
        return 0.0
    lightness, values = lab[0, :, 0][index], member[0][index]
    if len(values) > 40 and not _is_dark(name):
        values = values[lightness >= np.percentile(lightness, 5)]
    return float(values.mean())


def membership(lab: NDArray[np.float32], name: str) -> NDArray[np.float32] | None:
    """How well each Lab pixel ``(H, W, 3)`` can be called `name`, ``(H, W)`` 0..1; None when it is no colour."""
    words = [ISH.get(w, w) for w in color_words(name)]
    tones = [w for w in words if w in TONE]
    core = [w for w in words if w not in TONE]
    terms = _MEANS.get("".join(core)) or (tuple(core) if len(core) == 1 and core[0] in BASIC else None)
    if terms is None:
        rgb = named_color(name)
        return None if rgb is None else _near(lab, rgb)
    scores = _scores(lab)
    order = list(BASIC)
    # The main sense counts fully, further senses three quarters.
    parts = [scores[..., order.index(t)] * (1.0 if i == 0 else 0.75) for i, t in enumerate(terms)]
    best = np.minimum(1.0, np.max(parts, axis=0) * 1.25)
    for tone in tones:
        best = best * _tone_gate(lab, tone)
    return np.asarray(best, dtype=np.float32)


def _is_dark(name: str) -> bool:
    rgb = named_color(name)
    return rgb is not None and lab_of(rgb)[0] < 30


def _tone_gate(lab: NDArray[np.float32], tone: str) -> NDArray[np.float32]:
    shift, chroma = TONE[tone]
    gate = np.ones(lab.shape[:2], dtype=np.float32)
    if shift > 0.2:
        gate *= _ramp(lab[..., 0], 45, 62)
    elif shift < -0.2:
        gate *= 1 - _ramp(lab[..., 0], 38, 55)
    if chroma > 1.15:
        gate *= 0.4 + 0.6 * _ramp(np.hypot(lab[..., 1], lab[..., 2]), 25, 45)
    return gate


def _near(lab: NDArray[np.float32], rgb: RGB) -> NDArray[np.float32]:
    wanted = np.array(lab_of(rgb), dtype=np.float32)
    distance = np.sqrt((((lab - wanted) * np.array([0.45, 1, 1], np.float32)) ** 2).sum(axis=-1))
    return np.asarray(1 - _ramp(distance, 14, 26), dtype=np.float32)


def _ramp(values: Any, low: Any, high: Any) -> NDArray[np.float32]:
    return np.clip((values - low) / (high - low), 0, 1).astype(np.float32)


def _hue_gate(hue: NDArray[np.float32], low: float, high: float, soft: float = 8.0) -> NDArray[np.float32]:
    """1 between the hues `low` and `high` (degrees, may wrap), falling to 0 over `soft` degrees on both sides."""
    centre, half = (low + high) / 2, (high - low) / 2
    away = np.abs((hue - centre + 180) % 360 - 180)
    return 1 - _ramp(away, half - soft / 2, half + soft / 2)


@cache
def _hues() -> dict[str, tuple[float, float]]:
    return {
        "red": (-8, 46), "orange": (44, 77), "yellow": (69, 114), "green": (108, 200), "blue": (196, 310),
        "purple": (303, 350), "pink": (-42, 34), "brown": (30, 92),
    }  # fmt: skip


def _scores(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Soft membership of each pixel in each basic term, ``(H, W, 11)``, in the order of `BASIC`."""
    lightness, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    chroma = np.hypot(a, b)
    hue = np.degrees(np.arctan2(b, a)) % 360
    # Dark pixels need less chroma to look coloured, bright ones a little more; sky light is bluish, lamps are warm.
    cold = _hue_gate(hue, 235, 295, 20)
    knee = 7 + 0.05 * lightness + 2.5 * cold
    coloured = _ramp(chroma, knee - 3, knee + 4)
    neutral = 1 - _ramp(chroma, knee, knee + 8)
    dark = 1 - _ramp(lightness, 18, 34)
    out: dict[str, NDArray[Any]] = {
        "black": dark * (1 - _ramp(chroma, 12, 24) * _ramp(lightness, 6, 14)),
        "white": _ramp(lightness, 68, 84) * neutral,
        "gray": neutral * _ramp(lightness, 18, 32) * (1 - _ramp(lightness, 80, 92)),
    }
    deep = _ramp(lightness, 8, 16)
    for name, (low, high) in _hues().items():
        out[name] = _hue_gate(hue, low, high) * coloured * deep
    pale = _ramp(lightness, 54, 70)
    bluish_pink = _hue_gate(hue, -42, 14)
    out["red"] = out["red"] * (1 - 0.85 * _ramp(lightness, 56, 70)) * (0.45 + 0.55 * _ramp(chroma, 18, 34))
    pinkness = np.maximum(pale, bluish_pink * _ramp(lightness, 38, 52))
    out["pink"] = out["pink"] * pinkness
    out["purple"] = out["purple"] * (1 - 0.6 * _ramp(lightness, 66, 82) * _hue_gate(hue, 325, 360))
    brownish = (1 - _ramp(lightness, 52, 68)) * (1 - 0.8 * _ramp(chroma, 48, 66))
    brownish = np.maximum(brownish, (1 - _ramp(chroma, 28, 44)) * (1 - _ramp(lightness, 66, 80)))
    out["brown"] = out["brown"] * brownish * (1 - 0.7 * _hue_gate(hue, 20, 42) * _ramp(chroma, 28, 40))
    out["orange"] = out["orange"] * (1 - 0.7 * brownish) * (0.3 + 0.7 * _ramp(chroma, 22, 44))
    out["yellow"] = out["yellow"] * _ramp(lightness, 42, 60) * (0.35 + 0.65 * _ramp(chroma, 16, 34))
    return np.stack([out[name] for name in BASIC], axis=-1).astype(np.float32)


def dominant_color(pixels: NDArray[np.uint8], mask: Any) -> RGB:
    """The colour that most of the masked pixels have: the densest spot in Lab, deep shadow and glare left out.

    Args:
        pixels: ``(H, W, 3) uint8``.
        mask: ``(H, W)``, bool or 0..1; pixels above one half count, all of them when there are none.
    """
    chosen = _sample(pixels, mask, 20000)
    lab = srgb_to_lab(chosen[None])[0]
    if len(lab) > 20:
        low, high = np.percentile(lab[:, 0], (10, 97))
        kept = lab[(lab[:, 0] >= low) & (lab[:, 0] <= high)]
        lab = kept if len(kept) else lab
    # Shading spreads lightness but not hue, and all shadows end in one black: so dark pixels count less and a wide
    # window along L (40) is summed, a narrow one (24) along a and b.
    weight = 0.35 + 0.65 * _ramp(lab[:, 0], 10, 35)
    cells = np.floor(lab / 8 + np.array([0, 17, 17], np.float32)).astype(np.int64)
    cells = np.clip(cells, 0, [12, 33, 33]) + np.array([2, 1, 1])
    histogram = np.zeros((17, 36, 36))
    np.add.at(histogram, tuple(cells.T), weight)
    for axis, reach in ((0, 2), (1, 1), (2, 1)):
        histogram = np.sum([np.roll(histogram, s, axis) for s in range(-reach, reach + 1)], axis=0)
    peak = np.array(np.unravel_index(int(np.argmax(histogram)), histogram.shape))
    centre = ((peak + 0.5 - np.array([2, 18, 18])) * 8).astype(np.float32)
    scale = np.array([24, 14, 14], np.float32)
    for _ in range(4):
        near = (((lab - centre) / scale) ** 2).sum(axis=1) < 1.0
        if not near.any():
            break
        centre = np.average(lab[near], axis=0, weights=weight[near]).astype(np.float32)
        scale = np.array([18, 9, 9], np.float32)
    return rgb_of((float(centre[0]), float(centre[1]), float(centre[2])))


def _sample(pixels: NDArray[np.uint8], mask: Any, limit: int) -> NDArray[np.uint8]:
    on = np.asarray(mask)
    if on.dtype == np.uint8:
        on = on > 127
    elif on.dtype != np.bool_:
        on = on > HARD
    chosen = pixels[on] if on.any() else pixels.reshape(-1, 3)
    step = max(1, len(chosen) // limit)
    return chosen[::step]
