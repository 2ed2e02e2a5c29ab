"""Predicates that say what a thing does or how it is: "wear a hat", "bigger and white", "except the dog"."""

from __future__ import annotations

from finetouch.plan import arguments, kinds, removal
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, plain_color
from finetouch.plan.nouns import Phrase, parse_np, split_core, trim
from finetouch.plan.story import Draft, Story, draft_for, noun_lists, text_of
from finetouch.plan.tails import anchor_text
from finetouch.plan.tokens import Token, say

Tokens = list[Token]


def two_states(new: Tokens | None) -> int | None:
    """Where "and" joins a size and a colour: "bigger AND white"."""
    for i, token in enumerate(new or []):
        if new and i and token.low == "and":
            parts = (new[:i], new[i + 1 :])
            if any(kinds.size_word(p) for p in parts) and any(p and plain_color(p) for p in parts):
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
    """ "wear a hat", "hold a cup", "smile", "turn his head"."""
    i = 0
    while i < len(new) and new[i].low in lx.words(
        """
        be to is are appear look like he she it they he's she's it's as if being now also currently
        """
    ):
        i += 1
    if i >= len(new):
        return False
    low = new[i].low
    if low in ("on", "off"):
        return False
    if low in ("hold", "holding") and new[-1].low == "hands" and len(new) - i <= 3:
        story.add(draft_for("adjust", phrase, result=f"{phrase.name} holding hands"))
        story.note(phrase)
        return True
    if low in lx.words("wear wearing hold holding have having carry carrying has wears holds"):
        gift = new[i + 1 :]
        if any(t.low in ("color",) for t in gift) or not gift or kinds.whole(phrase):
            return False
        if (
            gift[-1].low in lx.BODY
            and color_at([t for t in gift if t.low not in lx.DETERMINERS], 0)
            and low in ("have", "having", "has")
        ):
            body = parse_np(gift)
            story.add(
                Draft(
                    "recolor",
                    body.head,
                    relation=("part_of", phrase.core or phrase.head or ""),
                    count=body.count(),
                    color=body.color,
                    result=body.core,
                )
            )
            return True
        if low.startswith(("hav", "has")) and kinds.tone_of([t for t in gift if t.low not in lx.DETERMINERS]):
            return False
        for part in noun_lists(gift):
            piece = parse_np(part)
            head = (piece.head or "").lower().split()[-1:] or [""]
            wearing = low.startswith("wear") or (low.startswith("ha") and head[0] in lx.GARMENTS)
            story.add(
                Draft(
                    "add",
                    result=" ".join(w for w in (piece.core, piece.tail) if w),
                    count=piece.count(added=True),
                    relation=("wearing" if wearing else "with", arguments.owner_text(phrase)),
                    position=phrase.position,
                )
            )
        story.note(phrase)
        return True
    if (
        low
        in lx.words(
            "turn raise close open bend lift lower tilt extend move point spread fold "
            "flap stretch cross wag shake show stick"
        )
        and i + 1 < len(new)
        and new[i + 1].low in lx.POSSESSIVE
    ):
        end = i + 2
        while end < len(new) and new[end].low not in lx.words(
            "slightly to up down more back in towards toward and at out"
        ):
            end += 1
        owned = parse_np(new[i + 2 : end])
        state = {
            "raise": "raised",
            "close": "closed",
            "bend": "bent",
            "lift": "lifted",
            "tilt": "tilted",
            "spread": "spread",
        }.get(low, low + "ed" if not low.endswith("e") else low + "d")
        draft = draft_for("adjust", owned, result=f"{owned.head} {state} {say(new[end:])}".strip())
        draft.relation = ("part_of", phrase.head or "") if phrase.head else None
        story.add(draft)
        story.note(phrase)
        return True
    if low in ("disappear", "vanish", "gone") and phrase.head:
        removal.remove_phrase(story, phrase, new)
        return True
    return False


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
