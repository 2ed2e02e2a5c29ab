"""Verb frames of change and make."""

from __future__ import annotations

from finetouch.plan import (
    adding,
    additions,
    arguments,
    becoming,
    declare,
    geometry,
    kinds,
    params,
    pictures,
    predicates,
    replacing,
    scenes,
    tone,
)
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, plain_color
from finetouch.plan.nouns import parse_np, split_core, trim
from finetouch.plan.places import match_preposition
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, phrases_of, share_tail, text_of
from finetouch.plan.tokens import Token, say

Tokens = list[Token]


_HAVING = lx.words("wear wearing hold holding have having carry carrying")
_UNTOUCHED = lx.words(
    "fills blends blend remain remains stays preserved unchanged intact untouched seamless seamlessly maintained kept"
)
_BEING = ("absence", "removal", "presence", "inclusion", "addition")
_CHANGES = lx.words("adjustments adjustment changes modifications alterations edits tweaks")


def change(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "change A to B", "turn A into B", "change the color of A", "turn the brightness up"."""
    args = trim(args)
    if len(args) > 2 and args[0].low == "in" and args[1].low == "to":
        args = args[1:]
    if args and args[0].low in ("to", "into") and len(args) > 1:
        args = [Token("it", "it", "word", args[0].start), *args]
    if len(args) > 1 and args[-1].low in ("differently", "different", "completely", "entirely"):
        args = args[:-1]
    turned = {t.low for t in args}
    spun = turned & {
        "degrees",
        "clockwise",
        "counterclockwise",
        "upside",
        "sideways",
        "upright",
        "around",
        "rightside",
    } or (turned & {"right", "left", "side"} and "to" in turned and len(args) < 7)
    spun = spun or {"side", "up"} <= turned
    if (verb == "turn" or (verb == "change" and "degrees" in turned)) and spun and args[0].low not in ("up", "down"):
        geometry.rotate(story, "rotate", args, clause)
        return
    if verb == "turn" and len(args) > 1 and args[-1].low in ("on", "off"):
        tone.deform(story, "turn", [args[-1], *args[:-1]], clause)
        return
    up = _up_down(args)
    if up:
        tone.level(story, "increase" if up[0] else "decrease", up[1], clause)
        return
    instead = arguments.instead_of(args)
    if instead and not any(t.low in ("to", "into") for t in instead[0]):
        replacing.replace_pair(story, instead[1], instead[0])
        return
    gapped = _gapped(args)
    if gapped:
        for before, after in gapped:
            becoming.become(story, verb, before, after, clause)
        return
    excepted = _except_whole(args)
    if excepted:
        becoming.become(story, verb, excepted[0], excepted[1], clause)
        return
    old, new = split_change(args)
    if new and old:
        fit = (i for i, t in enumerate(new[:-1]) if i and t.low == "to" and new[i + 1].low in ("match", "fit", "suit"))
        new = new[: next(fit, len(new))]
    if new and len(new) > 2 and new[0].low == "make" and new[1].low in ("them", "it", "him", "her"):
        new = new[2:]
    if new is None:
        old = arguments.without_purpose(old)
        choice = next((i for i, t in enumerate(old) if i and t.low == "or" and old[i - 1].low in lx.QUALITIES), None)
        old = old[:choice] if choice else old
        tinted = next((i for i, t in enumerate(old) if i and t.low == "in" and plain_color(old[i + 1 :])), None)
        if tinted:
            becoming.become(story, verb, old[:tinted], old[tinted + 1 :], clause)
            return
        predicate = predicates.split_predicate(old)
        if predicate and verb in ("turn", "change", "make", "set"):
            becoming.become(story, verb, predicate[0], predicate[1], clause)
            return
        color = None
        for i in range(1, len(old)):
            found = color_at(old, i)
            if (
                found
                and i + found[1] == len(old)
                and i
                and match_preposition(old, i - 1) is None
                and old[i - 1].low not in lx.DETERMINERS
                and old[i - 1].low not in lx.ADJECTIVES
            ):
                color = i
                break
        if color:
            becoming.become(story, verb, old[:color], old[color:], clause)
            return
        if len(old) > 1 and any(t.low in ("with",) for t in old):
            k = next(i for i, t in enumerate(old) if t.low == "with")
            if k:
                becoming.become(story, verb, old[:k], old[k + 1 :], clause)
                return
        for piece in noun_lists(old):
            becoming.become(story, verb, piece, None, clause)
        return
    things = noun_lists(old)
    if len(things) > 1 and not any(t.kind == "quote" or t.low == "from" for t in old):
        phrases = [parse_np(t) for t in things]
        share_tail(phrases)
        compound = backdrop(phrases[-1]) and len(things[-1]) > 1 and things[-1][0].low not in lx.DETERMINERS
        scenic = all(p.position == "background" for p in phrases) and any(
            t.low in becoming.PANORAMA for t in split_core(trim(new))[0][-1:]
        )
        if compound or scenic:
            scenes.scene(story, new)
            return
        for thing, phrase in zip(things, phrases, strict=True):
            becoming.become(story, verb, thing, new, clause, phrase)
        return
    becoming.become(story, verb, old, new, clause)


def _except_whole(args: Tokens) -> tuple[Tokens, Tokens] | None:
    """ "everything except the bird black and white": the state moves in front of the exception."""
    if not args or args[0].low not in ("everything", "all"):
        return None
    if args[0].low == "all" and len(args) > 2 and args[1].low in ("the", "of", "these") | lx.POSSESSIVE.keys():
        return None
    at = next((i for i, t in enumerate(args) if i and t.low in ("except", "but", "besides")), None)
    if at is None:
        return None
    behind = args[at + 1 :]
    behind = behind[1:] if behind and behind[0].low == "for" else behind
    state = args[1:at]
    if state:
        state = state[1:] if state[0].low in ("to", "into") else state
        return args[:1], [*state, Token("except", "except", "word", args[at].start), *behind]
    pair = predicates.split_predicate(behind)
    if pair is None:
        to = next((i for i, t in enumerate(behind) if i and t.low in ("to", "into")), None)
        pair = (behind[:to], behind[to + 1 :]) if to else None
    if pair is None:
        return None
    state = pair[1][1:] if pair[1][0].low in ("to", "into") else pair[1]
    return args[:1], [*state, Token("except", "except", "word", args[at].start), *pair[0]]


def _up_down(args: Tokens) -> tuple[bool, Tokens] | None:
    if not args:
        return None
    if args[0].low in ("up", "down") and any(t.low in lx.SIZE_NOUNS or t.low in lx.QUALITIES for t in args):
        return args[0].low == "up", args[1:]
    tail = [t.low for t in args[-4:]]
    for word in ("up", "down"):
        if word in tail and any(t.low in lx.QUALITIES for t in args):
            return word == "up", [t for t in args if t.low != word]
    return None


def _gapped(args: Tokens) -> list[tuple[Tokens, Tokens]] | None:
    """ "A to B, C to D and E to F"."""
    tos = [i for i, t in enumerate(args) if i and t.low in ("to", "into") and not arguments.match_long(args, i)]
    if len(tos) < 2:
        return None
    pairs: list[tuple[Tokens, Tokens]] = []
    start = 0
    for at, nxt in zip(tos, [*tos[1:], None], strict=True):
        if nxt is None:
            end = len(args)
        else:
            seps = [k for k in range(at + 1, nxt) if args[k].low == "and" or args[k].text == ","]
            if not seps:
                return None
            end = seps[0]
        pairs.append((trim(args[start:at]), trim(args[at + 1 : end])))
        start = end + 1
    return pairs if all(a and b for a, b in pairs) else None


def split_change(args: Tokens) -> tuple[Tokens, Tokens | None]:
    """The thing and what it becomes, at "to", "into", "from .. to", "so that", "as"."""
    so = next((i for i, t in enumerate(args) if i and t.low == "so"), len(args))
    for i, token in enumerate(args[:so]):
        if i and token.kind == "word" and token.low in ("to", "into") and not arguments.match_long(args, i):
            if (
                token.low == "to"
                and any(t.low == "into" for t in args[i + 1 :])
                and i + 1 < len(args)
                and args[i + 1].low in ("the", "left", "right")
            ):
                continue
            if i > 1 and args[i - 1].low in ("similar", "belonging", "attached", "according"):
                continue
            return args[:i], args[i + 1 :]
    for i, token in enumerate(args):
        if i and token.low == "so":
            rest = args[i + 1 :]
            rest = rest[1:] if rest and rest[0].low == "that" else rest
            subject = rest and rest[0].low in (
                "it",
                "its",
                "it's",
                "he",
                "she",
                "they",
                "they're",
                "he's",
                "she's",
                "theyre",
            )
            if subject and len(rest) > 1 and not kinds.weather(rest):
                rest = rest[2:] if rest[1].low in lx.BE and len(rest) > 2 else rest[1:]
            return args[:i], rest
    for i, token in enumerate(args):
        if (
            i
            and token.low in lx.words("with as for by like reminiscent")
            and args[:i][-1].low in lx.BACKDROP | lx.IMAGE | {"color", "shape", "it"}
        ):
            return args[:i], args[i + 1 :]
    return args, None


def make(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "make A B", "have A do B", "let A be B", "ensure A is B"."""
    args = trim(args)
    if_at = next(
        (
            i
            for i, t in enumerate(args)
            if i
            and t.low == "as"
            and i + 1 < len(args)
            and args[i + 1].low in ("if", "though")
            and args[i - 1].low not in ("look", "appear", "seem", "it", "so")
        ),
        None,
    )
    args = args[:if_at] if if_at else args
    if len(args) > 2 and args[0].low in _CHANGES and args[1].low in ("to", "in"):
        change(story, "change", args[2:], clause)
        return
    lacking = next((i for i, t in enumerate(args[:-1]) if t.low in _BEING and args[i + 1].low == "of"), None)
    if lacking is not None:
        gone = args[lacking].low in ("absence", "removal")
        story.dispatch(story, "remove" if gone else "add", args[lacking + 2 :], clause)
        return
    assured = verb in ("ensure", "verify", "guarantee", "confirm") or (args and args[0].low == "sure")
    if assured and any(t.low in _UNTOUCHED for t in args):
        return
    if args and args[0].low in ("sure", "that"):
        args = trim(args[1:])
        if args and args[0].low == "that":
            args = args[1:]
    if args and args[0].low in ("it", "this") and len(args) > 2 and args[1].low in ("so", "so that"):
        args = args[2:]
        if args and args[0].low == "that":
            args = args[1:]

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
    excepted = _except_whole(args)
    if excepted:
        becoming.become(story, verb, excepted[0], excepted[1], clause)
        return
    cause = (i for i, t in enumerate(args) if i > 1 and t.low == "so" and args[i - 1].low not in ("it", "this"))
    so = next(cause, None)
    args = args[:so] if so and predicates.split_predicate(args[:so]) else args
    instead = arguments.instead_of(args)
    worn = next((i for i, t in enumerate(instead[0]) if i and t.low in _HAVING), None) if instead else None
    if instead and worn and not plain_color(instead[1]):
        owner = story.resolve(parse_np(instead[0][:worn]))
        replacing.replace_pair(story, instead[1], instead[0][worn + 1 :])
        step = story.drafts[-1]
        wearing = instead[0][worn].low.startswith("wear")
        step.relation = step.relation or ("wearing" if wearing else "with", arguments.owner_text(owner))
        return
    if instead and len(instead[0]) > 1:
        args = instead[0]
    pair = None if _only_tone(args) else predicates.split_predicate(args)
    if pair is None:
        _bare_predicate(story, args, clause)
        return
    joint = _second_predicate(pair[1])
    if joint:
        make(story, verb, [*pair[0], *pair[1][:joint]], clause)
        make(story, verb, pair[1][joint + 1 :], clause)
        return
    things = noun_lists(pair[0])
    phrases = [parse_np(t) for t in things]
    if len(things) > 1:
        share_tail(phrases)
        for thing, phrase in zip(things, phrases, strict=True):
            becoming.become(story, verb, thing, pair[1], clause, phrase)
        return
    becoming.become(story, verb, pair[0], pair[1], clause)


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
    for phrase in phrases_of(story, args):
        if backdrop(phrase):
            scenes.scene(story, args)
        elif phrase.image:
            continue
        elif phrase.definite:
            story.add(draft_for("adjust", phrase))
        else:
            additions.add_phrase(story, phrase, args)
