"""Holds what must not change while any sampler of this package runs: inpainting, following instructions, few steps.

The energy is that of `finetouch.diffusion.preservation`; its slope goes through the decoder but not through the model
("frozen" noise), so it costs no pass back through the UNet and works around every prediction of the noise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from finetouch.diffusion.codec import Codec, to_tensor
from finetouch.diffusion.guidance import Guide
from finetouch.diffusion.perceptual import Perceptual
from finetouch.diffusion.preservation import Preservation
from finetouch.diffusion.savers import frozen
from finetouch.diffusion.schedule import At
from finetouch.imaging.masks import Mask
from finetouch.types import Pixels

Noise = Callable[[Any, Any], Any]
Hold = Callable[[Noise, Any], Noise]
"""``(prediction of the noise, scheduler) -> a guided prediction``, for `finetouch.diffusion.sampler.Painter.hold`."""


def holding(vae: Any, pixels: Pixels, area: Mask, weight: float, perceptual: Perceptual | None, device: str) -> Hold:
    """What keeps a sampler near the picture outside of an area.

    Args:
        vae: The sampler's autoencoder. pixels: ``(H, W, 3) uint8``, the picture. area: ``(H, W)``, 1 may change.
        weight: Share of the noise's own length that the pull may have at most; squares and LPIPS get half each.
        perceptual: For LPIPS; None leaves all of it to squares. device: Where the models are.
    """
    import torch

    with torch.inference_mode(False):
        like = torch.zeros(1, device=device)
        source = to_tensor(pixels, like)
        keep = torch.from_numpy(np.ascontiguousarray((area <= 0.5).astype(np.float32)))[None, None].to(like)
    squares = weight if perceptual is None else weight / 2
    held = Preservation(source, keep, squares, weight - squares, perceptual)
    guide = Guide(held.terms(), Codec(vae).decode_with_slope, balance=True, through="frozen")
    models = [vae, *([getattr(perceptual.maps, "model", None)] if perceptual is not None else [])]

    def around(noise_of: Noise, scheduler: Any) -> Noise:
        def noise(seen: Any, t: Any) -> Any:
            at, out = at_of(scheduler, t), noise_of(seen, t)
            with torch.inference_mode(False), frozen(*[m for m in models if m is not None]):
                state, given = seen.clone().float(), out.clone().float()
                eps, _, push = guide.steer(lambda x, _at: given, state, at)
                if push is None:
                    return out
                return at.output(state, eps - at.noise * push).to(out.dtype)

        return noise

    return around


def at_of(scheduler: Any, t: Any) -> At:
    """The level of noise at a time step, which may lie between two of the schedule."""
    shares = np.asarray(scheduler.alphas_cumprod.float().cpu().numpy(), dtype=np.float64)
    alpha = float(np.interp(float(t), np.arange(len(shares)), shares))
    return At(int(float(t)), alpha, alpha, getattr(scheduler.config, "prediction_type", "epsilon"))
