"""Steering a sampler by the slope of an energy on the picture that it is about to make.

After Blended Diffusion (Avrahami et al., CVPR 2022) and the CLIP-guided Stable Diffusion of the diffusers community:
the energy looks at a blend of the predicted clean picture and the state, decoded to pixels. What differs:
every term's slope is taken on the picture and only their sum goes back through decoder and UNet, so one guided step
costs one backward pass, whatever the number of terms; and slopes can be balanced there to weights that mean the same
for every model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from finetouch.diffusion.augment import fitted, looks
from finetouch.diffusion.distance import DISTANCES, Name, unit
from finetouch.diffusion.preservation import Term
from finetouch.diffusion.schedule import At

Predict = Callable[[Any, At], Any]
"""State and step to what the model gives (noise, or whatever its schedule says)."""
Through = Literal["unet", "frozen"]


@dataclass(eq=False)
class ClipEnergy:
    """How far what lies in the mask is from words, seen by CLIP in several views.

    Attributes:
        encode: Pictures ``(N, 3, S, S)`` in 0..1 to features ``(N, D)``. words: ``(1, D)`` unit vector of the prompt.
        mask: ``(1, 1, H, W)``, 1 where the new thing comes. side: S.
        copies: Views, the first one unchanged. distance: "spherical" or "cosine".
        behind: ``(1, 3, H, W)`` in -1..1, what CLIP sees outside of the mask; None: grey.
        generator: On the CPU, for the views.
        at_once: Views that are looked at together; fewer need less memory.
    """

    encode: Callable[[Any], Any]
    words: Any
    mask: Any
    side: int
    copies: int = 8
    distance: Name = "spherical"
    behind: Any = None
    generator: Any = None
    at_once: int = 0

    def __call__(self, pictures: Any) -> Any:
        """``(N,)`` distances, the mean over all views."""
        n, mask = len(pictures), self.mask.to(pictures)
        shown = pictures * mask
        if self.behind is not None:
            shown = shown + self.behind.to(pictures) * (1 - mask)
        views = looks(fitted(shown, self.side), self.copies, self.generator)
        apart = DISTANCES[self.distance](unit(self._encoded((views + 1) / 2)), self.words.to(pictures))
        return apart.view(-1, n).mean(0)

    def _encoded(self, views: Any) -> Any:
        import torch
        from torch.utils.checkpoint import checkpoint

        if not self.at_once or self.at_once >= len(views):
            return self.encode(views)
        parts = views.split(self.at_once)
        return torch.cat([checkpoint(self.encode, p, use_reentrant=False) for p in parts])


def out_of_range(pictures: Any) -> Any:
    """``(N,)`` mean squares of what lies beyond -1..1."""
    return (pictures - pictures.clamp(-1, 1)).pow(2).mean((1, 2, 3))


@dataclass(eq=False)
class Guide:
    """Terms, and how their slopes reach the sampler.

    Attributes:
        terms: What is to become small; those of weight 0 are left out.
        decode: States to pictures in -1..1 with gradients; None when states are pictures.
        balance: Weights are shares of the noise's own length instead of factors of the values:
            ``g = eta * sqrt(n) * sum(weight * unit slope)`` with ``eta = sqrt(1 - alpha)``.
        through: "unet" differentiates the model too; "frozen" takes its noise as given, about three times as fast.
        lean: Less memory: the model's activations are computed again on the way back.
        log: Values of all terms, one entry per step.
    """

    terms: Sequence[Term]
    decode: Callable[[Any], Any] | None = None
    balance: bool = False
    through: Through = "unet"
    lean: bool = False
    log: list[dict[str, float]] = field(default_factory=list)
    _peaks: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.terms = [t for t in self.terms if t.weight > 0]

    def steer(self, predict: Predict, x: Any, at: At) -> tuple[Any, Any, Any]:
        """Noise in `x`, learned variance (or None), and the push ``-dE/dx`` (None without terms).

        Args:
            predict: The model. x: State ``(N, C, h, w)``. at: The step.
        """
        import torch

        if not self.terms:
            with torch.no_grad():
                eps, learned = read(predict(x, at), x, at)
            return eps, learned, None
        with torch.inference_mode(False), torch.enable_grad():
            leaf = x.detach().clone().requires_grad_(True)
            eps, learned = self._predicted(predict, leaf, at)
            guess = at.clean(leaf, eps)
            blend = at.noise * guess + (1 - at.noise) * leaf
            seen = blend if self.decode is None else self.decode(blend)
            slope, bare_slope = self._slopes(seen, guess if self.decode is None else seen, at)
            push = -_back(leaf, [(seen, slope), (guess if self.decode is None else seen, bare_slope)])
        if self.balance:
            push = self._rescaled(push, slope, bare_slope, at)
        return eps.detach(), None if learned is None else learned.detach(), push.to(x.dtype)

    def _predicted(self, predict: Predict, leaf: Any, at: At) -> tuple[Any, Any]:
        import torch
        from torch.utils.checkpoint import checkpoint

        if self.through == "frozen":
            with torch.no_grad():
                out = predict(leaf.detach(), at)
        elif self.lean:
            out = checkpoint(predict, leaf, at, use_reentrant=False)
        else:
            out = predict(leaf, at)
        if self.through == "frozen":  # the noise is what is held fixed, whatever the model predicts
            eps, learned = read(out, leaf.detach(), at)
            return eps, learned
        return read(out, leaf, at)

    def _slopes(self, seen: Any, guess: Any, at: At) -> tuple[Any, Any]:
        """What the energy's slope is on the blend, and on the bare prediction."""
        import torch

        slope, bare_slope = torch.zeros_like(seen), torch.zeros_like(guess)
        entry: dict[str, float] = {"t": at.t}
        for term in self.terms:
            value, own = _slope(term, guess if term.bare else seen)
            entry[term.name] = round(float(value.mean()), 6)
            part = term.weight * (self._unit(term, own) if self.balance else own)
            if term.bare:
                bare_slope = bare_slope + part
            else:
                slope = slope + part
        self.log.append(entry)
        return slope, bare_slope

    def _unit(self, term: Term, slope: Any) -> Any:
        """The slope at length one per picture; of a term that settles, in proportion to its steepest so far."""
        length = _length(slope)
        scale = length
        if term.settles:
            scale = self._peaks[term.name] = length.maximum(self._peaks.get(term.name, length))
        return slope / scale.clamp(min=1e-20)

    def _rescaled(self, push: Any, slope: Any, bare_slope: Any, at: At) -> Any:
        wanted = (_length(slope).pow(2) + _length(bare_slope).pow(2)).sqrt()
        return push / _length(push).clamp(min=1e-20) * wanted * at.noise * push[0].numel() ** 0.5


