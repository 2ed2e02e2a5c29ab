"""Words of an instruction: tokens, quoted strings, and repair of misspelt edit words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from finetouch.plan import lexicon as lx

_TOKEN = re.compile(
    r"""(?P<quote>"[^"]*(?:"|$)|(?<![\w])'[^']*?'(?=[\s.,;:!?)]|$))"""
    r"""|(?P<num>\d+(?:[.,]\d+)?(?:\s?(?:%|°|px\b))?(?!\w))"""
    r"""|(?P<word>[^\W_](?:[\w&/*-]|['.](?=\w))*'?|&|\#[0-9a-fA-F]{3,8}\b)"""
    r"""|(?P<punct>[.,;:!?()\[\]\n/-])""",
    re.VERBOSE,
)
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "´": "'", "–": "-", "—": ","})

# Frequent slips and run-together words; everything near an edit verb is repaired by edit distance below.
_KNOWN = {
    "ad": "add", "adding": "adding", "remvoe": "remove", "chage": "change", "chnage": "change", "istead": "instead",
    "photshop": "photoshop", "pleae": "please", "mke": "make", "colour": "color", "recolour": "recolor", "fo": "of",
    "teh": "the", "th": "the", "hte": "the", "an d": "and", "adn": "and", "backgound": "background", "bg": "background",
    "infront": "infront", "grey": "grey", "form": "form", "ttone": "tone", "ligthen": "lighten", "darked": "darken",
    "everthying": "everything", "pls": "please", "plz": "please", "wanna": "want", "gimme": "give", "lets": "let's",
    "im": "i'm", "id": "i'd", "dont": "don't", "thats": "that's", "whos": "who's", "cant": "can't",
    "brighen": "brighten", "pixilate": "pixelate", "phto": "photo", "foto": "photo", "phot": "photo",
    "pic": "pic", "iamge": "image",
    "imge": "image", "imag": "image",
    "blakc": "black", "balck": "black", "blcak": "black", "whtie": "white", "wihte": "white", "gren": "green",
    "yelow": "yellow", "yelllow": "yellow", "pruple": "purple", "borwn": "brown", "bule": "blue", "ornage": "orange",
    "u": "you", "delet": "delete", "repalce": "replace", "wth": "with", "witha": "with", "rotare": "rotate",
    "resise": "resize", "blurmake": "blur", "sharopen": "sharpen", "erase": "erase", "croped": "crop",
    "subsitute": "substitute",
    "remover": "remove", "removr": "remove", "colr": "color",
}  # fmt: skip
_REPAIRABLE = (
    "remove", "delete", "replace", "change", "background", "brighten", "lighten", "darken", "sharpen", "increase",
    "decrease", "saturate", "contrast", "rotate", "enlarge", "eliminate", "transform", "substitute", "brightness",
    "saturation", "exposure", "transparency", "resize", "insert", "instead", "picture",
    "everything", "reflection", "photograph",
    "sharpness", "introduce", "incorporate", "duplicate", "shrink", "convert", "please", "reduce", "yellow", "orange",
    "purple", "vibrant", "sunglasses", "distort", "isolate", "extract", "enhance", "adjust",
    "magnify", "posterize", "lengthen", "brighter", "straighten", "lighter", "darker",
)  # fmt: skip
_PLAIN_COLORS = ("white", "black", "green", "brown", "yellow", "purple", "orange")
# Words that only look like a misspelt edit word.
_LOOKALIKES = lx.words(
    """
    changed removed replaced deleted increased decreased brightened darkened sharpened rotated removes changes
    place pictured charge chance range orangey plea reuse please contrasts sharper brightest lighter brighter
    insulate insulated entrance enchant enhances adjusts adjusted distorted isolated extracted enhanced extracts
    darker replacing removing changing lightens lighting lightning reflections inserts instant inserted
    picturesque dark darkness shrinks backgrounds purples oranges yellows vibrance vibrancy pleased reduced
    refection expose exposed resized transformed converted saturated enlarged moved reflect delicate relate
    rotten increasing decreasing strange creature placed shrimp marked sharp convent bright lights lighted
    light remote remotes shape shapes square brightly darkly delivery party contest contact expires pleasant
    infant enlarges photographs sunglass photographic remover elevator replica erased sharply sharpest removal
    concert connect content contents context contract photographer photographers photography fighter fighters
    tighter tighten straighten connected contents lightened lightly brightest darkest
    """
)
_GOOD = frozenset().union(
    _REPAIRABLE, lx.ADJECTIVES, lx.MODALS, lx.DETERMINERS, lx.ADVERBS, lx.WEATHER, lx.STYLES, lx.SCENES, lx.SURFACES,
    lx.CONTAINERS, lx.TEXT_NOUNS, lx.COLOR_NOUNS, lx.INTENSIFIERS, lx.QUALITIES, lx.TONES, lx.COLOR_ISH, lx.IMAGE,
    lx.PREPOSITIONS, lx.INSIDES, lx.SIZE_NOUNS, lx.ADJUST_NOUNS, lx.FRAMES, lx.COLORS, lx.GARMENTS, lx.BODY, lx.PARTS,
    _LOOKALIKES,
)  # fmt: skip


