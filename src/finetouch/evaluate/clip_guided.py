"""The tables of ``finetouch bench clip-guided`` and ``finetouch ablate clip-guided``, on synthetic test scenes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from finetouch.editing.clip_guided import sampler_role
from finetouch.errors import FinetouchError, UsageError
from finetouch.evaluate.cost import counted, peak_bytes
from finetouch.evaluate.guided_cases import FOUND, SILENT, Figures, Made, Room, cases, gather
from finetouch.evaluate.scatter import Dot, plot
from finetouch.evaluate.zero_shot import Case
from finetouch.imaging.masks import iou
from finetouch.lab import expressions, render, sample_scene, seed_for
from finetouch.types import Picture, Progress, Reporter

Given = dict[str, Any]
Make = Callable[[Case, int], Made]
THRIFTY: Given = {"through": "frozen", "decoder": "linear", "copies": 4}
STRENGTHS = (0.5, 0.65, 0.8, 1.0)
TARGETS = {"choice": 0.90, "success": 0.75, "lpips_share": 1 / 3, "step": 3.5, "memory": 0.6}


@dataclass
class Table:
    """All that was measured. rows: Figures by name. facts: Single values, with what they have to reach."""

    rows: dict[str, Figures] = field(default_factory=dict)
    facts: dict[str, float] = field(default_factory=dict)
    reached: dict[str, bool] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "rows": {k: v.to_json() for k, v in self.rows.items()},
            "facts": {k: round(v, 4) for k, v in self.facts.items()},
            "targets": TARGETS, "reached": self.reached, "notes": self.notes,
        }  # fmt: skip

    def render(self) -> str:
        """The tables in Markdown."""
        head = ("variant", "success", "kind", "color", "background PSNR, dB", "background LPIPS", "selection IoU",
                "changed outside", "failed", "s")  # fmt: skip
        lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        for name, r in self.rows.items():
            cells = [name, _cell(r.success), _cell(r.kind), _cell(r.color), _cell(r.psnr, 1), _cell(r.lpips, 3)]
            cells += [_cell(r.overlap), str(r.changed), str(r.failed), _cell(r.seconds, 1)]
            lines.append("| " + " | ".join(cells) + " |")
        if self.facts:
            lines += ["", "| measured | value | to reach |", "|---|---|---|"]
            for name, value in self.facts.items():
                mark = "" if name not in self.reached else ("✓" if self.reached[name] else "✗")
                lines.append(f"| {name} | {value:.3f} | {mark} |")
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)])


def run(
    preset: str, limit: int, report: Reporter | None = None, models: dict[str, str] | None = None,
    only: tuple[str, ...] = (), steps: int | None = None,
) -> Table:  # fmt: skip
    """The bench: mask choice, success and background beside baselines, cost of a guided step.

    Args:
        preset: A preset with generator, CLIP and judge. limit: Edits per variant. report: Progress and cancel.
        models: Other models for roles. only: Parts: names of variants, "choice", "cost". steps: Sampling steps.
    """
    room = Room(preset, models, report)
    pace: Given = {} if steps is None else {"steps": steps}
    table, listed = Table(), list(cases(limit))

    def ours(**params: Any) -> Make:
        return lambda case, n: room.edit(case, seed=n, **{**pace, **params})

    def whole(strength: float) -> Make:
        return lambda case, n: room.whole(case, strength, n, **pace)

    makers: dict[str, Make] = {
        "both": ours(), "local": ours(variant="local"), "blended": ours(variant="blended"),
        "every lambda 0": ours(**SILENT), "words to picture": ours(own=True),
        "zero-shot inpainting": ours(method="inpaint"), **{f"image to image, {s:.2f}": whole(s) for s in STRENGTHS},
        "copy of the input": lambda case, n: Made(case, case.before),
        "gold picture": lambda case, n: Made(case, case.after),
    }  # fmt: skip
    unknown = set(only) - set(makers) - {"choice", "cost"}
    if unknown:
        known = ", ".join([*makers, "choice", "cost"])
        raise UsageError(f"There is no part '{sorted(unknown)[0]}'.", f"Choose from: {known}.")
    for name, make in makers.items():
        if not only or name in only:
            table.rows[name] = room.figures(gather(room, listed, make, name))
    if not only or "choice" in only:
        table.facts |= choice(room, limit)
    if not only or "cost" in only:
        table.facts |= cost(room, listed[0])
    _judge(table)
    return table


def _judge(table: Table) -> None:
    """What was to be reached, and whether it is."""
    rows, facts = table.rows, table.facts
    if "mask choice" in facts:
        table.reached["mask choice"] = facts["mask choice"] >= TARGETS["choice"]
    if "both" in rows:
        facts["success"] = rows["both"].success
        table.reached["success"] = rows["both"].success >= TARGETS["success"]
    whole = [r for n, r in rows.items() if n.startswith("image to image")]
    if "both" in rows and whole and rows["both"].lpips is not None:
        able = [r for r in whole if r.success >= rows["both"].success] or [max(whole, key=lambda r: r.success)]
        equal = min(able, key=lambda r: r.lpips or 0.0)
        if equal.lpips:
            facts["background LPIPS / image to image's"] = float(rows["both"].lpips or 0.0) / equal.lpips
            table.reached["background LPIPS / image to image's"] = (
                facts["background LPIPS / image to image's"] <= TARGETS["lpips_share"]
            )
        if equal.success < rows["both"].success:
            table.notes.append("No strength of image to image was as successful; its most successful one counts.")
    for name, limit in (("guided step / plain step", TARGETS["step"]), ("memory with savers", TARGETS["memory"])):
        if name in facts:
            table.reached[name] = facts[name] <= limit


def choice(room: Room, scenes: int, selector: str = "segformer-clip") -> dict[str, float]:
    """How often the right thing is selected for phrases of test scenes, and how well its outline fits.

    Right is an answer that overlaps the thing meant more than any other thing of the scene.
    """
    right, overlaps, found, missing = [], [], [], 0
    for index in range(scenes):
        room.report.update("choice", index, scenes)
        scene = sample_scene(seed_for("test", index))
        drawn = render(scene, 256)
        picture = Picture(drawn.picture)
        told = [e for e in expressions(scene) if drawn.visible[e.target].sum() >= 150]
        for e in told[:: max(1, len(told) // 3)][:3]:
            try:
                mask = room.pipeline.select(picture, e.query(), room.report, selector).region.mask
            except FinetouchError:
                missing += 1
                right.append(False)
                overlaps.append(0.0)
                found.append(False)
                continue
            shared = {t.id: iou(mask, drawn.visible[t.id]) for t in scene.things}
            right.append(max(shared, key=lambda k: shared[k]) == e.target and shared[e.target] > 0)
            overlaps.append(shared[e.target])
            found.append(shared[e.target] >= FOUND)
    return {
        "mask choice": float(np.mean(right)), "mask IoU": float(np.mean(overlaps)),
        f"masks with IoU {FOUND:g}": float(np.mean(found)), "phrases not found": missing / max(1, len(right)),
    }  # fmt: skip


def cost(room: Room, case: Case, rounds: int = 3) -> dict[str, float]:
    """Seconds of a guided step against a plain one of the same sampler in the same run, UNet calls, and memory."""
    models = room.pipeline.models
    unet = models.get(sampler_role(models), room.report)["unet"]
    exact: Given = {"through": "unet", "decoder": "full"}
    settings: dict[str, Given] = {"plain": dict(SILENT), "guided": {}, "exact": exact, "thrifty": THRIFTY}
    seconds: dict[str, list[float]] = {name: [] for name in settings}
    for _ in range(rounds):
        for name, params in settings.items():
            seconds[name].append(_step_seconds(room, case, {**params, "steps": 8}))
    best = {name: min(values) for name, values in seconds.items()}
    with counted(unet) as asked:
        room.edit(case, steps=4)
    peak = {on: peak_bytes(partial(room.edit, case, lean=on, steps=1, **exact)) for on in (False, True)}
    return {
        "guided step / plain step": best["guided"] / best["plain"],
        "exact step / plain step": best["exact"] / best["plain"],
        "thrifty step / plain step": best["thrifty"] / best["plain"],
        "plain step, s": best["plain"], "UNet steps per guided step": asked.steps / 4,
        "memory, MB": peak[False] / 1e6, "memory with savers": peak[True] / max(1, peak[False]),
    }  # fmt: skip


def _step_seconds(room: Room, case: Case, params: dict[str, Any]) -> float:
    """Median seconds between two steps of one edit."""
    times: list[float] = []

    def heard(progress: Progress) -> None:
        if progress.stage == "denoise":
            times.append(time.perf_counter())

    made = room.edit(case, report=Reporter(heard), **params)
    if made.error:
        raise UsageError(f"The cost cannot be measured: {made.error}")
    return float(np.median(np.diff(times)))


# --- ablation --------------------------------------------------------------------------------------------------------


def grid(steps: int) -> dict[str, dict[str, Any]]:
    """The settings that are compared, each one thing away from "local" (where the background terms have to work)."""
    local: dict[str, Any] = {"variant": "local"}
    return {
        "local": local,
        "local, CLIP off": {**local, "lambda_clip": 0},
        "local, LPIPS off": {**local, "lambda_lpips": 0},
        "local, L2 off": {**local, "lambda_l2": 0},
        "local, background off": {**local, "lambda_lpips": 0, "lambda_l2": 0},
        "local, words at 1": {**local, "guidance": 1.0, "lambda_clip": 0.1},
        "local, words at 1, CLIP off": {**local, "guidance": 1.0, "lambda_clip": 0},
        "both": {"variant": "both"},
        "both, CLIP off": {"variant": "both", "lambda_clip": 0},
        "blended": {"variant": "blended"},
        **{f"both, {n} views": {"variant": "both", "copies": n} for n in (1, 4, 16)},
        **{f"both, skip {s} %": {"variant": "both", "skip": round(steps * s / 100)} for s in (25, 50)},
        "both, cosine": {"variant": "both", "distance": "cosine"},
        "both, exact slope": {"variant": "both", "through": "unet", "decoder": "full"},
        "both, frozen noise": {"variant": "both", "through": "frozen", "decoder": "full"},
        **{
            f"both, frozen noise, {kind} decoder": {"variant": "both", "through": "frozen", "decoder": kind}
            for kind in ("small", "linear")
        },
        "both, thrifty": {"variant": "both", **THRIFTY},
        "both, text-to-image model": {"variant": "both", "role": "generate"},
        "both, sees the source": {"variant": "both", "surround": "source"},
    }


def ablate(
    preset: str, limit: int, out: Path, report: Reporter | None = None, models: dict[str, str] | None = None,
    steps: int = 25, only: Sequence[str] = (),
) -> Table:  # fmt: skip
    """Runs the grid and writes ``table.md``, ``pareto.png`` and ``sheet.png`` into a folder.

    Args:
        preset, models, report: See `run`. limit: Edits per setting. out: The folder. steps: Sampling steps.
        only: Settings by name; all when empty.
    """
    room = Room(preset, models, report)
    settings = grid(steps)
    unknown = set(only) - set(settings)
    if unknown:
        raise UsageError(f"There is no setting '{sorted(unknown)[0]}'.", f"Choose from: {', '.join(settings)}.")
    listed, table, shown = list(cases(limit)), Table(), {}
    for name, params in settings.items():
        if only and name not in only:
            continue
        told: Given = {"steps": steps, **params}
        done = [_one(room, case, n, len(listed), name, told) for n, case in enumerate(listed)]
        table.rows[name] = room.figures(done)
        shown[name] = done[:6]
    _terms_at_work(table)
    out.mkdir(parents=True, exist_ok=True)
    (out / "table.md").write_text(table.render() + "\n", encoding="utf-8")
    dots = [Dot(r.lpips or 0.0, r.success + 0.01 * r.evidence, name) for name, r in table.rows.items()]
    plot(dots, "background LPIPS before the paste", "success").save(out / "pareto.png")
    sheet(shown).save(out / "sheet.png")
    return table


def _one(room: Room, case: Case, number: int, total: int, name: str, params: Given) -> Made:
    room.report.update(name, number, total, case.edit.instruction)
    return room.edit(case, seed=number, **params)


def _terms_at_work(table: Table) -> None:
    rows = table.rows
    if {"local", "local, background off"} <= set(rows):
        held, loose = rows["local"].lpips or 0.0, rows["local, background off"].lpips or 0.0
        table.facts["outside distance without background terms / with"] = loose / max(held, 1e-9)
        table.reached["outside distance without background terms / with"] = loose > held
    if {"local", "local, CLIP off"} <= set(rows):
        table.facts["success lost without CLIP"] = rows["local"].success - rows["local, CLIP off"].success
        table.reached["success lost without CLIP"] = table.facts["success lost without CLIP"] > 0


def sheet(shown: dict[str, list[Made]], side: int = 160) -> Image.Image:
    """A contact sheet: sources in the first row, then one row per setting, before the paste where there is a crop."""
    rows = max(1, len(shown) + 1)
    columns = max((len(v) for v in shown.values()), default=1)
    picture = Image.new("RGB", (170 + columns * (side + 4), rows * (side + 4)), "white")
    draw = ImageDraw.Draw(picture)

    def put(row: int, column: int, made: Made, before: bool) -> None:
        box = made.crop[0] if made.crop is not None else (0, 0, *made.picture.shape[1::-1])
        pixels = made.case.before if before else made.picture
        if made.crop is not None and not before:
            pixels = made.case.before.copy()
            pixels[box[1] : box[3], box[0] : box[2]] = made.crop[1]
        cut = Image.fromarray(pixels).crop(box).resize((side, side), Image.Resampling.BICUBIC)
        picture.paste(cut, (170 + column * (side + 4), row * (side + 4)))

    for row, (name, done) in enumerate(shown.items(), start=1):
        draw.text((6, row * (side + 4) + side // 2), name, fill="black")
        for column, made in enumerate(done):
            put(row, column, made, before=False)
            if row == 1:
                put(0, column, made, before=True)
                draw.text((174 + column * (side + 4), 4), made.case.edit.instruction[:26], fill="black")
    return picture


def _cell(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"
