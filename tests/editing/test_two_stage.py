"""The five stages with real classes: each can be looked at, replaced and fail by name; outside nothing changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from finetouch.contracts import Selection
from finetouch.editing import _stages
from finetouch.editing._stages import STAGES, StageFailed, found_again
from finetouch.engine.editor import Editor
from finetouch.engine.pipeline import Options, Pipeline
from finetouch.errors import Cancelled, InputError, NeedsGenerator, TargetNotFound, UsageError
from finetouch.imaging import io, masks
from finetouch.types import EditPlan, EditStep, Picture, Region, Reporter

H, W = 96, 128


def picture() -> Picture:
    """A wall and a floor with a red ball on it."""
    rng = np.random.default_rng(2)
    y = np.mgrid[0:H, 0:W][0]
    base = np.where(y[..., None] < 50, np.array([150, 160, 175]), np.array([150, 120, 90]))
    pixels = np.clip(base + rng.normal(0, 5, (H, W, 3)), 0, 255).astype(np.uint8)
    pixels[ball() > 0.5] = (200, 40, 40)
    return Picture(pixels, name="scene.png")


def ball() -> np.ndarray:
    y, x = np.mgrid[0:H, 0:W]
    return ((x - 60) ** 2 + (y - 60) ** 2 <= 15**2).astype(np.float32)


def cap() -> Picture:
    """A blue cut-out with alpha, half an ellipse, twice as wide as high."""
    y, x = np.mgrid[0:30, 0:60]
    inside = ((x - 29.5) / 30) ** 2 + ((y - 30) / 30) ** 2 <= 1
    return Picture(np.full((30, 60, 3), (30, 60, 200), np.uint8), np.where(inside, 255, 0).astype(np.uint8))


STEP = EditStep(op="replace", target="ball", result="cap")
BALL = Region.of(ball(), label="ball", source="test")


class Drawn(Pipeline):
    """The embedded preset with a selector that knows the drawn scene by its colours (and is quick)."""

    def select(self, picture, query, report=None, selector=None):
        if query.box is not None:
            x0, y0, x1, y1 = map(int, query.box)
            marked = np.zeros(picture.pixels.shape[:2], np.float32)
            marked[y0:y1, x0:x1] = 1
            return Selection(Region.of(marked, source="box"))
        red = picture.pixels[..., 0].astype(int) - picture.pixels[..., 2] > 90
        rows = np.indices(red.shape)[0] >= red.shape[0] * 50 / H
        seen = {"ball": red, "floor": rows & ~red, "wall": ~rows & ~red}
        found = seen.get(query.noun or "")
        if found is None or not found.any():
            raise TargetNotFound("not here", None, tuple((n, 0.9) for n, m in seen.items() if m.any()))
        return Selection(Region.of(found, label=query.noun))


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Drawn("embedded")


def run(
    pipeline: Pipeline, step: EditStep = STEP, region: Region | None = BALL, report: Reporter | None = None, **more
):
    more = {"reference": cap(), "seed": 5, "verify": False, "region": region, **more}
    return pipeline.run(picture(), EditPlan(steps=(step,)), Options(method="two-stage", **more), report)


def facts(result) -> dict:
    return {s["name"]: s for s in result.steps[0].facts["stages"]}


@pytest.fixture(scope="module")
def replaced(pipeline):
    return run(pipeline)


def test_a_ball_becomes_a_cap_of_another_outline(replaced):
    out, area = replaced.picture.pixels, replaced.steps[0].area.mask
    assert replaced.outside_change.clean and replaced.outside_change.pixels > 0
    x0, y0, x1, y1 = replaced.steps[0].facts["place"]["box"]
    assert (x1 - x0) / (y1 - y0) == pytest.approx(2, rel=0.25), "the cap's own outline, not the ball's"
    inner = out[(y0 + y1) // 2, (x0 + x1) // 2].astype(int)
    assert inner[2] > inner[0] + 60, "blue"
    gone = (ball() > 0.5) & (area > 0)
    red = (out[..., 0].astype(int) - out[..., 2] > 90) & gone
    assert red.mean() < 0.005, "nothing of the ball is left"


def test_every_stage_can_be_looked_at(replaced):
    seen = facts(replaced)
    assert tuple(seen) == STAGES and all(s["seconds"] >= 0 for s in seen.values())
    assert seen["describe"]["position"] == "middle centre" and seen["describe"]["supported_by"] == "floor"
    assert seen["background"]["tries"][0]["method"] == "fill"
    assert seen["propose"]["candidates"] and seen["paint"]["method"] == "paste"
    json.dumps(replaced.steps[0].to_json())


def test_the_seed_reproduces(pipeline, replaced):
    np.testing.assert_array_equal(run(pipeline).picture.pixels, replaced.picture.pixels)


def test_stages_report_previews_and_stop_when_cancelled(pipeline):
    from threading import Event

    heard, cancel = [], Event()

    def listen(progress):
        heard.append(progress)
        if progress.stage == "stage" and progress.message == "background" and progress.step == 3:
            cancel.set()

    with pytest.raises(Cancelled):
        run(pipeline, report=Reporter(listen, cancel))
    names = [p.message for p in heard if p.stage == "stage"]
    assert names[:2] == ["mask", "mask"] and "background" in names and "paint" not in names
    assert any(p.preview is not None for p in heard if p.message == "background")


def test_what_the_stages_made_is_kept(pipeline, tmp_path):
    run(pipeline, keep=tmp_path / "new")
    names = {p.name for p in (tmp_path / "new").iterdir()}
    assert {"1-mask.png", "2-description.json", "3-background.png", "4-place.png", "4-place-1.png", "4-places.json",
            "5-result.png"} <= names  # fmt: skip
    assert json.loads((tmp_path / "new" / "2-description.json").read_text())["object"] == "ball"


def test_own_background_and_own_place(pipeline):
    own = picture().pixels.copy()
    own[ball() > 0.5] = (10, 200, 10)
    place = np.zeros((H, W), np.float32)
    place[70:90, 90:120] = 1
    given = {"background": Picture(own), "place": Region.of(place)}
    result = run(pipeline, given=given)
    out = result.picture.pixels
    assert (out[55, 60] == (10, 200, 10)).all() and result.outside_change.clean
    assert facts(result)["background"]["given"] and result.steps[0].facts["place"]["source"] == "given"
    x0, y0, x1, y1 = result.steps[0].facts["place"]["box"]
    assert (x0, y0, x1, y1) == (90, 70, 120, 90) and out[82, 105, 2] > 120


def test_own_pieces_of_another_size_are_refused(pipeline):
    with pytest.raises(InputError, match="size of the picture"):
        run(pipeline, given={"background": Picture(np.zeros((5, 5, 3), np.uint8))})
    with pytest.raises(InputError, match="another size"):
        run(pipeline, given={"place": Region.of(np.ones((5, 5), bool))})


def test_a_thing_that_stays_fails_with_stage_and_reason_and_keeps_the_work(pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(_stages, "found_again", lambda again, old: 0.9)
    monkeypatch.setattr(Drawn, "select", lambda *a, **k: Selection(BALL))
    with pytest.raises(StageFailed) as caught:
        run(pipeline, keep=tmp_path)
    error = caught.value
    assert error.stage == "background" and "'background'" in error.message and "still found" in error.message
    assert str(tmp_path) in error.hint and "--background" in error.hint
    assert error.work.background is not None and error.work.description is not None and error.work.result is None
    assert (tmp_path / "3-background.png").exists() and not (tmp_path / "5-result.png").exists()
    loose = STEP.model_copy(update={"params": {"strict": False}})
    notes = " ".join(run(pipeline, loose).steps[0].notes)
    assert "still found" in notes


def test_found_again_means_there_and_not_all_over():
    everywhere = np.ones((H, W), np.float32)
    assert found_again(everywhere, ball()) == 0.0
    assert found_again(ball(), ball()) == pytest.approx(1.0)
    assert found_again(masks.shrink(ball(), 8), ball()) < 0.3


def test_adding_skips_the_removal(pipeline):
    step = EditStep(op="add", result="cap", box=(20, 60, 60, 80))
    result = run(pipeline, step, region=None)
    seen = facts(result)
    assert "skipped" in seen["background"] and "skipped" in seen["describe"] and result.outside_change.clean
    x0, _, x1, y1 = result.steps[0].facts["place"]["box"]
    assert x0 >= 19 and x1 <= 61 and abs(y1 - 80) <= 1


def test_what_stands_in_front_stays_in_front(pipeline, monkeypatch):
    from finetouch.editing.mask_proposals import Proposal

    place, pole = np.zeros((H, W), np.float32), np.zeros((H, W), np.float32)
    place[60:80, 30:70] = 1
    pole[40:96, 48:54] = 1
    made = Proposal(np.minimum(place, 1 - pole), 0.8, ("test",), "rules", pole, {"full_box": (30, 60, 70, 80)})
    monkeypatch.setattr(_stages.mask_proposals, "propose", lambda *a, **k: [made])
    background = picture()
    result = run(pipeline, given={"background": background})
    out = result.picture.pixels
    np.testing.assert_array_equal(out[pole > 0], background.pixels[pole > 0])
    assert out[72, 36, 2] > 120 and out[72, 66, 2] > 120, "the cap shows on both sides of the pole"


def test_little_room_is_said(pipeline, monkeypatch):
    from finetouch.editing.mask_proposals import Proposal

    made = Proposal(ball(), 0.1, ("covers 80 % of other things",), "rules")
    monkeypatch.setattr(_stages.mask_proposals, "propose", lambda *a, **k: [made])
    notes = " ".join(run(pipeline).steps[0].notes)
    assert "little room" in notes and "0.10" in notes and "covers 80 %" in notes


def test_without_a_painter_it_says_what_to_do(pipeline):
    with pytest.raises(NeedsGenerator, match=r"needs a generative model|nobody to paint") as caught:
        run(pipeline, reference=None)
    assert "--reference" in caught.value.hint


def test_an_empty_selection_names_the_stage(pipeline):
    with pytest.raises(InputError):
        run(pipeline, region=Region.of(np.zeros((H, W), bool)))


def test_transparent_pictures_keep_their_alpha(pipeline):
    see = np.where(np.indices((H, W)).sum(0) % 7 == 0, 100, 255).astype(np.uint8)
    options = Options(method="two-stage", reference=cap(), seed=5, verify=False, region=BALL)
    result = pipeline.run(replace(picture(), alpha=see), EditPlan(steps=(STEP,)), options)
    outside = result.steps[0].area.mask == 0
    np.testing.assert_array_equal(result.picture.alpha[outside], see[outside])


def test_the_library_takes_given_and_keep(tmp_path):
    editor = Editor(picture(), preset="embedded")
    result = editor.apply(STEP, method="two-stage", reference=cap(), region=ball(), keep=tmp_path, verify=False, seed=1,
                          given={"background": picture()})  # fmt: skip
    assert result.outside_change.clean and (tmp_path / "5-result.png").exists()


def test_with_the_photo_selector(cat):
    """A real photo, found and looked at again by the bundled network; the cap ends where the cat's face was."""
    plan = EditPlan(steps=(EditStep(op="replace", target="cat", result="cap", params={"strict": False}),))
    result = Pipeline("embedded").run(io.from_array(cat), plan, Options(method="two-stage", reference=cap(), seed=1))
    assert result.outside_change.clean and result.steps[0].facts["place"]["share"] > 0.001
    assert any("cap" in n or "Background" in n for n in result.report)


