"""Verb frame for new things; also backgrounds, weather, tones and lettering that are "added"."""

from __future__ import annotations

from finetouch.plan import arguments, kinds, lettering, moving, params, replacing, scenes
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at
from finetouch.plan.nouns import ANIMATE, Phrase, parse_np, split_core, trim
from finetouch.plan.places import match_preposition, position_phrase
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, share_tail, text_of
from finetouch.plan.tokens import Token, base, last_word

Tokens = list[Token]
_SAYING = lx.words("says saying reads reading")


def add(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """A new thing appears; also backgrounds, weather, tones and lettering that are "added"."""
    args = trim(args)
    while args and args[0].low in ("in", "on", "up", "back", "down") and len(args) > 1 and not position_phrase(args, 0):
        if (match_preposition(args, 0) or ("", 1))[1] > 1:
            if isinstance(story.antecedent, Phrase) and verb in ("put", "place", "paste", "photoshop"):
                args = [Token("it", "it", "word", args[0].start), *args]
            break
        args = args[1:]
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
        args = [Token("it", "it", "word", args[0].start), *args]
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
        add_phrase(story, phrase, phrase.tokens if len(phrases) > 1 else args)


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
    if verb not in ("add", "insert") and first not in ("a", "an") and _other_backdrop(args):
        scenes.place_subject(story, args)
        return True
    tinted = next((i for i, t in enumerate(args) if i and t.low in ("in", "into")), None)
    if tinted and args[-1].low in ("color", "colour", "colors") and kinds.whole(parse_np(args[:tinted])):
        story.add(Draft("global", result="color"))
        return True
    if first in ("him", "her", "them", "it") or (
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
            core, _ = split_core(args[i + hit[1] :])
            named = [t for t in core if t.low not in lx.DETERMINERS]
            return len(named) > 1 and named[-1].low in ("background", "backdrop")
    return False


def _added(story: Story, args: Tokens) -> list[Phrase]:
    phrases = [parse_np(part) for part in noun_lists(args)]
    phrases = [p for p in phrases if p.head or p.pronoun or p.image]
    if len(phrases) > 1:
        share_tail(phrases, owner=False)
        shared = [a for a in phrases[-1].attributes if a.lower().startswith("to ")][:1]
        for phrase in phrases[:-1]:
            if shared and phrase.relation is None and phrase.position is None and not _described(phrase):
                phrase.attributes = [*phrase.attributes, *shared]
    for phrase in phrases:
        if phrase.anchor_pronoun == "it" and story.antecedent is None:
            phrase.relation = next(iter(phrase.extra), None)
        elif phrase.relation and phrase.anchor_pronoun:
            phrase.relation = (phrase.relation[0], story.anchor(phrase.anchor_pronoun))
    return phrases


def add_phrase(story: Story, phrase: Phrase, args: Tokens) -> None:
    """One thing that is added."""
    if phrase.head is None and phrase.pronoun and not phrase.image:
        phrase = story.resolve(phrase)
    head = (phrase.head or "").lower()
    last = head.split()[-1] if head else ""
    to = _to_anchor(phrase)
    place = to[1].split() if to and not to[2] else []
    if phrase.definite and len(place) > 1 and place[-1].lower() in ("background", "backdrop"):
        scenes.scene(story, [Token(w, w.lower(), "word", 0) for w in place], phrase.head)
        return
    if backdrop(phrase):
        inner = scenes.of_scene(args) or [t for t in args if t.low not in ("new",)]
        subject = (
            phrase.relation[1]
            if phrase.relation and phrase.relation[0] in ("near", "behind", "in")
            else (to[1] if to and not to[2] else None)
        )
        stop = next(
            (
                i
                for i, t in enumerate(inner)
                if i and (match_preposition(inner, i) or ("",))[0] in ("near", "behind", "to", "in")
            ),
            len(inner),
        )
        if (inner and inner[-1].low in lx.BACKDROP) or scenes.of_scene(args) is None:
            inner = inner[:stop]
        scenes.scene(story, inner, subject)
        return
    if head in ("color", "colors", "colour", "colours") and phrase.color is None and not _described(phrase):
        _quality_added(story, phrase, last, to, args)
        return
    if last in lx.QUALITIES and last not in lx.words(
        """
        shadows light highlights glow color colors tint tone hue grain lighting details detail noise
        blur
        """
    ):
        _quality_added(story, phrase, last, to, args)
        return
    if last in lx.words(
        """
        blur noise grain saturation light lighting tint hue tone details detail
        """
    ) and (phrase.relation is None and (to is None or to[2]) and not (last == "light" and _placed(phrase))):
        name = lx.QUALITIES[last]
        words = phrase.core if last in ("tint", "hue", "tone") else name[1]
        story.add(Draft("global", result=words, params=params.tone_params(name[0], 1, args)))
        return
    tokens = list(args)
    if (
        kinds.weather(_head_tokens(tokens))
        and not (phrase.relation and phrase.relation[0] in ("on", "with"))
        and last in lx.WEATHER | {"day", "time", "storm", "effect", "climate", "weather"}
        and last != "thunder"
        and not to_thing(to)
    ):
        story.add(Draft("global", result=phrase.core))
        return
    if last in lx.VISUAL_FX and phrase.relation and phrase.relation[0] in ("on", "in") and not to_thing(to):
        target = parse_np([Token(w, w.lower(), "word", 0) for w in phrase.relation[1].split()])
        if target.head and not kinds.whole(target):
            story.add(draft_for("adjust", target, result=f"{phrase.core} {target.name}"))
            return
    if last in lx.VISUAL_FX and phrase.position in ("background", "foreground") and to is None:
        blur = {"blur": params.strength(args)} if kinds.tone_of(_head_tokens(tokens)[:-1]) else {}
        story.add(Draft("adjust", phrase.position, count="one", result=f"{phrase.core} {phrase.position}", params=blur))
        return
    if (
        last in lx.VISUAL_FX
        or last in ("sepia", "grayscale", "style")
        or head in ("black and white", "black & white", "black and white effect")
        or "sepia" in head
    ) and not to_thing(to):
        story.add(Draft("restyle", result=phrase.core, params={"style": params.style_name(phrase.core)}))
        return
    if last in lx.TEXTY or (
        head.split()[:1]
        and head.split()[0] in lx.words("word words text letters phrase caption")
        and len(head.split()) > 1
        and last not in lx.LETTERED
    ):
        lettering.text_added(story, phrase, args, to)
        return
    color = _pure_color(phrase)
    if color and head in lx.COLOR_NOUNS and phrase.position == "background" and phrase.relation is None:
        scenes.scene(story, [Token(w, w.lower(), "word", 0) for w in color.split()])
        return
    if color and head in lx.COLOR_NOUNS and phrase.relation is None and phrase.position is None and to is None:
        story.add(Draft("global", result=f"more {color}"))
        return
    if color and (to or phrase.relation):
        _color_added(story, phrase, color, to, args)
        return
    draft = Draft("add", result=" ".join(w for w in (phrase.core, phrase.tail) if w), count=phrase.count(added=True))
    draft.relation, draft.position = phrase.relation, None if phrase.placed_before else phrase.position
    lettered = next(
        (
            i
            for i, t in enumerate(args)
            if i and (t.low in _SAYING or (t.low in ("say", "read") and args[i - 1].low == "to"))
        ),
        None,
    )
    if lettered and args[lettered - 1].low == "to":
        to = None
    if lettered and len(noun_lists(args)) == 1:
        draft.result, phrase.core, phrase.tail = None, text_of(args), ""
        draft.result = phrase.core
    if phrase.owner and phrase.relation and phrase.relation[0] == "part_of":
        draft.result, draft.relation = f"{arguments.owned_by(phrase.owner)} {phrase.name}", None
    if draft.relation and draft.relation[0] == "part_of":
        draft.result = f"{draft.result} of {draft.relation[1]}"
        draft.relation = next(((r, a) for r, a in phrase.extra if r not in ("with", "part_of")), None)
    if draft.relation and draft.relation[0] in ("with", "wearing"):
        draft.result = f"{draft.result} {'wearing' if draft.relation[0] == 'wearing' else 'with'} {draft.relation[1]}"
        draft.relation = next(((r, a) for r, a in phrase.extra if r not in ("with", "wearing", "part_of")), None)
    if to:
        place_added(draft, phrase, to)
    if not draft.relation and to is None:
        draft.attributes = []
    draft.result = draft.result or None
    story.add(draft)
    phrase.relation = None
    story.note(phrase)


def _described(phrase: Phrase) -> bool:
    """True when something beyond "to ..." and "for ..." is said of the thing."""
    return any(not a.lower().startswith(("to ", "for ")) for a in phrase.attributes)


def _placed(phrase: Phrase) -> bool:
    """True for a light that is a thing of its own: it has a colour or a place."""
    return phrase.position is not None or phrase.color is not None


def to_thing(to: tuple[str, str, bool] | None) -> bool:
    """True when "to ..." names a thing and not the picture."""
    return to is not None and not to[2]


def _head_tokens(args: Tokens) -> Tokens:
    core, _ = split_core(trim(args))
    return core


def _to_anchor(phrase: Phrase) -> tuple[str, str, bool] | None:
    """The "to the man" of an addition, kept by the noun phrase among its attributes: (word, anchor, is image)."""
    for words in phrase.attributes:
        low = words.lower()
        if low.startswith(("to ", "for ")):
            rest = words.split(" ", 1)[1]
            parts = rest.split()
            while (
                parts and (parts[0].lower() in lx.DETERMINERS or parts[0].lower() in lx.POSSESSIVE) and len(parts) > 1
            ):
                parts = parts[1:]
            anchor = " ".join(parts)
            if (
                low.startswith("for ")
                and parts
                and parts[-1].lower() not in lx.BODY
                and parts[0].lower() not in lx.PRONOUNS
                and parts[-1].lower() not in ANIMATE
            ):
                return None
            return low.split()[0], anchor, parts[-1].lower() in lx.IMAGE if parts else True
    return None


def place_added(draft: Draft, phrase: Phrase, to: tuple[str, str, bool]) -> None:
    _, anchor, image = to
    last = last_word(anchor) if anchor else ""
    if image or not anchor:
        return
    if last in lx.BACKDROP or last == "foreground":
        draft.position = draft.position or ("foreground" if last == "foreground" else "background")
        return
    if draft.relation and not phrase.to_first:
        return
    head = last_word(phrase.head)
    if anchor.lower() in lx.PRONOUNS:
        anchor = lx.PRONOUNS[anchor.lower()]
    worn = head in lx.GARMENTS and last not in lx.BODY and last not in lx.SURFACES | lx.INSIDES
    inner = last_word(anchor.split(" of ")[0])
    if worn:
        draft.relation = ("wearing", anchor)
    elif last in lx.INSIDES or inner in lx.INSIDES:
        draft.relation = ("in", anchor)
    else:
        draft.relation = ("on", anchor)


def _pure_color(phrase: Phrase) -> str | None:
    head = (phrase.head or "").lower()
    if head in lx.COLOR_NOUNS and phrase.color:
        return phrase.color
    if head in lx.COLORS and not phrase.attributes[:0]:
        return phrase.head
    return None


def _color_added(story: Story, phrase: Phrase, color: str, to: tuple[str, str, bool] | None, args: Tokens) -> None:
    if to is None:
        draft = Draft("add", result=phrase.core, count="one", relation=phrase.relation, position=phrase.position)
        if phrase.relation and phrase.relation[0] in ("on", "in") and "color" in [t.low for t in args]:
            target = parse_np([Token(w, w.lower(), "word", 0) for w in phrase.relation[1].split()])
            draft = draft_for("recolor", target, result=f"{color} {target.name}", color=color)
        story.add(draft)
        return
    if to[2]:
        story.add(Draft("global", result=f"more {color}"))
        return
    start = next(i for i, t in enumerate(args) if t.low in ("to", "for"))
    said = color_at([t for t in args[:start] if t.low not in lx.DETERMINERS | {"more", "some"}], 0)
    color = said[0] if said and len(said[0]) > len(color) else color
    things = [p for p in (story.resolve(parse_np(part)) for part in noun_lists(args[start + 1 :])) if p.head]
    if len(things) > 1 and not any(backdrop(p) for p in things):
        share_tail(things)
        for thing in things:
            story.add(draft_for("recolor", thing, color=color, result=f"{color} {thing.name}"))
        return
    target = story.resolve(parse_np(args[start + 1 :]))
    if backdrop(target):
        scenes.scene(story, [Token(w, w.lower(), "word", 0) for w in color.split()])
        return
    more = any(t.low == "more" for t in args)
    draft = draft_for("recolor", target, color=color.lower() if more else color)
    draft.result = f"{'more ' if more else ''}{draft.color} {target.name}"
    story.add(draft)
    story.note(target)


def _quality_added(story: Story, phrase: Phrase, last: str, to: tuple[str, str, bool] | None, args: Tokens) -> None:
    name, more, _ = lx.QUALITIES[last]
    values = params.tone_params(name, 1, args)
    if not to_thing(to) and (phrase.relation is None or phrase.relation[1].lower() in lx.IMAGE):
        story.add(Draft("global", result=more, params=values))
        return
    anchor = to[1] if to else (phrase.relation or ("", ""))[1]
    target = parse_np([Token(w, w.lower(), "word", 0) for w in anchor.split()])
    story.add(draft_for("adjust", target, result=f"{more} {target.name}", params=values))
    story.note(target)
