"""What a predicate is: a colour, a tone, a size, weather, a style, a state or another thing."""

from __future__ import annotations

from dataclasses import dataclass

from finetouch.plan import lexicon as lx
from finetouch.plan.nouns import Phrase
from finetouch.plan.tokens import Token, base, say

_SHOWS = lx.words(
    "create capture illustrate showcase evoke convey portray simulate represent display mimic embody"
    " feature present exhibit"
)
_STRIP = _SHOWS | lx.words(
    """
    look appear seem like be it is was were taken as though if a an the in at during to so that into of
     being under set kind sort
    """
)


@dataclass
class Tone:
    """A tone word with its parameter and direction, and the words as a result ("much brighter")."""

    name: str
    sign: float
    words: str


def tone_of(tokens: list[Token]) -> Tone | None:
    """The tone said by "much brighter", "less saturated", "more vivid and bright", "blurry"; None when it is none."""
    less = False
    found: tuple[str, float] | None = None
    for token in tokens:
        low = token.low
        if low in ("less", "not", "n't", "lower"):
            less = True
            continue
        if (
            low in lx.INTENSIFIERS
            or low
            in lx.words(
                """
        and or to be look appear in out a so as not up color colors looking down too with have more
        higher focus is it low of has sense tone tones get
        """
            )
            or token.kind in ("punct", "num")
            or low in lx.ADVERBS
        ):
            continue
        tone = _tone_word(low)
        if tone is None:
            return None
        found = found or tone
    if found is None:
        return None
    words = say([t for t in tokens if t.low not in lx.words("to be look appear a have with seem")])
    if (
        len(tokens) >= 2
        and tokens[0].low == "more"
        and tokens[1].low.endswith("er")
        and tokens[1].low not in ("other",)
    ):
        words = say(tokens[1:])
    return Tone(found[0], -found[1] if less else found[1], words)


def _tone_word(low: str) -> tuple[str, float] | None:
    forms = [low]
    if low.endswith("ier"):
        forms.append(low[:-3] + "y")
    if low.endswith("er"):
        forms += [low[:-2], low[:-1], low[:-3]]
    if low.endswith("est"):
        forms += [low[:-3], low[:-2]]
    if low.endswith("ed"):
        forms += [low[:-2], low[:-1], base(low)]
    for form in forms:
        if form in lx.TONES and form not in lx.COLORS:
            return lx.TONES[form]
        if low != form and form in lx.TONE_VERBS:
            name, sign, _ = lx.TONE_VERBS[form]
            return name, sign
    if low in lx.QUALITIES:
        return lx.QUALITIES[low][0], 1.0
    return None


def weather(tokens: list[Token]) -> bool:
    """True for weather, season and time of day, and nothing else of weight."""
    lows = [t.low.replace("'", "") for t in tokens]
    return any(low in lx.WEATHER for low in lows) and not any(
        low
        in lx.words(
            """
        ball man flakes flake boots board drop drops umbrella angel lamp coat globe
        """
        )
        for low in lows
    )


def style(tokens: list[Token]) -> bool:
    """True for an artistic style or filter."""
    text = " ".join(t.low for t in tokens)
    if any(t.low in lx.STYLES for t in tokens):
        return True
    return any(
        w in text
        for w in (
            "black and white",
            "black & white",
            "white and black",
            "grey scale",
            "gray scale",
            "old photo",
            "b & w",
            "b/w",
            "black n white",
            "line art",
            "water color",
        )
    )


def black_and_white(text: str | None) -> bool:
    """True for words that mean a picture without colours."""
    low = (text or "").lower()
    return low in (
        "black and white",
        "black & white",
        "white and black",
        "b&w",
        "black n white",
        "black, white",
        "b & w",
        "gray",
        "grey",
        "black-and-white",
        "black and grey",
        "black and gray",
        "greyscale",
        "grayscale",
    )


def size_word(tokens: list[Token]) -> bool:
    """True for "bigger", "much smaller", "twice as big", "half its size"."""
    lows = [t.low for t in tokens]
    if any(low in lx.COMPARATIVES_SIZE for low in lows):
        rest = [w for w in lows if w not in lx.COMPARATIVES_SIZE and w not in lx.INTENSIFIERS and w not in lx.ADVERBS]
        return all(
            w
            in lx.words(
                """
        and to be look twice as times in size by its the appear or than it is percent of original
        current three two his her width height getting one all
        """
            )
            or w[:1].isdigit()
            or w in lx.COMPARATIVES_SIZE
            for w in rest
        )
    return "size" in lows and any(w in lows for w in ("twice", "half", "double", "triple", "bigger"))


