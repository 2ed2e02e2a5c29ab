"""Small pictures of what is being made, while it is made."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.types import Pixels

SIDE = 256


class Preview:
    """Latents → a small picture: by a tiny decoder when there is one, else by a linear guess.

    The guess is fitted to the picture at hand (its latents and its own pixels are both known), so it works for any
    autoencoder.

    Args:
        latents: ``(1, C, h, w)`` of the picture. pixels: The picture. tiny: An `AutoencoderTiny`, or None.
    """

    def __init__(self, latents: Any, pixels: Pixels, tiny: Any = None) -> None:
        self._tiny = tiny
        self._map: NDArray[np.float32] | None = None
        if tiny is None:
            self._map = _fit(_array(latents), pixels)

    def __call__(self, latents: Any) -> Pixels:
        """``(h, w, 3) uint8``, at most 256 px."""
        if self._tiny is not None:
            return self._decoded(latents)
        assert self._map is not None
        z = _array(latents)
        flat = np.concatenate([z.reshape(z.shape[0], -1).T, np.ones((z.shape[1] * z.shape[2], 1), np.float32)], axis=1)
        rgb = np.clip(np.nan_to_num(flat @ self._map), 0, 255).reshape(z.shape[1], z.shape[2], 3).astype(np.uint8)
        scale = max(1, min(8, SIDE // max(rgb.shape[:2])))
        size = rgb.shape[1] * scale, rgb.shape[0] * scale
        return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8).reshape(*size[::-1], 3)

    def _decoded(self, latents: Any) -> Pixels:
        import torch

        from finetouch.diffusion.codec import to_pixels

        first = next(self._tiny.parameters())
        with torch.inference_mode():
            picture = to_pixels(self._tiny.decode(latents.to(first.dtype)).sample)
        scale = min(1.0, SIDE / max(picture.shape[:2]))
        size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _array(latents: Any) -> NDArray[np.float32]:
    return np.asarray(np.nan_to_num(latents[0].detach().float().cpu().numpy()), dtype=np.float32)


def _fit(z: NDArray[np.float32], pixels: Pixels) -> NDArray[np.float32]:
    """``(C + 1, 3)`` least-squares map from latents (and 1) to RGB, slightly damped."""
    small = cv2.resize(pixels, (z.shape[2], z.shape[1]), interpolation=cv2.INTER_AREA).reshape(-1, 3)
    a = np.concatenate([z.reshape(z.shape[0], -1).T, np.ones((small.shape[0], 1), np.float32)], axis=1)
    square = a.T @ a + 1e-2 * max(1, len(a)) * np.diag([*[1.0] * z.shape[0], 0.01])
    return np.asarray(np.linalg.lstsq(square, a.T @ small.astype(np.float32), rcond=None)[0], dtype=np.float32)
