"""Tuning the lambdas of CLIP-guided editing: success inside of the mask against distance outside, before the paste."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetouch.evaluate.guided_cases import Room, cases, gather
from finetouch.evaluate.scatter import Dot, plot
from finetouch.tune import study as studies
from finetouch.tune.study import Objective, Span, Trial
from finetouch.types import Reporter

SPACE = {
    "lambda_clip": Span(0.01, 1.0, log=True), "lambda_lpips": Span(0.005, 1.0, log=True),
    "lambda_l2": Span(0.005, 1.0, log=True),
}  # fmt: skip
GUIDANCE = Span(1.0, 8.0)
STARTS = (
    {"lambda_clip": 0.1, "lambda_lpips": 0.05, "lambda_l2": 0.05, "guidance": 4.0},
    {"lambda_clip": 0.3, "lambda_lpips": 0.15, "lambda_l2": 0.15, "guidance": 4.0},
)
LIMIT = 0.05


@dataclass(frozen=True)
class Job:
    """What is tuned.

    Attributes:
        preset: Whose models. models: Other models for roles. edits: Validation edits per trial.
        steps: Sampling steps. variant: "local" (nothing but the terms holds the background) or another one.
        storage, name: Where the study is kept. trials: Finished trials wanted in all.
        limit: Distance outside that the chosen setting should stay below.
        fixed: Parameters that all trials share.
    """

    preset: str
    models: Mapping[str, str] = field(default_factory=dict)
    edits: int = 12
    steps: int = 20
    variant: str = "local"
    storage: str = "sqlite:///clip-guided.db"
    name: str = "clip-guided"
    trials: int = 40
    limit: float = LIMIT
    fixed: Mapping[str, Any] = field(default_factory=dict)


def objective(job: Job, report: Reporter) -> Objective:
    """Measures a setting on validation scenes: success (and a hundredth of the judge's evidence), LPIPS outside."""
    room = Room(job.preset, dict(job.models), report)
    listed = list(cases(job.edits, "validation"))

    def measure(params: dict[str, float]) -> tuple[float, float]:
        told = {**job.fixed, "steps": job.steps, "variant": job.variant, **params}
        found = room.figures(gather(room, listed, lambda case, n: room.edit(case, seed=n, **told), "trial"))
        return found.success + 0.01 * found.evidence, float(found.lpips or 0.0)

    return measure


def space(job: Job) -> dict[str, Span]:
    """What may be tried: the three lambdas, and how closely the words are followed."""
    return {**SPACE, "guidance": GUIDANCE}


def work(job: Job, number: int = 0, report: Reporter | None = None) -> None:
    """One worker: goes on with the study until it is full."""
    import torch

    if number or report is None:
        torch.set_num_threads(1)
    report = report or Reporter()
    study = studies.open_study(job.name, job.storage, seed=number)
    studies.search(study, objective(job, report), space(job), job.trials, report, STARTS if number == 0 else ())


def run(job: Job, workers: int = 1, report: Reporter | None = None) -> list[Trial]:
    """Tunes, in one process or several that share the storage; all finished trials, earlier ones included."""
    study = studies.open_study(job.name, job.storage)
    if workers <= 1:
        work(job, report=report or Reporter())
    else:
        studies.in_processes(work, workers, (job,))
    return studies.finished(study)


def defaults(trial: Trial, job: Job) -> dict[str, Any]:
    """What belongs into the preset: ``facts.clip_guided`` of the role "generate"."""
    return {"steps": job.steps, **{k: round(v, 4) for k, v in trial.params.items()}, **job.fixed}


def toml(job: Job, values: Mapping[str, Any]) -> str:
    """The same as text for presets.toml."""
    import json

    inner = ", ".join(f"{k} = {json.dumps(v)}" for k, v in values.items())
    return f"[{job.preset}.roles.generate.facts.clip_guided]  {{ {inner} }}"


def picture(trials: list[Trial], best: Trial | None, out: Path) -> None:
    """Writes the trade-off as a plot."""
    dots = [
        Dot(t.cost, t.good, f"#{t.number}" if best is not None and t.number == best.number else "", t == best)
        for t in trials
    ]
    plot(dots, "background LPIPS before the paste", "success").save(out)
