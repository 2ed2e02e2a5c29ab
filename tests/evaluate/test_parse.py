"""The scorer of parsers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetouch.errors import InputError
from finetouch.evaluate.parse import align, score_file, token_f1


def write(path: Path, *rows: dict) -> Path:
    path.write_text("\n".join(json.dumps(r) for r in rows), encoding="utf-8")
    return path


def step(op: str, target: str | None = None, **more: object) -> dict:
    return {
        "op": op,
        "target": target,
        "relation": None,
        "position": None,
        "color": None,
        "count": "one",
        "result": None,
    } | more


def test_scores(tmp_path: Path) -> None:
    good = {"instruction": "remove the Lamp", "source": "a", "tags": ["x"], "steps": [step("remove", "lamp")]}
    wrong = {"instruction": "remove the lamp", "source": "b", "steps": [step("remove", "bulb")]}
    missing = {
        "instruction": "remove the lamp",
        "source": "b",
        "steps": [step("remove", "lamp"), step("global", count=None)],
    }
    score = score_file(write(tmp_path / "g.jsonl", good, wrong, missing))
    assert score.total.instructions == 3 and score.total.steps == 4
    assert score.total.step == pytest.approx(0.5) and score.total.instruction == pytest.approx(1 / 3)
    assert score.total.fields["op"] == pytest.approx(0.75) and score.total.fields["target"] == pytest.approx(0.5)
    assert score.by_source["a"].step == 1.0 and score.by_tag["x"].step == 1.0
    assert [f.wrong for f in score.failures] == [("target",), ("missing step",)]
    assert json.loads(json.dumps(score.to_json(errors=1)))["failures"][0]["text"] == "remove the lamp"
    assert "missing step" in score.render(errors=5) and "ms per parse" in score.render()


def test_extra_step_counts_as_wrong(tmp_path: Path) -> None:
    row = {"instruction": "remove the lamp and the cup", "steps": [step("remove", "cup")]}
    score = score_file(write(tmp_path / "g.jsonl", row))
    assert score.total.steps == 2 and score.total.step == 0.5


def test_alignment_skips_the_odd_one() -> None:
    gold = [step("remove", "a"), step("add", result="b")]
    got = [step("remove", "a"), step("global"), step("add", result="b")]
    assert [(g is not None, p is not None) for g, p in align(gold, got)] == [(True, True), (False, True), (True, True)]


def test_token_f1() -> None:
    assert token_f1(None, None) == 1.0
    assert token_f1("the red car", "red bus") == pytest.approx(0.5)
    assert token_f1("x", None) == 0.0


@pytest.mark.parametrize(
    "content",
    ["", "{", "[1]", '{"instruction": "x"}', '{"instruction": 3, "steps": []}', '{"instruction": "x", "steps": [1]}'],
)
def test_bad_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    with pytest.raises(InputError):
        score_file(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        score_file(tmp_path / "none.jsonl")
