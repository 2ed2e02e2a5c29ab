"""The zero-shot pipeline on lab scenes, end to end: words → selection → inpainting → paste, against the gold picture.

Every edit runs through the public pipeline with the preset's own selector, inpainter and parser. What is measured:
how well the selection fits the thing meant, whether an independent judge sees what was asked for, how far the pixels
around the gold mask drift *before* the paste-back, how many change after it (must be none), and seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.engine.pipeline import Options, Pipeline
from finetouch.errors import FinetouchError, UsageError
from finetouch.evaluate._mask_scores import mean
from finetouch.evaluate.lab.judge import Judge
from finetouch.imaging import io, masks
from finetouch.lab.edits import Edit, NoSuchEdit, make_edit
from finetouch.lab.sample import sample_scene
from finetouch.lab.splits import seed_for
from finetouch.types import EditPlan, Pixels, Region, Reporter

Bools = NDArray[np.bool_]
OPS = ("remove", "replace", "recolor", "add")
SIZE = 256
MOSTLY = 0.25
SMALL = 0.02
"""Things below this share of the picture are counted on their own: the ones that whole-picture inpainting loses."""


@dataclass(frozen=True, eq=False)
class Case:
    """One edit of a test scene in pixels.

    Attributes:
        edit: The edit. before, after: Pictures. mask: Everything that differs.
        thing: The edited thing's visible mask before (empty for add).
        bare: Whether the place, and no other thing, is most of what a removal lays open.
    """

    edit: Edit
    before: Pixels
    after: Pixels
    mask: Bools
    thing: Bools
    bare: bool = False

    @property
    def small(self) -> bool:
        """Whether less than 2 % of the picture is edited."""
        return bool(self.mask.mean() < SMALL)


@dataclass
class Attempt:
    """What one variant made of one case. error: why it made nothing, or ""."""

    case: Case
    picture: Pixels
    region: Bools | None = None
    area: Bools | None = None
    drift: float | None = None
    changed: int | None = None
    seconds: float = 0.0
    error: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


Variant = Callable[[Case], Attempt]


def cases(count: int, size: int = SIZE) -> Iterator[Case]:
    """Edits of test scenes, the operations in turn, one per scene."""
    made = index = 0
    while made < count:
        scene = sample_scene(seed_for("test", index))
        index += 1
        try:
            edit = make_edit(scene, OPS[made % len(OPS)])
        except NoSuchEdit:
            continue
        drawn = edit.render(size)
        nothing = np.zeros(drawn.mask.shape, np.bool_)
        thing = nothing if edit.kind == "add" or edit.id is None else drawn.before.visible[edit.id]
        if edit.part:
            thing = drawn.before.parts[int(edit.id or 0), edit.part]
        if edit.kind != "add" and thing.sum() < 40:
            continue
        made += 1
        behind = sum(int((m & thing).sum()) for m in drawn.after.visible.values())
        bare = edit.kind == "remove" and behind < MOSTLY * thing.sum()
        yield Case(edit, drawn.before.picture, drawn.after.picture, drawn.mask, thing, bare)


class Bench:
    """Runs variants over cases.

    Args:
        preset: Whose selector, inpainter and models are used. report: Progress and cancel.
    """

    def __init__(self, preset: str, report: Reporter | None = None) -> None:
        self.pipeline = Pipeline(preset)
        self.report = report or Reporter()
        self.judge = Judge()

    def variants(self) -> dict[str, Variant]:
        """Name to what makes an attempt."""
        return {
            "zero-shot": lambda c: self._edit(c, self._read(c)),
            "zero-shot, gold plan": lambda c: self._edit(c, c.edit.plan),
            "zero-shot, gold mask": lambda c: self._edit(c, c.edit.plan, region=c.thing),
            "A: no crop-zoom": lambda c: self._edit(c, c.edit.plan, zoom=False),
            "B: image to image": self._image_to_image,
            "copy of the input": lambda c: Attempt(c, c.before, changed=0),
            "gold picture": lambda c: Attempt(c, c.after, changed=0),
        }

    def _read(self, case: Case) -> EditPlan:
        return self.pipeline.plan(case.edit.instruction)

    def _edit(self, case: Case, plan: EditPlan, zoom: bool = True, region: Bools | None = None) -> Attempt:
        picture = io.from_array(case.before)
        made: list[tuple[Any, Pixels]] = []
        steps = [s.model_copy(update={"params": _params(s.params, zoom)}) for s in plan.steps]
        given = Region.of(region, source="gold") if region is not None and region.any() else None
        options = Options(
            method="inpaint", seed=case.edit.before.seed, verify=False, region=given,
            hooks={"made": lambda _step, crop: made.append(crop)},
        )  # fmt: skip
        begun = time.perf_counter()
        result = self.pipeline.run(picture, plan.model_copy(update={"steps": tuple(steps)}), options, self.report)
        seconds = time.perf_counter() - begun
        step = result.steps[-1]
        change = result.outside_change
        return Attempt(
            case, result.picture.pixels,
            region=None if step.region is None else step.region.mask > 0.5,
            area=None if step.area is None else step.area.mask > 0,
            drift=_drift(case, made), changed=change.count if change else None, seconds=seconds,
        )  # fmt: skip

    def _image_to_image(self, case: Case) -> Attempt:
        from PIL import Image

        from finetouch.lab.facts import caption

        pipe = self._whole_picture()
        size = int(pipe.unet.config.sample_size) * 2 ** (len(pipe.vae.config.block_out_channels) - 1)
        small = Image.fromarray(case.before).resize((size, size), Image.Resampling.BOX)
        import torch

        begun = time.perf_counter()
        with torch.inference_mode():
            out = pipe(
                caption(case.edit.after), image=small, strength=0.6, guidance_scale=5.0, num_inference_steps=40,
                generator=torch.Generator().manual_seed(case.edit.before.seed),
            ).images[0]  # fmt: skip
        seconds = time.perf_counter() - begun
        pixels = np.asarray(out.convert("RGB").resize(case.before.shape[1::-1], Image.Resampling.BICUBIC))
        changed = int((pixels != case.before).any(2)[~case.mask].sum())
        whole = ((0, 0, pixels.shape[1], pixels.shape[0]), pixels)
        return Attempt(case, pixels, drift=_drift(case, [whole]), changed=changed, seconds=seconds)

    def _whole_picture(self) -> Any:
        from diffusers import DDIMScheduler, StableDiffusionImg2ImgPipeline

        if not hasattr(self, "_pipe"):
            loaded = self.pipeline.models.get("generate", self.report)
            names = ("vae", "text_encoder", "tokenizer", "unet")
            self._pipe = StableDiffusionImg2ImgPipeline(
                **{n: loaded[n] for n in names}, scheduler=DDIMScheduler.from_config(loaded["scheduler"].config),
                safety_checker=None, feature_extractor=None, requires_safety_checker=False,
            )  # fmt: skip
            self._pipe.set_progress_bar_config(disable=True)
        return self._pipe

    def succeeded(self, attempt: Attempt) -> bool:
        """Whether the judge sees in the result what the instruction asked for."""
        case, edit = attempt.case, attempt.case.edit
        where = case.mask if attempt.area is None or edit.kind != "add" else attempt.area
        seen = self._look(attempt.picture, where)
        if edit.kind == "remove":
            return seen.kind == self._look(case.after, where).kind or (case.bare and seen.kind == "background")
        thing = edit.after.thing(int(edit.id or 0))
        return (seen.kind, seen.color) == (thing.kind, thing.color)

    def _look(self, picture: Pixels, where: Bools) -> Any:
        cut, part = around(picture, where)
        return self.judge.read(cut[None], part[None])[0]


def _params(params: dict[str, Any], zoom: bool) -> dict[str, Any]:
    return dict(params) if zoom else {**params, "zoom": False}


def around(picture: Pixels, where: Bools, size: int = 64) -> tuple[Pixels, Bools]:
    """The picture around a mask at the judge's size, with the mask."""
    x, y, w, h = cv2.boundingRect(where.view(np.uint8))
    height, width = where.shape
    side = min(height, width, max(24, round(1.6 * max(w, h))))
    left = int(np.clip(x + w / 2 - side / 2, 0, width - side))
    top = int(np.clip(y + h / 2 - side / 2, 0, height - side))
    spot = slice(top, top + side), slice(left, left + side)
    how = cv2.INTER_AREA if side >= size else cv2.INTER_CUBIC
    small = cv2.resize(np.ascontiguousarray(picture[spot]), (size, size), interpolation=how)
    part = cv2.resize(where[spot].astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST) > 0
    return np.asarray(small, np.uint8), part


