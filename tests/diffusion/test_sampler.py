"""The denoising loop: against the plain diffusers pipelines, blending, few-step models, cancel, broken weights."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from diffusers import (  # noqa: E402
    DDIMScheduler,
    LCMScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLInpaintPipeline,
)

import tiny_models  # noqa: E402
from finetouch.diffusion import schedulers  # noqa: E402
from finetouch.diffusion.codec import Codec, to_pixels, to_tensor  # noqa: E402
from finetouch.diffusion.prompts import Spoken, speak  # noqa: E402
from finetouch.diffusion.sampler import Job, Painter, noise_like, size_facts  # noqa: E402
from finetouch.errors import BrokenOutput, Cancelled, UsageError  # noqa: E402
from finetouch.types import Reporter  # noqa: E402

PIXELS = np.random.default_rng(4).integers(0, 256, (16, 24, 3), dtype=np.uint8)


def hole() -> np.ndarray:
    mask = np.zeros((16, 24), np.float32)
    mask[4:12, 8:16] = 1.0
    return mask


@pytest.fixture(scope="module")
def nine(tmp_path_factory):
    folder = tiny_models.stable_diffusion(tmp_path_factory.mktemp("nine"), 9)
    return StableDiffusionInpaintPipeline.from_pretrained(folder, safety_checker=None)


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    folder = tiny_models.stable_diffusion(tmp_path_factory.mktemp("four"), 4)
    return StableDiffusionInpaintPipeline.from_pretrained(folder, safety_checker=None)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return StableDiffusionXLInpaintPipeline.from_pretrained(
        tiny_models.stable_diffusion_xl(tmp_path_factory.mktemp("xl"))
    )


def job(pipeline, **changes) -> Job:
    spoken = speak(pipeline.components, "a red cat", "blue")
    made = Job(PIXELS, hole(), spoken, seed=7, steps=4, guidance=3.0, scheduler="ddim")
    return replace(made, **changes)


def paint(pipeline, asked: Job, report: Reporter | None = None) -> np.ndarray:
    return Painter(pipeline.components, report or Reporter()).paint(asked)


def theirs(pipeline, asked: Job, **more) -> np.ndarray:
    codec = Codec(pipeline.vae)
    x = to_tensor(asked.pixels, torch.zeros(1))
    masked = codec.encode(x * torch.from_numpy((asked.mask <= 0.5).astype(np.float32)))
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    states = asked.spoken.states
    out = pipeline(
        image=(x + 1) / 2, mask_image=torch.from_numpy(asked.mask)[None, None], masked_image_latents=masked,
        prompt_embeds=states[1:], negative_prompt_embeds=states[:1], height=16, width=24, strength=1.0,
        num_inference_steps=asked.steps, guidance_scale=asked.guidance, output_type="pt", eta=0.0,
        latents=noise_like(codec.encode(x), asked.seed), **more,
    ).images  # fmt: skip
    return to_pixels(out * 2 - 1)


def test_nine_channels_give_what_the_plain_pipeline_gives(nine):
    asked = job(nine)
    assert np.abs(paint(nine, asked).astype(int) - theirs(nine, asked).astype(int)).max() <= 1


def test_sdxl_gives_what_the_plain_pipeline_gives(large):
    asked = job(large)
    assert asked.spoken.pooled is not None
    pooled = asked.spoken.pooled
    told = theirs(large, asked, pooled_prompt_embeds=pooled[1:], negative_pooled_prompt_embeds=pooled[:1])
    assert np.abs(paint(large, asked).astype(int) - told.astype(int)).max() <= 1
    facts = size_facts(large.unet, asked, asked.spoken, both=True)
    assert facts["time_ids"][0].tolist() == [16, 24, 0, 0, 16, 24] and len(facts["time_ids"]) == 2


@pytest.mark.parametrize("name", sorted(schedulers.CLASSES))
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_with_nothing_masked_four_channels_give_the_round_trip_of_the_autoencoder(four, name, strength):
    asked = job(four, mask=np.zeros((16, 24), np.float32), scheduler=name, strength=strength)
    codec = Codec(four.vae)
    trip = to_pixels(codec.decode(codec.encode(to_tensor(PIXELS, torch.zeros(1)))))
    np.testing.assert_array_equal(paint(four, asked), trip)


def test_the_noise_that_is_blended_in_is_one_and_the_same(four, monkeypatch):
    seen = []
    plain = DDIMScheduler.add_noise

    def watched(self, clean, noise, times):
        seen.append((noise.clone(), int(times[0])))
        return plain(self, clean, noise, times)

    monkeypatch.setattr(DDIMScheduler, "add_noise", watched)
    paint(four, job(four))
    assert len(seen) == 3 and all(torch.equal(seen[0][0], n) for n, _ in seen)
    assert [t for _, t in seen] == sorted((t for _, t in seen), reverse=True)


@pytest.mark.parametrize("name", ["auto", *schedulers.CLASSES])
@pytest.mark.parametrize("which", ["nine", "four"])
def test_every_scheduler_repaints_and_the_seed_decides(request, name, which):
    pipeline = request.getfixturevalue(which)
    a, b, c = (paint(pipeline, job(pipeline, scheduler=name, seed=s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any() and a.shape == PIXELS.shape


def test_less_strength_means_fewer_steps():
    base = DDIMScheduler(steps_offset=1)
    counts = [len(schedulers.start(schedulers.make("ddim", base), 20, s, "cpu")) for s in (1.0, 0.99, 0.75, 0.5, 0.01)]
    assert counts == [20, 20, 15, 10, 1]
    assert type(schedulers.make("auto", LCMScheduler())).__name__ == "LCMScheduler"


def test_a_few_step_model_is_told_its_guidance(tmp_path):
    from diffusers import LatentConsistencyModelPipeline

    core = tiny_models.unet(4, time_cond_proj_dim=8).eval()
    from finetouch.diffusion.sampler import _told_guidance

    expected = LatentConsistencyModelPipeline.get_guidance_scale_embedding(
        None, torch.tensor([4.0 - 1.0]), embedding_dim=8
    )
    torch.testing.assert_close(_told_guidance(core, 4.0), expected, atol=1e-4, rtol=1e-4)
    calls = []
    core.register_forward_pre_hook(lambda m, args, kwargs: calls.append((len(args[0]), kwargs)), with_kwargs=True)
    parts = {"unet": core, "vae": tiny_models.vae().eval(), "scheduler": LCMScheduler()}
    spoken = Spoken(torch.randn(2, 16, 16), None, "")
    Painter(parts, Reporter()).paint(Job(PIXELS, hole(), spoken, 1, steps=3, guidance=4.0))
    assert len(calls) == 3 and all(n == 1 and k["timestep_cond"] is not None for n, k in calls)


def test_cancel_stops_within_one_step(four):
    cancel, done = Event(), []

    def listen(progress):
        done.append(progress)
        if progress.step == 2:
            cancel.set()

    with pytest.raises(Cancelled):
        paint(four, job(four, steps=12), Reporter(listen, cancel))
    assert [p.step for p in done] == [1, 2] and all(p.total == 12 for p in done)


def test_previews_are_shown_every_few_steps(four):
    shown = []
    paint(four, job(four, steps=12), Reporter(lambda p: shown.append(p.preview is not None)))
    assert len(shown) == 12 and sum(shown) == 6


def test_weights_that_overflow_in_half_precision_are_tried_in_full(four):
    vae = tiny_models.vae().eval()
    with torch.no_grad():  # far beyond what half precision holds, and back
        vae.post_quant_conv.weight.mul_(1e3)
        vae.decoder.conv_in.weight.mul_(1e5)
    vae = vae.half()
    assert vae.config.force_upcast  # what most models say: then it never runs in half precision at all
    careful = Painter({**four.components, "vae": vae}, Reporter())
    careful.paint(job(four))
    assert careful.notes == []
    vae.register_to_config(force_upcast=False)
    parts = {**four.components, "vae": vae, "unet": four.unet}
    painter = Painter(parts, Reporter())
    with torch.no_grad():
        assert not torch.isfinite(vae.decode(torch.ones(1, 4, 8, 12).half() * 5).sample).all()
    out = painter.paint(job(four))
    assert out.shape == PIXELS.shape and any("full precision" in n for n in painter.notes)


@pytest.mark.parametrize("who", ["four", "nine"])
def test_a_model_all_in_half_precision_whose_autoencoder_must_not_be(who, request):
    import copy

    whole = request.getfixturevalue(who)
    parts = {n: copy.deepcopy(p).half() if isinstance(p, torch.nn.Module) else p for n, p in whole.components.items()}
    assert parts["vae"].config.force_upcast
    notes: list[str] = []
    out = Painter(parts, Reporter(), notes).paint(job(whole))
    assert out.shape == PIXELS.shape and not notes


def test_weights_that_are_no_numbers_are_an_error_that_says_what_to_do(four):
    vae = tiny_models.vae().eval()
    vae.decoder.conv_out.bias.data.fill_(float("nan"))
    with pytest.raises(BrokenOutput, match="twice") as error:
        Painter({**four.components, "vae": vae}, Reporter()).paint(job(four))
    assert "--seed" in error.value.hint


def test_a_unet_with_other_channels_is_refused(four):
    parts = {**four.components, "unet": tiny_models.unet(8)}
    with pytest.raises(UsageError, match="8 input channels"):
        Painter(parts, Reporter()).paint(job(four))
