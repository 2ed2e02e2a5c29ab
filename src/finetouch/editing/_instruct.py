"""A step as an instruction to a model that edits whole pictures, in the words such models were trained on."""

from __future__ import annotations

from finetouch.editing._repaint import with_article
from finetouch.editing.background import NOUNS
from finetouch.types import EditStep

_BESIDE = {
    "left_of": "to the left of", "right_of": "to the right of", "near": "next to", "on": "on", "in": "in",
    "behind": "behind", "in_front_of": "in front of", "under": "under", "wearing": "on", "with": "with",
    "part_of": "of",
}  # fmt: skip
_EVERYTHING = ("picture", "photo", "image", "everything", "scene")


def instruction_for(step: EditStep) -> str:
    """One command for the step, about the crop: where the thing is in the whole picture is left out.

    The crop shows little else, and "the second from the left" would not be true of it.
    """
    thing = _thing(step)
    result = (step.result or "").strip()
    if step.op == "replace":
        return f"replace {thing} with {with_article(result)}"
    if step.op == "add":
        return _add(step, with_article(result or step.target or "thing"))
    if step.op == "recolor":
        return f"make {thing} {step.color or result or 'another color'}"
    if step.op == "background":
        return f"change the background to {with_article(result)}"
    if step.op == "text":
        return _text(step, result)
    if step.op == "restyle":
        style = result or str(step.params.get("style") or "painting").replace("_", " ")
        words = f"turn {thing} into {with_article(style)}" if step.target else f"turn it into {with_article(style)}"
        return words
    if step.op == "global":
        return f"make it {result}" if result else "change it"
    return f"make {thing} look like {with_article(_state(step))}" if step.target else f"make it {result}"


def _thing(step: EditStep) -> str:
    noun = (step.target or "").strip()
    if not noun or noun.lower() in _EVERYTHING:
        return "the picture"
    if noun.lower() in NOUNS:
        return "the background"
    plain = [a for a in step.attributes if not a.startswith(("except ", "and "))]
    return " ".join(["the", *plain, noun])


def _add(step: EditStep, thing: str) -> str:
    if step.relation is not None:
        return f"add {thing} {_BESIDE[step.relation.type]} the {step.relation.anchor}"
    return f"add {thing}" if not step.target or not step.result else f"add {thing} to the {step.target}"


def _text(step: EditStep, result: str) -> str:
    if not result:
        return f"remove the text {step.target or ''}".strip()
    noun = (step.target or "").strip()
    if not noun:
        return f'write "{result}"'
    return (
        f'change the text on the {noun} to "{result}"'
        if noun.islower()
        else f'replace the text "{noun}" with "{result}"'
    )


def _state(step: EditStep) -> str:
    """The result said with the thing ("smiling dog"), whichever of the two orders it came in."""
    result, noun = (step.result or "").strip(), (step.target or "").strip()
    rest = " ".join(w for w in result.split() if w.lower() not in noun.lower().split())
    return f"{rest} {noun}".strip() if rest and noun else result or noun
