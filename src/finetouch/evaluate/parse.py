"""How well a parser reads edit instructions: scores against gold plans, per field, source and tag."""

from __future__ import annotations

import json
import re
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from finetouch import registry
from finetouch.contracts import Parser
from finetouch.errors import FinetouchError, InputError, NotUnderstood

FIELDS = ("op", "target", "color", "relation", "position", "count")
WHOLE = ("op", "target", "relation", "position", "color")
Step = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """Scores of a group of instructions; shares are 0..1 of the aligned step pairs.

    Attributes:
        instructions, steps: How many there are (`steps` counts missing and superfluous ones too).
        fields: Share of exact steps per field. result_f1: mean token F1 of `result`.
        step: Share of steps with op, target, relation, position and color all right.
        instruction: Share of instructions in which every step is.
    """

    instructions: int
    steps: int
    fields: dict[str, float]
    result_f1: float
    step: float
    instruction: float


@dataclass(frozen=True)
class Failure:
    """One instruction with at least one wrong step: what was wanted and what came."""

    id: str
    text: str
    wrong: tuple[str, ...]
    gold: list[Step]
    got: list[Step]


@dataclass(frozen=True)
class ParseScore:
    """The result of `score_file`.

    Attributes:
        parser, path: What was scored on what.
        total: Over everything. by_source, by_tag: the same per group.
        ms_mean, ms_p95: Milliseconds per parse.
        failures: Every instruction that is not wholly right.
    """

    parser: str
    path: str
    total: Row
    by_source: dict[str, Row]
    by_tag: dict[str, Row]
    ms_mean: float
    ms_p95: float
    failures: list[Failure] = field(default_factory=list)

    def to_json(self, errors: int = 0) -> dict[str, Any]:
        """Plain data for ``--json``; `errors` failures at most."""
        data = asdict(self)
        data["failures"] = data["failures"][:errors]
        return data

    def render(self, errors: int = 0) -> str:
        """A plain-text table, with `errors` failures at most below it."""
        names = ("op", "target", "color", "relation", "position", "count", "resultF1", "step", "instr", "n")
        width = max([8, *(len(k) for k in [*self.by_source, *self.by_tag])]) + 2
        lines = [f"parser {self.parser}: {self.ms_mean:.2f} ms per parse (95 %: {self.ms_p95:.2f} ms)"]
        lines.append(" " * width + "".join(f"{n:>9}" for n in names))
        groups = [("all", self.total), *sorted(self.by_source.items())]
        groups += [("#" + k, v) for k, v in sorted(self.by_tag.items())]
        for name, row in groups:
            numbers = [*(row.fields[f] for f in FIELDS), row.result_f1, row.step, row.instruction]
            lines.append(f"{name:<{width}}" + "".join(f"{x:>9.3f}" for x in numbers) + f"{row.steps:>9}")
        for failure in self.failures[:errors]:
            lines += ["", f"{failure.id}: {failure.text}", f"  wrong: {', '.join(failure.wrong)}"]
            lines += [f"  gold {_short(s)}" for s in failure.gold]
            lines += [f"  got  {_short(s)}" for s in failure.got]
        return "\n".join(lines)


def score_file(path: str | Path, parser: str = "grammar") -> ParseScore:
    """Scores a registered parser on a file of gold plans.

    Args:
        path: JSON lines; each has ``instruction`` and ``steps``, optionally ``id``, ``source`` and ``tags``.
        parser: Registered name.

    Raises:
        InputError: The file is missing, empty or no such JSON lines.
    """
    rows = _read(Path(path))
    engine: Parser = registry.get("parser", parser).make()
    tallies: dict[str, dict[str, _Tally]] = {
        "all": defaultdict(_Tally),
        "source": defaultdict(_Tally),
        "tag": defaultdict(_Tally),
    }
    times: list[float] = []
    failures: list[Failure] = []
    for row in rows:
        begin = time.perf_counter()
        try:
            got = [_plain(s.model_dump()) for s in engine.parse(row["instruction"]).steps]
        except NotUnderstood:
            got = []
        times.append((time.perf_counter() - begin) * 1000)
        gold = [_plain(s) for s in row["steps"]]
        pairs = align(gold, got)
        groups = [tallies["all"]["all"], tallies["source"][str(row.get("source", "unknown"))]]
        groups += [tallies["tag"][str(t)] for t in row.get("tags") or ["(no tag)"]]
        for tally in groups:
            tally.take(pairs)
        wrong = _wrong(pairs)
        if wrong:
            failures.append(Failure(str(row.get("id", "")), row["instruction"], wrong, gold, got))
    ordered = sorted(times)
    return ParseScore(
        parser, str(path), tallies["all"]["all"].row(), {k: t.row() for k, t in tallies["source"].items()},
        {k: t.row() for k, t in tallies["tag"].items()}, sum(times) / len(times),
        ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], failures,
    )  # fmt: skip


