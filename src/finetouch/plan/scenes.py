"""Steps on the backdrop: new scenes, plain colours, people put somewhere else."""

from __future__ import annotations

from finetouch.plan import lexicon as lx
from finetouch.plan import params
from finetouch.plan.colors import plain_color
from finetouch.plan.nouns import Phrase, parse_np, split_core, trim
from finetouch.plan.places import match_preposition, position_phrase
from finetouch.plan.story import Draft, Story, text_of
from finetouch.plan.tails import anchor_text
from finetouch.plan.tokens import Token

Tokens = list[Token]


def picture_end(args: Tokens) -> bool:
    """ "... onto a picture of a castle"."""
    for i in range(1, len(args) - 2):
        hit = match_preposition(args, i)
        if hit and hit[0] in ("on", "in") and i + hit[1] + 2 < len(args):
            article, noun, after = (t.low for t in args[i + hit[1] : i + hit[1] + 3])
            return article in ("a", "an") and noun in lx.IMAGE and after in ("of", "with", "featuring")
    return False


def scene_end(args: Tokens) -> bool:
    for i in range(1, len(args)):
        hit = match_preposition(args, i)
        if hit and hit[0] in ("in", "on", "near", "to", "in_front_of"):
            anchor = args[i + hit[1] :]
            first_part, _ = split_core(anchor) if anchor else ([], [])
            last = first_part[-1].low if first_part else ""
            det = anchor[0].low if anchor else ""
            known = (
                hit[0] == "in_front_of" and det in ("a", "an") and args[0].low in ("the", "this", "him", "her", "them")
            ) or (
                last in lx.SCENES
                and (
                    det in ("a", "an")
                    or last
                    in lx.words(
                        """
        space beach mars moon desert jungle ocean forest snow pastures city mountains background
        backdrop outdoors
        """
                    )
                )
            )
            if known and position_phrase(args, i) is None:
                return True
    return False


def place_subject(story: Story, args: Tokens) -> None:
    """ "put the girl on a beach", "move the couple to green pastures": the backdrop changes."""
    for i in range(1, len(args)):
        hit = match_preposition(args, i)
        if hit and hit[0] in ("in", "on", "near", "to", "in_front_of", "behind", "with"):
            shown = next((k for k in range(1, i) if args[k].low == "of" and args[k - 1].low in lx.IMAGE), None)
            subject = story.resolve(parse_np(args[shown + 1 : i] if shown else args[:i]))
            named = (
                subject.head
                if subject.pronoun
                else anchor_text([t for t in args[(shown or -1) + 1 : i] if not t.low.endswith("ly")])
            )
            if subject.pronoun and story.before == "extract" and _just_freed(story, named):
                story.drafts.pop()
            scene(story, args[i + hit[1] :], None if subject.image else named)
            story.note(subject)
            return


def _just_freed(story: Story, named: str | None) -> bool:
    """The step before cut the same thing out ("extract the boy and place him on a beach")."""
    last = story.drafts[-1] if story.drafts else None
    if last is None or last.op != "background" or last.params.get("kind") != "transparent":
        return False
    return last.relation is not None and last.relation[1] == named


def scene(story: Story, result: Tokens, subject: str | None = None, position: str | None = None) -> Draft:
    """A background step with a new scene (or plain colour)."""
    result = trim(result)
    color = plain_color([t for t in result if t.low not in lx.BACKDROP]) or _ground_color(result)
    body = [
        t
        for i, t in enumerate(result)
        if not (
            t.low in lx.BACKDROP | {"one"} and t.low not in ("scenery", "setting", "environment") and len(result) > 1
        )
    ]
    while body and body[-1].low in lx.words("of with a the that to") and len(body) > 1:
        body = body[:-1]
    while body and body[0].low in lx.words("of with a an the new to be like that is in as") and len(body) > 1:
        body = body[1:]
    text = text_of(body)
    if color and "with" in text.split() and color.lower() not in text.lower():
        text = f"{color} {text[text.index('with') :]}"
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
        "the",
        "a",
    ):
        text = ""
    draft = Draft("background", "background", result=text or None, color=color, position=position)
    draft.params = params.backdrop_params(result, color)
    if subject:
        draft.relation = ("behind", subject)
    story.add(draft)
    story.antecedent = Phrase(head="background", core="background")
    return draft


def _ground_color(result: Tokens) -> str | None:
    """The colour of "a black background with purple light" and "the white one with flowers"."""
    for i, token in enumerate(result[:-1]):
        if i and token.low in lx.BACKDROP | {"one"} and result[i + 1].low == "with":
            return plain_color(result[:i])
    return None


def of_scene(args: Tokens) -> Tokens | None:
    for i, token in enumerate(args):
        if (
            token.low in lx.BACKDROP
            and i + 2 <= len(args)
            and i + 1 < len(args)
            and args[i + 1].low in lx.words("of with that featuring is showing")
        ):
            if args[i + 1].low == "with" and plain_color(args[:i]):
                return None
            return args[i + 2 :]
    return None
