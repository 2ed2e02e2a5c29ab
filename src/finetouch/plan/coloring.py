"""Steps that recolour: "color the star blue", "the color of the car to red"."""

from __future__ import annotations

from finetouch.plan import adding, arguments, becoming, kinds, params, pictures, predicates, scenes
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, comparative
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.places import position_phrase
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, share_tail, text_of
from finetouch.plan.tokens import Token, last_word, say

Tokens = list[Token]


def recolor(story: Story, phrase: Phrase, new: Tokens | None, quality: Phrase) -> None:
    """A colour noun is changed: "the color of X to Y"."""
    if new is None:
        if kinds.whole(phrase) or phrase.head is None:
            story.add(Draft("global", result="different colors"))
        elif backdrop(phrase):
            scenes.scene(story, [])
        else:
            story.add(draft_for("recolor", phrase))
            story.note(phrase)
        return
    if phrase.relation is None and quality.relation and quality.relation[0] not in ("part_of",) and phrase.head:
        phrase.relation, phrase.position = quality.relation, phrase.position or quality.position
    phrase.position = phrase.position or quality.position
    tone = kinds.tone_of(new)
    if backdrop(phrase) and tone and first_color(new) is None:
        values = params.tone_params(tone.name, tone.sign, new)
        story.add(Draft("adjust", "background", count="one", result=f"{tone.words} background", params=values))
        return
    if backdrop(phrase):
        scenes.scene(story, new)
        return
    if quality.color and quality.of is None and first_color(new):
        found = first_color(new)
        story.add(Draft("recolor", attributes=[quality.color], color=found[0] if found else None, result=text_of(new)))
        return
    if kinds.whole(phrase) or phrase.head is None:
        pictures.picture(story, new, phrase if phrase.head else quality)
        return
    body = [t for t in new if t.low not in lx.DETERMINERS]
    tonal = tone is not None and tone.name in ("saturation", "brightness", "contrast")
    if tone and tonal and not any(t.low in lx.COLORS for t in new):
        values = params.tone_params(tone.name, tone.sign, new)
        story.add(draft_for("adjust", phrase, result=f"{tone.words} {phrase.name}", params=values))
        story.note(phrase)
        return
    recolored(story, phrase, body)


def recolored(story: Story, phrase: Phrase, body: Tokens) -> None:
    body = body[: next((i for i, t in enumerate(body) if i and t.low in ("instead", "rather")), len(body))]
    like = params.like_phrase(body)
    draft = draft_for("recolor", phrase)
    if like:
        draft.result, draft.params = f"{phrase.name} {say(body)}", {"like": like}
    else:
        words = [t for t in body if t.low not in lx.words("color a an the of more be to")]
        found = first_color(words)
        shade = next((i for i, t in enumerate(body) if t.low in ("shade", "hue", "tone")), None)
        if shade and found and body[shade + 1 : shade + 2] and body[shade + 1].low == "of":
            found = first_color(body) or found
        color = found[0] if found else say(words)
        if found is None and words and words[0].low == "same":
            story.add(draft_for("recolor", phrase, result=f"{phrase.name} with the {say(words)}"))
            story.note(phrase)
            return
        if found is None and words and kinds.adjectival(words):
            story.add(draft_for("adjust", phrase, result=f"{color} {phrase.name}"))
            story.note(phrase)
            return
        if found is None and all(t.low in lx.COLOR_NOUNS | lx.COLOR_MODIFIERS for t in words):
            story.add(draft_for("recolor", phrase, result=f"{color} {phrase.name}"))
            story.note(phrase)
            return
        more = any(t.low == "more" for t in body)
        plain = comparative(color)
        draft.color = plain or color
        draft.result = f"{'more ' if more else ''}{say(words) if plain else color} {phrase.name}"
        if plain or more:
            draft.params = {"amount": round(min(1.0, 0.25 + params.strength(body)), 2)}
        extra = found[2] if found else []
        if extra and extra[0].low in ("except", "but", "besides"):
            draft.attributes.append(say(extra))
        story.add(draft)
        story.note(phrase)
        _with_extras(story, phrase, extra)
        return
    story.add(draft)
    story.note(phrase)


def first_color(tokens: Tokens) -> tuple[str, int, Tokens] | None:
    """Colour, where it starts, and the tokens behind it."""
    for i in range(len(tokens)):
        found = color_at(tokens, i)
        if found:
            return found[0], i, tokens[i + found[1] :]
    return None


def _with_extras(story: Story, phrase: Phrase, extra: Tokens) -> None:
    """ "... blue with clouds": what comes along is an extra step."""
    if len(extra) > 1 and extra[0].low == "with" and phrase.head:
        for part in noun_lists(extra[1:]):
            piece = parse_np(part)
            if not piece.head or (
                last_word(piece.head) in lx.words("stripes dots spots pattern trim polka accents highlights") and False
            ):
                continue
            kind = "in" if last_word(phrase.head) in lx.INSIDES else "on"
            story.add(Draft("add", result=piece.core, count=piece.count(added=True), relation=(kind, phrase.head)))


