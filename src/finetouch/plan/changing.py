"""Verb frame of change: one thing, or what is said of it, becomes something else."""

from __future__ import annotations

from finetouch.plan import arguments, becoming, geometry, kinds, predicates, replacing, scenes, tone
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, plain_color
from finetouch.plan.nouns import parse_np, split_core, trim
from finetouch.plan.places import match_preposition
from finetouch.plan.story import Story, backdrop, noun_lists, share_tail
from finetouch.plan.tokens import Token

Tokens = list[Token]
_SUBJECTS = ("it", "its", "it's", "he", "she", "they", "they're", "he's", "she's", "theyre")
_SPUN = lx.words("degrees clockwise counterclockwise upside sideways upright around rightside")


def change(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "change A to B", "turn A into B", "change the color of A", "turn the brightness up"."""
    args = trim(args)
    if len(args) > 3 and args[0].low == "from" and any(t.low == "to" for t in args):
        args = args[1:]
    if len(args) > 2 and args[0].low == "in" and args[1].low == "to":
        args = args[1:]
    if args and args[0].low in ("to", "into") and len(args) > 1:
        args = [Token("it", "it", "word", args[0].start), *args]
    if len(args) > 1 and args[-1].low in ("differently", "different", "completely", "entirely"):
        args = args[:-1]
    if _turned(story, verb, args, clause):
        return
    instead = arguments.instead_of(args)
    if instead and not any(t.low in ("to", "into") for t in instead[0]):
        replacing.replace_pair(story, instead[1], instead[0])
        return
    excepted = except_whole(args)
    pairs = _gapped(args) or ([excepted] if excepted else [])
    if pairs:
        for before, after in pairs:
            becoming.become(story, verb, before, after, clause)
        return
    old, new = split_change(args)
    if new is None:
        _without_result(story, verb, arguments.without_purpose(old), clause)
        return
    if old:
        fit = (i for i, t in enumerate(new[:-1]) if i and t.low == "to" and new[i + 1].low in ("match", "fit", "suit"))
        new = new[: next(fit, len(new))]
    if len(new) > 2 and new[0].low == "make" and new[1].low in ("them", "it", "him", "her"):
        new = new[2:]
    become_all(story, verb, old, new, clause)


def _turned(story: Story, verb: str, args: Tokens, clause: Tokens) -> bool:
    """ "turn it upside down", "turn the lamp off", "turn the contrast up"."""
    lows = {t.low for t in args}
    spun = bool(lows & _SPUN) or {"side", "up"} <= lows
    spun = spun or bool(lows & {"right", "left", "side"} and "to" in lows and len(args) < 7)
    spun = spun or (len(args) > 1 and args[-1].low in ("left", "right") and kinds.whole(parse_np(args[:-1])))
    turning = verb == "turn" or (verb == "change" and "degrees" in lows)
    if turning and spun and args[0].low not in ("up", "down"):
        geometry.rotate(story, "rotate", args, clause)
        return True
    if verb == "turn" and len(args) > 1 and args[-1].low in ("on", "off"):
        tone.deform(story, "turn", [args[-1], *args[:-1]], clause)
        return True
    up = _up_down(args)
    if up:
        tone.level(story, "increase" if up[0] else "decrease", up[1], clause)
    return up is not None


def _without_result(story: Story, verb: str, old: Tokens, clause: Tokens) -> None:
    """No "to": "change the shirt red", "render the sky in blue", "change it with snow", "change the hat"."""
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
    color = next((i for i in range(1, len(old)) if _last_color(old, i)), None)
    joint = next((i for i, t in enumerate(old) if t.low == "with"), None) if len(old) > 1 else None
    if color:
        becoming.become(story, verb, old[:color], old[color:], clause)
    elif joint:
        becoming.become(story, verb, old[:joint], old[joint + 1 :], clause)
    else:
        for piece in noun_lists(old):
            becoming.become(story, verb, piece, None, clause)


def _last_color(old: Tokens, i: int) -> bool:
    """A colour at the end that is not the name of a thing."""
    found = color_at(old, i)
    if not found or i + found[1] != len(old) or match_preposition(old, i - 1) is not None:
        return False
    return old[i - 1].low not in lx.DETERMINERS and old[i - 1].low not in lx.ADJECTIVES


def become_all(story: Story, verb: str, old: Tokens, new: Tokens, clause: Tokens) -> None:
    """Coordinated things become the same; scenery in the background becomes another scene."""
    things = noun_lists(old)
    if len(things) < 2 or any(t.kind == "quote" or t.low == "from" for t in old):
        becoming.become(story, verb, old, new, clause)
        return
    phrases = [parse_np(t) for t in things]
    share_tail(phrases)
    compound = backdrop(phrases[-1]) and len(things[-1]) > 1 and things[-1][0].low not in lx.DETERMINERS
    panorama = any(t.low in becoming.PANORAMA for t in split_core(trim(new))[0][-1:])
    if compound or (panorama and all(p.position == "background" for p in phrases)):
        scenes.scene(story, new)
        return
    for thing, phrase in zip(things, phrases, strict=True):
        becoming.become(story, verb, thing, new, clause, phrase)


def except_whole(args: Tokens) -> tuple[Tokens, Tokens] | None:
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
            subject = rest and rest[0].low in _SUBJECTS
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
