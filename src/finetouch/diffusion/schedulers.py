"""Schedulers by the names people use for them."""

from __future__ import annotations

from typing import Any, Literal

Name = Literal["auto", "ddim", "dpm++", "unipc", "euler", "euler_a", "lcm"]

CLASSES: dict[str, str] = {
    "ddim": "DDIMScheduler", "dpm++": "DPMSolverMultistepScheduler", "unipc": "UniPCMultistepScheduler",
    "euler": "EulerDiscreteScheduler", "euler_a": "EulerAncestralDiscreteScheduler", "lcm": "LCMScheduler",
}  # fmt: skip
KEPT = ("LCMScheduler", "TCDScheduler")  # belong to what their model was distilled for


def make(name: str, base: Any) -> Any:
    """A fresh scheduler with the noise schedule of `base`; "auto" keeps a few-step one and takes DPM++ otherwise.

    Args:
        name: One of `CLASSES`, or "auto". base: The scheduler that came with the model.
    """
    import diffusers

    if name == "auto":
        name = "" if type(base).__name__ in KEPT else "dpm++"
    cls = getattr(diffusers, CLASSES[name]) if name else type(base)
    return cls.from_config(base.config)


def start(scheduler: Any, steps: int, strength: float, device: str) -> list[Any]:
    """Sets the time steps and gives those that are left at a strength of 0..1 (1: all)."""
    scheduler.set_timesteps(max(1, steps), device=device)
    order = int(getattr(scheduler, "order", 1))
    skipped = max(0, steps - max(1, min(steps, round(steps * strength)))) if strength < 1 else 0
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(skipped * order)
    return list(scheduler.timesteps[skipped * order :])
