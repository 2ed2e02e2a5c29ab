"""Verb frames for what vanishes: remove, clean, isolate."""

from __future__ import annotations

from finetouch.plan import arguments, kinds, params, scenes
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at
from finetouch.plan.nouns import Phrase, parse_np, split_core, trim
from finetouch.plan.story import Draft, Story, backdrop, draft_for, phrases_of, text_of
from finetouch.plan.tokens import Token

Tokens = list[Token]


def remove(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """Something vanishes."""
    whole, args = args, trim(arguments.without_purpose(args))
    to = next((i for i, t in enumerate(args[:-1]) if i and t.low == "to" and args[i + 1].low in ("a", "an")), None)
    if to and scenes.scene_end(args[to - 1 :]):
        scenes.scene(story, args[to + 1 :], story.resolve(parse_np(args[:to])).head)
        return
    ground = _left_ground(whole[len(args) :]) if backdrop(parse_np(args)) else None
    if ground:
        scenes.scene(story, ground)
        return
    if len(args) > 1 and args[0].low in ("out", "off", "away", "up", "down", "from", "clean"):
        args = args[1:]
    args = _without_out(args) or args
    scrubbed = arguments.image_object_of(args)
    if scrubbed is not None:
        args = scrubbed
    if not args:
        if story.drafts or story.upcoming[0]:
            return
        story.add(Draft("remove"))
        return
    args = [t for t in args if t.low not in lx.words("entirely completely totally everywhere altogether")] or args
    if (
        args[-1].low in ("text", "lettering", "writing")
        and len(args) > 5
        and not any(t.text == "," or (t.low in lx.DETERMINERS and i > len(args) - 4) for i, t in enumerate(args))
    ):
        story.add(Draft("remove", args[-1].text, attributes=[text_of(args[:-1])], count="one"))
        return
    if not any(t.low in lx.HAZE for t in args):
        args = [Token("and", "and", "word", t.start) if i and t.low == "or" else t for i, t in enumerate(args)]
    for phrase in phrases_of(story, args):
        remove_phrase(story, phrase, args)


def _left_ground(purpose: Tokens) -> Tokens | None:
    """The colour in "so it is just white", "to leave it white"."""
    for i in range(1, len(purpose)):
        found = color_at(purpose, i)
        if found and i + found[1] == len(purpose):
            return purpose[i:]
    return None


def _without_out(args: Tokens) -> Tokens:
    """ "the thorn out of the paw" -> "the thorn from the paw"; a last "out" or "away" is dropped."""
    kept: Tokens = []
    for i, token in enumerate(args):
        following = args[i + 1].low if i + 1 < len(args) else ""
        if token.low in ("out", "away") and following in ("", "of", "from"):
            continue
        if token.low == "of" and i and args[i - 1].low == "out":
            token = Token("from", "from", "word", token.start)
        kept.append(token)
    return kept


def remove_phrase(story: Story, phrase: Phrase, args: Tokens) -> None:
    """One thing to remove; a removed background, colour, haze or blur is not a removal of a thing."""
    head = (phrase.head or "").lower()
    last = head.split()[-1] if head else ""
    if backdrop(phrase) or (head in ("rest", "remainder") and any(t.low in lx.BACKDROP for t in args)):
        draft = Draft("background", "background", params={"kind": "transparent"})
        if phrase.relation and phrase.relation[0] in ("near", "behind", "part_of", "in"):
            draft.relation = ("behind", phrase.relation[1])
        draft.position = phrase.position if phrase.position != "background" else None
        story.add(draft)
        story.antecedent = Phrase(head="background", core="background")
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
        in lx.words(
            """
        tint yellowness redness hue tone darkness brightness dullness
        """
        )
        or (
            any(w in lx.HAZE for w in head.split())
            and last
            in lx.words(
                """
        effect effects influence interference mood details detail look overlay scene conditions
        elements shadows streaks sections areas atmosphere presence shadow ambiance appearance feel vibe
        """
            )
        )
    )
    hazy = hazy or (
        last
        in lx.words(
            """
        effect effects influence interference mood details conditions elements sections areas
        atmosphere ambiance scene parts appearance look feel vibe setting
        """
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
    parts = phrase.name.split()
    if (
        len(parts) > 1
        and parts[-1].lower() not in lx.LETTERED
        and parts[0].lower() in ("word", "words", "text", "letter", "letters", "number", "phrase")
    ):
        phrase.head = parts[0]
        phrase.attributes.append(" ".join(parts[1:]))
    draft = draft_for("remove", phrase)
    story.add(draft)
    story.note(phrase)


def clean(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """clean, clear, correct, fix: a removal when something unwanted is named, else a tone."""
    args = trim(arguments.without_purpose(args))
    if args and args[0].low in ("up", "out", "off", "away"):
        args = args[1:]
    scrubbed = arguments.image_object_of(args)
    if scrubbed is not None or any(t.low in ("from", "out") for t in args[1:]):
        remove(story, "remove", scrubbed or args, clause)
        return
    for phrase in phrases_of(story, args):
        head = (phrase.head or "").lower()
        if backdrop(phrase):
            remove_phrase(story, phrase, args)
        elif _flawed(head) and phrase.relation is None and not phrase.owner:
            story.add(Draft("global", result=f"corrected {phrase.core}"))
        elif verb == "dehaze" or phrase.image or kinds.whole(phrase):
            story.add(Draft("global", result="clearer", params={"sharpness": 0.35, "contrast": 0.15}))
        elif any(t.low in lx.HAZE for t in args):
            story.add(Draft("global", result="clearer", params={"sharpness": 0.35}))
        elif head.split()[-1:] and head.split()[-1] in lx.words(
            """
        stain stains scratch scratches spots spot tear tears rips wrinkles watermark mark marks
        crease creases damage text glare shadow shadows weathering scratching dust dirt cracks acne
        blemishes blemish defect defects flaw flaws imperfection
        imperfections lines mistake hole clutter background words fold folds  smudge
        smudges residue
        """
        ):
            remove_phrase(story, phrase, args)
        else:
            story.add(draft_for("adjust", phrase, result=f"{_state_of(verb)} {phrase.name}"))
        story.note(phrase)


def _flawed(head: str) -> bool:
    """ "contrast", "focus issues", "exposure problems": a quality of the whole picture."""
    parts = head.split()
    if len(parts) > 1 and parts[-1] in lx.words("issue issues problem problems error errors defects flaws imbalance"):
        parts = parts[:-1]
    return bool(parts) and parts[-1] in lx.QUALITIES


def _state_of(verb: str) -> str:
    return {
        "clean": "clean",
        "clear": "clear",
        "fix": "fixed",
        "repair": "repaired",
        "restore": "restored",
        "correct": "corrected",
    }.get(verb, verb)


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
    args = arguments.without_purpose(args)
    depicted = next((i for i, t in enumerate(args[:4]) if t.low == "of" and i and args[i - 1].low in lx.IMAGE), None)
    args = args[depicted + 1 :] if depicted else args
    subject = parse_np(args)
    again = subject.pronoun and story.drafts and story.drafts[-1].op == "background"
    if again and scene_tokens is None:
        return
    subject = story.resolve(subject)
    name = None if kinds.whole(subject) else subject.head
    if verb == "extract" and any(t.low in lx.HAZE | {"wet", "snow"} for t in split_core(args)[0]):
        story.add(Draft("global", result="clearer", params={"sharpness": 0.35, "contrast": 0.15}))
        return
    if backdrop(subject) and scene_tokens is None:
        remove_phrase(story, subject, args)
        return
    if scene_tokens:
        scenes.scene(story, scene_tokens, name)
    else:
        draft = Draft("background", "background", params={"kind": "transparent"})
        if name:
            draft.relation = (
                "behind",
                (name if not subject.attributes else subject.core).replace(" and the ", " and "),
            )
        story.add(draft)
    story.note(subject)
