"""Slopes through a decoder in one matrix product, where a preset has no small decoder of its own.

The pictures are those of the real decoder; only on the way back it is replaced by a linear one, in which every pixel
block depends on the 3 x 3 latents around it. That one is fitted at run time, on what the real decoder makes of the
picture's latents and of noised ones, so it fits any autoencoder.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SEEN = 12
"""Pictures that the fit is made on."""
DAMPING = 1e-3


class LinearDecoder:
    """Latents ``(N, C, h, w)`` to pictures ``(N, 3, f h, f w)`` in about -1..1, with the gradients of a linear fit.

    Args:
        decode: The real decoder. clean: Latents ``(1, C, h, w)`` of the picture at hand. factor: f, px per latent.
        seed: Of the noise it is fitted with.
    """

    def __init__(self, decode: Callable[[Any], Any], clean: Any, factor: int, seed: int = 0) -> None:
        import torch
        import torch.nn.functional as F

        self._factor, self._decode = factor, decode
        generator = torch.Generator("cpu").manual_seed(seed)
        levels = torch.linspace(0, 1, SEEN).tolist()
        rows, blocks = [], []
        with torch.no_grad():
            for level in levels:
                noise = torch.randn(tuple(clean.shape), generator=generator).to(clean)
                smooth = F.avg_pool2d(noise, 3, 1, 1) * 3 if min(clean.shape[2:]) > 1 else noise
                z = (1 - level) ** 0.5 * clean + level**0.5 * smooth
                rows.append(self._patches(z))
                blocks.append(F.pixel_unshuffle(decode(z), factor).flatten(2).transpose(1, 2).flatten(0, 1))
            x, y = torch.cat(rows).double(), torch.cat(blocks).double()
            square = x.T @ x + DAMPING * len(x) * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
            self._matrix = torch.linalg.solve(square, x.T @ y).to(clean.dtype)

    def __call__(self, latents: Any) -> Any:
        """The real decoder's pictures."""
        import torch

        with torch.no_grad():
            true = self._decode(latents.detach())
        rough = self.rough(latents)
        return true + rough - rough.detach()

    def rough(self, latents: Any) -> Any:
        """What the linear fit makes of latents."""
        import torch.nn.functional as F

        n, _, height, width = latents.shape
        blocks = self._patches(latents) @ self._matrix.to(latents.dtype)
        return F.pixel_shuffle(blocks.view(n, height * width, -1).transpose(1, 2).unflatten(2, (height, width)),
                               self._factor)  # fmt: skip

    def _patches(self, latents: Any) -> Any:
        """``(N h w, 9 C + 1)``: the neighbourhood of every latent, and a one."""
        import torch
        import torch.nn.functional as F

        padded = F.pad(latents, (1, 1, 1, 1), mode="replicate")
        rows = F.unfold(padded, 3).transpose(1, 2).flatten(0, 1)
        return torch.cat([rows, torch.ones_like(rows[:, :1])], dim=1)
