"""The attention remover: nothing looks at the thing, and without a thing it is the plain model."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from diffusers import StableDiffusionInpaintPipeline, StableDiffusionXLInpaintPipeline  # noqa: E402

import tiny_models  # noqa: E402
from finetouch.diffusion import erase  # noqa: E402
from finetouch.diffusion.erase import HidingAttention, eraser, self_attention_names  # noqa: E402
from finetouch.diffusion.prompts import speak  # noqa: E402
from finetouch.diffusion.sampler import Job, Painter, size_facts  # noqa: E402
from finetouch.types import Reporter  # noqa: E402


@pytest.fixture(scope="module", params=["sd", "xl"])
def pipeline(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "xl":
        return StableDiffusionXLInpaintPipeline.from_pretrained(tiny_models.stable_diffusion_xl(folder, 4))
    return StableDiffusionInpaintPipeline.from_pretrained(tiny_models.stable_diffusion(folder, 4), safety_checker=None)


def grid(on: bool = True) -> torch.Tensor:
    mask = torch.zeros(1, 1, 8, 12)
    if on:
        mask[:, :, 2:5, 3:7] = 1.0
    return mask


def job(pipeline, steps: int = 4) -> Job:
    spoken = speak(pipeline.components, "", "")
    pixels = np.random.default_rng(1).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    mask = np.zeros((16, 24), np.float32)
    mask[4:10, 6:14] = 1.0
    return Job(pixels, mask, spoken, seed=3, steps=steps, guidance=1.0, scheduler="ddim", strength=0.8)


def ask(unet, asked: Job, latents, t):
    more = size_facts(unet, asked, asked.spoken, both=False)
    states = asked.spoken.states[1:]
    return unet(latents, t, encoder_hidden_states=states, added_cond_kwargs=more, return_dict=False)[0]


@pytest.mark.parametrize("size", [(8, 12), (4, 6), (2, 3)])
@pytest.mark.parametrize("dull", [1.0, 0.3])
def test_no_attention_goes_to_the_thing(size, dull):
    tokens = size[0] * size[1]
    hiding = HidingAttention(grid(), dull)
    query, key = torch.randn(1, 2, tokens, 4), torch.randn(1, 2, tokens, 4)
    weights, inside = hiding.weights(query, key, tokens), hiding.inside(tokens)
    assert inside.any() and not inside.all()
    assert float(weights[..., inside].abs().max()) == 0.0
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 2, tokens))
    small = torch.nn.functional.adaptive_max_pool2d(grid(), size).flatten() > 0.5
    assert torch.equal(inside, small)


def test_everything_hidden_or_a_layer_of_another_shape_is_plain_attention():
    query, key = torch.randn(1, 1, 6, 4), torch.randn(1, 1, 6, 4)
    plain = (query @ key.transpose(-1, -2) / 2).softmax(-1)
    torch.testing.assert_close(HidingAttention(torch.ones(1, 1, 2, 3)).weights(query, key, 6), plain)
    assert not HidingAttention(grid()).inside(7).any()


def test_without_a_thing_the_prediction_is_the_plain_one(pipeline):
    latents, t = torch.randn(1, 4, 8, 12), torch.tensor(500)
    asked = job(pipeline)
    with torch.no_grad():
        plain = ask(pipeline.unet, asked, latents, t)
        before = dict(pipeline.unet.attn_processors)
        with eraser(pipeline.components, asked, grid(False), asked.spoken) as predict:
            torch.testing.assert_close(predict(latents, t), plain, atol=1e-4, rtol=1e-3)
    after = pipeline.unet.attn_processors
    assert all(after[n] is before[n] for n in before)


def test_with_a_push_of_one_it_is_the_hidden_branch(pipeline, monkeypatch):
    monkeypatch.setattr(erase, "DULL", 1.0)
    latents, t = torch.randn(1, 4, 8, 12), torch.tensor(500)
    asked = job(pipeline)
    unet = pipeline.unet
    with torch.no_grad():
        with eraser(pipeline.components, asked, grid(), asked.spoken, guidance=1.0) as predict:
            pushed = predict(latents, t)
        names = self_attention_names(unet)
        later, before = names[len(names) // 2 :], dict(unet.attn_processors)
        hiding = HidingAttention(grid())
        unet.set_attn_processor({n: hiding if n in later else p for n, p in before.items()})
        hidden = ask(unet, asked, latents, t)
        unet.set_attn_processor(before)
    torch.testing.assert_close(pushed, hidden)
    assert len(names) >= 3 and names[0].startswith("down") and names[-1].startswith("up")


def test_a_whole_removal_changes_only_the_hole(pipeline):
    asked = job(pipeline)
    out = Painter(pipeline.components, Reporter()).paint(
        asked, lambda j, g: eraser(pipeline.components, j, g, asked.spoken)
    )
    again = Painter(pipeline.components, Reporter()).paint(
        asked, lambda j, g: eraser(pipeline.components, j, g, asked.spoken)
    )
    np.testing.assert_array_equal(out, again)
    assert out.shape == asked.pixels.shape
