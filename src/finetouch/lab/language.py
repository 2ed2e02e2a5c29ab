"""Phrases that mean exactly one thing of a scene, from easy to hard."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from finetouch.lab.facts import WORDS, Fact, relations
from finetouch.lab.scene import Scene, Thing
from finetouch.types import Query, Relation

Level = Literal["noun", "color", "position", "relation"]
LEVELS: tuple[Level, ...] = ("noun", "color", "position", "relation")


@dataclass(frozen=True)
class Expression:
    """A phrase, the thing it means, and how it is built.

    Attributes:
        text: Without an article: "red ball", "leftmost cat", "cup on the table".
        level: What it takes to understand it.
        target: Id of the only thing it fits.
        noun, color, position: Its parts. relation: Relation and the anchor's words.
        anchor: Id of the anchor; None for a surface ("grass").
    """

    text: str
    level: Level
    target: int
    noun: str
    color: str | None = None
    position: str | None = None
    relation: Relation | None = None
    anchor: int | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """Target, attributes, relation, position and count as an `EditStep` has them."""
        attributes = (self.color,) if self.color and self.noun != "person" else ()
        relation = self.relation
        if self.color and self.noun == "person":
            relation = Relation(type="wearing", anchor=f"{self.color} top")
        return {
            "target": self.noun, "attributes": attributes, "relation": relation, "position": self.position,
            "count": "one",
        }  # fmt: skip

    def query(self) -> Query:
        """What a selector is asked for."""
        f = self.fields
        return Query(
            noun=f["target"], attributes=f["attributes"], relation=f["relation"], position=f["position"], count="one"
        )


def with_color(t: Thing) -> str:
    """ "red ball", "person in the red top"."""
    return f"person in the {t.color} top" if t.kind == "person" else f"{t.color} {t.kind}"


def expressions(scene: Scene) -> tuple[Expression, ...]:
    """All unambiguous phrases for all things, easiest first for every thing."""
    facts = relations(scene)
    nouns = Counter(t.kind for t in scene.things)
    looks = Counter((t.kind, t.color) for t in scene.things)
    out: list[Expression] = []
    for t in scene.things:
        if nouns[t.kind] == 1:
            out.append(Expression(t.kind, "noun", t.id, t.kind))
        if looks[t.kind, t.color] == 1:
            out.append(Expression(with_color(t), "color", t.id, t.kind, t.color))
        out += _by_position(scene, t)
        out += _by_relation(scene, t, facts, nouns, looks)
    return tuple(out)


def _by_position(scene: Scene, t: Thing) -> list[Expression]:
    others = [o for o in scene.things if o.kind == t.kind and o.id != t.id]
    if not others:
        return []
    found = []
    x, area = t.center[0], _area(t)
    if all(x < o.center[0] - 0.05 for o in others):
        found.append("leftmost")
    if all(x > o.center[0] + 0.05 for o in others):
        found.append("rightmost")
    if all(area > 1.35 * _area(o) for o in others):
        found.append("largest")
    if all(area * 1.35 < _area(o) for o in others):
        found.append("smallest")
    return [Expression(f"{w} {t.kind}", "position", t.id, t.kind, position=w) for w in found]


def _area(t: Thing) -> float:
    x0, y0, x1, y1 = t.box
    return (x1 - x0) * (y1 - y0)


def _by_relation(
    scene: Scene, t: Thing, facts: tuple[Fact, ...], nouns: Counter[str], looks: Counter[tuple[str, str]]
) -> list[Expression]:
    same = {o.id for o in scene.things if o.kind == t.kind}
    out = []
    for f in facts:
        if f.subject != t.id:
            continue
        if f.anchor is None:
            rivals = {g.subject for g in facts if g.type == f.type and g.noun == f.noun and g.anchor is None}
            phrase = f.noun
        else:
            anchor = scene.thing(f.anchor)
            if nouns[anchor.kind] > 1 and looks[anchor.kind, anchor.color] > 1:
                continue
            plain = nouns[anchor.kind] == 1
            phrase = anchor.kind if plain else with_color(anchor)
            rivals = {g.subject for g in facts if g.type == f.type and g.anchor == f.anchor}
        if rivals & same != {t.id}:
            continue
        words = WORDS[f.type] if f.anchor is not None else WORDS[f.type][:1]
        word = words[(t.id + (f.anchor or 0)) % len(words)]
        the = ("an" if phrase[0] in "aeiou" else "a") if f.type == "wearing" else "the"
        relation = Relation(type=f.type, anchor=phrase)
        text = f"{t.kind} {word} {the} {phrase}"
        out.append(Expression(text, "relation", t.id, t.kind, relation=relation, anchor=f.anchor))
    return out
