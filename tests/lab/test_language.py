"""Phrases, facts and questions against an evaluator that shares no code with them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from finetouch.lab import LEVELS, caption, expressions, questions, relations, render, sample_scene
from finetouch.lab.scene import Scene

seeds = st.integers(0, 10**6)
SIZE = 256


class Seen:
    """The scene read back from its masks at 256 px."""

    def __init__(self, scene: Scene) -> None:
        self.things = {t.id: (t.kind, t.color) for t in scene.things}
        self.boxes, self.host, self.slot, self.surface, self.foot = {}, {}, {}, {}, {}
        whole = render(scene, SIZE).whole
        for t in scene.things:
            ys, xs = np.nonzero(whole[t.id])
            self.boxes[t.id] = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
            self.host[t.id], self.slot[t.id] = t.host, t.surface
            self.foot[t.id] = t.y * SIZE
        self.place = scene.place.name

    def center(self, i: int) -> float:
        return (self.boxes[i][0] + self.boxes[i][2]) / 2

    def area(self, i: int) -> float:
        b = self.boxes[i]
        return float((b[2] - b[0]) * (b[3] - b[1]))

    def ground(self, i: int) -> str:
        nouns = {"grass": "grass", "sky": "sky", "water": "water", "sand": "sand", "floor": "floor", "stage": "floor",
                 "road": "road", "kerb": "pavement", "pavement": "pavement"}  # fmt: skip
        return nouns.get(self.slot[i], "") if self.host[i] is None else ""

    def fits(self, i: int, word: str, j: int, slack: float = 12.0) -> bool:
        """Whether `word` may be said of i and j; `slack` px either way because outlines widen the masks."""
        a, b = self.boxes[i], self.boxes[j]
        if word == "wearing":
            return self.host[j] == i and self.slot[j] == "head"
        if word == "on":
            return self.host[i] == j and self.slot[i] != "head"
        if word == "left_of":
            return a[2] <= b[0] + slack
        if word == "right_of":
            return b[2] <= a[0] + slack
        gap_x, gap_y = max(a[0], b[0]) - min(a[2], b[2]), max(a[1], b[1]) - min(a[3], b[3])
        if word == "near":
            return float(np.hypot(max(gap_x, 0), max(gap_y, 0))) < 0.07 * SIZE + slack
        if word == "behind":
            return gap_x < 0 and self.foot[i] < self.foot[j]
        if word == "in_front_of":
            return gap_x < 0 and self.foot[i] > self.foot[j]
        return bool(word == "under" and b[3] <= a[1] + slack and b[0] - slack <= self.center(i) <= b[2] + slack)


def matches(seen: Seen, scene: Scene, text: str, facts: set[tuple[int, str, int | None, str]]) -> list[int]:
    """Ids that a phrase fits, read from its words alone."""
    words = text.split(" ")
    sayings = {
        "to the left of": "left_of", "left of": "left_of", "to the right of": "right_of", "right of": "right_of",
        "on top of": "on", "in front of": "in_front_of", "next to": "near", "beside": "near", "near": "near",
        "behind": "behind", "under": "under", "below": "under", "wearing": "wearing", "on": "on", "in": "in",
    }  # fmt: skip
    for said, relation in sayings.items():
        for the in ("the", "a", "an"):
            head, found, tail = text.partition(f" {said} {the} ")
            if not found or (relation == "in" and tail.endswith(" top")):
                continue
            heads = matches(seen, scene, head, facts)
            anchors = matches(seen, scene, tail, facts)
            return [i for i in heads if any(
                (s, r) == (i, relation) and (a in anchors if a is not None else n == tail) for s, r, a, n in facts
            )]  # fmt: skip
    if " in the " in text and text.endswith(" top"):
        color = words[-2]
        return [i for i, (k, c) in seen.things.items() if (k, c) == (words[0], color)]
    noun = words[-1]
    group = [i for i, (k, _) in seen.things.items() if k == noun]
    if words[0] in ("leftmost", "rightmost", "largest", "smallest"):
        value = seen.center if "most" in words[0] else seen.area
        best = (min if words[0] in ("leftmost", "smallest") else max)(group, key=value)
        return [best]
    return [i for i in group if len(words) == 1 or seen.things[i][1] == words[0]]


@given(seeds)
def test_every_phrase_fits_exactly_its_target(seed: int) -> None:
    scene = sample_scene(seed)
    seen = Seen(scene)
    facts = {(f.subject, f.type, f.anchor, f.noun) for f in relations(scene)}
    for e in expressions(scene):
        assert matches(seen, scene, e.text, facts) == [e.target], e.text


@given(seeds)
def test_every_relation_is_seen_in_the_masks(seed: int) -> None:
    scene = sample_scene(seed)
    seen = Seen(scene)
    for f in relations(scene):
        if f.anchor is None:
            assert seen.ground(f.subject) == f.noun
        else:
            assert seen.fits(f.subject, f.type, f.anchor), (seed, f)


def test_clear_left_and_right_are_never_left_out() -> None:
    for seed in range(80):
        scene = sample_scene(seed)
        seen = Seen(scene)
        held = {(f.subject, f.type, f.anchor) for f in relations(scene)}
        for i in seen.things:
            for j in seen.things:
                if i != j and seen.host[i] != j and seen.host[j] != i and seen.boxes[i][2] < seen.boxes[j][0] - 3:
                    assert (i, "left_of", j) in held
                    assert (j, "right_of", i) in held


def test_all_levels_and_relations_occur() -> None:
    levels, types = set(), set()
    for seed in range(400):
        found = expressions(sample_scene(seed))
        levels |= {e.level for e in found}
        types |= {e.relation.type for e in found if e.relation}
    assert levels == set(LEVELS)
    assert types == {"left_of", "right_of", "on", "in", "near", "behind", "in_front_of", "under", "wearing"}


def test_phrases_are_what_their_query_says() -> None:
    for seed in range(100):
        for e in expressions(sample_scene(seed)):
            q = e.query()
            assert q.noun == e.noun and q.noun in e.text
            assert all(a in e.text for a in q.attributes)
            if q.relation:
                assert q.relation.anchor in e.text
            if q.position:
                assert e.text.startswith(q.position)


@given(seeds)
def test_answers_are_right(seed: int) -> None:
    scene = sample_scene(seed)
    seen = Seen(scene)
    kinds = [k for k, _ in seen.things.values()]
    plural = {"people": "person", "fish": "fish"}
    for q in questions(scene):
        words = q.text.rstrip("?").split(" ")
        assert q.answer in q.choices
        if q.kind == "existence":
            assert q.answer == ("yes" if words[3] in kinds else "no")
        elif q.kind == "count":
            assert int(q.answer) == kinds.count(plural.get(words[2], words[2].removesuffix("s")))
        elif q.kind == "color":
            noun = words[4].removesuffix("'s")
            assert [c for k, c in seen.things.values() if k == noun] == [q.answer]
        elif q.kind == "position":
            i = next(i for i, (k, _) in seen.things.items() if k == words[2])
            assert (seen.center(i) < SIZE / 2) == (q.answer == "left")
        elif " to the right of " in q.text:
            i, j = (next(i for i, (k, _) in seen.things.items() if k == w) for w in (words[2], words[-1]))
            assert seen.fits(i, "right_of", j) == (q.answer == "yes") or seen.fits(i, "left_of", j)


@given(seeds)
def test_captions_name_every_thing(seed: int) -> None:
    scene = sample_scene(seed)
    text = caption(scene, 3)
    assert text == caption(scene, 3)
    assert text[0].isupper() and text.endswith(".")
    for t in scene.things:
        assert (t.kind in text or t.sort.plural in text) and t.color in text.lower()
