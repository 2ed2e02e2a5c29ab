"""A search with two objectives that can be stopped, gone on with, and shared by several processes (optuna)."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finetouch.errors import DependencyMissing, InputError
from finetouch.evaluate.scatter import Dot, front, knee
from finetouch.types import Reporter

if TYPE_CHECKING:
    import optuna

Objective = Callable[[dict[str, float]], tuple[float, float]]
"""Parameters to (how good: more is better, what it costs: less is better)."""


@dataclass(frozen=True)
class Span:
    """One parameter. low, high: Limits. log: Searched by its logarithm. whole: Whole numbers only."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Trial:
    """One finished trial. params: What was tried. good: Its success. cost: What it cost."""

    number: int
    params: Mapping[str, float]
    good: float
    cost: float


def open_study(name: str, storage: str, seed: int | None = None) -> optuna.Study:
    """A study in a database, made when it is not there yet; a second call goes on with it.

    Args:
        name: Of the study. storage: "sqlite:///file.db" or any other address that optuna knows. seed: Of the search.

    Raises:
        DependencyMissing: optuna is not installed. InputError: The database cannot be opened.
    """
    try:
        import optuna
    except ImportError as error:
        raise DependencyMissing("optuna", "tune", "Tuning") from error
    from sqlalchemy.exc import SQLAlchemyError

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(
            study_name=name, storage=storage, load_if_exists=True, directions=["maximize", "minimize"],
            sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True, n_startup_trials=8),
        )  # fmt: skip
    except (SQLAlchemyError, ValueError, OSError) as error:
        raise InputError(
            f"The storage '{storage}' cannot be opened: {str(error).splitlines()[0]}",
            "Write it as sqlite:///tuning.db (a file in this folder).",
        ) from error


def search(
    study: optuna.Study, objective: Objective, space: Mapping[str, Span], trials: int, report: Reporter,
    starts: tuple[Mapping[str, float], ...] = (),
) -> None:  # fmt: skip
    """Goes on with a study until it holds `trials` finished trials, whoever has made them.

    Args:
        study: From `open_study`. objective: What is measured. space: What may be tried.
        trials: Finished trials wanted, those of earlier runs and of other processes included.
        report: Progress and cancel. starts: Settings that are tried first, in a new study.
    """
    from optuna.trial import TrialState

    if not study.get_trials(deepcopy=False):
        for start in starts:
            study.enqueue_trial(dict(start), skip_if_exists=True)

    def once(trial: optuna.Trial) -> tuple[float, float]:
        return objective({name: _tried(trial, name, span) for name, span in space.items()})

    while True:
        done = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
        report.update("tune", min(done, trials), trials)
        if done >= trials:
            return
        study.optimize(once, n_trials=1)


def _tried(trial: optuna.Trial, name: str, span: Span) -> float:
    if span.whole:
        return float(trial.suggest_int(name, int(span.low), int(span.high)))
    return trial.suggest_float(name, span.low, span.high, log=span.log)


def finished(study: optuna.Study) -> list[Trial]:
    """All finished trials, the first one first."""
    from optuna.trial import TrialState

    return [
        Trial(t.number, dict(t.params), float(t.values[0]), float(t.values[1]))
        for t in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    ]


def chosen(trials: list[Trial], limit: float) -> Trial | None:
    """The best trial whose cost stays below `limit`; where none does, the cheapest. None without trials."""
    dots = {Dot(t.cost, t.good, str(t.number)): t for t in trials}
    best = knee(list(dots), limit)
    return None if best is None else dots[best]


def best_trials(trials: list[Trial]) -> list[Trial]:
    """The front: trials that no other one beats in both."""
    numbers = {d.name for d in front([Dot(t.cost, t.good, str(t.number)) for t in trials])}
    return sorted((t for t in trials if str(t.number) in numbers), key=lambda t: t.cost)


def in_processes(work: Callable[..., None], count: int, args: tuple[Any, ...]) -> None:
    """Runs `work` in processes of their own, all at once; raises when one of them fails.

    Args:
        work: A function of a module (it is imported anew). count: Processes. args: What it gets, the same for all.
    """
    context = multiprocessing.get_context("spawn")
    started = [context.Process(target=work, args=(*args, number), daemon=True) for number in range(count)]
    for process in started:
        process.start()
    for process in started:
        process.join()
    failed = [p.exitcode for p in started if p.exitcode]
    if failed:
        raise InputError(f"{len(failed)} of {count} workers failed (exit {failed[0]}).", "Try --workers 1 to see why.")
