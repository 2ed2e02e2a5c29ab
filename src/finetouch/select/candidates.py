"""What could be meant: single things with a score and their geometry, on the grid of the leaf maps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from finetouch.imaging import masks
from finetouch.imaging.masks import Mask


@dataclass(frozen=True, eq=False)
class Candidate:
    """One thing that fits the noun.

    Attributes:
        mask: ``(h/4, w/4)`` of the network's grid, 0 or 1.
        score: 0..1, how well it fits; the noun's probability inside, later times attributes and relations.
        label: What it is believed to be.
        whole: The thing it belongs to (the person of a garment), or None.
        facts: How the score came about.
        origin: Number of the thing among those that its selector found, -1 when it keeps no such list.
    """

    mask: Mask
    score: float
    label: str = ""
    whole: Mask | None = None
    facts: dict[str, float] = field(default_factory=dict)
    origin: int = -1

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """``(x0, y0, x1, y1)`` in grid px, end-exclusive."""
        return masks.box_of(self.mask, masks.HARD) or (0, 0, self.mask.shape[1], self.mask.shape[0])

    @cached_property
    def area(self) -> float:
        """Share of the picture, 0..1."""
        return float((self.mask > masks.HARD).mean())

    @cached_property
    def centroid(self) -> tuple[float, float]:
        """Centre of mass, 0..1 of the picture's width and height."""
        ys, xs = np.nonzero(self.mask > masks.HARD)
        if xs.size == 0:
            return 0.5, 0.5
        return float((xs.mean() + 0.5) / self.mask.shape[1]), float((ys.mean() + 0.5) / self.mask.shape[0])

    @property
    def height(self) -> float:
        """Height of the box as a share of the picture's."""
        return (self.box[3] - self.box[1]) / self.mask.shape[0]

    def times(self, factor: float, name: str) -> Candidate:
        """The same candidate with its score multiplied and the factor noted."""
        return replace(self, score=self.score * factor, facts={**self.facts, name: round(factor, 3)})


def prominence(c: Candidate) -> float:
    """What a person would mean without saying more: sure, large, near the middle."""
    x, y = c.centroid
    middle = 1.0 - 0.35 * min(1.0, abs(x - 0.5) * 2) - 0.1 * min(1.0, abs(y - 0.5) * 2)
    return float((0.3 + c.score) * np.sqrt(max(c.area, 1e-6)) * middle)
