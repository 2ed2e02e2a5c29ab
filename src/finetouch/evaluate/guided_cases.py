"""CLIP-guided edits of lab scenes, each measured the same way: does it show what was asked for, and what drifted.

The background is measured on the crop as the sampler left it, before the final paste puts the old pixels back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from finetouch.diffusion.features import Backbone
from finetouch.diffusion.perceptual import Perceptual
from finetouch.engine.pipeline import Options, Pipeline
from finetouch.errors import FinetouchError
from finetouch.evaluate.lab.judge import Judge
from finetouch.evaluate.zero_shot import SIZE, Case, around
from finetouch.imaging import io
from finetouch.lab.edits import NoSuchEdit, make_edit
from finetouch.lab.sample import sample_scene
from finetouch.lab.splits import seed_for
from finetouch.types import EditPlan, Pixels, Region, Reporter

KINDS = ("replace", "recolor")
SILENT: dict[str, Any] = {"lambda_clip": 0, "lambda_lpips": 0, "lambda_l2": 0, "lambda_range": 0}
LOOK = 128  # px at which backgrounds are compared
SMALLEST = 150  # visible px of the edited thing, at 256 px
FOUND = 0.5  # overlap from which a selection counts as found


def cases(count: int, split: str = "test", size: int = SIZE) -> Iterator[Case]:
    """Edits of scenes, replacement and new colour in turn, one per scene.

    Args:
        count: How many. split: "test", or "validation" to tune on. size: Pixels per side.
    """
    made = index = 0
    while made < count:
        scene = sample_scene(seed_for(split, index))
        index += 1
        try:
            edit = make_edit(scene, KINDS[made % len(KINDS)])
        except NoSuchEdit:
            continue
        drawn = edit.render(size)
        if edit.id is None or edit.part:
            continue
        thing = drawn.before.visible[edit.id]
        if thing.sum() < SMALLEST:
            continue
        made += 1
        yield Case(edit, drawn.before.picture, drawn.after.picture, drawn.mask, thing)


@dataclass
class Made:
    """What came out. crop: Where the sampler worked and what it made there, before the paste. error: Why nothing."""

    case: Case
    picture: Pixels
    crop: tuple[tuple[int, int, int, int], Pixels] | None = None
    area: NDArray[np.bool_] | None = None
    region: NDArray[np.bool_] | None = None
    changed: int = 0
    seconds: float = 0.0
    error: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """One row: shares of cases 0..1, decibels, distances, seconds per edit."""

    cases: int
    success: float
    kind: float
    color: float
    evidence: float
    psnr: float | None
    lpips: float | None
    overlap: float | None
    changed: int
    failed: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in vars(self).items()}


class Room:
    """The preset's pipeline, the judge, and a perceptual measure that no guide uses.

    Args:
        preset: Whose models are used; it has to have a judge. models: Other models for roles. report: Progress.
    """

    def __init__(self, preset: str, models: dict[str, str] | None = None, report: Reporter | None = None) -> None:
        self.report = report or Reporter()
        self.pipeline = Pipeline(preset, models=models)
        loaded = self.pipeline.models.get("judge", self.report)
        self.judge = Judge(model=loaded["model"])
        self.look = Perceptual(Backbone(loaded["model"], loaded.parts))

    def edit(
        self, case: Case, method: str = "clip-guided", seed: int = 1, own: bool = False, report: Reporter | None = None,
        **params: Any,
    ) -> Made:  # fmt: skip
        """One edit through the public pipeline.

        Args:
            case: What to do. method: Registered name. seed: Fixes all chance.
            own: With the preset's own reading of the words and selection; otherwise with the gold ones.
            report: Progress of this edit alone. params: Parameters of the method.
        """
        crops: list[Any] = []
        plan = self.pipeline.plan(case.edit.instruction) if own else case.edit.plan
        steps = [s.model_copy(update={"params": {**_kept(s.params), **params}}) for s in plan.steps]
        options = Options(
            method=method, seed=seed, verify=False, region=None if own else Region.of(case.thing, source="gold"),
            hooks={"made": lambda _step, crop: crops.append(crop)},
        )  # fmt: skip
        begun = time.perf_counter()
        try:
            whole = EditPlan(steps=tuple(steps), instruction=case.edit.instruction, parser=plan.parser)
            result = self.pipeline.run(io.from_array(case.before), whole, options, report or self.report)
        except FinetouchError as error:
            return Made(case, case.before, error=f"{type(error).__name__}: {error.message}")
        step, change = result.steps[-1], result.outside_change
        return Made(
            case, result.picture.pixels, crops[-1] if crops else None,
            None if step.area is None else step.area.mask > 0, None if step.region is None else step.region.mask > 0.5,
            change.count if change else 0, time.perf_counter() - begun, facts=dict(step.facts),
        )  # fmt: skip

    def whole(self, case: Case, strength: float, seed: int = 1, **params: Any) -> Made:
        """Image to image on the same crop with the same sampler, nothing guided, nothing put back."""
        steps = int(params.get("steps") or self._usual("steps", 50))
        skip = round(steps * (1 - strength))
        plain: dict[str, Any] = {**SILENT, "variant": "free", "start": "source", "role": "generate"}
        made = self.edit(case, seed=seed, **{**params, **plain, "steps": steps, "skip": skip})
        if made.crop is not None:
            (x0, y0, x1, y1), pixels = made.crop
            made.picture = case.before.copy()
            made.picture[y0:y1, x0:x1] = pixels
            made.changed = int((made.picture != case.before).any(2)[~case.mask].sum())
        return made

    def _usual(self, name: str, default: Any) -> Any:
        role = self.pipeline.models.roles.get("generate")
        return (dict(role.facts).get("clip_guided", {}) if role else {}).get(name, default)

    def figures(self, done: Sequence[Made]) -> Figures:
        """The row for some results."""
        kinds, colors, evidence, squares, looks, overlaps = [], [], [], [], [], []
        for made in done:
            case, thing = made.case, made.case.edit.after.thing(int(made.case.edit.id or 0))
            cut, part = around(made.picture, case.mask)
            seen = self.judge.read(cut[None], part[None])[0]
            shares, _ = self.judge.look(cut[None])
            evidence.append(float(shares[0][..., self.judge.kinds.index(thing.kind)][part].mean()) if part.any() else 0)
            kinds.append(seen.kind == thing.kind)
            colors.append(seen.color == thing.color)
            outside = self._outside(made)
            if outside is not None:
                squares.append(outside[0])
                looks.append(outside[1])
            if made.region is not None:
                overlaps.append(_iou(made.region, case.thing))
        both = [k and c for k, c in zip(kinds, colors, strict=True)]
        mean = float(np.mean(squares)) if squares else None
        return Figures(
            len(done), float(np.mean(both)), float(np.mean(kinds)), float(np.mean(colors)), float(np.mean(evidence)),
            None if mean is None else float(10 * np.log10(255**2 / max(mean, 1e-3))),
            float(np.mean(looks)) if looks else None, float(np.mean(overlaps)) if overlaps else None,
            sum(m.changed for m in done), sum(bool(m.error) for m in done),
            float(np.mean([m.seconds for m in done])),
        )  # fmt: skip

    def _outside(self, made: Made) -> tuple[float, float] | None:
        """Mean square error and perceptual distance of the crop outside of what may change; None: no such pixels."""
        if made.crop is None:
            return None
        (x0, y0, x1, y1), pixels = made.crop
        spot = slice(y0, y1), slice(x0, x1)
        inside = made.case.mask[spot] if made.area is None else made.case.mask[spot] | made.area[spot]
        if inside.all():
            return None
        before = made.case.before[spot]
        error = float(((pixels.astype(np.float32) - before) ** 2)[~inside].mean())
        keep = torch.from_numpy(_small((~inside).astype(np.uint8), nearest=True).astype(np.float32))[None, None]
        a, b = (_tensor(_small(np.ascontiguousarray(p))) * keep for p in (pixels, before))
        with torch.no_grad():
            return error, float(self.look(a, b))


def gather(
    room: Room, listed: Sequence[Case], make: Callable[[Case, int], Made], name: str = ""
) -> list[Made]:  # fmt: skip
    """One result per case, with progress; the seed is the case's number."""
    done = []
    for n, case in enumerate(listed):
        room.report.update(name or "edit", n, len(listed), case.edit.instruction)
        done.append(make(case, n))
    return done


def _kept(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters of a gold plan that a generator knows."""
    return {k: v for k, v in params.items() if k in ("prompt", "size")}


def _iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def _small(pixels: NDArray[Any], nearest: bool = False) -> NDArray[Any]:
    how = cv2.INTER_NEAREST if nearest else cv2.INTER_AREA if pixels.shape[0] >= LOOK else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (LOOK, LOOK), interpolation=how))


def _tensor(pixels: NDArray[Any]) -> Any:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None].float() / 127.5 - 1
