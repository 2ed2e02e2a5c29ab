"""The ways to say an edit that users of CLIP-guided editing are used to, and the options of the method."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from finetouch.cli.guided import Guided, Said
from finetouch.cli.main import app
from finetouch.errors import FinetouchError, UsageError


@pytest.fixture
def scene(tmp_path):
    pixels = np.full((40, 60, 3), 128, np.uint8)
    pixels[10:30, 20:40] = (220, 30, 30)
    path = tmp_path / "scene.png"
    Image.fromarray(pixels).save(path)
    return str(path)


def plan_of(*words: str) -> dict:
    done = CliRunner().invoke(app, ["edit", *words, "--plan-only", "--json"])
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout)


def test_every_way_to_say_it_is_the_same(scene):
    usual = plan_of(scene, "replace the red ball with a blue cup")
    assert plan_of("--image_path", scene, "--description", "replace the red ball with a blue cup") == usual
    assert plan_of("--image-path", scene, "replace the red ball with a blue cup") == usual
    prompts = plan_of(scene, "--segment-prompt", "the red ball", "--replace-prompt", "a blue cup")
    step, other = prompts["steps"][0], usual["steps"][0]
    assert {**step, "result": None} == {**other, "result": None} and step["result"] == "a blue cup"


@pytest.mark.parametrize(
    "words",
    [
        ["replace the ball with a cup", "--image_path", "x.png", "--description", "remove the ball"],
        ["x.png", "remove the ball", "--description", "remove the cup"],
        ["x.png", "--segment-prompt", "the ball"],
        ["x.png", "--replace-prompt", "the ball"],
        ["x.png", "--segment-prompt", "the ball", "--replace-prompt", "  "],
        ["x.png", "--segment-prompt", "", "--replace-prompt", "cup"],
        ["x.png", "remove the ball", "--image_path", "y.png"],
        ["--description", "remove the ball"],
        ["x.png"],
    ],
)
def test_what_does_not_fit_together_is_refused(words):
    with pytest.raises(FinetouchError) as caught:
        plan_of(*words)
    assert caught.value.hint


def test_options_of_the_method_become_its_parameters(scene):
    plan = plan_of(scene, "replace the ball with a cup", "--lambda-clip", "0.3", "--lambda-lpips", "0", "--skip", "5",
                   "--steps", "20", "--variant", "local", "--samples", "4")  # fmt: skip
    assert plan["steps"][0]["params"] == {
        "lambda_clip": 0.3, "lambda_lpips": 0.0, "skip": 5, "steps": 20, "variant": "local", "samples": 4,
    }  # fmt: skip
    assert Guided().params() == {}


def test_options_that_the_method_has_not_are_refused(scene):
    done = CliRunner().invoke(app, ["edit", scene, "remove the ball", "--lambda-clip", "1", "--box", "20,10,40,30"])
    assert isinstance(done.exception, UsageError) and "lambda_clip" in done.exception.message


def test_the_picture_may_be_named_in_either_way():
    assert Said(image_path="a.png").sorted_out("remove it", None) == ("a.png", "remove it")
    assert Said(description="x").sorted_out("a.png", None) == ("a.png", "x")
    assert Said().sorted_out("a.png", "x") == ("a.png", "x")
