"""Runs a plan: select → area → edit → stitch → verify for every step, with hooks, progress and cancel."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from finetouch import registry
from finetouch._version import __version__
from finetouch.contracts import EditMethod, Scene, Selection, Selector
from finetouch.editing.mask_proposals import Proposal, Source, Wish, propose
from finetouch.engine import device as devices
from finetouch.engine.choose import choose_editor
from finetouch.engine.models import Models
from finetouch.engine.render import render
from finetouch.engine.result import EditResult, Provenance, StepResult
from finetouch.engine.verify import verify
from finetouch.errors import InputError, UsageError
from finetouch.hub.presets import preset as find_preset
from finetouch.imaging import masks
from finetouch.imaging.stitch import outside_change
from finetouch.plan.phrase import parse_phrase
from finetouch.select.marks import check_marks
from finetouch.settings import settings
from finetouch.types import EditPlan, EditStep, Picture, Query, Region, Reporter, finite

Hook = Callable[..., Any]
HOOKS = ("plan", "select", "area", "made", "edit", "verify")
WORDS = ("prompt", "negative", "instruction")
_KEPT_ANALYSES = 6
_NEEDS_A_THING = ("remove", "replace", "move", "resize", "duplicate", "text", "drag", "brush")
_LIBRARIES = ("numpy", "pillow", "opencv-python-headless", "onnxruntime", "pymatting", "pypatchmatch")
_MODEL_LIBRARIES = ("torch", "diffusers", "transformers", "peft")


@dataclass(frozen=True)
class Options:
    """What a run may be told besides the plan.

    Attributes:
        method: Editing method for all steps; "auto" lets the preset choose.
        seed: Fixes all random choices; None draws one and records it.
        region: Selection made elsewhere (a mask); replaces the selector for every step that needs one.
        reference: Picture to take the new thing from.
        grow: Widens the editable area by this many px; None leaves it to the method.
        feather: Inside feather in px; None leaves it to the method.
        verify: Look again afterwards and report.
        hooks: Stage name → function called with (step, value); a value it returns replaces the stage's.
        given: What a method in several stages shall take instead of making it: "background" (a `Picture` without the
            old thing), "place" (a `Region` for the new one).
        keep: Folder into which such a method writes what it made between the stages.
    """

    method: str = "auto"
    seed: int | None = None
    region: Region | None = None
    reference: Picture | None = None
    grow: float | None = None
    feather: float | None = None
    verify: bool = True
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    given: Mapping[str, Picture | Region] = field(default_factory=dict)
    keep: Path | None = None

    def __post_init__(self) -> None:
        for name, value, low, high in (("grow", self.grow, -500, 500), ("feather", self.feather, 0, 500)):
            if value is not None and not (finite(value) and low <= value <= high):
                raise UsageError(f"--{name} {value} is out of range.", f"Give {low} to {high} px.")
        unknown = set(self.hooks) - set(HOOKS)
        if unknown:
            raise UsageError(f"Unknown hooks: {', '.join(sorted(unknown))}.", f"Available: {', '.join(HOOKS)}.")


class Pipeline:
    """Carries out plans with the parser, selector and methods of one preset.

    Keeps the loaded models, and what the selector found out about recent pictures, so a second edit is cheap.

    Args:
        preset: Name of a preset.
        device: "auto", "cpu", "cuda" or "mps".
        models: Other models for some roles: role → folder, "org/name" or "org/name@revision"; or a `Models` to share.
        offline: Never go online; None asks the settings.
        memory: Bytes that models may take together; None asks the settings, else what is free counts.
        selector: Another selector than the preset's.

    Raises:
        UsageError: There is no preset, selector, role or place of a name. DeviceError: The device is not there.
    """

    def __init__(
        self,
        preset: str | None = None,
        device: str | None = None,
        models: Mapping[str, str] | Models | None = None,
        offline: bool | None = None,
        memory: int | None = None,
        selector: str | None = None,
    ) -> None:
        if not isinstance(models, Models):
            chosen = find_preset(preset or settings().preset)
            models = Models(chosen, device or settings().device, models, offline, memory)
        self.models = models
        self.preset = models.preset
        self.selector = registry.get("selector", selector).name if selector else self.preset.selector
        self._named = selector is not None
        self._reader = ("", "", "")
        self._selectors: dict[str, Selector] = {}
        self._analyses: OrderedDict[tuple[int, str], _Kept] = OrderedDict()
        models.on_shortage(self._analyses.clear)

    @property
    def device(self) -> str:
        """The device that is taken."""
        return self.models.device

    def plan(
        self, instruction: str, parser: str | None = None, picture: Picture | None = None,
        report: Reporter | None = None,
    ) -> EditPlan:  # fmt: skip
        """Reads an instruction; raises `NotUnderstood` when nothing can be made of it.

        Args:
            instruction: The words. parser: Another parser than the preset's.
            picture: What they are about, for parsers that look at it. report: Progress and cancel.
        """
        reader = registry.get("parser", parser or self.preset.parser).make(self.models)
        plan: EditPlan = reader.read(instruction, picture, report)
        self._reader = (plan.instruction, plan.parser, reader.identity)
        return plan

    def looks(self, parser: str | None = None) -> bool:
        """True when the parser reads better with the picture at hand."""
        return bool(registry.get("parser", parser or self.preset.parser).cls.sees)

    def selector_for(self, spec: registry.Spec[EditMethod]) -> str:
        """Who selects for a method: who was asked for, else the method's own selector, else the preset's."""
        if self._named or not spec.selector:
            return self.selector
        able = all(self.models.has(role) for role in registry.get("selector", spec.selector).roles)
        return spec.selector if able else self.selector

    def select(
        self, picture: Picture, query: Query, report: Reporter | None = None, selector: str | None = None
    ) -> Selection:
        """Finds what `query` means in `picture`, with another selector than usual when one is named.

        Raises:
            TargetNotFound, InputError: It is not there, or nothing was said.
        """
        report = report or Reporter()
        check_marks(query, picture)
        name = selector or self.selector
        if name not in self._selectors:
            self._selectors[name] = registry.get("selector", name).make(self.models)
        chosen = self._selectors[name]
        key = (id(picture), name)
        if key not in self._analyses:
            before, self.models.used = self.models.used, set()
            try:
                analysis = chosen.analyse(picture, report)
                self._analyses[key] = _Kept(picture, analysis, frozenset(self.models.used))
            finally:
                self.models.used |= before
            while len(self._analyses) > _KEPT_ANALYSES:
                self._analyses.popitem(last=False)
        self._analyses.move_to_end(key)
        kept = self._analyses[key]
        report.check()
        self.models.used |= kept.used
        return chosen.select(picture, kept.analysis, query, report)

    def propose(
        self, picture: Picture, wish: Wish, count: int = 4, report: Reporter | None = None, seed: int = 0,
        source: Source = "auto",
    ) -> list[Proposal]:  # fmt: skip
        """Places and outlines for a new thing, best first; see `finetouch.editing.mask_proposals.propose`."""
        report = report or Reporter()

        def find(shown: Picture, phrase: str) -> Region:
            return self.select(shown, parse_phrase(phrase), report).region

        return propose(picture, wish, count, self.models, find, report, seed, source)

    def run(
        self, picture: Picture, plan: EditPlan, options: Options | None = None, report: Reporter | None = None
    ) -> EditResult:
        """Carries out all steps of `plan` on `picture`.

        Raises:
            FinetouchError: A step cannot be carried out; nothing is returned then, not half an edit.
            OutOfMemory: Loaded models were dropped, the pipeline can be used again.
        """
        try:
            return self._run(picture, plan, options or Options(), report or Reporter())
        except (MemoryError, RuntimeError) as error:
            if self.models.roles and devices.out_of_memory(error):
                raise self.models.memory_error() from error
            raise

    def _run(self, picture: Picture, plan: EditPlan, options: Options, report: Reporter) -> EditResult:
        if not plan.steps:
            raise InputError("The plan has no steps.", "Say what to change, for example: remove the dog")
        started = time.perf_counter()
        seed = secrets.randbelow(2**31) if options.seed is None else options.seed
        plan = _hook(options, "plan", None, plan)
        self.models.used = set()
        current, done = picture, []
        for index, step in enumerate(plan.steps):
            report.update("step", index, len(plan.steps), step.op)
            current, result = self._step(
                current, step, options, seed + index if step.seed is None else step.seed, report
            )
            done.append(result)
        report.update("step", len(plan.steps), len(plan.steps), "done")
        filled = plan.model_copy(update={"steps": tuple(d.step for d in done)})
        areas = [d.area.mask for d in done if d.area is not None]
        change = None
        if len(areas) == len(done):
            allowed = areas[0] if len(areas) == 1 else np.maximum.reduce(areas)
            change = outside_change(picture, current, allowed)
        sentences = tuple(s for d in done for s in d.notes)
        if change is not None and change.pixels:
            sentences += (f"{change.count} of {change.pixels} pixels outside of the mask changed.",)
        return EditResult(
            picture=current,
            before=picture,
            steps=tuple(done),
            outside_change=change,
            provenance=self._provenance(filled, picture, seed),
            report=tuple(filter(None, (*plan.warnings, *sentences, self.models.took()))),
            seconds=time.perf_counter() - started,
        )

    def _step(
        self, picture: Picture, step: EditStep, options: Options, seed: int, report: Reporter
    ) -> tuple[Picture, StepResult]:
        wanted = step.method or (None if options.method == "auto" else options.method)
        spec = choose_editor(step, self.preset, wanted, options.reference is not None, self.models)
        step, unheard = _heard(step, spec)
        method: EditMethod = spec.make(self.models)
        seconds: dict[str, float] = {}
        clock = time.perf_counter()
        selection = _hook(options, "select", step, self._select_for(picture, step, spec, options, report))
        region, finder = selection.region, self.selector_for(spec)
        scene = Scene(
            picture=picture,
            region=region,
            step=step,
            params=check_params(method, step),
            reference=options.reference,
            select=lambda phrase: self.select(picture, parse_phrase(phrase), report, finder).region,
            grow=options.grow,
            feather=options.feather,
            find=lambda shown, phrase: self.select(shown, parse_phrase(phrase), report).region,
            seed=seed,
            report=report,
            given=options.given,
            keep=options.keep,
            propose=lambda wish: self.propose(picture, wish, report=report, seed=seed),
        )
        seconds["select"] = time.perf_counter() - clock
        clock = time.perf_counter()
        rng = np.random.default_rng(seed)
        report.update("edit", 0, 1, f"{spec.name}: {step.op} {step.target or step.result or ''}".rstrip())
        edited, area, notes, facts = render(
            spec, method, scene, rng, report,
            on_area=lambda a: _hook(options, "area", step, a), on_made=lambda m: _hook(options, "made", step, m),
        )  # fmt: skip
        edited = _hook(options, "edit", step, edited)
        seconds["edit"] = time.perf_counter() - clock
        report.update("edit", 1, 1)
        selected = region if selection.candidates or selection.region.source else None
        notes = (*selection.notes, *unheard, *notes)
        if options.verify:
            clock = time.perf_counter()
            report.update("verify", 0, 1, "checking the result")
            again = lambda query: self.select(edited, query, report, finder)  # noqa: E731
            sentences, measured = verify(step, picture, edited, region, spec.name, facts, again)
            notes, facts = (*sentences, *notes), {**facts, **measured}
            _hook(options, "verify", step, facts)
            seconds["verify"] = time.perf_counter() - clock
        filled = step.model_copy(update={"method": spec.name, "seed": seed})
        used = finder if selected is not None and options.region is None else None
        return edited, StepResult(filled, selected, area, spec.name, used, notes, facts, seconds)

    def _select_for(
        self, picture: Picture, step: EditStep, spec: registry.Spec[EditMethod], options: Options, report: Reporter
    ) -> Selection:
        height, width = picture.height, picture.width
        given = options.region
        if given is not None:
            if given.mask.shape != (height, width):
                raise InputError("The mask no longer fits: an earlier step changed the picture's size.")
            return Selection(given, (given,))
        query = step.query()
        if query.by_hand or (query.noun and spec.needs_region):
            return self.select(picture, query, report, self.selector_for(spec))
        if step.op in _NEEDS_A_THING:
            raise InputError(
                f"It is not said what to {step.op}.", "Name the thing, or mark it with --point, --box or --mask."
            )
        if step.op == "add":
            return Selection(Region(np.zeros((height, width), dtype=np.float32), label="nothing yet"))
        return Selection(Region.full(height, width))

    def _provenance(self, plan: EditPlan, picture: Picture, seed: int) -> Provenance:
        return Provenance(
            plan=plan,
            versions={"finetouch": __version__, **library_versions(with_models=bool(self.models.used))},
            models=self._identities(plan),
            overrides=dict(self.models.overrides),
            seed=seed,
            device=self.device,
            preset=self.preset.name,
            input_sha256=picture.sha256,
            input_name=picture.name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _identities(self, plan: EditPlan) -> dict[str, str]:
        """Role → identity: the preset's own files, every model that this run has used, and who read the words."""
        read_by = next((s for s in registry.specs("parser") if s.name == plan.parser), None)
        roles = self.models.used | {r for r in (read_by.roles if read_by else ()) if self.models.has(r)}
        models = {role: self.models.identity(role) for role in sorted(roles)}
        if self._reader[:2] == (plan.instruction, plan.parser) and self._reader[2]:
            models["parser"] = self._reader[2]
        return {w.role: w.identity() for w in self.preset.weights} | models


