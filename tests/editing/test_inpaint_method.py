"""Repainting through the public path: what may change, in which words, at which size, and who judges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch.contracts import Scene
from finetouch.editing import _judging, _repaint
from finetouch.editing._repaint import growth_px, prompt_for, repaint_area, same_kind, with_article
from finetouch.engine.models import Models
from finetouch.engine.pipeline import Options, Pipeline
from finetouch.errors import DependencyMissing, FinetouchError, UsageError
from finetouch.hub.presets import Place, Role, preset, read_presets
from finetouch.imaging.crop import CropZoom
from finetouch.types import EditPlan, EditStep, Picture, Region, Relation, Reporter

torch = pytest.importorskip("torch")

import tiny_models  # noqa: E402


def scene(width: int = 96, height: int = 64, box=(30, 20, 50, 44)) -> tuple[Picture, Region]:
    rng = np.random.default_rng(2)
    pixels = rng.integers(90, 160, (height, width, 3), dtype=np.uint8)
    mask = np.zeros((height, width), np.float32)
    x0, y0, x1, y1 = box
    ys, xs = np.mgrid[:height, :width]
    inside = ((xs - (x0 + x1 - 1) / 2) / ((x1 - x0) / 2)) ** 2 + ((ys - (y0 + y1 - 1) / 2) / ((y1 - y0) / 2)) ** 2 <= 1
    mask[inside] = 1.0
    pixels[inside] = (200, 40, 40)
    return Picture(pixels), Region(mask, "ball", source="mask")


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> dict[str, str]:
    make = tmp_path_factory.mktemp
    return {
        "nine": str(tiny_models.stable_diffusion(make("nine"), 9)),
        "four": str(tiny_models.stable_diffusion(make("four"), 4)),
        "xl": str(tiny_models.stable_diffusion_xl(make("xl"))),
        "clip": str(tiny_models.clip(make("clip"))),
        "clipseg": str(tiny_models.clipseg(make("clipseg"))),
    }


def run(models: dict[str, str], step: EditStep):
    shown, ball = scene()
    params = {"steps": 3, **step.params}
    plan = EditPlan(steps=(step.model_copy(update={"params": params}),), instruction="test")
    chosen = Options(method="inpaint", seed=5, region=None if step.op == "add" else ball, verify=False)
    return Pipeline("embedded", models=models).run(shown, plan, chosen)


REPLACE = EditStep(op="replace", target="ball", result="cat")
STEPS = [
    REPLACE,
    EditStep(op="remove", target="ball"),
    EditStep(op="recolor", target="ball", color="blue"),
    EditStep(op="add", result="cup", position="center"),
]


@pytest.mark.parametrize(
    ("step", "words", "unwanted"),
    [
        (REPLACE, "a cat", _repaint.NEGATIVE),
        (EditStep(op="replace", target="dog", result="orange cat"), "an orange cat", _repaint.NEGATIVE),
        (EditStep(op="replace", target="dog", result="two cats"), "two cats", _repaint.NEGATIVE),
        (EditStep(op="replace", target="dog", result="flowers"), "flowers", _repaint.NEGATIVE),
        (
            EditStep(op="add", result="cup", relation=Relation(type="on", anchor="table")),
            "a cup on the table",
            _repaint.NEGATIVE,
        ),
        (
            EditStep(op="add", result="red hat", relation=Relation(type="wearing", anchor="dog")),
            "a red hat on the dog",
            _repaint.NEGATIVE,
        ),
        (EditStep(op="recolor", target="car", color="blue", result="blue car"), "a blue car", _repaint.NEGATIVE),
        (EditStep(op="recolor", target="car", color="blue"), "a blue car", _repaint.NEGATIVE),
        (EditStep(op="remove", target="dog"), "empty background", f"dog, {_repaint.NEGATIVE}"),
        (EditStep(op="background", result="beach"), "a beach", _repaint.NEGATIVE),
    ],
)
def test_the_words_for_the_model_come_from_the_plan(step, words, unwanted):
    said = prompt_for(step)
    assert (said.text, said.negative) == (words, unwanted)
    assert prompt_for(step, "mine", "") == _repaint.Prompt("mine", "")


@pytest.mark.parametrize("op", ["remove", "replace"])
def test_a_preset_says_which_words_its_model_must_not_hear(op):
    step = EditStep(op=op, target="dog", result="cat")
    facts = {"negative": "", "remove_prompt": "nothing"}
    said = prompt_for(step, facts=facts)
    assert said.negative == ""
    assert said.text == ("nothing" if op == "remove" else "a cat")
    assert prompt_for(step, "mine", "ugly", facts) == _repaint.Prompt("mine", "ugly")


def test_a_preset_says_whether_its_model_hears_what_a_new_thing_stands_by():
    step = EditStep(op="add", result="red hat", relation=Relation(type="wearing", anchor="dog"))
    assert prompt_for(step, facts={"name_anchor": False}).text == "a red hat"
    assert prompt_for(step, facts={"name_anchor": True}).text == "a red hat on the dog"


def test_of_removals_the_one_most_like_the_others_wins():
    area = np.zeros((12, 12), np.float32)
    area[3:9, 3:9] = 1
    empty = [np.full((12, 12, 3), v, np.uint8) for v in (100, 104, 96)]
    invented = empty[0].copy()
    invented[4:8, 4:8] = (250, 0, 0)
    step = EditStep(op="remove", target="dog")
    best, judge, scores = _judging.rank(None, [invented, *empty], area, step, "empty", Reporter())
    assert (best, judge) == (1, "agreement")
    assert min(scores) == scores[0]


@given(st.text(max_size=20))
def test_articles_never_fail(words):
    assert with_article(words).endswith(words.strip())


@pytest.mark.parametrize(
    ("side", "op", "picture", "px"),
    [(400, "replace", 1000, 8), (400, "remove", 1000, 12), (50, "replace", 600, 5), (5000, "replace", 6000, 50),
     (20, "replace", 64, 1), (20, "remove", 64, 2)],
)  # fmt: skip
def test_growth_follows_the_size_of_the_thing(side, op, picture, px):
    mask = np.zeros((side + 20, side + 20), np.float32)
    mask[10 : 10 + side, 10 : 10 + side] = 1
    assert growth_px(mask, op, picture) == px
    assert growth_px(np.zeros((5, 5), np.float32), op, picture) == 0


def test_only_another_thing_gets_free_room():
    assert same_kind(EditStep(op="replace", target="car", result="red sports cars"))
    assert not same_kind(REPLACE)
    picture, ball = scene()

    def area(step: EditStep, shape: str = "auto", **more) -> np.ndarray:
        return repaint_area(Scene(picture, ball, step, None, **more), shape, None, 2.0).mask > 0.5

    solid = ball.mask > 0.5
    box_like, kept = area(REPLACE), area(EditStep(op="replace", target="ball", result="blue ball"))
    ys, xs = np.nonzero(box_like)
    assert box_like.sum() == (np.ptp(ys) + 1) * (np.ptp(xs) + 1)
    assert (kept & ~box_like).sum() == 0 and kept.sum() < box_like.sum() and (solid & ~kept).sum() == 0
    np.testing.assert_array_equal(area(REPLACE, "keep"), kept)
    assert area(REPLACE, "keep", grow=9).sum() > kept.sum()


def test_new_things_stand_where_they_were_asked_for():
    picture, _ = scene()
    empty = Region(np.zeros((64, 96), np.float32))
    table = Region.of(np.zeros((64, 96), bool))
    table.mask[40:60, 10:50] = 1

    def box(step: EditStep, **more) -> tuple[int, int, int, int]:
        found = repaint_area(Scene(picture, empty, step, None, select=lambda _: table, **more), "auto", None, 0.0).box
        assert found is not None
        return found

    on = box(EditStep(op="add", result="cup", relation=Relation(type="on", anchor="table")))
    assert on[3] <= 50 and 10 <= (on[0] + on[2]) / 2 <= 50 and on[3] - on[1] <= 12
    for kind, good in (("left_of", False), ("right_of", True)):
        step = EditStep(op="add", result="cup", relation=Relation(type=kind, anchor="table"))
        area = repaint_area(Scene(picture, empty, step, None, select=lambda _: table), "auto", None, 0.0)
        assert area.mask.any() and not (np.minimum(area.mask, table.mask) > 0).any()
        assert not good or area.box[0] >= 50
    left = box(EditStep(op="add", result="cup", position="top-left"))
    assert left[0] < 20 and left[1] < 20
    assert box(EditStep(op="add", result="cup", box=(5, 6, 20, 30))) == (5, 6, 20, 30)


@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_crops_at_the_models_size_hold_their_box_and_come_back(width, height, data):
    x0, y0 = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    x1, y1 = data.draw(st.integers(x0 + 1, width)), data.draw(st.integers(y0 + 1, height))
    side, multiple = data.draw(st.sampled_from([(32, 8), (64, 16), (512, 64)]))
    zoom = CropZoom.to_side((x0, y0, x1, y1), (width, height), side, multiple)
    a, b, c, d = zoom.box
    assert 0 <= a <= x0 and 0 <= b <= y0 and x1 <= c <= width and y1 <= d <= height
    assert all(s % multiple == 0 and multiple <= s <= 2 * side for s in zoom.size)
    if 0.5 < (c - a) / (d - b) < 2:
        assert zoom.size[0] * zoom.size[1] == pytest.approx(side * side, rel=0.5)
    picture = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    crop = zoom.cut(picture)
    assert crop.shape == (zoom.size[1], zoom.size[0], 3)
    assert zoom.restore(crop).shape == (d - b, c - a, 3)
    if zoom.size == zoom.native:
        np.testing.assert_array_equal(zoom.restore(crop), picture[b:d, a:c])


def test_a_small_thing_is_zoomed_up_to_the_models_size(places):
    picture, ball = scene(400, 300, (200, 100, 212, 110))
    role = Role("inpaint", place=Place(folder=Path(places["nine"])), facts={"native_size": 64})
    made = replace(preset("embedded"), roles={"inpaint": role})

    def facts(region: Region) -> tuple[dict, tuple[str, ...]]:
        plan = EditPlan(steps=(REPLACE.model_copy(update={"params": {"steps": 1}}),))
        options = Options(method="inpaint", seed=1, region=region, verify=False)
        done = Pipeline(models=Models(made)).run(picture, plan, options)
        return done.steps[0].facts, done.report

    small, _ = facts(ball)
    assert small["working_size"] == [64, 64] and small["scale"] > 1.3
    large, said = facts(Region.full(300, 400))
    assert large["scale"] < 0.2 and any("% of its size" in n for n in said)


@pytest.mark.parametrize("model", ["nine", "four", "xl"])
@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.op)
def test_nothing_outside_changes_and_the_seed_reproduces(places, model, step):
    a, b = (run({"inpaint": places[model]}, step) for _ in range(2))
    assert a.outside_change.clean and (a.picture.pixels != a.before.pixels).any()
    np.testing.assert_array_equal(a.picture.pixels, b.picture.pixels)
    changed = (a.picture.pixels != a.before.pixels).any(axis=2)
    assert not changed[a.steps[0].area.mask == 0].any()
    assert a.provenance.models["inpaint"].startswith(places[model])
    usual = 0.75 if step.op == "recolor" else 0.99 if model == "xl" else 1.0
    assert a.steps[0].facts["strength"] == usual


def test_several_candidates_are_judged(places):
    step = EditStep(op="replace", target="ball", result="cat", params={"candidates": 3})
    judged = run({"inpaint": places["nine"], "clip": places["clip"]}, step)
    facts = judged.steps[0].facts
    assert facts["judge"] == "clip" and len(facts["scores"]) == 3
    assert any(f"number {1 + int(np.argmax(facts['scores']))}" in n for n in judged.report)
    looked = run({"inpaint": places["nine"], "grounder": places["clipseg"]}, step)
    assert looked.steps[0].facts["judge"] == "grounder"
    alone = run({"inpaint": places["nine"]}, step)
    assert "judge" not in alone.steps[0].facts and any("took the first" in n for n in alone.report)
    plain = run({"inpaint": places["nine"]}, REPLACE)
    first = run({"inpaint": places["nine"]}, step)
    assert first.steps[0].facts["seed"] == plain.steps[0].facts["seed"]


def test_few_steps_with_an_add_on_or_with_a_model_of_its_own(places, tmp_path):
    step = EditStep(op="replace", target="ball", result="cat", params={"fast": True, "steps": 2})
    with pytest.raises(UsageError, match="few-step"):
        run({"inpaint": places["nine"]}, step)
    other = run({"inpaint": places["nine"], "lcm": places["four"]}, step)
    assert other.outside_change.clean and other.steps[0].facts["steps"] == 2
    tiny_models.lora(tmp_path / "add", tiny_models.unet(9))
    roles = {
        "inpaint": {"class": "diffusers.StableDiffusionInpaintPipeline", "folder": places["nine"],
                    "loras": {"lcm": {"folder": str(tmp_path / "add")}}},
    }  # fmt: skip
    made = read_presets(tiny_models.preset_text("made", roles), tmp_path)["made"]

    def by(fast: bool) -> np.ndarray:
        picture, ball = scene()
        params = {"fast": fast, "steps": 2, "scheduler": "lcm", "guidance": 1.5}
        plan = EditPlan(steps=(step.model_copy(update={"params": params}),))
        options = Options(method="inpaint", seed=1, region=ball, verify=False)
        return Pipeline(models=Models(made)).run(picture, plan, options).picture.pixels

    assert (by(True) != by(False)).any()


def test_the_attention_remover_needs_four_channels(places):
    step = EditStep(op="remove", target="ball", params={"remover": "attention"})
    with pytest.raises(UsageError, match="four input channels"):
        run({"inpaint": places["nine"]}, step)
    done = run({"inpaint": places["nine"], "generate": places["four"]}, step)
    assert done.outside_change.clean and done.steps[0].facts["strength"] == 0.8


def test_what_the_model_cannot_read_is_said(places):
    step = EditStep(op="replace", target="ball", result="cat " * 30)
    done = run({"inpaint": places["nine"]}, step)
    assert any("left out" in n for n in done.report)


def test_every_knob_counts(places):
    usual = run({"inpaint": places["nine"]}, REPLACE).picture.pixels
    for params in ({"prompt": "a red tree"}, {"negative": "dog"}, {"guidance": 2.0}, {"strength": 0.5},
                   {"scheduler": "ddim"}, {"steps": 4}, {"shape": "keep"}, {"zoom": False}):  # fmt: skip
        other = run({"inpaint": places["nine"]}, REPLACE.model_copy(update={"params": params})).picture.pixels
        assert (other != usual).any(), params


def test_progress_has_every_step_with_previews(places):
    seen = []
    picture, ball = scene()
    plan = EditPlan(steps=(REPLACE.model_copy(update={"params": {"steps": 6}}),))
    options = Options(method="inpaint", seed=1, region=ball, verify=False)
    Pipeline("embedded", models={"inpaint": places["nine"]}).run(picture, plan, options, Reporter(seen.append))
    steps = [p for p in seen if p.stage == "denoise"]
    assert [p.step for p in steps] == [1, 2, 3, 4, 5, 6] and steps[-1].total == 6
    assert all(p.preview is not None for p in steps)


def test_absent_weights_and_an_unfit_model_are_refused(places, tmp_path):
    for models in ({}, {"inpaint": str(tiny_models.language_model(tmp_path))}, {"inpaint": str(tmp_path / "nothing")}):
        with pytest.raises((FinetouchError, DependencyMissing)) as error:
            run(models, REPLACE)
        assert error.value.hint


def test_nothing_heavy_is_imported_to_know_the_method():
    import subprocess
    import sys

    code = "import sys, finetouch; from finetouch import registry; registry.load(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_methods_without_a_model_stay_first_where_they_are_better():
    from finetouch.engine.choose import choose_editor

    lab = replace(preset("embedded"), name="lab", roles={"inpaint": None})
    for step, name in (
        (EditStep(op="recolor", target="car", color="blue", result="blue car"), "recolor"),
        (EditStep(op="background", color="white", params={"kind": "color"}), "background"),
        (EditStep(op="move", target="car", params={"direction": "left"}), "transform"),
        (EditStep(op="background", target="background", result="beach"), "inpaint"),
        (REPLACE, "inpaint"),
        (EditStep(op="remove", target="ball"), "inpaint"),
        (EditStep(op="add", result="cup"), "inpaint"),
    ):
        assert choose_editor(step, lab, None, has_reference=False).name == name
    assert choose_editor(REPLACE, lab, None, has_reference=True).name == "paste"
