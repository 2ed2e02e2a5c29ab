"""How well pictures fit words, by a CLIP model: re-ranks candidates and judges results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetouch.select.tensors import BICUBIC, CLIP, Look, array, batch, planes, tokenizer_of
from finetouch.types import Pixels


class ClipScorer:
    """Similarity of pictures and texts (Radford et al. 2021).

    Args:
        model: A `CLIPModel`. parts: Its tokenizer and image processor, by name or in a processor.
    """

    def __init__(self, model: Any, parts: dict[str, Any]) -> None:
        side = int(model.config.vision_config.image_size)
        self._model, self._tokenizer = model, tokenizer_of(parts)
        look = Look.of(parts, Look(side, side, mean=CLIP[0], std=CLIP[1], resample=BICUBIC))
        self._how = Look(side, side, mean=look.mean, std=look.std, resample=look.resample)

    def similarity(self, pictures: Sequence[Pixels], texts: Sequence[str]) -> NDArray[np.float32]:
        """``(pictures, texts)`` cosine similarities, -1..1. Pictures are made square by padding with their mean."""
        import torch

        values = np.stack([planes(_square(p), self._how) for p in pictures])
        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, return_tensors="pt",
            max_length=int(self._model.config.text_config.max_position_embeddings),
        )  # fmt: skip
        first = next(self._model.parameters())
        with torch.inference_mode():
            images = torch.cat([_vector(self._model.get_image_features(batch(v, self._model))) for v in values])
            words = _vector(
                self._model.get_text_features(
                    tokens["input_ids"].to(first.device), attention_mask=tokens["attention_mask"].to(first.device)
                )
            )
        a, b = array(images), array(words)
        a /= np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-6)
        b /= np.maximum(np.linalg.norm(b, axis=1, keepdims=True), 1e-6)
        return np.asarray(a @ b.T, dtype=np.float32)

    @property
    def sharpness(self) -> float:
        """Factor on similarities before a softmax, as the model learned it."""
        return float(np.clip(np.exp(float(self._model.logit_scale.detach().float().cpu())), 1.0, 100.0))

    def shares(self, pictures: Sequence[Pixels], text: str, against: str) -> NDArray[np.float32]:
        """``(pictures,)`` probability that each picture fits `text` rather than `against`."""
        both = self.similarity(pictures, [text, against]) * self.sharpness
        return np.asarray(1.0 / (1.0 + np.exp(np.clip(both[:, 1] - both[:, 0], -60, 60))), dtype=np.float32)


def _vector(out: Any) -> Any:
    """The features themselves, whatever transformers wraps them in."""
    return getattr(out, "pooler_output", out)


def _square(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    if height == width:
        return pixels
    side = max(height, width)
    out = np.empty((side, side, 3), np.uint8)
    out[:] = np.round(pixels.reshape(-1, 3).mean(axis=0)).astype(np.uint8)
    y, x = (side - height) // 2, (side - width) // 2
    out[y : y + height, x : x + width] = pixels
    return out
