"""What a thing becomes: another size, colour, tone or state, or another kind of thing; one reader per outcome."""

from __future__ import annotations

from dataclasses import dataclass

from finetouch.plan import arguments, becoming, coloring, kinds, moving, params, pictures, scenes, states
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, plain_color
from finetouch.plan.nouns import Phrase, parse_np
from finetouch.plan.places import match_preposition
from finetouch.plan.story import Story, draft_for, text_of
from finetouch.plan.tokens import Token, base, is_plural, last_word, say

Tokens = list[Token]
_LOOKS = lx.words("slightly to at up down away towards toward left right back forward")
_LEADING = lx.words(
    """to into be become look appear seem as is are being have go get turn looks stay been shine in
    dyed painted adorned colored coated tinted drenched bathed clad"""
)
_BEHIND_COLOR = lx.words("with in like but instead for so from and except besides")
_SKYWARD = lx.words("sky window windows outside water lake")
_STATES = lx.words("out more less on off up down not upside in made far close closer away apart")
_FORMS = lx.words("surface texture look expression shape pattern smile frown pose position finish")
_FRUIT = ("orange", "peach", "olive", "cherry", "lemon")
_FRUIT_PARTS = lx.words("slice juice tree peel wedge half")
_DRAWN_AS = lx.words("like of in as style version look")
_DRAWN = lx.words(
    """cartoon comic sketch drawing painting watercolor watercolour oil pencil charcoal crayon line ink pop art mosaic
    sepia caricature anime manga poster pointillism impressionist doodle engraving colored coloured color"""
)


@dataclass
class Outcome:
    """The new state of a thing while it is being read.

    Attributes:
        verb: The verb used. phrase: The thing. raw: The words as they came. new: The same without "look", "be", "in".
    """

    verb: str
    phrase: Phrase
    raw: Tokens
    new: Tokens


def thing(story: Story, verb: str, phrase: Phrase, new: Tokens) -> None:
    """A thing (not the picture, not the backdrop) becomes something."""
    story.note(phrase)
    outcome = Outcome(verb, phrase, new, [t for t in new if t.kind != "punct"] if len(new) < 3 else new)
    if not outcome.new:
        becoming.unspecified(story, phrase, last_word(phrase.head))
        return
    if _posture(story, outcome) or _other_scene(story, outcome):
        return
    outcome.new = _without_lead(outcome.new)
    if not any(t.kind != "punct" for t in outcome.new):
        becoming.unspecified(story, phrase, last_word(phrase.head))
        return
    if not any(reader(story, outcome) for reader in _READERS):
        result = arguments.new_words(parse_np(outcome.new), phrase)
        story.add(draft_for("replace", phrase, result=result))


def _without_lead(new: Tokens) -> Tokens:
    while len(new) > 1 and new[0].low in _LEADING and (new[0].low != "in" or color_at(new, 1)):
        new = new[1:]
    return new


def _posture(story: Story, it: Outcome) -> bool:
    """ "look to the left"."""
    if it.new[0].low != "look" or len(it.new) < 2 or it.new[1].low not in _LOOKS:
        return False
    story.add(draft_for("adjust", it.phrase, result=states.state_result(it.new, it.phrase)))
    return True


def _other_scene(story: Story, it: Outcome) -> bool:
    """ "it a beach background", "the elements into a desert setting"."""
    last = it.new[-1].low
    behind = it.phrase.pronoun in ("it", "this") and last in ("background", "backdrop") and len(it.new) > 1
    if it.phrase.pronoun in ("it", "this") and last in lx.IMAGE and len(it.new) > 1:
        pictures.picture(story, it.new, Phrase(image=True))
        return True
    elements = last_word(it.phrase.head) in ("elements", "adjustments", "components", "image")
    if behind or (elements and (it.verb == "rearrange" or last in lx.BACKDROP)):
        scenes.scene(story, kinds.strip_look(it.new))
        return True
    return False


