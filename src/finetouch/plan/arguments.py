"""What several verb frames share: splitting arguments, dropping purposes, owners of qualities."""

from __future__ import annotations

from finetouch.plan import lexicon as lx
from finetouch.plan.nouns import Phrase, parse_np
from finetouch.plan.places import match_preposition
from finetouch.plan.tokens import Token, base, is_plural

Tokens = list[Token]


def cut(tokens: Tokens, *words: str) -> tuple[Tokens, Tokens | None]:
    """Tokens before and behind the first of `words`; behind is None when there is none."""
    for i, token in enumerate(tokens):
        if token.low in words and token.kind == "word" and i:
            return tokens[:i], tokens[i + 1 :]
    return tokens, None


def without_purpose(tokens: Tokens) -> Tokens:
    """Drops "to make it clearer", "so it looks real", "for a sharper look", "while keeping ...", "if present"."""
    for i, token in enumerate(tokens):
        following = tokens[i + 1].low if i + 1 < len(tokens) else ""
        low = token.low
        if (
            i
            and low == "to"
            and (
                (
                    base(following) == following
                    and following
                    and following not in lx.NOUNISH - {"make", "show", "bring", "give", "get", "clear", "reveal"}
                )
                or following
                in lx.words(
                    """
        be look reveal create achieve ensure show expose make fit match see just only uncover get
        find help allow
        """
                )
            )
        ):
            return tokens[:i]
        if i and low in ("after", "before") and following.endswith("ing"):
            return tokens[:i]
        if i and low == "but" and following in ("leave", "keep", "leaving", "keeping", "not"):
            return tokens[:i]
        if i and low == "especially":
            return tokens[:i]
        if i and low == "as" and following in ("if", "though"):
            return tokens[:i]
        if (
            i
            and low
            in lx.words(
                """
        so while if because since without ensuring leaving keeping making maintaining preserving
        revealing allowing seamlessly bringing blending restoring
        """
            )
            and not (low == "without" and following in ("a", "the", "any"))
        ):
            return tokens[:i]
        if i and low == "including" and tokens[i - 1].text == ",":
            return tokens[:i]
        if (
            i
            and low == "for"
            and following in lx.words("a better more improved clearer enhanced")
            and any(
                t.low
                in lx.words(
                    """
        look view effect appearance result clarity finish image touch feel picture quality visuals
        """
                )
                for t in tokens[i:]
            )
        ):
            return tokens[:i]
        if i and low == "instead" and following not in ("of",):
            return tokens[:i] + tokens[i + 1 :]
    return tokens


def image_object_of(args: Tokens) -> Tokens | None:
    """ "the image of the watermark" (after rid, cleanse, clear) -> "the watermark"."""
    i = 0
    while i < len(args) and args[i].low in lx.words("the this our your whole entire"):
        i += 1
    if i < len(args) - 1 and args[i].low in lx.IMAGE and args[i + 1].low in ("of", "from"):
        return args[i + 2 :]
    return None


def match_long(tokens: Tokens, i: int) -> bool:
    """True when "to" at `i` belongs to "next to" or "to the left of"."""
    if i and tokens[i - 1].low in lx.words(
        "next close closer closest near nearer nearest adjacent attached due up similar"
    ):
        return True
    hit = match_preposition(tokens, i)
    return bool(hit and hit[1] > 1)


def instead_of(args: Tokens) -> tuple[Tokens, Tokens] | None:
    for i, token in enumerate(args):
        if i and token.low == "instead" and i + 2 < len(args) and args[i + 1].low == "of":
            return args[:i], args[i + 2 :]
        if i and token.low == "place" and args[i - 1].low == "in" and i + 2 < len(args) and args[i + 1].low == "of":
            return args[: i - 1], args[i + 2 :]
    return None


_OUTER = ("surface", "overall", "outer", "whole", "paint")


def owner_of_quality(phrase: Phrase, nouns: frozenset[str] | set[str]) -> Phrase | None:
    """ "the color of the car", "the car's color", "car color" -> the car; None when `phrase` is no such quality.

    A bare quality ("color") gives an empty phrase that means the whole picture.
    """
    head = phrase.head or ""
    parts = head.split()
    if not parts or parts[-1].lower() not in nouns:
        return None
    if phrase.of is not None and (
        len(parts) == 1 or parts[0].lower() in ("surface", "overall", "outer", "whole", "paint")
    ):
        thing = parse_np(phrase.of)
        return thing
    if phrase.position in ("background", "foreground") and phrase.relation is None and not phrase.owner:
        return Phrase(head=phrase.position, core=phrase.position, definite=True)
    if len(parts) > 1:
        rest = parts[:-1]
        thing = Phrase(
            head=" ".join(rest), attributes=list(phrase.attributes), relation=phrase.relation, position=phrase.position
        )
        thing.core = thing.head or ""
        thing.owner_pronoun, thing.count_word = phrase.owner_pronoun, phrase.count_word
        thing.plural = is_plural(rest[-1])
        if thing.head and thing.head.lower() in lx.IMAGE | lx.WHOLE | {"the"}:
            return Phrase(image=True)
        return thing
    if phrase.owner:
        thing = parse_np([Token(w, w.lower(), "word", 0, w.lower().endswith("'s")) for w in phrase.owner.split()])
        if thing.head is None:
            thing.head = thing.core = phrase.owner
        if phrase.owner.lower() in lx.IMAGE:
            return Phrase(image=True)
        thing.count_word = thing.count_word or ("one" if phrase.owner.lower() not in lx.PLURALS else None)
        return thing
    if phrase.owner_pronoun:
        return Phrase(
            pronoun={"his": "him", "her": "her", "its": "it", "their": "them"}.get(phrase.owner_pronoun, "it")
        )
    if phrase.relation and phrase.relation[0] in ("on", "in"):
        thing = parse_np([Token(w, w.lower(), "word", 0) for w in phrase.relation[1].split()])
        thing.owner_pronoun = phrase.anchor_owner
        return thing
    if phrase.relation:
        return None
    return Phrase(image=True)


def owner_text(owner: Phrase) -> str:
    """A phrase as an anchor: its core, with the owner in front when there is one."""
    if owner.owner:
        return f"{owner.owner} {owner.core}"
    return owner.core or owner.head or ""


def owned_by(owner: str) -> str:
    return owner if owner.endswith("s") else owner + "'s"


def new_words(result: Phrase, target: Phrase) -> str:
    words = result.core or result.head or result.pronoun or ""
    if result.owner:
        words = f"{owned_by(result.owner)} {words}" if not result.owner.endswith("s") else f"{result.owner} {words}"
    if result.tail:
        words = f"{words} {result.tail}"
    if result.relation and result.relation[0] != "part_of":
        words = f"{words} {result.relation[0].replace('_', ' ')} {result.relation[1]}"
    elif result.relation and not result.owner:
        words = f"{words} of {result.relation[1]}"
    return words


def is_body(token: Token) -> bool:
    """True for a body part."""
    return token.low in lx.BODY
