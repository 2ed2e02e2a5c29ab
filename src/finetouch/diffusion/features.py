"""Feature maps of several depths out of any vision model that a preset has: what a perceptual distance compares."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from finetouch.errors import UsageError
from finetouch.select.tensors import CLIP, IMAGENET, Look

Maps = Callable[[Any], Sequence[Any]]
"""Normalised pictures ``(N, 3, H, W)`` to feature maps ``(N, C, h, w)``."""


class Backbone:
    """One model as a list of feature maps.

    Args:
        model: A convolutional network of `finetouch.diffusion.convnets`, a transformers vision model (Segformer,
            ResNet, ConvNeXt, ViT, CLIP, UperNet ...), or the encoder of a diffusers autoencoder.
        parts: Its image processor, for mean and deviation.

    Raises:
        UsageError: The model gives no features that could be compared.
    """

    def __init__(self, model: Any, parts: Mapping[str, Any] | None = None) -> None:
        self.model = model
        self._maps, usual, self._side = _reader(model)
        look = Look.of(parts or {}, Look(mean=usual[0], std=usual[1]))
        self._mean, self._std = tuple(look.mean), tuple(look.std)

    def __call__(self, pictures: Any) -> list[Any]:
        """Feature maps of pictures ``(N, 3, H, W)`` in -1..1, shallow first; gradients pass."""
        import torch

        from finetouch.diffusion.augment import fitted

        first = next(self.model.parameters())
        x = (pictures + 1) / 2
        mean = torch.tensor(self._mean, device=x.device, dtype=x.dtype)[:, None, None]
        std = torch.tensor(self._std, device=x.device, dtype=x.dtype)[:, None, None]
        x = (x - mean) / std
        if self._side:
            x = fitted(x, self._side)
        return [m.to(pictures.dtype) for m in self._maps(x.to(first.device, first.dtype))]


def _reader(model: Any) -> tuple[Maps, tuple[Sequence[float], Sequence[float]], int]:
    """How to get the maps, the usual mean and deviation, and the fixed side in px (0: any)."""
    if hasattr(model, "taps"):
        return model.taps, IMAGENET, 0
    if hasattr(model, "down_blocks") or (hasattr(model, "encoder") and hasattr(model.encoder, "down_blocks")):
        encoder = getattr(model, "encoder", model)
        layers = [encoder.conv_in, *encoder.down_blocks]
        return lambda x: _hooked(encoder, layers, x), ((0.5,) * 3, (0.5,) * 3), 0
    if hasattr(model, "backbone"):
        return lambda x: model.backbone(x).feature_maps, IMAGENET, 0
    for name in ("segformer", "vision_model", "base_model"):
        inner = getattr(model, name, None)
        if inner is not None and inner is not model:
            usual, side = (CLIP, _side(model)) if name == "vision_model" else (IMAGENET, _side(model))
            return partial(_hidden, inner), usual, side
    if hasattr(model, "config"):
        return partial(_hidden, model), IMAGENET, _side(model)
    raise UsageError(
        f"A {type(model).__name__} gives no features to compare pictures by.",
        "Give a vision model of transformers, an AutoencoderKL, or VGG or AlexNet weights: --set perceptual=PLACE",
    )


def _side(model: Any) -> int:
    """The fixed side that a transformer with learned positions wants; 0 for all others."""
    config = getattr(model.config, "vision_config", model.config)
    size = getattr(config, "image_size", 0) if hasattr(config, "patch_size") else 0
    return int(size) if isinstance(size, int) and not hasattr(config, "depths") else 0


def _hidden(model: Any, x: Any) -> list[Any]:
    states = list(model(pixel_values=x, output_hidden_states=True).hidden_states)
    return [s if s.ndim == 4 else s.transpose(1, 2)[..., None] for s in states]


def _hooked(run: Any, layers: Sequence[Any], x: Any) -> list[Any]:
    with _caught(layers) as found:
        run(x)
    return found


@contextlib.contextmanager
def _caught(layers: Sequence[Any]) -> Iterator[list[Any]]:
    found: list[Any] = []
    hooks = [layer.register_forward_hook(lambda _m, _i, out: found.append(out)) for layer in layers]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()
