"""Searches with two objectives: resumed, shared by processes, and the choice from their front."""

from __future__ import annotations

import pytest

pytest.importorskip("optuna")

from finetouch.errors import Cancelled, FinetouchError
from finetouch.evaluate.scatter import Dot, front, knee, plot
from finetouch.tune import study as studies
from finetouch.tune.study import Span, Trial
from finetouch.types import Reporter

SPACE = {"strength": Span(0.01, 1.0, log=True), "count": Span(1, 5, whole=True)}


def toy(params):
    """Stronger is better and costs more; three is the best count."""
    return params["strength"] - 0.1 * abs(params["count"] - 3), params["strength"] ** 2


def worker(storage: str, number: int) -> None:
    study = studies.open_study("toy", storage, seed=number)
    studies.search(study, toy, SPACE, 8, Reporter())


@pytest.fixture
def storage(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/study.db"


def test_a_search_goes_on_where_it_was_stopped(storage):
    class Stop(Exception):
        pass

    tried = []

    def halting(params):
        if len(tried) == 3:
            raise Stop
        tried.append(params)
        return toy(params)

    first = studies.open_study("toy", storage, seed=1)
    with pytest.raises(Stop):
        studies.search(first, halting, SPACE, 6, Reporter(), ({"strength": 0.5, "count": 3},))
    assert tried[0] == {"strength": 0.5, "count": 3.0}, "the given start comes first"
    again = studies.open_study("toy", storage, seed=2)
    assert len(studies.finished(again)) == 3
    studies.search(again, toy, SPACE, 6, Reporter(), ({"strength": 0.7, "count": 3},))
    done = studies.finished(again)
    assert len(done) == 6 and all(0.01 <= t.params["strength"] <= 1 for t in done)
    studies.search(again, halting, SPACE, 6, Reporter())
    assert len(studies.finished(studies.open_study("toy", storage))) == 6, "a full study is left alone"


def test_processes_share_one_study(storage):
    studies.open_study("toy", storage)
    studies.in_processes(worker, 2, (storage,))
    done = studies.finished(studies.open_study("toy", storage))
    assert 8 <= len(done) <= 9, "each worker may be in the middle of its last trial"


def failing(storage: str, number: int) -> None:
    raise SystemExit(3)


def test_workers_that_fail_are_told(storage):
    with pytest.raises(FinetouchError, match="1 of 1 workers"):
        studies.in_processes(failing, 1, (storage,))


def test_cancel_stops_a_search(storage):
    from threading import Event

    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        studies.search(studies.open_study("toy", storage), toy, SPACE, 3, Reporter(None, cancel))


@pytest.mark.parametrize("storage", ["sqlite:////nowhere/at/all/x.db", "nonsense"])
def test_a_storage_that_cannot_be_opened_is_told(storage):
    with pytest.raises(FinetouchError, match="cannot be opened"):
        studies.open_study("toy", storage)


def trial(number: int, good: float, cost: float) -> Trial:
    return Trial(number, {}, good, cost)


def test_the_best_below_the_limit_is_chosen():
    trials = [trial(0, 0.9, 0.2), trial(1, 0.7, 0.04), trial(2, 0.6, 0.01), trial(3, 0.5, 0.03)]
    assert [t.number for t in studies.best_trials(trials)] == [2, 1, 0]
    assert studies.chosen(trials, 0.05).number == 1
    assert studies.chosen(trials, 0.5).number == 0
    assert studies.chosen(trials, 0.001).number == 2, "where none stays below, the nearest"
    assert studies.chosen([], 0.1) is None


def test_a_front_has_no_beaten_points_and_can_be_drawn():
    dots = [Dot(0.1, 0.5, "a"), Dot(0.2, 0.4, "b"), Dot(0.3, 0.9, "c", chosen=True), Dot(0.1, 0.2)]
    assert [d.name for d in front(dots)] == ["a", "c"]
    assert knee(dots, 0.15) == dots[0]
    assert plot(dots, "cost", "good").size == plot([], "cost", "good").size
    assert plot(dots[:1], "cost", "good").getcolors(1_000_000) is not None
