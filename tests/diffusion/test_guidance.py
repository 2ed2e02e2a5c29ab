"""Guided sampling on tiny models whose gradients can be worked out: identities, gradients, and what each term does."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from finetouch.diffusion import augment  # noqa: E402
from finetouch.diffusion.distance import cosine, spherical, unit  # noqa: E402
from finetouch.diffusion.guidance import ClipEnergy, Guide, out_of_range  # noqa: E402
from finetouch.diffusion.guided import Course, Noises, sample  # noqa: E402
from finetouch.diffusion.preservation import Preservation, Term  # noqa: E402
from finetouch.diffusion.schedule import At, course  # noqa: E402
from finetouch.types import Reporter  # noqa: E402

SIDE = 8


def scheduler(**more):
    from diffusers import DDIMScheduler

    return DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False, **more)


def linear_unet(seed: int = 0, size: float = 0.1):
    """A denoiser that is one matrix, in float64."""
    n = 3 * SIDE * SIDE
    matrix = torch.randn((n, n), generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * size / n**0.5

    def predict(x, at):
        return (x.flatten(1) @ matrix.T * at.noise + x.flatten(1) * 0.5).view_as(x)

    return predict


def two_layer_clip(seed: int = 1):
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn((16, 3 * SIDE * SIDE), generator=generator, dtype=torch.float64) * 0.2
    second = torch.randn((6, 16), generator=generator, dtype=torch.float64)
    return lambda pictures: torch.tanh(pictures.flatten(1) @ first.T) @ second.T


def words(seed: int = 2):
    return unit(torch.randn((1, 6), generator=torch.Generator().manual_seed(seed), dtype=torch.float64))


def source(seed: int = 3):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand((1, 3, SIDE, SIDE), generator=generator, dtype=torch.float64) * 1.6 - 0.8


def half():
    mask = torch.zeros((1, 1, SIDE, SIDE), dtype=torch.float64)
    mask[..., : SIDE // 2] = 1
    return mask


def clip_term(mask, weight: float, copies: int = 1, distance="spherical"):
    energy = ClipEnergy(
        two_layer_clip(), words(), mask, SIDE, copies, distance, generator=torch.Generator().manual_seed(5)
    )
    return Term("clip", weight, energy, settles=False)


def run(guide: Guide, grid, steps: int = 6, skip: int = 0, **more):
    how = Course(course(scheduler(), steps, skip), more.pop("seeds", (7,)), **more)
    return sample(linear_unet(), source(), grid, guide, how, Reporter())


# --- identities ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", ["ddim", "ddpm"])
def test_zero_lambdas_are_the_unguided_sampler_bit_for_bit(sampler):
    mask = half()
    held = Preservation(source(), 1 - mask, squares=0.0, lpips=0.0)
    silent = Guide([clip_term(mask, 0.0), Term("range", 0.0, out_of_range), *held.terms()])
    # The same through the whole machinery, with an energy that has no slope.
    level = Guide([Term("level", 1.0, lambda p: (p * 0).sum((1, 2, 3)))])
    plain = run(Guide([]), mask, skip=2, sampler=sampler)
    assert torch.equal(plain, run(silent, mask, skip=2, sampler=sampler))
    assert torch.equal(plain, run(level, mask, skip=2, sampler=sampler))


def test_the_unguided_sampler_is_diffusers_own():
    noises = Noises(source(), [7]).draw()
    plan = scheduler()
    plan.set_timesteps(6)
    predict, x = linear_unet(), noises.clone()
    steps = course(scheduler(), 6)
    for t, at in zip(plan.timesteps, steps, strict=True):
        x = plan.step(predict(x, at), t, x).prev_sample
    ours = run(Guide([]), torch.ones_like(half()), from_noise=True, blend=False)
    torch.testing.assert_close(ours, x, rtol=0, atol=1e-6)


def test_nothing_to_change_gives_the_input_and_everything_is_plain_guidance():
    mask = torch.ones_like(half())
    guide = lambda: Guide([clip_term(mask, 50.0, copies=3)])  # noqa: E731
    assert torch.equal(run(guide(), torch.zeros_like(mask)), source())
    assert torch.equal(run(guide(), mask, blend=True), run(guide(), mask, blend=False))
    assert not torch.equal(run(guide(), mask), run(Guide([]), mask))


def test_a_seed_means_the_same_alone_and_in_a_batch():
    mask = half()
    guide = lambda: Guide([clip_term(mask, 20.0), Term("l2", 3.0, Preservation(source(), 1 - mask).square_error)])  # noqa: E731
    both = run(guide(), mask, seeds=(7, 8), sampler="ddpm")
    torch.testing.assert_close(both[:1], run(guide(), mask, seeds=(7,), sampler="ddpm"))
    torch.testing.assert_close(both[1:], run(guide(), mask, seeds=(8,), sampler="ddpm"))


# --- gradients -------------------------------------------------------------------------------------------------------


def energy_at(x, at, terms):
    """The energy as the formulas have it, for central differences."""
    predict = linear_unet()
    guess = at.clean(x, predict(x, at))
    blend = at.noise * guess + (1 - at.noise) * x
    return sum(t.weight * t.energy(guess if t.bare else blend).sum() for t in terms)


@pytest.mark.parametrize("distance", ["spherical", "cosine"])
def test_the_push_is_the_slope_of_the_energy(distance):
    mask = half()
    held = Preservation(source(), 1 - mask, squares=7.0)
    terms = [clip_term(mask, 40.0, 1, distance), Term("range", 5.0, out_of_range, bare=True), *held.terms()]
    at = course(scheduler(), 10, 4)[0]
    x = 1.5 * torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    _, _, push = Guide(terms).steer(linear_unet(), x, at)
    step = 1e-5
    for place in torch.randperm(x.numel(), generator=torch.Generator().manual_seed(1))[:40].tolist():
        change = torch.zeros(x.numel(), dtype=torch.float64)
        change[place] = step
        change = change.view_as(x)
        slope = (energy_at(x + change, at, terms) - energy_at(x - change, at, terms)) / (2 * step)
        assert float(-push.flatten()[place]) == pytest.approx(float(slope), rel=1e-4, abs=1e-7)


def test_frozen_noise_leaves_the_models_own_slope_out():
    mask = half()
    at, x = course(scheduler(), 10, 4)[0], source(4)
    term = clip_term(mask, 10.0)
    _, _, push = Guide([term], through="frozen").steer(linear_unet(), x, at)
    eps = linear_unet()(x, at)
    leaf = x.clone().requires_grad_(True)
    guess = (leaf - at.noise * eps) / at.signal
    term.energy(at.noise * guess + (1 - at.noise) * leaf).sum().mul(10.0).backward()
    torch.testing.assert_close(push, -leaf.grad)


def test_balanced_pushes_have_the_length_that_the_weights_say():
    mask, x = half(), source(4)
    at = course(scheduler(), 10, 4)[0]
    for weight in (0.05, 0.2):
        _, _, push = Guide([clip_term(mask, weight)], balance=True).steer(linear_unet(), x, at)
        assert float(push.norm()) == pytest.approx(weight * at.noise * x.numel() ** 0.5, rel=1e-9)
    both = Guide([clip_term(mask, 0.1), *Preservation(source(), 1 - mask, squares=0.1).terms()], balance=True)
    _, _, first = both.steer(linear_unet(), x, at)
    small = source() + (x - source()) * 1e-3
    _, _, second = both.steer(linear_unet(), small, at)
    assert torch.isfinite(first).all() and torch.isfinite(second).all()


def test_checkpointed_slopes_are_the_same():
    mask, x, at = half(), source(4), course(scheduler(), 10, 4)[0]
    _, _, plain = Guide([clip_term(mask, 10.0)]).steer(linear_unet(), x, at)
    _, _, lean = Guide([clip_term(mask, 10.0)], lean=True).steer(linear_unet(), x, at)
    torch.testing.assert_close(plain, lean)


def test_ancestral_and_ddim_guidance_agree_to_first_order():
    at = course(scheduler(), 1000, 400)[0]  # small steps: then they must be the same
    x, eps = source(4), source(5)
    push = torch.randn(x.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    shifts = []
    for size in (1e-3, 1e-2):
        ancestral = at.variance() * push * size
        implicit = at.ddim(x, eps - at.noise * push * size, eta=1.0) - at.ddim(x, eps, eta=1.0)
        shifts.append((implicit / ancestral).mean())
        torch.testing.assert_close(implicit, ancestral, rtol=0.02, atol=0)
    assert float(shifts[0]) == pytest.approx(float(shifts[1]), rel=1e-6)


def test_learned_variance_lies_between_posterior_and_beta():
    at = course(scheduler(), 50, 10)[0]
    low, high = (float(at.variance(torch.tensor(v, dtype=torch.float64))) for v in (-1.0, 1.0))
    assert low == pytest.approx(at.posterior) and high == pytest.approx(at.beta) and low < high


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_every_kind_of_prediction_says_the_same(kind):
    at = At(500, 0.3, 0.4, kind)
    x, eps = source(1), source(2)
    torch.testing.assert_close(at.epsilon(x, at.output(x, eps)), eps)


# --- what the terms do -----------------------------------------------------------------------------------------------


def red_clip(pictures):
    """CLIP that knows nothing but the mean colour."""
    return pictures.mean((2, 3)) + 1e-3


def reds(weight: float, blend: bool) -> tuple[float, float]:
    mask = half()
    want = unit(torch.tensor([[1.0, 0.05, 0.05]], dtype=torch.float64))
    guide = Guide([Term("clip", weight, ClipEnergy(red_clip, want, mask, SIDE, 1), settles=False)])
    made = run(guide, mask, steps=12, skip=4, blend=blend)
    inside = made[:, :, :, : SIDE // 2].mean((0, 2, 3))
    outside = (made - source())[..., SIDE // 2 :].abs().max()
    return float(inside[0] - inside[1:].mean()), float(outside)


def test_guidance_towards_red_reddens_the_mask_and_leaves_the_rest():
    weights = (0.0, 10.0, 30.0, 100.0, 300.0)
    redness = [reds(w, blend=True) for w in weights]
    values = [r for r, _ in redness]
    assert all(a < b for a, b in itertools.pairwise(values)), values
    assert max(outside for _, outside in redness) < 1e-6


def test_the_background_term_holds_what_blending_does_not():
    mask = half()

    def drift(weight: float) -> float:
        held = Preservation(source(), 1 - mask, squares=weight)
        made = run(Guide(held.terms()), mask, steps=12, skip=4, blend=False)
        return float(((made - source()) * (1 - mask)).pow(2).mean())

    assert drift(100.0) < drift(10.0) < drift(0.0)


def test_the_energy_sees_nothing_inside_of_the_mask():
    mask = half()
    held = Preservation(source(), 1 - mask, squares=1.0)
    x = source(6).requires_grad_(True)
    held.energy(x).sum().backward()
    assert not (x.grad * mask).any() and (x.grad * (1 - mask)).any()
    assert float(held.energy(source())) == 0


# --- distances and views ---------------------------------------------------------------------------------------------


def test_spherical_distances():
    a = torch.tensor([[1.0, 0.0]], dtype=torch.float64, requires_grad=True)
    across = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    assert float(spherical(a.detach(), a.detach())) == pytest.approx(0, abs=1e-12)
    assert float(spherical(a.detach(), across)) == pytest.approx(math.pi**2 / 8)
    assert float(spherical(a.detach(), -a.detach())) == pytest.approx(math.pi**2 / 2, rel=1e-3)
    assert float(cosine(a.detach(), across)) == 1
    for b in (a.detach(), across, -a.detach()):
        (slope,) = torch.autograd.grad(spherical(a, b).sum(), a, retain_graph=True)
        assert torch.isfinite(slope).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_the_spherical_distance_is_half_the_squared_angle(seed, width):
    a, b = unit(torch.randn((2, width), generator=torch.Generator().manual_seed(seed), dtype=torch.float64))
    angle = math.acos(float((a @ b).clamp(-1, 1)))
    assert float(spherical(a, b)) == pytest.approx(angle**2 / 2, rel=1e-5, abs=1e-9)


def test_views_start_with_the_picture_and_let_gradients_through():
    x = torch.rand((2, 3, 16, 16), requires_grad=True)
    made = augment.looks(x, 8, torch.Generator().manual_seed(3))
    assert made.shape == (16, 3, 16, 16) and torch.equal(made[:2], x)
    again = augment.looks(x, 8, torch.Generator().manual_seed(3))
    assert torch.equal(made, again) and not torch.equal(made[2:4], x)
    made[4:].sum().backward()
    assert x.grad.abs().sum() > 0
    assert float(made.min()) >= 0 and float(made.max()) <= 1, "beyond the border the rim goes on"


def test_a_tilt_moves_the_corners_and_nothing_moves_without():
    torch.testing.assert_close(augment.tilt(torch.zeros((4, 2), dtype=torch.float64)), torch.eye(3).double())
    inwards = torch.tensor([[0.5, 0.5]] * 4, dtype=torch.float64)
    view = augment.tilt(inwards)
    where = view @ torch.tensor([0.5, 0.5, 1.0], dtype=torch.float64)
    np.testing.assert_allclose((where[:2] / where[2]).numpy(), [1, 1], atol=1e-9)
    x = torch.rand((1, 3, 12, 12), dtype=torch.float64)
    torch.testing.assert_close(augment.warped(x, torch.eye(3)[None]), x)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (7, 3), (64, 64)])
def test_fitting_takes_any_size(size):
    made = augment.fitted(torch.rand((1, 3, *size)), 16)
    assert made.shape == (1, 3, 16, 16) and torch.isfinite(made).all()
