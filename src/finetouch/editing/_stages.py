"""The five stages of a two-stage replacement: mask, describe, background, propose, paint.

Each stage leaves its result on the `Work`, where it can be looked at; the background and the new mask can be brought
along instead of being made.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from finetouch import registry
from finetouch.contracts import Scene
from finetouch.editing import _stage_files, mask_proposals
from finetouch.editing.mask_proposals import LEAST, Proposal, Wish
from finetouch.errors import Cancelled, FinetouchError, InputError, NeedsGenerator
from finetouch.imaging import io, masks
from finetouch.imaging.masks import Mask
from finetouch.plan.describe import Description, Looker, describe
from finetouch.types import EditStep, Picture, Region

if TYPE_CHECKING:
    from finetouch.engine.models import Models

STAGES = ("mask", "describe", "background", "propose", "paint")
STILL_THERE = 0.35
"""The old thing counts as found again when this share of its place is selected for its name."""
MOSTLY = 0.6
"""A thing found again is the old one only when this share of it lies in the old place."""
FALL = 0.02
"""By CLIP the old place has to look less like the old thing than before by this much (cosine), or like background."""


class StageFailed(InputError):
    """A stage could not do its part; `stage` names it, `work` holds what was made before it.

    Args:
        stage: One of `STAGES`. reason: What is wrong. work: Everything so far. hint: What to do.
    """

    def __init__(self, stage: str, reason: str, work: Work, hint: str) -> None:
        super().__init__(f"Stage '{stage}' of the two-stage edit: {reason}", hint)
        self.stage, self.work = stage, work


@dataclass(eq=False)
class Work:
    """A two-stage edit under way.

    Attributes:
        scene: Picture, selection, step and parameters. models: Of the preset, or None.
        shape: ``(h, w)`` outline of the reference's thing, or None.
        description: Where the old thing is. background: The picture without it.
        cleared: ``(H, W)``, what the removal was allowed to change. proposals: Places for the new thing, best first.
        chosen: Number of the one that was painted. result: The finished picture.
        painted: ``(H, W)``, what the painter was allowed to change.
        stages: Name, seconds and facts of every finished stage. notes: For the user.
    """

    scene: Scene
    models: Models | None
    shape: Mask | None = None
    description: Description | None = None
    background: Picture | None = None
    cleared: Mask | None = None
    proposals: list[Proposal] = field(default_factory=list)
    chosen: int = 0
    result: Picture | None = None
    painted: Mask | None = None
    stages: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    looker: Looker | None = None

    @property
    def area(self) -> Mask:
        """Everything that may differ from the input."""
        parts = [m for m in (self.cleared, self.painted) if m is not None]
        return np.maximum.reduce(parts) if parts else np.zeros_like(self.scene.region.mask)

    def chance(self, stage: str, number: int = 0) -> np.random.Generator:
        """A stage's own randomness, fixed by the step's seed."""
        return np.random.default_rng([self.scene.seed, STAGES.index(stage), number])

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """Times a stage and tells the listener; what is put into the dictionary is kept as its facts."""
        number = STAGES.index(name)
        self.scene.report.update("stage", number, len(STAGES), name)
        facts: dict[str, Any] = {}
        begun = time.perf_counter()
        yield facts
        self.stages.append({"name": name, "seconds": round(time.perf_counter() - begun, 3), **facts})
        shown = self.result or self.background
        preview = None if shown is None else _stage_files.thumb(shown)
        self.scene.report.update("stage", number + 1, len(STAGES), name, preview)


def look(work: Work) -> None:
    """Stages 1 and 2: the old thing's mask, and where it is."""
    scene, step = work.scene, work.scene.step
    with work.stage("mask") as facts:
        if step.op == "replace" and not (scene.region.mask > masks.HARD).any():
            raise StageFailed("mask", "there is nothing to replace, the selection is empty.", work, "Mark the thing.")
        facts["share"] = round(scene.region.share, 5)
        if step.op == "replace":
            _stage_files.keep(work, lambda folder: io.save_gray(scene.region.mask, str(folder / "1-mask.png"), True))
    with work.stage("describe") as facts:
        if step.op != "replace":
            facts["skipped"] = "nothing is replaced"
            return
        name = step.target or scene.region.label or "thing"
        looker = Looker(scene.picture, scene.find, scene.report)
        work.description = described(work, name, looker)
        facts |= work.description.model_dump(mode="json")
        work.notes += [f"Description: {c}" for c in work.description.corrections]
        text = json.dumps(work.description.model_dump(mode="json"), indent=1)
        _stage_files.keep(work, lambda folder: (folder / "2-description.json").write_text(text))


