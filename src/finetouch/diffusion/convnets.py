"""VGG-16 and AlexNet as readers of their published weights in safetensors: the usual backbones of LPIPS.

Only the convolutions are kept; the layer names are those of the files (``features.0.weight`` ...).
Simonyan & Zisserman 2015, Krizhevsky 2014.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from finetouch.errors import ModelMissing, UsageError

LINS = "lpips.safetensors"
"""Optional file beside the weights: the learned channel weights of LPIPS, ``lin0`` .. one vector per tap."""


class ConvNet(nn.Module):
    """A chain of convolutions with taps behind some of its activations."""

    last: int = 0
    ends: tuple[int, ...] = ()

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.features = nn.Sequential(*layers)
        self.lins: list[torch.Tensor] | None = None

    def taps(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Activations of normalised pictures ``(N, 3, H, W)`` at five depths."""
        found = []
        for number, layer in enumerate(self.features):
            x = layer(x) if not isinstance(layer, nn.MaxPool2d) or min(x.shape[2:]) >= layer.kernel_size else x
            if number in self.ends:
                found.append(x)
        return found

    @classmethod
    def from_pretrained(cls, folder: str, dtype: torch.dtype = torch.float32, **_: Any) -> tuple[ConvNet, dict]:
        """The network with the weights of a folder, and what was missing, as transformers' loaders give it."""
        from safetensors.torch import load_file

        files = [f for f in sorted(Path(folder).glob("*.safetensors")) if f.name != LINS]
        if not files:
            raise ModelMissing(f"There are no safetensors in '{folder}'.", "Finetouch loads nothing else.")
        made = cls()  # type: ignore[call-arg]
        state = {k: v for f in files for k, v in load_file(f).items() if k.startswith("features.")}
        try:
            info = made.load_state_dict(state, strict=False)
        except RuntimeError as error:
            raise UsageError(f"'{folder}' holds another network than {cls.__name__}: {error}") from error
        lins = Path(folder) / LINS
        if lins.is_file():
            held = load_file(lins)
            made.lins = [held[f"lin{i}"].flatten().to(dtype) for i in range(len(cls.ends))]
        return made.to(dtype), {"missing_keys": info.missing_keys, "mismatched_keys": []}


class Vgg16(ConvNet):
    """VGG-16; taps behind relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3."""

    ends = (3, 8, 15, 22, 29)

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        inside = 3
        for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
            for _ in range(count):
                layers += [nn.Conv2d(inside, width, 3, padding=1), nn.ReLU()]
                inside = width
            layers.append(nn.MaxPool2d(2, 2))
        super().__init__(layers[:-1])


class AlexNet(ConvNet):
    """AlexNet; taps behind each of its five convolutions."""

    ends = (1, 4, 7, 9, 11)

    def __init__(self) -> None:
        super().__init__([
            nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(),
        ])  # fmt: skip
