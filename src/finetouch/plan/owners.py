"""Whose something is, and which corner two place words name."""

from __future__ import annotations

from finetouch.plan import lexicon as lx
from finetouch.plan.tokens import Token, singular

ANIMATE = lx.words(
    """
    man woman boy girl guy lady person child kid baby dog cat horse bird bear cow sheep lion tiger monkey
    musician player penguin toddler dude bride groom soldier doctor nurse singer actor animal rabbit fish
    elephant mother father mom dad son daughter female male people men women children teenager grandma
    grandpa human subject frog deer wolf fox duck goat pig giraffe zebra snowman bunny kitten puppy turtle goose
    chicken squirrel owl parrot eagle hamster panda koala gorilla camel mouse llama rhino hippo seal kangaroo
    dinosaur statue clown king queen prince princess pirate chef robot alien zombie witch wizard knight angel santa
    guard cop policeman fireman cowboy model judge priest monk nun pilot hero superhero student scientist artist guest
    elf ghost monster skeleton doll mannequin scarecrow couple family waiter waitress driver rider worker hiker dancer
    """
)


def plain(token: Token) -> Token:
    return Token(token.text, token.low, token.kind, token.start)


def bare_owner(core: list[Token], i: int) -> bool:
    low = core[i].low
    following = core[i + 1].low
    owned = core[-1].low
    if (
        not low.endswith("s")
        or low.endswith("ss")
        or low in lx.COLORS
        or low in lx.ADJECTIVES
        or low in ("glasses", "sunglasses")
    ):
        return False
    part = (
        owned in lx.BACKDROP | {"reflection", "shadow", "bag", "car", "dog", "house", "bike"}
        or owned in lx.BODY
        or singular(owned) in lx.BODY
        or owned in lx.GARMENTS
        or owned in ("color", "shirt", "size", "name")
        or following in lx.BODY
    )
    return part and (
        singular(low) in ANIMATE
        or low[:-1] in ANIMATE
        or (low not in lx.SINGULAR_S and (owned in lx.BODY or singular(owned) in lx.BODY))
        or owned == "color"
    )


def corner(first: str, second: str) -> str | None:
    rows = {"top": "top", "upper": "top", "bottom": "bottom", "lower": "bottom"}
    cols = {"left": "left", "right": "right", "left-hand": "left", "right-hand": "right"}
    if first in rows and second in cols:
        return f"{rows[first]}-{cols[second]}"
    if first in cols and second in rows:
        return f"{rows[second]}-{cols[first]}"
    if first in rows and second in ("center", "middle", "centre"):
        return rows[first]
    if first == "far":
        return lx.POSITION_WORDS.get(second)
    return None
