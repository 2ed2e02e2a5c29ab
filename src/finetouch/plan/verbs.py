"""Which frame reads a verb, and the particles that change its meaning ("cut out", "fill in", "turn off")."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from finetouch.plan import (
    adding,
    arguments,
    becoming,
    changing,
    coloring,
    geometry,
    giving,
    handlers,
    kinds,
    lettering,
    making,
    moving,
    params,
    predicates,
    removal,
    replacing,
    styling,
    tone,
)  # fmt: skip
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at
from finetouch.plan.nouns import parse_np, trim
from finetouch.plan.story import BACK, REPLACING, Draft, Story, backdrop, phrases_of, take_first, text_of
from finetouch.plan.tokens import Token, last_word

Tokens = list[Token]
Handler = Callable[[Story, str, Tokens, Tokens], None]
_GAPS = lx.words("crack cracks hole holes gap gaps scratch scratches tear tears rip rips damage")


def _move(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "bring down exposure", "bring the dog closer", "lift the fog", "transport the image into ..."."""
    head = [t.low for t in args]
    if (
        verb in ("bring", "push")
        and args
        and args[0].low in ("down", "up", "out")
        and any(w in lx.QUALITIES for w in head)
    ):
        tone.level(story, "increase" if args[0].low in ("up", "out") else "decrease", args[1:], clause)
    elif verb == "bring" and "down" in head and any(w in lx.QUALITIES for w in head):
        tone.level(story, "decrease", [t for t in args if t.low != "down"], clause)
    elif (
        verb == "bring"
        and any(w in ("into", "in") for w in head)
        and args
        and args[0].low not in lx.words("the his her him them it this these out")
    ):
        adding.add(story, "add", [t if t.low != "into" else Token("to", "to", "word", t.start) for t in args], clause)
    elif verb == "lift" and any(w in lx.HAZE for w in head):
        removal.clean(story, "clear", args, clause)
    elif verb == "transport":
        styling.restyle(story, verb, args, clause)
    else:
        moving.move(story, verb, args, clause)


