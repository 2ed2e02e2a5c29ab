"""The preservation energy around other samplers: what lies outside drifts less, whatever predicts the noise."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import tiny_editors  # noqa: E402
import tiny_models  # noqa: E402
from finetouch.diffusion import instruct  # noqa: E402
from finetouch.diffusion.features import Backbone  # noqa: E402
from finetouch.diffusion.hold import at_of, holding  # noqa: E402
from finetouch.diffusion.perceptual import Perceptual  # noqa: E402
from finetouch.diffusion.prompts import speak  # noqa: E402
from finetouch.diffusion.sampler import Job, Painter  # noqa: E402
from finetouch.engine.models import Models  # noqa: E402
from finetouch.hub.presets import preset  # noqa: E402
from finetouch.types import Reporter  # noqa: E402


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    make = tmp_path_factory.mktemp
    places = {
        "inpaint": str(tiny_models.stable_diffusion(make("nine"), 9)),
        "instruct": str(tiny_editors.instruct_pix2pix(make("pix"))),
    }
    models = Models(preset("embedded"), overrides=places)
    from diffusers import DDIMScheduler

    # As Stable Diffusion has it: latents are not cut off at -1 and 1.
    plan = DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False, steps_offset=1)
    return {role: {**models.get(role).parts, "scheduler": plan} for role in places}


def setting(parts, scheduler: str):
    y, x = np.mgrid[:32, :32]
    pixels = np.stack([x * 8, y * 8, np.full_like(x, 90)], axis=2).astype(np.uint8)
    area = np.zeros((32, 32), np.float32)
    area[8:24, 8:24] = 1
    return Job(pixels, area, speak(parts, "a cat"), 3, 6, 2.0, 1.0, scheduler), pixels, area


def drift(made, pixels, area) -> float:
    return float(((made.astype(float) - pixels) ** 2)[area < 0.5].mean())


def made_by(parts, role: str, job: Job, hold):
    if role == "inpaint":
        return Painter(parts[role], Reporter(), hold=hold).paint(job)
    return instruct.follow(parts[role], job, 1.5, Reporter(), [], hold=hold)


@pytest.mark.parametrize("role", ["inpaint", "instruct"])
@pytest.mark.parametrize("scheduler", ["ddim", "dpm++", "euler"])
def test_inpainting_and_following_are_held(parts, role, scheduler):
    job, pixels, area = setting(parts[role], scheduler)
    vae = parts[role]["vae"]
    loose = made_by(parts, role, job, None)
    held = made_by(parts, role, job, holding(vae, pixels, area, 0.3, None, "cpu"))
    assert drift(held, pixels, area) < drift(loose, pixels, area)
    assert all(p.requires_grad for p in vae.parameters()), "as it was before"


def test_lpips_can_hold_too(parts):
    job, pixels, area = setting(parts["inpaint"], "ddim")
    vae = parts["inpaint"]["vae"]
    look = Perceptual(Backbone(vae))
    loose = made_by(parts, "inpaint", job, None)
    held = made_by(parts, "inpaint", job, holding(vae, pixels, area, 0.5, look, "cpu"))
    assert drift(held, pixels, area) < drift(loose, pixels, area)


def test_no_weight_changes_nothing(parts):
    job, pixels, area = setting(parts["inpaint"], "ddim")
    hold = holding(parts["inpaint"]["vae"], pixels, area, 0.0, None, "cpu")
    one, two = (Painter(parts["inpaint"], Reporter(), hold=h).paint(job) for h in (None, hold))
    np.testing.assert_array_equal(one, two)


def test_levels_between_two_steps():
    from diffusers import DDIMScheduler

    plan = DDIMScheduler()
    low, high = (at_of(plan, t).alpha for t in (10, 11))
    assert low > at_of(plan, 10.5).alpha > high
