"""One thing gets a new state, size or look, or becomes another thing: the heart of change and make."""

from __future__ import annotations

from dataclasses import replace

from finetouch.plan import arguments, coloring, kinds, lettering, moving, params, pictures, scenes, states
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, plain_color
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.places import image_phrase, match_preposition
from finetouch.plan.story import Draft, Story, backdrop, draft_for, text_of
from finetouch.plan.tails import anchor_text
from finetouch.plan.tokens import Token, base, is_plural, last_word, say, singular

Tokens = list[Token]
PANORAMA = (lx.SCENES | lx.BACKDROP | lx.words("sky skyline seascape mountainscape nature snow tarmac")) - {
    "house", "room", "wall", "office",
}  # fmt: skip
_PICTURE_ASPECTS = lx.words("lighting light color colour image photo tone contrast exposure")
_ASPECT_NOUNS = lx.words("effect effects profile scheme palette settings levels balance tone conditions filter format")
_CIRCUMSTANCES = lx.words("setting environment surroundings scenery")
_LOOKS = lx.words("slightly to at up down away towards toward left right back forward")


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
        thing(story, verb, phrase, new)
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
    thing(story, verb, phrase, new)


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


def thing(story: Story, verb: str, phrase: Phrase, new: Tokens) -> None:
    """A thing (not the picture, not the backdrop) becomes something."""
    story.note(phrase)
    raw = new
    new = [t for t in new if t.kind != "punct"] if len(new) < 3 else new
    if not new:
        unspecified(story, phrase, last_word(phrase.head))
        return
    if new[0].low == "look" and len(new) > 1 and new[1].low in _LOOKS:
        story.add(draft_for("adjust", phrase, result=states.state_result(new, phrase)))
        return
    if phrase.pronoun in ("it", "this") and new[-1].low in ("background", "backdrop") and len(new) > 1:
        scenes.scene(story, kinds.strip_look(new))
        return
    elements = last_word(phrase.head) in ("elements", "adjustments", "components", "image")
    if elements and (verb == "rearrange" or any(t.low in lx.BACKDROP for t in new[-1:])):
        scenes.scene(story, kinds.strip_look(new))
        return
    while (
        new
        and new[0].low
        in lx.words(
            """
        to into be become look appear seem as is are being have go get turn looks stay been shine in
        dyed painted adorned colored coated tinted drenched bathed clad
        """
        )
        and len(new) > 1
    ):
        if new[0].low == "in" and not color_at(new, 1):
            break
        new = new[1:]
    if not any(t.kind != "punct" for t in new):
        unspecified(story, phrase, last_word(phrase.head))
        return
    sized = new[0].low in lx.COMPARATIVES_SIZE and new[0].low.endswith("er") and len(new) == 2
    sized = sized and new[1].low not in lx.COLORS and kinds.tone_of(new[1:]) is None
    if kinds.size_word(new) or sized or (len(new) == 1 and new[0].low == "little"):
        resized(story, phrase, new, verb)
        return
    hued = new[-1].low in ("color", "colors", "colours") and len(new) > 2 and new[0].low not in ("a", "an", "the")
    if hued and coloring.first_color(new) is None and kinds.tone_of(new) is None:
        named = say(new[:-1])
        story.add(draft_for("recolor", phrase, result=f"{named} {phrase.name}", color=named))
        return
    placed = next(
        (i for i, t in enumerate(new[:-2]) if t.low in ("set", "placed", "located", "situated", "shown")), None
    )
    if placed is not None and new[placed + 1].low in ("in", "on", "at") and new[-1].low in lx.SCENES | lx.BACKDROP:
        scenes.scene(story, new[placed + 2 :], phrase.core)
        return
    like = params.like_phrase(new)
    if like:
        story.add(draft_for("recolor", phrase, result=f"{phrase.name} {say(new)}", params={"like": like}))
        return
    color = plain_color(new)
    behind = coloring.first_color(new)
    if (
        color is None
        and behind
        and behind[1] <= 2
        and (not behind[2] or behind[2][0].low in lx.words("with in like but instead for so from and except besides"))
        and all(t.low in lx.FLAT | lx.INTENSIFIERS | {"a", "more", "the", "in"} for t in new[: behind[1]])
    ):
        color = behind[0]
    if color is None and behind and new[-1].low in lx.COLOR_NOUNS:
        color, new = behind[0], new[behind[1] :]
    if color:
        coloring.recolored(story, phrase, new)
        return
    tone = kinds.tone_of(new)
    if tone:
        story.add(
            draft_for(
                "recolor" if new[-1].low in lx.COLOR_NOUNS and len(new) > 1 else "adjust",
                phrase,
                result=f"{tone.words} {phrase.name}",
                params=params.tone_params(tone.name, tone.sign, new),
            )
        )
        return
    if kinds.black_and_white(say(new)):
        coloring.recolored(story, phrase, new)
        return
    if (raw and raw[0].low == "like") or (new and new[0].low == "like"):
        body = kinds.strip_look(new)
        op = "adjust" if kinds.adjectival(body) or body[0].low in ("it", "he", "she", "they") else "replace"
        story.add(draft_for(op, phrase, result=text_of(body)))
        return
    if verb == "have" and new[0].low.endswith("ing") and len(new) > 2:
        relation, position = moving.destination(story, new[1:])
        if relation or position:
            draft = draft_for("move", phrase, result=f"{phrase.name} {text_of(new)}", params=params.move_params(new))
            draft.relation, draft.position = relation or draft.relation, position or draft.position
            story.add(draft)
            return
    if (
        kinds.material(new)
        or kinds.adjectival(new)
        or (len(new) < 4 and new[0].low.endswith("ed") and base(new[0].low))
        or (states.verbal(new) and (verb not in ("change", "turn", "transform") or _verb_here(new)))
        or new[0].low in lx.words("out more less on off up down not upside in made far close closer away apart")
    ):
        story.add(draft_for("adjust", phrase, result=states.state_result(new, phrase)))
        return
    if (
        kinds.weather(new)
        and any(t.low in ("night", "nighttime", "daytime", "day", "sunny") for t in new)
        and (phrase.head or "").lower() == "sky"
    ):
        pictures.picture(story, pictures.weather_words(new, new), Phrase(image=True))
        return
    if (
        kinds.weather(new)
        and len(new) <= 4
        and last_word(phrase.head) in lx.words("sky window windows outside water lake")
    ):
        story.add(draft_for("adjust", phrase, result=text_of(new)))
        return
    result = parse_np(new)
    if result.name.lower() in ("one", "ones") and result.attributes and result.color is None:
        story.add(draft_for("adjust", phrase, result=f"{' '.join(result.attributes)} {phrase.name}"))
        return
    fruit = (result.color or "").lower() in ("orange", "peach", "olive", "cherry", "lemon") and (
        phrase.head or ""
    ).lower() in lx.words("slice juice tree peel wedge half")
    if result.head and phrase.head and result.color and result.head.lower() == phrase.head.lower() and not fruit:
        story.add(draft_for("recolor", phrase, result=result.core, color=result.color))
        return
    if (
        result.head
        and phrase.head
        and result.head.lower() == phrase.head.lower()
        and not any(a.lower() in ("unripe", "different", "ripe") for a in result.attributes)
        and result.attributes
        and verb == "make"
    ):
        story.add(draft_for("adjust", phrase, result=result.core))
        return
    if len(new) > 1 and new[-1].low in lx.words(
        """
        surface texture look expression shape pattern smile frown pose position finish
        """
    ):
        story.add(draft_for("adjust", phrase, result=f"{text_of(new)} {phrase.name}"))
        return
    if phrase.name.lower() == "time":
        story.add(draft_for("adjust", phrase, result=text_of(new)))
        return
    if verb in ("make", "have", "let") and len(raw) == 1 and _bare_state(raw[0]):
        story.add(draft_for("adjust", phrase, result=states.state_result(new, phrase)))
        return
    if raw[0].low in ("look", "appear", "seem") and new[0].low not in ("a", "an", "the"):
        story.add(draft_for("adjust", phrase, result=f"{text_of(new)} {phrase.name}"))
        return
    story.add(draft_for("replace", phrase, result=arguments.new_words(result, phrase)))


def _verb_here(new: Tokens) -> bool:
    """False for "blossom trees" and "walking sticks": a noun follows what could be a verb."""
    if len(new) == 1 or match_preposition(new, 1):
        return True
    return new[1].low in lx.DETERMINERS | set(lx.POSSESSIVE) | lx.ADVERBS | {"up", "down", "at"}


def _bare_state(token: Token) -> bool:
    """A lone word without article behind "make X" is an adjective or a verb, unless it is a name or a plural."""
    named = token.text[:1].isupper() and not token.low.endswith(("an", "ish", "ese"))
    return token.kind == "word" and not named and not is_plural(token.low)