def color_frame(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "color the star blue", "paint X with purple", "dye X in black", "coat X green"."""
    args = trim(arguments.without_purpose(args))
    while args and args[0].low in ("in", "over", "up") and len(args) > 1 and args[0].low != "over":
        args = args[1:]
    at = next(
        (
            i
            for i, t in enumerate(args)
            if i and t.low in lx.words("in with to into as by a an") and color_after(args, i)
        ),
        None,
    )
    target_tokens: Tokens
    new: Tokens | None
    if at is not None:
        target_tokens, new = args[:at], args[at + 1 :]
    else:
        pair = predicates.split_predicate(args)
        target_tokens, new = (pair[0], pair[1]) if pair else (args, None)
        if new is None:
            found = None
            for i in range(1, len(args)):
                got = color_at(args, i)
                if got and i + got[1] == len(args):
                    found = i
                    break
            if found:
                target_tokens, new = args[:found], args[found:]
    if (
        new is not None
        and color_at([t for t in new if t.low not in ("a", "an", "the")], 0) is None
        and verb in lx.words("adorn cover fill dress spray clothe grace decorate")
    ):
        _dressed(story, verb, target_tokens, new)
        return
    if new is None and verb in lx.words("cover adorn fill dress clothe spray color paint grace decorate"):
        k = next((i for i, t in enumerate(args) if i and t.low in ("with", "in")), None)
        if k is not None and verb not in ("color", "paint"):
            _dressed(story, verb, args[:k], args[k + 1 :])
            return
        if verb == "paint" and args and args[0].low in ("a", "an"):
            adding.add(story, "add", args, clause)
            return
    to = next((i for i, t in enumerate(args) if i and t.low in ("to", "into")), None)
    if new is None and to and 0 < len(args) - to - 1 <= 2 and not arguments.match_long(args, to):
        target_tokens, new = args[:to], args[to + 1 :]
    phrases = [parse_np(p) for p in noun_lists(target_tokens)]
    share_tail(phrases)
    for phrase in phrases:
        phrase = story.resolve(phrase)
        owner = arguments.owner_of_quality(phrase, lx.COLOR_NOUNS)
        if owner is not None and (owner.head or owner.pronoun):
            phrase = story.resolve(owner)
        if backdrop(phrase):
            scenes.scene(story, new or [])
        elif kinds.whole(phrase):
            pictures.picture(story, new or [Token("recolored", "recolored", "word", 0)], phrase)
        elif new is None:
            story.add(draft_for("recolor", phrase))
            story.note(phrase)
        else:
            tone = kinds.tone_of(new)
            if tone and not becoming.color_words(new) and not any(t.low in lx.COLOR_ISH for t in new):
                story.add(
                    draft_for(
                        "recolor",
                        phrase,
                        result=f"{tone.words} {phrase.name}",
                        params={"lightness": tone.sign * params.strength(new)},
                    )
                )
                story.note(phrase)
            else:
                recolored(story, phrase, [t for t in new if t.low not in lx.DETERMINERS])


def color_after(args: Tokens, i: int) -> bool:
    """True when the words behind "in", "with", "to" are a colour."""
    rest = [t for t in args[i + 1 :] if t.low not in ("a", "an", "the", "some")]
    if not rest or position_phrase(args, i):
        return False
    found = color_at(rest, 0)
    if found is None and len(rest) > 2 and rest[0].low in lx.COLOR_NOUNS | {"shade", "shades"} and rest[1].low == "of":
        found = color_at(rest, 2)
        return found is not None
    if found is None:
        return False
    tail = rest[found[1] :]
    return not tail or tail[0].low in lx.COLOR_NOUNS | {
        "shade",
        "pigment",
        "lacquer",
        "paint",
        "and",
        "instead",
        "like",
        "with",
        "except",
        "dye",
        "for",
        "please",
        "on",
        "stripes",
        ",",
    }


def _dressed(story: Story, verb: str, target: Tokens, new: Tokens) -> None:
    """ "adorn the scene with birds", "cover the table with a cloth", "dress the dog in a suit"."""
    owner = story.resolve(parse_np(target))
    for part in noun_lists(new):
        piece = parse_np(part)
        head = (piece.head or "").lower().split()[-1:] or [""]
        draft = Draft(
            "add",
            result=" ".join(w for w in (piece.core, piece.tail) if w),
            count=piece.count(added=True),
            relation=piece.relation,
            position=piece.position,
        )
        if draft.relation and draft.relation[0] == "part_of":
            draft.result, draft.relation = f"{draft.result} of {draft.relation[1]}", None
        if not kinds.whole(owner) and owner.head and draft.relation is None:
            worn = head[0] in lx.GARMENTS or verb in ("dress", "clothe")
            kind = "wearing" if worn else "in" if verb == "fill" else "on"
            draft.relation = (kind, arguments.owner_text(owner))
        story.add(draft)
    story.note(owner)
