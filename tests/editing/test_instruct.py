"""Instruction editing through the public path: InstructPix2Pix, FLUX Kontext and Qwen-Image-Edit at tiny size."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from finetouch.editing._instruct import instruction_for
from finetouch.editing.instruct import Instruct
from finetouch.engine.choose import choose_editor
from finetouch.engine.editor import Editor
from finetouch.engine.models import Models
from finetouch.engine.pipeline import Options, Pipeline
from finetouch.errors import UsageError
from finetouch.hub.presets import preset
from finetouch.types import EditPlan, EditStep, Picture, Region, Relation, Reporter

torch = pytest.importorskip("torch")

sys.path.append(str(Path(__file__).parents[1] / "diffusion"))
import tiny_editors  # noqa: E402

SMILE = EditStep(op="adjust", target="dog", result="dog smiling")


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> dict[str, str]:
    make = tmp_path_factory.mktemp
    return {
        "ip2p": str(tiny_editors.instruct_pix2pix(make("ip2p"))),
        "kontext": str(tiny_editors.kontext(make("kontext"))),
        "qwen-plus": str(tiny_editors.qwen_edit(make("plus"))),
        "qwen": str(tiny_editors.qwen_edit(make("qwen"), plus=False)),
    }


@pytest.fixture
def small_qwen(monkeypatch):
    """The pipeline of Qwen-Image-Edit Plus shows its autoencoder a megapixel, whatever the size of the picture."""
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit as plain
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as plus

    monkeypatch.setattr(plus, "VAE_IMAGE_SIZE", 64 * 64)
    monkeypatch.setattr(plus, "CONDITION_IMAGE_SIZE", 64 * 64)
    usual = plain.calculate_dimensions
    monkeypatch.setattr(plain, "calculate_dimensions", lambda area, ratio: usual(64 * 64, ratio))


def scene(height: int = 90, width: int = 130) -> tuple[Picture, Region]:
    pixels = np.random.default_rng(2).integers(90, 160, (height, width, 3), dtype=np.uint8)
    mask = np.zeros((height, width), np.float32)
    mask[height // 3 : height // 2, width // 3 : width // 2] = 1
    return Picture(pixels), Region(mask, "dog", source="mask")


def run(place: str, step: EditStep, region: Region | None, report: Reporter | None = None, **params):
    shown, _ = scene()
    step = step.model_copy(update={"params": {"steps": 2, **step.params, **params}})
    plan = EditPlan(steps=(step,), instruction="test")
    pipeline = Pipeline("embedded", models={"instruct": place})
    return pipeline.run(shown, plan, Options(method="instruct", seed=5, region=region, verify=False), report)


@pytest.mark.parametrize("who", ["ip2p", "kontext", "qwen-plus", "qwen"])
def test_every_family_keeps_to_the_region(places, who, small_qwen, monkeypatch):
    monkeypatch.setattr(Instruct, "working_size", _small(Instruct.working_size))
    seen = []
    shown, dog = scene()
    result = run(places[who], SMILE, dog, Reporter(seen.append))
    assert result.outside_change is not None and result.outside_change.clean
    area = result.steps[0].area.mask > 0
    assert (result.picture.pixels != shown.pixels)[area].mean() > 0.5 and area.mean() < 0.25
    assert (result.picture.pixels == shown.pixels)[~area].all()
    denoised = [p for p in seen if p.stage == "denoise"]
    assert [p.step for p in denoised] == [1, 2] and all(p.preview is not None for p in denoised)
    facts = result.steps[0].facts
    assert facts["instruction"] == "make the dog look like a smiling dog" and facts["steps"] == 2
    assert ("image_guidance" in facts) == (who == "ip2p")
    again = run(places[who], SMILE, dog)
    np.testing.assert_array_equal(again.picture.pixels, result.picture.pixels)


def _small(usual):
    """The model's own size, made small."""
    from dataclasses import replace

    return lambda self, scene: replace(usual(self, scene), side=64)


def test_the_whole_picture_for_the_whole_picture(places):
    shown, _ = scene()
    result = run(places["ip2p"], EditStep(op="global", result="snowy"), None)
    assert result.steps[0].area.mask.min() == 1 and (result.picture.pixels != shown.pixels).mean() > 0.5
    assert result.steps[0].facts["instruction"] == "make it snowy"
    assert result.steps[0].facts["working_size"][0] > result.steps[0].facts["working_size"][1]


