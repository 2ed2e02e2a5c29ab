"""Bench, ablation and tuning of CLIP-guided editing on lab scenes with tiny random models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("optuna")

import tiny_models  # noqa: E402
from finetouch.errors import UsageError  # noqa: E402
from finetouch.evaluate import clip_guided, guided_cases  # noqa: E402
from finetouch.evaluate.guided_cases import Figures, Made, Room, cases  # noqa: E402
from finetouch.tune import clip_guided as tuning  # noqa: E402
from finetouch.tune import study as studies  # noqa: E402

QUICK = {"steps": 2, "copies": 1}


def judge(folder: Path) -> Path:
    """The judge's class with the lab's names, untrained."""
    from transformers import UperNetForSemanticSegmentation

    from finetouch.train.lab import judge as recipe
    from finetouch.train.lab.scale import SCALES
    from finetouch.train.lab.segformer import image_processor

    torch.manual_seed(5)
    made = recipe.build(SCALES["cpu"])
    assert isinstance(made, UperNetForSemanticSegmentation)
    made.save_pretrained(str(folder))
    image_processor(64).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Room:
    make = tmp_path_factory.mktemp
    return Room("embedded", {
        "generate": str(tiny_models.stable_diffusion(make("four"), 4)), "clip": str(tiny_models.clip(make("clip"))),
        "inpaint": str(tiny_models.stable_diffusion(make("nine"), 9)), "judge": str(judge(make("judge"))),
        "semantic": str(tiny_models.segformer(make("semantic"))),
        "perceptual": str(tiny_models.segformer(make("look"))),
    })  # fmt: skip


@pytest.fixture(scope="module")
def listed():
    return list(cases(2))


def test_cases_are_of_their_split_and_large_enough(listed):
    assert [c.edit.kind for c in listed] == ["replace", "recolor"]
    assert all(c.thing.sum() >= guided_cases.SMALLEST for c in listed)
    other = list(cases(2, "validation"))
    assert {c.edit.before.seed for c in listed}.isdisjoint(c.edit.before.seed for c in other)


def test_the_background_is_measured_before_the_paste(room, listed):
    made = room.edit(listed[0], **QUICK)
    assert not made.error and made.changed == 0 and made.facts["losses"]
    loose, same = room.figures([made]), room.figures([Made(listed[0], listed[0].before)])
    assert loose.psnr is not None and loose.psnr < 60 and loose.lpips > 0
    assert same.psnr is None and same.lpips is None, "no crop, nothing to measure"
    (box, pixels) = made.crop
    untouched = Made(listed[0], listed[0].before, (box, listed[0].before[box[1] : box[3], box[0] : box[2]]), made.area)
    held = room.figures([untouched])
    assert held.psnr > 70 and held.lpips == pytest.approx(0, abs=1e-6) and pixels.shape[2] == 3


def test_what_lies_in_the_mask_does_not_count_as_background(room, listed):
    case = listed[0]
    x0, y0, x1, y1 = 0, 0, case.before.shape[1], case.before.shape[0]
    painted = np.where(case.mask[..., None], 255 - case.before, case.before)
    held = room.figures([Made(case, painted, ((x0, y0, x1, y1), painted))])
    assert held.psnr > 70


def test_image_to_image_is_the_same_sampler_without_any_of_it(room, listed):
    made = room.whole(listed[0], 0.5, **QUICK)
    assert made.facts["variant"] == "free" and made.facts["losses"] == [] and made.facts["skip"] == 1
    assert made.changed > 0, "nothing was put back"


def test_the_bench_has_its_rows_and_says_what_is_reached(room, monkeypatch):
    monkeypatch.setattr(clip_guided, "Room", lambda *_: room)
    parts = ("both", "every lambda 0", "zero-shot inpainting", "image to image, 0.50", "gold picture", "choice")
    table = clip_guided.run("embedded", 2, only=parts, steps=2)
    assert set(table.rows) == set(parts) - {"choice"} and all(r.failed == 0 for r in table.rows.values())
    assert {"mask choice", "success", "background LPIPS / image to image's"} <= set(table.facts)
    document = json.loads(json.dumps(table.to_json()))
    assert document["reached"].keys() <= document["facts"].keys()
    text = table.render()
    assert text.count("\n") > 8 and "zero-shot inpainting" in text
    with pytest.raises(UsageError, match="no part 'x'"):
        clip_guided.run("embedded", 2, only=("x",))


def test_costs_are_measured_against_a_plain_step(room, listed):
    found = clip_guided.cost(room, listed[0], rounds=1)
    assert found["UNet steps per guided step"] == 3.0
    assert found["guided step / plain step"] > 1 and 0 < found["memory with savers"] < 1


def test_the_ablation_writes_table_plot_and_sheet(room, monkeypatch, tmp_path):
    monkeypatch.setattr(clip_guided, "Room", lambda *_: room)
    only = ("local", "local, background off", "local, CLIP off")
    table = clip_guided.ablate("embedded", 2, tmp_path / "out", steps=2, only=only)
    assert set(table.rows) == set(only)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"table.md", "pareto.png", "sheet.png"}
    assert "outside distance without background terms / with" in table.facts
    with pytest.raises(UsageError, match="no setting"):
        clip_guided.ablate("embedded", 2, tmp_path, only=("x",))


def test_each_setting_of_the_grid_is_one_that_the_method_knows():
    from finetouch.editing.clip_guided import ClipGuidedParams

    for name, params in clip_guided.grid(20).items():
        assert ClipGuidedParams.model_validate({"steps": 20, **params}), name


def test_targets_are_judged_by_the_figures():
    row = lambda success, lpips: Figures(4, success, success, 1, 0, 30, lpips, 1, 0, 0, 1)  # noqa: E731
    table = clip_guided.Table({"both": row(0.8, 0.02), "image to image, 0.50": row(0.5, 0.05),
                               "image to image, 0.80": row(0.9, 0.2)})  # fmt: skip
    clip_guided._judge(table)
    assert table.facts["background LPIPS / image to image's"] == pytest.approx(0.1), "the one as successful counts"
    assert table.reached == {"success": True, "background LPIPS / image to image's": True}


def test_tuning_measures_and_chooses(room, monkeypatch, tmp_path):
    monkeypatch.setattr(tuning, "Room", lambda *_: room)
    job = tuning.Job("embedded", edits=1, steps=2, storage=f"sqlite:///{tmp_path}/t.db", trials=2, fixed={"copies": 1})
    trials = tuning.run(job)
    assert len(trials) == 2 and set(trials[0].params) == {"lambda_clip", "lambda_lpips", "lambda_l2", "guidance"}
    assert trials[0].params["lambda_clip"] == tuning.STARTS[0]["lambda_clip"]
    best = studies.chosen(trials, 10.0)
    values = tuning.defaults(best, job)
    assert values["steps"] == 2 and values["copies"] == 1 and "lambda_l2" in values
    tuning.picture(trials, best, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").is_file()
    assert len(tuning.run(job)) == 2, "nothing is left to do"


def test_chosen_numbers_become_the_presets_defaults():
    import tomllib

    from finetouch.editing.clip_guided import ClipGuidedParams, settle

    text = tuning.toml(tuning.Job("lab"), {"steps": 20, "lambda_clip": 0.3, "through": "frozen"})
    head, _, body = text.partition("  ")
    assert head == "[lab.roles.generate.facts.clip_guided]"
    settled = settle(ClipGuidedParams(), tomllib.loads(f"x = {body}")["x"], pixels=False)
    assert (settled["steps"], settled["lambda_clip"], settled["through"]) == (20, 0.3, "frozen")
