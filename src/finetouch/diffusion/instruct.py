"""Following an instruction with InstructPix2Pix (Brooks et al., CVPR 2023): guided by words and by the picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from finetouch.diffusion.codec import Codec, checked_pixels, to_tensor
from finetouch.diffusion.hold import Hold
from finetouch.diffusion.sampler import Job, Noise, Painter, noise_like, size_facts
from finetouch.errors import BrokenOutput, UsageError
from finetouch.types import Pixels, Reporter

IMAGE_GUIDANCE = 1.5


def follow(
    parts: Mapping[str, Any], job: Job, image_guidance: float, report: Reporter, notes: list[str], device: str = "cpu",
    hold: Hold | None = None,
) -> Pixels:  # fmt: skip
    """The picture after the instruction; every pixel may change.

    Args:
        parts: "unet" (twice as many input channels as latents have), "vae", "scheduler", optionally "preview".
        job: Picture, encoded instruction, seed, steps; its guidance is that of the words, its mask is not looked at.
        image_guidance: How closely the picture is kept, 1 or more; with both guidances 1 there is none.
        report: Progress and cancel. notes: What the user should know afterwards. device: Where the parts work.
        hold: Keeps what must not change (see `finetouch.diffusion.hold`), or None.

    Raises:
        BrokenOutput: No picture came out, not even with the autoencoder in float32.
        UsageError: The UNet is not one that follows instructions.
    """
    try:
        return _once(parts, job, image_guidance, report, notes, device, hold, exact=False)
    except BrokenOutput:
        notes.append("The model's first output was unusable; its autoencoder ran in full precision.")
    try:
        return _once(parts, job, image_guidance, report, notes, device, hold, exact=True)
    except BrokenOutput as error:
        raise BrokenOutput(
            f"{error.message} It did so twice, with two precisions.",
            "Try another --seed, or a lower guidance, or --device cpu; the weights may be damaged.",
        ) from None


def _once(
    parts: Mapping[str, Any], job: Job, image_guidance: float, report: Reporter, notes: list[str], device: str,
    hold: Hold | None = None, *, exact: bool,
) -> Pixels:  # fmt: skip
    import torch

    painter, codec = Painter(parts, report, notes, device, hold), Codec(parts["vae"], exact)
    if painter.channels != 2 * codec.channels:
        raise UsageError(
            f"A UNet with {painter.channels} input channels cannot follow instructions.",
            f"Give one with {2 * codec.channels} to --set instruct.",
        )
    like = torch.zeros(1, device=device, dtype=next(parts["unet"].parameters()).dtype)
    with torch.inference_mode():
        seen = codec.modes(to_tensor(job.pixels, like))
        if not bool(torch.isfinite(seen).all()):
            raise BrokenOutput("The autoencoder gave values that are no numbers.")
        clean = codec.encode(to_tensor(job.pixels, like))
        grid = torch.ones_like(clean[:, :1])

        @contextmanager
        def guided(asked: Job, _: Any) -> Iterator[Noise]:
            yield lambda latents, t: predict(parts["unet"], asked, latents, t, seen, image_guidance)

        latents = painter.loop(job, clean, grid, None, noise_like(clean, job.seed), guided)
        return checked_pixels(codec.decode(latents), job.pixels)


def predict(unet: Any, job: Job, latents: Any, t: Any, seen: Any, image_guidance: float) -> Any:
    """The noise: with words and picture, with the picture only, with neither, weighed against each other.

    ``neither + image_guidance * (picture - neither) + guidance * (words - picture)``

    Args:
        unet: The denoiser. job: For words and guidance. latents: ``(1, C, h, w)``, as the schedule wants them seen.
        t: Time step. seen: ``(1, C, h, w)`` unscaled latents of the picture. image_guidance: See `follow`.
    """
    import torch

    plain = job.guidance == 1 and image_guidance == 1
    rows: Sequence[int] = (1,) if plain else (1, 0, 0)  # of (negative, words)
    pictures = seen if plain else torch.cat([seen, seen, torch.zeros_like(seen)])
    n = len(rows)
    more = size_facts(unet, job, job.spoken, True)
    eps = unet(
        torch.cat([latents.expand(n, -1, -1, -1), pictures], dim=1), t,
        encoder_hidden_states=job.spoken.states[list(rows)].to(latents.dtype),
        added_cond_kwargs=None if more is None else {k: v[list(rows)] for k, v in more.items()}, return_dict=False,
    )[0]  # fmt: skip
    if plain:
        return eps
    words, picture, neither = eps.chunk(3)
    return neither + image_guidance * (picture - neither) + job.guidance * (words - picture)


def job_for(pixels: Pixels, spoken: Any, seed: int, steps: int, guidance: float, scheduler: str, label: str) -> Job:
    """A job about a whole crop."""
    mask = np.ones(pixels.shape[:2], np.float32)
    return Job(pixels, mask, spoken, seed, steps, guidance, 1.0, scheduler, label)
