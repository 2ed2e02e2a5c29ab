"""How different two pictures look: LPIPS over a backbone that the preset names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from finetouch.diffusion.features import Backbone

EPS = 1e-10


class Perceptual:
    """The learned perceptual distance of Zhang et al. (CVPR 2018) on any feature maps.

    At every depth features are brought to length one per place, their squared differences weighted by channel, summed
    over channels and averaged over places; the depths are added up. With the published channel weights of LPIPS in
    the backbone's folder (`finetouch.diffusion.convnets.LINS`) this is LPIPS itself; without them every channel
    counts ``1 / depths`` and values cannot be compared with published ones.

    Args:
        maps: Pictures ``(N, 3, H, W)`` in -1..1 to feature maps (a `Backbone`).
        lins: Per depth a vector of channel weights, or None.
    """

    def __init__(self, maps: Callable[[Any], Sequence[Any]], lins: Sequence[Any] | None = None) -> None:
        self.maps = maps
        own = getattr(maps, "model", None)
        self.lins = lins if lins is not None else getattr(own, "lins", None)

    @classmethod
    def of(cls, loaded: Any) -> Perceptual:
        """From the model that plays the role "perceptual" (a `finetouch.engine.models.Loaded`)."""
        return cls(Backbone(loaded["model"], loaded.parts))

    @property
    def calibrated(self) -> bool:
        """Whether values can be compared with published LPIPS."""
        return self.lins is not None

    def features(self, pictures: Any) -> list[Any]:
        """Feature maps with unit vectors per place."""
        return [_unit(m) for m in self.maps(pictures)]

    def __call__(self, a: Any, b: Any) -> Any:
        """``(N,)`` distances of pictures ``(N, 3, H, W)`` in -1..1; `b` may be one picture for all."""
        return self.apart(self.features(a), self.features(b))

    def apart(self, a: Sequence[Any], b: Sequence[Any]) -> Any:
        """``(N,)`` distances of what `features` gave."""
        total: Any = 0.0
        for depth, (one, two) in enumerate(zip(a, b, strict=True)):
            squares = (one - two).pow(2)
            if self.lins is None:
                here = squares.sum(1) / len(a)
            else:
                weights = self.lins[depth].to(squares.device, squares.dtype).view(1, -1, 1, 1)
                here = (squares * weights).sum(1)
            total = total + here.mean((1, 2))
        return total


def _unit(features: Any) -> Any:
    return features / (features.pow(2).sum(1, keepdim=True).clamp(min=1e-20).sqrt() + EPS)
