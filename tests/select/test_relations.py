"""Relations and positions on drawn rectangles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch.select import positions, relations
from finetouch.select.candidates import Candidate

SIZE = 64


def rect(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    out = np.zeros((SIZE, SIZE), np.float32)
    out[y0:y1, x0:x1] = 1.0
    return out


@st.composite
def rects(draw: st.DrawFn) -> np.ndarray:
    x0, y0 = draw(st.integers(0, SIZE - 2)), draw(st.integers(0, SIZE - 2))
    return rect(x0, y0, draw(st.integers(x0 + 1, SIZE)), draw(st.integers(y0 + 1, SIZE)))


@given(rects(), rects(), st.sampled_from(sorted(relations.FACTORS)))
def test_factors_are_shares(a: np.ndarray, b: np.ndarray, kind: str) -> None:
    value = relations.factor(kind, a, b)  # type: ignore[arg-type]
    assert 0.0 <= value <= 1.0 and np.isfinite(value)


@given(rects(), rects())
def test_left_is_right_mirrored(a: np.ndarray, b: np.ndarray) -> None:
    assert relations.left_of(a, b) == pytest.approx(relations.right_of(b, a), abs=1e-6)
    assert relations.left_of(a, b) == pytest.approx(relations.right_of(a[:, ::-1], b[:, ::-1]), abs=1e-6)
    assert relations.behind(a, b) == pytest.approx(relations.in_front_of(b, a))


@given(st.sampled_from(sorted(relations.FACTORS)), rects())
def test_nothing_relates_to_nothing(kind: str, a: np.ndarray) -> None:
    assert relations.factor(kind, a, np.zeros_like(a)) <= 0.02  # type: ignore[arg-type]


def test_left_of_a_bench() -> None:
    bench, left, right = rect(28, 40, 40, 52), rect(4, 38, 14, 54), rect(50, 38, 60, 54)
    assert relations.left_of(left, bench) > 0.8 > 0.2 > relations.left_of(right, bench)


def test_on_and_under_a_table() -> None:
    table, cup, ball = rect(10, 34, 54, 50), rect(26, 24, 34, 36), rect(26, 52, 34, 60)
    assert relations.on(cup, table) > 2 * relations.on(ball, table)
    assert relations.under(ball, table) > 2 * relations.under(cup, table)


def test_in_near_part_of() -> None:
    bowl, apple, far = rect(20, 20, 44, 44), rect(28, 26, 36, 34), rect(0, 0, 6, 6)
    assert relations.inside(apple, bowl) > 0.9 > relations.inside(far, bowl)
    assert relations.near(apple, bowl) > relations.near(far, bowl)
    assert relations.part_of(apple, bowl) == 1.0 and relations.part_of(far, bowl) == 0.0


def test_behind_is_higher_and_touching() -> None:
    car, man, tree = rect(10, 30, 54, 50), rect(24, 34, 32, 58), rect(40, 10, 48, 34)
    assert relations.behind(tree, car) > 0.5 > relations.behind(man, car)
    assert relations.in_front_of(man, car) > 0.5


def row(*centres: int, score: float = 0.9) -> list[Candidate]:
    return [Candidate(rect(x - 4, 20 + 2 * i, x + 4, 44), score, str(i)) for i, x in enumerate(centres)]


@pytest.mark.parametrize(
    ("position", "label"),
    [
        ("leftmost", "0"), ("left", "0"), ("far right", "2"), ("rightmost", "2"), ("second", "1"), ("third", "2"),
        ("second from right", "1"), ("third from the right", "0"), ("first from left", "0"), ("last", "2"),
        ("center", "1"), ("middle", "1"), ("largest", "0"), ("smallest", "2"), ("tallest", "0"), ("shortest", "2"),
        ("top-left", "0"), ("top-right", "2"), ("background", "2"), ("foreground", "0"),
    ],
)  # fmt: skip
def test_position_words(position: str, label: str) -> None:
    assert positions.order(row(10, 32, 54), position)[0].label == label


def test_fourth_of_three_is_nobody() -> None:
    assert positions.order(row(10, 32, 54), "fourth") == []


def test_a_stray_blob_is_not_the_leftmost() -> None:
    stray = Candidate(rect(0, 0, 2, 2), 0.2, "stray")
    assert positions.order([stray, *row(20, 40)], "leftmost")[0].label == "0"


@given(st.lists(rects(), min_size=1, max_size=6), st.text(max_size=20))
def test_order_keeps_every_candidate_for_unknown_words(parts: list[np.ndarray], word: str) -> None:
    listed = [Candidate(p, 0.5, str(i)) for i, p in enumerate(parts)]
    out = positions.order(listed, word)
    if not positions.known(word):
        assert {c.label for c in out} == {c.label for c in listed}
    assert positions.order([], word) == []
