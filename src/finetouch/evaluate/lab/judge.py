"""What the independent judge sees in lab pictures: which thing, which colour, where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from finetouch.lab.zoo import Zoo
from finetouch.train.lab.show import to_tensors
from finetouch.types import Pixels

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Verdict:
    """What stands in a part of a picture.

    Attributes:
        kind: Class of the thing that shows most, or "background" when there is none worth the name.
        color: Its colour, or "". share: Of the part's pixels that show it.
        center: Where it is, ``(x, y)`` as shares of the picture; None for background.
    """

    kind: str
    color: str
    share: float
    center: tuple[float, float] | None


class Judge:
    """Reads class and colour of every pixel; never used to guide a model.

    Args:
        zoo: Where its weights are. model: The network itself, when it is loaded already.
    """

    def __init__(self, zoo: Zoo | None = None, model: Any = None) -> None:
        self.model = model or (zoo or Zoo()).load("UperNetForSemanticSegmentation", "judge")
        names = [self.model.config.id2label[i] for i in range(len(self.model.config.id2label))]
        self.colors = [n.removeprefix("color:") for n in names if n.startswith("color:")]
        self.kinds = names[: len(names) - len(self.colors)]

    @torch.no_grad()
    def look(self, pictures: Pixels) -> tuple[Floats, Floats]:
        """Shares per class ``(N, H, W, K)`` and per colour ``(N, H, W, C)`` of pictures ``(N, H, W, 3) uint8``."""
        x = to_tensors(pictures)
        height, width = x.shape[2:]
        found = []
        for part in x.split(32):
            large = F.interpolate(part, scale_factor=2, mode="bilinear", align_corners=False)
            logits = F.interpolate(self.model(large).logits, size=(height, width), mode="bilinear", align_corners=False)
            found.append(logits)
        logits = torch.cat(found)
        kinds, colors = logits[:, : len(self.kinds)].softmax(1), logits[:, len(self.kinds) :].softmax(1)
        return kinds.permute(0, 2, 3, 1).numpy(), colors.permute(0, 2, 3, 1).numpy()

    def read(self, pictures: Pixels, parts: Bools | None = None, least: float = 0.02) -> list[Verdict]:
        """The thing that shows most in every picture, or in the given part ``(N, H, W)`` of it.

        Args:
            pictures: ``(N, H, W, 3) uint8``. parts: Where to look; None looks everywhere.
            least: Below this share of the part, what is seen counts as background.
        """
        kinds, colors = self.look(pictures)
        out = []
        for n in range(len(pictures)):
            where = np.ones(kinds.shape[1:3], np.bool_) if parts is None else parts[n]
            out.append(self._verdict(kinds[n], colors[n], where, least))
        return out

    def _verdict(self, kinds: Floats, colors: Floats, where: Bools, least: float) -> Verdict:
        best = np.where(where, kinds.argmax(-1), 0)
        counts = np.bincount(best.ravel(), minlength=len(self.kinds))
        counts[0] = 0
        k = int(counts.argmax())
        total = max(int(where.sum()), 1)
        if counts[k] < max(4, least * total):
            return Verdict("background", "", 1.0, None)
        own = best == k
        rows, columns = np.nonzero(own)
        color = self.colors[int(colors[own].sum(0).argmax())]
        height, width = best.shape
        center = (float(columns.mean() + 0.5) / width, float(rows.mean() + 0.5) / height)
        return Verdict(self.kinds[k], color, float(counts[k] / total), center)
