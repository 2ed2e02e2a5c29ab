"""Numbers behind the words: how strong, how far, how big, by what angle."""

from __future__ import annotations

import re
from typing import Any

from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at
from finetouch.plan.tokens import Token, say

DEFAULT, WEAK, STRONG = 0.35, 0.15, 0.6
_WEAK = lx.words("slightly little bit somewhat subtly touch gently tad lightly faintly")
_STRONG = lx.words(
    """
    much very lot significantly dramatically drastically extremely really super way considerably heavily
    strongly far greatly totally completely
    """
)
_SIZES = {"twice": 2.0, "double": 2.0, "doubled": 2.0, "triple": 3.0, "half": 0.5, "halve": 0.5, "quarter": 0.25}
_DIRECTIONS = {
    "left": "left", "right": "right", "up": "up", "down": "down", "upward": "up", "upwards": "up", "downwards": "down",
    "top": "up", "bottom": "down", "higher": "up", "lower": "down", "leftwards": "left", "rightwards": "right",
    "leftward": "left", "rightward": "right", "upper": "up", "downward": "down",
}  # fmt: skip


def strength(tokens: list[Token]) -> float:
    """0.15 for "slightly", 0.6 for "much" or "very", the percentage said, else 0.35."""
    for i, token in enumerate(tokens):
        if token.kind == "num" and (
            token.text.endswith("%") or (i + 1 < len(tokens) and tokens[i + 1].low in ("percent", "%"))
        ):
            return max(0.0, min(1.0, number(token) / 100))
    lows = [t.low for t in tokens]
    if any(w in _WEAK for w in lows):
        return WEAK
    if any(w in _STRONG for w in lows) or lows.count("more") > 1:
        return STRONG
    return DEFAULT


def number(token: Token) -> float:
    """The value of a number token; decimal comma allowed."""
    match = re.match(r"\d+(?:[.,]\d+)?", token.text)
    return float(match.group().replace(",", ".")) if match else 0.0


def tone_params(name: str, sign: float, tokens: list[Token]) -> dict[str, Any]:
    """One tone parameter; a name ending in "-" turns the direction round."""
    if not name:
        return {}
    if name.endswith("-"):
        name, sign = name[:-1], -sign
    if name == "blur" and sign < 0:
        name, sign = "sharpness", 1.0
    return {name: round(sign * strength(tokens), 3)}


def angle(tokens: list[Token], verb: str) -> float:
    """Degrees clockwise of a rotation; 90 when none is said, 180 for "upside down"."""
    lows = [t.low for t in tokens]
    left = "left" in lows or any(w.startswith(("counter", "anti")) for w in lows) or "anticlockwise" in lows
    value = 5.0 if verb in ("tilt", "straighten") else 90.0
    if "upside" in lows or "around" in lows:
        value = 180.0
    if "forty-five" in lows:
        value = 45.0
    if "quarter" in lows:
        value = 90.0
    if "half" in lows:
        value = 180.0
    for token in tokens:
        if token.kind == "num":
            value = number(token)
    if "slightly" in lows and not any(t.kind == "num" for t in tokens):
        value = 5.0
    return -value if left else value


def flip_axis(tokens: list[Token]) -> str:
    """ "vertical" when said so or "upside down", else "horizontal"."""
    lows = {t.low for t in tokens}
    return "vertical" if lows & {"vertical", "vertically", "upside", "upsidedown", "upside-down"} else "horizontal"


def size_factor(tokens: list[Token], verb: str = "") -> float:
    """Factor of a size change: twice 2, half 0.5, bigger 1.4, smaller 0.7, percentages as said."""
    lows = [t.low for t in tokens]
    smaller = verb in lx.words(
        """
        shrink decrease reduce lower downsize lessen minimize diminish shorten miniaturize
        """
    )
    for i, token in enumerate(tokens):
        if token.kind == "num":
            value = number(token)
            following = lows[i + 1] if i + 1 < len(lows) else ""
            if token.text.endswith("%") or following == "percent":
                if "to" in lows[:i]:
                    return value / 100
                return max(0.05, 1 - value / 100) if smaller or "smaller" in lows else 1 + value / 100
            if following in ("times", "x") or "times" in lows:
                return 1 / value if (smaller or "smaller" in lows) and value else value
    for low in [*lows, verb]:
        if low in _SIZES:
            return _SIZES[low]
    if "three" in lows and "times" in lows:
        return 3.0
    for low in lows:
        if low in lx.COMPARATIVES_SIZE:
            factor = lx.COMPARATIVES_SIZE[low]
            weak, much = any(w in _WEAK for w in lows), any(w in _STRONG for w in lows)
            return (
                round(1 + (factor - 1) * (0.4 if weak else 1.6 if much else 1.0), 3)
                if factor > 1
                else (0.85 if weak else 0.5 if much else factor)
            )
    return 0.7 if smaller else 1.4