def _size(story: Story, it: Outcome) -> bool:
    """ "bigger", "twice as tall"."""
    new = it.new
    than = next((i for i, t in enumerate(new) if i and t.low == "than"), len(new))
    new = new[:than] if kinds.size_word(new[:than]) else new
    alike = new[-1].low in ("height", "size", "width", "length") and any(t.low in ("same", "equal") for t in new)
    if alike:
        becoming.resized(story, it.phrase, new, it.verb)
        return True
    sized = len(new) == 2 and new[0].low in lx.COMPARATIVES_SIZE and new[0].low.endswith("er")
    sized = sized and new[1].low not in lx.COLORS and kinds.tone_of(new[1:]) is None
    if len(new) == 1 and new[0].low == "little":
        new = [Token("small", "small", "word", new[0].start)]
    if kinds.size_word(new) or sized:
        becoming.resized(story, it.phrase, new, it.verb)
        return True
    return False


def _named_color(story: Story, it: Outcome) -> bool:
    """A colour that is no colour word: "champagne pearl color"."""
    new = it.new
    if new[-1].low not in ("color", "colors", "colours") or len(new) < 3 or new[0].low in ("a", "an", "the"):
        return False
    if coloring.first_color(new) is not None or kinds.tone_of(new) is not None:
        return False
    named = say(new[:-1])
    story.add(draft_for("recolor", it.phrase, result=f"{named} {it.phrase.name}", color=named))
    return True


def _placed(story: Story, it: Outcome) -> bool:
    """ "be set in a beach environment": the backdrop changes."""
    new = it.new
    at = next((i for i, t in enumerate(new[:-2]) if t.low in ("set", "placed", "located", "situated", "shown")), None)
    if at is None or new[at + 1].low not in ("in", "on", "at") or new[-1].low not in lx.SCENES | lx.BACKDROP:
        return False
    scenes.scene(story, new[at + 2 :], it.phrase.core)
    return True


def _color(story: Story, it: Outcome) -> bool:
    """ "red", "the same colour as the sofa", "blue with white dots", "black and white"."""
    new = it.new
    like = params.like_phrase(new)
    if like:
        story.add(draft_for("recolor", it.phrase, result=f"{it.phrase.name} {say(new)}", params={"like": like}))
        return True
    found = coloring.first_color(new)
    flat = lx.FLAT | lx.INTENSIFIERS | {"a", "more", "the", "in"}
    if plain_color(new) is None and found:
        _, at, rest = found
        leading = at <= 2 and (not rest or rest[0].low in _BEHIND_COLOR) and all(t.low in flat for t in new[:at])
        if not leading and new[-1].low not in lx.COLOR_NOUNS:
            return False
        new = new if leading else new[at:]
    elif not found:
        return False
    coloring.recolored(story, it.phrase, new)
    return True


def _tone(story: Story, it: Outcome) -> bool:
    """ "brighter", "more vivid"; "in a lighter tone" is a colour change."""
    cut = next((i for i, t in enumerate(it.new) if i and t.low == "with"), len(it.new))
    tone = kinds.tone_of(it.new) or kinds.tone_of(it.new[:cut])
    if tone is None:
        return False
    op = "recolor" if it.new[-1].low in lx.COLOR_NOUNS and len(it.new) > 1 else "adjust"
    values = params.tone_params(tone.name, tone.sign, it.new)
    story.add(draft_for(op, it.phrase, result=f"{tone.words} {it.phrase.name}", params=values))
    return True


def _monochrome(story: Story, it: Outcome) -> bool:
    if not kinds.black_and_white(say(it.new)):
        return False
    coloring.recolored(story, it.phrase, it.new)
    return True


def _drawn(story: Story, it: Outcome) -> bool:
    """ "turn the cat into a cartoon", "make the car look like a pencil sketch": another style of the same thing."""
    words = [t for t in kinds.strip_look(it.new) if t.low not in lx.DETERMINERS and t.low not in _DRAWN_AS]
    if not words or not all(t.low in _DRAWN for t in words) or not any(t.low in lx.STYLES for t in words):
        return False
    style = text_of(words)
    draft = draft_for("adjust", it.phrase, result=f"{style} {it.phrase.name}")
    draft.params = {"style": params.style_name(style)}
    story.add(draft)
    return True


def _likeness(story: Story, it: Outcome) -> bool:
    """ "look like a robot", "look like it is wet"."""
    if it.raw[0].low != "like" and it.new[0].low != "like":
        return False
    body = kinds.strip_look(it.new)
    op = "adjust" if kinds.adjectival(body) or body[0].low in ("it", "he", "she", "they") else "replace"
    story.add(draft_for(op, it.phrase, result=text_of(body)))
    return True


