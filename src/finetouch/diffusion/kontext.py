"""Following an instruction with FLUX Kontext and Qwen-Image-Edit, through their own diffusers pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from finetouch.diffusion import flux
from finetouch.diffusion.codec import Codec, checked_pixels, to_tensor
from finetouch.diffusion.preview import Preview
from finetouch.diffusion.sampler import PREVIEWS
from finetouch.types import Pixels, Reporter

QWEN_COMPONENTS = ("scheduler", "vae", "text_encoder", "tokenizer", "processor", "transformer")
FLUX_STEPS, FLUX_GUIDANCE = 28, 2.5
QWEN_STEPS, QWEN_GUIDANCE = 40, 4.0


def is_qwen(parts: Mapping[str, Any]) -> bool:
    """True when the denoiser is Qwen-Image's transformer."""
    return type(parts.get("transformer")).__name__ == "QwenImageTransformer2DModel"


def multiple(parts: Mapping[str, Any]) -> int:
    """What both sides of a crop must divide by: latents are packed two by two."""
    if is_qwen(parts):
        return int(2 ** len(parts["vae"].temperal_downsample)) * 2
    return flux.multiple(parts)


def follow(
    parts: Mapping[str, Any], pipeline_name: str, pixels: Pixels, prompt: str, negative: str, seed: int,
    report: Reporter, *, steps: int, guidance: float, label: str = "", exact: bool = False,
) -> Pixels:  # fmt: skip
    """The picture after the instruction; every pixel may change.

    Args:
        parts: Components of the pipeline. pipeline_name: Its class; tells the two Qwen-Image-Edit families apart.
        pixels: ``(H, W, 3) uint8``, sides multiples of `multiple`. prompt: The instruction.
        negative: What must not be seen (Qwen-Image-Edit only). seed: For the noise. report: Progress and cancel.
        steps, guidance: As for any sampler; Kontext takes the guidance as an input.
        exact: Run the decoder in float32.

    Raises:
        BrokenOutput: The output is no picture.
    """
    import torch

    pipeline, arguments = (_qwen if is_qwen(parts) else _flux)(parts, pipeline_name, pixels, negative, guidance)
    pipeline.set_progress_bar_config(disable=True)
    height, width = pixels.shape[:2]
    shown = _preview(parts, pixels, str(pipeline._execution_device))
    every = max(1, steps // PREVIEWS)

    def at_step(_: Any, step: int, __: Any, values: dict[str, Any]) -> dict[str, Any]:
        picture = None
        if step % every == every - 1:
            latents = pipeline._unpack_latents(values["latents"], height, width, multiple(parts) // 2)
            picture = shown(latents[:, :, 0] if latents.ndim == 5 else latents)
        report.update("denoise", step + 1, steps, label, picture)
        return values

    with torch.inference_mode():
        packed = pipeline(
            prompt=prompt, height=height, width=width, num_inference_steps=steps, output_type="latent",
            generator=torch.Generator("cpu").manual_seed(int(seed)), callback_on_step_end=at_step, **arguments,
        ).images  # fmt: skip
        latents = pipeline._unpack_latents(packed, height, width, multiple(parts) // 2)
        return checked_pixels(_decoded(parts, latents, exact), pixels)


def _decoded(parts: Mapping[str, Any], latents: Any, exact: bool) -> Any:
    """Pictures ``(1, 3, H, W)``, about -1..1, of a pipeline's latents."""
    import torch

    vae = parts["vae"]
    if not is_qwen(parts):
        return Codec(vae, exact).decode(latents)
    usual = next(vae.parameters()).dtype
    mean, std = _statistics(vae, latents)
    try:
        if exact:
            vae.to(torch.float32)
        form = torch.float32 if exact else usual
        return vae.decode((latents.float() * std + mean).to(form)).sample[:, :, 0]
    finally:
        vae.to(usual)


def _statistics(vae: Any, latents: Any) -> tuple[Any, Any]:
    """Mean and spread of every channel of Qwen-Image's latents, in the shape of `latents`."""
    import torch

    shape = [1, -1] + [1] * (latents.ndim - 2)
    found = (vae.config.latents_mean, vae.config.latents_std)
    mean, std = (torch.tensor(v, device=latents.device, dtype=torch.float32).view(shape) for v in found)
    return mean, std


def _flux(parts: Mapping[str, Any], _: str, pixels: Pixels, __: str, guidance: float) -> tuple[Any, dict[str, Any]]:
    """Kontext at the crop's own size: it is not moved to one of the sizes that the pipeline prefers."""
    import diffusers
    import torch

    made = diffusers.FluxKontextPipeline(**{name: parts[name] for name in flux.COMPONENTS})
    image = torch.from_numpy(pixels.astype(np.float32).transpose(2, 0, 1)[None] / 255.0)
    height, width = pixels.shape[:2]
    return made, {
        "image": image, "guidance_scale": guidance, "max_sequence_length": flux.room(parts),
        "max_area": height * width, "_auto_resize": False,
    }  # fmt: skip


def _qwen(
    parts: Mapping[str, Any], name: str, pixels: Pixels, negative: str, guidance: float
) -> tuple[Any, dict[str, Any]]:
    import diffusers
    from PIL import Image

    plus = "Plus" in name
    cls: Any = diffusers.QwenImageEditPlusPipeline if plus else diffusers.QwenImageEditPipeline
    made = cls(**{part: parts[part] for part in QWEN_COMPONENTS})
    told = guidance if getattr(parts["transformer"].config, "guidance_embeds", False) else None
    # Guidance by words only happens when there are negative words, if only a space.
    return made, {
        "image": Image.fromarray(pixels), "negative_prompt": negative or " ", "true_cfg_scale": guidance,
        "guidance_scale": told,
    }  # fmt: skip


def _preview(parts: Mapping[str, Any], pixels: Pixels, device: str) -> Preview:
    """Small pictures of the latents, by the linear map that fits the picture itself."""
    import torch

    vae = parts["vae"]
    like = torch.zeros(1, device=device, dtype=next(vae.parameters()).dtype)
    picture = to_tensor(pixels, like)
    if not is_qwen(parts):
        return Preview(Codec(vae).encode(picture), pixels)
    with torch.inference_mode():
        latents = vae.encode(picture[:, :, None]).latent_dist.mode()[:, :, 0]
    mean, std = _statistics(vae, latents)
    return Preview((latents.float() - mean) / std, pixels)
