"""Where a thing ends and what it shall become begins: "the man in the red shirt | taller"."""

from __future__ import annotations

from finetouch.plan import arguments, kinds
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, plain_color
from finetouch.plan.nouns import ANIMATE, parse_np
from finetouch.plan.places import match_preposition, position_phrase
from finetouch.plan.tokens import Token, base

Tokens = list[Token]

_ADJECTIVE_ENDINGS = ("vy", "zy", "ky", "ny", "dy", "my", "ous", "ive", "ish", "ic", "al")
_TURNING = lx.words(
    """look appear seem be into become to looking wear hold have say read smile like is looks are
    as being not stand sit out face turned show reflect go transparent glow so raise open more
    less much slightly very really a an completely all bigger smaller too twice half grow
    invisible float jump lie swing run fly close point lean extend bend lower eat kiss lift lick
    blink cry laugh turn move disappear come stick match just"""
)
_AFTER_PLACE = lx.words("more less much very slightly open close lower turn out half a an bigger smaller")
_DEGREE = lx.words("slightly very much more less completely totally extremely really too")
_NOUNS_TOO = lx.words(
    "face show point stick swing roll spin fall rise burn drink play dance walk kiss hug wink jump run "
    "throw wave sink smile look laugh cry fly"
)
_PLACE_NOUNS = lx.words("left right top bottom middle center centre front back foreground background corner")


def split_predicate(args: Tokens) -> tuple[Tokens, Tokens] | None:
    """The thing and its new state in "the man in the red shirt taller", "background a tower", "hair color black"."""
    n = len(args)
    if _pronoun_subject(args):
        return args[:1], args[1:]
    seen_noun = False
    i = 0
    while i < n:
        low = args[i].low
        if seen_noun and i and low in lx.RELATIVE:
            return _behind_clause(args, i)
        if seen_noun and i:
            if _turns(args, i):
                if low == "all" and i + 1 < n and args[i + 1].low in ("the", "of"):
                    return None
                if _goes_on(args, i):
                    i += 1
                    continue
                if not _still_thing(args, i):
                    return args[:i], args[i:]
            start = _state_from(args, i)
            if start is not None:
                return args[:i], args[start:]
        if low in ("he", "she", "they") and seen_noun:
            i += 3 if i + 1 < n and args[i + 1].low in lx.BE else 2
            continue
        place = position_phrase(args, i) if i and seen_noun else None
        if place and i + place[1] < n:
            i += place[1]
            continue
        hit = match_preposition(args, i)
        if hit and i:
            i += hit[1]
            seen_noun = False
            continue
        seen_noun = seen_noun or _names(args, i)
        i += 1
    return _acts(args)


def _behind_clause(args: Tokens, i: int) -> tuple[Tokens, Tokens] | None:
    """ "the bag that she carries RED": the state behind a relative clause."""
    n = len(args)
    for k in range(i + 2, n):
        color = color_at(args, k)
        degree = args[k].low in lx.INTENSIFIERS and _state_ahead(args, k)
        if (color and k + color[1] == n) or degree or (_state_word(args[k]) and not _prenominal_state(args, k)):
            return args[:k], args[k:]
        if args[k].low in ("look", "appear", "wear", "hold", "disappear", "into"):
            return args[:k], args[k:]
    return None


def _pronoun_subject(args: Tokens) -> bool:
    """ "it red", "everything darker", "her bald", but not "this picture darker" or "her lips red"."""
    if len(args) < 2:
        return False
    first, second = args[0].low, args[1]
    if first == "her":
        color = color_at(args, 1)
        tinted = color is not None and color[1] == len(args) - 1
        return tinted or second.low in _DEGREE or (len(args) == 2 and _state_word(second))
    if first == "this":
        named = len(args) > 2 and args[2].low in lx.INTENSIFIERS
        return second.low not in lx.IMAGE | lx.WHOLE and not _nounish(second) and not (color_at(args, 1) and named)
    return first in ("it", "him", "them", "everything")