def _elsewhere(story: Story, it: Outcome) -> bool:
    """ "have the cows floating near the sky"."""
    if it.verb != "have" or not it.new[0].low.endswith("ing") or len(it.new) < 3:
        return False
    relation, position = moving.destination(story, it.new[1:])
    if not relation and not position:
        return False
    draft = draft_for("move", it.phrase, result=f"{it.phrase.name} {text_of(it.new)}")
    draft.params = params.move_params(it.new)
    draft.relation, draft.position = relation or draft.relation, position or draft.position
    story.add(draft)
    return True


def _state(story: Story, it: Outcome) -> bool:
    """ "wooden", "open", "turned on", "smile"."""
    new = it.new
    if not (
        kinds.material(new)
        or kinds.adjectival(new)
        or (len(new) < 4 and new[0].low.endswith("ed") and base(new[0].low))
        or (states.verbal(new) and (it.verb not in ("change", "turn", "transform") or _verb_here(new)))
        or new[0].low in _STATES
    ):
        return False
    story.add(draft_for("adjust", it.phrase, result=states.state_result(new, it.phrase)))
    return True


def _weather(story: Story, it: Outcome) -> bool:
    """Weather of the sky is that of the picture, weather behind a window is the window's."""
    if not kinds.weather(it.new):
        return False
    daytime = any(t.low in ("night", "nighttime", "daytime", "day", "sunny") for t in it.new)
    if daytime and it.phrase.name.lower() == "sky":
        pictures.picture(story, pictures.weather_words(it.new, it.new), Phrase(image=True))
        return True
    if len(it.new) <= 4 and last_word(it.phrase.head) in _SKYWARD:
        story.add(draft_for("adjust", it.phrase, result=text_of(it.new)))
        return True
    return False


def _same_kind(story: Story, it: Outcome) -> bool:
    """The result is of the same kind: "a red car", "a closed one"."""
    result, phrase = parse_np(it.new), it.phrase
    if result.name.lower() in ("one", "ones") and result.attributes and result.color is None:
        story.add(draft_for("adjust", phrase, result=f"{' '.join(result.attributes)} {phrase.name}"))
        return True
    if not result.head or not phrase.head or result.head.lower() != phrase.head.lower():
        return False
    fruit = (result.color or "").lower() in _FRUIT and phrase.head.lower() in _FRUIT_PARTS
    if result.color and not fruit:
        story.add(draft_for("recolor", phrase, result=result.core, color=result.color))
        return True
    other = any(a.lower() in ("unripe", "different", "ripe") for a in result.attributes)
    if it.verb == "make" and result.attributes and not other:
        story.add(draft_for("adjust", phrase, result=result.core))
        return True
    return False


def _form(story: Story, it: Outcome) -> bool:
    """ "a shiny surface", "five o'clock", "curvy", "feminine"."""
    phrase, raw, new = it.phrase, it.raw, it.new
    if len(new) > 1 and new[-1].low in _FORMS:
        result = f"{text_of(new)} {phrase.name}"
    elif phrase.name.lower() == "time":
        result = text_of(new)
    elif it.verb in ("make", "have", "let") and len(raw) == 1 and _bare_state(raw[0]):
        result = states.state_result(new, phrase)
    elif raw[0].low in ("look", "appear", "seem") and new[0].low not in ("a", "an", "the"):
        result = f"{text_of(new)} {phrase.name}"
    else:
        return False
    story.add(draft_for("adjust", phrase, result=result))
    return True


_READERS = (
    _size, _named_color, _placed, _color, _tone, _monochrome, _drawn, _likeness, _elsewhere, _state, _weather,
    _same_kind, _form,
)  # fmt: skip


def _verb_here(new: Tokens) -> bool:
    """False for "blossom trees" and "walking sticks": a noun follows what could be a verb."""
    if len(new) == 1 or match_preposition(new, 1):
        return True
    return new[1].low in lx.DETERMINERS | set(lx.POSSESSIVE) | lx.ADVERBS | {"up", "down", "at"}


def _bare_state(token: Token) -> bool:
    """A lone word without article behind "make X" is an adjective or a verb, unless it is a name or a plural."""
    named = token.text[:1].isupper() and not token.low.endswith(("an", "ish", "ese"))
    return token.kind == "word" and not named and not is_plural(token.low)
