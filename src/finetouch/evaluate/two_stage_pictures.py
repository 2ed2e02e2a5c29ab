"""The finished pictures of replacements whose outlines differ: one stage, two stages, two stages with the gold mask."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from finetouch.engine.pipeline import Options, Pipeline
from finetouch.errors import FinetouchError
from finetouch.evaluate._mask_scores import iou
from finetouch.evaluate.lab.judge import Judge
from finetouch.evaluate.zero_shot import around
from finetouch.imaging import io
from finetouch.lab.render import render
from finetouch.lab.splits import seed_for
from finetouch.train.mask_generator.world import Case, make_case
from finetouch.types import EditPlan, EditStep, Pixels, Region, Reporter

SIZE = 256
DIFFERENT = 0.5
"""Outlines that overlap less than this differ."""
ROWS = ("zero-shot, old mask", "zero-shot, box", "two-stage, predicted mask", "two-stage, gold mask")


def cases(count: int, size: int = SIZE) -> Iterator[Case]:
    """Replacements in test scenes whose old and new outlines overlap less than one half."""
    made = index = 0
    while made < count:
        case = make_case(seed_for("test", index), size, "instead")
        index += 1
        if case is not None and iou(case.pair.old, case.pair.target) < DIFFERENT and case.pair.old.sum() >= 100:
            made += 1
            yield case


def run(pipeline: Pipeline, count: int, report: Reporter) -> list[dict[str, Any]]:
    """One row per variant.

    Raises:
        ModelMissing: The judge, the inpainter or the mask generator is not there.
    """
    judge = Judge()
    pipeline.models.require(("inpaint",), "This benchmark")
    listed = list(cases(count))
    rows = []
    for name in ROWS:
        if name == "two-stage, predicted mask":
            pipeline.models.require(("mask_generator",), "This benchmark")
        each = []
        for n, case in enumerate(listed):
            report.update(name, n, len(listed), f"{case.pair.place.object} -> {case.pair.phrase}")
            each.append(_one(pipeline, judge, name, case, report))
        rows.append(_row(name, each))
    return rows


def _one(pipeline: Pipeline, judge: Judge, name: str, case: Case, report: Reporter) -> dict[str, Any]:
    old = Region.of(case.pair.old, source="gold")
    two = name.startswith("two-stage")
    params: dict[str, Any] = {} if two else {"shape": "keep" if name.endswith("old mask") else "free"}
    if two:
        params = {"check": False, "vlm": False}
    target = case.before.thing(case.id).kind
    step = EditStep(op="replace", target=target, result=case.pair.phrase, params=params)
    given = {"place": Region.of(case.pair.target, source="gold")} if name.endswith("gold mask") else {}
    options = Options(
        method="two-stage" if two else "inpaint", seed=case.pair.seed, region=old, verify=False, given=given
    )  # fmt: skip
    begun = time.perf_counter()
    picture = render(case.before, SIZE).picture
    try:
        done = pipeline.run(io.from_array(picture), EditPlan(steps=(step,)), options, report)
    except FinetouchError as error:
        return {"failed": error.message, "success": False, "shape": 0.0, "psnr": None, "seconds": 0.0}
    seconds = time.perf_counter() - begun
    assert done.steps[0].area is not None
    facts = done.steps[0].facts
    return {"failed": "", "seconds": seconds, **_seen(judge, case, done.picture.pixels, done.steps[0].area.mask > 0),
            "place": facts.get("place")}  # fmt: skip


def _seen(judge: Judge, case: Case, made: Pixels, area: np.ndarray) -> dict[str, Any]:
    """What the judge sees in the changed area, how its outline fits gold's, and how the rest fits the gold picture."""
    thing = case.after.thing(case.id)
    cut, part = around(made, area | case.pair.target)
    verdict = judge.read(cut[None], part[None])[0]
    gold = render(case.after, SIZE)
    rest = ~(gold.touch[case.id] | render(case.before, SIZE).touch.get(case.id, case.pair.old))
    error = float(((made.astype(np.float32) - gold.picture) ** 2)[rest].mean()) if rest.any() else 0.0
    shape_cut, gold_part = around(made, gold.visible[case.id])
    kinds, _ = judge.look(shape_cut[None])
    own = kinds[0].argmax(-1) == judge.kinds.index(thing.kind)
    return {
        "success": (verdict.kind, verdict.color) == (thing.kind, thing.color), "kind": verdict.kind == thing.kind,
        "shape": iou(own, gold_part), "psnr": 10 * float(np.log10(255**2 / max(error, 1e-3))),
    }  # fmt: skip


def _row(name: str, each: list[dict[str, Any]]) -> dict[str, Any]:
    ratios = [e["psnr"] for e in each if e["psnr"] is not None]
    return {
        "pictures": name, "edits": len(each), "success": float(np.mean([e["success"] for e in each])),
        "class right": float(np.mean([e.get("kind", False) for e in each])),
        "outline IoU": float(np.mean([e["shape"] for e in each])),
        "background PSNR dB": float(np.mean(ratios)) if ratios else None,
        "failed": sum(bool(e["failed"]) for e in each),
        "seconds": float(np.median([e["seconds"] for e in each])),
    }  # fmt: skip