def described(work: Work, name: str, looker: Looker) -> Description:
    """The description by geometry, with the words of a vision-language model where the preset has one."""
    scene = work.scene
    found = describe(scene.picture, scene.region, name, looker, report=scene.report)
    if not scene.params.vlm:
        return found
    from finetouch.plan._vlm_describe import refine

    return refine(found, scene.picture, scene.region, work.models, looker, scene.report)


def clear(work: Work) -> None:
    """Stage 3: the picture without the old thing; raises `StageFailed` when it cannot be got rid of."""
    scene = work.scene
    with work.stage("background") as facts:
        given = scene.given.get("background")
        if scene.step.op != "replace":
            work.background, facts["skipped"] = scene.picture, "nothing is replaced"
            return
        if given is not None:
            work.background, work.cleared = (
                _stage_files.own_background(work, given),
                _stage_files.difference(scene.picture, given),
            )
            facts["given"] = True
            return
        tried = []
        for number, (method, grow) in enumerate(_attempts(work)):
            work.background, work.cleared, how = _removed(work, method, grow, number)
            _stage_files.keep(work, lambda folder: _stage_files.save(work.background, folder / "3-background.png"))
            left, sure = still_there(work)
            tried.append({"method": how, "grow": grow, "still_found": left, **sure})
            facts["tries"] = tried
            if not _seen_again(left, sure):
                work.notes.append(_removal_note(work, how, len(tried)))
                return
        reason = (
            f"'{scene.step.target or 'the old thing'}' is still found in its old place after {len(tried)} tries "
            f"({', '.join(str(t['method']) for t in tried)})."
        )
        if not scene.params.strict:
            work.notes.append(f"Background: {reason} Went on with it as strict=false says.")
            return
        where = (
            f"What was made so far is in {scene.keep}." if scene.keep else "--keep FOLDER writes what was made so far."
        )
        raise StageFailed(
            "background", reason, work,
            f"{where} Mark the thing better with --mask or --box, widen with --grow, bring your own with "
            "--background FILE, or go on regardless with --param strict=false",
        )  # fmt: skip


def still_there(work: Work) -> tuple[float, dict[str, float]]:
    """Share of the old place in which the old thing is still found, and what CLIP says about it."""
    scene, background = work.scene, work.background
    assert background is not None
    name = scene.step.target
    if not name or not scene.params.check:
        return 0.0, {}
    left = 0.0
    if scene.find is not None:
        try:
            left = found_again(scene.find(background, f"all {name}").mask, scene.region.mask)
        except Cancelled:
            raise
        except FinetouchError:
            left = 0.0
    return round(left, 4), _by_clip(work, name)


def found_again(again: Mask, old: Mask) -> float:
    """Share of the old thing's place that a thing of its name takes which is mostly there.

    What reaches far beyond the old place was there before, whatever a selector calls it now.
    """
    place, wide = old > masks.HARD, masks.grow((old > masks.HARD).astype(np.float32), 0.02 * max(old.shape)) > 0
    if not place.any():
        return 0.0
    left = 0.0
    for part in masks.components(again, min_area=max(1, round(0.01 * float(place.sum())))):
        on = part > masks.HARD
        if float((on & wide).sum()) >= MOSTLY * float(on.sum()):
            left = max(left, float((on & place).sum()) / float(place.sum()))
    return left


def _by_clip(work: Work, name: str) -> dict[str, float]:
    """How alike the old place is to the old thing's name and to "background", before and after."""
    if work.models is None or not work.models.ready("clip") or work.background is None:
        return {}
    from finetouch.editing._repaint import with_article
    from finetouch.select.clip import ClipScorer
    from finetouch.select.sight import crop_of

    loaded = work.models.get("clip", work.scene.report)
    scorer = ClipScorer(loaded["model"], loaded.parts)
    crops = [crop_of(p.pixels, work.scene.region.mask) for p in (work.scene.picture, work.background)]
    scores = scorer.similarity(crops, [with_article(name), "an empty background"])
    return {"clip_thing_before": round(float(scores[0, 0]), 4), "clip_thing": round(float(scores[1, 0]), 4),
            "clip_background": round(float(scores[1, 1]), 4)}  # fmt: skip


def _seen_again(left: float, sure: dict[str, float]) -> bool:
    """Found by the selector; or CLIP sees it no less than before and more than background."""
    if left > STILL_THERE:
        return True
    if not sure:
        return False
    kept = sure["clip_thing"] > sure["clip_thing_before"] - FALL
    return kept and sure["clip_thing"] > sure["clip_background"]