def _place(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    if (
        verb == "photoshop"
        and args
        and (kinds.whole(parse_np(args[:2])) or any(t.low == "into" for t in args))
        and args[0].low not in ("a", "an")
    ):
        adding.add(story, verb, args, clause)
        return
    adding.add(story, verb, args, clause)


def _change(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    lows = [t.low for t in args]
    if (
        verb in lx.words("transform convert transfer change turn adapt modify render")
        and kinds.style(args)
        and args
        and kinds.whole(parse_np(_before(args)))
    ):
        at = len(_before(args))
        rest = args[at + 1 :]
        body = kinds.strip_look(trim(rest))
        if (
            body
            and kinds.style(body)
            and not kinds.weather(body[:2])
            and not any(w in lx.BACKDROP and w in ("background", "backdrop") for w in lows)
        ):
            words = text_of(body)
            story.add(Draft("restyle", result=words, params={"style": params.style_name(words)}))
            story.antecedent = "image"
            return
    stated = verb == "edit" and predicates.split_predicate(args) is not None
    if verb in ("adjust", "edit", "fix") and not stated and not any(t.low in ("to", "into") for t in args):
        for phrase in phrases_of(story, arguments.without_purpose(args)):
            becoming.unspecified(story, phrase, last_word(phrase.head))
        return
    changing.change(story, verb, args, clause)


def _before(args: Tokens) -> Tokens:
    for i, token in enumerate(args):
        if i and token.low in ("to", "into", "in", "with", "as"):
            return args[:i]
    return args[:0]


_HANDLERS: dict[str, Handler] = {
    "remove": removal.remove, "clean": removal.clean, "add": _place, "replace": replacing.replace, "change": _change,
    "make": making.make, "color": coloring.color_frame, "give": giving.give, "increase": tone.level,
    "decrease": tone.level, "tone": tone.tone, "deform": tone.deform, "crop": geometry.crop, "zoom": geometry.zoom,
    "rotate": geometry.rotate, "resize": geometry.resize, "move": _move, "duplicate": moving.duplicate,
    "extract": removal.extract, "style": styling.restyle, "write": lettering.write, "show": handlers.show,
    "keep": handlers.keep,
    "take": handlers.take, "get": handlers.take, "use": handlers.use, "outline": handlers.outline,
    "level": handlers.level,
}  # fmt: skip


def dispatch(story: Story, verb: str, args: Tokens, clause: Tokens) -> bool:
    """Reads the arguments of a known verb into the story; False when the verb is unknown."""
    if verb not in lx.FRAMES:
        return False
    args = [t for t in args if t.low != "please"]
    first = args[0].low if args else ""
    shared = story.upcoming[0] in REPLACING and story.upcoming[1] in BACK
    if verb in ("cut", "edit", "clip") and first not in ("", "everything") and shared:
        take_first(story, args)
        return True
    inner = verb == "fill" and first == "in" and not any(t.low in _GAPS for t in args)
    if inner and any(t.low in lx.BACKDROP for t in args) and not color_at(args, len(args) - 1):
        return True
    verb, frame, args = _framed(verb, args, clause)
    story.before, story.frame, story.verb = story.frame, frame, verb
    _HANDLERS[frame](story, verb, args, clause)
    return True


def _framed(verb: str, args: Tokens, clause: Tokens) -> tuple[str, str, Tokens]:
    """The verb, its frame and its arguments once particles are read."""
    frame = lx.FRAMES[verb]
    first = args[0].low if args else ""
    hued = any(t.low in lx.COLOR_NOUNS for t in args)
    if verb in ("cut", "chop", "slice", "split") and _halved(args):
        return verb, "deform", args
    scenic = any(t.low in lx.BACKDROP for t in clause)
    if verb == "cut" and not scenic and kinds.whole(parse_np(args)) and first not in ("", "it", "out"):
        return "crop", "crop", args
    if verb == "cut":
        frame = "extract" if any(t.low in lx.BACKDROP | {"everything"} for t in clause) else "remove"
        return verb, frame, args[1:] if first in ("out", "off", "away", "down") else args
    if verb == "wash" and first == "out" and hued:
        return "fade", "tone", args
    if len(args) > 1 and verb == "edit" and first == "in":
        return verb, "add", args[1:]
    if len(args) > 1 and first == "out" and verb in ("edit", "photoshop", "paint", "blend", "clone", "filter"):
        return verb, "remove", args[1:]
    if len(args) > 1 and first == "out" and verb == "fade" and not hued:
        return verb, "remove", args[1:]
    if verb in ("edit", "photoshop") and _out_of(args):
        return verb, "remove", [t for t in args if t.low != "out"]
    if verb == "edit" and any(i and t.low in ("onto", "into") for i, t in enumerate(args)):
        return "photoshop", "add", args
    if len(args) > 1 and first == "away" and frame in ("tone", "clean", "crop") and verb != "crop":
        return verb, "remove", args[1:]
    if verb == "fill":
        gaps = any(t.low in _GAPS for t in args)
        return verb, "remove" if gaps else frame, args[1:] if first == "in" else args
    if verb == "photoshop" and any(
        i and t.low == "to" and args[i + 1 : i + 2] and args[i + 1].low in ("look", "be") for i, t in enumerate(args)
    ):
        return "change", "change", args
    if verb == "shift" and _goes_elsewhere(args):
        return verb, "move", args
    if verb == "turn" and first in ("around", "off", "on"):
        return verb, "deform", args
    if verb == "set" and any(t.low in ("to", "in", "at") for t in args):
        args = [t if t.low not in ("in", "at") else Token("to", "to", "word", t.start) for t in args]
    return verb, frame, args[1:] if verb == "clear" and first == "out" else args


def _goes_elsewhere(args: Tokens) -> bool:
    """ "the barrel to the left", not "the mood to winter" or "the colors to blue"."""
    thing = parse_np(args[: next((i for i, t in enumerate(args) if i and t.low in ("to", "into")), len(args))])
    lows = {t.low for t in args}
    if backdrop(thing) or lows & (lx.WEATHER | lx.COLORS | lx.COLOR_NOUNS | lx.QUALITIES.keys()):
        return False
    return not kinds.whole(thing) and not kinds.style(args)


def _out_of(args: Tokens) -> bool:
    """ "the man out", "the man out of the picture"."""
    return any(
        i and t.low == "out" and (i + 1 == len(args) or args[i + 1].low in ("of", "from")) for i, t in enumerate(args)
    )


def _halved(args: Tokens) -> bool:
    """ "the melon in half", "the bread into slices": cut, not cut out."""
    lows = [t.low for t in args]
    pairs = set(pairwise(lows))
    return bool(pairs & {("in", "half"), ("into", "half"), ("into", "pieces"), ("into", "slices"), ("in", "two")})