# With models: real classes at tiny random size.


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> dict[str, str]:
    pytest.importorskip("diffusers")
    import tiny_masks
    import tiny_models

    make = {"inpaint": tiny_models.stable_diffusion, "clip": tiny_models.clip, "mask_generator": tiny_masks.predictor}
    return {role: str(f(tmp_path_factory.mktemp(role))) for role, f in make.items()}


def generative(models: dict[str, str], **params):
    step = STEP.model_copy(update={"params": {"steps": 2, "check": False, **params}})
    options = Options(method="two-stage", seed=5, verify=False, region=BALL)
    return Drawn("embedded", models=models).run(picture(), EditPlan(steps=(step,)), options)


def test_all_stages_with_models(tiny):
    result = generative(tiny)
    seen = facts(result)
    assert seen["background"]["tries"][0]["method"] == "inpaint" and seen["paint"]["method"] == "inpaint"
    assert seen["propose"]["candidates"][0]["source"] == "network" and result.outside_change.clean
    assert {"mask_generator", "inpaint", "clip"} <= set(result.provenance.models)
    again = generative(tiny)
    np.testing.assert_array_equal(result.picture.pixels, again.picture.pixels)


def test_the_best_of_several_places_is_kept(tiny):
    result = generative(tiny, tries=2)
    seen = facts(result)
    assert seen["paint"]["tried"] == min(2, len(seen["propose"]["candidates"]))


