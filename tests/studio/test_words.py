"""On the page nobody is told to type options of a command line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import finetouch
from finetouch.errors import InputError
from finetouch.studio.words import for_page, reworded

HOUSE = Path(finetouch.__file__).parent
OPTION = re.compile(r"(?<![\w-])--[a-z]")
# Told to people who install or train, or who give models of their own, which the page cannot do.
COMMANDS = ("pip install", "finetouch models", "finetouch train", "finetouch lab", "--set ", "--role", "--all")
LIBRARY = ("select", "editing", "engine", "imaging", "diffusion", "plan")
NOT_SHOWN = ("--overwrite", "--strip-metadata")


def sentences() -> Iterator[str]:
    """Every string with an option in it that the library may say, values filled in."""
    for folder in LIBRARY:
        for file in (HOUSE / folder).rglob("*.py"):
            tree = ast.parse(file.read_text("utf-8"))
            quiet = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
            inner = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
            for node in ast.walk(tree):
                if id(node) in quiet or id(node) in inner:
                    continue
                text = said(node)
                if text and OPTION.search(text) and not any(c in text for c in (*COMMANDS, *NOT_SHOWN)):
                    yield text


def said(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "7" for v in node.values)
    return None


def test_no_sentence_of_the_library_names_an_option() -> None:
    found = list(sentences())
    assert len(found) >= 8, "the library does say such things"
    left = {text: for_page(text) for text in found if OPTION.search(for_page(text))}
    assert not left


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Name one of these, or mark the place with --point x,y or --box x0,y0,x1,y1 or --mask FILE.",
            "Name one of these, or mark the place with a click, a box or the brush.",
        ),
        (
            "cup may still be there; try --grow 8, another --seed, or mark it with --box.",
            "cup may still be there; try a “Widen by” of 8 px, another seed, or mark it with a box.",
        ),
        ("Give one with --reference FILE.", "Use “Take it from a picture” in the step."),
        ("nothing -- changes", "nothing -- changes"),
    ],
)
def test_sentences(text: str, words: str) -> None:
    assert for_page(text) == words


def test_errors_are_reworded() -> None:
    error = reworded(InputError("--grow 900 is out of range.", "Mark it with --box."))
    assert str(error) == "“Widen by” 900 is out of range.\nMark it with a box."
    assert reworded(InputError("x")).hint is None