def test_both_guidances_count(places):
    _, dog = scene()
    base = run(places["ip2p"], SMILE, dog, guidance=7.5, image_guidance=1.5).picture.pixels
    for other in ({"guidance": 2.0}, {"image_guidance": 3.0}, {"instruction": "a red cat"}, {"negative": "a house"}):
        assert (run(places["ip2p"], SMILE, dog, **other).picture.pixels != base).any(), other


def test_long_instructions_and_odd_wishes_are_said(places, monkeypatch):
    _, dog = scene()
    result = run(places["ip2p"], SMILE, dog, instruction="a red cat " * 30)
    assert any("left out" in line for line in result.report)
    with pytest.raises(UsageError, match="cannot write"):
        run(places["ip2p"], EditStep(op="text", target="sign", result="Hello"), dog)
    monkeypatch.setattr(Instruct, "working_size", _small(Instruct.working_size))
    told = run(places["kontext"], EditStep(op="text", target="sign", result="Hello"), dog, negative="blur")
    assert any("no negative prompt" in line for line in told.report)
    two = run(places["ip2p"], SMILE, dog, candidates=2)
    assert any("Made 2 results" in line for line in two.report)


def test_a_model_that_cannot_follow_is_refused_by_name(tmp_path):
    import tiny_models

    _, dog = scene()
    with pytest.raises(UsageError, match="StableDiffusionPipeline") as caught:
        run(str(tiny_models.stable_diffusion(tmp_path, 4)), SMILE, dog)
    assert "Kontext" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "step", "method"),
    [
        ("sd15", EditStep(op="adjust", target="dog", result="smiling"), "instruct"),
        ("sd15", EditStep(op="adjust", target="dog", params={"brightness": 0.3}), "adjust"),
        ("sd15", EditStep(op="restyle", result="van gogh painting", params={"style": "van gogh"}), "instruct"),
        ("sd15", EditStep(op="restyle", result="sepia", params={"style": "sepia"}), "restyle"),
        ("sd15", EditStep(op="global", result="snowy"), "instruct"),
        ("sd15", EditStep(op="global", params={"rotate": 90}), "geometry"),
        ("sd15", EditStep(op="replace", target="dog", result="cat"), "inpaint"),
        ("qwen", EditStep(op="replace", target="dog", result="cat"), "instruct"),
        ("qwen", EditStep(op="add", result="cat"), "instruct"),
        ("qwen", EditStep(op="background", target="background", result="beach"), "instruct"),
        ("qwen", EditStep(op="recolor", target="car", color="red"), "recolor"),
        ("flux", EditStep(op="text", target="sign", result="Hello"), "instruct"),
        ("flux", EditStep(op="background", target="background", result="beach"), "inpaint"),
    ],
    ids=lambda v: v if isinstance(v, str) else f"{v.op}-{v.result or v.color or 'amount'}",
)
def test_it_is_taken_for_what_no_other_method_can(name, step, method):
    assert choose_editor(step, preset(name), None, has_reference=False).name == method


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (EditStep(op="replace", target="dog", result="cat"), "replace the dog with a cat"),
        (EditStep(op="replace", target="dog", attributes=("brown",), position="leftmost", result="two cats"),
         "replace the brown dog with two cats"),
        (EditStep(op="add", result="hat", relation=Relation(type="wearing", anchor="dog")), "add a hat on the dog"),
        (EditStep(op="add", result="apple"), "add an apple"),
        (EditStep(op="recolor", target="car", color="red"), "make the car red"),
        (EditStep(op="background", target="background", result="beach"), "change the background to a beach"),
        (EditStep(op="restyle", params={"style": "oil_painting"}), "turn it into an oil painting"),
        (EditStep(op="restyle", target="dog", result="sketch"), "turn the dog into a sketch"),
        (EditStep(op="global", result="snowy"), "make it snowy"),
        (EditStep(op="adjust", target="table", result="wooden table"), "make the table look like a wooden table"),
        (EditStep(op="adjust", target="background", result="foggy"),
         "make the background look like a foggy background"),
        (EditStep(op="text", target="sign", result="Hello"), 'change the text on the sign to "Hello"'),
        (EditStep(op="text", target="A", result="B"), 'replace the text "A" with "B"'),
        (EditStep(op="text", result="Hi"), 'write "Hi"'),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_the_step_becomes_a_command(step, words):
    assert instruction_for(step) == words


def test_the_editor_takes_it_by_itself(places):
    shown, dog = scene()
    editor = Editor(shown, models=Models(preset("sd15"), overrides={"instruct": places["ip2p"]}))
    result = editor.apply("make the dog smile", region=dog, verify=False, seed=1)
    assert result.steps[0].method == "instruct"
    assert result.provenance.models["instruct"].startswith("ip2p") or "@" in result.provenance.models["instruct"]
