"""What stands behind the head of a noun phrase: places, relations, relative clauses."""

from __future__ import annotations

from finetouch.plan import lexicon as lx
from finetouch.plan import nouns
from finetouch.plan.colors import plain_color
from finetouch.plan.places import image_phrase, match_preposition, position_phrase
from finetouch.plan.tokens import Token, last_word, say, singular


def read_rest(phrase: nouns.Phrase, rest: list[Token]) -> None:
    """Prepositional phrases, relative clauses and participles behind the head."""
    i = 0
    n = len(rest)
    aside = False
    while i < n:
        token = rest[i]
        if token.kind == "punct":
            aside = (
                token.text == "," and i + 1 < n and (rest[i + 1].low in _ASIDES or (aside and rest[i + 1].low == "and"))
            )
            i += 1
            continue
        if token.low in ("has", "have", "had") and i + 1 < n and rest[i + 1].low == "been":
            i += 2
            continue
        if (
            token.low in lx.RELATIVE
            or (token.low in lx.BE and not token.owner)
            or token.low
            in lx.words(
                """
        currently both all present located situated positioned shown visible depicted seen
        """
            )
        ):
            i += 1
            continue
        if (
            token.low in ("made", "composed", "consisting", "built")
            and i + 1 < n
            and rest[i + 1].low in lx.words("of from out")
        ):
            end = _anchor_end(rest, i + 2 + (rest[i + 1].low == "out"))
            phrase.attributes.append(say(rest[i:end]))
            i = end
            continue
        if token.low == "in" and i + 1 < n and rest[i + 1].low == "from":
            i += 1
            continue
        place = position_phrase(rest, i)
        topped = phrase.relation and phrase.relation[0] == "with" and token.low == "on"
        if place and (aside or (topped and rest[i + 1].low == "top")):
            phrase.attributes.append(say(rest[i : i + place[1]]))
            i += place[1]
            continue
        if place:
            _set_position(phrase, place[0], say(rest[i : i + place[1]]))
            i += place[1]
            continue
        picture = image_phrase(rest, i)
        if picture and token.low == "of" and (phrase.head or "").lower() in lx.PLACE_NOUNS:
            phrase.image = True
        if picture:
            i += picture
            continue
        counted = phrase.position in _ORDINALS and token.low == "from" and i + 2 < n
        if counted and rest[i + 1].low == "the" and rest[i + 2].low in lx.words("left right top bottom"):
            phrase.attributes.append(say(rest[i : i + 3]))
            i += 3
            continue
        hit = match_preposition(rest, i)
        if hit and i + hit[1] < n and hit[0] not in ("of", "from") and image_phrase(rest, i + hit[1]):
            phrase.attributes.append(say(rest[i : i + hit[1]]))
            i += hit[1]
            continue
        if hit:
            end = n if hit[0] == "except" else _anchor_end(rest, i + hit[1])
            _attach(phrase, hit[0], rest[i : i + hit[1]], rest[i + hit[1] : end])
            if hit[0] == "of" and phrase.of is not None and end < n:
                phrase.of = [*phrase.of, *rest[end:]]
            i = end
            continue
        end = i + 1
        while (
            end < n
            and not match_preposition(rest, end)
            and rest[end].kind != "punct"
            and not position_phrase(rest, end)
            and rest[end].low not in lx.RELATIVE
        ):
            end += 1
        words = say(rest[i:end])
        if words and token.low not in ("please", "and", "too"):
            phrase.attributes.append(words)
            if not phrase.relation and not phrase.tail:
                phrase.tail = words
        i = end


_ASIDES = lx.words(
    "with wearing looking facing gazing overlooking enjoying holding carrying featuring showing watching"
)
_ORDINALS = lx.words("first second third fourth fifth last")


def _set_position(phrase: nouns.Phrase, place: str, words: str) -> None:
    if phrase.position in ("background", "foreground") and place not in ("background", "foreground"):
        phrase.attributes.append(f"in the {phrase.position}")
        phrase.position = place
    elif phrase.position is None:
        phrase.position = place
    else:
        phrase.attributes.append(words)


def _anchor_end(rest: list[Token], start: int) -> int:
    """Where the anchor of a preposition ends."""
    i = start
    n = len(rest)
    while i < n:
        token = rest[i]
        if i > start and ((token.kind == "punct") or token.low in lx.RELATIVE or token.low in ("saying", "reading")):
            return i
        hit = match_preposition(rest, i) if i > start else None
        side = hit and hit[1] == 3 and token.low in ("left", "right") and rest[i + 1].low == "side"
        if side and rest[i - 1].low in lx.DETERMINERS:
            i += 3
            continue
        if hit and hit[0] != "of":
            return i
        if i > start and (position_phrase(rest, i) or image_phrase(rest, i)):
            return i
        if i > start and nouns.post_participle(rest, i) and rest[i - 1].low not in ("and", "the"):
            return i
        i += 1
    return n


