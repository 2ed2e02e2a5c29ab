"""What is true in a scene: how its things stand to each other, and what can be asked about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from finetouch.lab.kinds import KINDS, MORE, sort_of
from finetouch.lab.palette import NAMES
from finetouch.lab.rules import noun_of
from finetouch.lab.scene import Scene, Thing
from finetouch.types import RelationType

WORDS: dict[str, tuple[str, ...]] = {
    "left_of": ("to the left of", "left of"),
    "right_of": ("to the right of", "right of"),
    "on": ("on", "on top of"),
    "in": ("in",),
    "near": ("near", "next to", "beside"),
    "behind": ("behind",),
    "in_front_of": ("in front of",),
    "under": ("under", "below"),
    "wearing": ("wearing",),
}
"""How each relation is said; the first is the usual one."""


@dataclass(frozen=True)
class Fact:
    """``subject type object``: ids of things; `object` is the noun of a surface when `anchor` is None."""

    subject: int
    type: RelationType
    anchor: int | None
    noun: str


def relations(scene: Scene) -> tuple[Fact, ...]:
    """Every relation that holds, from the geometry of the whole things (not of what happens to be hidden).

    left_of / right_of: the boxes are side by side. near: less than 0.07 of the picture apart. behind / in_front_of:
    boxes overlap and one stands further down. under: straight below something higher up. on / wearing: carried by.
    """
    out: list[Fact] = []
    boxes = {t.id: t.box for t in scene.things}
    for a in scene.things:
        ground = noun_of(scene, a.surface) if a.host is None else None
        if ground is not None:
            word, noun = ground
            out.append(Fact(a.id, "in" if word == "in" else "on", None, noun))
        for b in scene.things:
            if a.id != b.id:
                out += [Fact(a.id, r, b.id, b.kind) for r in _between(a, b, boxes[a.id], boxes[b.id])]
    return tuple(out)


Box = tuple[float, float, float, float]


def _between(a: Thing, b: Thing, p: Box, q: Box) -> list[RelationType]:
    out: list[RelationType] = []
    if a.host == b.id:
        return [] if a.surface == "head" else ["on"]
    if b.host == a.id:
        return ["wearing"] if b.surface == "head" else []
    if p[2] <= q[0] + 0.01:
        out.append("left_of")
    if q[2] <= p[0] + 0.01:
        out.append("right_of")
    dx, dy = max(p[0], q[0]) - min(p[2], q[2]), max(p[1], q[1]) - min(p[3], q[3])
    if max(dx, 0) ** 2 + max(dy, 0) ** 2 < 0.07**2:
        out.append("near")
    narrow = min(p[2] - p[0], q[2] - q[0])
    if a.host is None and b.host is None and "sky" not in (a.surface, b.surface) and dx < -0.25 * narrow and dy < 0:
        if b.y - a.y > 0.025:
            out.append("behind")
        elif a.y - b.y > 0.025:
            out.append("in_front_of")
    if q[3] <= p[1] + 0.01 and q[0] <= (p[0] + p[2]) / 2 <= q[2]:
        out.append("under")
    return out


def article(phrase: str) -> str:
    """The phrase with "a" or "an"."""
    return f"{'an' if phrase[:1] in 'aeiou' else 'a'} {phrase}"


def listed(words: Sequence[str]) -> str:
    """ "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def described(t: Thing) -> str:
    """Colour and noun: "red ball", "person in a red top"."""
    return f"person in {article(t.color)} top" if t.kind == "person" else f"{t.color} {t.kind}"


@dataclass(frozen=True)
class Question:
    """A question with its answer. kind: "existence", "color", "count", "position" or "relation"."""

    kind: str
    text: str
    answer: str
    choices: tuple[str, ...] = ()


def questions(scene: Scene, seed: int = 0) -> tuple[Question, ...]:
    """Questions about the scene with answers that are certain, in an order fixed by the seed."""
    rng = Random(seed * 7919 + scene.seed)
    counts = Counter(t.kind for t in scene.things)
    out: list[Question] = []
    absent = [k for k in KINDS if k not in counts]
    for k in counts:
        out.append(Question("existence", f"Is there {article(k)} in the picture?", "yes", ("yes", "no")))
        out.append(Question("count", f"How many {sort_of(k).plural} are there?", str(counts[k]), tuple("012345")))
    for k in rng.sample(absent, min(3, len(absent))):
        out.append(Question("existence", f"Is there {article(k)} in the picture?", "no", ("yes", "no")))
    once = [t for t in scene.things if counts[t.kind] == 1]
    for t in once:
        noun = "person's top" if t.kind == "person" else t.kind
        out.append(Question("color", f"What color is the {noun}?", t.color, NAMES))
        x0, _, x1, _ = t.box
        sides = ("left", "right")
        if x1 < 0.47 or x0 > 0.53:
            side = sides[x0 > 0.5]
            out.append(Question("position", f"Is the {t.kind} on the left or on the right?", side, sides))
    single = {t.id for t in once}
    facts = relations(scene)
    held = {(f.subject, f.type, f.anchor) for f in facts}
    for f in facts:
        if f.subject in single and f.anchor in single:
            a, verb = scene.thing(f.subject).kind, WORDS[f.type][0]
            obj = article(f.noun) if f.type == "wearing" else f"the {f.noun}"
            out.append(Question("relation", f"Is the {a} {verb} {obj}?", "yes", ("yes", "no")))
    for a_, b_ in ((a, b) for a in once for b in once if a.id != b.id):
        if (a_.id, "left_of", b_.id) in held:
            text = f"Is the {a_.kind} to the right of the {b_.kind}?"
            out.append(Question("relation", text, "no", ("yes", "no")))
    rng.shuffle(out)
    return tuple(out)


SETTING = {
    "room": ("in a room", "indoors"),
    "meadow": ("in a meadow", "on a green meadow"),
    "shore": ("at the lake shore", "by the lake"),
    "street": ("in a street", "in town"),
    "studio": ("in a studio", "in front of a plain wall"),
    "plain": ("on a plain background",),
}
_MOOD = {"day": "", "night": " at night", "sunset": " at sunset", "snow": " in the snow", "rain": " in the rain"}


def caption(scene: Scene, seed: int = 0) -> str:
    """One sentence that names everything: "A red ball and two blue cats in a meadow at sunset." """
    rng = Random(seed * 104729 + scene.seed)
    hosts = {t.id: t for t in scene.things}
    groups: dict[str, int] = {}
    for t in scene.ordered():
        text = described(t)
        if t.host is not None:
            host = hosts[t.host]
            tail = f"on {article(described(host))}"
            text = f"{text} {tail}"
        groups[text] = groups.get(text, 0) + 1
    words = [article(g) if n == 1 else f"{_NUMBER[n]} {_plural(g)}" for g, n in groups.items()]
    rng.shuffle(words)
    scenery = rng.choice(SETTING[scene.place.name]) + _MOOD[scene.mood]
    text = f"{listed(words)} {scenery}" if words else f"An empty place {scenery}"
    return text[0].upper() + text[1:] + "."


_NUMBER = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def _plural(phrase: str) -> str:
    words = phrase.split(" ")
    for i, w in enumerate(words):
        if w in KINDS or w in MORE:
            words[i] = sort_of(w).plural
            break
    return " ".join(words)
