"""The denoising loop for inpainting with any Stable Diffusion UNet: nine channels, or four with latent blending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from finetouch.diffusion import schedulers
from finetouch.diffusion.codec import Codec, checked_pixels, latent_mask, to_tensor
from finetouch.diffusion.preview import Preview
from finetouch.diffusion.prompts import Spoken
from finetouch.errors import BrokenOutput, UsageError
from finetouch.imaging.masks import Mask
from finetouch.types import Pixels, Reporter

PREVIEWS = 6  # pictures shown during one run

Noise = Callable[[Any, Any], Any]
"""``(latents, time step) -> noise``."""
Eraser = Callable[["Job", Any], AbstractContextManager[Noise]]
"""``(job, latent mask) -> another prediction of the noise``, as a context (see `finetouch.diffusion.erase`)."""


@dataclass(frozen=True, eq=False)
class Job:
    """One picture to be repainted inside of a mask.

    Attributes:
        pixels: ``(H, W, 3) uint8``, both sides multiples of the autoencoder's factor.
        mask: ``(H, W)`` 0..1, above one half is repainted.
        spoken: Encoded prompts. seed: For the noise; the same on every device.
        steps: Number of steps. guidance: 1 turns guidance off. strength: 0..1, 1 forgets what was there.
        scheduler: See `finetouch.diffusion.schedulers`.
        label: For progress messages.
    """

    pixels: Pixels
    mask: Mask
    spoken: Spoken
    seed: int
    steps: int = 30
    guidance: float = 7.5
    strength: float = 1.0
    scheduler: str = "auto"
    label: str = ""


@dataclass(eq=False)
class Painter:
    """A UNet, its autoencoder and its noise schedule, ready to repaint.

    Attributes:
        parts: "unet", "vae", "scheduler", and optionally "preview" (an `AutoencoderTiny`).
        report: Progress and cancel; asked at every step. notes: What the user should know afterwards.
        device: Where the parts work (they may wait elsewhere until they are called).
        hold: Guides the prediction of the noise (see `finetouch.diffusion.hold`), or None.
    """

    parts: Mapping[str, Any]
    report: Reporter
    notes: list[str] = field(default_factory=list)
    device: str = "cpu"
    hold: Callable[[Noise, Any], Noise] | None = None

    @property
    def channels(self) -> int:
        """Input channels of the UNet: 9 for one made for inpainting, 4 for any other."""
        return int(self.parts["unet"].config.in_channels)

    def paint(self, job: Job, erase: Eraser | None = None) -> Pixels:
        """The picture with new pixels inside of the mask (outside they are only nearly the same).

        An output that is no picture is tried once more with the autoencoder in float32.

        Args:
            job: What to do.
            erase: Makes another noise prediction out of the job and the latent mask (see `finetouch.diffusion.erase`).

        Raises:
            BrokenOutput: The second try failed as well. UsageError: The UNet cannot inpaint.
        """
        try:
            return self._once(job, erase, exact=False)
        except BrokenOutput:
            self.notes.append("The model's first output was unusable; its autoencoder ran in full precision.")
        try:
            return self._once(job, erase, exact=True)
        except BrokenOutput as error:
            raise BrokenOutput(
                f"{error.message} It did so twice, with two precisions.",
                "Try another --seed, fewer steps or a lower guidance, or --device cpu; the weights may be damaged.",
            ) from None

    def _once(self, job: Job, erase: Eraser | None, exact: bool) -> Pixels:
        import torch

        unet = self.parts["unet"]
        if self.channels not in (4, 9):
            raise UsageError(
                f"A UNet with {self.channels} input channels cannot inpaint.", "Give one with 9 or 4 to --set inpaint."
            )
        codec = Codec(self.parts["vae"], exact)
        like = torch.zeros(1, device=self.device, dtype=next(unet.parameters()).dtype)
        with torch.inference_mode():
            clean = codec.encode(to_tensor(job.pixels, like))
            if not bool(torch.isfinite(clean).all()):
                raise BrokenOutput("The autoencoder gave values that are no numbers.")
            grid = torch.from_numpy(latent_mask(job.mask, codec.factor))[None, None].to(like)
            extra = None
            if self.channels == 9:
                kept = torch.from_numpy((job.mask <= 0.5).astype(np.float32)).to(like)
                extra = torch.cat([grid, codec.encode(to_tensor(job.pixels, like) * kept)], dim=1)
            noise = noise_like(clean, job.seed)
            latents = self.loop(job, clean, grid, extra, noise, erase)
            return checked_pixels(codec.decode(latents), job.pixels)

    def loop(self, job: Job, clean: Any, grid: Any, extra: Any, noise: Any, erase: Eraser | None) -> Any:
        """Latents after all steps, with progress and previews.

        Args:
            job: What to do. clean: The picture's latents. grid: Latent mask, 1 where it is repainted.
            extra: More input channels of the UNet, or None. noise: What the latents start from.
            erase: See `paint`.
        """
        import torch

        scheduler = schedulers.make(job.scheduler, self.parts["scheduler"])
        times = schedulers.start(scheduler, job.steps, job.strength, str(clean.device))
        shown = Preview(clean, job.pixels, self.parts.get("preview"))
        whole = job.strength >= 1
        latents = noise * scheduler.init_noise_sigma if whole else scheduler.add_noise(clean, noise, times[0][None])
        predict = self._guided(job, extra)
        generator = torch.Generator("cpu").manual_seed(job.seed + 1)
        extra_args = _takes_generator(scheduler, generator)
        every = max(1, len(times) // PREVIEWS)
        with erase(job, grid) if erase is not None else nullcontext(predict) as noise_of:
            noise_of = self.hold(noise_of, scheduler) if self.hold is not None else noise_of
            for i, t in enumerate(times):
                seen = scheduler.scale_model_input(latents, t)
                eps = noise_of(seen, t)
                out = scheduler.step(eps, t, latents, return_dict=True, **extra_args)
                guess = getattr(out, "pred_original_sample", None)
                guess = _clean_guess(scheduler, latents, eps, t) if guess is None else guess
                latents = out.prev_sample
                if self.channels == 4:
                    latents = blend(scheduler, clean, latents, grid, noise, times, i)
                picture = shown(guess) if i % every == every - 1 else None
                self.report.update("denoise", i + 1, len(times), job.label, picture)
        return latents

    def _guided(self, job: Job, extra: Any) -> Noise:
        """The usual prediction with classifier-free guidance."""
        import torch

        unet = self.parts["unet"]
        told = _told_guidance(unet, job.guidance)
        both = job.guidance > 1 and told is None
        states = job.spoken.states if both else job.spoken.states[1:]
        more = size_facts(unet, job, job.spoken, both)

        def predict(latents: Any, t: Any) -> Any:
            n = 2 if both else 1
            x = latents if extra is None else torch.cat([latents, extra], dim=1)
            eps = unet(
                x.expand(n, -1, -1, -1), t, encoder_hidden_states=states.to(latents.dtype), timestep_cond=told,
                added_cond_kwargs=more, return_dict=False,
            )[0]  # fmt: skip
            if not both:
                return eps
            without, with_ = eps.chunk(2)
            return without + job.guidance * (with_ - without)

        return predict


def blend(scheduler: Any, clean: Any, latents: Any, grid: Any, noise: Any, times: list[Any], i: int) -> Any:
    """After step `i`: what must not change is put back at the next step's noise level, with the one fixed noise.

    After the last step the clean latents themselves are put back (Avrahami et al., Blended Latent Diffusion, 2023).
    """
    kept = clean if i + 1 >= len(times) else scheduler.add_noise(clean, noise, times[i + 1][None])
    return (1 - grid) * kept + grid * latents


def noise_like(latents: Any, seed: int) -> Any:
    """Normal noise of the latents' shape, drawn on the CPU so that a seed means the same everywhere."""
    import torch

    generator = torch.Generator("cpu").manual_seed(int(seed))
    drawn = torch.randn(tuple(latents.shape), generator=generator, dtype=torch.float32)
    return drawn.to(latents.device, latents.dtype)


