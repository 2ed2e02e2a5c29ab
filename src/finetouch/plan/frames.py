"""Verb frames for things that come and go: remove, add, give, replace, extract, move, duplicate, write."""

from __future__ import annotations

from finetouch.plan import kinds, params
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, plain_color
from finetouch.plan.nouns import ANIMATE, Phrase, anchor_text, parse_np, split_core, trim
from finetouch.plan.places import image_phrase, match_preposition, position_phrase
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, phrases_of, share_tail, text_of
from finetouch.plan.tokens import Token, base, is_plural, last_word, say, singular

Tokens = list[Token]


def cut(tokens: Tokens, *words: str) -> tuple[Tokens, Tokens | None]:
    """Tokens before and behind the first of `words`; behind is None when there is none."""
    for i, token in enumerate(tokens):
        if token.low in words and token.kind == "word" and i:
            return tokens[:i], tokens[i + 1 :]
    return tokens, None


def without_purpose(tokens: Tokens) -> Tokens:
    """Drops "to make it clearer", "so it looks real", "for a sharper look", "while keeping ...", "if present"."""
    for i, token in enumerate(tokens):
        following = tokens[i + 1].low if i + 1 < len(tokens) else ""
        low = token.low
        if (
            i
            and low == "to"
            and (
                (base(following) == following
                and following
                and following not in lx.NOUNISH - {"make", "show", "bring", "give", "get", "clear", "reveal"})
                or following
                in (
                    "be",
                    "look",
                    "reveal",
                    "create",
                    "achieve",
                    "ensure",
                    "show",
                    "expose",
                    "make",
                    "fit",
                    "match",
                    "see",
                    "just",
                    "only",
                    "uncover",
                    "get",
                    "find",
                    "help",
                    "allow",
                )
            )
        ):
            return tokens[:i]
        if i and low == "as" and following in ("if", "though"):
            return tokens[:i]
        if (
            i
            and low
            in (
                "so",
                "while",
                "if",
                "because",
                "since",
                "without",
                "ensuring",
                "leaving",
                "keeping",
                "making",
                "maintaining",
                "preserving",
                "revealing",
                "allowing",
                "seamlessly",
            )
            and not (low == "without" and following in ("a", "the", "any"))
        ):
            return tokens[:i]
        if i and low == "including" and tokens[i - 1].text == ",":
            return tokens[:i]
        if (
            i
            and low == "for"
            and following in ("a", "better", "more", "improved", "clearer", "enhanced")
            and any(
                t.low
                in (
                    "look",
                    "view",
                    "effect",
                    "appearance",
                    "result",
                    "clarity",
                    "finish",
                    "image",
                    "touch",
                    "feel",
                    "picture",
                    "quality",
                    "visuals",
                )
                for t in tokens[i:]
            )
        ):
            return tokens[:i]
        if i and low == "instead" and following not in ("of",):
            return tokens[:i] + tokens[i + 1 :]
    return tokens