def _names(args: Tokens, i: int) -> bool:
    """The token can be the noun of the thing."""
    token = args[i]
    if token.kind != "word":
        return token.kind == "quote"
    if i and token.low in lx.PRONOUNS and match_preposition(args, i - 1):
        return True
    article = token.low in lx.DETERMINERS or token.low in lx.POSSESSIVE or token.owner
    return not article and not _premodifier(args, i)


def _turns(args: Tokens, i: int) -> bool:
    """A word that can begin the new state: "look", "wear", "more", "a", "bloom"; "in" before the picture's colour."""
    low = args[i].low
    after = args[i + 1].low if i + 1 < len(args) else ""
    if low in lx.ACTS & _NOUNS_TOO and args[i - 1].low in ANIMATE and after in lx.DETERMINERS | lx.POSSESSIVE.keys():
        return True
    if (low in _TURNING and not args[i].owner) or (low in lx.ACTS - _NOUNS_TOO and not match_preposition(args, i - 1)):
        return True
    if low != "in" or i + 1 >= len(args) or not color_at(args, i + 1):
        return False
    return bool(plain_color(args[i + 1 :])) and kinds.whole(parse_np(args[:i]))


def _goes_on(args: Tokens, i: int) -> bool:
    """The word belongs to a place or to the state before it: "on A table", "next TO", "look LIKE"."""
    low = args[i].low
    return (
        (low in ("a", "an") and match_preposition(args, i - 1) is not None)
        or (low == "to" and arguments.match_long(args, i))
        or (low in lx.BODY and i + 1 < len(args) and args[i + 1].low in lx.COMPARATIVES_SIZE)
        or (low == "like" and args[i - 1].low == "look")
    )


def _still_thing(args: Tokens, i: int) -> bool:
    """The word is no beginning after all: "the man's FACE", "in HALF"."""
    low = args[i].low
    if (low == "face" and not _clause_like(args, i)) or (low == "as" and i + 1 == len(args)):
        return True
    return low in _AFTER_PLACE and match_preposition(args, i - 1) is not None


def _state_from(args: Tokens, i: int) -> int | None:
    """Where a colour, size or state begins that stands at `i`; None when none does."""
    token, low, n = args[i], args[i].low, len(args)
    if token.kind == "num" and i + 1 < n and kinds.size_word(args[i:]):
        return i
    after = args[i + 1].low if i + 1 < n else ""
    last = args[-1].low in ("one", *lx.SUPERLATIVES)
    if low == "the" and after in lx.SUPERLATIVES and last and not match_preposition(args, i - 1):
        return i + 1
    if low == "the" and after == "same":
        return i
    color = color_at(args, i)
    if color and (args[i - 1].low in ("background", "backdrop") or not _prenominal(args, i, color[1])):
        return i
    if low in lx.INTENSIFIERS | {"bit"} and _state_ahead(args, i):
        return i
    if not _state_word(token) or match_preposition(args, i - 1) or match_preposition(args, i):
        return None
    if _prenominal_state(args, i):
        return None
    return None if args[i - 1].low in lx.DETERMINERS or args[i - 1].owner else i


def _acts(args: Tokens) -> tuple[Tokens, Tokens] | None:
    """ "this man disintegrate", "her dog howl": a determined living thing and what it shall do."""
    if len(args) < 3 or args[0].low not in lx.DETERMINERS | set(lx.POSSESSIVE) - {"a", "an"}:
        return None
    verb, doer = args[-1], args[-2].low
    plain = verb.kind == "word" and verb.low not in lx.BODY | lx.GARMENTS | lx.PARTS | ANIMATE and not args[-2].owner
    adjective = len(verb.low) > 4 and verb.low.endswith(_ADJECTIVE_ENDINGS) and args[-2].low not in lx.ADJECTIVES
    return (args[:-1], args[-1:]) if plain and (doer in ANIMATE or adjective) else None


def _clause_like(args: Tokens, i: int) -> bool:
    return i + 1 < len(args) and args[i + 1].low in lx.words("the left right forward to toward away")


