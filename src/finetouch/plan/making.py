"""Verb frame of make, have, let and ensure: a thing and its new state."""

from __future__ import annotations

from dataclasses import replace

from finetouch.plan import (
    adding,
    additions,
    arguments,
    becoming,
    changing,
    declare,
    kinds,
    params,
    pictures,
    predicates,
    replacing,
    scenes,
)  # fmt: skip
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, plain_color
from finetouch.plan.nouns import parse_np, trim
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, phrases_of, share_tail, text_of
from finetouch.plan.tokens import Token, say

Tokens = list[Token]


_HAVING = lx.words("wear wearing hold holding have having carry carrying")
_UNTOUCHED = lx.words(
    "fills blends blend remain remains stays preserved unchanged intact untouched seamless seamlessly maintained kept"
)
_BEING = ("absence", "removal", "presence", "inclusion", "addition")
_SMALL, _OF = lx.words("bit shade touch tad notch"), lx.words("of in on to for with from and")
_CHANGES = lx.words("adjustments adjustment changes modifications alterations edits tweaks")


def make(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "make A B", "have A do B", "let A be B", "ensure A is B"."""
    args = _mildly(_without_as_if(trim(args)))
    if _assured(story, verb, args, clause):
        return
    if args and args[0].low in ("sure", "that"):
        args = _without_that(trim(args[1:]))
    if len(args) > 2 and args[0].low in ("it", "this") and args[1].low == "so":
        args = _without_that(args[2:])
        if not declare.statement(story, args):
            becoming.become(story, "make", clause[1:2], args, clause)
        return
    if args and args[0].low in ("a", "an") and verb == "make" and not predicates.split_predicate(args):
        if kinds.weather(args):
            story.add(Draft("global", result=text_of(args)))
        else:
            adding.add(story, "add", args, clause)
        return
    if declare.existence(story, args):
        return
    excepted = changing.except_whole(args)
    if excepted:
        becoming.become(story, verb, excepted[0], excepted[1], clause)
        return
    so = next(
        (i for i, t in enumerate(args) if i > 1 and t.low == "so" and args[i - 1].low not in ("it", "this")), None
    )
    args = args[:so] if so and predicates.split_predicate(args[:so]) else args
    instead = arguments.instead_of(args)
    if instead and _other_gift(story, *instead):
        return
    if instead and len(instead[0]) > 1:
        args = instead[0]
    _become(story, verb, args, clause)


def _become(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """Thing and state, once everything around them is read."""
    pair = None if _only_tone(args) else predicates.split_predicate(args)
    if pair is None:
        _bare_predicate(story, args, clause)
        return
    fit = (
        i for i, t in enumerate(pair[1][:-1]) if i and t.low == "to" and pair[1][i + 1].low in ("match", "fit", "suit")
    )
    pair = pair[0], pair[1][: next(fit, len(pair[1]))]
    joint = _second_predicate(pair[1])
    if joint:
        make(story, verb, [*pair[0], *pair[1][:joint]], clause)
        make(story, verb, pair[1][joint + 1 :], clause)
        return
    things = noun_lists(pair[0])
    if len(things) == 1:
        becoming.become(story, verb, pair[0], pair[1], clause)
        return
    phrases = [parse_np(t) for t in things]
    share_tail(phrases)
    for thing, phrase in zip(things, phrases, strict=True):
        becoming.become(story, verb, thing, pair[1], clause, phrase)


def _mildly(args: Tokens) -> Tokens:
    """ "a little bit darker", "a shade lighter": slightly so."""
    for i, t in enumerate(args[:-2]):
        last = i + 2 if args[i + 1].low in ("little", "tiny", "wee", "small") else i + 1
        if t.low == "a" and last + 1 < len(args) and args[last].low in _SMALL and args[last + 1].low not in _OF:
            return [*args[:i], replace(t, text="slightly", low="slightly"), *args[last + 1 :]]
    return args


def _without_as_if(args: Tokens) -> Tokens:
    """Without "as if ..." unless "look" or "so" stands before it."""
    for i in range(1, len(args) - 1):
        supposed = args[i].low == "as" and args[i + 1].low in ("if", "though")
        if supposed and args[i - 1].low not in ("look", "appear", "seem", "it", "so"):
            return args[:i]
    return args


def _without_that(args: Tokens) -> Tokens:
    return args[1:] if args and args[0].low == "that" else args


def _assured(story: Story, verb: str, args: Tokens, clause: Tokens) -> bool:
    """ "make changes to ...", "ensure the absence of ...", "make sure the rest stays": read, or nothing to do."""
    if len(args) > 2 and args[0].low in _CHANGES and args[1].low in ("to", "in"):
        changing.change(story, "change", args[2:], clause)
        return True
    lacking = next((i for i, t in enumerate(args[:-1]) if t.low in _BEING and args[i + 1].low == "of"), None)
    if lacking is not None:
        gone = args[lacking].low in ("absence", "removal")
        story.dispatch(story, "remove" if gone else "add", args[lacking + 2 :], clause)
        return True
    assured = verb in ("ensure", "verify", "guarantee", "confirm") or (bool(args) and args[0].low == "sure")
    return assured and any(t.low in _UNTOUCHED for t in args)


def _other_gift(story: Story, wanted: Tokens, old: Tokens) -> bool:
    """ "the man hold a cup INSTEAD OF the jug": the jug is replaced."""
    worn = next((i for i, t in enumerate(wanted) if i and t.low in _HAVING), None)
    if not worn or plain_color(old):
        return False
    owner = story.resolve(parse_np(wanted[:worn]))
    replacing.replace_pair(story, old, wanted[worn + 1 :])
    step = story.drafts[-1]
    wearing = wanted[worn].low.startswith("wear")
    step.relation = step.relation or ("wearing" if wearing else "with", arguments.owner_text(owner))
    return True


def _only_tone(args: Tokens) -> bool:
    """ "slightly darker", "more vivid": a tone without a thing."""
    known = all(t.low in lx.INTENSIFIERS | lx.ADVERBS or kinds.tone_of([t]) for t in args)
    return known and bool(args) and args[0].low not in lx.QUALITIES


def _second_predicate(new: Tokens) -> int | None:
    """Where "and" joins another thing with its own state: "... greener AND the sky bluer"."""
    for i, token in enumerate(new[:-2]):
        if i and token.low == "and" and new[i + 1].low in ("the", "his", "her", "their", "its"):
            return i if predicates.split_predicate(new[i + 1 :]) else None
    return None


def _bare_predicate(story: Story, args: Tokens, clause: Tokens) -> None:
    if not args:
        return
    tone = kinds.tone_of(args)
    if tone:
        pictures.picture(story, args, parse_np([]))
        return
    if kinds.size_word(args):
        becoming.become(story, "make", [Token("it", "it", "word", 0)], args, clause)
        return
    if kinds.style(args) and (kinds.black_and_white(say(args)) or len(args) <= 2):
        story.add(Draft("restyle", result=text_of(args), params={"style": params.style_name(text_of(args))}))
        return
    if kinds.weather(args):
        story.add(Draft("global", result=text_of(args)))
        return
    color = color_at(args, 0)
    if color and color[1] == len(args):
        becoming.become(story, "make", [Token("it", "it", "word", 0)], args, clause)
        return
    if color is None and args[0].low in ("more", "less"):
        becoming.become(story, "make", [Token("it", "it", "word", 0)], args, clause)
        return
    named = next((i for i, t in enumerate(args[:-1]) if t.low in lx.BACKDROP), None)
    if named is not None and all(t.low in lx.DETERMINERS for t in args[:named]):
        scenes.scene(story, args[named + 1 :])
        return
    for phrase in phrases_of(story, args):
        if backdrop(phrase):
            scenes.scene(story, args)
        elif phrase.image:
            continue
        elif phrase.definite:
            story.add(draft_for("adjust", phrase))
        else:
            additions.add_phrase(story, phrase, args)
