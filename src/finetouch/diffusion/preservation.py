"""What must not change, as an energy that any sampler can be guided by: squares and LPIPS outside of a mask.

Both pictures are masked before they are compared. (Comparing a masked picture with the whole one, as the reference
code of Blended Diffusion does, pulls on the rim: the network sees a black hole against a picture.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from finetouch.diffusion.perceptual import Perceptual


@dataclass(eq=False)
class Term:
    """One part of an energy.

    Attributes:
        name: For logs. weight: What its value counts. energy: Pictures ``(N, 3, H, W)`` in -1..1 to ``(N,)``.
        bare: It looks at the predicted clean picture itself, not at the blend that the others see.
        settles: Its gradient vanishes when all is well, so it must not be blown up to unit length then.
    """

    name: str
    weight: float
    energy: Callable[[Any], Any]
    bare: bool = False
    settles: bool = True


@dataclass(eq=False)
class Preservation:
    """Distance from the source outside of the mask.

    Attributes:
        source: ``(1, 3, H, W)`` in -1..1. keep: ``(1, 1, H, W)``, 1 where nothing may change.
        squares: Weight of the mean square. lpips: Weight of the perceptual distance.
        perceptual: Measures it; None when `lpips` is 0.
    """

    source: Any
    keep: Any
    squares: float = 0.0
    lpips: float = 0.0
    perceptual: Perceptual | None = None
    _seen: Any = field(default=None, init=False, repr=False)

    def square_error(self, pictures: Any) -> Any:
        """``(N,)`` mean squares of what lies outside, over all pixels."""
        return ((pictures - self.source.to(pictures)) * self.keep.to(pictures)).pow(2).mean((1, 2, 3))

    def look_apart(self, pictures: Any) -> Any:
        """``(N,)`` perceptual distances, both sides masked."""
        import torch

        assert self.perceptual is not None
        keep = self.keep.to(pictures)
        if self._seen is None:
            with torch.no_grad():
                self._seen = self.perceptual.features((self.source.to(pictures) * keep).detach())
        return self.perceptual.apart(self.perceptual.features(pictures * keep), self._seen)

    def energy(self, pictures: Any) -> Any:
        """``(N,)``: both distances with their weights."""
        total: Any = pictures.new_zeros(len(pictures))
        for term in self.terms():
            total = total + term.weight * term.energy(pictures)
        return total

    def terms(self) -> list[Term]:
        """The parts whose weight is not 0, for `finetouch.diffusion.guidance.Guide`."""
        found = []
        if self.lpips > 0 and self.perceptual is not None:
            found.append(Term("lpips", self.lpips, self.look_apart))
        if self.squares > 0:
            found.append(Term("l2", self.squares, self.square_error))
        return found
