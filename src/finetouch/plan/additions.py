"""One thing that is added: a backdrop, weather, a tone, a style, lettering, a colour, or a thing proper."""

from __future__ import annotations

from dataclasses import dataclass

from finetouch.plan import arguments, kinds, lettering, params, scenes
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at
from finetouch.plan.nouns import ANIMATE, Phrase, parse_np, split_core, trim
from finetouch.plan.places import match_preposition
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, share_tail, text_of
from finetouch.plan.tokens import Token, last_word

Tokens = list[Token]
_SAYING = lx.words("says saying reads reading")
_NOT_TONES = lx.words(
    """shadows light highlights glow color colors tint tone hue grain lighting details detail noise
    blur"""
)
_OVERALL = lx.words("blur noise grain saturation light lighting tint hue tone details detail")
_LABELS = lx.words("word words text letters phrase caption sentence quote slogan message")


@dataclass
class Addition:
    """What is added, while it is being read.

    Attributes:
        phrase, args: The thing, and the words it came in. to: Its "to the man": (word, anchor, anchor is the picture).
    """

    phrase: Phrase
    args: Tokens
    to: tuple[str, str, bool] | None

    @property
    def head(self) -> str:
        """The head in lower case."""
        return self.phrase.name.lower()

    @property
    def last(self) -> str:
        """The last word of the head."""
        return last_word(self.phrase.head)


def add_phrase(story: Story, phrase: Phrase, args: Tokens) -> None:
    """One thing that is added."""
    if phrase.head is None and phrase.pronoun and not phrase.image:
        phrase = story.resolve(phrase)
    addition = Addition(phrase, args, _to_anchor(phrase))
    if not any(reader(story, addition) for reader in _READERS):
        _thing(story, addition)


def _backdrop(story: Story, it: Addition) -> bool:
    """ "a beach background", "the girl to a snowy background"."""
    place = it.to[1].split() if it.to and not it.to[2] else []
    if it.phrase.definite and len(place) > 1 and place[-1].lower() in ("background", "backdrop"):
        scenes.scene(story, _tokens(" ".join(place)), it.phrase.head)
        return True
    if not backdrop(it.phrase):
        return False
    of = scenes.of_scene(it.args)
    inner = of or [t for t in it.args if t.low != "new"]
    subject = it.to[1] if it.to and not it.to[2] else None
    if it.phrase.relation and it.phrase.relation[0] in ("near", "behind", "in"):
        subject = it.phrase.relation[1]
    if of is None or (inner and inner[-1].low in lx.BACKDROP):
        around = ("near", "behind", "to", "in")
        stop = (i for i in range(1, len(inner)) if (match_preposition(inner, i) or ("",))[0] in around)
        inner = inner[: next(stop, len(inner))]
    scenes.scene(story, inner, subject)
    return True


def _quality(story: Story, it: Addition) -> bool:
    """ "contrast", "color", "a blue tint", "noise": the picture or one thing gets more of it."""
    plain_color = it.head in ("color", "colors", "colour", "colours") and it.phrase.color is None
    if (plain_color and not described(it.phrase)) or (it.last in lx.QUALITIES and it.last not in _NOT_TONES):
        _quality_added(story, it.phrase, it.last, it.to, it.args)
        return True
    if it.last.endswith("ness") and it.phrase.relation is None and not to_thing(it.to) and it.last not in lx.QUALITIES:
        story.add(Draft("global", result=f"more {it.phrase.name}"))
        return True
    more = it.args[0].low == "more" and it.last in ("shadows", "highlights") and it.phrase.position is None
    if more and it.phrase.relation is None and not to_thing(it.to):
        story.add(Draft("global", result=lx.QUALITIES[it.last][1], params=params.tone_params("contrast", 1, it.args)))
        return True
    overall = it.last in _OVERALL and it.phrase.relation is None and (it.to is None or it.to[2])
    if not overall or (it.last == "light" and _placed(it.phrase)):
        return False
    name = lx.QUALITIES[it.last]
    words = it.phrase.core if it.last in ("tint", "hue", "tone") else name[1]
    story.add(Draft("global", result=words, params=params.tone_params(name[0], 1, it.args)))
    return True


def _weather(story: Story, it: Addition) -> bool:
    timely = lx.WEATHER | {"day", "time", "storm", "effect", "climate", "weather"}
    if it.last not in timely or it.last == "thunder" or to_thing(it.to):
        return False
    if not kinds.weather(_head_tokens(it.args)) or (it.phrase.relation and it.phrase.relation[0] in ("on", "with")):
        return False
    story.add(Draft("global", result=it.phrase.core))
    return True


def _effect(story: Story, it: Addition) -> bool:
    """A filter: over one thing, over the backdrop, or over the whole picture."""
    phrase, last = it.phrase, it.last
    if to_thing(it.to):
        return False
    if last in lx.VISUAL_FX and phrase.relation and phrase.relation[0] in ("on", "in"):
        target = parse_np(_tokens(phrase.relation[1]))
        if target.head and not kinds.whole(target):
            story.add(draft_for("adjust", target, result=f"{phrase.core} {target.name}"))
            return True
    if last in lx.VISUAL_FX and phrase.position in ("background", "foreground") and it.to is None:
        blur = {"blur": params.strength(it.args)} if kinds.tone_of(_head_tokens(it.args)[:-1]) else {}
        story.add(Draft("adjust", phrase.position, count="one", result=f"{phrase.core} {phrase.position}", params=blur))
        return True
    styled = it.head in ("black and white", "black & white", "black and white effect") or "sepia" in it.head
    if last not in lx.VISUAL_FX and last not in ("sepia", "grayscale", "style") and not styled:
        return False
    story.add(Draft("restyle", result=phrase.core, params={"style": params.style_name(phrase.core)}))
    return True