def _clean_guess(scheduler: Any, latents: Any, eps: Any, t: Any) -> Any:
    """What the latents would be without their noise, for previews."""
    if getattr(scheduler.config, "prediction_type", "epsilon") != "epsilon" or not hasattr(scheduler, "alphas_cumprod"):
        return latents
    alpha = scheduler.alphas_cumprod.to(latents.device)[t.long()].to(latents.dtype)
    return (latents - (1 - alpha).sqrt() * eps) / alpha.sqrt().clamp(min=1e-3)


def _takes_generator(scheduler: Any, generator: Any) -> dict[str, Any]:
    import inspect

    return {"generator": generator} if "generator" in inspect.signature(scheduler.step).parameters else {}


def _told_guidance(unet: Any, guidance: float) -> Any:
    """The guidance scale as an input, for models that were distilled with it; None for all others."""
    import torch

    width = getattr(unet.config, "time_cond_proj_dim", None)
    if width is None:
        return None
    first = next(unet.parameters())
    half = width // 2
    rate = torch.exp(torch.arange(half, dtype=torch.float32) * -(np.log(10000.0) / max(1, half - 1)))
    angle = (guidance - 1.0) * 1000.0 * rate[None]
    out = torch.cat([angle.sin(), angle.cos()], dim=1)
    if width % 2:
        out = torch.nn.functional.pad(out, (0, 1))
    return out.to(first.device, first.dtype)


def size_facts(unet: Any, job: Job, spoken: Spoken, both: bool) -> dict[str, Any] | None:
    """What SDXL wants to know besides the words: pooled text, and original size, crop corner and target size."""
    import torch

    if getattr(unet.config, "addition_embed_type", None) != "text_time":
        return None
    if spoken.pooled is None:
        raise UsageError("This UNet needs a second text encoder, which the model has not.", "Give a complete model.")
    first = next(unet.parameters())
    height, width = job.pixels.shape[:2]
    ids = torch.tensor([[height, width, 0, 0, height, width]], device=first.device, dtype=first.dtype)
    pooled = spoken.pooled if both else spoken.pooled[1:]
    return {"text_embeds": pooled.to(first.device, first.dtype), "time_ids": ids.expand(len(pooled), -1)}
