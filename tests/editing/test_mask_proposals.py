"""Places for new things by rules: on what they stand on, as large as they would look, out of the way of others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch.editing._typical import THINGS, typical
from finetouch.editing.mask_proposals import ALIKE, WHOLE, Proposal, Wish, cleaned, propose
from finetouch.errors import InputError, ModelMissing, TargetNotFound
from finetouch.imaging import masks
from finetouch.plan.describe import describe_mask
from finetouch.types import Picture, Region, Relation

W, H = 120, 90


def area(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    out = np.zeros((H, W), np.float32)
    out[round(y0 * H) : round(y1 * H), round(x0 * W) : round(x1 * W)] = 1
    return out


SHORE = {"sky": area(0, 0, 1, 0.4), "water": area(0, 0.4, 1, 0.65), "sand": area(0, 0.65, 1, 1)}
PICTURE = Picture(np.full((H, W, 3), 127, np.uint8))


def seeing(things: dict[str, np.ndarray]):
    def find(picture: Picture, phrase: str) -> Region:
        name = phrase.removeprefix("all ")
        if name not in things:
            raise TargetNotFound("not there", None, tuple((n, 0.9) for n in things))
        return Region.of(masks.resize_mask(things[name], picture.size), label=name)

    return find


def ask(what: str, things: dict[str, np.ndarray] | None = None, count: int = 4, **more) -> list[Proposal]:
    find = seeing(SHORE if things is None else things)
    return propose(PICTURE, Wish(what, **more), count, find=find, source="rules")


def foot(p: Proposal) -> tuple[int, int]:
    x0, _, x1, y1 = p.box
    return min(H - 1, y1 - 1), (x0 + x1) // 2


@pytest.mark.parametrize(("what", "surface"), [("a boat", "water"), ("a dog", "sand"), ("a red car", "sand")])
def test_things_stand_where_they_belong(what, surface):
    for p in ask(what):
        assert SHORE[surface][foot(p)] == 1, (what, p.box, p.why)


def test_a_balloon_is_in_the_sky():
    for p in ask("a yellow balloon"):
        assert SHORE["sky"][p.mask > 0.5].mean() > 0.9


def test_the_better_comes_first_and_none_twice():
    found = ask("a dog", count=6)
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
    assert all(masks.iou(a.mask, b.mask) <= ALIKE for a in found for b in found if a is not b)
    assert all(0 <= p.score <= 1 and p.why for p in found)


def test_near_things_are_larger():
    far, near = (ask("a dog", point=(60, y))[0].box for y in (52, 76))
    assert near[3] - near[1] > 1.2 * (far[3] - far[1])


def test_size_follows_things_of_known_size():
    small = {**SHORE, "person": area(0.1, 0.6, 0.15, 0.8)}
    tall = {**SHORE, "person": area(0.1, 0.3, 0.15, 0.8)}
    heights = [
        ask("a dog", things, relation=Relation(type="right_of", anchor="person"))[0].box for things in (small, tall)
    ]
    assert heights[1][3] - heights[1][1] > 1.5 * (heights[0][3] - heights[0][1])


def test_a_replacement_keeps_its_foot_and_takes_the_proportion():
    old = area(0.4, 0.5, 0.5, 0.8)  # a woman
    place = describe_mask(old, "woman", (), list(SHORE.items()))
    dog = ask("a dog", old=old, old_name="woman", place=place)[0]
    assert abs(dog.box[3] - 0.8 * H) <= 2 and abs((dog.box[0] + dog.box[2]) / 2 - 0.45 * W) <= 3
    assert (dog.box[3] - dog.box[1]) == pytest.approx(0.3 * H * 0.6 / 1.65, rel=0.25)


def test_a_replacement_that_does_not_belong_there_goes_elsewhere_and_says_so():
    old = area(0.4, 0.7, 0.5, 0.9)
    place = describe_mask(old, "dog", (), list(SHORE.items()))
    assert place.supported_by == "sand"
    boat = ask("a boat", old=old, old_name="dog", place=place)[0]
    assert SHORE["water"][foot(boat)] == 1 and "does not belong on the sand" in " ".join(boat.why)


def test_words_of_relation_are_followed():
    things = {**SHORE, "table": area(0.5, 0.6, 0.9, 0.95)}
    for p in ask("a cup", things, relation=Relation(type="on", anchor="table")):
        assert things["table"][foot(p)] == 1
    left = ask("a dog", things, relation=Relation(type="left_of", anchor="table"))[0]
    assert left.box[2] <= 0.5 * W + 1


def test_a_description_that_contradicts_the_picture_is_said():
    found = ask("a cup", relation=Relation(type="on", anchor="piano"))
    assert found and "'piano' was not found" in found[0].why[0]


def test_no_room_says_so_and_gives_the_best_place():
    full = {"sand": area(0, 0, 1, 1), "car": area(0, 0, 1, 1)}
    found = ask("a dog", full)
    assert found and found[0].score < 0.3 and "little room" in " ".join(found[0].why)


def test_what_stands_in_front_stays_in_front():
    things = {**SHORE, "person": area(0.45, 0.5, 0.55, 0.98)}
    behind = ask("a car", things, relation=Relation(type="behind", anchor="person"))[0]
    person = things["person"] > 0.5
    assert behind.hidden is not None and not (behind.mask > 0.5)[person].any() and "stays behind: person" in behind.why
    before = ask("a dog", things, relation=Relation(type="in_front_of", anchor="person"))[0]
    assert (before.mask > 0.5)[person].any()


def test_marks_are_obeyed():
    boxed = ask("a dog", box=(20, 40, 60, 80))[0].box
    assert boxed[0] >= 19 and boxed[2] <= 61 and abs(boxed[3] - 80) <= 1
    pointed = ask("a dog", point=(30, 70))[0]
    assert pointed.mask[70, 30] > 0.5


@pytest.mark.parametrize("more", [{"box": (200, 0, 300, 50)}, {"box": (5, 5, 5, 9)}, {"point": (-1, 3)},
                                  {"point": (float("nan"), 3)}, {"size": 0.0}, {"size": 2.0}])  # fmt: skip
def test_marks_outside_of_the_picture_are_refused(more):
    with pytest.raises(InputError):
        ask("a dog", **more)


def test_a_cut_out_keeps_its_outline():
    ring = np.zeros((20, 40), np.float32)
    ring[:, :10] = ring[:, 30:] = 1
    p = ask("a thing", shape=ring)[0]
    x0, y0, x1, y1 = p.box
    assert (x1 - x0) / (y1 - y0) == pytest.approx(2, rel=0.25) and p.mask[(y0 + y1) // 2, (x0 + x1) // 2] < 0.5


@given(st.integers(1, 50), st.integers(1, 50), st.sampled_from(["a dog", "a boat", "the moon", "a zorblax", "x"]))
def test_any_picture_gets_sound_masks(width, height, what):
    picture = Picture(np.zeros((height, width, 3), np.uint8))
    try:
        found = propose(picture, Wish(what), 3, source="rules")
    except InputError as error:
        assert "no room" in error.message
        return
    for p in found:
        assert p.mask.shape == (height, width) and np.isfinite(p.mask).all() and (p.mask > 0.5).any()
        parts = masks.components(p.mask)
        assert (parts[0] > 0.5).sum() >= WHOLE * (p.mask > 0.5).sum()


def test_crumbs_are_swept_up():
    mask = area(0.1, 0.1, 0.4, 0.4) + area(0.8, 0.8, 0.82, 0.82)
    got = cleaned(mask)
    assert got is not None and (got > 0.5).sum() == (area(0.1, 0.1, 0.4, 0.4) > 0.5).sum()
    assert cleaned(np.zeros((5, 5), np.float32)) is None


def test_the_table_of_things_is_sound():
    for name, t in THINGS.items():
        assert 0 < t.aspect < 10 and t.supports and (t.height > 0 or t.share > 0), name
    assert typical("a tall red lamp").height > typical("lamp").height > typical("tiny lamp").height
    assert typical("dogs").known and not typical("zorblax").known
    assert typical("a man with a hat").group == "ground"


def test_a_selector_that_cannot_look_is_said():
    def blind(picture: Picture, phrase: str) -> Region:
        raise ModelMissing("The weights are not here.")

    found = propose(PICTURE, Wish("a dog"), find=blind, source="rules")
    assert "weights are not here" in " ".join(found[0].why)


def test_what_covers_all_of_it_is_what_it_is_on():
    things = {**SHORE, "keyboard": area(0.3, 0.5, 0.7, 0.99)}
    p = ask("a cup", things, box=(50, 55, 66, 70))[0]
    assert (p.hidden is None and p.score > 0.3) or "covers" in " ".join(p.why)
    assert (p.mask > 0.5).any() and "stays behind" not in " ".join(p.why)