def direction(tokens: list[Token]) -> str | None:
    """left, right, up or down when a direction is said."""
    for token in tokens:
        if token.low in _DIRECTIONS:
            return _DIRECTIONS[token.low]
    return None


def move_params(tokens: list[Token]) -> dict[str, Any]:
    """Direction with ``dx``/``dy`` px or a share of the picture."""
    params: dict[str, Any] = {}
    where = direction(tokens)
    if where:
        params["direction"] = where
    for i, token in enumerate(tokens):
        if token.kind != "num":
            continue
        value = number(token)
        following = tokens[i + 1].low if i + 1 < len(tokens) else ""
        if token.text.endswith("%") or following == "percent":
            params["amount"] = min(1.0, value / 100)
        elif token.text.lower().endswith("px") or following.startswith(("pixel", "px")) or not following or where:
            axis = "dy" if where in ("up", "down") else "dx"
            params[axis] = int(-value if where in ("left", "up") else value)
    if where and not set(params) & {"amount", "dx", "dy"} and any(t.low in _WEAK for t in tokens):
        params["amount"] = 0.08
    return params


def style_name(text: str) -> str:
    """Normalised name of a style ("black & white effect" -> "black_and_white"), else the words joined by "_"."""
    low = text.lower()
    for name, marks in lx.STYLE_NAMES:
        if any(mark in low for mark in marks):
            return name
    return "_".join(
        w for w in re.findall(r"[a-z0-9]+", low) if w not in lx.words("style effect filter a an the photo image")
    )


def crop_side(tokens: list[Token]) -> str:
    """Which edge is cut away: top, bottom, left, right; "center" when none is said."""
    for token in tokens:
        if token.low in ("top", "upper"):
            return "top"
        if token.low in ("bottom", "lower"):
            return "bottom"
        if token.low in ("left", "right"):
            return token.low
    return "center"


def backdrop_params(result: list[Token], color: str | None, removed: bool = False) -> dict[str, Any]:
    """What kind of new background the words ask for; empty when a generator has to draw it."""
    lows = {t.low for t in result}
    text = " ".join(t.low for t in result)
    if removed or "transparent" in lows or "png" in lows:
        return {"kind": "transparent"}
    if "gradient" in lows:
        return {"kind": "gradient", **_gradient_colors(result)}
    if style_name(text) == "black_and_white" and not color_only_white(result):
        return {"kind": "grey"}
    if color:
        return {"kind": "color", "color": color}
    if lows & {"blurry", "blurred", "blur", "bokeh"}:
        return {"kind": "blur"}
    return {}


def color_only_white(tokens: list[Token]) -> bool:
    """True for a backdrop that is just one of black or white."""
    return len({t.low for t in tokens} & {"black", "white"}) == 1


def _gradient_colors(tokens: list[Token]) -> dict[str, str]:
    colors: list[str] = []
    i = 0
    while i < len(tokens):
        found = color_at(tokens, i)
        if found:
            colors += [c.strip() for c in re.split(r"\band\b|,|&", found[0]) if c.strip()]
            i += found[1]
        else:
            i += 1
    return dict(zip(("color", "color2"), colors, strict=False))


def like_phrase(tokens: list[Token]) -> str | None:
    """ "the same colour as the sofa" -> "sofa"."""
    lows = [t.low for t in tokens]
    if "same" in lows and "as" in lows[lows.index("same") :]:
        rest = tokens[lows.index("as", lows.index("same")) + 1 :]
    elif "match" in lows:
        rest = tokens[lows.index("match") + 1 :]
    elif "like" in lows and "color" in lows:
        rest = tokens[lows.index("like") + 1 :]
    else:
        return None
    while rest and rest[0].low in lx.DETERMINERS | {"color", "of"}:
        rest = rest[1:]
    if rest and rest[-1].low in lx.COLOR_NOUNS:
        rest = rest[:-1]
    return say(rest) or None
