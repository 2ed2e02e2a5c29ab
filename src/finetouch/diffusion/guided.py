"""The sampling loop of CLIP-guided editing: pictures or latents, with or without blending, DDIM or ancestral.

One code path for the three named variants: "local" (guided, background terms, no blending), "blended" (guided, the
source blended in after every step) and "both"; "free" is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from finetouch.diffusion.guidance import Guide, Predict
from finetouch.diffusion.schedule import At
from finetouch.types import Reporter

Variant = Literal["both", "local", "blended", "free"]
Start = Literal["auto", "source", "noise"]
Sampler = Literal["ddim", "ddpm"]


@dataclass(frozen=True)
class Course:
    """How the way from noise to picture is gone.

    Attributes:
        steps: What is done, noisiest first (`finetouch.diffusion.schedule.course`). seeds: One per picture.
        blend: Put the source back outside of the mask after every step. sampler: "ddim" or "ddpm".
        eta: DDIM's share of fresh noise, 0..1. from_noise: Start from noise alone, not from the noised source.
    """

    steps: Sequence[At]
    seeds: tuple[int, ...]
    blend: bool = True
    sampler: Sampler = "ddim"
    eta: float = 0.0
    from_noise: bool = False


class Noises:
    """Normal noise per picture, drawn on the CPU: a seed means the same on every device, alone or in a batch."""

    def __init__(self, like: Any, seeds: Sequence[int]) -> None:
        import torch

        self._like = like
        self._generators = [torch.Generator("cpu").manual_seed(int(s)) for s in seeds]

    def draw(self) -> Any:
        """``(len(seeds), C, h, w)``."""
        import torch

        wide = torch.float64 if self._like.dtype == torch.float64 else torch.float32
        shape = tuple(self._like.shape[1:])
        return torch.stack([torch.randn(shape, generator=g, dtype=wide) for g in self._generators]).to(self._like)


def sample(
    predict: Predict,
    clean: Any,
    grid: Any,
    guide: Guide,
    course: Course,
    report: Reporter,
    on_step: Callable[[int, Any, Any], None] | None = None,
) -> Any:
    """States ``(N, C, h, w)`` after all steps.

    Args:
        predict: The model. clean: The source ``(1, C, h, w)``, as picture or latents.
        grid: ``(1, 1, h, w)``, 1 where it may change. guide: What it is steered by.
        course: Steps, seeds and switches. report: Progress and cancel.
        on_step: Called with number, state and predicted clean state after every step.
    """
    import torch

    noises = Noises(clean, course.seeds)
    noise = noises.draw()  # the one noise that the source is blended in with
    x = noise.clone() if course.from_noise else course.steps[0].noised(clean, noise)
    keep = 1 - grid
    for i, at in enumerate(course.steps):
        report.check()
        eps, learned, push = guide.steer(predict, x, at)
        with torch.no_grad():
            last = i + 1 == len(course.steps)
            x, guess = _stepped(x, eps, learned, push, at, course, None if last else noises)
            if course.blend:
                onward = clean if last else course.steps[i + 1].noised(clean, noise)
                x = grid * x + keep * onward
        if on_step is not None:
            on_step(i, x, guess)
    return x


def _stepped(
    x: Any, eps: Any, learned: Any, push: Any, at: At, course: Course, noises: Noises | None
) -> tuple[Any, Any]:
    """The next state and the predicted clean one; `noises` None: the last step, which adds none."""
    if course.sampler == "ddim":
        if push is not None:
            eps = eps - at.noise * push
        fresh = noises.draw() if noises is not None and course.eta > 0 else None
        eta = course.eta if noises is not None else 0.0
        return at.ddim(x, eps, eta, fresh), at.clean(x, eps)
    mean, spread = at.mean(x, eps), at.variance(learned)
    if push is not None:
        mean = mean + spread * push
    guess = at.clean(x, eps)
    if noises is None:
        return mean, guess
    return mean + spread**0.5 * noises.draw(), guess
