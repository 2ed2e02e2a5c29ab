"""What the methods with a generative model share: the model's size, several results, what is said about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from finetouch.contracts import EditMethod, EditOutput, EditRequest, WorkingSize
from finetouch.diffusion.codec import Codec
from finetouch.editing import _judging
from finetouch.errors import UsageError
from finetouch.types import Pixels

if TYPE_CHECKING:
    from finetouch.diffusion.hold import Hold
    from finetouch.engine.models import Loaded, Models

FEATHER = 2.0
COARSE = 0.5  # below this many crop px per picture px the loss of detail is said


def models_of(method: EditMethod, name: str) -> Models:
    """The preset's models; raises `UsageError` for a method that was made without a preset."""
    if method.models is None:
        raise UsageError(f"The method '{name}' works with the models of a preset.", "Choose one with --preset.")
    return method.models


def unet_size(loaded: Loaded, zoom: bool) -> WorkingSize:
    """The size a UNet was made for; sides are multiples of what its autoencoder and UNet divide by."""
    unet, factor = loaded["unet"], Codec(loaded["vae"]).factor
    sample = unet.config.sample_size
    sample = max(sample) if isinstance(sample, (list, tuple)) else int(sample or 64)
    halvings = 2 ** (len(unet.config.block_out_channels) - 1)
    side = int(loaded.facts.get("native_size", sample * factor))
    multiple = factor * halvings if side >= 4 * factor * halvings else factor
    return WorkingSize(side, multiple, not zoom)


def hold_for(request: EditRequest, models: Models, loaded: Loaded) -> Hold | None:
    """What keeps the sampler near the picture outside of the area; None when ``params.preserve`` is 0."""
    if not request.params.preserve:
        return None
    from finetouch.diffusion.hold import holding
    from finetouch.diffusion.perceptual import Perceptual

    look = Perceptual.of(models.get("perceptual", request.report)) if models.ready("perceptual") else None
    return holding(loaded["vae"], request.pixels, request.area, request.params.preserve, look, loaded.device)


def best_of(
    request: EditRequest,
    models: Models,
    words: str,
    wanted: str,
    notes: list[str],
    one: Callable[[int, str], Pixels],
    facts: dict[str, Any],
) -> EditOutput:
    """The best of ``params.candidates`` results, with what is known about it.

    Args:
        request: The crop. models: Who judges. words: What the model is told, for messages.
        wanted: What should be seen.
        notes: What there is to say; `one` may add to it. one: Seed and label to a result. facts: The method's own.
    """
    if request.scale < COARSE:
        notes.insert(
            0,
            f"The area is large: the model worked at {100 * request.scale:.0f} % of its size, so its new part is "
            "softer than the picture.",
        )
    seeds = [int(s) for s in request.rng.integers(2**31 - 1, size=request.params.candidates)]
    made = []
    for number, seed in enumerate(seeds):
        made.append(one(seed, f"{words} ({number + 1} of {len(seeds)})" if len(seeds) > 1 else words))
    best, judge, scores = _judging.rank(models, made, request.area, request.step, wanted, request.report)
    facts = {
        **facts, "seed": seeds[best], "scale": round(request.scale, 3),
        "working_size": [made[0].shape[1], made[0].shape[0]],
    }  # fmt: skip
    if judge:
        facts |= {"judge": judge, "scores": scores}
        notes.append(f"Made {len(made)} results; number {best + 1} was taken, judged by {judge}.")
    elif len(made) > 1:
        notes.append(f"Made {len(made)} results; the preset has no model to judge them, took the first.")
    return EditOutput(pixels=made[best], notes=tuple(dict.fromkeys(notes)), facts=facts)
