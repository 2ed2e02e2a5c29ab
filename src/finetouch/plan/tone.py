"""Verb frames for tone, size and whole-picture geometry: brighten, blur, increase, crop, zoom, rotate, resize, style."""

from __future__ import annotations

from finetouch.plan import changes, frames, kinds, params
from finetouch.plan import lexicon as lx
from finetouch.plan.frames import owner_of_quality, without_purpose
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.places import match_preposition
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, phrases_of, share_tail, text_of
from finetouch.plan.tokens import Token, last_word, say

Tokens = list[Token]
_QUALITY = frozenset(lx.QUALITIES)
_SAY_STRENGTH = lx.words("slightly little bit much very lot significantly")


def level(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "increase the contrast", "reduce the size of the car", "bring down exposure", "boost the boy's brightness"."""
    up = lx.FRAMES.get(verb) == "increase"
    args = trim(without_purpose(args))
    if args and args[0].low in ("up", "down", "the-"):
        args = args[1:]
    by = next((i for i, t in enumerate(args) if i and t.low == "by"), None)
    words = args
    if by is not None:
        args = args[:by]
    phrases = [parse_np(p) for p in noun_lists(args)]
    if len(phrases) > 1:
        share_tail(phrases)
        last = phrases[-1]
        for phrase in phrases[:-1]:
            if phrase.of is None and last_word(phrase.head) in _QUALITY:
                phrase.of = last.of
    done: set[str] = set()
    for phrase in phrases:
        sized = owner_of_quality(phrase, lx.SIZE_NOUNS)
        if sized is not None:
            changes.resized(story, story.resolve(sized), words, "increase" if up else "decrease")
            continue
        quality = (phrase.head or "").split()[-1:] or [""]
        toned = owner_of_quality(phrase, _QUALITY)
        if toned is not None:
            name, more, less = lx.QUALITIES[quality[0].lower()]
            result = more if up else less
            owner = story.resolve(toned) if (toned.head or toned.pronoun) else toned
            values = params.tone_params(name, 1 if up else -1, words)
            if owner.head is None or kinds.whole(owner):
                story.add(Draft("global", result=result, params=values))
                story.antecedent = "image"
            else:
                owner.position = owner.position or phrase.position
                story.add(draft_for("adjust", owner, result=f"{result} {owner.core}", params=values))
                story.note(owner)
            done.add(result)
            continue
        if kinds.whole(phrase) or phrase.image:
            story.add(Draft("global", result="brighter" if up else "darker", params={"scale": 1.4 if up else 0.7}))
            continue
        if not phrase.head:
            continue
        phrase = story.resolve(phrase)
        if phrase.head and phrase.head.lower() in ("number", "amount") and phrase.of:
            frames.duplicate(story, "duplicate", phrase.of, clause)
            continue
        changes.resized(story, phrase, words, "increase" if up else "decrease")


def tone(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "brighten the sky", "blur the background slightly", "enhance the colors", "sharpen"."""
    name, sign, word = lx.TONE_VERBS.get(verb, ("contrast", 1.0, verb))
    full = args
    args = trim(without_purpose(args))
    while args and args[0].low in ("up", "down", "out", "in", "of", "the-", "around", "on") and len(args) >= 1:
        if args[0].low in ("in", "on") and verb != "fade" and len(args) > 1 and verb in ("focus",):
            pass
        args = args[1:]
    scrubbed = frames.image_object_of(args)
    if scrubbed is not None and verb in ("deblur", "polish"):
        args = args[: len(args) - len(scrubbed) - 1]
    values = params.tone_params(name, sign, full)
    degree = _degree(full)
    to = next(
        (
            i
            for i, t in enumerate(args)
            if i and t.low in ("by", "with", "to", "into") and not frames.match_long(args, i)
        ),
        None,
    )
    if to is not None and (verb not in ("focus", "highlight") or args[to].low != "with"):
        if (
            verb in ("enhance", "enrich", "improve", "perfect")
            and args[to].low in ("with",)
            and kinds.whole(parse_np(args[:to]))
        ):
            frames.add(story, "add", args[to + 1 :], clause)
            return
        args = args[:to]
    args = (
        [t for t in args if t.low not in ("slightly", "lot", "significantly", "significant")] if len(args) > 1 else args
    )
    phrases = phrases_of(story, args)
    if not phrases:
        story.add(Draft("global", result=f"{degree}{word}", params=values))
        story.antecedent = "image"
        return
    for phrase in phrases:
        toned = owner_of_quality(
            phrase, _QUALITY | lx.words("resolution visuals appearance colors tones effect visual")
        )
        if toned is not None:
            owner = story.resolve(toned) if (toned.head or toned.pronoun) else toned
            last = last_word(phrase.head)
            entry = lx.QUALITIES.get(last)
            if entry and verb in (
                "enhance",
                "improve",
                "refine",
                "upgrade",
                "optimize",
                "perfect",
                "polish",
                "enrich",
                "highlight",
                "sharpen",
            ):
                values = params.tone_params(entry[0], 1, full)
                words = entry[1]
            else:
                words = (
                    f"{word} {last}" if last in ("colors", "lighting", "tones", "shadows", "color", "light") else word
                )
            if owner.head is None or kinds.whole(owner):
                story.add(Draft("global", result=f"{degree}{words}", params=values))
                story.antecedent = "image"
            else:
                story.add(draft_for("adjust", owner, result=f"{degree}{words} {owner.core}", params=values))
                story.note(owner)
            continue
        last = (phrase.head or "").split()[-1:] or [""]
        if kinds.whole(phrase) or last[0].lower() in (
            "visibility",
            "composition",
            "visuals",
            "background-",
            "contours",
            "edges-",
            "part-",
            "foreground-",
            "rest-",
        ):
            story.add(Draft("global", result=f"{degree}{word}", params=values))
            story.antecedent = "image"
            continue
        if backdrop(phrase):
            story.add(Draft("adjust", "background", count="one", result=f"{degree}{word} background", params=values))
            story.note(phrase)
            continue
        if not phrase.head and phrase.position is None:
            continue
        story.add(draft_for("adjust", phrase, result=f"{degree}{word} {phrase.core}", params=values))
        story.note(phrase)


def _degree(tokens: Tokens) -> str:
    lows = [t.low for t in tokens]
    if "slightly" in lows or "bit" in lows or ("little" in lows and lows[-1:] == ["little"]):
        return "slightly "
    return "much " if "lot" in lows or "significantly" in lows else ""


def deform(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "distort the face", "open the door", "stretch the lamp": a state of one thing, or of the picture."""
    args = trim(without_purpose(args))
    while args and args[0].low in ("up", "out", "down"):
        args = args[1:]
    state = {
        "open": "open",
        "close": "closed",
        "bend": "bent",
        "freeze": "frozen",
        "thin": "thinner",
        "slim": "slimmer",
        "thicken": "thicker",
        "lengthen": "longer",
        "shorten": "shorter",
        "elongate": "longer",
        "widen": "wider",
    }.get(verb, verb + ("d" if verb.endswith("e") else "ed"))
    stop = next(
        (
            i
            for i, t in enumerate(args)
            if i and t.low in ("to", "into", "so", "by", "like") and not frames.match_long(args, i)
        ),
        len(args),
    )
    phrases = phrases_of(story, args[:stop])
    if not phrases:
        story.add(Draft("global", result=state))
        return
    for phrase in phrases:
        if kinds.whole(phrase):
            values = {"rotate": params.angle(args, verb)} if verb in ("tilt", "straighten") else {}
            story.add(Draft("global", result=state, params=values))
        elif backdrop(phrase):
            story.add(Draft("adjust", "background", count="one", result=f"{state} background"))
        elif phrase.head:
            op = (
                "resize"
                if verb in ("elongate", "lengthen", "shorten", "widen", "thicken")
                and last_word(phrase.head) not in lx.BODY
                else "adjust"
            )
            story.add(draft_for(op, phrase, result=f"{state} {phrase.core}"))
            story.note(phrase)


def crop(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "crop the image", "crop the bottom", "crop out the man" (a removal), "crop to the face"."""
    args = trim(without_purpose(args))
    out = any(t.low in ("out", "off", "away") for t in args)
    rest = [t for t in args if t.low not in ("out", "off", "away", "in", "tightly", "closely", "down")] if out else args
    if out:
        left = [t for t in rest]
        thing = parse_np(left)
        if (
            thing.head
            and not kinds.whole(thing)
            and thing.head.lower().split()[-1] not in lx.PLACE_NOUNS | {"top", "bottom", "left", "right", "sides", "edges", "half"}
        ):
            frames.remove(
                story,
                "remove",
                [t for t in args if t.low not in ("off", "away")] if args[0].low == "out" else args,
                clause,
            )
            return
    while rest and rest[0].low in (
        "in",
        "on",
        "to",
        "around",
        "into",
        "down",
        "just",
        "up",
        "closer",
        "close",
        "tighter",
        "only",
        "from",
        "off",
        "at",
        "out",
    ):
        rest = rest[1:]
    phrases = phrases_of(story, rest) if rest else []
    phrase = phrases[0] if phrases else Phrase(image=True)
    lows = {t.low for t in args}
    edge = lows & {"top", "bottom", "left", "right", "upper", "lower", "half", "sides", "edges"}
    if edge:
        side = params.crop_side(args)
        result = f"cropped at the {side}" if side != "center" else "cropped"
        story.add(Draft("global", result=result, params={"crop": side}))
    elif kinds.whole(phrase) or not phrase.head:
        story.add(Draft("global", result="cropped", params={"crop": "center"}))
    else:
        named = phrase.core or phrase.head
        story.add(
            Draft("global", result=f"cropped to the {named}", params={"crop": "target", "to": _phrase_words(phrase)})
        )
        story.note(phrase)
        return
    story.antecedent = "image"


def _phrase_words(phrase: Phrase) -> str:
    words = phrase.core or phrase.head or ""
    if phrase.relation:
        words += f" {phrase.relation[0].replace('_', ' ').replace('part of', 'of')} {phrase.relation[1]}"
    return words


def zoom(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "zoom in on the face", "zoom out"."""
    args = trim(without_purpose(args))
    lows = [t.low for t in args]
    out = "out" in lows
    on = next(
        (
            i
            for i, t in enumerate(args)
            if t.low in ("on", "onto", "into", "to", "at", "in")
            and i + 1 < len(args)
            and args[i + 1].low not in ("on", "and", "to", "closer", "close")
        ),
        None,
    )
    subject = ""
    if on is not None:
        phrase = parse_np(args[on + 1 :])
        subject = "" if kinds.whole(phrase) and not phrase.position else say(args[on + 1 :])
    result = "zoomed out" if out else f"zoomed in on {subject}" if subject else "zoomed in"
    values: dict[str, object] = {"zoom": round(1 / 1.5, 3) if out else 1.5}
    if subject and not out:
        values["to"] = text_of(args[on + 1 :] if on is not None else args)
    story.add(Draft("global", result=result, params=values))
    story.antecedent = "image"


def geometry(story: Story, verb: str, args: Tokens, subject: Phrase | None = None) -> None:
    """A whole-picture rotation, flip or inversion of colours."""
    if verb in ("invert", "inverse", "reverse") and any(t.low in lx.COLOR_NOUNS for t in args):
        story.add(Draft("restyle", result="inverted colors", params={"style": "negative"}))
        return
    if verb in ("flip", "mirror", "reverse", "invert", "inverse"):
        story.add(Draft("global", result="flipped", params={"flip": params.flip_axis(args)}))
    else:
        degrees = params.angle(args, verb)
        shown = next((t.text for t in args if t.kind == "num"), None)
        extra = say(
            [
                t
                for t in args
                if t.low in ("clockwise", "counterclockwise", "counter", "right", "left", "upside", "down")
            ]
        )
        words = f"rotated {shown} degrees" if shown else "rotated"
        story.add(Draft("global", result=f"{words} {extra}".strip(), params={"rotate": degrees}))
    story.antecedent = "image"


def rotate(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "rotate the image 90 degrees", "flip the girl"."""
    args = trim(without_purpose(args))
    stop = len(args)
    for i, token in enumerate(args):
        low = token.low
        if token.kind == "num" or low in (
            "clockwise",
            "counterclockwise",
            "counter",
            "anticlockwise",
            "upside",
            "horizontally",
            "vertically",
            "to",
            "by",
            "so",
            "around",
            "degrees",
            "sideways",
            "counter-clockwise",
            "right",
            "left",
            "over",
            "slightly",
            "90",
            "upright",
            "down",
            "upsidedown",
            "on",
            "about",
            "and",
            "180",
            "anti-clockwise",
        ):
            if low in ("right", "left") and i and args[i - 1].low in ("the",):
                continue
            stop = i
            break
    subject = parse_np(args[:stop])
    subject = story.resolve(subject) if subject.pronoun else subject
    if kinds.whole(subject) or not subject.head or any(t.low in lx.COLOR_NOUNS for t in args[:stop]):
        geometry(story, verb, args)
        return
    if backdrop(subject):
        story.add(Draft("adjust", "background", count="one", result=f"{verb}ed background"))
        return
    done = {"flip": "flipped", "mirror": "mirrored", "rotate": "rotated", "spin": "spun"}.get(verb, verb + "ed")
    tail = say(args[stop:])
    draft = draft_for("adjust", subject, result=f"{subject.core} {done} {tail}".strip())
    draft.params = (
        {"flip": params.flip_axis(args)} if verb in ("flip", "mirror") else {"rotate": params.angle(args, verb)}
    )
    story.add(draft)
    story.note(subject)


def resize(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "enlarge the image", "shrink the size of these guys", "double the image size"."""
    args = trim(without_purpose(args))
    while args and args[0].low in ("up", "down", "out"):
        args = args[1:]
    stop = next(
        (
            i
            for i, t in enumerate(args)
            if i
            and (t.low in ("by", "to", "so", "smaller", "larger", "bigger", "slightly") or t.kind == "num")
            and not frames.match_long(args, i)
        ),
        len(args),
    )
    phrases = phrases_of(story, args[:stop]) or [Phrase(image=True)]
    factor = params.size_factor(args, verb)
    for phrase in phrases:
        sized = owner_of_quality(phrase, lx.SIZE_NOUNS)
        if sized is not None:
            phrase = story.resolve(sized) if (sized.head or sized.pronoun) else sized
        if backdrop(phrase):
            story.add(Draft("adjust", "background", count="one", result="larger background"))
            continue
        word = "double size" if factor == 2.0 and verb == "double" else "larger" if factor > 1 else "smaller"
        if verb == "resize" and stop == len(args):
            word, factor = "resized", 0.7
        if kinds.whole(phrase) or phrase.head is None:
            story.add(Draft("global", result=word, params={"scale": factor}))
            story.antecedent = "image"
        else:
            story.add(draft_for("resize", phrase, result=f"{word} {phrase.core}", params={"scale": factor}))
            story.note(phrase)


def restyle(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "apply a sepia filter", "immerse the image in watercolor", "cartoonize", "create an image in ... style"."""
    args = trim(args)
    if verb in (
        "cartoonize",
        "cartoonify",
        "grayscale",
        "greyscale",
        "posterise",
        "colorize",
        "colourise",
        "animate",
        "stylize",
        "filter",
    ):
        phrases = phrases_of(story, args)
        named = {
            "cartoonize": "cartoon",
            "cartoonify": "cartoon",
            "grayscale": "grayscale",
            "greyscale": "greyscale",
            "colorize": "colorized",
            "animate": "animated",
            "filter": "filtered",
        }.get(verb, verb)
        if phrases and not kinds.whole(phrases[0]) and phrases[0].head and verb not in ("filter",):
            if verb == "colorize" and any(t.low in ("to", "with", "in") for t in args):
                changes.color_frame(story, verb, args, clause)
                return
            for phrase in phrases:
                story.add(draft_for("adjust", phrase, result=f"{named} {phrase.core}"))
            return
        said = say(
            [t for t in args if t.low not in lx.IMAGE | lx.DETERMINERS | {"to", "in", "with", "be", "more", "whole"}]
        )
        story.add(
            Draft(
                "restyle",
                result=f"{said} {named}".strip() if verb == "filter" else named,
                params={"style": params.style_name(f"{named} {said}")},
            )
        )
        return
    if verb == "apply":
        _apply(story, args, clause)
        return
    if kinds.style(args):
        words = _style_words(args)
        story.add(Draft("restyle", result=words, params={"style": params.style_name(words)}))
        return
    if any(t.low in lx.SCENES | lx.BACKDROP for t in args):
        at = next((i for i, t in enumerate(args) if t.low in ("in", "into", "of", "to", "with") and i), None)
        frames.scene(story, args[at + 1 :] if at else args)
        return
    if kinds.weather(args):
        story.add(Draft("global", result=text_of(args)))
        return
    if verb in ("produce", "generate", "craft", "blend", "reproduce"):
        frames.add(story, "add", args, clause)
        return
    story.add(Draft("restyle", result=text_of(args)))


def _style_words(args: Tokens) -> str:
    for i in range(len(args) - 1, 0, -1):
        if args[i].low in ("of", "in", "into", "with", "to", "classical") and any(
            t.low in lx.STYLES for t in args[i + 1 :]
        ):
            return text_of(args[i + 1 :])
    hits = [i for i, t in enumerate(args) if t.low in lx.STYLES]
    if hits and len(args) > 6:
        return say(args[max(0, hits[0] - 1) : hits[-1] + 1])
    return text_of(args)


def _apply(story: Story, args: Tokens, clause: Tokens) -> None:
    to = next((i for i, t in enumerate(args) if i and t.low in ("to", "on", "onto", "over")), None)
    thing = parse_np(args[:to] if to else args)
    target = story.resolve(parse_np(args[to + 1 :])) if to else Phrase(image=True)
    last = (thing.head or "").split()[-1:] or [""]
    low = last[0].lower()
    if (
        thing.color
        and low
        in lx.COLOR_NOUNS
        | {"shade", "filter", "tint", "paint", "dye", "coating", "coat", "finish", "overlay", "touch"}
        | lx.COLORS
        and target.head
        and not kinds.whole(target)
    ):
        story.add(draft_for("recolor", target, result=f"{thing.color} {target.core}", color=thing.color))
        story.note(target)
        return
    if kinds.whole(target) or target.head is None:
        if low in lx.QUALITIES and low not in ("tone", "tones"):
            story.add(Draft("global", result=thing.core, params=params.tone_params(lx.QUALITIES[low][0], 1, args)))
        else:
            story.add(Draft("restyle", result=thing.core, params={"style": params.style_name(thing.core)}))
        return
    if low in lx.QUALITIES or low in lx.VISUAL_FX:
        for phrase in phrases_of(story, args[to + 1 :]) if to else []:
            story.add(draft_for("adjust", phrase, result=f"{thing.core} {phrase.core}"))
        return
    frames.add(story, "add", args, clause)


def has_preposition(tokens: Tokens) -> bool:
    """True when a preposition stands in the tokens."""
    return any(match_preposition(tokens, i) for i in range(len(tokens)))
