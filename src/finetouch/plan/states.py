"""Predicates that say what a thing does or how it is: "wear a hat", "bigger and white", "except the dog"."""

from __future__ import annotations

from finetouch.plan import arguments, kinds, removal
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, plain_color
from finetouch.plan.nouns import Phrase, parse_np, split_core, trim
from finetouch.plan.story import Draft, Story, draft_for, noun_lists, text_of
from finetouch.plan.tails import anchor_text
from finetouch.plan.tokens import Token, last_word, say

Tokens = list[Token]
_AUXILIARY = lx.words("be to is are appear look like he she it they he's she's it's as if being now also currently")
_HAVING = lx.words("wear wearing hold holding have having carry carrying has wears holds")
_MOVING = lx.words(
    "turn raise close open bend lift lower tilt extend move point spread fold flap stretch cross wag shake show stick"
)
_MOVED = {"bend": "bent", "spread": "spread"}
_WAYS = lx.words("slightly to up down more back in towards toward and at out")


def two_states(new: Tokens | None) -> int | None:
    """Where "and" joins a size and a colour: "bigger AND white"."""
    for i, token in enumerate(new or []):
        if new and i and token.low == "and":
            parts = (new[:i], new[i + 1 :])
            sized = sum(kinds.size_word(p) for p in parts) == 1
            if sized and any(p and (plain_color(p) or kinds.tone_of(p)) for p in parts):
                return i
    return None


def split_anchor(tokens: Tokens) -> str | None:
    """The thing behind "behind", owner included, without what follows it."""
    core, _ = split_core(trim(tokens))
    stop = next((i for i, t in enumerate(core) if i and t.low.endswith("ing") and i > 1), len(core))
    return anchor_text(core[:stop]) or None


def except_at(new: Tokens) -> int | None:
    for i, token in enumerate(new[:-1]):
        if i and (token.low in ("except", "besides") or (token.low == "but" and new[i + 1].low in lx.DETERMINERS)):
            return i
    return None


def bodily(old: Tokens, phrase: Phrase) -> tuple[str, str] | None:
    """ "the number on the back": a side of the thing that carries the number, no place in the picture."""
    behind = [t for t in old if t.low in ("back", "front", "top", "side")]
    return ("on", behind[-1].text) if behind and phrase.position else None


def behave(story: Story, phrase: Phrase, new: Tokens) -> bool:
    """ "wear a hat", "hold a cup", "disappear", "turn his head"; False when it is none of these."""
    i = 0
    while i < len(new) and new[i].low in _AUXILIARY:
        i += 1
    if i >= len(new) or new[i].low in ("on", "off"):
        return False
    low, rest = new[i].low, new[i + 1 :]
    if low in ("hold", "holding") and new[-1].low == "hands" and len(rest) <= 2:
        story.add(draft_for("adjust", phrase, result=f"{phrase.name} holding hands"))
        story.note(phrase)
        return True
    if low in _HAVING:
        return _gets(story, phrase, low, rest)
    if low in _MOVING and rest and rest[0].low in lx.POSSESSIVE:
        _moves_part(story, phrase, low, rest[1:])
        return True
    if low in ("disappear", "vanish", "gone") and phrase.head:
        removal.remove_phrase(story, phrase, new)
        return True
    return False


def _gets(story: Story, phrase: Phrase, low: str, gift: Tokens) -> bool:
    """ "wear a hat", "have blue eyes" (a colour change), "hold a cup and a spoon"."""
    if any(t.low == "color" for t in gift) or not gift or kinds.whole(phrase):
        return False
    bare = [t for t in gift if t.low not in lx.DETERMINERS]
    has = low in ("have", "having", "has")
    if has and gift[-1].low in lx.BODY and color_at(bare, 0):
        body = parse_np(gift)
        draft = draft_for("recolor", body, color=body.color, result=body.core)
        draft.attributes, draft.position = [], None
        draft.relation = ("part_of", phrase.core or phrase.name)
        story.add(draft)
        return True
    if has and kinds.tone_of(bare):
        return False
    for part in noun_lists(gift):
        piece = parse_np(part)
        wearing = low.startswith("wear") or (has and last_word(piece.head) in lx.GARMENTS)
        result = " ".join(w for w in (piece.core, piece.tail) if w)
        draft = Draft("add", result=result, count=piece.count(added=True), position=phrase.position)
        draft.relation = ("wearing" if wearing else "with", arguments.owner_text(phrase))
        story.add(draft)
    story.note(phrase)
    return True


def _moves_part(story: Story, phrase: Phrase, low: str, rest: Tokens) -> None:
    """ "turn his head slightly to the right"."""
    end = next((k for k in range(1, len(rest)) if rest[k].low in _WAYS), len(rest))
    owned = parse_np(rest[:end])
    state = _MOVED.get(low, low + ("d" if low.endswith("e") else "ed"))
    draft = draft_for("adjust", owned, result=f"{owned.head} {state} {say(rest[end:])}".strip())
    draft.relation = ("part_of", phrase.head or "") if phrase.head else None
    story.add(draft)
    story.note(phrase)


def verbal(new: Tokens) -> bool:
    low = new[0].low
    return (
        low
        in lx.words(
            """
        smile smiling reflect show glow stand sit jump look face facing float fly lie run swing open
        close raise bend lean turn move laugh cry kiss eat lick point lift grow come extend sleep
        stick disappear walk drink play dance hug read ride hang flow shine match blink lower tilt
        frown throw wave
        """
        )
        or low in lx.ACTS - lx.words("look appear seem wear have say read")
        or (low.endswith("ing") and low not in lx.words("painting building ring king drawing thing something duckling"))
    )


def state_result(new: Tokens, phrase: Phrase) -> str:
    words = text_of(new)
    if new[0].low.endswith("ing"):
        return f"{phrase.name} {words}"
    if verbal(new):
        low = new[0].low
        form = (
            low[:-1]
            if low.endswith("e") and low not in ("see",)
            else low + low[-1]
            if low in ("sit", "run", "swim", "hug")
            else low
        ) + "ing"
        rest = say(new[1:])
        return f"{phrase.name} {form} {rest}".strip()
    return f"{words} {phrase.name}"
