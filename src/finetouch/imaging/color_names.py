"""Colour words to RGB: the tables and the reading of phrases such as "very dark bluish green"."""

from __future__ import annotations

import re
from functools import cache

from PIL import ImageColor

from finetouch.imaging.lab import RGB, lab_of, rgb_of

# The eleven basic colour terms of Berlin and Kay (1969), each with the colour a person points at.
BASIC: dict[str, RGB] = {
    "black": (20, 20, 20), "white": (248, 248, 248), "gray": (128, 128, 128), "red": (215, 25, 30),
    "orange": (250, 130, 20), "yellow": (250, 215, 30), "green": (35, 140, 50), "blue": (25, 85, 205),
    "purple": (120, 45, 150), "pink": (245, 140, 175), "brown": (115, 72, 40),
}  # fmt: skip

# Words of everyday language that CSS does not have, or has with another colour in mind.
EXTRA: dict[str, RGB] = {
    "cream": (250, 240, 210), "mustard": (205, 160, 40), "burgundy": (105, 15, 35), "wine": (110, 20, 45),
    "rose": (235, 100, 130), "peach": (250, 190, 150), "apricot": (250, 180, 120), "lilac": (190, 150, 210),
    "mauve": (175, 130, 170), "violet": (130, 60, 190), "scarlet": (220, 30, 20), "ruby": (155, 17, 50),
    "copper": (175, 105, 55), "bronze": (150, 105, 50), "charcoal": (55, 58, 62), "graphite": (70, 72, 76),
    "dark gray": (78, 78, 80), "dark orange": (196, 92, 12), "emerald": (10, 145, 85), "jade": (0, 160, 105),
    "mint": (170, 230, 200), "mint green": (170, 230, 200),
    "sky": (135, 195, 235), "aqua": (40, 200, 210), "petrol": (0, 95, 110), "denim": (55, 95, 145),
    "sand": (215, 190, 145), "camel": (190, 150, 100), "caramel": (175, 110, 50), "chestnut": (120, 60, 45),
    "rust": (170, 75, 35), "brick": (165, 65, 50), "terracotta": (200, 105, 75), "blond": (220, 190, 130),
    "blonde": (220, 190, 130), "ginger": (185, 95, 40), "platinum": (225, 222, 215), "ash": (178, 178, 170),
    "lemon": (250, 235, 80), "amber": (250, 180, 20), "cherry": (180, 20, 45), "ebony": (40, 35, 32),
    "golden": (230, 180, 50), "silvery": (192, 192, 192), "fuchsia": (230, 30, 140), "cyan": (0, 190, 215),
    "off white": (244, 240, 230), "forest": (30, 90, 45), "royal blue": (45, 80, 190), "baby blue": (155, 205, 240),
    "baby pink": (250, 195, 210), "hot pink": (250, 70, 150), "magenta": (215, 30, 150), "neon green": (70, 250, 50),
    "neon yellow": (235, 250, 40), "neon pink": (255, 60, 160), "army green": (85, 95, 50),
    "rose gold": (200, 130, 120),
    "wood": (150, 105, 65), "chocolate": (90, 50, 30), "coffee": (85, 58, 42), "jet black": (10, 10, 12),
    "snow white": (252, 252, 253), "blood red": (135, 10, 15), "wine red": (110, 20, 45), "brick red": (165, 55, 45),
    "eggplant": (75, 35, 75), "grape": (105, 50, 125), "ocean blue": (25, 105, 160), "pastel yellow": (250, 240, 170),
}  # fmt: skip

SPELLING = {"grey": "gray", "greyish": "grayish", "colour": "color", "coloured": "colored"}
ISH = {
    "bluish": "blue", "reddish": "red", "greenish": "green", "yellowish": "yellow", "purplish": "purple",
    "pinkish": "pink", "brownish": "brown", "grayish": "gray", "orangish": "orange", "whitish": "white",
    "blackish": "black", "bluey": "blue",
}  # fmt: skip
FILLER = {"color", "colored", "shade", "tone", "of", "a", "the", "very", "solid", "plain", "rather", "quite", "in"}