def _nounish(token: Token) -> bool:
    return (
        token.kind == "word"
        and token.low not in lx.ADJECTIVES
        and color_at([token], 0) is None
        and token.low not in lx.words("look more less a an into to taken at be appear seem in")
        and kinds.tone_of([token]) is None
        and token.low not in lx.COMPARATIVES_SIZE
    )


def _premodifier(args: Tokens, i: int) -> bool:
    low = args[i].low
    if i + 1 >= len(args):
        return False
    if (
        low
        in lx.words(
            """
        sky sea rose wine ocean forest baby cherry army blood lemon mint navy slate hunter jet
        """
        )
        and low not in lx.COLORS
    ):
        return args[i + 1].low in lx.COLORS and not (i and args[i - 1].low in ("the", "this", "that"))
    if low in _PLACE_NOUNS and i and _result_follows(args, i + 1):
        return False
    if low in lx.ADJECTIVES or low in lx.COLORS or low in lx.WHOLE or low in lx.COLOR_MODIFIERS:
        return True
    return low in ("all", "of", "and", "more", "most")


def _result_follows(args: Tokens, i: int) -> bool:
    """True for "on the left BRIGHTER", "in the black top RED": the new state, not the name of a thing, comes next."""
    color = color_at(args, i)
    if color:
        return i + color[1] == len(args) or not _prenominal(args, i, color[1])
    if args[i].low in lx.INTENSIFIERS:
        return _state_ahead(args, i)
    return _state_word(args[i]) and not _prenominal_state(args, i)


def _prenominal(args: Tokens, i: int, length: int) -> bool:
    """True when a noun that is not a colour word follows the colour: "the man and RED car"."""
    end = i + length
    if args[i - 1].low in lx.DETERMINERS or (
        args[i - 1].low in ("and", "of", "with", "in", ",") and args[i - 1].low != ","
    ):
        return True
    if end >= len(args):
        return False
    following = args[end]
    return (
        following.kind == "word"
        and following.low
        not in lx.words(
            """
        and with in instead or but like color to please while except so as on for too striped again only
        at from shade
        """
        )
        and not match_preposition(args, end)
    )


def _state_word(token: Token) -> bool:
    low = token.low
    if token.kind != "word":
        return False
    return (
        (
            low in lx.ADJECTIVES
            and low
            not in lx.words(
                """
        front back inner outer main left right top bottom middle center  human
        """
            )
        )
        or low in lx.COMPARATIVES_SIZE
        or low in lx.MATERIALS
        or (len(low) > 6 and low.endswith(("able", "ible", "ful", "less")))
        or (kinds.tone_of([token]) is not None and low not in lx.QUALITIES)
        or (
            low.endswith("er")
            and (
                low[:-2] in lx.ADJECTIVES
                or low[:-1] in lx.ADJECTIVES
                or low[:-3] in lx.ADJECTIVES
                or low[:-3] + "y" in lx.ADJECTIVES
            )
        )
        or low
        in lx.words(
            """
        higher deeper better stronger nicer prettier younger older cleaner messier clearer rounder straighter
        sepia grayscale greyscale cartoon disappear asleep naked b&w wooden night nighttime daytime
        drunk transparent
        """
        )
        or (low.endswith(("ed", "ing")) and base(low) != "" and low not in lx.BODY)
    )


def _prenominal_state(args: Tokens, i: int) -> bool:
    if i + 1 >= len(args):
        return False
    following = args[i + 1]
    if (
        following.kind != "word"
        or following.low
        in lx.words(
            """
        and or with in to than by on as like please at for so from instead too up down but again
        """
        )
        or following.low in lx.INTENSIFIERS
    ):
        return False
    return not _state_word(following) and following.low not in lx.ADVERBS


def _state_ahead(args: Tokens, i: int) -> bool:
    for token in args[i + 1 : i + 4]:
        if _state_word(token) or token.low in lx.COLORS or token.low in lx.COLOR_ISH or token.low in lx.QUALITIES:
            return True
        if token.low not in lx.INTENSIFIERS and token.low not in ("bit", "a", "of"):
            return False
    return False
