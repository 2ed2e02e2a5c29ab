"""The bundled generator on real photos: what it is told, what it obeys, and when the rules propose instead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetouch.editing import _photo_masks
from finetouch.editing._photo_sight import GROUPS, PLANES, SIDE, encoded, facts_of_thing, layout, leaf_plane
from finetouch.editing.mask_proposals import WHOLE, Proposal, Wish, propose
from finetouch.engine.pipeline import Pipeline
from finetouch.hub import bundled
from finetouch.imaging import io, masks
from finetouch.plan.describe import describe_mask
from finetouch.plan.phrase import parse_phrase
from finetouch.select.vocabulary import LEAVES
from finetouch.types import Picture, Region, Relation


@pytest.fixture(scope="module")
def photo(coffee) -> Picture:
    return io.from_array(np.ascontiguousarray(coffee[::2, ::2]))


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline("embedded")


def ask(pipeline: Pipeline, photo: Picture, what: str, source="auto", **more) -> list[Proposal]:
    def find(shown: Picture, phrase: str) -> Region:
        return pipeline.select(shown, parse_phrase(phrase)).region

    return propose(photo, Wish(what, **more), 4, None, find, source=source)


def test_it_has_a_say_about_the_places_of_the_rules(pipeline, photo):
    auto, rules = ask(pipeline, photo, "a spoon"), ask(pipeline, photo, "a spoon", "rules")
    assert {p.source for p in auto} == {"rules"} and all(p.why for p in auto)
    assert [p.score for p in auto] == sorted((p.score for p in auto), reverse=True)
    assert max(p.score for p in auto) <= max(p.score for p in rules) + 1e-6
    assert [p.box for p in auto] != [p.box for p in rules] or [p.score for p in auto] != [p.score for p in rules]


def test_a_marked_box_is_filled(pipeline, photo):
    for p in ask(pipeline, photo, "a cup", box=(20, 30, 90, 120)):
        assert p.source == "network" and p.box == (20, 30, 90, 120)
    boxes = {p.box for p in ask(pipeline, photo, "a cup", box=(-10, 60, 70, 900))}
    assert boxes == {(0, 60, 70, photo.height)}


def test_it_proposes_alone_when_asked_for(pipeline, photo):
    found = ask(pipeline, photo, "a spoon", "network")
    assert {p.source for p in found} == {"network"} and all(p.why for p in found)
    for p in found:
        parts = masks.components(p.mask)
        assert p.mask.shape == (photo.height, photo.width) and (parts[0] > 0.5).sum() >= WHOLE * (p.mask > 0.5).sum()


@pytest.mark.parametrize("what", ["the moon", "a zorblax"])
def test_what_it_cannot_know_is_left_to_the_rules(pipeline, photo, what):
    auto, rules = ask(pipeline, photo, what), ask(pipeline, photo, what, "rules")
    assert [(p.box, p.score) for p in auto] == [(p.box, p.score) for p in rules]


def test_a_point_is_covered(pipeline, photo):
    for point in ((60.0, 150.0), (250.0, 100.0)):
        for p in ask(pipeline, photo, "an apple", "network", point=point):
            assert p.mask[int(point[1]), int(point[0])] > 0.5


def test_a_described_place_is_taken(pipeline, photo):
    shifts = []
    for x in (30, 230):
        old = np.zeros((photo.height, photo.width), np.float32)
        old[110:170, x : x + 45] = 1
        place = describe_mask(old, "bottle", (), ())
        x0, _, x1, _ = ask(pipeline, photo, "a bottle", "network", place=place, old=old, old_name="bottle")[0].box
        shifts.append((x0 + x1) / 2 - (x + 22))
    assert max(abs(s) for s in shifts) < 45


def test_words_that_do_not_fit_the_picture_are_said(pipeline, photo):
    found = ask(pipeline, photo, "a cup", "network", relation=Relation(type="on", anchor="piano"))
    assert any("'piano' was not found" in line for line in found[0].why)


def test_relation_and_position_are_told():
    facts, support, near = _photo_masks.told(Wish("a cup", relation=Relation(type="in", anchor="table")))
    assert (("support", "table") in facts) and support == "table" and near is None
    facts, support, near = _photo_masks.told(Wish("a cup", relation=Relation(type="left_of", anchor="dog")))
    assert ("left of", "dog") in facts and near == "dog" and support is None
    facts, _, _ = _photo_masks.told(Wish("a cup", position="top-left"))
    assert {("row", "top"), ("column", "left")} <= set(facts)


def test_a_layout_loses_nothing():
    leaf = np.zeros((len(LEAVES), 20, 30), np.float32)
    leaf[np.arange(600).reshape(20, 30) % len(LEAVES), np.arange(20)[:, None], np.arange(30)] = 1
    planes = layout(leaf)
    assert planes.shape == (PLANES - 2, SIDE, SIDE) and sorted(n for g in GROUPS for n in g) == sorted(LEAVES)
    np.testing.assert_allclose(planes.sum(0), 1, atol=1e-5)
    assert leaf_plane(leaf, "zorblax").sum() == 0 and leaf_plane(leaf, None).sum() == 0


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.sampled_from(["a cup", "person", "an old bus", "zorblax"]))
def test_any_layout_gets_finite_masks(seed, what):
    rng = np.random.default_rng(seed)
    planes = rng.random((PLANES, SIDE, SIDE)).astype(np.float32)
    zero = np.zeros((SIDE, SIDE), np.float32)
    found, scores = _photo_masks._asked(
        bundled.session(*_photo_masks.WEIGHTS), planes, zero, zero, encoded(facts_of_thing(what))
    )
    assert found.shape == (4, SIDE, SIDE) and np.isfinite(found).all() and np.isfinite(scores).all()
