"""Phrases to places: captions, labels, thresholds, heat maps; against the classes' own post-processing."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch.errors import UsageError
from finetouch.select import grounders
from finetouch.select.grounders import Spot

torch = pytest.importorskip("torch")

import tiny_vision  # noqa: E402
from transformers import AutoTokenizer, CLIPSegForImageSegmentation, GroundingDinoForObjectDetection  # noqa: E402

import tiny_models  # noqa: E402


@pytest.mark.parametrize(
    ("phrases", "words"),
    [
        (["A Cat", "dogs."], "a cat. dogs."),
        (["red  car "], "red car."),
        (["St. Bernard", ""], "st bernard."),
        ([], ""),
    ],
)
def test_captions(phrases, words):
    assert grounders.caption(phrases) == words


@given(st.lists(st.text(max_size=12), max_size=5))
def test_a_caption_has_one_dot_for_every_phrase_that_has_words(phrases):
    said = grounders.caption(phrases)
    assert said.count(".") == sum(bool(p.lower().replace(".", " ").split()) for p in phrases)


def test_tokens_belong_to_the_phrase_they_stand_in():
    ids = [2, 6, 10, 5, 11, 5, 3]
    assert grounders.segments(ids, 5, [2, 3]).tolist() == [-1, 0, 0, -1, 1, -1, -1]


def test_detections_are_those_of_the_processor_and_no_label_is_merged(tmp_path):
    from transformers import GroundingDinoImageProcessorPil, GroundingDinoProcessor

    tokenizer = tiny_vision.tokenizer(tmp_path)
    processor = GroundingDinoProcessor(GroundingDinoImageProcessorPil(), tokenizer)
    ids = torch.tensor([tokenizer("a cat. dog.")["input_ids"]])
    rng = np.random.default_rng(0)
    logits = rng.normal(-2.5, 2, (30, 32)).astype(np.float32)
    logits[:, ids.shape[1] :] = -60.0
    owner = grounders.segments(ids[0].tolist(), tiny_vision.WORDS.index("."), tokenizer.all_special_ids)
    for position in np.flatnonzero(owner < 0):  # the class masks these tokens itself
        logits[:, position] = -60.0
    boxes = rng.uniform(0.2, 0.8, (30, 4)).astype(np.float32)
    out = SimpleNamespace(logits=torch.from_numpy(logits)[None], pred_boxes=torch.from_numpy(boxes)[None])
    theirs = processor.post_process_grounded_object_detection(out, ids, 0.35, 0.25)[0]
    ours = grounders.detections(logits, boxes, owner, 0.35)
    np.testing.assert_allclose([s for _, _, s in ours], theirs["scores"].numpy(), atol=1e-6)
    labels = [("a cat", "dog")[p] for _, p, _ in ours]
    merged = 0
    for own, label in zip(labels, theirs["text_labels"], strict=True):
        words = set(label.replace(".", " ").split())
        assert words & set(own.split())
        merged += bool(words - set(own.split()))
    assert merged, "the example must have a label that the processor merges"


def test_overlapping_and_whole_picture_boxes_go():
    spots = [
        Spot((0, 0, 10, 10), 0.9, "a"), Spot((1, 0, 10, 10), 0.8, "a"), Spot((20, 20, 30, 30), 0.4, "a"),
        Spot((0, 0, 40, 40), 0.95, "a"),
    ]  # fmt: skip
    kept = grounders.suppress(grounders.drop_whole(spots, 40, 40))
    assert [s.score for s in kept] == [0.9, 0.4]
    assert grounders.drop_whole(spots[3:], 40, 40) == spots[3:]


def test_grounding_dino_answers_every_phrase_inside_the_picture(tmp_path, monkeypatch):
    folder = tiny_vision.grounding_dino(tmp_path)
    model = GroundingDinoForObjectDetection.from_pretrained(folder).eval()
    grounder = grounders.make_grounder(model, {"tokenizer": AutoTokenizer.from_pretrained(folder)})
    grounder._how = grounders.Look(shortest=64, longest=128)
    view = grounder.look(np.random.default_rng(1).integers(0, 255, (50, 90, 3), dtype=np.uint8))
    monkeypatch.setattr(grounders, "BOX_AGAIN", 0.0)
    answers = grounder.ask(view, ["red cat", "dog"], again=True)
    assert len(answers) == 2 and any(answers)
    for spots in answers:
        assert [s.score for s in spots] == sorted((s.score for s in spots), reverse=True)
        assert all(0 <= s.box[0] < s.box[2] <= 90 and 0 <= s.box[1] < s.box[3] <= 50 for s in spots)
    assert all(set(s.label.split()) <= {"red", "cat"} for s in answers[0])
    many = grounder._captions(["red cat on the table"] * 20)
    assert len(many) > 2 and sum(map(len, many)) == 20


def test_features_kept_give_the_same_heat_as_the_whole_model(tmp_path):
    folder = tiny_models.clipseg(tmp_path)
    model = CLIPSegForImageSegmentation.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    grounder = grounders.make_grounder(model, {"tokenizer": tokenizer})
    pixels = np.random.default_rng(2).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    view = grounder.look(pixels)
    phrases = ["red cat", "a photo of the dog"]
    tokens = tokenizer(phrases, padding=True, return_tensors="pt")
    with torch.no_grad():
        whole = model(**tokens, pixel_values=view.tensor.expand(2, -1, -1, -1)).logits.sigmoid().numpy()
    np.testing.assert_allclose(grounder.maps(view, phrases), whole, atol=1e-5)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 30), st.integers(3, 10)), min_size=1, max_size=4),
    st.floats(0.45, 1.0),
)
def test_every_part_of_a_heat_map_is_a_spot_that_covers_it(blobs, strength):
    heat = np.zeros((40, 60), np.float32)
    for x, y, side in blobs:
        heat[y : y + side, x : x + side] = strength
    spots = grounders.heat_spots(heat, "x", (120, 40), 0.4)
    count, labels = cv2.connectedComponents((heat > 0).astype(np.uint8), connectivity=8)
    areas = np.bincount(labels.ravel(), minlength=count)[1:]
    kept = [i for i, a in enumerate(areas, 1) if a >= grounders.CRUMB * areas.max()]
    np.testing.assert_allclose(sum(s.heat for s in spots), np.where(np.isin(labels, kept), heat, 0))
    assert len(spots) == len(kept)
    for s in spots:
        ys, xs = np.nonzero(s.heat)
        assert s.box == (xs.min() * 2, ys.min(), (xs.max() + 1) * 2, ys.max() + 1)
        assert s.score == pytest.approx(strength)
    assert grounders.heat_spots(heat * 0.1, "x", (120, 40), 0.4) == []


def test_other_classes_are_refused_by_name():
    with pytest.raises(UsageError, match="Linear"):
        grounders.make_grounder(torch.nn.Linear(1, 1), {})
