"""Is the thing there at all? A calibrated probability from the score map's numbers."""

from __future__ import annotations

import math
from typing import Any

from finetouch.select.lexicon import Route
from finetouch.select.network import facts
from finetouch.select.scores import ScoreMap

FEATURES = ("peak", "mean", "area", "sum", "cam", "whole", "wins")
GROUP = {"person": "person", "body": "person", "garment": "garment", "carried": "garment", "thing": "thing",
         "stuff": "stuff", "class": "class"}  # fmt: skip


def vector(features: dict[str, float]) -> list[float]:
    """The features on scales on which a straight line separates well."""
    return [
        logit(features["peak"]), logit(features["mean"]), math.log(features["area"] + 1e-3),
        math.log(features["sum"] + 1e-4), math.log(features["cam"] + 1e-3), math.log(features["whole"] + 1e-3),
        features["wins"],
    ]  # fmt: skip


def logit(p: float) -> float:
    """Log odds, clipped to ±4.6."""
    p = min(max(p, 0.01), 0.99)
    return math.log(p / (1 - p))


def group(route: Route) -> str:
    """Which calibration a noun uses."""
    return "narrow" if route.narrow else GROUP[route.kind]


def presence(found: ScoreMap) -> float:
    """Probability, calibrated on validation photos, that the noun of this map is in the picture."""
    name = group(found.route)
    calibration: dict[str, Any] = facts().get("presence", {})
    if name not in calibration:
        return max(found.features["peak"], found.features["cam"] if found.route.kind == "class" else 0.0)
    c = calibration[name]
    z = c["bias"] + sum(w * x for w, x in zip(c["weights"], vector(found.features), strict=True))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


def least(found: ScoreMap) -> float:
    """Presence below which the noun counts as not found."""
    calibration: dict[str, Any] = facts().get("presence", {})
    name = group(found.route)
    return float(calibration[name]["least"]) if name in calibration else 0.25
