"""The selector that asks a vision-language model: numbered marks, boxes, their checks, and what happens without it."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch.engine.editor import Editor, make_query
from finetouch.engine.models import Models
from finetouch.engine.pipeline import Pipeline
from finetouch.errors import Cancelled, TargetNotFound
from finetouch.hub.presets import preset
from finetouch.imaging import io
from finetouch.plan._vlm_answer import BadAnswer
from finetouch.select import _vlm_marks as marks
from finetouch.select.vlm import VlmSelector, _View
from finetouch.settings import settings
from finetouch.types import Picture, Reporter

pytest.importorskip("torch")

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "plan")]
import tiny_vision
from test_grounded import THINGS, Known, Selector, drawn, overlap
from vlm_server import serve


@pytest.fixture
def use(monkeypatch):
    def settle(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"FINETOUCH_{name.upper()}", str(value))
        settings.cache_clear()

    yield settle
    settings.cache_clear()


def find(phrase: str, inner: Selector | None = None, report: Reporter | None = None):
    picture, inner, report = drawn(), inner or Selector(Known(True)), report or Reporter()
    selector = VlmSelector()
    selector.models = Models(preset("embedded"))
    view = _View(inner, inner.analyse(picture, report))
    return selector.select(picture, view, make_query(phrase, None, None), report)


class Blind(Known):
    """A grounder that knows none of the words."""

    def _one(self, phrase, width, height):
        return []


def shown_to(body: dict) -> np.ndarray:
    url = body["messages"][1]["content"][0]["image_url"]["url"]
    return io.load(base64.b64decode(url.split(",", 1)[1])).pixels


def test_the_model_picks_among_numbered_regions(use):
    picked = []
    for number in (1, 2):
        with serve(json.dumps({"marks": [number]})) as stub:
            use(vlm_url=stub.url)
            found = find("the cat that sleeps")
        body = stub.asked[0]
        assert "numbers from 1 to 2" in body["messages"][1]["content"][1]["text"]
        assert body["response_format"]["json_schema"]["schema"] == marks.mark_schema(2)
        changed = np.abs(shown_to(body).astype(int) - drawn().pixels).max(axis=2) > 60
        for name in ("red cat", "blue cat"):
            (x0, y0, x1, y1), _ = THINGS[name]
            assert changed[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3].mean() > 0.1, f"{name} has no outline or number"
        assert not changed[62:108, 52:93].any(), "what does not have the name is left as it is"
        assert f"number {number} of 2" in found.notes[0] and "stub-vl" in found.region.meta["vlm"]
        assert len(found.candidates) == 2
        picked.append(next(n for n in THINGS if overlap(found.region.mask, n) > 0.8))
    assert sorted(picked) == ["blue cat", "red cat"]


def test_several_and_exceptions(use):
    with serve('{"marks": [2, 1, 2]}') as stub:
        use(vlm_url=stub.url)
        both = find("all cats")
        assert both.region.share == pytest.approx(2 * 900 / 24000, rel=0.15)
        one = find("the sleeping cat")
        assert one.region.share == pytest.approx(900 / 24000, rel=0.15), "one was asked for, the first is taken"
        without = find("everything except the dog")
        assert overlap(without.region.mask, "dog") == 0 and without.region.share > 0.5


def test_a_single_thing_and_marks_by_hand_need_no_question(use):
    with serve('{"marks": []}') as stub:
        use(vlm_url=stub.url)
        assert overlap(find("the dog").region.mask, "dog") > 0.8
        assert find("everything").region.share == 1
    assert not stub.asked


def test_a_box_is_checked_and_cut_out(use):
    (x0, y0, x1, y1), _ = THINGS["dog"]
    box = [1000 * x0 / 200 - 5, 1000 * y0 / 120 - 5, 1000 * x1 / 200 + 5, 1000 * y1 / 120 + 5]
    with serve(json.dumps({"boxes": [box]})) as stub:
        use(vlm_url=stub.url)
        found = find("the animal thing", Selector(Blind(True)))
    assert overlap(found.region.mask, "dog") > 0.7 and "a box it drew" in found.notes[0]
    ys, xs = np.nonzero(found.region.mask)
    assert xs.min() >= x0 - 2 and xs.max() <= x1 + 2 and ys.min() >= y0 - 2 and ys.max() <= y1 + 2
    assert stub.asked[0]["response_format"]["json_schema"]["schema"] == marks.box_schema()


@pytest.mark.parametrize(
    "boxes",
    [[[0, 0, 1000, 1000]], [[5, 5, 5, 900]], [[-4, 0, 30, 40]], [[10, 10, 1800, 40]], [["a", 1, 2, 3]], [[1, 2]]],
)
def test_odd_boxes_are_sent_back_once_then_the_rules_decide(use, boxes):
    with serve('{"marks": []}', json.dumps({"boxes": boxes})) as stub:
        use(vlm_url=stub.url)
        found = find("the leftmost cat")
    assert len(stub.asked) == 3 and "box" in stub.asked[2]["messages"][3]["content"].lower()
    assert overlap(found.region.mask, "red cat") > 0.8
    assert "did not choose" in found.notes[0] and "Two answers" in found.notes[0]


def test_what_the_model_does_not_see_is_not_there(use):
    with serve('{"marks": []}', '{"boxes": []}') as stub:
        use(vlm_url=stub.url)
        with pytest.raises(TargetNotFound, match="does not see"):
            find("the striped cat")


@pytest.mark.parametrize("answer", [500, "no", {"choices": []}, '{"marks": [7]}', '{"marks": "1"}'], ids=str)
def test_without_a_usable_answer_the_rules_decide_and_say_so(use, answer):
    with serve(answer) as stub:
        use(vlm_url=stub.url)
        found = find("the cat on the table")
    assert overlap(found.region.mask, "blue cat") > 0.8 and "'grounded' did" in found.notes[0]
    use(vlm_url="http://127.0.0.1:9/v1", vlm_model="m")
    assert "cannot be reached" in find("the leftmost cat").notes[0]


def test_cancel_stops_the_question(use):
    stop = Event()
    with serve('{"marks": [1]}', wait=3) as stub:
        use(vlm_url=stub.url, vlm_model="slow")

        def listen(progress) -> None:
            if "asking" in progress.message:
                stop.set()

        with pytest.raises(Cancelled):
            find("the sleeping cat", report=Reporter(listen, stop))


@given(st.text(max_size=30) | st.lists(st.integers() | st.floats() | st.text(max_size=3), max_size=6).map(
    lambda rows: json.dumps({"marks": rows, "boxes": [rows, rows]})))  # fmt: skip
def test_no_answer_breaks_the_checks(text):
    try:
        assert all(1 <= n <= 5 for n in marks.read_marks(text, 5))
    except BadAnswer as error:
        assert str(error)
    try:
        for x0, y0, x1, y1 in marks.read_boxes(text, (70, 33)):
            assert 0 <= x0 < x1 and 0 <= y0 < y1 and x1 <= 71 and y1 <= 34
    except BadAnswer as error:
        assert str(error)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 2), (40, 60)], ids=str)
def test_marks_can_be_drawn_on_any_picture(size):
    pixels = np.full((*size, 3), 128, np.uint8)
    out = marks.numbered(pixels, [np.ones(size, np.float32), np.zeros((4, 4), np.float32)])
    assert out.dtype == np.uint8 and max(out.shape) <= 1024 and (pixels == 128).all()


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    import tiny_editors

    make = tmp_path_factory.mktemp
    return {
        "grounder": str(tiny_vision.grounding_dino(make("grounder"))), "segmenter": str(tiny_vision.sam2(make("sam"))),
        "vlm": str(tiny_editors.qwen_vl(make("vlm"))),
    }  # fmt: skip


def test_the_public_path_with_tiny_models(use, places, coffee, monkeypatch):
    from finetouch.plan import _vlm_local

    monkeypatch.setattr(_vlm_local, "TOKENS", 12)
    models = Models(preset("embedded"), overrides=places)
    editor = Editor(coffee, models=models, selector="vlm")
    try:
        found = editor.select("the red cup")
    except TargetNotFound as error:
        assert error.hint
    else:
        assert found.region.mask.shape == coffee.shape[:2] and found.notes
    assert models.used == {"grounder", "segmenter", "vlm"}, "all three were asked"


def test_proposals_come_from_a_grid_of_clicks(use, places, coffee):
    """Nothing has the name, so anything that can be cut out gets a number."""
    models = {r: places[r] for r in ("grounder", "segmenter")}
    pipeline = Pipeline("embedded", models=models, selector="vlm")

    def answer(body):
        return json.dumps({"marks": [1], "boxes": [[300, 300, 600, 700]]})

    with serve(answer) as stub:
        use(vlm_url=stub.url)
        found = pipeline.select(Picture(coffee), make_query("the red cup", None, None))
    assert stub.asked and found.region.mask.shape == coffee.shape[:2] and not found.region.empty
    assert pipeline.selector == "vlm"
    selector = VlmSelector()
    selector.models = Models(preset("embedded"), overrides=models)
    view = selector.analyse(Picture(coffee), Reporter())
    for mark in selector._proposals(Picture(coffee), view, Reporter()):
        assert 0 < mark.mask.mean() <= 0.98 and mark.full().mask.shape == coffee.shape[:2]
