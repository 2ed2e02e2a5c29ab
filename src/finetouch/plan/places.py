"""Prepositions and places: "to the left of", "on the far right", "in the picture"."""

from __future__ import annotations

from finetouch.plan import lexicon as lx
from finetouch.plan.tokens import Token

_LEAD = lx.words("on in at to from near into towards toward along over of down")
_SKIP = lx.words("the very far extreme  a of side hand")
_ROW = {"top": "top", "upper": "top", "bottom": "bottom", "lower": "bottom", "topmost": "top", "uppermost": "top"}
_COL = {
    "left": "left",
    "right": "right",
    "left-hand": "left",
    "right-hand": "right",
    "lefthand": "left",
    "righthand": "right",
}
_MID = lx.words("center centre middle")


def match_preposition(tokens: list[Token], i: int) -> tuple[str, int] | None:
    """``(relation, number of tokens)`` of the longest preposition at `i`, or None."""
    first = tokens[i]
    if first.kind != "word" or first.owner or first.low not in lx.FIRST_OF_PREPOSITION:
        return None
    if (
        i
        and first.text[0].isupper()
        and not first.text.isupper()
        and tokens[i - 1].text[:1].isupper()
        and tokens[i - 1].start > 0
    ):
        return None
    if (
        i
        and first.low == "of"
        and i + 1 < len(tokens)
        and tokens[i - 1].text[0].isupper()
        and tokens[i - 1].start > 0
        and tokens[i + 1].text[0].isupper()
        and not tokens[i + 1].text.isupper()
    ):
        return None
    if i and first.low in ("surrounding", "covering", "blocking") and tokens[i - 1].low in lx.DETERMINERS:
        return None
    if i and first.low in ("inside", "outside") and tokens[i - 1].low == "the":
        return None
    words: list[str] = []
    for token in tokens[i : i + lx.MAX_PREPOSITION]:
        if token.kind != "word":
            break
        words.append(token.low)
    for length in range(len(words), 0, -1):
        name = " ".join(words[:length])
        relation = lx.PREPOSITIONS.get(name)
        if relation is not None:
            return relation, length
    return None


def image_phrase(tokens: list[Token], i: int) -> int:
    """Number of tokens of "in the image", "of this photo", "from the picture" at `i`; 0 when there is none."""
    if tokens[i].low not in lx.words(
        """
        in of from on to into within for out inside throughout off with across
        """
    ):
        return 0
    j = i + 1
    if j < len(tokens) and tokens[j].low == "of" and tokens[i].low in ("out", "inside", "off"):
        j += 1
    while j < len(tokens) and (
        tokens[j].low
        in lx.words(
            """
        the this a an thee teh whole entire my your that these full given provided overall original
        """
        )
    ):
        j += 1
    if j < len(tokens) and tokens[j].low in lx.IMAGE and not tokens[j].owner:
        if tokens[j].low == "frame" and tokens[i].low != "in":
            return 0
        if j + 1 < len(tokens) and tokens[j + 1].low in lx.IMAGE:
            j += 1
        if j + 1 < len(tokens) and tokens[j + 1].low in lx.PLACE_NOUNS:
            return 0
        if j + 1 < len(tokens) and tokens[j + 1].low == "of":
            return 0
        if j + 1 < len(tokens) and tokens[j + 1].kind == "num":
            j += 1
        return j + 1 - i
    return 0


def position_phrase(tokens: list[Token], i: int) -> tuple[str, int] | None:
    """``(position, number of tokens)`` of a place in the picture at `i` ("in the top left corner of the image")."""
    if tokens[i].low not in _LEAD:
        return None
    j = i + 1
    n = len(tokens)
    row = col = None
    middle = ground = False
    seen = 0
    while j < n:
        low = tokens[j].low
        if tokens[j].owner:
            return None
        if low in _ROW and not row:
            row = _ROW[low]
            seen += 1
        elif low in _COL and not col:
            col = _COL[low]
            seen += 1
        elif (low in _COL or low in _ROW) and seen and any(t.low in ("and", "or") for t in tokens[j - 2 : j]):
            pass
        elif low in _MID:
            middle = True
            seen += 1
        elif low in lx.words("background foreground backgound back front backdrop forefront") and not seen:
            if (
                low in ("back", "front")
                and j + 1 < n
                and tokens[j + 1].kind == "word"
                and tokens[j + 1].low not in ("and", "please", "of")
            ):
                return None
            ground = True
            name = "background" if low.startswith("back") else "foreground"
            j += 1
            break
        elif low in ("rightmost", "leftmost"):
            col = low[:-4] if low == "leftmost" else "right"
            seen += 1
        elif (
            (low in _SKIP and low != "of")
            or (
                low
                in lx.words(
                    """
        side corner edge part half portion section area third end hand sides corners
        """
                )
                and seen
            )
            or (
                low in ("or", "and", "-")
                and seen
                and j + 1 < n
                and (tokens[j + 1].low in _COL or tokens[j + 1].low in _ROW)
            )
        ):
            pass
        else:
            break
        j += 1
    while j > i + 1 and tokens[j - 1].low in lx.words("the a of and or very far"):
        j -= 1
    if not (seen or ground):
        return None
    if j < n:
        of = image_phrase(tokens, j)
        if of:
            j += of
        elif tokens[j].low == "of" or (tokens[j].kind == "word" and not _ends(tokens, j)):
            return None
    if ground:
        return name, j - i
    if row and col:
        return f"{row}-{col}", j - i
    if row:
        return row, j - i
    if col:
        return {"left": "leftmost", "right": "rightmost"}[col], j - i
    return ("center", j - i) if middle else None


def _ends(tokens: list[Token], j: int) -> bool:
    """True when the word at `j` cannot belong to the place phrase before it ("left HAND" can)."""
    low = tokens[j].low
    return (
        match_preposition(tokens, j) is not None
        or low in lx.RELATIVE
        or low in lx.CONJUNCTIONS
        or low in lx.DETERMINERS
        or low in lx.FRAMES
        or low in lx.ADVERBS
        or low in lx.BE
        or low in lx.MODALS
        or low in lx.COLORS
        or low in lx.INTENSIFIERS
        or (low.endswith("ing") and len(low) > 5)
        or low in lx.ACTS
        or low in lx.words("by so where black bigger smaller larger dressed")
    )
