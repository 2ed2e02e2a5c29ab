"""The trainable part: a pixel network on stacked encoder features, with a light spatial layer and three heads."""

from __future__ import annotations

import torch
from encoder import CHANNELS
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH, CONTEXT, HIDDEN, EMBED = 512, 128, 256, 24
STEP = 32.0  # px per unit of the offset head


class Dilated(nn.Module):
    """Depthwise 3×3 at one dilation, then 1×1, added to its input."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.depth = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.mix = nn.Conv2d(channels, channels, 1, bias=False)
        self.out = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.out(self.mix(F.relu6(self.norm(self.depth(x)))))


def block(cin: int, cout: int) -> nn.Sequential:
    """1×1 convolution, batch norm, ReLU6."""
    return nn.Sequential(nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU6())


class Heads(nn.Module):
    """Encoder taps → hidden map at stride 8 → leaves, embedding, centre heat and offset.

    Args:
        leaves: Number of categories.
        mean, std: Per channel of the stacked taps (1456), from the cache.
    """

    def __init__(self, leaves: int, mean: Tensor | None = None, std: Tensor | None = None) -> None:
        super().__init__()
        total = sum(CHANNELS)
        self.register_buffer("mean", torch.zeros(total) if mean is None else mean)
        self.register_buffer("std", torch.ones(total) if std is None else std)
        self.project = nn.ModuleList(nn.Conv2d(c, WIDTH, 1, bias=False) for c in CHANNELS)
        self.whole = nn.Linear(CHANNELS[-1], WIDTH, bias=False)
        self.norm = nn.BatchNorm2d(WIDTH)
        self.drop = nn.Dropout(0.3)
        self.near = nn.ModuleList(nn.Conv2d(c, CONTEXT, 1, bias=False) for c in CHANNELS)
        self.narrow = nn.BatchNorm2d(CONTEXT)
        self.spread = nn.Sequential(*(Dilated(CONTEXT, d) for d in (1, 2, 4)))
        self.second = block(WIDTH + CONTEXT, HIDDEN)
        self.category = nn.Conv2d(HIDDEN, leaves, 1)
        self.embed = nn.Sequential(nn.Conv2d(HIDDEN + 2, 64, 1), nn.ReLU6(), nn.Conv2d(64, EMBED, 1))
        self.same = nn.Parameter(torch.tensor([2.0, 1.0]))
        self.instance = nn.Sequential(Dilated(CONTEXT, 1), Dilated(CONTEXT, 4), block(CONTEXT, 64))
        self.centre = nn.Conv2d(64, 3, 1)

    def standard(self, taps: tuple[Tensor, ...]) -> list[Tensor]:
        """Taps with zero mean and unit variance per channel."""
        out, at = [], 0
        for tap, c in zip(taps, CHANNELS, strict=True):
            m, s = self.mean[at : at + c], self.std[at : at + c]
            out.append((tap - m[:, None, None]) / s[:, None, None])
            at += c
        return out

    def hidden(self, columns: list[Tensor], pooled: Tensor) -> Tensor:
        """Hidden values of feature columns ``(N, c, h, w)`` that were brought to one size; `pooled` ``(N, 1280)``."""
        total = sum(project(x) for x, project in zip(columns, self.project, strict=True))
        return F.relu6(self.norm(total + self.whole(pooled)[:, :, None, None]))

    def dense_hidden(self, taps: list[Tensor]) -> Tensor:
        """Hidden map (512) at stride 8: projected first and resized then, which is the same and much cheaper."""
        size = taps[1].shape[2:]
        total = self.project[0](taps[0]) + self.project[1](taps[1])
        for i in (2, 3):
            total = total + F.interpolate(self.project[i](taps[i]), size=size, mode="bilinear", align_corners=False)
        return F.relu6(self.norm(total + self.whole(taps[-1].mean((2, 3)))[:, :, None, None]))

    def context(self, taps: list[Tensor]) -> Tensor:
        """Context map (128) at stride 8, from a projection of its own and dilated convolutions."""
        size = taps[1].shape[2:]
        total = self.near[2](taps[2]) + F.interpolate(
            self.near[3](taps[3]), size=taps[2].shape[2:], mode="bilinear", align_corners=False
        )
        total = F.interpolate(total, size=size, mode="bilinear", align_corners=False)
        total = total + self.near[0](taps[0]) + self.near[1](taps[1])
        return self.spread(F.relu6(self.narrow(total)))

    def pixels(self, h: Tensor, c: Tensor, xy: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and embedding of hidden columns; `xy` holds −1..1 coordinates as two channels."""
        z = self.drop(self.second(torch.cat([self.drop(h), F.relu6(c)], 1)))
        return self.category(z), self.embed(torch.cat([z, xy], 1))

    def centres(self, c: Tensor) -> Tensor:
        """Three channels at stride 8: logit of "an instance's centre is here", offset to the centre (x, y) / 32 px."""
        return self.centre(self.instance(c))
