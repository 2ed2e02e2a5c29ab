"""One thing gets a new state, size or look, or becomes another thing: the heart of change and make."""

from __future__ import annotations

from dataclasses import replace

from finetouch.plan import arguments, coloring, kinds, lettering, outcomes, params, pictures, scenes, states
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import plain_color
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.places import image_phrase
from finetouch.plan.story import Draft, Story, backdrop, draft_for, text_of
from finetouch.plan.tails import anchor_text
from finetouch.plan.tokens import Token, last_word, say, singular

Tokens = list[Token]
PANORAMA = (lx.SCENES | lx.BACKDROP | lx.words("sky skyline seascape mountainscape nature snow tarmac")) - {
    "house", "room", "wall", "office",
}  # fmt: skip
_PICTURE_ASPECTS = lx.words("lighting light color colour image photo tone contrast exposure")
_ASPECT_NOUNS = lx.words("effect effects profile scheme palette settings levels balance tone conditions filter format")
_SOFT = {"blurry", "blurred", "blurrier", "focus"}
_CIRCUMSTANCES = lx.words("setting environment surroundings scenery")


def become(
    story: Story, verb: str, old: Tokens, new: Tokens | None, clause: Tokens, phrase: Phrase | None = None
) -> None:
    """One thing gets a new colour, state, size, look, or becomes another thing; the heart of change and make."""
    if new and (_recounted(story, old, new) or _number_swap(story, old, new)):
        return
    phrase = phrase or parse_np(old)
    origin = next((i for i, t in enumerate(old) if i and t.low == "from"), None)
    if origin is not None:
        phrase = parse_np(old[:origin])
        if _comes_from(story, phrase, old, origin, new):
            return
    phrase = story.resolve(phrase)
    new = _without_picture(trim(new)) if new is not None else None
    joint = states.two_states(new)
    if joint and new and not backdrop(phrase):
        for part in (new[:joint], new[joint + 1 :]):
            become(story, verb, old, part, clause, replace(phrase))
        return
    quotes = [t for t in old if t.kind == "quote"], [t for t in new or [] if t.kind == "quote"]
    if new and lettering.lettering(story, phrase, *quotes, new, last_word(phrase.head)):
        return
    if backdrop(phrase):
        _backdrop_becomes(story, phrase, new)
        return
    if new and (states.behave(story, phrase, new) or _color_of_thing(story, phrase, new)):
        return
    colored = arguments.owner_of_quality(phrase, lx.COLOR_NOUNS)
    if colored is not None:
        coloring.recolor(story, story.resolve(colored), new, phrase)
    elif new is None:
        unspecified(story, phrase, last_word(phrase.head))
    elif not (_sized(story, verb, phrase, new) or _picture_becomes(story, verb, phrase, new)):
        toned = _quality(story, phrase, new)
        if toned is not None:
            outcomes.thing(story, verb, toned, new)


def _number_swap(story: Story, old: Tokens, new: Tokens) -> bool:
    """ "the six" to "a seven": a written number changes."""
    before, after = ([t for t in tokens if t.low not in lx.DETERMINERS] for tokens in (old, new))
    if len(before) != 1 or len(after) != 1 or not all(t.low in lx.NUMBERS or t.kind == "num" for t in before + after):
        return False
    story.add(Draft("text", before[0].text, count="one", result=after[0].text))
    return True


def _comes_from(story: Story, phrase: Phrase, old: Tokens, origin: int, new: Tokens | None) -> bool:
    """What "from ..." says: the old colour, the old place or the old lettering; True when the step is done with it."""
    first = old[origin + 1 :]
    color = plain_color(first)
    if color:
        phrase.attributes.append(color)
        if phrase.name.lower() in lx.COLOR_NOUNS and phrase.of is None and not phrase.owner:
            phrase.color = color
        return False
    if new and any(t.low in PANORAMA for t in first[-1:]) and any(t.low in PANORAMA for t in new):
        around = phrase.relation[1] if phrase.relation and phrase.relation[0] in ("near", "behind") else None
        scenes.scene(story, new, around if backdrop(phrase) else story.resolve(phrase).core)
        return True
    if last_word(phrase.head) not in lx.TEXT_NOUNS or not first:
        return False
    if first[0].kind not in ("num", "quote") and (not first[0].text.isupper() or old[0].text.isupper()):
        return False
    phrase.head = say(first)
    phrase.position, phrase.relation = None, phrase.relation or states.bodily(old[:origin], phrase)
    if new:
        lettering.text_change(story, phrase, [], [], trim(new))
    return bool(new)


def _without_picture(new: Tokens) -> Tokens:
    """Without a last "in the image"."""
    return next((new[:i] for i in range(1, len(new)) if image_phrase(new, i) == len(new) - i), new)