# word -> (change of L, factor on chroma); the change of L is a share of the way to white (+) or black (-).
TONE: dict[str, tuple[float, float]] = {
    "light": (0.45, 0.75), "lighter": (0.45, 0.75), "pale": (0.6, 0.5), "pastel": (0.6, 0.55), "soft": (0.3, 0.65),
    "dark": (-0.42, 0.85), "darker": (-0.42, 0.85), "deep": (-0.35, 1.0), "bright": (0.12, 1.2), "vivid": (0.05, 1.3),
    "brilliant": (0.1, 1.2), "intense": (0.0, 1.25), "neon": (0.2, 1.4), "rich": (-0.12, 1.1), "dull": (-0.05, 0.5),
    "muted": (0.0, 0.5), "dusty": (0.1, 0.45), "warm": (0.0, 1.0), "cool": (0.0, 1.0), "medium": (0.0, 1.0),
    "mid": (0.0, 1.0), "pure": (0.0, 1.1), "faded": (0.25, 0.45), "washed": (0.25, 0.45), "shiny": (0.0, 1.0),
    "glossy": (0.0, 1.0), "matte": (0.0, 0.9), "metallic": (0.0, 0.8),
}  # fmt: skip


def color_words(text: str) -> list[str]:
    """The words of a colour phrase in one spelling, fillers ("very", "coloured") left out."""
    words = (SPELLING.get(w, w) for w in re.findall(r"[a-z]+", text.lower()))
    return [w for w in words if w not in FILLER]


def named_color(text: str | None) -> RGB | None:
    """The colour a phrase names, or None when it names none.

    Understands ``#rgb``, ``#rrggbb``, CSS names with or without spaces, everyday names ("burgundy", "mint"),
    and tones of them ("light blue", "very dark green", "bright red", "bluish", "blue-green"). The basic words
    mean what people point at, not the CSS keyword ("brown" is not a red).
    """
    if not text:
        return None
    text = text.strip().lower()
    if re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", text):
        return _rgb3(ImageColor.getrgb(text))
    words = color_words(text)
    return _phrase(tuple(words)) if words else None


@cache
def _phrase(words: tuple[str, ...]) -> RGB | None:
    whole = _entry(" ".join(words)) or _entry("".join(words))
    if whole is not None or len(words) == 1:
        return whole
    if words[0] in TONE:
        base = _phrase(words[1:])
        return None if base is None else _toned(base, words[0])
    if words[-1] in TONE:
        base = _phrase(words[:-1])
        return None if base is None else _toned(base, words[-1])
    if len(words) == 2:
        first, second = _entry(words[0]), _entry(words[1])
        if first is not None and second is not None:
            if words[0] in ISH:
                return _mix(first, second, 0.3)
            return _mix(first, second, 0.5)
    return None


def _entry(word: str) -> RGB | None:
    word = ISH.get(word, word)
    if word in BASIC:
        return BASIC[word]
    if word in EXTRA:
        return EXTRA[word]
    css = ImageColor.colormap.get(word)
    return None if css is None else _rgb3(ImageColor.getrgb(css))


def _rgb3(value: tuple[int, ...]) -> RGB:
    return int(value[0]), int(value[1]), int(value[2])


def _toned(rgb: RGB, tone: str) -> RGB:
    shift, chroma = TONE[tone]
    lightness, a, b = lab_of(rgb)
    lightness += shift * ((97.0 - lightness) if shift > 0 else lightness)
    return rgb_of((lightness, a * chroma, b * chroma))


def _mix(one: RGB, two: RGB, share: float) -> RGB:
    x, y = lab_of(one), lab_of(two)
    return rgb_of((
        share * x[0] + (1 - share) * y[0], share * x[1] + (1 - share) * y[1], share * x[2] + (1 - share) * y[2],
    ))  # fmt: skip
