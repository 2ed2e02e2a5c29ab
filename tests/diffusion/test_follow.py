"""The InstructPix2Pix loop against diffusers' own pipeline, and its guidance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import tiny_editors  # noqa: E402
from finetouch.diffusion import instruct  # noqa: E402
from finetouch.diffusion.prompts import speak  # noqa: E402
from finetouch.diffusion.sampler import noise_like  # noqa: E402
from finetouch.engine.models import Models  # noqa: E402
from finetouch.errors import BrokenOutput, Cancelled, UsageError  # noqa: E402
from finetouch.hub.presets import preset  # noqa: E402
from finetouch.types import Reporter  # noqa: E402


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    place = tiny_editors.instruct_pix2pix(tmp_path_factory.mktemp("ip2p"))
    return Models(preset("embedded"), overrides={"instruct": str(place)}).get("instruct").parts


def picture(height: int = 32, width: int = 48) -> np.ndarray:
    return np.random.default_rng(1).integers(60, 200, (height, width, 3), dtype=np.uint8)


def job(parts, scheduler: str = "euler_a", guidance: float = 7.5, negative: str = ""):
    return instruct.job_for(picture(), speak(parts, "a red cat", negative), 4, 5, guidance, scheduler, "")


@pytest.mark.parametrize("scheduler", ["euler_a", "ddim"])
@pytest.mark.parametrize(("words", "image"), [(7.5, 1.5), (3.0, 1.0)])
def test_the_same_pixels_as_diffusers(parts, scheduler, words, image):
    from diffusers import StableDiffusionInstructPix2PixPipeline

    from finetouch.diffusion import schedulers

    asked = job(parts, scheduler, words, negative="a dog")
    ours = instruct.follow(parts, asked, image, Reporter(), [])
    whole = StableDiffusionInstructPix2PixPipeline(
        **{**parts, "scheduler": schedulers.make(scheduler, parts["scheduler"])}, safety_checker=None,
        feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    whole.set_progress_bar_config(disable=True)
    theirs = whole(
        prompt="a red cat", negative_prompt="a dog", image=torch.from_numpy(picture().transpose(2, 0, 1)[None] / 255.0),
        num_inference_steps=5, guidance_scale=words, image_guidance_scale=image, output_type="np",
        latents=noise_like(torch.zeros(1, 4, 16, 24), 4), generator=torch.Generator().manual_seed(5),
    ).images[0]  # fmt: skip
    difference = np.abs(ours.astype(int) - np.round(theirs * 255).astype(int))
    assert difference.max() <= 1 and ours.std() > 1


def test_guidance_one_is_the_plain_prediction_and_zero_the_picture_alone(parts):
    unet, t = parts["unet"], torch.tensor(500)
    latents, seen = torch.randn(1, 4, 16, 24), torch.randn(1, 4, 16, 24)
    with torch.inference_mode():
        plain = instruct.predict(unet, job(parts, guidance=1.0), latents, t, seen, 1.0)
        states = job(parts).spoken.states
        x = torch.cat([latents, seen], dim=1)
        np.testing.assert_allclose(plain, unet(x, t, encoder_hidden_states=states[1:]).sample, atol=1e-5)
        only_picture = instruct.predict(unet, job(parts, guidance=0.0), latents, t, seen, 1.0)
        np.testing.assert_allclose(only_picture, unet(x, t, encoder_hidden_states=states[:1]).sample, atol=1e-5)
        nearly = instruct.predict(unet, job(parts, guidance=1.0), latents, t, seen, 1.0 + 1e-6)
        np.testing.assert_allclose(nearly, plain, atol=1e-4)
        below = instruct.predict(unet, job(parts, guidance=7.5), latents, t, seen, 0.9)
        assert not np.allclose(below, plain, atol=1e-4), "an image guidance below 1 does not switch guidance off"


def test_the_picture_is_told_unscaled(parts):
    from finetouch.diffusion.codec import Codec, to_tensor

    codec, x = Codec(parts["vae"]), to_tensor(picture(), torch.zeros(1))
    np.testing.assert_allclose(codec.modes(x) * parts["vae"].config.scaling_factor, codec.encode(x), rtol=1e-4)


def test_cancel_stops_within_one_step_and_progress_has_previews(parts):
    seen = []

    def listen(progress):
        seen.append(progress)

    instruct.follow(parts, job(parts), 1.5, Reporter(listen), [])
    assert [p.step for p in seen if p.stage == "denoise"] == [1, 2, 3, 4, 5]
    assert any(p.preview is not None for p in seen)
    from threading import Event

    stop = Event()

    def stopping(progress):
        assert progress.step < 3
        if progress.step == 2:
            stop.set()

    with pytest.raises(Cancelled):
        instruct.follow(parts, job(parts), 1.5, Reporter(stopping, stop), [])


def test_other_unets_and_broken_weights_are_refused(parts, tmp_path):
    import tiny_models

    with pytest.raises(UsageError, match="4 input channels"):
        instruct.follow({**parts, "unet": tiny_models.unet(4)}, job(parts), 1.5, Reporter(), [])
    broken = tiny_models.vae()
    with torch.no_grad():
        next(broken.parameters()).fill_(float("nan"))
    notes: list[str] = []
    with pytest.raises(BrokenOutput, match="twice"):
        instruct.follow({**parts, "vae": broken}, replace(job(parts), steps=2), 1.5, Reporter(), notes)
    assert "full precision" in notes[0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    make = tmp_path_factory.mktemp
    places = {"kontext": tiny_editors.kontext(make("k")), "qwen": tiny_editors.qwen_edit(make("q"), plus=False)}
    places["plus"] = tiny_editors.qwen_edit(make("p"))
    return {n: Models(preset("embedded"), overrides={"instruct": str(p)}).get("instruct") for n, p in places.items()}


@pytest.fixture
def small_qwen(monkeypatch):
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit as plain
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as plus

    monkeypatch.setattr(plus, "VAE_IMAGE_SIZE", 64 * 64)
    monkeypatch.setattr(plus, "CONDITION_IMAGE_SIZE", 64 * 64)
    usual = plain.calculate_dimensions
    monkeypatch.setattr(plain, "calculate_dimensions", lambda area, ratio: usual(64 * 64, ratio))


@pytest.mark.parametrize("who", ["kontext", "qwen", "plus"])
def test_whole_editors_give_the_pixels_of_their_pipelines(whole, who, small_qwen):
    import diffusers
    from PIL import Image

    from finetouch.diffusion import kontext

    loaded, pixels = whole[who], picture(64, 96)
    name = loaded.facts["pipeline"]
    ours = kontext.follow(loaded.parts, name, pixels, "a red cat", "a dog", 4, Reporter(), steps=3, guidance=4.0)
    names = kontext.flux.COMPONENTS if who == "kontext" else kontext.QWEN_COMPONENTS
    theirs = getattr(diffusers, name)(**{n: loaded.parts[n] for n in names})
    theirs.set_progress_bar_config(disable=True)
    more = {"negative_prompt": "a dog", "true_cfg_scale": 4.0, "image": Image.fromarray(pixels)}
    if who == "kontext":
        image = torch.from_numpy(pixels.transpose(2, 0, 1)[None] / 255.0).float()
        more = {"guidance_scale": 4.0, "max_sequence_length": 24, "image": image, "_auto_resize": False}
        more |= {"max_area": 64 * 96}
    made = theirs(
        prompt="a red cat", height=64, width=96, num_inference_steps=3, output_type="np",
        generator=torch.Generator().manual_seed(4), **more,
    ).images[0]  # fmt: skip
    assert np.abs(ours.astype(int) - np.round(made * 255).astype(int)).max() <= 1 and ours.std() > 1


@pytest.mark.parametrize("who", ["kontext", "qwen", "plus", "ip2p"])
@pytest.mark.parametrize("exact", [False, True])
def test_half_precision_works_and_decodes_in_full_when_asked(whole, parts, who, exact, small_qwen):
    import copy

    from finetouch.diffusion import kontext
    from finetouch.engine.loading import quiet

    loaded = parts if who == "ip2p" else whole[who].parts
    with quiet():
        half = {
            n: copy.deepcopy(p).to(torch.bfloat16) if isinstance(p, torch.nn.Module) else p for n, p in loaded.items()
        }
    if who == "ip2p":
        made = instruct._once(half, job(half), 1.5, Reporter(), [], "cpu", exact=exact)
        assert made.shape == picture().shape
    else:
        made = kontext.follow(
            half, whole[who].facts["pipeline"], picture(64, 96), "a cat", "", 4, Reporter(), steps=2, guidance=2.0,
            exact=exact,
        )  # fmt: skip
        assert made.shape == (64, 96, 3)
    assert next(half["vae"].parameters()).dtype == torch.bfloat16


def test_the_large_model_gives_the_pixels_of_its_pipeline(tmp_path):
    from diffusers import StableDiffusionXLInstructPix2PixPipeline

    place = tiny_editors.instruct_pix2pix_xl(tmp_path)
    loaded = Models(preset("embedded"), overrides={"instruct": str(place)}).get("instruct")
    asked = job(loaded.parts, "euler", 5.0, negative="a dog")
    ours = instruct.follow(loaded.parts, asked, 1.5, Reporter(), [])
    theirs = StableDiffusionXLInstructPix2PixPipeline(**loaded.parts, add_watermarker=False)
    theirs.set_progress_bar_config(disable=True)
    made = theirs(
        prompt="a red cat", negative_prompt="a dog", height=32, width=48, num_inference_steps=5, guidance_scale=5.0,
        image=torch.from_numpy(picture().transpose(2, 0, 1)[None] / 255.0).float(), image_guidance_scale=1.5,
        latents=noise_like(torch.zeros(1, 4, 16, 24), 4), output_type="np",
    ).images[0]  # fmt: skip
    assert np.abs(ours.astype(int) - np.round(made * 255).astype(int)).max() <= 1 and ours.std() > 1