def _attempts(work: Work) -> list[tuple[str | None, float | None]]:
    """Removers with how far they reach: the usual one, the same with a wider rim, then the classical one."""
    params, scene = work.scene.params, work.scene
    from finetouch.editing._repaint import growth_px

    usual = scene.grow
    wide = (growth_px(scene.region.mask, "remove", max(scene.picture.size)) if usual is None else usual) * 1.6 + 3
    out = [(params.remover, usual), (params.remover, round(wide, 1))]
    return out if params.remover == "fill" else [*out, ("fill", round(wide, 1))]


def _removed(work: Work, method: str | None, grow: float | None, number: int) -> tuple[Picture, Mask, str]:
    scene = work.scene
    step = EditStep(op="remove", target=scene.step.target, params=_prompt_for_empty(work, method))
    return _run(work, step, method, scene.picture, scene.region, "background", number, grow=grow)


def _prompt_for_empty(work: Work, method: str | None) -> dict[str, Any]:
    """What a generator shall see instead: what the old thing stood on."""
    spec = spec_for(work, EditStep(op="remove", target="thing"), method)
    fields = spec.cls.Params.model_fields
    out = {n: v for n, v in (("steps", work.scene.params.steps),) if v is not None and n in fields}
    support = work.description.supported_by if work.description else None
    if "prompt" in fields and support and work.scene.params.name_support:
        out["prompt"] = f"empty {support}"
    return out


def _removal_note(work: Work, how: str, tries: int) -> str:
    name = work.scene.step.target or "the old thing"
    said = f"Background by {how}: {name} is not found in its old place any more"
    return f"{said} (try {tries})." if tries > 1 else f"{said}."


def place(work: Work) -> None:
    """Stage 4: where the new thing goes, and with which outline."""
    scene, step, params = work.scene, work.scene.step, work.scene.params
    with work.stage("propose") as facts:
        given = scene.given.get("place")
        background = work.background or scene.picture
        if given is not None:
            if given.mask.shape != scene.region.mask.shape:
                raise InputError("The mask for the new thing has another size than the picture.")
            work.proposals = [Proposal(given.mask, 1.0, ("brought along",), "given")]
        else:
            work.looker = Looker(background, scene.find, scene.report)
            work.proposals = mask_proposals.propose(
                background, wish_of(work), params.places, work.models, scene.find, scene.report,
                int(work.chance("propose").integers(2**31)), params.proposer, work.looker,
            )  # fmt: skip
        work.chosen = min(params.pick or 1, len(work.proposals)) - 1
        best = work.proposals[work.chosen]
        facts["candidates"] = [p.to_json() for p in work.proposals]
        if best.score < LEAST and given is None:
            work.notes.append(
                f"There is little room for {step.result}: the best place found has score {best.score:.2f} "
                f"(box {best.box}); {'; '.join(best.why)}. Mark a better one with --box, or bring --place MASK."
            )
        elif given is None:
            work.notes.append(f"Place {work.chosen + 1} of {len(work.proposals)}, score {best.score:.2f}: "
                              f"{'; '.join(best.why) or best.source}.")  # fmt: skip
        _stage_files.keep(work, lambda folder: _stage_files.save_places(work, folder))


def wish_of(work: Work) -> Wish:
    """What stage 4 is asked for."""
    scene, step = work.scene, work.scene.step
    marked = step.op == "add" and scene.region.source in ("box", "points", "mask") and scene.region.box is not None
    box = step.box if step.op == "add" else None
    if marked and box is None and not step.points:
        box = tuple(float(v) for v in scene.region.box or ())  # type: ignore[assignment]
    point = next(((p.x, p.y) for p in step.points if p.positive), None) if step.op == "add" else None
    return Wish(
        what=step.result or "the new thing", place=work.description,
        old=scene.region.mask if step.op == "replace" and scene.params.old_mask else None,
        old_name=step.target or "", relation=step.relation if step.op == "add" else None,
        position=step.position if step.op == "add" else None, box=box, point=point, shape=work.shape,
        size=scene.params.size,
    )  # fmt: skip


def paint(work: Work) -> None:
    """Stage 5: the new thing inside of the chosen mask, or of the best few, of which the best result is kept."""
    scene, params = work.scene, work.scene.params
    with work.stage("paint") as facts:
        order = [work.chosen] if params.pick else list(range(min(params.tries, len(work.proposals))))
        made = []
        for number in order:
            scene.report.check()
            made.append((number, *_painted(work, work.proposals[number], number)))
        best = _best(work, made) if len(made) > 1 else 0
        work.chosen, work.result, work.painted, how = made[best]
        facts |= {"method": how, "place": work.chosen + 1, "tried": len(made)}
        if len(made) > 1:
            work.notes.append(f"Painted {len(made)} places; number {work.chosen + 1} was taken.")
        _stage_files.keep(work, lambda folder: _stage_files.save(work.result, folder / "5-result.png"))


