"""Between arrays and tensors, and rows of pictures to look at."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]


def to_tensor(picture: Bytes) -> torch.Tensor:
    """``(H, W, 3) uint8`` to ``(3, H, W) float32`` in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).float() / 127.5 - 1


def to_tensors(pictures: Bytes) -> torch.Tensor:
    """``(N, H, W, 3) uint8`` to ``(N, 3, H, W) float32`` in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))).float() / 127.5 - 1


def to_pixels(x: torch.Tensor) -> Bytes:
    """``(N, 3, H, W)`` in -1..1 to ``(N, H, W, 3) uint8``."""
    scaled = ((x.detach().float().clamp(-1, 1) + 1) * 127.5).round()
    return scaled.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def grey(masks: torch.Tensor) -> Bytes:
    """Masks ``(N, H, W)`` in 0..1 as grey pictures ``(N, H, W, 3) uint8``."""
    return (masks[..., None].repeat(1, 1, 1, 3) * 255).to(torch.uint8).numpy()


def grid(rows: list[Bytes], zoom: int = 2) -> Image.Image:
    """Rows of equally large pictures ``(N, H, W, 3)`` as one picture, enlarged by `zoom`."""
    lines = [np.concatenate([np.pad(p, ((1, 1), (1, 1), (0, 0)), constant_values=255) for p in row], 1) for row in rows]
    width = max(line.shape[1] for line in lines)
    lines = [np.pad(v, ((0, 0), (0, width - v.shape[1]), (0, 0)), constant_values=255) for v in lines]
    sheet = Image.fromarray(np.concatenate(lines))
    return sheet.resize((sheet.width * zoom, sheet.height * zoom), Image.Resampling.NEAREST)
