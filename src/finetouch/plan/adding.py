"""Verb frame for new things; also backgrounds, weather, tones and lettering that are "added"."""

from __future__ import annotations

from finetouch.plan import additions, arguments, kinds, moving, params, replacing, scenes
from finetouch.plan import lexicon as lx
from finetouch.plan.nouns import ANIMATE, Phrase, parse_np, split_core, trim
from finetouch.plan.places import match_preposition, position_phrase
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, share_tail, text_of
from finetouch.plan.tokens import Token, base

Tokens = list[Token]
_SAYING = lx.words("says saying reads reading")


def add(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """A new thing appears; also backgrounds, weather, tones and lettering that are "added"."""
    args = trim(args)
    while args and args[0].low in ("in", "on", "up", "back", "down") and len(args) > 1 and not position_phrase(args, 0):
        if (match_preposition(args, 0) or ("", 1))[1] > 1:
            if isinstance(story.antecedent, Phrase) and verb in ("put", "place", "paste", "photoshop"):
                args = [Token("itself", "itself", "word", args[0].start), *args]
            break
        args = args[1:]
    for_old = next((i for i, t in enumerate(args[:-1]) if i and t.low == "to" and args[i + 1].low == "replace"), None)
    if for_old and len(args) > for_old + 2:
        replacing.replace_pair(story, arguments.without_purpose(args[for_old + 2 :]), args[:for_old])
        return
    where = next((i for i, t in enumerate(args) if i and t.low == "where"), None)
    if (
        where
        and len(args) > where + 2
        and args[where + 1].low not in lx.PRONOUNS
        and args[-1].low in ("is", "are", "was", "were")
    ):
        replacing.replace_pair(story, args[where + 1 : -1], args[:where])
        return
    pasted = len(args) > 1 and args[0].low in ("onto", "into") and verb in ("put", "place", "paste", "photoshop")
    if pasted and isinstance(story.antecedent, Phrase):
        args = [Token("itself", "itself", "word", args[0].start), *args]
    instead = arguments.instead_of(args)
    if instead and verb in ("put", "place") and _settled(instead[0]):
        moving.move(story, "move", instead[0], clause)
        return
    if instead:
        new, old = instead
        replacing.replace_pair(story, old, new)
        return
    args = arguments.without_purpose(args)
    if not args:
        return
    if len(args) > 2 and args[0].low in ANIMATE and args[1].low in ("a", "an", "some"):
        story.dispatch(story, "give", args, clause)
        return
    if verb in lx.words("put place position move set lay arrange rest hang photoshop paste insert add") and _existing(
        story, verb, args
    ):
        return
    for part in _receivers(args):
        add(story, verb, part, clause)
    if len(_receivers(args)):
        return
    phrases = _added(story, args)
    if len(phrases) > 1 and backdrop(phrases[0]) and phrases[0].of is not None:
        phrases = phrases[:1]
    for phrase in phrases:
        additions.add_phrase(story, phrase, phrase.tokens if len(phrases) > 1 else args)


def _receivers(args: Tokens) -> list[Tokens]:
    """ "a crown to the cat AND boots to the dog": two additions; empty when there is one receiver."""
    tos = [i for i, t in enumerate(args) if i and t.low == "to" and not arguments.match_long(args, i)]
    if len(tos) != 2 or any(t.kind == "quote" for t in args):
        return []
    joint = [i for i in range(tos[0] + 2, tos[1]) if args[i].low in ("and", "&") or args[i].text == ","]
    return [args[: joint[0]], args[joint[-1] + 1 :]] if joint and joint[-1] + 1 < tos[1] else []


def _settled(args: Tokens) -> bool:
    """ "the vase on the floor": a thing that is there already, with its new place."""
    return args[0].low in ("the", "this", "his", "her") and any(match_preposition(args, i) for i in range(1, len(args)))


def _existing(story: Story, verb: str, args: Tokens) -> bool:
    """ "put him on a couch": an existing thing gets another place or another backdrop."""
    first = args[0].low
    pictured = verb in ("put", "place", "photoshop") and scenes.picture_end(args)
    if verb not in ("add", "insert") and first not in ("a", "an") and (pictured or _other_backdrop(args)):
        scenes.place_subject(story, args)
        return True
    framed = next((i for i, t in enumerate(args) if i and t.low in ("in", "into", "to", "on", "inside")), None)
    if framed and args[-1].low in ("frame", "border") and kinds.whole(parse_np(args[:framed])):
        length = (match_preposition(args, framed) or ("", 1))[1]
        story.add(Draft("add", result=text_of(args[framed + length :]), count="one"))
        return True
    tinted = next((i for i, t in enumerate(args) if i and t.low in ("in", "into")), None)
    if tinted and args[-1].low in ("color", "colour", "colors") and kinds.whole(parse_np(args[:tinted])):
        story.add(Draft("global", result="color"))
        return True
    if first in ("him", "her", "them", "it", "itself") or (
        first in lx.POSSESSIVE and first not in ("its",) and len(args) > 1 and base(args[1].low) == ""
    ):
        if len(args) > 1 and first in ("her", "his", "their") and not match_preposition(args, 1):
            return False
        if first != "it" and len(args) > 2 and args[1].low in ("in", "into") and args[-1].low in lx.GARMENTS:
            story.dispatch(story, "give", [args[0], *args[2:]], args)
            return True
        if first == "it" and len(args) > 2 and args[1].low in ("in", "into") and kinds.style(args[2:]):
            styled = text_of(args[2:])
            story.add(Draft("restyle", result=styled, params={"style": params.style_name(styled)}))
            return True
        if "background" in [t.low for t in args] or scenes.scene_end(args):
            scenes.place_subject(story, args)
            return True
        if verb in ("photoshop", "paste", "insert", "add") and "closer" not in [t.low for t in args]:
            return False
        moving.move(story, "move", args, args)
        return True
    if verb == "position" and first in ("the", "this", "these") and any(t.low in ("closer", "nearer") for t in args):
        moving.move(story, "move", args, args)
        return True
    if first in lx.POSSESSIVE and len(args) > 2 and args[-1].low in ("out", "up", "down", "back", "together"):
        part = story.resolve(parse_np(args[:-1]))
        story.add(draft_for("adjust", part, result=f"{part.name} {args[-1].low}"))
        return True
    if verb in ("put", "place") and _beside_new(story, args):
        return True
    if first in ("the", "this", "these") and verb not in ("add", "insert") and scenes.scene_end(args):
        scenes.place_subject(story, args)
        return True
    return False


def _beside_new(story: Story, args: Tokens) -> bool:
    """ "put the ducks next to a pond": the pond is what is new."""
    if args[0].low not in ("the", "this", "these", "him", "her", "them", "his"):
        return False
    for i in range(1, len(args) - 1):
        hit = match_preposition(args, i)
        if hit and hit[0] == "near" and hit[1] > 1 and args[min(i + hit[1], len(args) - 1)].low in ("a", "an"):
            subject, new = story.resolve(parse_np(args[:i])), parse_np(args[i + hit[1] :])
            if subject.head and new.head:
                result = " ".join(w for w in (new.core, new.tail) if w)
                story.add(Draft("add", result=result, count=new.count(added=True), relation=("near", subject.core)))
                return True
        if hit:
            return False
    return False


def _other_backdrop(args: Tokens) -> bool:
    """ "her face in a different background": the backdrop that is named is another one, not "the background"."""
    for i in range(1, len(args)):
        hit = match_preposition(args, i)
        if hit and hit[0] in ("in", "on", "near", "to") and i + hit[1] < len(args):
            core, rest = split_core(args[i + hit[1] :])
            named = [t for t in core if t.low not in lx.DETERMINERS]
            described = len(named) > 1 or (bool(rest) and rest[0].low == "of")
            return described and bool(named) and named[-1].low in ("background", "backdrop")
    return False


def _added(story: Story, args: Tokens) -> list[Phrase]:
    phrases = [parse_np(part) for part in noun_lists(args)]
    phrases = [p for p in phrases if p.head or p.pronoun or p.image]
    if len(phrases) > 1:
        share_tail(phrases, owner=False)
        shared = [a for a in phrases[-1].attributes if a.lower().startswith("to ")][:1]
        for phrase in phrases[:-1]:
            if shared and phrase.relation is None and phrase.position is None and not additions.described(phrase):
                phrase.attributes = [*phrase.attributes, *shared]
    for phrase in phrases:
        if phrase.anchor_pronoun == "it" and story.antecedent is None:
            phrase.relation = next(iter(phrase.extra), None)
        elif phrase.relation and phrase.anchor_pronoun:
            phrase.relation = (phrase.relation[0], story.anchor(phrase.anchor_pronoun))
    return phrases