def align(gold: list[Step], got: list[Step]) -> list[tuple[Step | None, Step | None]]:
    """Pairs steps in order so that most fields agree; a step without partner is paired with None."""
    n, m = len(gold), len(got)
    best = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(n - 1, -1, -1):
        for j in range(m - 1, -1, -1):
            best[i][j] = max(best[i + 1][j + 1] + _likeness(gold[i], got[j]), best[i + 1][j], best[i][j + 1])
    pairs: list[tuple[Step | None, Step | None]] = []
    i = j = 0
    while i < n and j < m:
        if best[i][j] == best[i + 1][j + 1] + _likeness(gold[i], got[j]):
            pairs.append((gold[i], got[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((gold[i], None))
            i += 1
        else:
            pairs.append((None, got[j]))
            j += 1
    return pairs + [(g, None) for g in gold[i:]] + [(None, p) for p in got[j:]]


def same(name: str, gold: Step, got: Step) -> bool:
    """True when a field agrees; text is compared without regard to case and outer blanks."""
    return bool(_norm(gold.get(name)) == _norm(got.get(name)))


def token_f1(gold: str | None, got: str | None) -> float:
    """F1 of the words of two results, determiners and case ignored; 1 when both are empty."""
    a, b = _bag(gold), _bag(got)
    if not a and not b:
        return 1.0
    shared = sum((a & b).values())
    return 2 * shared / (sum(a.values()) + sum(b.values()))


class _Tally:
    def __init__(self) -> None:
        self.instructions = self.steps = self.whole = self.right = 0
        self.fields: Counter[str] = Counter()
        self.f1 = 0.0

    def take(self, pairs: list[tuple[Step | None, Step | None]]) -> None:
        self.instructions += 1
        self.steps += len(pairs)
        self.right += not _wrong(pairs)
        for gold, got in pairs:
            if gold is None or got is None:
                continue
            for name in FIELDS:
                self.fields[name] += same(name, gold, got)
            self.f1 += token_f1(gold.get("result"), got.get("result"))
            self.whole += all(same(name, gold, got) for name in WHOLE)

    def row(self) -> Row:
        n = max(1, self.steps)
        shares = {name: self.fields[name] / n for name in FIELDS}
        return Row(
            self.instructions, self.steps, shares, self.f1 / n, self.whole / n, self.right / max(1, self.instructions)
        )


def _wrong(pairs: list[tuple[Step | None, Step | None]]) -> tuple[str, ...]:
    names: list[str] = []
    for gold, got in pairs:
        if gold is None:
            names.append("extra step")
        elif got is None:
            names.append("missing step")
        else:
            names += [name for name in WHOLE if not same(name, gold, got)]
    return tuple(dict.fromkeys(names))


def _likeness(gold: Step, got: Step) -> float:
    score = 0.25 + 2.0 * same("op", gold, got) + 2.0 * same("target", gold, got)
    score += sum(0.5 for name in ("relation", "position", "color") if same(name, gold, got))
    return score + token_f1(gold.get("result"), got.get("result"))


def _norm(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.lower().split()) or None
    if isinstance(value, dict):
        return (value.get("type"), _norm(value.get("anchor")))
    return value


def _bag(text: str | None) -> Counter[str]:
    return Counter(w for w in re.findall(r"[^\W_]+", (text or "").lower()) if w not in ("a", "an", "the"))


def _plain(step: Step) -> Step:
    names = ("op", "target", "attributes", "relation", "position", "count", "result", "color")
    return {name: step.get(name) for name in names}


def _short(step: Step) -> str:
    return json.dumps({k: v for k, v in step.items() if v not in (None, [], ())}, ensure_ascii=False, default=str)


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read '{path}': {error}.", "Give a UTF-8 file of JSON lines.") from error
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"'{path}' line {number} is not JSON: {error}.", "One JSON object per line.") from error
        if not isinstance(row, dict) or not isinstance(row.get("instruction"), str) or not _are_steps(row.get("steps")):
            raise InputError(f"'{path}' line {number} has no 'instruction' and 'steps'.", "See the format in docs.")
        rows.append(row)
    if not rows:
        raise InputError(f"'{path}' holds no instructions.", "One JSON object per line.")
    return rows


def _are_steps(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(s, dict) and isinstance(s.get("op"), str) for s in value)


__all__ = ["Failure", "FinetouchError", "ParseScore", "Row", "align", "same", "score_file", "token_f1"]