@dataclass(slots=True)
class Token:
    """One word, number, quoted string or punctuation mark.

    Attributes:
        text: As written (a quoted string without its quotes). low: lower case, repaired.
        kind: "word", "num", "quote" or "punct". start: offset in the instruction.
        owner: True for "man's" and "kids'": `text` and `low` then hold the owner without the ending.
        repaired: True when the repair changed the word.
    """

    text: str
    low: str
    kind: str
    start: int
    owner: bool = False
    repaired: bool = False


def tokenize(instruction: str) -> list[Token]:
    """The tokens of an instruction, in order."""
    text = instruction.translate(_CURLY)
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        raw = match.group()
        if kind == "quote":
            inner = raw.strip("\"'").strip()
            if inner:
                found.append(Token(inner, inner.lower(), "quote", match.start()))
        elif kind == "word":
            found.extend(_word(raw, match.start()))
            _join_halves(found)
        else:
            found.append(Token(raw, raw.lower(), kind, match.start()))
    return _joined(found)


def _joined(found: list[Token]) -> list[Token]:
    """ "as well as" and "along with the" mean "and"; "remove he boat" means "the"."""
    out: list[Token] = []
    i = 0
    while i < len(found):
        lows = [t.low for t in found[i : i + 3]]
        if lows == ["as", "well", "as"] or (lows[:2] == ["along", "with"] and lows[2:] and lows[2] in lx.DETERMINERS):
            out.append(Token("and", "and", "word", found[i].start))
            i += 3 if lows[0] == "as" else 2
            continue
        if lows == ["all", "the", "way"]:
            i += 3
            continue
        if lows[0] == "he" and out and out[-1].low in lx.STRONG:
            found[i].text = found[i].low = "the"
        if lows[0] == "form" and lows[1:2] and lows[1] in lx.DETERMINERS and out and out[-1].low not in lx.DETERMINERS:
            found[i].text = found[i].low = "from"
        if lows == ["in", "from", "of"]:
            found[i + 1].text = found[i + 1].low = "front"
        if lows[:2] == ["washed", "out"]:
            out.append(Token("washed out", "washed-out", "word", found[i].start))
            i += 2
            continue
        if lows[:2] == ["int", "he"]:
            found[i].text, found[i].low, found[i + 1].text, found[i + 1].low = "in", "in", "the", "the"
        if lows[:2] == ["color", "correct"]:
            out.append(Token("color-correct", "color-correct", "word", found[i].start))
            i += 2
            continue
        if lows[0] == "there" and lows[1:2] and lows[1] in lx.BODY:
            found[i].text = found[i].low = "their"
        out.append(found[i])
        i += 1
    return out


def _join_halves(found: list[Token]) -> None:
    """Words written in two: "back ground", "fore ground", "a live" stays."""
    if len(found) < 2 or found[-1].low not in ("ground", "drop"):
        return
    first = found[-2]
    if first.low + found[-1].low in ("background", "backdrop", "foreground") and first.kind == "word":
        joined = first.low + found[-1].low
        found[-2:] = [Token(joined, joined, "word", first.start, found[-1].owner)]


