"""A noise schedule as plain numbers: time steps with the signal share at each of them and after it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from finetouch.errors import UsageError


@dataclass(frozen=True)
class At:
    """One step.

    Attributes:
        t: Time step of the model. alpha: Share of the signal there (cumulative product, 0..1).
        after: The same once the step is done. kind: What the model predicts: "epsilon", "v_prediction" or "sample".
        clip: Predicted clean pictures are kept in -1..1.
    """

    t: int
    alpha: float
    after: float
    kind: str = "epsilon"
    clip: bool = False

    @property
    def signal(self) -> float:
        """Factor of the clean picture, never quite 0."""
        return math.sqrt(max(self.alpha, 1e-8))

    @property
    def noise(self) -> float:
        """Factor of the noise."""
        return math.sqrt(max(0.0, 1 - self.alpha))

    def epsilon(self, x: Any, out: Any) -> Any:
        """The noise in `x` by what the model gave."""
        if self.kind == "v_prediction":
            return self.signal * out + self.noise * x
        if self.kind == "sample":
            return (x - self.signal * out) / max(self.noise, 1e-8)
        return out

    def output(self, x: Any, eps: Any) -> Any:
        """The inverse of `epsilon`: what the model would have to give."""
        if self.kind == "v_prediction":
            return (eps - self.noise * x) / self.signal
        return self.clean(x, eps) if self.kind == "sample" else eps

    def clean(self, x: Any, eps: Any) -> Any:
        """The picture without its noise."""
        guess = (x - self.noise * eps) / self.signal
        return guess.clamp(-1, 1) if self.clip else guess

    def noised(self, clean: Any, noise: Any) -> Any:
        """A clean picture at this step's level of noise."""
        return self.signal * clean + self.noise * noise

    def ddim(self, x: Any, eps: Any, eta: float = 0.0, fresh: Any = None) -> Any:
        """The next state (Song et al., DDIM, 2021); `eta` 1 adds as much fresh noise as the ancestral sampler."""
        guess = self.clean(x, eps)
        if self.clip:
            eps = (x - self.signal * guess) / max(self.noise, 1e-8)
        spread = eta * math.sqrt(self.posterior)
        onward = math.sqrt(max(0.0, 1 - self.after - spread**2))
        done = math.sqrt(self.after) * guess + onward * eps
        return done if fresh is None or spread == 0 else done + spread * fresh

    @property
    def beta(self) -> float:
        """Noise that the step back takes away."""
        return 1 - max(self.alpha, 1e-8) / max(self.after, 1e-8)

    @property
    def posterior(self) -> float:
        """Variance of the state before, given this one and the clean picture."""
        return max(0.0, self.beta * (1 - self.after) / max(1 - self.alpha, 1e-12))

    def variance(self, learned: Any = None) -> Any:
        """Variance of the ancestral step: the posterior's, or what the model learned between that and beta."""
        if learned is None:
            return self.posterior
        share, low = (learned + 1) / 2, math.log(max(self.posterior, 1e-20))
        return (share * math.log(max(self.beta, 1e-20)) + (1 - share) * low).exp()

    def mean(self, x: Any, eps: Any) -> Any:
        """Mean of the ancestral step (Ho et al., DDPM, 2020)."""
        rest = max(1 - self.alpha, 1e-12)
        to_clean = math.sqrt(self.after) * self.beta / rest
        to_state = math.sqrt(max(0.0, 1 - self.beta)) * (1 - self.after) / rest
        return to_clean * self.clean(x, eps) + to_state * x


def course(scheduler: Any, steps: int, skip: int = 0) -> list[At]:
    """The steps of a model's own noise schedule, the noisiest first, without the first `skip` of them.

    Args:
        scheduler: The scheduler that came with the model. steps: Number of steps from pure noise.
        skip: How many are left out; at least one stays.

    Raises:
        UsageError: The schedule is of another kind (flow matching).
    """
    from diffusers import DDIMScheduler

    if not hasattr(scheduler, "alphas_cumprod"):
        raise UsageError(
            f"CLIP guidance needs a model with a noise schedule; {type(scheduler).__name__} has none.",
            "Take a Stable Diffusion or DDPM model, e.g. --preset sd15.",
        )
    ddim = DDIMScheduler.from_config(scheduler.config)
    ddim.set_timesteps(steps)
    times = [int(t) for t in ddim.timesteps]
    shares = [float(ddim.alphas_cumprod[t]) for t in times] + [float(ddim.final_alpha_cumprod)]
    config = ddim.config
    made = [
        At(t, shares[i], shares[i + 1], config.prediction_type, bool(config.clip_sample)) for i, t in enumerate(times)
    ]
    return made[max(0, min(skip, len(made) - 1)) :]
