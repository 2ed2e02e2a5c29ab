"""Verb frames that lean on others: take, use, show, keep, outline."""

from __future__ import annotations

from finetouch.plan import (
    adding,
    additions,
    arguments,
    becoming,
    kinds,
    params,
    predicates,
    removal,
    replacing,
    scenes,
    styling,
    tone,
)
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at
from finetouch.plan.story import REPLACING, Draft, Story, backdrop, draft_for, phrases_of, take_first, text_of
from finetouch.plan.tokens import Token, tokenize

Tokens = list[Token]


_SHAPING = ("color", "make", "change", "tone", "deform", "rotate", "resize", "duplicate")


def take(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    gone = any(t.low in ("away", "off") for t in args)
    if (
        verb == "take"
        and not gone
        and story.upcoming[0] in REPLACING
        and story.upcoming[1] in ("it", "them", "him", "her")
    ):
        take_first(story, args)
        return
    away = any(t.low in ("out", "away", "off", "from") for t in args)
    if verb == "take" and not away and story.upcoming[1] == "it" and lx.FRAMES.get(story.upcoming[0]) in _SHAPING:
        take_first(story, args)
        story.whole_antecedent = True
        return
    if any(t.low in ("out", "away", "off", "from", "of") for t in args) or verb == "get":
        rest = args
        if verb == "get" and rest and rest[0].low == "rid":
            rest = rest[1:]
            rest = rest[1:] if rest and rest[0].low == "of" else rest
        removal.remove(story, "remove", rest, clause)
    else:
        removal.remove(story, "remove", args, clause)


def use(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    instead = arguments.instead_of(args)
    if instead:
        replacing.replace_pair(story, instead[1], instead[0])
        return
    args = args[1:] if args and args[0].low == "for" else args
    ground = next((i for i, t in enumerate(args) if i and t.low in ("as", "for")), None)
    if ground and args[-1].low in lx.BACKDROP:
        scenes.scene(story, args[:ground])
        return
    if verb == "select" and story.upcoming[0] in lx.FRAMES:
        take_first(story, args)
        return
    for phrase in phrases_of(story, arguments.without_purpose(args)):
        last = (phrase.head or "").split()[-1:] or [""]
        if backdrop(phrase):
            scenes.scene(story, args)
        elif verb == "select":
            if not kinds.whole(phrase):
                removal.extract(story, verb, args, clause)
        elif kinds.style(args) or last[0].lower() in lx.VISUAL_FX:
            story.add(Draft("restyle", result=phrase.core, params={"style": params.style_name(phrase.core)}))
        else:
            color = color_at(args, 0) or color_at([t for t in args if t.low not in lx.DETERMINERS], 0)
            to = next((i for i, t in enumerate(args) if i and t.low in ("for", "on")), None)
            if color and to:
                becoming.become(story, "make", args[to + 1 :], args[:to], clause)
            else:
                additions.add_phrase(story, phrase, args)


def keep(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """Keeping something is no edit; blending something in is a state of it."""
    if verb != "blend" or not args or (story.drafts and not kinds.style(args)):
        return
    if kinds.style(args):
        styling.restyle(story, "create", args, clause)
        return
    into = next((i for i, t in enumerate(args) if i and t.low in ("into", "with", "in", "to")), len(args))
    for phrase in phrases_of(story, args[:into]):
        if phrase.head and not phrase.pronoun:
            target = "background" if backdrop(phrase) else phrase.name
            story.add(draft_for("adjust", phrase, result=f"blended {target}"))


def show(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    args = args[1:] if args and args[0].low in ("me", "us") else args
    if verb == "show" and args and args[0].low in {*lx.PRONOUNS, "the", "this"} and scenes.scene_end(args):
        scenes.place_subject(story, args)
        return
    if kinds.weather(args) and not kinds.style(args):
        story.add(Draft("global", result=text_of(kinds.strip_look(args))))
        return
    if kinds.style(args):
        styling.restyle(story, "create", args, clause)
        return
    if verb == "show" and any(t.low in lx.BACKDROP for t in args[1:]) and scenes.scene_end(args):
        scenes.place_subject(story, args)
        return
    pair = predicates.split_predicate(args)
    if pair and verb == "show":
        becoming.become(story, "make", pair[0], pair[1], clause)
    else:
        adding.add(story, "add", args, clause)


def level(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "tone down the colors", "tone the contrast up"."""
    down = any(t.low == "down" for t in args)
    tone.level(story, "decrease" if down else "increase", [t for t in args if t.low not in ("up", "down")], clause)


def outline(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    for phrase in phrases_of(story, args):
        if kinds.whole(phrase):
            story.add(Draft("add", result="frame" if verb == "frame" else "outline", count="one"))
        elif phrase.head:
            story.add(draft_for("adjust", phrase, result=f"{verb}d {phrase.core}"))


def doubts(drafts: list[Draft], instruction: str) -> list[str]:
    """Warnings about a reading: steps that name nothing, quoted words that no step uses."""
    found = [
        f"Step {number} ({d.op}): what it applies to is not named."
        for number, d in enumerate(drafts, 1)
        if d.op in _NEEDS_THING and not (d.target or d.result or d.color)
    ]
    found += [
        f"Step {number} ({d.op}): '{d.target}' is an unusual name for a thing; check what was meant."
        for number, d in enumerate(drafts, 1)
        if d.op != "text" and _odd_name(d.target)
    ]
    used = " ".join(
        str(part).lower()
        for d in drafts
        for part in (d.target, d.result, d.color, d.attributes, d.relation, d.params.get("to"), d.params.get("like"))
        if part
    )
    unused = [t.text for t in tokenize(instruction) if t.kind == "quote" and t.low not in used]
    return found + ([f"Quoted words that no step uses: {', '.join(unused)}."] if unused else [])


def _odd_name(target: str | None) -> bool:
    """True for a target that is rather a piece of a sentence."""
    words = (target or "").lower().split()
    return len(words) > 6 or (len(words) > 2 and any(w in _SENTENCE for w in words))


_SENTENCE = (
    lx.BE | lx.MODALS | lx.PRONOUNS.keys() | lx.words("you i we so that because please more less what change make")
)
_NEEDS_THING = ("remove", "replace", "recolor", "adjust", "resize", "move", "duplicate", "add", "text")
