"""FLUX Fill and plain FLUX through the public path, at tiny size."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest

from finetouch.engine.pipeline import Options, Pipeline
from finetouch.errors import BrokenOutput, Cancelled
from finetouch.types import EditPlan, EditStep, Picture, Region, Reporter

torch = pytest.importorskip("torch")

import tiny_flux  # noqa: E402

PIXELS = np.random.default_rng(1).integers(0, 256, (50, 70, 3), dtype=np.uint8)


@pytest.fixture(scope="module", params=[True, False], ids=["fill", "plain"])
def place(request, tmp_path_factory) -> str:
    return str(tiny_flux.flux(tmp_path_factory.mktemp("flux"), request.param))


def run(place: str, report: Reporter | None = None, pipeline: Pipeline | None = None, **params):
    mask = np.zeros((50, 70), np.float32)
    mask[15:35, 20:40] = 1
    step = EditStep(op="replace", target="ball", result="red cat", params={"steps": 3, **params})
    options = Options(method="inpaint", seed=4, region=Region(mask, "ball", source="mask"), verify=False)
    pipeline = pipeline or Pipeline("embedded", models={"inpaint": place})
    return pipeline.run(Picture(PIXELS), EditPlan(steps=(step,)), options, report)


def test_only_the_place_changes_and_the_seed_reproduces(place):
    a, b = run(place), run(place)
    np.testing.assert_array_equal(a.picture.pixels, b.picture.pixels)
    assert a.outside_change.clean and (a.picture.pixels != PIXELS).any()
    facts = a.steps[0].facts
    assert facts["guidance"] == 30.0 and all(s % 4 == 0 for s in facts["working_size"])
    assert (run(place, guidance=2.0).picture.pixels != a.picture.pixels).any()


def test_long_prompts_are_cut_and_it_is_said(place):
    assert any("left out" in n for n in run(place, prompt="a red cat of the tree " * 8).report)


def test_every_step_is_reported_and_cancel_stops(place):
    seen, cancel = [], Event()

    def listen(progress):
        if progress.stage == "denoise":
            seen.append(progress.step)
            assert progress.preview is not None and progress.preview.shape[2] == 3 and progress.total == 6
            if progress.step == 2:
                cancel.set()

    with pytest.raises(Cancelled):
        run(place, Reporter(listen, cancel), steps=6)
    assert seen == [1, 2]


def test_broken_weights_are_an_error(place):
    pipeline = Pipeline("embedded", models={"inpaint": place})
    vae = pipeline.models.get("inpaint")["vae"]
    vae.decoder.conv_out.bias.data.fill_(float("nan"))
    with pytest.raises(BrokenOutput):
        run(place, pipeline=pipeline)