def _painted(work: Work, proposal: Proposal, number: int) -> tuple[Picture, Mask, str]:
    scene, step = work.scene, work.scene.step
    background = work.background or scene.picture
    x0, y0, x1, y1 = map(float, _full_box(proposal))
    box = (x0, y0, x1, y1) if scene.reference is not None else None
    own = EditStep(op="add", result=step.result, color=step.color, box=box, params=_painter_params(work))
    side = max(scene.picture.size)
    grow = scene.grow if scene.grow is not None else (0 if scene.reference is not None else max(1, round(0.012 * side)))
    hidden = proposal.hidden
    keep = (lambda a: a) if hidden is None else (lambda a: a.with_mask(np.where(hidden > masks.HARD, 0, a.mask)))
    return _run(work, own, scene.params.painter, background, proposal.region, "paint", number, grow, keep)


def _full_box(proposal: Proposal) -> tuple[int, int, int, int]:
    """The box of the outline with what stays hidden of it."""
    box: tuple[int, int, int, int] = proposal.facts.get("full_box", proposal.box)
    return box


def _painter_params(work: Work) -> dict[str, Any]:
    """The parameters that were given for the painter, those that it knows."""
    spec = spec_for(work, EditStep(op="add", result=work.scene.step.result), work.scene.params.painter)
    said = work.scene.params.model_dump(exclude_none=True)
    return {n: said[n] for n in ("prompt", "negative", "steps", "guidance", "candidates", "fast", "flip", "harmony")
            if n in said and n in spec.cls.Params.model_fields}  # fmt: skip


def _best(work: Work, made: list[tuple[int, Picture, Mask, str]]) -> int:
    """By CLIP or by looking again; by the places' scores when the preset has no model to judge."""
    from finetouch.editing import _judging

    if work.models is None:
        return 0
    area = np.maximum.reduce([m for _, _, m, _ in made])
    box = masks.box_of(area) or (0, 0, *work.scene.picture.size)
    spot = slice(box[1], box[3]), slice(box[0], box[2])
    crops = [np.ascontiguousarray(p.pixels[spot]) for _, p, _, _ in made]
    step = EditStep(op="add", result=work.scene.step.result)
    best, _, _ = _judging.rank(work.models, crops, area[spot], step, work.scene.step.result or "", work.scene.report)
    return best


def _run(
    work: Work, step: EditStep, method: str | None, picture: Picture, region: Region, stage: str, number: int,
    grow: float | None = None, keep: Callable[[Region], Region] = lambda area: area,
) -> tuple[Picture, Mask, str]:  # fmt: skip
    """Another method's whole edit inside of this one: picture, what it was allowed to change, its name."""
    from finetouch.engine.pipeline import check_params
    from finetouch.engine.render import render

    spec = spec_for(work, step, method)
    made = spec.make(work.models)
    outer = work.scene
    inner = replace(
        outer, picture=picture, region=region, step=step, params=check_params(made, step), grow=grow, given={},
        keep=None, select=None if outer.find is None else lambda phrase: outer.find(picture, phrase),  # type: ignore[misc]
    )  # fmt: skip
    edited, area, notes, _ = render(spec, made, inner, work.chance(stage, number), outer.report, on_area=keep)
    work.notes += [n for n in notes if n not in work.notes]
    return edited, (np.ones_like(region.mask) if area is None else area.mask), spec.name


def spec_for(work: Work, step: EditStep, method: str | None) -> registry.Spec[Any]:
    """Who does a stage: the named method, the reference's, or the preset's own; never this one itself."""
    from finetouch.engine.choose import choose_editor
    from finetouch.hub.presets import preset

    chosen = preset("embedded") if work.models is None else work.models.preset
    reference = work.scene.reference is not None and step.op == "add"
    wanted = method or next((s.name for s in registry.specs("editor") if reference and s.needs_reference), None)
    spec = choose_editor(step, chosen, wanted, reference, work.models)
    if spec.name == work.scene.params.own_name:
        raise NeedsGenerator(
            f"Stage 'paint' has nobody to paint {step.result}: the preset '{chosen.name}' has no generator.",
            "Give a picture of it with --reference FILE, or take a preset with a generator, e.g. --preset lab.",
        )
    return spec
