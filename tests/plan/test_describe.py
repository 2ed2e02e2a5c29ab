"""Descriptions of a place: geometry is right, mirrors, and wins over whatever a model says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from finetouch.errors import NoAnswer, TargetNotFound
from finetouch.plan import _vlm_describe
from finetouch.plan.describe import (
    Description,
    Looker,
    Neighbour,
    describe,
    describe_mask,
    foot_row,
    position_of,
    relation_of,
    size_of,
)
from finetouch.types import Picture, Region, Reporter


def box(x0: int, y0: int, x1: int, y1: int, size: int = 60) -> np.ndarray:
    out = np.zeros((size, size), np.float32)
    out[y0:y1, x0:x1] = 1
    return out


def seeing(things: dict[str, np.ndarray]):
    """A selector that knows exactly these things."""

    def find(picture: Picture, phrase: str) -> Region:
        name = phrase.removeprefix("all ")
        if name not in things:
            raise TargetNotFound("not there", None, tuple((n, 0.9) for n in things))
        return Region.of(things[name], label=name)

    return find


PLAIN = Picture(np.full((60, 60, 3), 127, np.uint8))


def test_a_cup_on_a_table_beside_a_plate():
    table, plate = box(0, 36, 60, 60), box(40, 32, 52, 38)
    found = describe_mask(
        box(10, 22, 18, 38), "cup", [("plate", plate)], [("table", table), ("wall", box(0, 0, 60, 36))]
    )
    assert found.position == "middle left" and found.supported_by == "table" and found.relative_size == "small"
    assert found.neighbours == (Neighbour(name="plate", relation="left of"),)
    assert found.bbox_norm == pytest.approx((10 / 60, 22 / 60, 18 / 60, 38 / 60))
    assert found.words() == "middle left, on the table, left of the plate, small"


def test_what_stands_on_a_thing_is_carried_by_it():
    found = describe_mask(box(20, 10, 30, 22), "cat", [("box", box(15, 20, 36, 50))])
    assert found.supported_by == "box" and found.neighbours[0].relation == "on"


@pytest.mark.parametrize(
    ("a", "b", "relation"),
    [
        ((0.1, 0.4, 0.2, 0.6), (0.5, 0.4, 0.6, 0.6), "left of"),
        ((0.8, 0.4, 0.9, 0.6), (0.5, 0.4, 0.6, 0.6), "right of"),
        ((0.4, 0.5, 0.6, 0.9), (0.45, 0.3, 0.7, 0.7), "in front of"),
        ((0.45, 0.3, 0.7, 0.7), (0.4, 0.5, 0.6, 0.9), "behind"),
        ((0.4, 0.6, 0.6, 0.9), (0.4, 0.1, 0.6, 0.5), "under"),
        ((0.45, 0.2, 0.55, 0.42), (0.3, 0.4, 0.7, 0.9), "on"),
    ],
)
def test_relations_of_boxes(a, b, relation):
    assert relation_of(a, b)[0] == relation


def test_a_tail_that_hangs_down_is_no_foot():
    dog = box(20, 10, 40, 30) + box(29, 30, 31, 50)
    assert foot_row(dog) == 30


coordinate = st.floats(0.0, 1.0, allow_nan=False)


@given(coordinate, coordinate, coordinate, coordinate)
def test_mirroring_twice_gives_the_same(a, b, c, d):
    x0, x1 = sorted((a, b))
    y0, y1 = sorted((c, d))
    if x1 - x0 < 1e-6 or y1 - y0 < 1e-6:
        return
    norm = (x0, y0, x1, y1)
    found = Description(
        object="cup", position=position_of(norm), bbox_norm=norm, neighbours=(Neighbour(name="b", relation="left of"),)
    )
    once = found.mirrored()
    assert once.neighbours[0].relation == "right of" and once.row == found.row
    assert once.mirrored().position == found.position
    assert once.mirrored().bbox_norm == pytest.approx(norm, abs=1e-9)


@given(st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_any_mask_can_be_described(height, width, full):
    mask = np.ones((height, width), np.float32) if full else np.zeros((height, width), np.float32)
    found = describe_mask(mask, "thing", [("other", mask)], [("floor", mask)])
    assert found.words() and found.pixel_box(width, height)[2] >= 1


@pytest.mark.parametrize("bad", [(0.5, 0, 0.5, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.2), (float("nan"), 0, 1, 1)])
def test_a_box_outside_of_the_picture_is_refused(bad):
    with pytest.raises(ValidationError, match=r"within 0\.\.1"):
        Description(object="cup", bbox_norm=bad)


def test_the_surroundings_come_from_the_selector():
    things = {"grass": box(0, 30, 60, 60), "tree": box(44, 10, 56, 34)}
    found = describe(PLAIN, Region.of(box(10, 20, 20, 40)), "dog", find=seeing(things))
    assert found.supported_by == "grass" and [n.name for n in found.neighbours] == ["tree"]


def test_without_a_selector_geometry_is_left():
    found = describe(PLAIN, Region.of(box(10, 20, 20, 40)), "dog")
    assert found.neighbours == () and found.supported_by is None and found.position == "middle left"


def test_sizes_have_words():
    assert [size_of(s) for s in (0.001, 0.02, 0.1, 0.2, 0.9)] == ["tiny", "small", "medium", "large", "huge"]


# A vision-language model's answer.

FOUND = describe_mask(box(10, 22, 18, 38), "cup")


def merged(answer: object, things: dict[str, np.ndarray] | None = None) -> Description:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return _vlm_describe.merged(FOUND, text, Looker(PLAIN, seeing(things or {})))


def test_a_model_adds_what_masks_do_not_show():
    got = merged({"position": "middle left", "supported_by": "the table",
                  "neighbours": [{"name": "a spoon", "relation": "near"}]})  # fmt: skip
    assert got.supported_by == "table" and got.neighbours == (Neighbour(name="spoon", relation="near"),)
    assert got.source == "vlm" and got.corrections == ()


def test_geometry_wins_over_left_and_right():
    lamp = {"lamp": box(40, 20, 50, 40)}
    got = merged({"position": "upper right", "neighbours": [{"name": "lamp", "relation": "right of"}]}, lamp)
    assert got.position == "middle left" and got.bbox_norm == FOUND.bbox_norm
    assert got.neighbours == (Neighbour(name="lamp", relation="left of"),)
    assert len(got.corrections) == 2 and "right of the lamp" in " ".join(got.corrections)


@given(st.text(max_size=200))
def test_no_answer_breaks_it(text):
    got = merged(text)
    assert got.bbox_norm == FOUND.bbox_norm and got.position == FOUND.position


KEYS = st.sampled_from(["name", "relation", "neighbours", "position", "supported_by"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=9)


@given(st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner)))
def test_no_json_breaks_it(document):
    got = merged(document)
    assert got.bbox_norm == FOUND.bbox_norm


def test_without_a_model_the_geometry_is_taken(monkeypatch):
    def nobody(models):
        raise NoAnswer("none")

    monkeypatch.setattr(_vlm_describe, "talker_for", nobody)
    region = Region.of(box(10, 22, 18, 38))
    assert _vlm_describe.refine(FOUND, PLAIN, region, None, Looker(PLAIN, None), Reporter()) is FOUND


def test_the_model_sees_the_outline_and_is_told_the_box(monkeypatch):
    asked = []

    class Talker:
        identity = "test"

        def ask(self, turns, schema, report):
            asked.extend(turns)
            return '{"object": "cup", "position": "middle left", "supported_by": "tray", "neighbours": []}'

    monkeypatch.setattr(_vlm_describe, "talker_for", lambda models: Talker())
    region = Region.of(box(10, 22, 18, 38))
    got = _vlm_describe.refine(FOUND, PLAIN, region, None, Looker(PLAIN, None), Reporter())
    assert got.supported_by == "tray"
    shown = asked[1].picture
    assert (shown == _vlm_describe.RED).all(2).sum() > 20 and "0.17, 0.37, 0.30, 0.63" in asked[1].text
