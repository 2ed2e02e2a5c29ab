"""Verb frame of give: "give the man a hat", "give the car a red hue"."""

from __future__ import annotations

from finetouch.plan import adding, arguments, kinds, params, scenes
from finetouch.plan import lexicon as lx
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.places import match_preposition
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists
from finetouch.plan.tokens import Token, last_word

Tokens = list[Token]


_TINTED = lx.words("hair eyes skin lips nails fur feathers eyebrows")


def give(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "give the man a hat", "give the car a red hue", "give background of an ocean"."""
    args = trim(args)
    split = _indirect_object(args)
    if split is None:
        if any(t.low in lx.BACKDROP for t in args):
            adding.add(story, "add", args, clause)
            return
        head, behind = arguments.cut(args, "to")
        adding.add(story, "add", [*head, *([Token("to", "to", "word", 0), *behind] if behind else [])], clause)
        return
    receiver, gift = split
    owner = story.resolve(parse_np(receiver))
    thing = parse_np(gift)
    thing.relation = thing.relation if thing.relation and thing.relation[0] != "part_of" else None
    last = last_word(thing.head)
    if backdrop(thing):
        scenes.scene(story, scenes.of_scene(gift) or gift, None if owner.image or kinds.whole(owner) else owner.head)
        return
    if owner.image or kinds.whole(owner):
        _give_image(story, thing, gift)
        return
    if backdrop(owner):
        scenes.scene(story, gift)
        return
    if last in lx.COLOR_NOUNS | {"shade", "tint", "coat", "finish", "makeover"} and thing.color:
        story.add(draft_for("recolor", owner, result=f"{thing.color} {owner.name}", color=thing.color))
        story.note(owner)
        return
    if last in lx.VISUAL_FX:
        story.add(draft_for("adjust", owner, result=f"{thing.core} {owner.name}"))
        story.note(owner)
        return
    if last in ("look", "texture", "appearance", "expression", "shape") or (
        last in lx.QUALITIES and last not in ("light", "glow")
    ):
        story.add(draft_for("adjust", owner, result=f"{thing.core} {owner.name}"))
        story.note(owner)
        return
    for part in noun_lists(gift):
        piece = parse_np(part)
        worn = last_word(piece.head)
        sizes = [a.lower() for a in piece.attributes if a.lower() in lx.COMPARATIVES_SIZE and a.lower().endswith("er")]
        if worn in lx.BODY and sizes and len(piece.attributes) == 1:
            factor = lx.COMPARATIVES_SIZE[sizes[0]]
            sized = draft_for("resize", piece, result=piece.core, params={"scale": factor})
            sized.relation, sized.attributes = ("part_of", arguments.owner_text(owner)), []
            story.add(sized)
            continue
        plain = all(a.lower().startswith("like ") for a in piece.attributes[1:])
        if piece.color and worn in _TINTED and piece.attributes and plain:
            tinted = draft_for("recolor", piece, result=piece.core, color=piece.color)
            tinted.relation, tinted.attributes = ("part_of", arguments.owner_text(owner)), []
            story.add(tinted)
            continue
        relation = "wearing" if worn in lx.GARMENTS else "with"
        if worn in lx.BODY:
            relation = "on" if worn not in lx.GARMENTS else relation
            relation = "with" if relation == "on" else relation
        draft = Draft(
            "add",
            result=" ".join(w for w in (piece.core, piece.tail) if w),
            count=piece.count(added=True),
            relation=(relation, arguments.owner_text(owner)),
        )
        draft.position = piece.position or owner.position
        if piece.relation and piece.relation[0] == "wearing":
            draft.relation = ("wearing", arguments.owner_text(owner))
        story.add(draft)
    story.note(owner)


def _give_image(story: Story, thing: Phrase, gift: Tokens) -> None:
    head = (thing.head or "").lower()
    last = head.split()[-1] if head else ""
    tone = kinds.tone_of(
        [
            t
            for t in gift
            if t.low not in lx.DETERMINERS and t.low not in lx.words("look feel effect tone appearance touch")
        ]
    )
    if tone or last in lx.QUALITIES:
        name = (tone.name, tone.sign) if tone else (lx.QUALITIES[last][0], 1.0)
        story.add(
            Draft(
                "global", result=tone.words if tone else thing.core, params=params.tone_params(name[0], name[1], gift)
            )
        )
    elif kinds.weather(gift) or (thing.color and last in lx.COLOR_NOUNS | {"tint", "look"} and not kinds.style(gift)):
        story.add(Draft("global", result=thing.core))
    elif kinds.style(gift) or last in lx.words("look feel vibe touch effect finish"):
        story.add(Draft("restyle", result=thing.core, params={"style": params.style_name(thing.core)}))
    else:
        adding.add(story, "add", gift, gift)


def _indirect_object(args: Tokens) -> tuple[Tokens, Tokens] | None:
    """Splits "the man a hat" where a second determiner or a bare plural begins."""
    if not args:
        return None
    if args[0].low in lx.words("him her it them me this") and len(args) > 1:
        if args[0].low == "me":
            return None
        if (
            args[0].low not in ("her", "this")
            or args[1].low in lx.DETERMINERS
            or (args[1].low in lx.ADJECTIVES and args[0].low == "her")
            or (args[0].low == "her" and not arguments.is_body(args[1]))
        ):
            return (args[:1], args[1:])
    for i in range(1, len(args)):
        if (
            args[i].low
            in lx.words(
                """
        a an some more another two three long no less blue red black big short new
        """
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
