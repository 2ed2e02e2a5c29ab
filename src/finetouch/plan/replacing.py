"""Verb frame for one thing in place of another."""

from __future__ import annotations

from finetouch.plan import arguments, kinds, lettering, scenes
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import plain_color
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.places import match_preposition
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, phrases_of, share_tail, text_of
from finetouch.plan.tokens import Token, last_word, say

Tokens = list[Token]


def replace(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "replace A with B", "swap A and B", "substitute A for B"."""
    args = trim(arguments.without_purpose(args))
    if len(args) > 1 and args[0].low in ("with", "by"):
        if any(t.low in lx.BACKDROP for t in args):
            scenes.scene(story, args[1:])
            return
        args = [Token("it", "it", "word", args[0].start), *args]
    args = [t for i, t in enumerate(args) if not (i == 0 and t.low in ("out", "up"))]
    instead = arguments.instead_of(args)
    if instead:
        replace_pair(story, instead[1], instead[0])
        return
    if verb in ("swap", "switch", "exchange") and _swapped(story, args):
        return
    withs = [
        i
        for i, t in enumerate(args)
        if i
        and t.kind == "word"
        and t.low in ("with", "by")
        and not (t.low == "by" and "with" in [x.low for x in args])
    ]
    if not withs:
        withs = [
            i
            for i, t in enumerate(args)
            if i
            and t.kind == "word"
            and t.low in ("to", "for", "into", "as", "w/")
            and not arguments.match_long(args, i)
        ]
        if withs and verb == "substitute" and args[withs[0]].low == "for":
            replace_pair(story, args[withs[0] + 1 :], args[: withs[0]])
            return
    if not withs:
        pair = noun_lists(args)
        if verb in ("swap", "switch", "exchange") and len(pair) == 2:
            replace_pair(story, pair[0], pair[1])
            story.warnings.append(
                f"'{verb} {say(args)}' is read as putting the second in place of the first; the second stays as it is."
            )
            return
        for phrase in phrases_of(story, args):
            colored = arguments.owner_of_quality(phrase, lx.COLOR_NOUNS)
            if backdrop(phrase):
                scenes.scene(story, [], phrase.relation[1] if phrase.relation else None)
            elif colored is not None and colored.head:
                story.add(draft_for("recolor", colored))
            elif last_word(phrase.head) in ("text", "lettering", "wording"):
                lettering.text_change(story, phrase, [], [], [])
            else:
                story.add(draft_for("replace", phrase))
                story.note(phrase)
        return
    at = withs[0]
    into = next((i for i in range(1, at) if args[i].low == "into"), None)
    at = into if into and backdrop(parse_np(args[:into])) else at
    joint = next((i for i in range(at, withs[-1]) if args[i].low == "and"), None)
    if len(withs) == 2 and joint and plain_color(args[at + 1 : joint]) and plain_color(args[withs[1] + 1 :]):
        replace_pair(story, args[:at], args[at + 1 : joint])
        replace_pair(story, args[joint + 1 : withs[1]], args[withs[1] + 1 :])
        return
    if len(withs) > 1 and at + 1 < len(args) and args[at + 1].low in ("the", "her", "his"):
        at = withs[1]
    old, new = args[:at], args[at + 1 :]
    origin = next((i for i, t in enumerate(old) if i and t.low == "from"), None)
    if origin is not None and args[at].low in ("to", "into"):
        old = old[:origin]
    pieces = noun_lists(old)
    if len(pieces) > 1 and not any(t.kind == "quote" for t in old):
        phrases = [parse_np(p) for p in pieces]
        share_tail(phrases)
        if all(not match_preposition(p, 0) for p in pieces if p):
            for piece in pieces:
                replace_pair(story, piece, new)
            return
    if len(old) == 1 and old[0].low in ("it", "them", "him", "her"):
        _take_back_removal(story)
    replace_pair(story, old, new)


def _take_back_removal(story: Story) -> None:
    """ "remove the jug and replace it with a cup" is one replacement; what was removed stays the antecedent."""
    last = story.drafts[-1] if story.drafts else None
    if last is None or story.before not in ("remove", "take", "get", "change") or last.result or last.color:
        return
    if last.op == "background":
        story.drafts.pop()
    elif (
        last.op in ("remove", "replace", "text")
        and isinstance(story.antecedent, Phrase)
        and last.target == story.antecedent.head
    ):
        story.drafts.pop()
        story.antecedent.relation = story.antecedent.relation or last.relation
        story.antecedent.position = story.antecedent.position or last.position
        story.antecedent.attributes = story.antecedent.attributes or last.attributes
        story.whole_antecedent = True


_SPOTS = ("positions", "places", "locations", "position", "place", "location")


def _swapped(story: Story, args: Tokens) -> bool:
    """ "the positions of the cup and the jug": each goes where the other is."""
    words = [t for t in args if t.low not in lx.DETERMINERS]
    if len(words) < 3 or words[0].low not in _SPOTS or words[1].low not in ("of", "between"):
        return False
    things = phrases_of(story, args[next(i for i, t in enumerate(args) if t.low in ("of", "between")) + 1 :])
    for thing, other in zip(things, reversed(things), strict=True):
        story.add(draft_for("move", thing, params={"to": other.name}))
    return True


def replace_pair(story: Story, old: Tokens, new: Tokens) -> None:
    """One thing becomes another."""
    target = story.resolve(parse_np(old))
    new = trim(new)
    result = parse_np(new)
    quotes_old = [t for t in old if t.kind == "quote"]
    quotes_new = [t for t in new if t.kind == "quote"]
    if quotes_new and (quotes_old or last_word(target.head) in lx.TEXT_NOUNS):
        lettering.text_change(story, target, quotes_old, quotes_new, new)
        return
    if lettering.names_string(target) and target.relation is None:
        words = [t for t in new if t.low not in ("the", "word", "words", "text", "number")]
        lettering.text_change(story, lettering.with_string(target, quotes_old), quotes_old, quotes_new, words or new)
        return
    if backdrop(target):
        subject = (
            target.relation[1]
            if target.relation and target.relation[0] in ("near", "behind", "part_of", "in")
            else None
        )
        scenes.scene(story, new, subject)
        return
    if target.image and not target.head:
        if kinds.weather(new):
            story.add(Draft("global", result=text_of(new)))
        else:
            story.add(Draft("replace", result=text_of(new), count=None))
        return
    color = plain_color(new)
    if color and (
        (new[0].low not in ("a", "an") and not (len(new) == 1 and color.lower() in ("orange", "peach", "olive")))
        or new[-1].low in lx.COLOR_NOUNS
        or new[-1].low
        not in lx.words(
            """
        lime orange peach rose olive plum violet ruby coral salmon rainbow emerald brunette blonde
        ginger lavender cream
        """
        )
    ):
        old_color = plain_color(old)
        if old_color:
            story.add(Draft("recolor", color=color, result=color, attributes=[old_color]))
            return
        story.add(draft_for("recolor", target, result=f"{color} {target.head}", color=color))
        story.note(target)
        return
    if (
        result.head
        and target.head
        and result.color
        and result.head.lower() == target.head.lower()
        and len(result.attributes) == 1
    ):
        story.add(draft_for("recolor", target, result=f"{result.color} {target.head}", color=result.color))
        story.note(target)
        return
    color_of = _color_owner(target)
    if color_of is not None and color:
        story.add(draft_for("recolor", color_of, result=f"{color} {color_of.name}", color=color))
        story.note(color_of)
        return
    extra = arguments.new_words(result, target)
    story.add(draft_for("replace", target, result=extra))
    story.note(target)


def _color_owner(target: Phrase) -> Phrase | None:
    return arguments.owner_of_quality(target, lx.COLOR_NOUNS)