def _drift(case: Case, made: list[tuple[Any, Pixels]]) -> float | None:
    """PSNR in dB of what the model made of the pixels around the gold mask, before they were put back; None: none."""
    squares: list[NDArray[np.float32]] = []
    for (x0, y0, x1, y1), pixels in made:
        spot = slice(y0, y1), slice(x0, x1)
        outside = ~case.mask[spot]
        squares.append(((pixels.astype(np.float32) - case.before[spot]) ** 2)[outside].ravel())
    every = np.concatenate(squares) if squares else np.zeros(0, np.float32)
    if not every.size:
        return None
    return float(10 * np.log10(255**2 / max(float(every.mean()), 1e-3)))


def run(preset: str, limit: int, report: Reporter | None = None, only: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The table, one row per variant; see the module for what is measured.

    Args:
        preset: A preset with an inpainter. limit: Edits per variant. report: Progress and cancel. only: Variants.
    """
    report = report or Reporter()
    bench = Bench(preset, report)
    variants = bench.variants()
    unknown = set(only) - set(variants)
    if unknown:
        raise UsageError(f"There is no variant '{sorted(unknown)[0]}'.", f"Choose from: {', '.join(variants)}.")
    listed = list(cases(limit))
    rows = []
    for name, attempt in variants.items():
        if only and name not in only:
            continue
        done = []
        for n, case in enumerate(listed):
            report.update(name, n, len(listed), case.edit.instruction)
            try:
                done.append(attempt(case))
            except FinetouchError as error:
                done.append(Attempt(case, case.before, changed=0, error=f"{type(error).__name__}: {error.message}"))
        rows.append(_row(name, bench, done))
    return rows


def _row(name: str, bench: Bench, done: list[Attempt]) -> dict[str, Any]:
    won = [not a.error and bench.succeeded(a) for a in done]
    overlaps = [_overlap(a) for a in done if a.case.thing.any() and (a.region is not None or a.error)]
    drifts = [a.drift for a in done if a.drift is not None]
    small = [w for w, a in zip(won, done, strict=True) if a.case.small]
    by_op = {
        op: mean([w for w, a in zip(won, done, strict=True) if a.case.edit.kind == op]) for op in OPS
    }  # fmt: skip
    return {
        "variant": name, "edits": len(done), "selection_iou": mean(overlaps), **by_op, "small": mean(small),
        "small_edits": len(small), "drift_psnr": mean(drifts),
        "changed_outside": sum(a.changed or 0 for a in done), "failed": sum(bool(a.error) for a in done),
        "seconds": float(np.median([a.seconds for a in done])) if done else 0.0,
    }  # fmt: skip


def _overlap(attempt: Attempt) -> float:
    if attempt.region is None:
        return 0.0
    return masks.iou(attempt.region, attempt.case.thing)


def render(rows: list[dict[str, Any]]) -> str:
    """The table in Markdown."""
    head = (
        "variant",
        "selection IoU",
        *OPS,
        "small things",
        "drift before paste, dB",
        "changed outside",
        "failed",
        "s",
    )
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for r in rows:
        cells = [r["variant"], *(_cell(r[k]) for k in ("selection_iou", *OPS, "small"))]
        cells += [_cell(r["drift_psnr"], 1), str(r["changed_outside"]), str(r["failed"]), _cell(r["seconds"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"
