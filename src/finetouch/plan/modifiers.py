"""What stands in front of the head of a noun phrase: numbers, colours, places, adjectives."""

from __future__ import annotations

from finetouch.plan import lexicon as lx
from finetouch.plan import nouns
from finetouch.plan.colors import color_at
from finetouch.plan.owners import corner
from finetouch.plan.tokens import Token, is_plural, say, singular

QUANTIFIERS: dict[str, int | str | None] = {
    "all": "all", "every": "all", "each": "all", "any": "all", "both": 2, "some": "some", "several": "some",
    "many": "some", "multiple": "some", "few": "some", "lots": "some", "various": "some", "plenty": "some",
    "more": None, "another": "one", "a": "one", "an": "one",
}  # fmt: skip
_SIDED = lx.words("hand arm eye leg foot ear cheek paw shoulder knee wrist elbow hands arms wing")
_FURNITURE = lx.words("armchair chair recliner sofa couch bed lamp table stool bench desk dresser nightstand shelf")
_FURNITURE_PARTS = lx.words(
    "cushion cushions pillow pillows seat back leg legs shade blanket drawer upholstery cover armrest headboard"
)
_OF_GROUND = (
    lx.SCENES
    | frozenset(lx.QUALITIES)
    | lx.words(
        "theme view area areas one part portion elements element filter layer layers noise effect image saturation "
        "tones lighting texture pattern blur gradient space section"
    )
) - {"house", "church", "tower"}
_SIZE_POS = lx.words("largest biggest smallest tallest tiniest shortest")
_DEGREES = lx.INTENSIFIERS | {"nearly", "half", "partially", "freshly", "far", "most"}
_OF_LIGHT = lx.words(
    """pole poles polls bulb bulbs saber switch fixture fixtures post posts source beam house ray
    rays reflection effect effects"""
)


def strip_front(phrase: nouns.Phrase, core: list[Token]) -> list[Token]:
    """Takes determiners, numbers and partitives off the front."""
    i = 0
    n = len(core)
    while i < n:
        token = core[i]
        low = token.low
        last = i == n - 1
        if low in lx.POSSESSIVE and not token.owner and not last:
            phrase.owner_pronoun = low
            phrase.definite = True
        elif low in lx.NUMBERS and not (last and i == 0) and low not in ("pair", "couple", "dozen"):
            phrase.count_word = lx.NUMBERS[low]
        elif token.kind == "num" and not last and token.text.isdigit() and i + 1 < n and is_plural(core[-1].low):
            phrase.count_word = int(token.text)
        elif low in ("couple", "dozen") and i + 2 < n and core[i + 1].low == "of":
            phrase.count_word = lx.NUMBERS[low] if low == "dozen" else 2
        elif low == "one" and i + 1 < n and core[i + 1].low == "of":
            phrase.count_word = "one"
        elif low in QUANTIFIERS and not last:
            value = QUANTIFIERS[low]
            if value is not None and not (phrase.count_word == "one" and value == "all"):
                phrase.count_word = value if value != "one" or i + 1 < n else phrase.count_word
        elif low == "of" and i > 0:
            pass
        elif low in lx.DETERMINERS and (not last or (n == 1 and low in ("the", "a", "an"))):
            phrase.definite = phrase.definite or low in ("the", "this", "that", "these", "those")
        elif (low in lx.words("so much as most too such just only") and not last and i == 0) or (
            low in ("much", "many", "of", "only", "very", "same", "most") and i and not last
        ):
            pass
        elif low in ("whole", "entire") and not last:
            phrase.definite = True
        elif (
            low in ("lot", "bunch", "lots", "number", "rest")
            and i + 1 < n
            and core[i + 1].low == "of"
            and low != "bunch"
        ):
            phrase.count_word = "some"
        else:
            break
        i += 1
    if phrase.count_word == "one" and core[-1].low and is_plural(core[-1].low) and not _said_one(core):
        phrase.count_word = None
    return core[i:]


def _said_one(core: list[Token]) -> bool:
    return any(t.low == "one" for t in core[:2])


def read_modifiers(phrase: nouns.Phrase, core: list[Token]) -> None:
    """Attributes and positions in front of the head, then the head itself."""
    i = 0
    while i < len(core) - 1 and not _compound(core, i):
        step = (
            _color(phrase, core, i) or _joint(phrase, core, i) or _place(phrase, core, i) or _adjective(phrase, core, i)
        )
        if not step:
            break
        i += step
    head = core[i:]
    _name_head(phrase, head)
    _furniture(phrase, core, head)
    last = head[-1].low if head[-1].kind != "quote" or len(head) == 1 else head[0].low
    sided = phrase.placed_before and phrase.position in ("leftmost", "rightmost")
    if sided and last in _SIDED and not any(t.low.endswith("most") for t in core):
        phrase.attributes.insert(0, phrase.position[:-4] if phrase.position else "")
        phrase.position, phrase.placed_before = None, False
    lows = [t.low for t in head]
    phrase.plural = is_plural(lows[lows.index("of") - 1] if "of" in lows else last)
    if head[-1].low in lx.IMAGE and len(head) == 1 and not phrase.owner:
        phrase.image = True


