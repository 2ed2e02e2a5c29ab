"""Colour phrases: "dark green", "black and white", "a deep shade of blue", "bluer"."""

from __future__ import annotations

from finetouch.plan import lexicon as lx
from finetouch.plan.tokens import Token


def color_at(tokens: list[Token], i: int, end: int | None = None) -> tuple[str, int] | None:
    """``(colour words as written, number of tokens)`` of a colour phrase at `i`, or None.

    Words that only say how much ("solid", "all", "completely") are skipped, "color of" words swallowed.
    """
    end = len(tokens) if end is None else end
    start = i
    while i < end and tokens[i].low in lx.FLAT:
        i += 1
    first = i
    words: list[str] = []
    while i < end and _tints(tokens, i, end) and tokens[i].low not in lx.COLORS and not tokens[i].owner:
        words.append(tokens[i].text)
        i += 1
    if (
        i < end
        and tokens[i].low in lx.COLOR_NOUNS | {"shade"}
        and i + 1 < end
        and tokens[i + 1].low == "of"
        and i > first
    ):
        i += 2
    named = False
    while i < end and not tokens[i].owner and tokens[i].kind != "quote":
        low = tokens[i].low
        if low == "cream" and i and tokens[i - 1].low in ("ice", "whipped", "sour", "shaving"):
            break
        if low in lx.COLORS or low in lx.COLOR_ISH or low.startswith("#") or _hyphenated(low):
            words.append(tokens[i].text)
            named = True
            i += 1
            continue
        if named and low in ("and", "or", "&", ",", "n") and i + 1 < end:
            more = color_at(tokens, i + 1, end)
            if more and tokens[i + 1].low not in lx.FLAT:
                words.append(tokens[i].text)
                words.append(more[0])
                i += 1 + more[1]
            break
        break
    if not named:
        return None
    while i < end and tokens[i].low in lx.COLOR_NOUNS and i + 1 <= end:
        i += 1
    text = " ".join(words).replace(" ,", ",")
    if words and words[0].lower() == "very":
        text = " ".join(words[1:])
    return text, i - start


_NAMED_AFTER = {
    "sky": "blue grey gray", "sea": "green blue", "ocean": "blue green", "forest": "green", "baby": "blue pink",
    "army": "green", "hunter": "green", "wine": "red", "blood": "red orange", "cherry": "red", "lemon": "yellow green",
    "mint": "green", "slate": "gray grey blue",
}  # fmt: skip


def _tints(tokens: list[Token], i: int, end: int) -> bool:
    """True for "dark" and for "sky" in "sky blue", but not in "the bird in the sky yellow"."""
    low = tokens[i].low
    if low not in lx.COLOR_MODIFIERS or low not in _NAMED_AFTER:
        return low in lx.COLOR_MODIFIERS
    noun = i > 0 and tokens[i - 1].low in ("the", "this", "that", "his", "her")
    return i + 1 < end and tokens[i + 1].low in _NAMED_AFTER[low].split() and not noun


def _hyphenated(low: str) -> bool:
    if "-" not in low:
        return False
    parts = low.split("-")
    return parts[-1] in lx.COLORS and all(
        p in lx.COLORS or p in lx.COLOR_MODIFIERS or p in lx.COLOR_ISH or p in ("multi",) for p in parts[:-1]
    )


def plain_color(tokens: list[Token]) -> str | None:
    """The colour when `tokens` are nothing but a colour phrase (with determiner or "color"), else None."""
    i = 0
    while i < len(tokens) and (
        tokens[i].low
        in lx.words(
            """
        a an the be in to more of color shade with have hue solid much look slightly bit little
        appear as into
        """
        )
        or tokens[i].kind == "punct"
    ):
        i += 1
    if i < len(tokens) and tokens[i].low in ("different", "new"):
        return None
    if (
        i < len(tokens)
        and tokens[i].low in lx.COLOR_MODIFIERS | {"shade"}
        and i + 2 < len(tokens)
        and tokens[i + 1].low in ("shade", "hue", "tone", "color")
        and tokens[i + 2].low == "of"
    ):
        rest = color_at(tokens, i + 3)
        if rest and _done(tokens, i + 3 + rest[1]):
            return f"{tokens[i].text} {rest[0]}"
    found = color_at(tokens, i)
    if found is None or not _done(tokens, i + found[1]):
        return None
    return found[0]


def _done(tokens: list[Token], i: int) -> bool:
    return all(
        t.kind == "punct"
        or t.low in lx.COLOR_NOUNS
        or (t.low in lx.words("please instead color too one ones in background") and t.low != "background")
        for t in tokens[i:]
    )


def comparative(color: str) -> str | None:
    """ "bluer" -> "blue"; None when it is no comparative colour."""
    return lx.COLOR_ISH.get(color.lower()) if color.lower().endswith("er") else None
