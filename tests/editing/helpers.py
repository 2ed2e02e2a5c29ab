"""Runs one editing method without the engine: full-frame request, composite by the area mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from finetouch import registry
from finetouch.contracts import EditOutput, EditRequest, Scene
from finetouch.imaging import masks
from finetouch.types import EditStep, Picture, Region, Reporter


@dataclass
class Done:
    """What came out of a method: the composited picture, the raw output and the area."""

    pixels: np.ndarray
    alpha: np.ndarray | None
    area: np.ndarray
    output: EditOutput


def run(
    name: str,
    pixels: np.ndarray,
    mask: np.ndarray,
    op: str,
    *,
    alpha: np.ndarray | None = None,
    params: dict[str, Any] | None = None,
    reference: Picture | None = None,
    select: Callable[[str], Region] | None = None,
    seed: int = 0,
    report: Reporter | None = None,
    grow: float | None = None,
    feather: float | None = None,
    **step: Any,
) -> Done:
    """Edits the whole frame with the registered method `name` and pastes back by its area, as the engine does."""
    spec = registry.get("editor", name)
    method = spec.make()
    edit_step = EditStep(op=op, params=params or {}, **step)
    checked = spec.cls.Params(**(params or {}))
    picture = Picture(pixels, alpha=alpha)
    region = Region.of(mask.astype(np.float32), source="test")
    scene = Scene(picture, region, edit_step, checked, reference, select, grow, feather)
    area = method.area(scene)
    request = EditRequest(
        pixels.copy(), area.mask, region.mask, alpha, scene, (0, 0), 1.0, np.random.default_rng(seed),
        report or Reporter(), method.prepare(scene),
    )  # fmt: skip
    output = method.edit(request)
    if spec.geometry:
        return Done(output.pixels, output.alpha, area.mask, output)
    assert output.pixels.shape == pixels.shape
    assert output.pixels.dtype == np.uint8
    m = masks.feather_inside(area.mask, spec.feather if feather is None else feather)[..., None]
    out = pixels * (1 - m) + output.pixels * m
    out = np.where(m > 0, np.clip(out + 0.5, 0, 255).astype(np.uint8), pixels)
    return Done(out, output.alpha if output.alpha is not None else alpha, area.mask, output)