def strip_look(tokens: list[Token]) -> list[Token]:
    """Without "look like", "appear to be", "as if it was taken at" and determiners in front."""
    i = 0
    while i < len(tokens) and (
        tokens[i].low in _STRIP
        or tokens[i].kind == "punct"
        or (
            tokens[i].low
            in lx.words(
                """
        it's there were this seems looks appears taking have image picture photo its resemble depict
        reflect are looking becomes
        """
            )
            and i < len(tokens) - 1
        )
    ):
        i += 1
    return tokens[i:] or tokens


_ASPECTS = (
    "perspective",
    "atmosphere",
    "ambiance",
    "ambience",
    "mood",
    "composition",
    "layout",
    "resolution",
    "aspect ratio",
    "orientation",
)


def whole(phrase: Phrase) -> bool:
    """True when the phrase means the whole picture ("image", "all the colors", "everything", "it" at the start)."""
    if phrase.image:
        return not (phrase.position and phrase.name.lower() in lx.PLACE_NOUNS)
    head = (phrase.head or "").lower()
    if phrase.owner and phrase.owner.lower() in lx.IMAGE and (head in lx.QUALITIES or head in lx.COLOR_NOUNS):
        return True
    last = head.split()[-1] if head else ""
    if last in lx.IMAGE and last not in ("frame", "portrait", "shot"):
        return phrase.owner is None and (phrase.image or phrase.relation is None or len(head.split()) > 1)
    parts = head.split()
    if len(parts) == 2 and parts[0] in lx.IMAGE and parts[1] in lx.QUALITIES and phrase.relation is None:
        return True
    aspect = len(parts) == 2 and parts[0] in ("color", "colour", "lighting", "visual")
    if aspect and parts[1] in lx.words("profile scheme palette tone balance representation quality"):
        return phrase.relation is None and phrase.owner is None
    if (
        head in ("everything", "lighting", "thing", "whole thing", "all", "entire thing", "view", *_ASPECTS)
        and phrase.relation is None
        and not phrase.excepted
        and not phrase.position
    ):
        return True
    if (
        head in lx.COLOR_NOUNS | {"saturation", "contrast", "brightness", "exposure"}
        and (phrase.of is None or phrase.of[-1].low in lx.IMAGE)
        and phrase.owner is None
        and phrase.owner_pronoun is None
    ):
        if phrase.position in ("background", "foreground"):
            return False
        return phrase.relation is None or phrase.relation[1].lower() in lx.IMAGE
    return False


def portrayal(phrase: Phrase) -> bool:
    """True for "the photo of him": the picture under the name of what it shows."""
    parts = phrase.name.lower().split()
    return len(parts) > 2 and parts[0] in lx.IMAGE and parts[1] == "of" and phrase.relation is None


def material(tokens: list[Token]) -> bool:
    """True when the predicate is nothing but a material ("wooden", "made of gold")."""
    words = [t.low for t in tokens if t.low not in lx.words("made of out a an the from be into look like")]
    return bool(words) and all(w in lx.MATERIALS for w in words)


def _named_thing(tokens: list[Token]) -> bool:
    """ "to be a drawing of ...": an article that belongs to a noun, not to "a bit" or "a lot"."""
    words = [t for t in tokens if t.low not in lx.words("and to be look appear as looking into become like")]
    return len(words) > 2 and words[0].low in ("a", "an", "the") and words[1].low not in lx.INTENSIFIERS


def adjectival(tokens: list[Token]) -> bool:
    """True when the words are adjectives or participles only: a state, not a thing."""
    if _named_thing(tokens):
        return False
    rest = [
        t
        for t in tokens
        if t.kind == "word"
        and t.low not in lx.INTENSIFIERS
        and t.low not in lx.ADVERBS
        and t.low not in lx.words("and to be look appear as looking or")
    ]
    if not rest or rest[0].low in ("a", "an", "the"):
        return False
    last = rest[-1].low
    return (
        last in lx.ADJECTIVES
        or (
            last.endswith(("ed", "ing", "able", "ful", "less", "ier"))
            and last
            not in lx.words("red bed building thing painting drawing ring king setting ceiling clothing string wing")
        )
        or (
            last.endswith("y")
            and len(rest) == 1
            and last not in lx.GARMENTS
            and last.endswith(("ty", "ry", "ly", "py", "my", "ny", "dy", "gy", "sy"))
            and last
            not in lx.words(
                """
        sky baby fairy bunny city berry cherry strawberry puppy party lady butterfly daisy pony
        """
            )
        )
    )