def _word(raw: str, start: int) -> list[Token]:
    owner = False
    low = raw.lower()
    if low.endswith("'s") and low not in lx.words(
        """
        it's let's that's who's what's there's he's she's here's
        """
    ):
        raw, low, owner = raw[:-2], low[:-2], True
    elif low.endswith("'"):
        raw, low = raw[:-1], low[:-1]
        owner = low.endswith("s")
    if "/" in low and low not in ("b/w", "n/a", "w/") and len(low) > 3:
        parts = [p for p in raw.split("/") if p]
        if all(p.isalpha() for p in parts) and len(parts) > 1:
            pieces: list[Token] = []
            for part in parts:
                pieces += [Token("and", "and", "word", start), Token(part, part.lower(), "word", start)]
            return pieces[1:]
    fixed = repair(low)
    raw = fixed if fixed != low and (fixed in lx.QUALITIES or fixed == "background") else raw
    return [Token(raw, fixed, "word", start, owner, fixed != low)]


@lru_cache(maxsize=4096)
def repair(word: str) -> str:
    """The edit word that a misspelt word stands for, else the word itself."""
    if word in _KNOWN:
        return _KNOWN[word]
    if len(word) < 5 or word in _GOOD or not word.isalpha():
        return word
    if word.endswith("s") and word[:-1] in _GOOD:
        return word
    for k in range(len(word) - 1):
        swapped = word[:k] + word[k + 1] + word[k] + word[k + 2 :]
        if swapped in _PLAIN_COLORS:
            return swapped
    best, least = word, 3
    for good in _REPAIRABLE:
        if word[0] != good[0] and word[1:2] != good[1]:
            continue
        limit = 1 if min(len(good), len(word)) < 7 or word[0] != good[0] else 2
        if abs(len(good) - len(word)) <= limit:
            distance = _distance(word, good, limit)
            if distance <= limit and distance < least:
                best, least = good, distance
    return best


def _distance(a: str, b: str, limit: int) -> int:
    """Edit distance with neighbour swaps counted as one; anything above `limit` may be reported as limit + 1."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        after = [i]
        for j, y in enumerate(b, 1):
            cost = min(row[j] + 1, after[-1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        if min(after) > limit:
            return limit + 1
        before, row = row, after
    return row[-1]


def say(tokens: list[Token]) -> str:
    """Tokens as text again, in the instruction's own words."""
    out = ""
    for token in tokens:
        text = token.text + ("'s" if token.owner and not token.low.endswith("s") else "'" if token.owner else "")
        tight = token.kind == "punct" and token.text in ".,;:!?)"
        out += text if tight or not out else " " + text
    return out.strip(" ,.;:!?")


@lru_cache(maxsize=4096)
def base(word: str) -> str:
    """The verb a form belongs to when it is an edit verb ("removing", "removed", "removes" -> "remove"), else ""."""
    if word in lx.FRAMES:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, repls in (("ing", ("", "e")), ("ied", ("y",)), ("ed", ("", "e")), ("es", ("", "e")), ("s", ("",))):
        if word.endswith(ending):
            stem = word[: -len(ending)]
            for repl in repls:
                if stem + repl in lx.FRAMES:
                    return stem + repl
            if len(stem) > 2 and stem[-1] == stem[-2] and stem[:-1] in lx.FRAMES:
                return stem[:-1]
    return ""


_IRREGULAR = {
    "took": "take", "taken": "take", "taking": "take", "made": "make", "given": "give", "gave": "give", "cut": "cut",
    "got": "get", "put": "put", "bent": "bend", "frozen": "freeze", "drawn": "draw", "written": "write",
    "lit": "light",
    "hidden": "hide", "": "remove", "hung": "hang", "stuck": "stick", "spun": "spin", "widened": "widen",
}  # fmt: skip


def last_word(text: str | None) -> str:
    """The last word of a phrase in lower case; "" when there is none."""
    parts = (text or "").lower().split()
    return parts[-1] if parts else ""


def is_plural(word: str) -> bool:
    """True for a plural noun."""
    low = word.lower()
    if low in lx.PLURALS or low in lx.PAIRS or low in lx.MASS:
        return True
    if low in lx.SINGULAR_S or len(low) < 4 or not low.endswith("s"):
        return False
    return not low.endswith(("ss", "us", "ics", "ness"))


def singular(word: str) -> str:
    """The singular of a plain plural ("cars" -> "car", "boxes" -> "box")."""
    low = word.lower()
    odd = {"men": "man", "women": "woman", "people": "person", "children": "child", "feet": "foot", "teeth": "tooth"}
    if low in odd:
        return odd[low]
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("ches", "shes", "xes", "sses")):
        return low[:-2]
    return low[:-1] if is_plural(low) or (low.endswith("s") and not low.endswith("ss")) else low