def _attach(phrase: nouns.Phrase, relation: str, preposition: list[Token], anchor: list[Token]) -> None:
    anchor = nouns.trim(anchor)
    if preposition[0].low == "besides" and (phrase.head or "").lower() in ("everything", "all", "anything", "everyone"):
        relation = "except"
    text = anchor_text(anchor)
    words = say(preposition) + " " + say(anchor)
    if relation == "except":
        phrase.attributes.append(f"except {say(anchor)}")
        phrase.excepted = text
        return
    if not anchor:
        return
    if relation == "of":
        _attach_of(phrase, anchor, text)
        return
    if relation == "from":
        lower = text.lower()
        if lower in lx.IMAGE or lower in ("side", "sides", "edge", "edges", "here", "it", "this", "view", "sight"):
            return
        if lower in lx.BACKDROP | {"back", "foreground", "front"}:
            ground = "foreground" if lower in ("foreground", "front") else "background"
            phrase.position = phrase.position or ground
            return
        inside = (
            singular(last_word(phrase.head)) in lx.words("seed leaf petal stem pit core slice bone")
            if phrase.head
            else False
        )
        relation = "part_of" if inside else "on"
        mouthy = anchor[-1].low
        if not inside and mouthy in lx.INSIDES and mouthy not in lx.words(" window windows bed face grass eyes"):
            relation = "in"
    if relation in lx.words("to at for as about like than without down instead"):
        phrase.to_first = phrase.to_first or (relation == "to" and phrase.relation is None)
        if relation == "at":
            relation = "near"
        else:
            phrase.attributes.append(words)
            return
    if relation == "in" and plain_color(anchor):
        if not _wearer(phrase):
            phrase.attributes.append(words)
            return
        relation = "wearing"
    if relation == "in" and anchor[-1].low in lx.GARMENTS and _wearer(phrase):
        relation = "wearing"
    if (
        preposition[-1].low in ("of", "between")
        and any(t.low in ("middle", "center", "centre") for t in preposition)
        and phrase.position is None
    ):
        phrase.position = "center"
    if text.lower() in lx.BACKDROP and relation in ("in", "on"):
        _set_position(phrase, "background", words)
        return
    if text.lower() in lx.IMAGE or (anchor[-1].low in lx.IMAGE and text.lower().split()[0] in lx.WHOLE):
        return
    inner = (
        nouns.parse_np(anchor)
        if anchor[0].low in lx.PRONOUNS or anchor[0].low in lx.POSSESSIVE or anchor[0].low == "it"
        else None
    )
    if inner is not None and inner.pronoun:
        phrase.anchor_pronoun = inner.pronoun
    if inner is not None and phrase.relation is None:
        phrase.anchor_owner = inner.owner_pronoun
    if inner is not None and inner.pronoun in ("it", "itself", "them") and phrase.relation is not None:
        phrase.attributes.append(words)
        return
    if phrase.relation is None:
        phrase.relation = (relation, text)
    else:
        phrase.extra.append((relation, text))
        phrase.attributes.append(words)


def _wearer(phrase: nouns.Phrase) -> bool:
    head = (phrase.head or phrase.pronoun or "").split()[-1:] or [""]
    last = head[0].lower()
    return (
        last in nouns.ANIMATE
        or singular(last) in nouns.ANIMATE
        or phrase.pronoun is not None
        or (
            last not in lx.GARMENTS
            and last not in lx.BODY
            and last not in lx.SURFACES
            and last.endswith(("er", "or", "ist", "ant"))
        )
    )


def _attach_of(phrase: nouns.Phrase, anchor: list[Token], text: str) -> None:
    low = text.lower()
    if low in lx.IMAGE or (anchor and anchor[-1].low in lx.IMAGE and len(anchor) <= 3):
        phrase.of = anchor
        if (phrase.head or "").lower() in lx.PLACE_NOUNS:
            phrase.image = True
        return
    phrase.of = anchor
    if phrase.relation is None:
        inner = nouns.parse_np(anchor)
        phrase.relation = ("part_of", text)
        phrase.position = phrase.position or None
        if inner.pronoun:
            phrase.anchor_pronoun = inner.pronoun


def anchor_text(tokens: list[Token]) -> str:
    """An anchor as the guidelines write it: no leading determiner, modifiers kept, own spelling."""
    tokens = nouns.trim(tokens)
    if [t.low for t in tokens[:3]] in (["one", "of", "the"], ["some", "of", "the"], ["one", "of", "these"]):
        tokens = tokens[3:] or tokens
    while (
        tokens
        and tokens[0].kind == "word"
        and not tokens[0].owner
        and len(tokens) > 1
        and (
            tokens[0].low in lx.DETERMINERS - {"all", "each", "every", "both"}
            or (tokens[0].low in lx.POSSESSIVE and tokens[1].low not in ("and", "or"))
            or tokens[0].low == "all"
            or (tokens[0].low == "of")
        )
    ):
        tokens = tokens[1:]
    tokens = [
        t
        for i, t in enumerate(tokens)
        if not (i and t.low in ("the", "a", "an", "his", "her") and tokens[i - 1].low in ("and", "or"))
    ]
    return say(tokens)