def test_masks_by_diffusion(tiny, tmp_path):
    import tiny_masks

    models = {**tiny, "mask_generator": str(tiny_masks.diffusion(tmp_path))}
    result = generative(models, proposer="network", places=2)
    assert result.outside_change.clean
    assert len(facts(result)["propose"]["candidates"]) in (1, 2)


def test_foreign_and_corrupt_weights_are_refused(tiny, tmp_path):
    with pytest.raises(UsageError, match="cannot play the role 'mask_generator'"):
        generative({**tiny, "mask_generator": tiny["clip"]})
    for name in ("config.json", "model.safetensors"):
        data = (Path(tiny["mask_generator"]) / name).read_bytes()
        (tmp_path / name).write_bytes(data[: len(data) // 2] if name.endswith("safetensors") else data)
    with pytest.raises(UsageError, match=r"cannot be read|does not hold"):
        generative({**tiny, "mask_generator": str(tmp_path)})


def test_words_of_another_width_are_refused(tiny, tmp_path):
    import tiny_masks

    odd = str(tiny_masks.predictor(tmp_path, width=24))
    with pytest.raises(UsageError, match="width 24"):
        generative({**tiny, "mask_generator": odd})


def test_io_of_masks_from_files(pipeline, tmp_path):
    place = np.zeros((H, W), np.float32)
    place[70:90, 90:120] = 1
    io.save_gray(place, str(tmp_path / "m.png"))
    loaded = Region.of(io.load_mask(str(tmp_path / "m.png"), (W, H)))
    assert run(pipeline, given={"place": loaded}).steps[0].facts["place"]["box"] == [90, 70, 120, 90]
