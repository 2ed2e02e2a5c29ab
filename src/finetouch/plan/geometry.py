"""Verb frames for crop, zoom, rotate, flip and resize."""

from __future__ import annotations

from finetouch.plan import arguments, kinds, params, removal
from finetouch.plan import lexicon as lx
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.story import BACK, REPLACING, Draft, Story, backdrop, draft_for, phrases_of, take_first, text_of
from finetouch.plan.tokens import Token, say

Tokens = list[Token]
_TURNED = {"flip": "flipped", "spin": "spun"}


def crop(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "crop the image", "crop the bottom", "crop out the man" (a removal), "crop to the face"."""
    args = trim(arguments.without_purpose(args))
    out = any(t.low in ("out", "off", "away") for t in args)
    rest = [t for t in args if t.low not in lx.words("out off away in tightly closely down")] if out else args
    if out and any(t.low in ("just", "only") for t in args[:2]):
        out, rest = False, [t for t in rest if t.low not in ("just", "only")]
    if out:
        if story.upcoming[0] in REPLACING and story.upcoming[1] in BACK:
            take_first(story, rest)
            return
        left = list(rest)
        thing = parse_np(left)
        thing = story.resolve(thing) if thing.pronoun in ("him", "her", "them") else thing
        if (
            thing.head
            and not kinds.whole(thing)
            and (
                thing.color
                or thing.head.lower().split()[-1]
                not in lx.PLACE_NOUNS | {"top", "bottom", "left", "right", "sides", "edges", "half"}
            )
        ):
            removal.remove(
                story,
                "remove",
                [t for t in args if t.low not in ("off", "away")] if args[0].low == "out" else args,
                clause,
            )
            return
    while rest and rest[0].low in lx.words("more tightly closely somewhat slightly tight") | lx.words(
        """
        in on to around into down just up closer close tighter only from off at out
        """
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
    args = trim(arguments.without_purpose(args))
    lows = [t.low for t in args]
    out = "out" in lows or verb == "uncrop"
    on = next(
        (
            i
            for i, t in enumerate(args)
            if t.low in lx.words("on onto into to at in")
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
        extra = say([t for t in args if t.low in lx.words("clockwise counterclockwise counter right left upside down")])
        words = f"rotated {shown} degrees" if shown else "rotated"
        story.add(Draft("global", result=f"{words} {extra}".strip(), params={"rotate": degrees}))
    story.antecedent = "image"


def rotate(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "rotate the image 90 degrees", "flip the girl"."""
    args = trim(arguments.without_purpose(args))
    if verb in ("invert", "inverse", "reverse") and any(t.low in ("color", "colors", "colours") for t in args):
        geometry(story, verb, args)
        return
    if verb == "mirror" and len(args) > 1 and args[0].low == "image" and args[1].low in lx.DETERMINERS:
        args = args[1:]
    stop = len(args)
    for i, token in enumerate(args):
        low = token.low
        if token.kind == "num" or low in lx.words(
            """
        clockwise counterclockwise counter anticlockwise upside horizontally vertically to by so
        around degrees sideways counter-clockwise right left over slightly 90 upright down
        upsidedown ninety forty-five rightside on about and 180 anti-clockwise
        """
        ):
            if low in ("right", "left") and i and args[i - 1].low in ("the",):
                continue
            if low == "on" and i + 1 < len(args) and args[i + 1].low in lx.DETERMINERS and args[-1].low != "side":
                continue
            stop = i
            break
    subject = parse_np(args[:stop])
    subject = story.resolve(subject) if subject.pronoun else subject
    pictured = kinds.whole(subject) or kinds.portrayal(subject)
    if pictured or not subject.head or any(t.low in lx.COLOR_NOUNS for t in args[:stop]):
        geometry(story, verb, args)
        return
    if backdrop(subject):
        story.add(Draft("adjust", "background", count="one", result=f"{verb}ed background"))
        return
    done = _TURNED.get(verb, verb + ("d" if verb.endswith("e") else "ed"))
    tail = say(args[stop:])
    draft = draft_for("adjust", subject, result=f"{subject.core} {done} {tail}".strip())
    draft.params = (
        {"flip": params.flip_axis(args)} if verb in ("flip", "mirror") else {"rotate": params.angle(args, verb)}
    )
    story.add(draft)
    story.note(subject)


def resize(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "enlarge the image", "shrink the size of these guys", "double the image size"."""
    args = trim(arguments.without_purpose(args))
    while args and args[0].low in ("up", "down", "out"):
        args = args[1:]
    stop = next(
        (
            i
            for i, t in enumerate(args)
            if i
            and (
                t.low in lx.words("by to so smaller larger bigger slightly all")
                or t.kind == "num"
                or (t.low == "in" and args[i + 1 : i + 2] and args[i + 1].low in ("half", "size", "width", "height"))
            )
            and not arguments.match_long(args, i)
        ),
        len(args),
    )
    stop = 0 if args and args[0].low in ("at", "from", "on", "to", "by") else stop
    phrases = phrases_of(story, args[:stop]) or [Phrase(image=True)]
    factor = params.size_factor([t for t in args if t.low not in lx.SUPERLATIVES], verb)
    for phrase in phrases:
        sized = arguments.owner_of_quality(phrase, lx.SIZE_NOUNS)
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
            story.add(draft_for("resize", phrase, result=f"{word} {phrase.name}", params={"scale": factor}))
            story.note(phrase)
