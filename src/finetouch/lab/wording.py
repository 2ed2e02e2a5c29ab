"""The many ways to ask for an edit."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from finetouch.lab.facts import WORDS, article
from finetouch.lab.language import with_color
from finetouch.lab.scene import Scene

a = article

SAY: dict[str, tuple[str, ...]] = {
    "remove": (
        "remove the {x}", "Delete the {x}.", "erase the {x}", "get rid of the {x}", "Take away the {x}",
        "please remove the {x} from the picture", "take the {x} out of the picture", "Make the {x} disappear.",
    ),
    "replace": (
        "replace the {x} with {y}", "Swap the {x} for {y}", "turn the {x} into {y}", "change the {x} to {y}",
        "Please replace the {x} by {y}.", "exchange the {x} for {y}",
    ),
    "recolor": (
        "make the {x} {c}", "Paint the {x} {c}", "color the {x} {c}", "change the color of the {x} to {c}",
        "recolor the {x} {c}", "Turn the {x} {c}.",
    ),
    "move": (
        "move the {x} to the {d}", "Shift the {x} to the {d}", "slide the {x} to the {d}",
        "push the {x} to the {d}", "Please move the {x} to the {d}.",
    ),
    "resize": ("make the {x} {w}", "Please make the {x} {w}.", "I want the {x} to be {w}"),
    "backdrop": (
        "make the background {c}", "change the background to {c}", "Give it a {c} background.",
        "turn the background {c}", "set the background to {c}",
    ),
}  # fmt: skip

PLACE_WORDS = {
    "meadow": ("meadow", "green meadow"),
    "shore": ("lake shore", "beach"),
    "street": ("street", "city street"),
    "studio": ("photo studio", "studio"),
}
_PLACE = (
    "change the background to {p}", "replace the background with {p}", "Swap the background for {p}.",
    "set the background to {p}", "use {p} as the background",
)  # fmt: skip

GLOBAL: dict[str, tuple[tuple[str, ...], str, dict[str, Any]]] = {
    "night": (("make it night", "Set the scene at night.", "change it to night", "turn day into night"), "night", {}),
    "sunset": (("make it sunset", "Change the time of day to sunset.", "change it to sunset"), "sunset", {}),
    "snow": (("make it snow", "Make it snow in the picture.", "let it snow"), "snow", {}),
    "rain": (("make it rainy", "Make the weather rainy.", "let it be rainy"), "rainy", {}),
    "brighter": (("make the picture brighter", "Brighten the picture.", "make the whole image brighter"), "brighter",
                 {"brightness": 0.35}),
    "darker": (("make the picture darker", "Darken the picture.", "make the whole image darker"), "darker",
               {"brightness": -0.35}),
    "contrast": (("increase the contrast", "Raise the contrast of the picture.", "give the image more contrast"),
                 "higher contrast", {"contrast": 0.35}),
    "vibrant": (("make the picture more vibrant", "Make the colors more vibrant.", "make the whole image more vibrant"),
                "more vibrant", {"saturation": 0.35}),
    "flipped": (("flip the picture horizontally", "Mirror the image.", "flip the image from left to right"), "flipped",
                {"flip": "horizontal"}),
}  # fmt: skip
"""Name to texts, gold result and params."""

_ADD = {
    "wearing": ("give the {a} {x}", "put {x} on the {a}", "Let the {a} wear {x}.", "have the {a} wear {x}"),
    "any": ("add {x} {w} the {a}", "Put {x} {w} the {a}", "place {x} {w} the {a}", "Please add {x} {w} the {a}."),
}


def say(rng: Random, what: str, **words: str) -> str:
    """One of the wordings of `SAY` with its blanks filled."""
    return rng.choice(SAY[what]).format(**words)


def say_place(rng: Random, place: str) -> tuple[str, str]:
    """An instruction for another place, and the words for the place in it."""
    name = rng.choice(PLACE_WORDS[place])
    return rng.choice(_PLACE).format(p=article(name)), name


def say_add(rng: Random, result: str, relation: str, anchor: str) -> str:
    """An instruction to add something somewhere."""
    texts = _ADD["wearing" if relation == "wearing" else "any"]
    return rng.choice(texts).format(x=article(result), w=rng.choice(WORDS[relation]), a=anchor)


def new(kind: str, color: str) -> str:
    """Words for something new: "red ball", "person in a red top"."""
    return f"person in {article(color)} top" if kind == "person" else f"{color} {kind}"


def short(scene: Scene, id: int) -> str | None:
    """The shortest phrase that fits only this thing ("cat", "red cat"), or None."""
    t = scene.thing(id)
    if Counter(o.kind for o in scene.things)[t.kind] == 1:
        return t.kind
    alike = sum((o.kind, o.color) == (t.kind, t.color) for o in scene.things)
    return with_color(t) if alike == 1 else None
