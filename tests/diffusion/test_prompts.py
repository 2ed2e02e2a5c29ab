"""Prompts as the text encoders hear them, against the plain pipelines."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from diffusers import StableDiffusionInpaintPipeline, StableDiffusionXLInpaintPipeline  # noqa: E402

import tiny_models  # noqa: E402
from finetouch.diffusion.prompts import left_out, note_of, speak  # noqa: E402


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tiny_models.stable_diffusion(tmp_path_factory.mktemp("sd"))
    return StableDiffusionInpaintPipeline.from_pretrained(folder, safety_checker=None)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return StableDiffusionXLInpaintPipeline.from_pretrained(
        tiny_models.stable_diffusion_xl(tmp_path_factory.mktemp("xl"))
    )


def test_one_encoder(small):
    spoken = speak(small.components, "a red cat", "blue")
    told, untold = small.encode_prompt("a red cat", "cpu", 1, True, "blue")
    torch.testing.assert_close(spoken.states, torch.cat([untold, told]))
    assert spoken.pooled is None and spoken.cut == ""


@pytest.mark.parametrize("negative", ["blue", ""])
def test_two_encoders(large, negative):
    spoken = speak(large.components, "a red cat", negative)
    told, untold, pooled, unpooled = large.encode_prompt(
        "a red cat", device="cpu", do_classifier_free_guidance=True, negative_prompt=negative or None
    )
    torch.testing.assert_close(spoken.states, torch.cat([untold, told]))
    torch.testing.assert_close(spoken.pooled, torch.cat([unpooled, pooled]))


def test_what_does_not_fit_is_said(small):
    words = "a red cat of the green tree " * 2 + "a blue dog house"
    spoken = speak(small.components, words, "")
    assert spoken.cut and words.endswith(spoken.cut) and spoken.states.shape[1] == 16
    assert spoken.cut in note_of(spoken.cut)
    assert left_out(small.tokenizer, "a red cat", 16) == ""
