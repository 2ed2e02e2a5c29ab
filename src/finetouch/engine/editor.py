"""Working on one picture: select, edit, undo, redo; what was found out about it is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, TypedDict, Unpack

import numpy as np

from finetouch.contracts import Selection
from finetouch.engine.models import Models
from finetouch.engine.pipeline import Options, Pipeline, region_from_mask
from finetouch.engine.result import EditResult, Provenance
from finetouch.errors import InputError
from finetouch.imaging import io
from finetouch.plan.phrase import parse_phrase
from finetouch.types import EditPlan, EditStep, Picture, Point, ProgressSink, Query, Region, Reporter

Points = Sequence[tuple[float, float] | tuple[float, float, bool]] | None
BoxLike = tuple[float, float, float, float] | None


class EditOptions(TypedDict, total=False):
    """What `edit` and `Editor.apply` may be told besides the words.

    Attributes:
        region: Selection made elsewhere, a `Region` or an ``(H, W)`` mask.
        points, box: Marks by hand for steps that have none.
        reference: Picture of the new thing, for replace and add.
        seed: Fixes all random choices; without it one is drawn and recorded.
        method: Editing method for all steps; "auto" lets the preset choose.
        grow: Widens the editable area by this many px. feather: Inside feather in px.
        verify: Look again afterwards and report (default True).
        parser: Who reads the words, when it shall not be the preset's.
        given: What a method in several stages shall take instead of making it: "background" (a `Picture`), "place"
            (a `Region`). keep: Folder for what it makes between its stages.
    """

    region: Region | np.ndarray | None
    points: Points
    box: BoxLike
    reference: io.Source | None
    seed: int | None
    method: str
    grow: float | None
    feather: float | None
    verify: bool
    parser: str | None
    given: Mapping[str, Picture | Region]
    keep: Path | None


class Editor:
    """Edits one picture step by step; the second edit is cheap because the analysis is kept.

    Args:
        image: Path, bytes, Pillow image, array or `Picture`.
        preset: Which models and methods to use; "embedded" needs no download and no GPU.
        device: "auto", "cpu", "cuda" or "mps".
        models: Other models for some roles, ``{"inpaint": "./my-model"}`` (folder or hub id); or a `Models` to share.
        offline: Never go online.
        progress: Called with every `Progress`.
        cancel: Set it from another thread to stop the work; the call then raises `Cancelled`.
        selector: Another selector than the preset's.

    Example:
        >>> editor = Editor("photo.jpg")
        >>> editor.apply("remove the man on the far right")
        >>> editor.apply("make the sofa dark green")
        >>> editor.undo()
        >>> editor.save("out.png")
    """

    def __init__(
        self,
        image: io.Source,
        *,
        preset: str | None = None,
        device: str | None = None,
        models: Mapping[str, str] | Models | None = None,
        offline: bool | None = None,
        progress: ProgressSink | None = None,
        cancel: Event | None = None,
        selector: str | None = None,
    ) -> None:
        self._pipeline = Pipeline(preset, device, models, offline, selector=selector)
        self._report = Reporter(progress, cancel)
        self._states: list[tuple[Picture, EditResult | None]] = [(io.load(image), None)]
        self._now = 0

    @property
    def picture(self) -> Picture:
        """The picture as it is now."""
        return self._states[self._now][0]

    @property
    def original(self) -> Picture:
        """The picture as it came in."""
        return self._states[0][0]

    @property
    def result(self) -> EditResult | None:
        """The last edit, None before the first one."""
        return self._states[self._now][1]

    @property
    def history(self) -> list[EditResult]:
        """The edits that lead to the picture as it is now, oldest first."""
        return [result for _, result in self._states[1 : self._now + 1] if result is not None]

    def plan(self, instruction: str, parser: str | None = None) -> EditPlan:
        """What `apply` would do with these words; the plan can be changed and then applied."""
        return self._pipeline.plan(instruction, parser, self.picture, self._report)

    def select(self, phrase: str | None = None, *, points: Points = None, box: BoxLike = None) -> Selection:
        """Finds what is meant.

        Args:
            phrase: "the woman on the left in the red dress".
            points: ``(x, y)`` or ``(x, y, positive)`` in full-size pixels.
            box: ``(x0, y0, x1, y1)`` in full-size pixels.

        Raises:
            TargetNotFound: It is not there; `seen` says what is.
        """
        return self._pipeline.select(self.picture, make_query(phrase, points, box), self._report)

    def apply(self, edit: str | EditPlan | EditStep, **options: Unpack[EditOptions]) -> EditResult:
        """Carries out an instruction, a plan or a step, and keeps the result as the new picture.

        Args:
            edit: Words, a plan (for example one you changed), or one step.
            **options: `EditOptions`: region, points, box, reference, seed, method, grow, feather, verify, parser.
        """
        settled: dict[str, Any] = dict(options)
        parser = settled.pop("parser", None)
        if isinstance(edit, str):
            edit = self.plan(edit, parser)
        elif isinstance(edit, EditStep):
            edit = EditPlan(steps=(edit,))
        points, box = settled.pop("points", None), settled.pop("box", None)
        if isinstance(settled.get("region"), np.ndarray):
            settled["region"] = region_from_mask(settled["region"])
        if settled.get("reference") is not None:
            settled["reference"] = io.load(settled["reference"])
        chosen = Options(**settled)
        result = self._pipeline.run(self.picture, with_marks(edit, points, box), chosen, self._report)
        del self._states[self._now + 1 :]
        self._states.append((result.picture, result))
        self._now += 1
        return result

    def undo(self) -> Picture:
        """Goes one edit back; raises `InputError` when there is none."""
        if self._now == 0:
            raise InputError("There is nothing to undo.")
        self._now -= 1
        return self.picture

    def redo(self) -> Picture:
        """Goes one edit forward again; raises `InputError` when there is none."""
        if self._now + 1 >= len(self._states):
            raise InputError("There is nothing to redo.")
        self._now += 1
        return self.picture

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False, strip_metadata: bool = False) -> None:
        """Writes the picture as it is now, with all edits since the original in its metadata."""
        done = self.history
        info = {} if not done else _joined(done).to_json()
        words = "; ".join(r.provenance.plan.instruction for r in done)
        io.save(self.picture, path, overwrite=overwrite, info=info, parameters=words, strip=strip_metadata)


def edit(
    image: io.Source,
    instruction: str | EditPlan,
    *,
    preset: str | None = None,
    device: str | None = None,
    models: Mapping[str, str] | Models | None = None,
    offline: bool | None = None,
    progress: ProgressSink | None = None,
    cancel: Event | None = None,
    selector: str | None = None,
    **options: Unpack[EditOptions],
) -> EditResult:
    """Edits a picture from one sentence; every pixel outside of the mask stays bit-identical.

    Args:
        image: Path, bytes, Pillow image, ``(H, W, 3)`` array or `Picture`.
        instruction: "remove the man on the far right", or a plan.
        preset, device, models, offline, progress, cancel, selector: See `Editor`.
        **options: `EditOptions`: region, points, box, reference, seed, method, grow, feather, verify, parser.

    Returns:
        The result: ``.picture.pixels``, ``.save(path)``, ``.report``, ``.regions``, ``.outside_change``.

    Raises:
        FinetouchError: With a sentence that says what to do.
    """
    editor = Editor(
        image, preset=preset, device=device, models=models, offline=offline, progress=progress, cancel=cancel,
        selector=selector,
    )  # fmt: skip
    return editor.apply(instruction, **options)


def make_query(phrase: str | None, points: Points, box: BoxLike) -> Query:
    """A query from words and marks; raises `InputError` when there is neither."""
    if not (phrase and phrase.strip()) and not points and box is None:
        raise InputError("Nothing to look for.", 'Give a phrase ("the dog on the left"), points or a box.')
    query = parse_phrase(phrase) if phrase and phrase.strip() else Query()
    return query.model_copy(update={"points": _points(points), "box": box})


def with_marks(plan: EditPlan, points: Points, box: BoxLike) -> EditPlan:
    """The plan with marks by hand put into every step that has none and is not about the whole picture."""
    if not points and box is None:
        return plan
    marks = {"points": _points(points), "box": box}
    steps = tuple(s if s.points or s.box or s.op == "global" else s.model_copy(update=marks) for s in plan.steps)
    return plan.model_copy(update={"steps": steps})


def _points(points: Points) -> tuple[Point, ...]:
    return tuple(Point(x=p[0], y=p[1], positive=bool(p[2]) if len(p) > 2 else True) for p in points or ())


def _joined(results: list[EditResult]) -> Provenance:
    """One provenance for edits done one after the other."""
    last, first = results[-1].provenance, results[0].provenance
    plan = EditPlan(
        steps=tuple(s for r in results for s in r.provenance.plan.steps),
        instruction="; ".join(r.provenance.plan.instruction for r in results),
        parser=last.plan.parser,
    )
    models = {role: name for r in results for role, name in r.provenance.models.items()}
    versions = {name: v for r in results for name, v in r.provenance.versions.items()}
    return replace(
        last, plan=plan, models=models, versions=versions, seed=first.seed,
        input_sha256=first.input_sha256, input_name=first.input_name,
    )  # fmt: skip