def _color_of_thing(story: Story, phrase: Phrase, new: Tokens) -> bool:
    """ "the white of the car" to "blue": the car's white parts."""
    if phrase.name.lower() not in lx.COLORS or not phrase.relation or phrase.relation[0] != "part_of":
        return False
    if not plain_color(new):
        return False
    held = parse_np([Token(w, w.lower(), "word", 0) for w in phrase.relation[1].split()])
    held.attributes.append(phrase.name)
    coloring.recolored(story, held, new)
    return True


def _sized(story: Story, verb: str, phrase: Phrase, new: Tokens) -> bool:
    sized = arguments.owner_of_quality(phrase, lx.SIZE_NOUNS)
    if sized is not None:
        resized(story, story.resolve(sized), new, verb)
    return sized is not None


def _picture_becomes(story: Story, verb: str, phrase: Phrase, new: Tokens) -> bool:
    """The whole picture, all but one thing, its time and weather, its filter."""
    head = phrase.name.lower()
    at = states.except_at(new) if phrase.image or head == "everything" else None
    if at is not None:
        rest = Phrase(head="everything", core="everything", attributes=[f"except {text_of(new[at + 1 :])}"])
        rest.excepted, rest.count_word = text_of(new[at + 1 :]), "all"
        outcomes.thing(story, verb, rest, new[:at])
        return True
    timely = head in ("time", "time of day", "weather", "season", "climate", "day")
    partly = phrase.image and any(t.low in lx.BACKDROP for t in new[-1:])
    if kinds.whole(phrase) or partly or (timely and (phrase.relation is None or phrase.of is not None)):
        pictures.picture(story, new, phrase)
        return True
    if last_word(head) not in lx.VISUAL_FX or phrase.relation is not None:
        return False
    if plain_color(new):
        tint = f"{text_of(new)} {head}"
        story.add(Draft("restyle", result=tint, params={"style": params.style_name(tint)}))
        return True
    if kinds.style(new):
        pictures.picture(story, new, Phrase(image=True))
    else:
        words = text_of(new)
        story.add(Draft("restyle", result=words, params={"style": params.style_name(words)}))
    return True


def _quality(story: Story, phrase: Phrase, new: Tokens) -> Phrase | None:
    """The thing whose shape or tone is meant ("the brightness of the sky"); None when the step is done with it."""
    shaped = arguments.owner_of_quality(phrase, lx.ADJUST_NOUNS)
    if shaped is not None and (shaped.head or shaped.pronoun):
        shaped = story.resolve(shaped)
        story.add(draft_for("adjust", shaped, result=f"{text_of(kinds.strip_look(new))} {shaped.name}"))
        story.note(shaped)
        return None
    toned = arguments.owner_of_quality(phrase, frozenset(lx.QUALITIES) - {"light", "focus"})
    if toned is None:
        return phrase
    if toned.head and new[0].low in ("make", "appear", "look") and not kinds.whole(toned):
        toned = story.resolve(toned)
        story.add(draft_for("adjust", toned, result=f"{text_of(new[1:])} {toned.name}"))
        story.note(toned)
        return None
    if not kinds.tone_of(new):
        return phrase
    toned = story.resolve(toned)
    if kinds.whole(toned):
        pictures.picture(story, new, toned)
        return None
    return toned


def _recounted(story: Story, old: Tokens, new: Tokens) -> bool:
    """ "the number of candles" to "five": as many as that."""
    words = [t for t in old if t.low not in lx.DETERMINERS]
    amount = next((t for t in new if t.kind == "num" or t.low in lx.NUMBERS), None)
    if len(words) < 3 or amount is None or len(new) > 2:
        return False
    if words[0].low not in ("number", "amount", "quantity") or words[1].low != "of":
        return False
    counted = story.resolve(parse_np(words[2:]))
    final = lx.NUMBERS.get(amount.low) or int(params.number(amount))
    story.add(replace(draft_for("duplicate", counted, result=f"{amount.text} {counted.name}"), count=final))
    return True


def _backdrop_becomes(story: Story, phrase: Phrase, new: Tokens | None) -> None:
    subject = None
    if phrase.relation and phrase.relation[0] in lx.words("near behind part_of in under on"):
        subject = phrase.relation[1]
    position = phrase.position if phrase.position not in ("background", None) else None
    if new is None:
        scenes.scene(story, [], subject, position)
        return
    new = kinds.strip_look(new)
    if (
        last_word(phrase.head) in _CIRCUMSTANCES
        and phrase.relation is None
        and kinds.weather(new)
        and not ({t.low for t in new} & (lx.SCENES | lx.BACKDROP | PANORAMA | {"ambiance", "atmosphere", "vista"}))
    ):
        pictures.picture(story, new, Phrase(image=True))
        return
    but = states.except_at(new)
    left = f"except {anchor_text([t for t in new[but + 1 :] if t.low != 'for'])}" if but else None
    new = new[:but] if but else new
    behind = next((i for i, t in enumerate(new) if i and t.low in ("behind", "around") and i + 1 < len(new)), None)
    if behind and subject is None and plain_color(new[:behind]):
        subject, new = states.split_anchor(new[behind + 1 :]), new[:behind]
    lows = {t.low for t in new}
    if _backdrop_toned(story, new, position):
        story.note(phrase)
        return
    draft = scenes.scene(story, new, subject, position)
    draft.attributes += [left] if left else []
    if lows & {"invisible", "disappear", "transparent", "gone"}:
        draft.params = {"kind": "transparent"}
    story.note(phrase)