def remove(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """Something vanishes."""
    args = trim(without_purpose(args))
    if len(args) > 1 and args[0].low in ("out", "off", "away", "up", "down"):
        args = args[1:]
    args = [
        t
        for i, t in enumerate(args)
        if not (t.low in ("out", "away") and (i + 1 == len(args) or args[i + 1].low in ("of", "from")))
    ] or args
    scrubbed = image_object_of(args)
    if scrubbed is not None:
        args = scrubbed
    if not args:
        if story.drafts:
            return
        story.add(Draft("remove"))
        return
    for phrase in phrases_of(story, args):
        remove_phrase(story, phrase, args)


def image_object_of(args: Tokens) -> Tokens | None:
    """ "the image of the watermark" (after rid, cleanse, clear) -> "the watermark"."""
    i = 0
    while i < len(args) and args[i].low in ("the", "this", "our", "your", "whole", "entire"):
        i += 1
    if i < len(args) - 1 and args[i].low in lx.IMAGE and args[i + 1].low in ("of", "from"):
        return args[i + 2 :]
    return None


def remove_phrase(story: Story, phrase: Phrase, args: Tokens) -> None:
    """One thing to remove; a removed background, colour, haze or blur is not a removal of a thing."""
    head = (phrase.head or "").lower()
    last = head.split()[-1] if head else ""
    if backdrop(phrase):
        draft = Draft("background", "background", params={"kind": "transparent"})
        if phrase.relation and phrase.relation[0] in ("near", "behind", "part_of", "in"):
            draft.relation = ("behind", phrase.relation[1])
        draft.position = phrase.position if phrase.position != "background" else None
        story.add(draft)
        story.antecedent = parse_np([])
        story.antecedent = phrase
        return
    if phrase.image and not phrase.head:
        story.add(Draft("remove"))
        return
    if (head in ("color", "colors", "all color", "saturation") and phrase.relation is None) or head in (
        "black and white",
    ):
        story.add(Draft("restyle", result="black and white", params={"style": "black_and_white"}))
        return
    if head in ("contrast", "brightness", "exposure") and phrase.relation is None:
        name = lx.QUALITIES[head]
        story.add(Draft("global", result=name[2], params=params.tone_params(name[0], -1, args)))
        return
    hazy = (
        last in lx.HAZE
        or (last == "snow" and any(t.low in lx.IMAGE for t in args))
        or last
        in ("tint", "cast", "yellowness", "redness", "hue", "tone", "darkness", "brightness", "dullness", "vignette-")
        or (any(w in lx.HAZE for w in head.split())
        and last
        in (
            "effect",
            "effects",
            "influence",
            "interference",
            "mood",
            "details",
            "detail",
            "look",
            "overlay",
            "scene",
            "conditions",
            "elements",
            "shadows",
            "streaks",
            "sections",
            "areas",
            "atmosphere",
            "presence",
            "cast",
            "shadow",
            "ambiance",
        ))
    )
    hazy = hazy or (
        last
        in (
            "effect",
            "effects",
            "influence",
            "interference",
            "mood",
            "details",
            "conditions",
            "elements",
            "sections",
            "areas",
            "atmosphere",
            "ambiance",
            "scene",
            "parts",
        )
        and any(a.lower() in lx.HAZE for a in phrase.attributes)
    )
    if hazy and (phrase.relation is None or phrase.relation[1].lower() in lx.IMAGE | {"air", "scene", "view"}):
        sharpen = any(w in head for w in ("blur", "fuzz", "haz", "fog", "mist"))
        story.add(
            Draft(
                "global",
                result="no " + (phrase.core or head),
                params={"sharpness": 0.35, "contrast": 0.15} if sharpen else {},
            )
        )
        return
    draft = draft_for("remove", phrase)
    story.add(draft)
    story.note(phrase)


def clean(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """clean, clear, correct, fix: a removal when something unwanted is named, else a tone."""
    args = trim(without_purpose(args))
    if args and args[0].low in ("up", "out", "off", "away"):
        args = args[1:]
    scrubbed = image_object_of(args)
    if scrubbed is not None or any(t.low in ("from", "out") for t in args[1:]):
        remove(story, "remove", scrubbed or args, clause)
        return
    for phrase in phrases_of(story, args):
        head = (phrase.head or "").lower()
        if backdrop(phrase):
            remove_phrase(story, phrase, args)
        elif verb == "dehaze" or phrase.image or kinds.whole(phrase):
            story.add(Draft("global", result="clearer", params={"sharpness": 0.35, "contrast": 0.15}))
        elif any(t.low in lx.HAZE for t in args):
            story.add(Draft("global", result="clearer", params={"sharpness": 0.35}))
        elif head.split()[-1:] and head.split()[-1] in (
            "stain",
            "stains",
            "scratch",
            "scratches",
            "spots",
            "spot",
            "tear",
            "tears",
            "rips",
            "wrinkles",
            "watermark",
            "mark",
            "marks",
            "crease",
            "creases",
            "damage",
            "text",
            "glare",
            "shadow",
            "shadows",
            "weathering",
            "scratching",
            "dust",
            "dirt",
            "cracks",
            "acne",
            "blemishes",
            "blemish",
            "lines",
            "mistake",
            "hole",
            "clutter",
            "background",
            "words",
            "fold",
            "folds",
            "eyes-red",
            "smudge",
            "smudges",
            "residue",
        ):
            remove_phrase(story, phrase, args)
        else:
            story.add(draft_for("adjust", phrase, result=f"{_state_of(verb)} {phrase.core}"))
        story.note(phrase)


def _state_of(verb: str) -> str:
    return {
        "clean": "clean",
        "clear": "clear",
        "fix": "fixed",
        "repair": "repaired",
        "restore": "restored",
        "correct": "corrected",
    }.get(verb, verb)


def add(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """A new thing appears; also backgrounds, weather, tones and lettering that are "added"."""
    args = trim(args)
    while args and args[0].low in ("in", "on", "up", "back", "down") and len(args) > 1 and not position_phrase(args, 0):
        args = args[1:]
    instead = _instead(args)
    if instead:
        new, old = instead
        replace_pair(story, old, new)
        return
    args = without_purpose(args)
    if not args:
        return
    if verb in ("put", "place", "position", "move", "set", "lay", "arrange", "rest", "hang") and _existing(
        story, verb, args
    ):
        return
    phrases = _added(story, args)
    for phrase in phrases:
        add_phrase(story, phrase, args)


def _existing(story: Story, verb: str, args: Tokens) -> bool:
    """ "put him on a couch": an existing thing gets another place or another backdrop."""
    first = args[0].low
    if first in ("him", "her", "them", "it") or (
        first in lx.POSSESSIVE and first not in ("its",) and len(args) > 1 and base(args[1].low) == ""
    ):
        if len(args) > 1 and first in ("her", "his", "their") and not match_preposition(args, 1):
            return False
        if "background" in [t.low for t in args] or _scene_end(args):
            place_subject(story, args)
            return True
        move(story, "move", args, args)
        return True
    if first in ("the", "this", "these") and _scene_end(args):
        place_subject(story, args)
        return True
    return False


def _scene_end(args: Tokens) -> bool:
    for i in range(1, len(args)):
        hit = match_preposition(args, i)
        if hit and hit[0] in ("in", "on", "near", "to", "in_front_of"):
            anchor = args[i + hit[1] :]
            first_part, _ = split_core(anchor) if anchor else ([], [])
            last = first_part[-1].low if first_part else ""
            det = anchor[0].low if anchor else ""
            known = (
                (hit[0] == "in_front_of" and det in ("a", "an") and args[0].low in ("the", "this"))
                or (last in lx.SCENES
                and (
                    det in ("a", "an")
                    or last
                    in (
                        "space",
                        "beach",
                        "mars",
                        "moon",
                        "desert",
                        "jungle",
                        "ocean",
                        "forest",
                        "snow",
                        "pastures",
                        "city",
                        "mountains",
                        "background",
                        "backdrop",
                        "outdoors",
                    )
                ))
            )
            if known and position_phrase(args, i) is None:
                return True
    return False


def place_subject(story: Story, args: Tokens) -> None:
    """ "put the girl on a beach", "move the couple to green pastures": the backdrop changes."""
    for i in range(1, len(args)):
        hit = match_preposition(args, i)
        if hit and hit[0] in ("in", "on", "near", "to", "in_front_of"):
            subject = story.resolve(parse_np(args[:i]))
            scene(story, args[i + hit[1] :], subject.head)
            story.note(subject)
            return


def scene(story: Story, result: Tokens, subject: str | None = None, position: str | None = None) -> Draft:
    """A background step with a new scene (or plain colour)."""
    result = trim(result)
    color = plain_color([t for t in result if t.low not in lx.BACKDROP])
    body = [
        t
        for i, t in enumerate(result)
        if not (
            t.low in lx.BACKDROP | {"one"} and t.low not in ("scenery", "setting", "environment") and len(result) > 1
        )
    ]
    while body and body[-1].low in ("of", "with", "a", "the", "that", "to") and len(body) > 1:
        body = body[:-1]
    while (
        body
        and body[0].low in ("of", "with", "a", "an", "the", "new", "to", "be", "like", "that", "is", "in")
        and len(body) > 1
    ):
        body = body[1:]
    text = text_of(body)
    if text.lower() in (
        "different",
        "new",
        "another",
        "something else",
        "background",
        "something different",
        "different one",
        "new one",
        "environment",
        "scene",
        "one",
        "other",
        "setting",
        "something",
        "different background",
        "any",
        "new scene",
        "different scene",
        "backdrop",
        "more",
        "it",
    ):
        text = ""
    draft = Draft("background", "background", result=text or None, color=color, position=position)
    draft.params = params.backdrop_params(result, color)
    if subject:
        draft.relation = ("behind", subject)
    story.add(draft)
    story.antecedent = Phrase(head="background", core="background")
    return draft


def _added(story: Story, args: Tokens) -> list[Phrase]:
    phrases = [parse_np(part) for part in noun_lists(args)]
    phrases = [p for p in phrases if p.head or p.pronoun or p.image]
    if len(phrases) > 1:
        share_tail(phrases, owner=False)
    for phrase in phrases:
        if phrase.relation and phrase.anchor_pronoun:
            phrase.relation = (phrase.relation[0], story.anchor(phrase.anchor_pronoun))
    return phrases


def _instead(args: Tokens) -> tuple[Tokens, Tokens] | None:
    for i, token in enumerate(args):
        if i and token.low == "instead" and i + 2 < len(args) and args[i + 1].low == "of":
            return args[:i], args[i + 2 :]
        if i and token.low == "place" and args[i - 1].low == "in" and i + 2 < len(args) and args[i + 1].low == "of":
            return args[: i - 1], args[i + 2 :]
    return None


def add_phrase(story: Story, phrase: Phrase, args: Tokens) -> None:
    """One thing that is added."""
    head = (phrase.head or "").lower()
    last = head.split()[-1] if head else ""
    to = _to_anchor(phrase)
    core = [t for t in trim(args) if True]
    if backdrop(phrase):
        inner = _of_scene(args) or [t for t in args if t.low not in ("new",)]
        subject = (
            phrase.relation[1]
            if phrase.relation and phrase.relation[0] in ("near", "behind", "in")
            else (to[1] if to and not to[2] else None)
        )
        stop = next(
            (
                i
                for i, t in enumerate(inner)
                if i
                and match_preposition(inner, i)
                and match_preposition(inner, i)[0] in ("near", "behind", "to", "in")
            ),
            len(inner),
        )  # type: ignore[index]
        if (inner and inner[-1].low in lx.BACKDROP) or _of_scene(args) is None:
            inner = inner[:stop]
        scene(story, inner, subject)
        return
    if last in lx.QUALITIES and last not in (
        "shadows",
        "light",
        "highlights",
        "glow",
        "color",
        "colors",
        "tint",
        "tone",
        "hue",
        "grain",
        "lighting",
        "details",
        "detail",
        "noise",
        "blur",
    ):
        _quality_added(story, phrase, last, to, args)
        return
    if last in (
        "blur",
        "noise",
        "grain",
        "saturation",
        "light",
        "lighting",
        "tint",
        "hue",
        "tone",
        "details",
        "detail",
    ) and (phrase.relation is None and (to is None or to[2])):
        name = lx.QUALITIES[last]
        words = phrase.core if last in ("tint", "hue", "tone") else name[1]
        story.add(Draft("global", result=words, params=params.tone_params(name[0], 1, args)))
        return
    tokens = [t for t in args]
    if (
        kinds.weather(_head_tokens(tokens))
        and not (phrase.relation and phrase.relation[0] in ("on", "with"))
        and last in lx.WEATHER | {"day", "time", "storm", "effect", "climate", "weather", "sky-"}
        and last not in ("sunset-", "thunder")
        and not to_thing(to)
    ):
        story.add(Draft("global", result=phrase.core))
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
        and head.split()[0] in ("word", "words", "text", "letters", "phrase", "caption")
        and len(head.split()) > 1
    ):
        _text_added(story, phrase, args, to)
        return
    color = _pure_color(phrase)
    if color and (to or phrase.relation):
        _color_added(story, phrase, color, to, args)
        return
    draft = Draft("add", result=" ".join(w for w in (phrase.core, phrase.tail) if w), count=phrase.count(added=True))
    draft.relation, draft.position = phrase.relation, None if phrase.placed_before else phrase.position
    lettered = next((i for i, t in enumerate(args) if t.low in ("says", "saying", "reads", "reading") and i), None)
    if lettered and len(noun_lists(args)) == 1:
        draft.result, phrase.core, phrase.tail = None, text_of(args), ""
        draft.result = phrase.core
    if phrase.owner and phrase.relation and phrase.relation[0] == "part_of":
        draft.result, draft.relation = f"{_with_s(phrase.owner)} {phrase.core}", None
    if draft.relation and draft.relation[0] == "part_of":
        draft.result, draft.relation = f"{draft.result} of {draft.relation[1]}", None
    if draft.relation and draft.relation[0] in ("with", "wearing"):
        draft.result = f"{draft.result} {'wearing' if draft.relation[0] == 'wearing' else 'with'} {draft.relation[1]}"
        draft.relation = next(((r, a) for r, a in phrase.extra if r not in ("with", "wearing", "part_of")), None)
    if to:
        _place_added(draft, phrase, to)
    if draft.relation and draft.relation[0] == "on" and last in lx.GARMENTS and last_word(draft.relation[1]) in ANIMATE:
        draft.relation = ("wearing", draft.relation[1])
    if not draft.relation and to is None:
        draft.attributes = []
    draft.result = draft.result or None
    story.add(draft)
    phrase.relation = None
    story.note(phrase)
    _ = core


def to_thing(to: tuple[str, str, bool] | None) -> bool:
    """True when "to ..." names a thing and not the picture."""
    return to is not None and not to[2]


def _head_tokens(args: Tokens) -> Tokens:
    core, _ = split_core(trim(args))
    return core


def _with_s(owner: str) -> str:
    return owner if owner.endswith("s") else owner + "'s"


def _of_scene(args: Tokens) -> Tokens | None:
    for i, token in enumerate(args):
        if (
            token.low in lx.BACKDROP
            and i + 2 <= len(args)
            and i + 1 < len(args)
            and args[i + 1].low in ("of", "with", "that", "featuring", "is", "showing")
        ):
            return args[i + 2 :]
    return None


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
                and parts[0].lower() not in ("him", "her", "man", "woman", "girl", "boy", "dog")
            ):
                return None
            return low.split()[0], anchor, parts[-1].lower() in lx.IMAGE if parts else True
    return None


def _place_added(draft: Draft, phrase: Phrase, to: tuple[str, str, bool]) -> None:
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
    if head in lx.COLOR_NOUNS | {"highlights-"} and phrase.color:
        return phrase.color
    if head in lx.COLORS and not phrase.attributes[:0]:
        return phrase.head
    return None


def _color_added(story: Story, phrase: Phrase, color: str, to: tuple[str, str, bool] | None, args: Tokens) -> None:
    if to is None:
        draft = Draft("add", result=phrase.core, count="one", relation=phrase.relation, position=phrase.position)
        if phrase.relation and phrase.relation[0] in ("on", "in") and "color" in [t.low for t in args]:
            target = parse_np([Token(w, w.lower(), "word", 0) for w in phrase.relation[1].split()])
            draft = draft_for("recolor", target, result=f"{color} {target.core}", color=color)
        story.add(draft)
        return
    if to[2]:
        story.add(Draft("global", result=f"more {color}"))
        return
    start = next(i for i, t in enumerate(args) if t.low in ("to", "for"))
    target = story.resolve(parse_np(args[start + 1 :]))
    if backdrop(target):
        scene(story, [Token(w, w.lower(), "word", 0) for w in color.split()])
        return
    more = any(t.low == "more" for t in args)
    draft = draft_for("recolor", target, color=color.lower() if more else color)
    draft.result = f"{'more ' if more else ''}{draft.color} {target.core}"
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
    story.add(draft_for("adjust", target, result=f"{more} {target.core}", params=values))
    story.note(target)


def _text_added(story: Story, phrase: Phrase, args: Tokens, to: tuple[str, str, bool] | None) -> None:
    quotes = [t.text for t in args if t.kind == "quote"]
    said = " ".join(quotes)
    if not said:
        for i, token in enumerate(args):
            if token.low in ("saying", "says", "reading", "reads", "say", "read", "stating", "states"):
                said = say(trim(args[i + 1 :]))
                phrase.relation = None
                break
        else:
            said = _words_after(args)
    if not said:
        draft = Draft(
            "add",
            result=phrase.core,
            count=phrase.count(added=True),
            relation=phrase.relation,
            position=phrase.position,
        )
        if to:
            _place_added(draft, phrase, to)
        story.add(draft)
        return
    draft = Draft("text", result=said, position=phrase.position)
    carrier = None
    if phrase.relation and phrase.relation[0] in ("on", "in"):
        carrier = phrase.relation[1]
    elif to_thing(to) and to:
        carrier = to[1]
    elif phrase.relation:
        draft.relation = phrase.relation
    if carrier:
        target = parse_np([Token(w, w.lower(), "word", 0) for w in carrier.split()])
        draft.target, draft.count = target.head, target.count()
        draft.attributes = target.attributes
    story.add(draft)
    text = Phrase(head="text", core="text")
    story.antecedent = text


def _words_after(args: Tokens) -> str:
    """Unquoted lettering: what follows "text", up to a place ("add the word HELLO to the shirt")."""
    for i, token in enumerate(args):
        if token.low in lx.TEXTY and token.low not in ("name", "number"):
            end = i + 1
            while end < len(args) and not (match_preposition(args, end) or position_phrase(args, end)):
                end += 1
            return say(args[i + 1 : end])
    return ""


def give(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "give the man a hat", "give the car a red hue", "give background of an ocean"."""
    args = trim(args)
    split = _indirect_object(args)
    if split is None:
        if any(t.low in lx.BACKDROP for t in args):
            add(story, "add", args, clause)
            return
        head, behind = cut(args, "to")
        add(story, "add", [*head, *([Token("to", "to", "word", 0), *behind] if behind else [])], clause)
        return
    receiver, gift = split
    owner = story.resolve(parse_np(receiver))
    thing = parse_np(gift)
    thing.relation = thing.relation if thing.relation and thing.relation[0] != "part_of" else None
    head = (thing.head or "").lower().split()[-1:] or [""]
    if backdrop(thing):
        scene(story, _of_scene(gift) or gift, None if owner.image or kinds.whole(owner) else owner.head)
        return
    if owner.image or kinds.whole(owner):
        _give_image(story, thing, gift)
        return
    if backdrop(owner):
        scene(story, gift)
        return
    if head[0] in lx.COLOR_NOUNS | {"shade", "tint", "coat", "finish", "makeover"} and thing.color:
        story.add(draft_for("recolor", owner, result=f"{thing.color} {owner.core}", color=thing.color))
        story.note(owner)
        return
    if head[0] in ("look", "texture", "appearance", "expression", "shape") or (
        head[0] in lx.QUALITIES and head[0] not in ("light", "glow")
    ):
        story.add(draft_for("adjust", owner, result=f"{thing.core} {owner.core}"))
        story.note(owner)
        return
    for part in noun_lists(gift):
        piece = parse_np(part)
        worn = (piece.head or "").lower().split()[-1:] or [""]
        relation = "wearing" if worn[0] in lx.GARMENTS and worn[0] not in ("backpack-",) else "with"
        if worn[0] in lx.BODY:
            relation = "on" if worn[0] not in lx.GARMENTS else relation
            relation = "with" if relation == "on" else relation
        draft = Draft(
            "add",
            result=" ".join(w for w in (piece.core, piece.tail) if w),
            count=piece.count(added=True),
            relation=(relation, owner_text(owner)),
        )
        draft.position = piece.position or owner.position
        if piece.relation and piece.relation[0] == "wearing":
            draft.relation = ("wearing", owner_text(owner))
        story.add(draft)
    story.note(owner)


def owner_text(owner: Phrase) -> str:
    """A phrase as an anchor: its core, with the owner in front when there is one."""
    if owner.owner:
        return f"{owner.owner} {owner.core}"
    return owner.core or owner.head or ""


def _give_image(story: Story, thing: Phrase, gift: Tokens) -> None:
    head = (thing.head or "").lower()
    last = head.split()[-1] if head else ""
    tone = kinds.tone_of(
        [
            t
            for t in gift
            if t.low not in lx.DETERMINERS and t.low not in ("look", "feel", "effect", "tone", "appearance", "touch")
        ]
    )
    if tone or last in lx.QUALITIES:
        name = (tone.name, tone.sign) if tone else (lx.QUALITIES[last][0], 1.0)
        story.add(
            Draft(
                "global", result=tone.words if tone else thing.core, params=params.tone_params(name[0], name[1], gift)
            )
        )
    elif kinds.weather(gift):
        story.add(Draft("global", result=thing.core))
    elif kinds.style(gift) or last in ("look", "feel", "vibe", "touch", "effect", "finish"):
        story.add(Draft("restyle", result=thing.core, params={"style": params.style_name(thing.core)}))
    else:
        add(story, "add", gift, gift)


def _indirect_object(args: Tokens) -> tuple[Tokens, Tokens] | None:
    """Splits "the man a hat" where a second determiner or a bare plural begins."""
    if not args:
        return None
    if args[0].low in ("him", "her", "it", "them", "me", "this") and len(args) > 1:
        if args[0].low == "me":
            return None
        if (
            args[0].low not in ("her", "this")
            or args[1].low in lx.DETERMINERS
            or args[1].low in lx.ADJECTIVES
            or not is_body(args[1])
        ):
            return (args[:1], args[1:])
    for i in range(1, len(args)):
        if (
            args[i].low
            in (
                "a",
                "an",
                "some",
                "more",
                "another",
                "two",
                "three",
                "long",
                "no",
                "less",
                "blue",
                "red",
                "black",
                "big",
                "short",
                "new",
            )
            and not match_preposition(args, i - 1)
            and args[i - 1].low not in lx.DETERMINERS
            and args[i - 1].low not in lx.ADJECTIVES | {"of", "and", "with", "much"}
            and args[i - 1].low not in lx.COLORS
        ):
            return args[:i], args[i:]
    if (
        len(args) > 2
        and args[0].low in ("the", "this", "that")
        and args[1].kind == "word"
        and not match_preposition(args, 2)
        and args[-1].low in lx.GARMENTS | lx.BODY | {"background"}
        and args[2].low != "background"
    ):
        return args[:2], args[2:]
    return None


def is_body(token: Token) -> bool:
    """True for a body part."""
    return token.low in lx.BODY


def replace(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "replace A with B", "swap A and B", "substitute A for B"."""
    args = trim(without_purpose(args))
    args = [t for i, t in enumerate(args) if not (i == 0 and t.low in ("out", "up"))]
    instead = _instead(args)
    if instead:
        replace_pair(story, instead[1], instead[0])
        return
    withs = [
        i
        for i, t in enumerate(args)
        if i
        and t.kind == "word"
        and t.low in ("with", "by")
        and not (t.low == "by" and "with" in [x.low for x in args])
    ]
    if not withs:
        withs = [
            i
            for i, t in enumerate(args)
            if i and t.kind == "word" and t.low in ("to", "for", "into", "as", "w/") and not match_long(args, i)
        ]
        if withs and verb == "substitute" and args[withs[0]].low == "for":
            replace_pair(story, args[withs[0] + 1 :], args[: withs[0]])
            return
    if not withs:
        pair = noun_lists(args)
        if verb in ("swap", "switch", "exchange") and len(pair) == 2:
            replace_pair(story, pair[0], pair[1])
            return
        for phrase in phrases_of(story, args):
            if backdrop(phrase):
                scene(story, [])
            else:
                story.add(draft_for("replace", phrase))
                story.note(phrase)
        return
    at = withs[0]
    if len(withs) > 1 and at + 1 < len(args) and args[at + 1].low in ("the", "her", "his"):
        at = withs[1]
    old, new = args[:at], args[at + 1 :]
    pieces = noun_lists(old)
    if len(pieces) > 1 and not any(t.kind == "quote" for t in old):
        phrases = [parse_np(p) for p in pieces]
        share_tail(phrases)
        if all(not match_preposition(p, 0) for p in pieces if p):
            for piece in pieces:
                replace_pair(story, piece, new)
            return
    replace_pair(story, old, new)


def match_long(tokens: Tokens, i: int) -> bool:
    """True when "to" at `i` belongs to "next to" or "to the left of"."""
    if i and tokens[i - 1].low in ("next", "close", "closer", "near", "adjacent", "attached", "due", "up"):
        return True
    hit = match_preposition(tokens, i)
    return bool(hit and hit[1] > 1)


def replace_pair(story: Story, old: Tokens, new: Tokens) -> None:
    """One thing becomes another."""
    target = story.resolve(parse_np(old))
    new = trim(new)
    result = parse_np(new)
    quotes_old = [t for t in old if t.kind == "quote"]
    quotes_new = [t for t in new if t.kind == "quote"]
    if quotes_new and (quotes_old or last_word(target.head) in lx.TEXT_NOUNS):
        text_change(story, target, quotes_old, quotes_new, new)
        return
    if backdrop(target):
        subject = (
            target.relation[1]
            if target.relation and target.relation[0] in ("near", "behind", "part_of", "in")
            else None
        )
        scene(story, new, subject)
        return
    if target.image and not target.head:
        if kinds.weather(new):
            story.add(Draft("global", result=text_of(new)))
        else:
            story.add(Draft("replace", result=text_of(new), count=None))
        return
    color = plain_color(new)
    if color and (
        new[0].low not in ("a", "an")
        or new[-1].low in lx.COLOR_NOUNS
        or new[-1].low
        not in (
            "lime",
            "orange",
            "peach",
            "rose",
            "olive",
            "plum",
            "violet",
            "ruby",
            "coral",
            "salmon",
            "rainbow",
            "emerald",
            "brunette",
            "blonde",
            "ginger",
            "lavender",
            "cream",
        )
    ):
        old_color = plain_color(old)
        if old_color:
            story.add(Draft("recolor", color=color, result=color, attributes=[old_color]))
            return
        story.add(draft_for("recolor", target, result=f"{color} {target.head}", color=color))
        story.note(target)
        return
    if (
        result.head
        and target.head
        and result.color
        and result.head.lower() == target.head.lower()
        and len(result.attributes) == 1
    ):
        story.add(draft_for("recolor", target, result=f"{result.color} {target.head}", color=result.color))
        story.note(target)
        return
    color_of = _color_owner(target)
    if color_of is not None and color:
        story.add(draft_for("recolor", color_of, result=f"{color} {color_of.core}", color=color))
        story.note(color_of)
        return
    extra = _new_relation(result, target)
    story.add(draft_for("replace", target, result=extra))
    story.note(target)


def _new_relation(result: Phrase, target: Phrase) -> str:
    words = result.core or result.head or result.pronoun or ""
    if result.owner:
        words = f"{_with_s(result.owner)} {words}" if not result.owner.endswith("s") else f"{result.owner} {words}"
    if result.tail:
        words = f"{words} {result.tail}"
    if result.relation and result.relation[0] != "part_of":
        words = f"{words} {result.relation[0].replace('_', ' ')} {result.relation[1]}"
    elif result.relation and not result.owner:
        words = f"{words} of {result.relation[1]}"
    return words


def _color_owner(target: Phrase) -> Phrase | None:
    return owner_of_quality(target, lx.COLOR_NOUNS)


def owner_of_quality(phrase: Phrase, nouns: frozenset[str] | set[str]) -> Phrase | None:
    """ "the color of the car", "the car's color", "car color" -> the car; None when `phrase` is no such quality.

    A bare quality ("color") gives an empty phrase that means the whole picture.
    """
    head = phrase.head or ""
    parts = head.split()
    if not parts or parts[-1].lower() not in nouns:
        return None
    if phrase.of is not None and len(parts) == 1:
        thing = parse_np(phrase.of)
        return thing
    if len(parts) > 1:
        rest = parts[:-1]
        thing = Phrase(
            head=" ".join(rest), attributes=list(phrase.attributes), relation=phrase.relation, position=phrase.position
        )
        thing.core = thing.head or ""
        thing.owner_pronoun, thing.count_word = phrase.owner_pronoun, phrase.count_word
        thing.plural = is_plural(rest[-1])
        if thing.head and thing.head.lower() in lx.IMAGE | lx.WHOLE | {"the"}:
            return Phrase(image=True)
        return thing
    if phrase.owner:
        thing = parse_np([Token(w, w.lower(), "word", 0, w.lower().endswith("'s")) for w in phrase.owner.split()])
        if thing.head is None:
            thing.head = thing.core = phrase.owner
        if phrase.owner.lower() in lx.IMAGE:
            return Phrase(image=True)
        thing.count_word = thing.count_word or ("one" if phrase.owner.lower() not in lx.PLURALS else None)
        return thing
    if phrase.owner_pronoun:
        return Phrase(
            pronoun={"his": "him", "her": "her", "its": "it", "their": "them"}.get(phrase.owner_pronoun, "it")
        )
    if phrase.relation and phrase.relation[0] in ("on", "in"):
        thing = parse_np([Token(w, w.lower(), "word", 0) for w in phrase.relation[1].split()])
        return thing
    if phrase.relation:
        return None
    return Phrase(image=True)


def text_change(story: Story, target: Phrase, old: Tokens, new_quotes: Tokens, new: Tokens) -> None:
    """Lettering changes: the old string is the target, else its carrier."""
    draft = Draft("text", relation=target.relation, position=target.position, count="one")
    if old:
        draft.target = old[0].text
    else:
        draft.target = target.head
        draft.attributes = target.attributes
    draft.result = new_quotes[0].text if new_quotes else text_of(new)
    story.add(draft)
    story.antecedent = Phrase(head="text", core="text")


def extract(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "isolate the baby so it's on a white background": the backdrop goes."""
    scene_tokens: Tokens | None = None
    for i, token in enumerate(args):
        if token.low in ("so", "against") or (token.low == "on" and any(t.low in lx.BACKDROP for t in args[i:])):
            rest = args[i:]
            on = next((k for k, t in enumerate(rest) if t.low in ("on", "against", "to", "over")), None)
            if any(t.low in lx.BACKDROP for t in rest) and on is not None:
                scene_tokens = rest[on + 1 :]
            args = args[:i]
            break
    subject = story.resolve(parse_np(without_purpose(args)))
    name = subject.head
    if scene_tokens:
        scene(story, scene_tokens, name)
    else:
        draft = Draft("background", "background", params={"kind": "transparent"})
        if name:
            draft.relation = ("behind", name if not subject.attributes else subject.core)
        story.add(draft)
    story.note(subject)


def move(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """An existing thing goes elsewhere."""
    args = trim(without_purpose(args))
    if _scene_end(args):
        place_subject(story, args)
        return
    stop = len(args)
    for i in range(1, len(args)):
        low = args[i].low
        if (
            (match_preposition(args, i)
            and low != "of")
            or (low
            in (
                "left",
                "right",
                "up",
                "down",
                "closer",
                "further",
                "farther",
                "higher",
                "lower",
                "over",
                "back",
                "away",
                "forward",
                "upwards",
                "downwards",
                "slightly",
                "backwards",
                "upward",
                "downward",
                "together",
            )
            and i + 1 >= 1
            and args[i - 1].low not in lx.DETERMINERS)
            or args[i].kind == "num"
        ):
            if low in ("in", "on", "with", "of") and any(
                args[k].low in ("to", "into", "onto", "up", "down", "closer", "next", "behind", "over")
                for k in range(i + 1, len(args))
            ):
                continue
            stop = i
            break
    target_tokens, rest = args[:stop], args[stop:]
    phrases = phrases_of(story, target_tokens)
    origin: str | None = None
    if rest and rest[0].low == "from":
        k = next((k for k, t in enumerate(rest) if k and t.low in ("to", "into", "onto", "next")), None)
        if k is not None:
            origin = say(rest[:k])
            rest = rest[k:]
    relation, position = destination(story, rest)
    for phrase in phrases:
        if phrase.image and not phrase.head:
            story.add(Draft("global", result="moved", params=params.move_params(rest)))
            continue
        draft = draft_for("move", phrase, params=params.move_params(rest))
        if origin:
            draft.attributes = [*draft.attributes, origin]
        if phrase.relation and relation:
            draft.attributes = [*draft.attributes, phrase.relation[1]]
        if relation:
            draft.relation = relation
        if position:
            draft.position = position
        story.add(draft)
        story.note(phrase)


def destination(story: Story, rest: Tokens) -> tuple[tuple[str, str] | None, str | None]:
    """Relation and position of "to the left of the tree", "to the right", "closer to the man", "up"."""
    relation: tuple[str, str] | None = None
    position: str | None = None
    i = 0
    while i < len(rest):
        place = position_phrase(rest, i)
        if place:
            position = position or place[0]
            i += place[1]
            continue
        picture = image_phrase(rest, i)
        if picture:
            i += picture
            continue
        hit = match_preposition(rest, i)
        if hit:
            end = i + hit[1]
            while (
                end < len(rest)
                and not (match_preposition(rest, end) and match_preposition(rest, end)[0] != "of")
                and rest[end].kind != "punct"
            ):  # type: ignore[index]
                end += 1
            anchor = anchor_text(rest[i + hit[1] : end])
            kind = {
                "to": "on",
                "at": "near",
                "from": "",
                "for": "",
                "as": "",
                "of": "part_of",
                "down": "",
                "like": "",
                "about": "",
                "without": "",
                "than": "",
                "except": "",
                "instead": "",
            }.get(hit[0], hit[0])
            if (kind == "in" and anchor.lower() in lx.BACKDROP) or anchor.lower() == "foreground":
                position = "background" if anchor.lower() in lx.BACKDROP else "foreground"
            elif kind and anchor and relation is None and not anchor[0].isdigit():
                words = rest[i + hit[1] : end]
                if hit[0] == "to" and last_word(anchor) in lx.INSIDES:
                    kind = "in"
                if words and words[0].low in lx.PRONOUNS:
                    anchor = story.anchor(words[0].low)
                relation = (kind, anchor)
            i = max(end, i + 1)
            continue
        low = rest[i].low
        if (
            position is None
            and relation is None
            and low in ("left", "right", "up", "down", "upwards", "downwards", "higher", "lower", "upward", "downward")
        ):
            position = {
                "left": "leftmost",
                "right": "rightmost",
                "up": "top",
                "upwards": "top",
                "higher": "top",
                "upward": "top",
            }.get(low, "bottom")
        i += 1
    return relation, position


def duplicate(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """More copies of an existing thing; count is the final number."""
    args = trim(args)
    times = next((int(t.text) for t in args if t.kind == "num" and t.text.isdigit()), None)
    times = times or next(
        (lx.NUMBERS[t.low] for t in args if t.low in lx.NUMBERS and t.low not in ("pair", "couple", "dozen")), None
    )
    kept = [
        t
        for i, t in enumerate(args)
        if not (
            t.kind == "num"
            or t.low in ("times", "twice", "once")
            or (t.low in lx.NUMBERS and i + 1 < len(args) and args[i + 1].low in ("times", "more"))
        )
    ]
    for phrase in phrases_of(story, kept):
        draft = draft_for("duplicate", phrase, result=phrase.core)
        draft.count = times + 1 if times else 2
        where = params.direction(args)
        if where:
            draft.params["direction"] = where
        story.add(draft)
        story.note(phrase)


def write(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "write Hello on the wall"."""
    args = trim(args)
    while (
        len(args) > 1
        and args[0].kind != "quote"
        and args[0].low in ("the", "word", "words", "text", "name", "a", "letters", "phrase", "down", "in")
    ):
        args = args[1:]
    quotes = [t.text for t in args if t.kind == "quote"]
    on = next(
        (
            i
            for i, t in enumerate(args)
            if i and t.low in ("on", "in", "across", "over", "at", "to", "above", "below", "under")
        ),
        None,
    )
    said = quotes[0] if quotes else say(args[:on] if on is not None else args)
    draft = Draft("text", result=said)
    if on is not None:
        holder = parse_np([Token("text", "text", "word", 0), *args[on:]])
        draft.position = holder.position
        if holder.relation and holder.relation[0] in ("on", "in"):
            target = parse_np([Token(w, w.lower(), "word", 0) for w in holder.relation[1].split()])
            if last_word(target.head) not in lx.TEXTY | {"font", "color"} and color_at(trim(args[on + 1 :]), 0) is None:
                draft.target, draft.attributes, draft.count = target.head, target.attributes, target.count()
        elif holder.relation:
            draft.relation = holder.relation
    story.add(draft)
    story.antecedent = Phrase(head="text", core="text")


def singular_of(word: str) -> str:
    """Singular for messages."""
    return singular(word)


__all__ = ["add", "clean", "color_at", "duplicate", "extract", "give", "move", "remove", "replace", "write"]
