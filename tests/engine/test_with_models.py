"""The pipeline with models: who is chosen, what the record says, what happens when memory ends."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import numpy as np
import pytest

import finetouch
from finetouch.engine.choose import choose_editor
from finetouch.engine.models import Models
from finetouch.engine.pipeline import Options, Pipeline
from finetouch.errors import NeedsGenerator, OutOfMemory, TargetNotFound, UsageError
from finetouch.hub.presets import preset
from finetouch.types import EditPlan, EditStep, Picture, Query, Region

torch = pytest.importorskip("torch")

import tiny_models  # noqa: E402

sys.path.append(str(Path(__file__).parents[1] / "select"))
import tiny_vision  # noqa: E402

REPLACE = EditPlan(
    steps=(EditStep(op="replace", target="ball", result="cat", params={"steps": 2}),), instruction="test"
)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    make = tmp_path_factory.mktemp
    return {
        "inpaint": str(tiny_models.stable_diffusion(make("sd"))),
        "grounder": str(tiny_models.clipseg(make("seg"))),
    }


@pytest.fixture
def ball() -> tuple[Picture, Region]:
    rng = np.random.default_rng(2)
    mask = np.zeros((48, 64), np.float32)
    mask[14:34, 20:44] = 1
    return Picture(rng.integers(90, 160, (48, 64, 3), dtype=np.uint8)), Region.of(mask, "ball")


def test_a_model_given_by_hand_brings_its_methods(places):
    step = REPLACE.steps[0]
    plain = preset("embedded")
    with pytest.raises(NeedsGenerator):
        choose_editor(step, plain, None, False, Models(plain))
    given = Models(plain, overrides={"inpaint": places["inpaint"]})
    assert "inpaint" in choose_editor(step, plain, None, False, given).roles
    with pytest.raises(UsageError, match="needs a model for the role 'inpaint'"):
        choose_editor(step, plain, "inpaint", False).make(Models(plain))


def test_the_hint_names_presets_that_can(coffee):
    with pytest.raises(NeedsGenerator) as caught:
        finetouch.edit(coffee, "replace the cup with a vase")
    hint = caught.value.hint
    able = {s for s in ("lab", "sd15", "sdxl") if s in hint}
    assert able and "pip install 'finetouch[diffusion]'" in hint and "yet" not in hint
    for name in able:
        assert set(choose_editor(REPLACE.steps[0], preset(name), None, False).roles) <= set(preset(name).roles)


def test_the_record_names_what_was_used_and_only_that(places, ball):
    picture, region = ball
    pipeline = Pipeline("sd15", models={**places, "clip": "me/clip"})
    result = pipeline.run(picture, REPLACE, Options(region=region, seed=1, verify=False))
    record = result.provenance
    assert set(record.models) == {"inpaint"} and record.models["inpaint"] == pipeline.models.identity("inpaint")
    assert record.overrides == {**places, "clip": "me/clip"} and {"torch", "diffusers"} <= set(record.versions)
    assert result.outside_change.clean and any("CPU" in s for s in result.report) == (pipeline.device == "cpu")
    bright = EditPlan(steps=(EditStep(op="global", params={"brightness": 0.3}),))
    plain = pipeline.run(picture, bright, Options(verify=False))
    assert plain.provenance.models == {} and "torch" not in plain.provenance.versions


def test_a_second_look_at_the_same_picture_is_in_the_record_too(places, ball, tmp_path):
    picture, _ = ball
    models = {"grounder": places["grounder"], "segmenter": str(tiny_vision.sam(tmp_path / "sam"))}
    pipeline = Pipeline("sd15", models=models)
    for _ in range(2):
        pipeline.models.used = set()
        with contextlib.suppress(TargetNotFound):
            pipeline.select(picture, Query(noun="ball"))
        assert {"grounder", "segmenter"} <= pipeline.models.used
    assert len(pipeline._analyses) == 1, "the picture was looked at once"


def test_pipelines_can_share_models(places, ball):
    picture, region = ball
    models = Models(preset("sd15"), "cpu", places)
    options = Options(region=region, seed=1, verify=False)
    first = Pipeline(models=models).run(picture, REPLACE, options)
    loaded = models.get("inpaint")
    editor = finetouch.Editor(picture, models=models)
    again = editor.apply(REPLACE, region=region, seed=1, verify=False)
    assert models.get("inpaint") is loaded
    np.testing.assert_array_equal(first.picture.pixels, again.picture.pixels)


def test_memory_that_ends_at_work_is_an_error_and_no_end(places, ball):
    picture, region = ball
    pipeline = Pipeline("sd15", models=places)
    pipeline.models.get("inpaint")

    def full(_step, _value):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    options = Options(region=region, seed=1, verify=False)
    with pytest.raises(OutOfMemory) as caught:
        pipeline.run(picture, REPLACE, Options(region=region, seed=1, verify=False, hooks={"area": full}))
    assert caught.value.hint and pipeline.models._used_bytes() == 0 and not pipeline._analyses
    assert pipeline.run(picture, REPLACE, options).outside_change.clean

    def broken(_step, _value):
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        pipeline.run(picture, REPLACE, Options(region=region, hooks={"area": broken}))


def test_options_that_do_not_exist_are_refused(ball):
    with pytest.raises(TypeError, match="colour"):
        finetouch.edit(ball[0], "make it brighter", colour="red")
    result = finetouch.edit(ball[0], "make it brighter", seed=4, verify=False)
    assert result.provenance.seed == 4
