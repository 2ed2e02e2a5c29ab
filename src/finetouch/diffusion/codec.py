"""Pictures to latents and back, with the checks that real autoencoders need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetouch.errors import BrokenOutput
from finetouch.imaging.masks import Mask
from finetouch.types import Pixels

BLACK = 2  # grey level up to which a whole picture counts as black


class Codec:
    """An autoencoder with its scale. Tensors have to be on the device where it works.

    Args:
        vae: `AutoencoderKL` (or any diffusers autoencoder with its interface).
        exact: Run it in float32, whatever it is kept in.
    """

    def __init__(self, vae: Any, exact: bool = False) -> None:
        import torch

        self._vae = vae
        half = next(vae.parameters()).dtype == torch.float16
        self._exact = exact or (half and bool(getattr(vae.config, "force_upcast", False)))
        self._scale = float(getattr(vae.config, "scaling_factor", 1.0) or 1.0)
        self._shift = float(getattr(vae.config, "shift_factor", 0.0) or 0.0)

    @property
    def factor(self) -> int:
        """Picture px per latent px."""
        return int(2 ** (len(self._vae.config.block_out_channels) - 1))

    @property
    def channels(self) -> int:
        """Channels of the latents."""
        return int(self._vae.config.latent_channels)

    def encode(self, tensor: Any) -> Any:
        """Latents ``(N, C, h, w)`` of pictures ``(N, 3, H, W)`` in -1..1: the most likely ones, scaled."""
        return self._in_its_format(lambda x: self._scaled(self._vae.encode(x).latent_dist.mode()), tensor).to(
            tensor.dtype
        )

    def modes(self, tensor: Any) -> Any:
        """The same as `encode` without the scale, as models that are told a picture want it."""
        return self._in_its_format(lambda x: self._vae.encode(x).latent_dist.mode(), tensor).to(tensor.dtype)

    def decode(self, latents: Any) -> Any:
        """Pictures ``(N, 3, H, W)``, about -1..1, of scaled latents."""
        return self._in_its_format(lambda z: self._vae.decode(z / self._scale + self._shift).sample, latents)

    def decode_with_slope(self, latents: Any) -> Any:
        """The same as `decode` for `finetouch.diffusion.guidance`: gradients pass, the format stays as it is."""
        usual = next(self._vae.parameters()).dtype
        return self._vae.decode(latents.to(usual) / self._scale + self._shift).sample.to(latents.dtype)

    def _scaled(self, z: Any) -> Any:
        return (z - self._shift) * self._scale

    def _in_its_format(self, work: Any, tensor: Any) -> Any:
        import torch

        usual = next(self._vae.parameters()).dtype
        if not self._exact or usual == torch.float32:
            with torch.inference_mode():
                return work(tensor.to(usual)).to(tensor.dtype)
        self._vae.to(torch.float32)
        try:
            with torch.inference_mode():
                return work(tensor.float()).float()
        finally:
            self._vae.to(usual)


def to_tensor(pixels: Pixels, like: Any) -> Any:
    """``(1, 3, H, W)`` in -1..1, where and as `like` is."""
    import torch

    values = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]
    return (values.to(like.device, torch.float32) / 127.5 - 1.0).to(like.dtype)


def to_pixels(tensor: Any) -> Pixels:
    """``(H, W, 3) uint8`` of a ``(1, 3, H, W)`` tensor in -1..1."""
    values = tensor[0].detach().float().cpu().numpy().transpose(1, 2, 0)
    return np.clip(np.round((values + 1.0) * 127.5), 0, 255).astype(np.uint8)


def checked_pixels(tensor: Any, before: Pixels) -> Pixels:
    """`to_pixels`; raises `BrokenOutput` for a picture that is no picture: not finite, or black out of nothing."""
    import torch

    if not bool(torch.isfinite(tensor).all()):
        raise BrokenOutput("The model gave values that are no numbers.")
    pixels = to_pixels(tensor)
    if int(pixels.max()) <= BLACK and int(before.max()) > 8 * BLACK:
        raise BrokenOutput("The model gave a black picture.")
    return pixels


def latent_mask(mask: Mask, factor: int) -> NDArray[np.float32]:
    """``(h, w)``, 0 or 1, on the latents' grid: 1 where any pixel of the cell may change, so that thin masks stay."""
    height, width = mask.shape[0] // factor, mask.shape[1] // factor
    cells = mask[: height * factor, : width * factor].reshape(height, factor, width, factor)
    return (cells.max(axis=(1, 3)) > 0.5).astype(np.float32)
