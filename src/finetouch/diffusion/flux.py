"""FLUX as an inpainter, through its own diffusers pipelines (Fill, or any FLUX with latent blending)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from finetouch.diffusion.codec import BLACK, Codec, to_tensor
from finetouch.diffusion.preview import Preview
from finetouch.diffusion.prompts import left_out
from finetouch.diffusion.sampler import PREVIEWS
from finetouch.errors import BrokenOutput
from finetouch.imaging.masks import Mask
from finetouch.types import Pixels, Reporter

COMPONENTS = ("scheduler", "vae", "text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2", "transformer")
WORDS = 512


def is_flux(parts: Mapping[str, Any]) -> bool:
    """True when the denoiser is a FLUX transformer."""
    return type(parts.get("transformer")).__name__ == "FluxTransformer2DModel"


def is_fill(parts: Mapping[str, Any]) -> bool:
    """True for FLUX Fill, which is told the picture and the mask with its input."""
    transformer = parts["transformer"]
    return int(transformer.config.in_channels) > 4 * int(parts["vae"].config.latent_channels)


def multiple(parts: Mapping[str, Any]) -> int:
    """What both sides of a crop must divide by: latents are packed two by two."""
    return int(2 ** (len(parts["vae"].config.block_out_channels) - 1)) * 2


def paint(
    parts: Mapping[str, Any], pixels: Pixels, mask: Mask, prompt: str, seed: int, report: Reporter, *,
    steps: int, guidance: float, strength: float, label: str = "", exact: bool = False,
) -> Pixels:  # fmt: skip
    """New pixels inside of the mask.

    Args:
        parts: Components of a FLUX pipeline. pixels: ``(H, W, 3) uint8``, sides multiples of `multiple`.
        mask: ``(H, W)`` 0..1. prompt: What shall be there. seed: For the noise. report: Progress and cancel.
        steps, guidance, strength: As for any sampler; guidance is an input of the model here.
        exact: Run the autoencoder in float32.

    Raises:
        BrokenOutput: The output is no picture.
    """
    import diffusers
    import torch

    cls: Any = diffusers.FluxFillPipeline if is_fill(parts) else diffusers.FluxInpaintPipeline
    pipeline = cls(**{name: parts[name] for name in COMPONENTS})
    pipeline.set_progress_bar_config(disable=True)

    vae = parts["vae"]
    before = next(vae.parameters()).dtype
    height, width = pixels.shape[:2]
    shown = _preview(parts, pixels, str(pipeline._execution_device))
    total = max(1, min(steps, int(steps * strength)))
    every = max(1, total // PREVIEWS)

    def at_step(_: Any, step: int, __: Any, values: dict[str, Any]) -> dict[str, Any]:
        picture = None
        if step % every == every - 1:
            factor = multiple(parts) // 2
            picture = shown(cls._unpack_latents(values["latents"], height, width, factor))
        report.update("denoise", step + 1, total, label, picture)
        return values

    image = torch.from_numpy(pixels.astype(np.float32).transpose(2, 0, 1)[None] / 255.0)
    hole = torch.from_numpy((mask > 0.5).astype(np.float32))[None, None]
    if exact:
        vae.to(torch.float32)
    try:
        out = pipeline(
            prompt=prompt, image=image, mask_image=hole, height=height, width=width, strength=strength,
            num_inference_steps=steps, guidance_scale=guidance, max_sequence_length=room(parts), output_type="np",
            generator=torch.Generator("cpu").manual_seed(int(seed)), callback_on_step_end=at_step,
        ).images[0]  # fmt: skip
    finally:
        vae.to(before)
    if not np.isfinite(out).all():
        raise BrokenOutput("The model gave values that are no numbers.")
    painted = np.clip(np.round(np.asarray(out) * 255.0), 0, 255).astype(np.uint8)
    if int(painted.max()) <= BLACK and int(pixels.max()) > 8 * BLACK:
        raise BrokenOutput("The model gave a black picture.")
    return painted


def _preview(parts: Mapping[str, Any], pixels: Pixels, device: str) -> Preview:
    """Small pictures of its latents, by the linear map that fits the picture itself."""
    import torch

    like = torch.zeros(1, device=device, dtype=next(parts["vae"].parameters()).dtype)
    return Preview(Codec(parts["vae"]).encode(to_tensor(pixels, like)), pixels)


def room(parts: Mapping[str, Any]) -> int:
    """Tokens that the long-text encoder reads."""
    return int(min(WORDS, parts["tokenizer_2"].model_max_length))


def cut_words(parts: Mapping[str, Any], prompt: str) -> str:
    """What of a prompt the long-text encoder never hears."""
    return left_out(parts["tokenizer_2"], prompt, room(parts))
