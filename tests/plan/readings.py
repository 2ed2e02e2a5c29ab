"""What the grammar parser makes of a text, in short."""

from __future__ import annotations

from finetouch.plan.grammar import GrammarParser
from finetouch.types import EditStep

PARSER = GrammarParser()


def brief(step: EditStep) -> str:
    """ "op target | relation anchor | @position | #color"."""
    parts = [f"{step.op} {step.target or ''}".strip()]
    parts += [f"{step.relation.type} {step.relation.anchor}"] if step.relation else []
    parts += [f"@{step.position}"] if step.position else []
    parts += [f"#{step.color}"] if step.color else []
    return " | ".join(parts)


def read(text: str) -> list[str]:
    return [brief(s) for s in PARSER.parse(text).steps]
