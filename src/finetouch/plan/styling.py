"""Verb frames for styles and filters."""

from __future__ import annotations

from finetouch.plan import adding, coloring, kinds, params, scenes
from finetouch.plan import lexicon as lx
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.story import Draft, Story, draft_for, phrases_of, text_of
from finetouch.plan.tokens import Token, say

Tokens = list[Token]


def restyle(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "apply a sepia filter", "immerse the image in watercolor", "cartoonize", "create an image in ... style"."""
    args = trim(args)
    if verb in lx.words(
        """
        cartoonize cartoonify grayscale greyscale posterise colorize colourise animate stylize
        filter
        """
    ):
        phrases = phrases_of(story, args)
        named = {
            "cartoonize": "cartoon",
            "cartoonify": "cartoon",
            "grayscale": "grayscale",
            "greyscale": "greyscale",
            "colorize": "colorized",
            "animate": "animated",
            "filter": "filtered",
        }.get(verb, verb)
        if phrases and not kinds.whole(phrases[0]) and phrases[0].head and verb not in ("filter",):
            if verb == "colorize" and any(t.low in ("to", "with", "in") for t in args):
                coloring.color_frame(story, verb, args, clause)
                return
            for phrase in phrases:
                op = "recolor" if verb == "colorize" else "adjust"
                draft = draft_for(op, phrase, result=f"{named} {phrase.name}")
                draft.params = {} if op == "recolor" else {"style": params.style_name(named)}
                story.add(draft)
            return
        said = say(
            [t for t in args if t.low not in lx.IMAGE | lx.DETERMINERS | {"to", "in", "with", "be", "more", "whole"}]
        )
        story.add(
            Draft(
                "restyle",
                result=f"{said} {named}".strip() if verb == "filter" else named,
                params={"style": params.style_name(f"{named} {said}")},
            )
        )
        return
    if verb == "apply":
        _apply(story, args, clause)
        return
    if kinds.style(args):
        words = _style_words(args)
        story.add(Draft("restyle", result=words, params={"style": params.style_name(words)}))
        return
    if verb in ("infuse", "imbue") and any(t.low == "with" for t in args[1:]):
        gift = args[next(i for i, t in enumerate(args) if i and t.low == "with") + 1 :]
        if not kinds.weather(gift) and not any(t.low in lx.BACKDROP for t in gift):
            adding.add(story, "add", _substance(gift), clause)
            return
    if any(t.low in lx.SCENES | lx.BACKDROP for t in args):
        at = next((i for i, t in enumerate(args) if t.low in ("in", "into", "of", "to", "with") and i), None)
        scenes.scene(story, args[at + 1 :] if at else args)
        return
    if kinds.weather(args):
        story.add(Draft("global", result=text_of(args)))
        return
    if verb in ("produce", "generate", "craft", "blend", "reproduce"):
        adding.add(story, "add", args, clause)
        return
    story.add(Draft("restyle", result=text_of(args)))


def _substance(gift: Tokens) -> Tokens:
    """ "the essence of two plums" -> "two plums"."""
    vague = lx.words("essence presence spirit charm beauty sight warmth magic elegance grace appearance addition")
    at = next((i for i, t in enumerate(gift[:4]) if t.low == "of" and i and gift[i - 1].low in vague), None)
    return gift[at + 1 :] if at else gift


def _style_words(args: Tokens) -> str:
    for i in range(len(args) - 1, 0, -1):
        if args[i].low in lx.words("of in into with to classical") and any(t.low in lx.STYLES for t in args[i + 1 :]):
            return text_of(args[i + 1 :])
    hits = [i for i, t in enumerate(args) if t.low in lx.STYLES]
    if hits and len(args) > 6:
        return say(args[max(0, hits[0] - 1) : hits[-1] + 1])
    return text_of(args)


def _apply(story: Story, args: Tokens, clause: Tokens) -> None:
    to = next((i for i, t in enumerate(args) if i and t.low in ("to", "on", "onto", "over")), None)
    thing = parse_np(args[:to] if to else args)
    target = story.resolve(parse_np(args[to + 1 :])) if to else Phrase(image=True)
    last = (thing.head or "").split()[-1:] or [""]
    low = last[0].lower()
    if (
        thing.color
        and low
        in lx.COLOR_NOUNS
        | {"shade", "filter", "tint", "paint", "dye", "coating", "coat", "finish", "overlay", "touch"}
        | lx.COLORS
        and target.head
        and not kinds.whole(target)
    ):
        for piece in phrases_of(story, args[to + 1 :]) if to else []:
            story.add(draft_for("recolor", piece, result=f"{thing.color} {piece.name}", color=thing.color))
            story.note(piece)
        return
    if kinds.whole(target) or target.head is None:
        if low in lx.QUALITIES and low not in ("tone", "tones"):
            story.add(Draft("global", result=thing.core, params=params.tone_params(lx.QUALITIES[low][0], 1, args)))
        else:
            story.add(Draft("restyle", result=thing.core, params={"style": params.style_name(thing.core)}))
        return
    if low in lx.QUALITIES or low in lx.VISUAL_FX:
        for phrase in phrases_of(story, args[to + 1 :]) if to else []:
            story.add(draft_for("adjust", phrase, result=f"{thing.core} {phrase.name}"))
        return
    adding.add(story, "add", args, clause)