def _heard(step: EditStep, spec: registry.Spec[EditMethod]) -> tuple[EditStep, tuple[str, ...]]:
    """The step without the words for generators that its method has no use for, and a note about them.

    A parser writes them for the method it expects; a reference picture or ``--method`` may bring in another.
    """
    idle = [n for n in WORDS if n in step.params and n not in spec.cls.Params.model_fields]
    if not idle:
        return step, ()
    params = {k: v for k, v in step.params.items() if k not in idle}
    return step.model_copy(update={"params": params}), (f"'{spec.name}' takes no {' or '.join(idle)}; left out.",)


@dataclass(frozen=True)
class _Kept:
    """What a selector found out about a picture; the picture is held so that its id stays its own."""

    picture: Picture
    analysis: Any
    used: frozenset[str]


def check_params(method: EditMethod, step: EditStep) -> Any:
    """The step's parameters as the method's own class; raises `UsageError` naming what does not fit."""
    try:
        return method.Params.model_validate(step.params)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(p) for p in first["loc"])
        known = ", ".join(method.Params.model_fields) or "none"
        raise UsageError(f"Parameter '{name}' of {step.op}: {first['msg']}.", f"Known parameters: {known}.") from None


def library_versions(with_models: bool = False) -> dict[str, str]:
    """Versions of the libraries that make pixels; those not installed are left out."""
    found = {}
    for name in (*_LIBRARIES, *(_MODEL_LIBRARIES if with_models else ())):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _hook(options: Options, stage: str, step: EditStep | None, value: Any) -> Any:
    hook = options.hooks.get(stage)
    if hook is None:
        return value
    changed = hook(step, value)
    return value if changed is None else changed


def region_from_mask(mask: np.ndarray, source: str = "mask") -> Region:
    """A selection made outside of Finetouch; raises `InputError` when it selects nothing."""
    region = Region.of(mask, label="the masked part", source=source)
    if not (region.mask > masks.HARD).any():
        raise InputError("The mask selects nothing.", "Paint the part to change white.")
    return region
