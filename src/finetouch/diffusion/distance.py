"""Distances of features: on the sphere, as CLIP guidance wants it, and by the cosine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

Name = Literal["spherical", "cosine"]


def unit(features: Any) -> Any:
    """Features ``(..., D)`` of length one; a vector of zeros stays one."""
    return features / features.norm(dim=-1, keepdim=True).clamp(min=1e-12)


def spherical(a: Any, b: Any) -> Any:
    """Squared angle of unit vectors, halved: 0 for equal, π²/8 at a right angle, π²/2 for opposite ones.

    ``2 * arcsin(|a - b| / 2) ** 2`` (Crowson 2021). The slope of the arcsine has no end where vectors are opposite,
    and that of the norm none where they are equal; both are held back, so that gradients stay finite.
    """
    half = (a - b).pow(2).sum(-1).clamp(min=1e-14).sqrt() / 2
    return 2 * half.clamp(max=1 - 1e-7).asin().pow(2)


def cosine(a: Any, b: Any) -> Any:
    """One minus the cosine of unit vectors, 0..2."""
    return 1 - (a * b).sum(-1)


DISTANCES: dict[str, Callable[[Any, Any], Any]] = {"spherical": spherical, "cosine": cosine}
