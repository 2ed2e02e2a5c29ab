"""CLIP-guided editing through the public path: variants, costs, memory, ranking, models of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import tiny_models  # noqa: E402
from finetouch.diffusion.guidance import ClipEnergy, Guide  # noqa: E402
from finetouch.diffusion.guided import Course, sample  # noqa: E402
from finetouch.diffusion.linear_decoder import LinearDecoder  # noqa: E402
from finetouch.diffusion.perceptual import Perceptual  # noqa: E402
from finetouch.diffusion.preservation import Preservation, Term  # noqa: E402
from finetouch.diffusion.schedule import course  # noqa: E402
from finetouch.diffusion.steered import Denoiser, seer  # noqa: E402
from finetouch.editing import _ranking  # noqa: E402
from finetouch.editing.clip_guided import LATENT, PIXEL, ClipGuided, ClipGuidedParams, settle  # noqa: E402
from finetouch.engine.models import Models  # noqa: E402
from finetouch.engine.pipeline import Options, Pipeline  # noqa: E402
from finetouch.errors import FinetouchError, UsageError  # noqa: E402
from finetouch.evaluate.cost import counted, peak_bytes  # noqa: E402
from finetouch.hub.presets import preset  # noqa: E402
from finetouch.types import EditPlan, EditStep, Picture, Region, Reporter  # noqa: E402

REPLACE = EditStep(op="replace", target="ball", result="cat")


def ddpm(folder: Path, learned: bool = False) -> Path:
    """A model that makes pictures out of noise, without words."""
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    torch.manual_seed(6)
    unet = UNet2DModel(
        sample_size=32, in_channels=3, out_channels=6 if learned else 3, block_out_channels=(8, 16), norm_num_groups=4,
        layers_per_block=1, down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"), attention_head_dim=4,
    )  # fmt: skip
    DDPMPipeline(unet, DDPMScheduler()).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> dict[str, str]:
    make = tmp_path_factory.mktemp
    made = {
        "four": tiny_models.stable_diffusion(make("four"), 4), "nine": tiny_models.stable_diffusion(make("nine"), 9),
        "xl": tiny_models.stable_diffusion_xl(make("xl"), 4), "clip": tiny_models.clip(make("clip")),
        "clipseg": tiny_models.clipseg(make("clipseg")), "segformer": tiny_models.segformer(make("segformer")),
        "ddpm": ddpm(make("ddpm")), "learned": ddpm(make("learned"), learned=True),
    }  # fmt: skip
    return {name: str(path) for name, path in made.items()}


def scene(width: int = 96, height: int = 64) -> tuple[Picture, Region]:
    rng = np.random.default_rng(2)
    pixels = rng.integers(90, 160, (height, width, 3), dtype=np.uint8)
    mask = np.zeros((height, width), np.float32)
    mask[20:44, 30:56] = 1.0
    pixels[20:44, 30:56] = (200, 40, 40)
    return Picture(pixels), Region(mask, "ball", source="mask")


def run(places, generate: str = "four", more: dict[str, str] | None = None, step: EditStep = REPLACE, **params):
    shown, ball = scene()
    models = {"generate": places[generate], "clip": places["clip"], **(more or {})}
    plan = EditPlan(steps=(step.model_copy(update={"params": {"steps": 3, **params}}),), instruction="test")
    crops = []
    options = Options(
        method="clip-guided", seed=5, region=ball, verify=False, hooks={"made": lambda _s, m: crops.append(m)}
    )
    result = Pipeline("embedded", models=models).run(shown, plan, options)
    return result, crops[0]


@pytest.mark.parametrize("variant", ["both", "local", "blended", "free"])
def test_every_variant_leaves_the_rest_and_logs_its_losses(places, variant):
    result, _ = run(places, more={"perceptual": places["segformer"]}, variant=variant)
    facts = result.steps[0].facts
    assert result.outside_change.clean and (result.picture.pixels != scene()[0].pixels).any()
    terms = {"t", "clip"} | ({"lpips", "l2"} if variant in ("both", "local") else set())
    assert len(facts["losses"]) == 3 and all(set(entry) == terms for entry in facts["losses"])
    assert all(np.isfinite(list(entry.values())).all() for entry in facts["losses"])


@pytest.mark.parametrize("generate", ["four", "nine", "xl", "ddpm", "learned"])
@pytest.mark.parametrize("sampler", ["ddim", "ddpm"])
def test_models_of_latents_and_of_pictures(places, generate, sampler):
    result, _ = run(places, generate, sampler=sampler, skip=1)
    assert result.outside_change.clean and (result.picture.pixels != scene()[0].pixels).any()
    assert result.steps[0].facts["balance"] is (generate not in ("ddpm", "learned"))


def test_zero_lambdas_are_the_unguided_sampler_through_the_whole_method(places):
    silent = {"lambda_clip": 0, "lambda_lpips": 0, "lambda_l2": 0, "lambda_range": 0}
    (plain, one), (_, two) = run(places, **silent), run(places, **silent, copies=3, through="frozen", lean=True)
    np.testing.assert_array_equal(one[1], two[1])
    assert plain.steps[0].facts["losses"] == []
    _, guided = run(places, lambda_clip=0.5)
    assert (guided[1] != one[1]).any()


def test_blending_puts_the_models_own_source_back(places):
    denoiser, clean, picture = latent(places)
    grid = torch.zeros_like(clean[:, :1])
    held = Preservation(picture, torch.ones_like(picture[:, :1]), squares=0.5)
    spoken = denoiser.speak("a cat", "")
    guide = Guide(held.terms(), denoiser.decoder("full", clean), balance=True)
    steps = Course(course(denoiser.parts["scheduler"], 4), (3,), blend=True)
    assert torch.equal(sample(denoiser.predict(spoken, 3.0), clean, grid, guide, steps, Reporter()), clean)


def test_a_picture_model_gives_the_source_back_bit_for_bit_where_nothing_may_change(places):
    loaded = Models(preset("embedded"), overrides={"generate": places["ddpm"]}).get("generate")
    denoiser = Denoiser(loaded.parts)
    picture, clean = denoiser.source(scene()[0].pixels[:32, :32])
    steps = Course(course(loaded["scheduler"], 4, 1), (3,), blend=True, sampler="ddpm")
    grid = torch.zeros_like(clean[:, :1])
    made = sample(denoiser.predict(None, 1.0), clean, grid, Guide([]), steps, Reporter())
    assert torch.equal(made, picture)
    np.testing.assert_array_equal(denoiser.finished(made, scene()[0].pixels)[0], scene()[0].pixels[:32, :32])


def latent(places):
    loaded = Models(preset("embedded"), overrides={"generate": places["four"]}).get("generate")
    denoiser = Denoiser(loaded.parts)
    picture, clean = denoiser.source(np.ascontiguousarray(scene()[0].pixels[:32, 20:52]))
    return denoiser, clean, picture


def guide_for(places, through: str, lean: bool, decoder: str = "full") -> tuple[Denoiser, Guide, object, list]:
    denoiser, clean, picture = latent(places)
    models = Models(preset("embedded"), overrides={"clip": places["clip"], "perceptual": places["segformer"]})
    clip, look = models.get("clip"), Perceptual.of(models.get("perceptual"))
    sees = seer(clip["model"], clip.parts)
    area = torch.zeros_like(picture[:, :1])
    area[..., 8:24, 8:24] = 1
    energy = ClipEnergy(
        sees.encode, sees.words(["a cat"]), area, sees.side, 8, generator=torch.Generator().manual_seed(1),
        at_once=1 if lean else 0,
    )  # fmt: skip
    terms = [Term("clip", 0.1, energy, settles=False), *Preservation(picture, 1 - area, 0.1, 0.1, look).terms()]
    guide = Guide(terms, denoiser.decoder(decoder, clean), True, through, lean)  # type: ignore[arg-type]
    return denoiser, guide, clean, [clip["model"], look.maps.model]


@pytest.mark.parametrize(
    ("through", "lean", "most"), [("unet", False, 3.0), ("frozen", False, 1.0), ("unet", True, 4.0)]
)
def test_a_guided_step_costs_no_more_than_this_many_calls_of_the_unet(places, through, lean, most):
    denoiser, guide, clean, others = guide_for(places, through, lean)
    at = course(denoiser.parts["scheduler"], 5)[2]
    with denoiser.ready(lean, False, *others), counted(denoiser.parts["unet"]) as asked:
        guide.steer(denoiser.predict(denoiser.speak("a cat", ""), 4.0), clean, at)
    assert asked.steps == most, "one call, and one pass back for all terms together"
    assert asked.rows == (2 if not lean else 4), "guidance by words doubles the batch, not the calls"


def test_savers_give_the_same_push_for_less_memory(places):
    pushes, peaks = [], []
    for lean in (False, True):
        denoiser, guide, clean, others = guide_for(places, "unet", lean)
        at = course(denoiser.parts["scheduler"], 5)[2]
        with denoiser.ready(lean, False, *others):
            predict = denoiser.predict(denoiser.speak("a cat", ""), 4.0)
            pushes.append(guide.steer(predict, clean, at)[2])
            peaks.append(peak_bytes(lambda g=guide, p=predict, z=clean, a=at: g.steer(p, z, a)))
        assert all(p.requires_grad for m in (*denoiser.modules, *others) for p in m.parameters()), "as it was before"
        assert not denoiser.parts["unet"].is_gradient_checkpointing
    torch.testing.assert_close(pushes[0], pushes[1], rtol=1e-3, atol=1e-5)
    assert peaks[1] < 0.6 * peaks[0], peaks


def test_the_small_decoder_shows_the_true_picture_with_the_slope_of_the_linear_one(places):
    denoiser, clean, _ = latent(places)
    z = (clean + 0.1).requires_grad_(True)
    small, full, linear = (denoiser.decoder(kind, clean) for kind in ("small", "full", "linear"))
    torch.testing.assert_close(small(z), full(z))
    seen = full(z).detach()
    slopes = [torch.autograd.grad((decode(z) * seen).sum(), z)[0] for decode in (small, linear)]
    torch.testing.assert_close(*slopes)
    assert torch.isfinite(slopes[0]).all() and slopes[0].abs().sum() > 0


def test_a_linear_decoder_is_found_out():
    kernel = torch.randn((12, 4), generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def decode(z):
        return torch.nn.functional.pixel_shuffle(torch.einsum("oc,nchw->nohw", kernel, z) + 0.2, 2)

    clean = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    z = torch.randn((2, 4, 8, 8), generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    torch.testing.assert_close(LinearDecoder(decode, clean, 2).rough(z), decode(z), rtol=0.05, atol=0.05)


# --- samples and who ranks them --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "judge"),
    [
        ({"guide": "clip2"}, "clip"),
        ({"grounder": "clipseg"}, "grounder"),
        ({"semantic": "segformer"}, "semantic"),
        ({}, ""),
    ],
)
def test_the_guide_never_ranks_its_own_results(places, tmp_path, more, judge):
    named = {role: places.get(name) or str(tiny_models.clip(tmp_path / name)) for role, name in more.items()}
    result, _ = run(places, more=named, samples=3, batch=2)
    facts = result.steps[0].facts
    assert facts.get("judge", "") == judge
    if judge:
        assert len(facts["scores"]) == 3 and f"judged by {judge}" in " ".join(result.report)
    else:
        assert "no model but the guide" in " ".join(result.report)


def test_samples_are_the_same_in_any_batch(places):
    (one, _), (two, _) = (run(places, samples=2, batch=b, lambda_clip=0, lambda_l2=0.1) for b in (1, 2))
    difference = np.abs(one.picture.pixels.astype(int) - two.picture.pixels.astype(int))
    assert difference.max() <= 2 and one.steps[0].facts["seed"] == two.steps[0].facts["seed"]


class Bright:
    """Names by brightness: what is light is a cat."""

    names = {0: "wall", 1: "cat"}  # noqa: RUF012

    def __init__(self, *_):
        pass

    def shares(self, pixels, size):
        light = pixels.mean(axis=2).astype(np.float32) / 255
        return np.stack([1 - light, light])


def test_naming_ranks_what_was_asked_for_first(places, monkeypatch):
    monkeypatch.setattr(_ranking, "Namer", Bright)
    models = Models(preset("embedded"), overrides={"semantic": places["segformer"], "clip": places["clip"]})
    results = [np.full((32, 32, 3), grey, np.uint8) for grey in (60, 220, 140)]
    area = np.ones((32, 32), np.float32)
    best, judge, scores = _ranking.rank(models, results, area, REPLACE, "a cat", Reporter())
    assert (best, judge) == (1, "semantic") and scores[1] > scores[2] > scores[0]


# --- settings --------------------------------------------------------------------------------------------------------


def test_numbers_come_from_the_user_then_the_preset_then_the_papers():
    numbers = {"lambda_clip": 0.3, "steps": 20}
    assert settle(ClipGuidedParams(), {}, pixels=True)["lambda_l2"] == PIXEL["lambda_l2"] == 10000
    ours = settle(ClipGuidedParams(steps=9), numbers, pixels=False)
    assert (ours["lambda_clip"], ours["steps"], ours["lambda_l2"]) == (0.3, 9, LATENT["lambda_l2"])
    raw = settle(ClipGuidedParams(balance=False, lambda_clip=5.0), {}, pixels=False)
    assert (raw["lambda_clip"], raw["lambda_lpips"]) == (5.0, PIXEL["lambda_lpips"])
    assert settle(ClipGuidedParams(steps=4, skip=9), {}, pixels=False)["skip"] == 3


def test_it_is_only_taken_when_asked_for():
    from finetouch.engine.choose import choose_editor

    assert 0 < ClipGuided.fits(REPLACE) < 0.5
    assert ClipGuided.fits(EditStep(op="replace", target="ball", params={"prompt": "a cat"})) > 0
    assert choose_editor(REPLACE, preset("lab"), None, has_reference=False).name != "clip-guided"


def test_a_transformer_is_refused(places, tmp_path):
    with pytest.raises(FinetouchError):
        run({**places, "four": str(tiny_models.language_model(tmp_path))})
    with pytest.raises(UsageError, match="preset"):
        ClipGuided().working_size(None)