def _lettering(story: Story, it: Addition) -> bool:
    parts = it.head.split()
    labelled = len(parts) > 1 and parts[0] in _LABELS and it.last not in lx.LETTERED
    named = [t for t in it.phrase.tokens if t.low not in lx.DETERMINERS]
    if it.last in lx.TEXTY or labelled or (named and named[0].kind == "quote" and it.phrase.head == named[0].text):
        lettering.text_added(story, it.phrase, it.args, it.to)
        return True
    return False


def _color(story: Story, it: Addition) -> bool:
    """ "red", "blue color": the backdrop's, the picture's or one thing's."""
    color, phrase = _pure_color(it.phrase), it.phrase
    if not color:
        return False
    if it.head in lx.COLOR_NOUNS and phrase.relation is None and phrase.position == "background":
        scenes.scene(story, _tokens(color))
    elif it.head in lx.COLOR_NOUNS and phrase.relation is None and phrase.position is None and it.to is None:
        story.add(Draft("global", result=f"more {color}"))
    elif it.to or phrase.relation:
        _color_added(story, phrase, color, it.to, it.args)
    else:
        return False
    return True


_READERS = (_backdrop, _quality, _weather, _effect, _lettering, _color)


def _thing(story: Story, it: Addition) -> None:
    """A new thing, with its place."""
    phrase, args, to = it.phrase, it.args, it.to
    draft = Draft("add", result=" ".join(w for w in (phrase.core, phrase.tail) if w), count=phrase.count(added=True))
    draft.relation, draft.position = phrase.relation, None if phrase.placed_before else phrase.position
    lettered = next((i for i in range(1, len(args)) if _says(args, i)), None)
    if lettered and args[lettered - 1].low == "to":
        to = None
    if lettered and len(noun_lists(args)) == 1:
        phrase.core, phrase.tail = text_of(args), ""
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
    draft.result = draft.result or None
    story.add(draft)
    phrase.relation = None
    story.note(phrase)


def _says(args: Tokens, i: int) -> bool:
    """ "saying", "that reads", "to say": what follows is lettering."""
    return args[i].low in _SAYING or (args[i].low in ("say", "read") and args[i - 1].low == "to")


def _tokens(text: str) -> Tokens:
    return [Token(w, w.lower(), "word", 0) for w in text.split()]


def described(phrase: Phrase) -> bool:
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
    elif inner in lx.INSIDES and inner not in ("bed", "grass"):
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
            target = parse_np(_tokens(phrase.relation[1]))
            draft = draft_for("recolor", target, result=f"{color} {target.name}", color=color)
        story.add(draft)
        return
    if to[2]:
        story.add(Draft("global", result=f"more {color}"))
        return
    start = next(i for i, t in enumerate(args) if t.low in ("to", "for"))
    said = color_at([t for t in args[:start] if t.low not in lx.DETERMINERS | {"more", "some"}], 0)
    color = said[0] if said and len(said[0]) > len(color) else color
    rest = [t for i, t in enumerate(args) if i <= start or t.low != "to" or args[i - 1].low != "and"]
    if [t.low for t in rest[start + 1 : start + 3]] == ["all", "of"] and len(rest) > start + 3:
        rest = [*rest[: start + 1], *rest[start + 3 :]]
    args = rest
    things = [p for p in (story.resolve(parse_np(part)) for part in noun_lists(args[start + 1 :])) if p.head]
    if len(things) > 1 and not any(backdrop(p) for p in things):
        share_tail(things)
        for thing in things:
            story.add(draft_for("recolor", thing, color=color, result=f"{color} {thing.name}"))
        return
    target = story.resolve(parse_np(args[start + 1 :]))
    if backdrop(target):
        scenes.scene(story, _tokens(color))
        return
    more = any(t.low == "more" for t in args)
    draft = draft_for("recolor", target, color=color.lower() if more else color)
    draft.result = f"{'more ' if more else ''}{draft.color} {target.name}"
    story.add(draft)
    story.note(target)


def _quality_added(story: Story, phrase: Phrase, last: str, to: tuple[str, str, bool] | None, args: Tokens) -> None:
    name, more, _ = lx.QUALITIES[last]
    values = params.tone_params(name, 1, args)
    if phrase.position in ("background", "foreground") and phrase.relation is None:
        result = f"{more} {phrase.position}"
        story.add(Draft("adjust", phrase.position, count="one", result=result, params=values))
        return
    if not to_thing(to) and (phrase.relation is None or phrase.relation[1].lower() in lx.IMAGE):
        story.add(Draft("global", result=more, params=values))
        return
    anchor = to[1] if to else (phrase.relation or ("", ""))[1]
    target = parse_np(_tokens(anchor))
    said = next((a.lower().split() for a in phrase.attributes if a.lower().startswith(("to ", "for "))), [])
    if len(said) > 2 and said[1] in lx.POSSESSIVE:
        target.owner_pronoun = said[1]
        target = story.resolve(target)
    story.add(draft_for("adjust", target, result=f"{more} {target.name}", params=values))
    story.note(target)