def read(out: Any, x: Any, at: At) -> tuple[Any, Any]:
    """The noise, and the learned variance of models that give twice as many channels (else None)."""
    learned = None
    if out.shape[1] == 2 * x.shape[1]:
        out, learned = out.chunk(2, dim=1)
    return at.epsilon(x, out), learned


def _slope(term: Term, picture: Any) -> tuple[Any, Any]:
    """Value and slope of a term on a picture, in float32 or better, with half-precision models kept from underflow."""
    import torch

    leaf = picture.detach()
    leaf = (leaf if leaf.dtype == torch.float64 else leaf.float()).requires_grad_(True)
    value = term.energy(leaf)
    large = 1024.0
    own = torch.autograd.grad((value * large).sum(), leaf)[0] / large
    return value.detach(), torch.nan_to_num(own).to(picture.dtype if picture.dtype == torch.float64 else torch.float32)


def _back(leaf: Any, pairs: Sequence[tuple[Any, Any]]) -> Any:
    """The slopes on pictures brought back to the state, scaled so that half precision can hold them on the way."""
    import torch

    use = [(out, slope) for out, slope in pairs if bool(slope.abs().any())]
    if not use:
        return torch.zeros_like(leaf)
    largest = max(float(slope.abs().max()) for _, slope in use)
    outs, slopes = [o for o, _ in use], [(s / largest).to(o.dtype) for o, s in use]
    return torch.nan_to_num(torch.autograd.grad(outs, leaf, slopes)[0]) * largest


def _length(x: Any) -> Any:
    """Euclidean length per picture, ``(N, 1, 1, 1)``."""
    return x.flatten(1).norm(dim=1)[:, None, None, None]