def _backdrop_toned(story: Story, new: Tokens, position: str | None) -> bool:
    """The backdrop stays and gets another tone, sharpness or size."""
    tone = kinds.tone_of(new)
    draft = Draft("adjust", "background", count="one")
    if tone and not color_words(new) and tone.words:
        draft.position, draft.result = position, f"{tone.words} background"
        draft.params = params.tone_params(tone.name, tone.sign, new)
    elif ({t.low for t in new} & _SOFT and new[0].low not in ("a", "an", "the")) or kinds.size_word(new):
        draft.result, draft.params = f"{text_of(new)} background", {"blur": params.strength(new)}
    else:
        return False
    story.add(draft)
    return True


def color_words(tokens: Tokens) -> bool:
    """True when one of the tokens is a colour."""
    return any(t.low in lx.COLORS for t in tokens)


def unspecified(story: Story, phrase: Phrase, last: str) -> None:
    if kinds.whole(phrase):
        story.add(
            Draft(
                "global" if last not in ("style", "filter") else "restyle", result=f"different {phrase.core or 'image'}"
            )
        )
        return
    words = phrase.name.lower().split()
    if last in lx.VISUAL_FX and phrase.relation is None and (len(words) == 1 or words[0] in lx.IMAGE):
        story.add(Draft("restyle", result=f"different {phrase.core}"))
        return
    if len(words) == 2 and words[0] in _PICTURE_ASPECTS and words[1] in _ASPECT_NOUNS and phrase.owner is None:
        story.add(Draft("global", result=f"different {phrase.core}"))
        return
    tone = arguments.owner_of_quality(phrase, frozenset(lx.QUALITIES))
    if tone is not None and (tone.image or tone.head is None):
        story.add(Draft("global", result=f"different {phrase.name}"))
        return
    if tone is not None and last in lx.QUALITIES and not backdrop(tone):
        tone = story.resolve(tone)
        story.add(draft_for("adjust", tone, result=f"different {last} {tone.name}"))
        story.note(tone)
        return
    shaped = arguments.owner_of_quality(phrase, lx.ADJUST_NOUNS | lx.SIZE_NOUNS)
    if shaped is not None and shaped.image:
        story.add(Draft("global", result=f"different {phrase.name}"))
        return
    if shaped is not None and shaped.head:
        if last in lx.SIZE_NOUNS:
            story.add(draft_for("resize", shaped, result=f"resized {shaped.name}", params={"scale": 0.7}))
            return
        moved = last in ("position", "location", "placement")
        story.add(draft_for("move" if moved else "adjust", shaped, result=f"different {phrase.name}"))
        return
    if (last in lx.TEXTY | {"wording"} and phrase.relation is None) or last in ("text", "lettering", "wording"):
        lettering.text_change(story, phrase, [], [], [])
        return
    adjust = (
        singular(last) in lx.BODY or last in lx.BODY | lx.ADJUST_NOUNS | lx.BACKDROP | {"font"} or last in lx.QUALITIES
    )
    story.add(draft_for("adjust" if adjust else "replace", phrase))
    story.note(phrase)


def resized(story: Story, phrase: Phrase, words: Tokens, verb: str) -> None:
    """An object (resize) or the picture (global) gets another size."""
    factor = params.size_factor(words, verb)
    word = _size_result(words, factor)
    if kinds.whole(phrase) or phrase.head is None:
        story.add(Draft("global", result=word, params={"scale": factor}))
        return
    story.add(draft_for("resize", phrase, result=f"{word} {phrase.name}", params={"scale": factor}))
    story.note(phrase)


def _size_result(words: Tokens, factor: float) -> str:
    for token in words:
        if token.low in lx.COMPARATIVES_SIZE:
            much = [t.low for t in words if t.low in lx.INTENSIFIERS]
            return " ".join([*much[:1], token.low]) if token.low.endswith("er") else token.low
    if any(t.low in ("double", "twice") for t in words):
        return "double size"
    return "larger" if factor > 1 else "smaller"
