"""The grounded selector: the public path with tiny real classes, and what is done with what they see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from finetouch.engine.editor import Editor, make_query
from finetouch.engine.models import Models
from finetouch.engine.pipeline import Pipeline
from finetouch.errors import InputError, TargetNotFound, UsageError
from finetouch.hub.presets import preset
from finetouch.select import sight
from finetouch.select.grounded import GroundedSelector
from finetouch.select.grounders import Spot, heat_spots
from finetouch.select.sight import Sight
from finetouch.types import Picture, Query, Relation, Reporter

torch = pytest.importorskip("torch")

import tiny_vision  # noqa: E402

import tiny_models  # noqa: E402


def drawn() -> Picture:
    """A grey wall with two cats (red, blue), a big dog and a table below the blue cat."""
    pixels = np.full((120, 200, 3), 150, np.uint8)
    for (x0, y0, x1, y1), colour in THINGS.values():
        pixels[y0:y1, x0:x1] = colour
    return Picture(pixels)


THINGS = {
    "red cat": ((10, 40, 40, 70), (200, 30, 30)),
    "blue cat": ((120, 20, 150, 50), (30, 60, 200)),
    "table": ((100, 50, 170, 110), (140, 90, 40)),
    "dog": ((50, 60, 95, 110), (60, 60, 60)),
}


class Known:
    """A grounder that knows the drawn picture: boxes or heat for every noun that is in the phrase."""

    def __init__(self, heat: bool, whole_phrases: bool = False) -> None:
        self.heat, self.whole, self.asked = heat, whole_phrases, []

    def look(self, pixels: np.ndarray) -> np.ndarray:
        return pixels

    def ask(self, view: np.ndarray, phrases: Sequence[str], again: bool = False) -> list[list[Spot]]:
        self.asked += phrases
        return [self._one(p, view.shape[1], view.shape[0]) for p in phrases]

    def _one(self, phrase: str, width: int, height: int) -> list[Spot]:
        words = phrase.split()
        meant = [b for n, (b, _) in THINGS.items() if n.split()[-1] == words[-1] or n.split()[-1] in words[:2]]
        if self.whole and phrase in THINGS:
            meant = [THINGS[phrase][0]]
        if not self.heat:
            return [Spot(tuple(map(float, b)), 0.8 - 0.01 * i, phrase) for i, b in enumerate(meant)]
        heat = np.zeros((height // 2, width // 2), np.float32)
        for x0, y0, x1, y1 in meant:
            heat[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] = 0.9
        return heat_spots(heat, phrase, (width, height), 0.4)


class Selector(GroundedSelector):
    """The selector with a grounder put in; nothing else is changed."""

    def __init__(self, grounder: Known) -> None:
        self.grounder = grounder
        self.models = Models(preset("embedded"))

    def analyse(self, picture: Picture, report: Reporter) -> Sight:
        return Sight(picture, picture.pixels, self.grounder, self.grounder.look(picture.pixels))


def find(selector: Selector, query: Query | str):
    picture = drawn()
    query = make_query(query, None, None) if isinstance(query, str) else query
    return selector.select(picture, selector.analyse(picture, Reporter()), query, Reporter())


def overlap(mask: np.ndarray, name: str) -> float:
    (x0, y0, x1, y1), _ = THINGS[name]
    gold = np.zeros(mask.shape, bool)
    gold[y0:y1, x0:x1] = True
    return float((gold & (mask > 0.5)).sum() / (gold | (mask > 0.5)).sum())


@pytest.mark.parametrize("heat", [True, False], ids=["heat", "boxes"])
@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("the dog", "dog"),
        ("the red cat", "red cat"),
        ("the blue cat", "blue cat"),
        ("the leftmost cat", "red cat"),
        ("the cat on the right", "blue cat"),
        ("the cat on the table", "blue cat"),
        ("the cat to the left of the dog", "red cat"),
        ("the second cat from the left", "blue cat"),
        ("the cat right of the red cat", "blue cat"),
    ],
)
def test_the_shared_rules_decide_which_one_is_meant(heat, phrase, name):
    found = find(Selector(Known(heat)), phrase)
    assert overlap(found.region.mask, name) > 0.8
    assert found.region.source == "grounded" and found.region.mask.shape == (120, 200)


def test_counts_and_runners_up():
    assert overlap(find(Selector(Known(True)), "all cats").region.mask, "red cat") < 0.6
    both = find(Selector(Known(True)), Query(noun="cats", count="all"))
    assert both.region.share == pytest.approx(2 * 900 / 24000, rel=0.15)
    one = find(Selector(Known(True)), Query(noun="cat", count="one"))
    assert len(one.candidates) == 2 and any("2 of" in n for n in one.notes)
    assert any("Only 2" in n for n in find(Selector(Known(True)), Query(noun="cats", count=5)).notes)


def test_things_that_only_the_whole_phrase_points_at_are_preferred():
    grounder = Known(True, whole_phrases=True)
    grey = replace(drawn(), pixels=np.full((120, 200, 3), 90, np.uint8))
    selector = Selector(grounder)
    seeing = selector.analyse(grey, Reporter())
    query = Query(noun="cat", relation=Relation(type="near", anchor="moon"))
    with pytest.raises(TargetNotFound, match="moon"):
        selector.select(grey, seeing, query, Reporter())
    things = seeing.things(Query(noun="cat", attributes=("blue",)))
    best = max(things.candidates, key=lambda c: c.score)
    assert best.centroid[0] * 200 == pytest.approx(135, abs=6)
    assert {c.score < best.score for c in things.candidates if c is not best} == {True}


def test_a_thing_whose_parts_are_all_pointed_at_is_not_less_than_a_part_of_it():
    seeing = Selector(Known(True)).analyse(drawn(), Reporter())
    (x0, y0, x1, y1), _ = THINGS["dog"]
    middle = (y0 + y1) // 2

    def spot(top: int, low: int, score: float) -> Spot:
        heat = np.zeros((120, 200), np.float32)
        heat[top:low, x0:x1] = score
        return Spot((x0, top, x1, low), score, "dog", heat)

    listed = seeing.candidates([spot(y0, y1, 1.0)], "dog")
    made = seeing._agreed(listed, [spot(y0, middle, 1.0), spot(middle, y1, 0.95)], "dog", only_place=False)
    assert made[0].score > 0.9


def test_what_is_not_there_is_not_found_and_what_is_there_is_named():
    for phrase in ("the giraffe", "the green cat", "the third cat from the left"):
        with pytest.raises(TargetNotFound) as error:
            find(Selector(Known(True)), phrase)
        assert {name for name, _ in error.value.seen} >= {"cat", "dog"} and "--point" in error.value.hint


def test_kin_and_lower_thresholds_are_tried_before_giving_up():
    found = find(Selector(Known(True)), "the puppy")
    assert overlap(found.region.mask, "dog") > 0.8 and any("'dog' instead of 'puppy'" in n for n in found.notes)


def test_background_is_everything_but_the_things():
    found = find(Selector(Known(True)), "the background")
    assert 0.6 < found.region.share < 0.9 and "everything but" in found.notes[0]
    for (x0, y0, x1, y1), _ in THINGS.values():
        assert found.region.mask[y0 + 3 : y1 - 3, x0 + 3 : x1 - 3].mean() < 0.1


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (Query(noun="Cats"), "cat"),
        (Query(noun="ball", attributes=("red",)), "red ball"),
        (Query(noun="cat", position="leftmost"), "leftmost cat"),
        (Query(noun="cat", position="second"), "cat"),
        (Query(noun="cup", relation=Relation(type="on", anchor="the table")), "cup on the table"),
        (Query(noun="person", relation=Relation(type="wearing", anchor="red top")), "person in the red top"),
        (Query(noun="dog", relation=Relation(type="wearing", anchor="hat")), "dog wearing a hat"),
    ],
)
def test_queries_as_words(query, words):
    assert sight.phrase_of(query) == words


def test_persons_are_told_apart_by_the_colour_they_wear(monkeypatch):
    monkeypatch.setitem(THINGS, "red person", THINGS.pop("red cat"))
    monkeypatch.setitem(THINGS, "blue person", THINGS.pop("blue cat"))
    try:
        for colour in ("red", "blue"):
            assert (
                overlap(find(Selector(Known(True)), f"the person in the {colour} top").region.mask, f"{colour} person")
                > 0.8
            )
    finally:
        THINGS["red cat"], THINGS["blue cat"] = THINGS["red person"], THINGS["blue person"]


def test_words_that_no_rule_knows_are_judged_by_clip_where_there_is_one(places):
    said = "cannot judge 'striped'"
    query = Query(noun="cat", attributes=("striped",))
    assert any(said in n for n in find(Selector(Known(True)), query).notes)
    run = pipeline(grounder=places["clipseg"], clip=places["clip"])
    scorer = GroundedSelector()
    scorer.models = run.models
    picture = drawn()
    grounder = Known(True)
    seeing = Sight(picture, picture.pixels, grounder, picture.pixels, scorer=scorer._scorer)
    found = Selector(grounder).select(picture, seeing, query, Reporter())
    assert not any(said in n for n in found.notes) and "striped" in found.region.meta


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> dict[str, str]:
    made = {"clipseg": tiny_models.clipseg, "dino": tiny_vision.grounding_dino, "sam": tiny_vision.sam,
            "sam2": tiny_vision.sam2, "segformer": tiny_vision.segformer, "clip": tiny_models.clip}  # fmt: skip
    return {name: str(make(tmp_path_factory.mktemp(name))) for name, make in made.items()}


def pipeline(**models: str) -> Pipeline:
    chosen = replace(preset("embedded"), selector="grounded")
    return Pipeline(models=Models(chosen, overrides=models))


@pytest.mark.parametrize("grounder", ["clipseg", "dino"])
@pytest.mark.parametrize("segmenter", ["sam", "sam2"])
@pytest.mark.parametrize("size", [(60, 80), (1, 90), (200, 33)], ids=str)
def test_random_weights_of_the_real_classes_end_to_end(places, grounder, segmenter, size):
    rng = np.random.default_rng(3)
    pixels = cv2.resize(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8), size[::-1]).reshape(*size, 3)
    run = pipeline(grounder=places[grounder], segmenter=places[segmenter], clip=places["clip"])
    picture = Picture(pixels)
    for query in (Query(noun="cat"), Query(noun="dog", attributes=("red",)), Query(noun="background")):
        try:
            found = run.select(picture, query)
        except TargetNotFound as error:
            assert error.hint
        else:
            assert found.region.mask.shape == size and np.isfinite(found.region.mask).all()
            assert not found.region.empty and found.region.mask.max() <= 1
    h, w = size
    marked = run.select(picture, make_query(None, [(w // 2, h // 2)], None))
    assert marked.region.mask[h // 2, w // 2] > 0.5 and marked.region.source == "points"
    if h > 8:
        boxed = run.select(picture, make_query(None, None, (2, 3, w - 4, h - 5)))
        assert boxed.region.mask[:3].max() == 0 and boxed.region.source == "box"


def test_clicks_after_the_first_do_not_look_at_the_picture_again(places):
    editor = Editor(np.random.default_rng(0).integers(0, 255, (50, 70, 3), dtype=np.uint8))
    editor._pipeline = run = pipeline(grounder=places["clipseg"], segmenter=places["sam"])
    editor.select(points=[(10, 10)])
    looks = []
    hooks = [
        run.models.get("segmenter")["model"].vision_encoder.register_forward_hook(lambda *_: looks.append("sam")),
        run.models.get("grounder")["model"].clip.vision_model.register_forward_hook(lambda *_: looks.append("clip")),
    ]
    editor.select(points=[(30, 20)])
    editor.select(box=(5, 5, 40, 40))
    for hook in hooks:
        hook.remove()
    assert looks == []


def test_semantic_model_tells_the_subject(places):
    run = pipeline(grounder=places["clipseg"], semantic=places["segformer"])
    picture = drawn()
    try:
        found = run.select(picture, Query(noun="foreground"))
    except TargetNotFound:
        return
    assert found.region.label in ("dog", "cup")


def test_without_models_or_with_marks_outside_it_says_what_to_do(places):
    with pytest.raises(UsageError, match="preset"):
        GroundedSelector().analyse(drawn(), Reporter())
    run = pipeline(grounder=places["clipseg"], segmenter=places["sam"])
    with pytest.raises(InputError, match="outside"):
        run.select(drawn(), make_query(None, [(900, 3)], None))


def test_marks_work_without_a_segmenter(places):
    run = pipeline(grounder=places["clipseg"])
    found = run.select(drawn(), make_query(None, None, (48, 58, 98, 112)))
    assert overlap(found.region.mask, "dog") > 0.6
