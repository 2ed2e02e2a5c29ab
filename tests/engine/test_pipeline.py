"""The pipeline with real methods on a real photo; the selection is given where the selector is not the point."""

from __future__ import annotations

import json
from threading import Event

import numpy as np
import pytest

import finetouch
from finetouch import registry
from finetouch.engine.pipeline import Options, Pipeline
from finetouch.engine.result import read_provenance
from finetouch.errors import Cancelled, InputError, NeedsGenerator, UsageError
from finetouch.imaging import io
from finetouch.types import EditPlan, EditStep, Progress, Region


@pytest.fixture(scope="module")
def cup_mask(coffee) -> np.ndarray:
    """An ellipse over the cup."""
    y, x = np.mgrid[0 : coffee.shape[0], 0 : coffee.shape[1]]
    return (((x - 295) / 100) ** 2 + ((y - 200) / 90) ** 2 <= 1).astype(np.float32)


def test_one_sentence_on_a_photo(coffee):
    result = finetouch.edit(coffee, "make the cup green", seed=1)
    assert result.outside_change.clean and result.regions[0].label
    assert (result.picture.pixels != coffee).any()
    assert any("green" in line for line in result.report)
    assert result.provenance.plan.steps[0].method == "recolor"


def test_several_steps_are_all_stitched(coffee, cup_mask):
    plan = EditPlan(
        steps=(
            EditStep(op="recolor", target="cup", color="blue"),
            EditStep(op="adjust", target="cup", params={"brightness": 0.4}),
        ),
    )
    result = finetouch.edit(coffee, plan, region=cup_mask, seed=1)
    assert len(result.steps) == 2 and result.outside_change.clean
    assert (result.mask[cup_mask == 0] == 0).all() or result.outside_change.pixels > 0


def test_geometry_has_no_outside(coffee):
    result = finetouch.edit(coffee, "rotate the image by 90 degrees")
    assert result.picture.size == (400, 600) and result.outside_change is None
    np.testing.assert_array_equal(result.picture.pixels, np.rot90(coffee, -1))


def test_the_record_is_enough_to_do_it_again(tmp_path, coffee, cup_mask):
    first = finetouch.edit(coffee, "remove the cup", region=cup_mask, seed=5)
    path = tmp_path / "out.png"
    first.save(path)
    record = read_provenance(io.load(path))
    assert record["seed"] == 5 and record["input_sha256"] == first.before.sha256
    again = finetouch.edit(coffee, record["plan"], region=cup_mask, seed=record["seed"])
    np.testing.assert_array_equal(first.picture.pixels, again.picture.pixels)
    json.dumps(first.to_json())


def test_damaged_records_are_refused(coffee):
    picture = io.from_array(coffee)
    with pytest.raises(InputError, match="does not say"):
        read_provenance(picture)
    from dataclasses import replace

    for text in ("{", "[]", '{"plan": {"steps": 3}}'):
        with pytest.raises(InputError, match="damaged"):
            read_provenance(replace(picture, text={"finetouch": text}))


def test_progress_is_told_and_cancel_stops(coffee, cup_mask):
    seen: list[Progress] = []
    finetouch.edit(coffee, "remove the cup", region=cup_mask, seed=1, progress=seen.append)
    assert {"step", "edit", "verify"} <= {p.stage for p in seen}
    cancel = Event()

    def stop_at_edit(progress: Progress) -> None:
        if progress.stage == "edit":
            cancel.set()

    with pytest.raises(Cancelled):
        finetouch.edit(coffee, "remove the cup", region=cup_mask, progress=stop_at_edit, cancel=cancel)


def test_hooks_can_look_and_change(coffee, cup_mask):
    asked: list[str] = []
    half = cup_mask.copy()
    half[:, 300:] = 0

    def select(step, selection):
        asked.append(step.op)
        return type(selection)(Region.of(half, label="half", source="hook"), selection.candidates)

    plan = EditPlan(steps=(EditStep(op="recolor", target="cup", color="blue"),))
    options = Options(region=Region.of(cup_mask), hooks={"select": select}, verify=False)
    result = Pipeline("embedded").run(io.from_array(coffee), plan, options)
    assert asked == ["recolor"]
    assert (result.picture.pixels[:, 310:] == coffee[:, 310:]).all()
    with pytest.raises(UsageError, match="Unknown hooks"):
        Options(hooks={"lunch": select})


def test_what_needs_a_generator_says_which_presets_can(coffee, cup_mask):
    for words in ("make it snow", "replace the cup with a vase", "change the text 'menu' to 'closed'"):
        with pytest.raises((NeedsGenerator, UsageError)) as caught:
            finetouch.edit(coffee, words, region=cup_mask)
        hint, op = caught.value.hint or "", Pipeline("embedded").plan(words).steps[0].op
        able = [s for s in registry.specs("editor", "sdxl") if op in s.ops and s.roles]
        assert ("sdxl" in hint) == bool(able) and ("No preset" in hint) == (not able)


def test_the_editor_keeps_its_analysis_and_history(tmp_path, coffee, cup_mask):
    editor = finetouch.Editor(coffee)
    editor.apply("make it brighter", seed=1)
    bright = editor.picture
    editor.apply("remove the cup", region=cup_mask, seed=1)
    assert len(editor.history) == 2
    assert editor.undo() is bright and len(editor.history) == 1
    editor.redo()
    with pytest.raises(InputError, match="redo"):
        editor.redo()
    editor.save(tmp_path / "out.png")
    record = read_provenance(io.load(tmp_path / "out.png"))
    assert [s.op for s in record["plan"].steps] == ["global", "remove"]
    editor.undo()
    editor.undo()
    with pytest.raises(InputError, match="undo"):
        editor.undo()
    assert editor.picture is editor.original


def test_a_second_selection_does_not_look_at_the_picture_again(coffee):
    stages: list[Progress] = []
    editor = finetouch.Editor(coffee, progress=stages.append)
    editor.select("the cup")
    looked = sum("looking at the picture" in p.message for p in stages)
    editor.select(points=[(295, 200)])
    assert looked == 1 == sum("looking at the picture" in p.message for p in stages)
    with pytest.raises(InputError, match="Nothing to look for"):
        editor.select("  ")


def test_a_mask_that_no_longer_fits_is_refused(coffee, cup_mask):
    plan = EditPlan(steps=(EditStep(op="global", params={"rotate": 90}), EditStep(op="remove", target="cup")))
    with pytest.raises(InputError, match="no longer fits"):
        finetouch.edit(coffee, plan, region=Region.of(cup_mask))


def test_alpha_survives(coffee, cup_mask):
    alpha = np.full(coffee.shape[:2], 200, np.uint8)
    result = finetouch.edit(np.dstack([coffee, alpha]), "remove the cup", region=cup_mask, seed=1, verify=False)
    assert (result.picture.alpha[cup_mask == 0] == 200).all()


def test_sheets_show_three_panels(coffee, cup_mask):
    sheet = finetouch.edit(coffee, "make the cup blue", region=cup_mask, seed=1).sheet()
    assert sheet.width > 3 * 500 and sheet.height > 400
