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
_CIRCUMSTANCES = lx.words("setting environment surroundings scenery")


def become(
    story: Story, verb: str, old: Tokens, new: Tokens | None, clause: Tokens, phrase: Phrase | None = None
) -> None:
    """One thing gets a new colour, state, size, look, or becomes another thing; the heart of change and make."""
    if new and _recounted(story, old, new):
        return
    phrase = phrase or parse_np(old)
    origin = next((i for i, t in enumerate(old) if i and t.low == "from"), None)
    if origin is not None:
        first = old[origin + 1 :]
        phrase = parse_np(old[:origin])
        color = plain_color(first)
        if color:
            phrase.attributes.append(color)
        elif new and any(t.low in PANORAMA for t in first[-1:]) and any(t.low in PANORAMA for t in new):
            scenes.scene(story, new, None if backdrop(phrase) else story.resolve(phrase).core)
            return
        elif (
            last_word(phrase.head) in lx.TEXT_NOUNS
            and first
            and (first[0].kind in ("num", "quote") or (first[0].text.isupper() and not old[0].text.isupper()))
        ):
            phrase.head = say(first)
            phrase.position, phrase.relation = None, phrase.relation or states.bodily(old[:origin], phrase)
            if new:
                lettering.text_change(story, phrase, [], [], trim(new))
                return
    phrase = story.resolve(phrase)
    new = trim(new) if new is not None else None
    for i in range(1, len(new or [])):
        if new and image_phrase(new, i) == len(new) - i:
            new = new[:i]
            break
    head = (phrase.head or "").lower()
    last = head.split()[-1] if head else ""
    joint = states.two_states(new)
    if joint and new and not backdrop(phrase):
        for part in (new[:joint], new[joint + 1 :]):
            become(story, verb, old, part, clause, replace(phrase))
        return
    quotes_old = [t for t in old if t.kind == "quote"]
    quotes_new = [t for t in new or [] if t.kind == "quote"]
    if new and lettering.lettering(story, phrase, quotes_old, quotes_new, new, last):
        return
    if backdrop(phrase):
        _backdrop_becomes(story, phrase, new)
        return
    if new and states.behave(story, phrase, new):
        return
    if new and head in lx.COLORS and phrase.relation and phrase.relation[0] == "part_of" and plain_color(new):
        held = parse_np([Token(w, w.lower(), "word", 0) for w in phrase.relation[1].split()])
        held.attributes.append(phrase.name)
        coloring.recolored(story, held, new)
        return
    colored = arguments.owner_of_quality(phrase, lx.COLOR_NOUNS)
    if colored is not None:
        coloring.recolor(story, story.resolve(colored), new, phrase)
        return
    if new is None:
        unspecified(story, phrase, last)
        return
    sized = arguments.owner_of_quality(phrase, lx.SIZE_NOUNS)
    if sized is not None:
        resized(story, story.resolve(sized), new, verb)
        return
    if (phrase.image or head == "everything") and new and states.except_at(new) is not None:
        at = states.except_at(new) or 0
        phrase = Phrase(head="everything", core="everything", attributes=[f"except {text_of(new[at + 1 :])}"])
        phrase.excepted, phrase.count_word, new = text_of(new[at + 1 :]), "all", new[:at]
        outcomes.thing(story, verb, phrase, new)
        return
    if kinds.whole(phrase) or (
        head in ("time", "time of day", "weather", "season", "climate", "day")
        and (phrase.relation is None or phrase.of is not None)
    ):
        pictures.picture(story, new, phrase)
        return
    if last in lx.VISUAL_FX and plain_color(new) and phrase.relation is None:
        tint = f"{text_of(new)} {head}"
        story.add(Draft("restyle", result=tint, params={"style": params.style_name(tint)}))
        return
    if last in lx.VISUAL_FX and kinds.style(new) and phrase.relation is None:
        pictures.picture(story, new, Phrase(image=True))
        return
    shaped = arguments.owner_of_quality(phrase, lx.ADJUST_NOUNS)
    if shaped is not None and (shaped.head or shaped.pronoun):
        shaped = story.resolve(shaped)
        story.add(draft_for("adjust", shaped, result=f"{text_of(kinds.strip_look(new))} {shaped.name}"))
        story.note(shaped)
        return
    toned = arguments.owner_of_quality(phrase, frozenset(lx.QUALITIES) - {"light", "focus"})
    if toned is not None and toned.head and new[0].low in ("make", "appear", "look") and not kinds.whole(toned):
        toned = story.resolve(toned)
        story.add(draft_for("adjust", toned, result=f"{text_of(new[1:])} {toned.name}"))
        story.note(toned)
        return
    if toned is not None and kinds.tone_of(new):
        toned = story.resolve(toned)
        if kinds.whole(toned):
            pictures.picture(story, new, toned)
            return
        phrase = toned
    outcomes.thing(story, verb, phrase, new)


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
    tone = kinds.tone_of(new)
    lows = {t.low for t in new}
    if tone and not color_words(new) and tone.words:
        result = f"{tone.words} background"
        draft = Draft(
            "adjust",
            "background",
            count="one",
            position=position,
            result=result,
            params=params.tone_params(tone.name, tone.sign, new),
        )
        story.add(draft)
        story.note(phrase)
        return
    if lows & {"blurry", "blurred", "blurrier", "focus"} or (kinds.size_word(new)):
        story.add(
            Draft(
                "adjust",
                "background",
                count="one",
                result=f"{text_of(new)} background",
                params={"blur": params.strength(new)},
            )
        )
        story.note(phrase)
        return
    draft = scenes.scene(story, new, subject, position)
    draft.attributes += [left] if left else []
    if lows & {"invisible", "disappear", "transparent", "gone"}:
        draft.params = {"kind": "transparent"}
    story.note(phrase)


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
    shaped = arguments.owner_of_quality(phrase, lx.ADJUST_NOUNS | lx.SIZE_NOUNS)
    if shaped is not None and shaped.image:
        story.add(Draft("global", result=f"different {phrase.name}"))
        return
    if shaped is not None and shaped.head:
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
