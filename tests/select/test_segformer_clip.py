"""Segformer proposes, CLIP picks: the choice with an oracle for colours, and the selector on tiny real classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetouch.errors import FinetouchError, TargetNotFound
from finetouch.imaging import masks
from finetouch.select.likeness import Likeness, crop, cut_out, margin
from finetouch.select.proposals import closer, grid_of, propose
from finetouch.select.resolve import choose, find
from finetouch.types import Picture, Query, Relation, Reporter

torch = pytest.importorskip("torch")

from finetouch.select.segformer_clip import Proposals, SegformerClipSelector, said  # noqa: E402

INK = {"red": (220, 30, 30), "blue": (30, 30, 220), "green": (30, 180, 30), "grey": (128, 128, 128)}
NAMES = {0: "background", 1: "ball", 2: "box", 3: "tree"}


class Oracle:
    """CLIP that sees nothing but the colour that stands out, and knows what tells a name: its colour."""

    sharpness = 20.0
    tints = {"ball": "red", "box": "blue", "tree": "green"}  # noqa: RUF012

    def similarity(self, pictures: Sequence[np.ndarray], texts: Sequence[str]) -> np.ndarray:
        out = np.zeros((len(pictures), len(texts)), np.float32)
        for i, p in enumerate(pictures):
            for j, text in enumerate(texts):
                words = text.split()
                color = next((w for w in words if w in INK), self.tints.get(words[-1], "grey"))
                near = (np.abs(p.astype(int) - INK[color]).sum(axis=2) < 60).mean()
                out[i, j] = min(1.0, 2 * near)
        return out


def shapes(things: list[tuple[str, int, tuple[int, int, int, int]]], size: int = 96) -> tuple[Picture, np.ndarray]:
    """A grey picture with coloured boxes ``(colour, label, box)`` and its class map."""
    pixels, labels = np.full((size, size, 3), 128, np.uint8), np.zeros((size, size), int)
    for color, label, (x0, y0, x1, y1) in things:
        pixels[y0:y1, x0:x1] = INK[color]
        labels[y0:y1, x0:x1] = label
    return Picture(pixels), labels


def eyes(things, size: int = 96, names=NAMES) -> Proposals:
    picture, labels = shapes(things, size)
    regions = propose(labels)
    scorer = Oracle()
    listed = [n for n in names.values() if n != "background"]
    likeness = Likeness(scorer, picture.pixels, [r.mask for r in regions], listed)
    return Proposals(picture, picture.pixels, regions, names, frozenset({0}), likeness, lambda r: r.mask, scorer)


THREE = [("red", 1, (10, 10, 30, 30)), ("blue", 2, (50, 12, 80, 34)), ("green", 3, (20, 60, 40, 90))]


@pytest.mark.parametrize(("noun", "place"), [("ball", 0), ("box", 1), ("tree", 2)])
def test_the_region_that_fits_the_words_is_picked(noun, place):
    found = find(eyes(THREE), Query(noun=noun))
    assert masks.box_of(found.candidates[0].mask) == THREE[place][2]
    assert found.candidates[0].facts["margin"] > 0.5


def test_a_colour_decides_between_two_of_a_kind():
    seen = eyes([("red", 1, (10, 10, 30, 30)), ("blue", 1, (60, 12, 80, 34))])
    found = find(seen, Query(noun="ball", attributes=("blue",)))
    assert masks.box_of(found.candidates[0].mask) == (60, 12, 80, 34)


TWINS = [("red", 1, (10, 10, 30, 30)), ("red", 1, (60, 10, 80, 30)), ("blue", 2, (40, 60, 60, 80))]


def test_equals_are_returned_together_and_said_so():
    seen = eyes(TWINS)
    found = find(seen, Query(noun="ball", count="one"))
    chosen, _ = choose(found, Query(noun="ball", count="one"))
    assert len(chosen) == 1 and masks.box_of(chosen[0].mask) == (10, 10, 80, 30)
    assert chosen[0].facts["margin"] < 0.02 and "equally well" in found.notes[0]
    assert int(seen.full(chosen[0]).sum()) == 800


@pytest.mark.parametrize(("position", "left"), [("leftmost", 10), ("rightmost", 60)])
def test_a_position_decides_between_equals(position, left):
    query = Query(noun="ball", position=position, count="one")
    chosen, _ = choose(find(eyes(TWINS), query), query)
    assert len(chosen) == 1 and masks.box_of(chosen[0].mask)[0] == left


def test_a_relation_decides_between_equals():
    things = [*TWINS, ("green", 3, (62, 40, 82, 60))]
    query = Query(noun="ball", relation=Relation(type="near", anchor="tree"), count="one")
    chosen, _ = choose(find(eyes(things), query), query)
    assert masks.box_of(chosen[0].mask)[0] == 60


def test_all_of_them():
    query = Query(noun="balls", count="all")
    chosen, _ = choose(find(eyes(TWINS), query), query)
    assert sorted(masks.box_of(c.mask)[0] for c in chosen) == [10, 60]


def test_what_is_not_there_is_refused_naming_what_is():
    with pytest.raises(TargetNotFound) as caught:
        find(eyes([("red", 1, (10, 10, 30, 30))]), Query(noun="tree"))
    assert "ball" in caught.value.hint


def test_no_regions_are_refused():
    with pytest.raises(TargetNotFound, match="no regions"):
        find(eyes([("red", 1, (0, 0, 96, 96))]), Query(noun="ball"))


def test_the_words_for_clip_leave_places_to_the_rules():
    assert said(Query(noun="cups", attributes=("red",), position="leftmost")) == "red cup"
    worn = Relation(type="wearing", anchor="red top")
    assert said(Query(noun="person", relation=worn)) == "person in the red top"
    assert said(Query(noun="cup", relation=Relation(type="on", anchor="table"))) == "cup"


# --- proposals -------------------------------------------------------------------------------------------------------


def test_parts_that_nearly_touch_are_one_and_crumbs_are_left_out():
    labels = np.zeros((100, 100), int)
    labels[20:40, 20:40] = 1
    labels[30, 20:40] = 2  # a thin thing in front
    labels[70:90, 70:90] = 1
    labels[5:7, 5:7] = 1
    found = [p for p in propose(labels) if p.label == 1]
    assert len(found) == 2 and sorted(int(p.mask.sum()) for p in found) == [380, 400]


def test_a_thing_with_several_names_is_proposed_as_a_whole_too():
    labels = np.zeros((60, 60), int)
    labels[10:30, 10:20], labels[10:30, 20:30] = 1, 2
    labels[40:50, 40:50] = 3
    found = propose(labels, scenery=frozenset({0}))
    whole = next(p for p in found if p.classes == {1, 2})
    assert masks.box_of(whole.mask) == (10, 10, 30, 30)
    assert sum(3 in p.classes for p in found) == 1, "what has one name is proposed once"


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000))
def test_proposals_are_disjoint_for_any_class_map(height, width, seed):
    labels = np.random.default_rng(seed).integers(0, 4, (height, width))
    found = propose(labels, least=0.0, most=1.0)
    total = sum((p.mask for p in found), np.zeros((height, width), np.float32))
    assert total.max() <= 1 and all(p.mask.shape == (height, width) and p.mask.any() for p in found)
    assert (total == 1).all()


def test_the_grid_keeps_the_shape_and_never_enlarges():
    assert grid_of(1024, 512) == (256, 128) and grid_of(40, 20) == (40, 20) and grid_of(5000, 1) == (256, 1)


class Sharp:
    """A namer whose classes are the colours."""

    def __init__(self, picture_colors):
        self.colors = picture_colors

    def shares(self, pixels, size):
        near = np.stack([-np.abs(pixels.astype(float) - INK[c]).sum(axis=2) for c in self.colors])
        out = np.exp((near - near.max(0)) / 10)
        return (out / out.sum(0)).astype(np.float32)


def test_a_second_look_sharpens_the_outline_and_strays_are_refused():
    picture, labels = shapes([("red", 1, (103, 107, 151, 149))], 400)
    coarse = propose(labels[::16, ::16], least=0)
    ball = next(p for p in coarse if p.label == 1)
    assert masks.iou(closer(Sharp(["grey", "red"]), picture.pixels, ball), (labels == 1)) == 1.0
    strayed = closer(Sharp(["grey", "blue"]), picture.pixels, ball)
    assert masks.iou(strayed, (labels == 1)) > 0.5, "the first look is kept"


# --- likeness --------------------------------------------------------------------------------------------------------


def test_what_lies_outside_of_the_region_has_its_mean_colour():
    picture, labels = shapes(THREE)
    mask = (labels == 1).astype(np.float32)
    plain, cut = crop(picture.pixels, mask), cut_out(picture.pixels, mask)
    assert plain.shape == cut.shape == (24, 24, 3)
    mean = np.round(plain.reshape(-1, 3).mean(axis=0)).astype(np.uint8)
    assert (cut[0, 0] == mean).all() and (cut[12, 12] == INK["red"]).all()


def test_distractors_take_off_what_fits_everything():
    class Fond(Oracle):
        def similarity(self, pictures, texts):
            liked = np.array([0.3 if len(p) > 25 else 0.0 for p in pictures], np.float32)[:, None]
            return super().similarity(pictures, texts) * 0.2 + liked

    picture, labels = shapes(THREE)
    regions = [(labels == i).astype(np.float32) for i in (1, 2, 3)]
    names = list(NAMES.values())[1:]
    with_ = Likeness(Fond(), picture.pixels, regions, names).scores("ball")
    without = Likeness(Fond(), picture.pixels, regions, []).scores("ball")
    assert int(np.argmax(with_)) == 0 and int(np.argmax(without)) != 0


def test_margins_of_ties_and_of_too_few():
    assert margin(np.array([0.5, 0.5])) == 0 and margin(np.array([1.0])) == 1 and margin(np.zeros(0)) == 0
    nothing = Likeness(Oracle(), np.zeros((4, 4, 3), np.uint8), [], ["ball"])
    assert nothing.chances("ball").shape == (0,)


# --- the selector itself on the real classes -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def selector(tmp_path_factory) -> SegformerClipSelector:
    import tiny_models
    from finetouch import registry
    from finetouch.engine.models import Models
    from finetouch.hub.presets import preset

    make = tmp_path_factory.mktemp
    places = {"semantic": str(tiny_models.segformer(make("semantic"))), "clip": str(tiny_models.clip(make("clip")))}
    return registry.get("selector", "segformer-clip").make(Models(preset("embedded"), overrides=places))


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (64, 48), (33, 65)], ids=str)
def test_real_classes_take_any_size(selector, size):
    rng = np.random.default_rng(3)
    picture = Picture(rng.integers(0, 255, (*size, 3), dtype=np.uint8))
    analysis = selector.analyse(picture, Reporter())
    try:
        found = selector.select(picture, analysis, Query(noun="ball", count="one"), Reporter())
    except FinetouchError as error:
        assert error.hint
    else:
        assert found.region.mask.shape == size and 0 <= found.region.meta["margin"] <= 1
        again = selector.select(picture, selector.analyse(picture, Reporter()), Query(noun="ball"), Reporter())
        np.testing.assert_array_equal(again.region.mask, found.region.mask)


def test_without_a_preset_it_says_so():
    with pytest.raises(FinetouchError, match="preset"):
        SegformerClipSelector().analyse(Picture(np.zeros((4, 4, 3), np.uint8)), Reporter())


def test_trained_lab_models_find_things():
    from finetouch.lab.zoo import Zoo

    if not (Zoo().has("segformer") and Zoo().has("clip")):
        pytest.skip("the lab's Segformer is not in the package")
    from finetouch.engine.pipeline import Pipeline
    from finetouch.lab import expressions, render, sample_scene, seed_for

    pipeline, overlaps = Pipeline("lab", selector="segformer-clip"), []
    for index in range(8):
        scene = sample_scene(seed_for("test", index))
        drawn = render(scene, 256)
        picture = Picture(drawn.picture)
        for e in [e for e in expressions(scene) if e.level in ("noun", "color")][:3]:
            if drawn.visible[e.target].sum() < 300:
                continue
            try:
                overlaps.append(masks.iou(pipeline.select(picture, e.query()).region.mask, drawn.visible[e.target]))
            except TargetNotFound:
                overlaps.append(0.0)
    assert np.mean(overlaps) > 0.5
