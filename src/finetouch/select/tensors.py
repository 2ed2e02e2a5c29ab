"""Pictures → tensors for the vision models, by the numbers in their own settings; torchvision is never needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from finetouch.types import Pixels

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
BILINEAR, BICUBIC = 2, 3


@dataclass(frozen=True)
class Look:
    """How a model wants to see a picture.

    Attributes:
        width, height: Fixed size in px, or 0. shortest, longest: Otherwise the sides' limits (0: none).
        mean, std: Per channel, for values in 0..1. resample: Pillow's number of the filter.
    """

    width: int = 0
    height: int = 0
    shortest: int = 0
    longest: int = 0
    mean: Sequence[float] = IMAGENET[0]
    std: Sequence[float] = IMAGENET[1]
    resample: int = BILINEAR

    @classmethod
    def of(cls, parts: Mapping[str, Any], default: Look) -> Look:
        """The settings saved with a model, `default` for what they do not say.

        Args:
            parts: Components by name; the image processor is looked for in them and in their processor.
        """
        found = parts.get("image_processor") or getattr(parts.get("processor"), "image_processor", None)
        if found is None:
            return default
        size = dict(getattr(found, "size", None) or {})
        sides = {k: int(size[k]) for k in size if size[k]}
        if "height" in sides:
            fields = {"width": sides["width"], "height": sides["height"]}
        elif sides:
            fields = {"shortest": sides.get("shortest_edge", 0), "longest": sides.get("longest_edge", 0)}
        else:
            fields = {k: getattr(default, k) for k in ("width", "height", "shortest", "longest")}
        return cls(
            **fields,
            mean=tuple(getattr(found, "image_mean", None) or default.mean),
            std=tuple(getattr(found, "image_std", None) or default.std),
            resample=int(getattr(found, "resample", None) or default.resample),
        )

    def size(self, width: int, height: int) -> tuple[int, int]:
        """``(width, height)`` at which a picture of that size is fed."""
        if self.width:
            return self.width, self.height
        scale = 1.0
        if self.shortest:
            scale = self.shortest / min(width, height)
            if self.longest:
                scale = min(scale, self.longest / max(width, height))
        elif self.longest:
            scale = self.longest / max(width, height)
        return max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))

    def square(self) -> Look:
        """The same look at a fixed square, for models that see the whole picture squeezed into one."""
        side = self.width or self.shortest or self.longest
        return Look(side, self.height or side, mean=self.mean, std=self.std, resample=self.resample)


def planes(pixels: Pixels, look: Look, size: tuple[int, int] | None = None) -> NDArray[np.float32]:
    """``(3, h, w) float32``: resized with Pillow's antialiasing filter, then normalised."""
    width, height = size or look.size(pixels.shape[1], pixels.shape[0])
    if (pixels.shape[1], pixels.shape[0]) != (width, height):
        filter_ = Image.Resampling(look.resample)
        pixels = np.asarray(Image.fromarray(pixels).resize((width, height), filter_), dtype=np.uint8)
    mean, std = np.asarray(look.mean, np.float32), np.asarray(look.std, np.float32)
    values = (pixels.astype(np.float32) / 255.0 - mean) / std
    return np.ascontiguousarray(values.transpose(2, 0, 1), dtype=np.float32)


def batch(values: NDArray[np.float32], model: Any) -> Any:
    """``(1, 3, h, w)`` tensor on the model's device and in its dtype."""
    import torch

    first = next(model.parameters())
    return torch.from_numpy(np.ascontiguousarray(values))[None].to(first.device, first.dtype)


def array(tensor: Any) -> NDArray[np.float32]:
    """A tensor as float32 array on the CPU; NaN becomes the smallest value."""
    out = tensor.detach().float().cpu().numpy()
    return np.asarray(np.nan_to_num(out, nan=-1e4, posinf=1e4, neginf=-1e4), dtype=np.float32)


def tokenizer_of(parts: Mapping[str, Any]) -> Any:
    """The tokenizer of a model, by itself or in its processor."""
    return parts.get("tokenizer") or getattr(parts.get("processor"), "tokenizer", None)
