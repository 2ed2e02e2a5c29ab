"""Verb frames for things that go elsewhere or come again: move, duplicate."""

from __future__ import annotations

from finetouch.plan import arguments, params, scenes, tails
from finetouch.plan import lexicon as lx
from finetouch.plan.nouns import trim
from finetouch.plan.places import image_phrase, match_preposition, position_phrase
from finetouch.plan.story import Draft, Story, draft_for, phrases_of
from finetouch.plan.tokens import Token, last_word, say

Tokens = list[Token]


_WHITHER = lx.words("to into onto up down closer next behind over")
_SIDES = lx.words("left right higher lower upward upwards downward downwards")


def move(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """An existing thing goes elsewhere."""
    args = trim(arguments.without_purpose(args))
    if verb in ("center", "centre") and args and args[0].low in ("on", "in", "around"):
        if not (story.drafts and "zoom" in story.drafts[-1].params):
            story.add(Draft("global", result=f"centered on {say(args[1:])}", params={"to": say(args[1:])}))
        return
    if len(args) > 1 and match_preposition(args, 0) and args[0].low in ("to", "into", "onto", "over"):
        args = [Token("itself", "itself", "word", args[0].start), *args]
    if verb in ("align", "station") and args and args[0].low in ("a", "an"):
        story.dispatch(story, "add", args, clause)
        return
    if scenes.scene_end(args):
        scenes.place_subject(story, args)
        return
    stop = len(args)
    for i in range(1, len(args)):
        low = args[i].low
        if (
            (match_preposition(args, i) and low != "of")
            or (
                low
                in lx.words(
                    """
        left right up down closer further farther higher lower over back away forward upwards
        downwards slightly backwards upward downward together
        """
                )
                and i + 1 >= 1
                and args[i - 1].low not in lx.DETERMINERS
            )
            or args[i].kind == "num"
            or (low == "a" and i + 1 < len(args) and args[i + 1].low in ("bit", "little"))
        ):
            if low in ("in", "on", "with", "of") and any(
                args[k].low in _WHITHER or (args[k].low in _SIDES and args[k - 1].low not in lx.DETERMINERS)
                for k in range(i + 1, len(args))
            ):
                continue
            stop = i
            break
    target_tokens, rest = args[:stop], args[stop:]
    phrases = phrases_of(story, target_tokens)
    origin: str | None = None
    if rest and rest[0].low == "from":
        k = next((k for k, t in enumerate(rest) if k and t.low in ("to", "into", "onto", "next")), None)
        if k is not None:
            origin = say(rest[:k])
            rest = rest[k:]
    relation, position = destination(story, rest)
    for phrase in phrases:
        if phrase.image and relation and last_word(relation[1]) in ("frame", "border") and not origin:
            story.add(Draft("add", result=relation[1], count="one"))
            continue
        if phrase.image and not phrase.head:
            story.add(Draft("global", result="moved", params=params.move_params(rest)))
            continue
        draft = draft_for("move", phrase, params=params.move_params(rest))
        if origin:
            draft.attributes = [*draft.attributes, origin]
        if phrase.relation and relation:
            draft.attributes = [*draft.attributes, phrase.relation[1]]
        if relation:
            draft.relation = relation
        if position or (verb in ("center", "centre") and relation is None):
            draft.position = position or "center"
        story.add(draft)
        story.note(phrase)


def destination(story: Story, rest: Tokens) -> tuple[tuple[str, str] | None, str | None]:
    """Relation and position of "to the left of the tree", "to the right", "closer to the man", "up"."""
    relation: tuple[str, str] | None = None
    position: str | None = None
    i = 0
    while i < len(rest):
        place = position_phrase(rest, i)
        if place:
            position = position or place[0]
            i += place[1]
            continue
        picture = image_phrase(rest, i)
        if picture:
            i += picture
            continue
        hit = match_preposition(rest, i)
        if hit and not (rest[i].low == "down" and (i + 1 == len(rest) or match_preposition(rest, i + 1))):
            end = i + hit[1]
            while (
                end < len(rest) and (match_preposition(rest, end) or ("of",))[0] == "of" and rest[end].kind != "punct"
            ):
                end += 1
            anchor = tails.anchor_text(rest[i + hit[1] : end])
            kind = {
                "to": "on",
                "at": "near",
                "from": "",
                "for": "",
                "as": "",
                "of": "part_of",
                "down": "",
                "like": "",
                "about": "",
                "without": "",
                "than": "",
                "except": "",
                "instead": "",
            }.get(hit[0], hit[0])
            if (kind == "in" and anchor.lower() in lx.BACKDROP) or anchor.lower() == "foreground":
                position = "background" if anchor.lower() in lx.BACKDROP else "foreground"
            elif kind and anchor and relation is None and not anchor[0].isdigit():
                words = rest[i + hit[1] : end]
                if hit[0] == "to" and last_word(anchor) in lx.INSIDES:
                    kind = "in"
                if words and words[0].low in lx.PRONOUNS:
                    anchor = story.anchor(words[0].low)
                relation = (kind, anchor)
            i = max(end, i + 1)
            continue
        low = rest[i].low
        if (
            position is None
            and relation is None
            and low in lx.words("left right up down upwards downwards higher lower upward downward")
        ):
            position = {
                "left": "leftmost",
                "right": "rightmost",
                "up": "top",
                "upwards": "top",
                "higher": "top",
                "upward": "top",
            }.get(low, "bottom")
        i += 1
    return relation, position


def duplicate(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """More copies of an existing thing; count is the final number."""
    args = trim(args)
    times = next((int(t.text) for t in args if t.kind == "num" and t.text.isdigit()), None)
    times = times or next(
        (lx.NUMBERS[t.low] for t in args if t.low in lx.NUMBERS and t.low not in ("pair", "couple", "dozen")), None
    )
    kept = [
        t
        for i, t in enumerate(args)
        if not (
            t.kind == "num"
            or t.low in ("times", "twice", "once", "additional", "extra")
            or (
                t.low in lx.NUMBERS
                and i + 1 < len(args)
                and args[i + 1].low in ("times", "more", "additional", "extra")
            )
        )
    ]
    for phrase in phrases_of(story, kept):
        draft = draft_for("duplicate", phrase, result=phrase.core)
        draft.count = times + 1 if times else 2
        where = params.direction(args)
        if where:
            draft.params["direction"] = where
        story.add(draft)
        story.note(phrase)