def _compound(core: list[Token], i: int) -> bool:
    """ "bald eagle": the name begins here."""
    low, after = core[i].low, core[i + 1].low
    return f"{low} {after}" in lx.COMPOUNDS or f"{low} {singular(after)}" in lx.COMPOUNDS


def _color(phrase: nouns.Phrase, core: list[Token], i: int) -> int:
    color = color_at(core, i, len(core) - 1)
    if not color or i + color[1] >= len(core):
        return 0
    phrase.attributes.append(say(core[i : i + color[1]]))
    phrase.color = phrase.color or color[0]
    return color[1]


def _joint(phrase: nouns.Phrase, core: list[Token], i: int) -> int:
    """ "and" between modifiers; the number in "the leftmost two bottles"."""
    low = core[i].low
    if low in ("and", "or", ",", "&") or core[i].kind == "punct":
        return 1
    if low in lx.NUMBERS and i and phrase.placed_before and phrase.count_word is None:
        phrase.count_word = lx.NUMBERS[low]
        return 1
    return 0


def _place(phrase: nouns.Phrase, core: list[Token], i: int) -> int:
    """ "top left", "largest", "background" in front of the head."""
    low, after, n = core[i].low, core[i + 1].low, len(core)
    if low not in lx.POSITION_WORDS:
        return 0
    if low in ("background", "foreground") and core[-1].low in _OF_GROUND | lx.IMAGE | lx.COLOR_NOUNS:
        return 0
    if low == "front" and core[-1].low in ("door", "teeth", "wheel", "porch", "yard"):
        return 0
    if after in lx.POSITION_WORDS and i + 2 < n:
        phrase.position = corner(low, after) or phrase.position
        phrase.placed_before = True
        return 2
    if low in _SIZE_POS or phrase.position is None:
        phrase.position = lx.POSITION_WORDS[low]
        phrase.placed_before = True
    side = after in ("side", "hand", "corner") and i + 2 < n and low in ("left", "right", "top", "bottom")
    return 2 if side else 1


def _adjective(phrase: nouns.Phrase, core: list[Token], i: int) -> int:
    low, n = core[i].low, len(core)
    if low in _DEGREES and low != "even" and i + 2 <= n - 1:
        if low == "far" or not is_modifier(core[i + 1]):
            return 1
        phrase.attributes.append(say(core[i : i + 2]))
        return 2
    if not is_modifier(core[i], core[i + 1].low):
        return 0
    phrase.attributes.append(core[i].text)
    return 1


_READERS = (_color, _joint, _place, _adjective)


def _name_head(phrase: nouns.Phrase, head: list[Token]) -> None:
    """The head as written; a quoted string beside a noun is an attribute."""
    quotes = [t for t in head if t.kind == "quote"]
    plain = [t for t in head if t.kind != "quote"]
    if quotes and plain:
        phrase.head = say(plain)
        phrase.attributes += [t.text for t in quotes]
        return
    while len(head) > 1 and head[0].low in ("and", "or", ","):
        head = head[1:]
    phrase.head = say(head) if len(head) > 1 else head[0].text


def _furniture(phrase: nouns.Phrase, core: list[Token], head: list[Token]) -> None:
    """ "left armchair cushion": the place is that of the armchair."""
    if not phrase.placed_before or len(head) < 2:
        return
    if head[-2].low in _FURNITURE and head[-1].low in _FURNITURE_PARTS:
        phrase.owner = say(core[: len(core) - 1])
        phrase.core = phrase.head = head[-1].text
        phrase.position, phrase.placed_before, phrase.attributes = None, False, []


def is_modifier(token: Token, following: str = "") -> bool:
    """True for an adjective or participle in front of a noun."""
    low = token.low
    if token.kind in ("quote", "num") or token.owner or (low == "light" and following in _OF_LIGHT):
        return False
    if low in lx.ADJECTIVES or (len(low) > 6 and low.endswith(("ural", "ional", "ical", "ious", "eous", "less"))):
        return True
    if "-" in low and low.endswith(("ed", "ing", "haired", "colored", "sized", "shaped", "up", "like", "style")):
        return True
    noun = low in lx.words("united seaweed hundred weed shed sled seed")
    return (low.endswith("ed") and len(low) > 4 and not noun) or low in lx.COLOR_ISH
