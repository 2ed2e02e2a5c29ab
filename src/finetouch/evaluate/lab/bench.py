"""The table of ``finetouch bench lab``: one row per model, with what it has to reach."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetouch.errors import ModelMissing, UsageError
from finetouch.lab.zoo import Zoo
from finetouch.types import Reporter

Figures = dict[str, float]
Measure = Callable[[Zoo, int, Reporter], Figures]
TARGETS: dict[tuple[str, str], float] = {
    ("judge", "class"): 0.98, ("judge", "color"): 0.98, ("vae", "PSNR dB"): 28.0, ("segformer", "mIoU"): 0.85,
    ("grounder", "mIoU"): 0.80, ("sam", "IoU from box"): 0.90, ("unet", "class"): 0.85, ("unet", "color"): 0.85,
    ("inpaint", "class"): 0.85,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One measured model. missing: why there are no figures, or ""."""

    model: str
    figures: Figures
    seconds: float
    missing: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data, with the targets beside the figures."""
        wanted = {name: value for (model, name), value in TARGETS.items() if model == self.model}
        return {"model": self.model, "figures": self.figures, "targets": wanted, "seconds": round(self.seconds, 1),
                "missing": self.missing}  # fmt: skip


def measures() -> dict[str, tuple[Measure, float]]:
    """Per model: how it is measured, and how many cases it gets relative to the others (pictures cost time)."""
    from finetouch.evaluate.lab import making, seeing

    def few(zoo: Zoo, count: int, report: Reporter) -> Figures:
        zoo.path("lcm")
        return making.generation(zoo, count, report, few=True)

    return {
        "judge": (seeing.judge, 1), "vae": (seeing.vae, 1), "clip": (seeing.clip, 1),
        "segformer": (seeing.segformer, 1), "grounder": (seeing.grounder, 1), "sam": (seeing.sam, 1),
        "unet": (making.generation, 0.5), "lcm": (few, 0.5), "inpaint": (making.inpainting, 0.5),
    }  # fmt: skip


def run(
    folder: Path | None = None, limit: int = 400, only: tuple[str, ...] = (), report: Reporter | None = None
) -> list[Row]:
    """Measures the family on test scenes.

    Args:
        folder: Of the models; None for those in the package. limit: Test scenes (half as many made pictures).
        only: Models to measure; all when empty. report: Progress and cancel.
    """
    zoo = Zoo(folder) if folder else Zoo()
    table = measures()
    unknown = set(only) - set(table)
    if unknown:
        raise UsageError(f"There is no lab model '{sorted(unknown)[0]}'.", f"Choose from: {', '.join(table)}.")
    rows = []
    for name, (measure, share) in table.items():
        if only and name not in only:
            continue
        begun = time.perf_counter()
        try:
            zoo.path(name)
            figures, missing = measure(zoo, max(1, round(limit * share)), report or Reporter()), ""
        except ModelMissing as error:
            figures, missing = {}, error.message
        rows.append(Row(name, figures, time.perf_counter() - begun, missing))
    return rows


def render(rows: list[Row]) -> str:
    """The table in Markdown."""
    lines = ["| model | measured on synthetic test scenes | value | to reach |", "|---|---|---|---|"]
    for row in rows:
        if row.missing:
            lines.append(f"| {row.model} | {row.missing} | | |")
        for name, value in row.figures.items():
            wanted = TARGETS.get((row.model, name))
            shown = f"{value:.1f}" if "dB" in name else f"{value:.3f}"
            mark = "" if wanted is None else f"{wanted:g} {'✓' if value >= wanted else '✗'}"
            lines.append(f"| {row.model} | {name} | {shown} | {mark} |")
    return "\n".join(lines)
