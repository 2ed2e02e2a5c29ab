"""Any text: a plan or NotUnderstood, the same every time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from finetouch.errors import NotUnderstood
from finetouch.plan import lexicon
from finetouch.plan.grammar import GrammarParser
from finetouch.plan.phrase import parse_phrase
from finetouch.types import EditPlan

PARSER = GrammarParser()
VOCABULARY = sorted(
    {*lexicon.FRAMES, *lexicon.PREPOSITIONS, *lexicon.COLORS, *lexicon.DETERMINERS, *lexicon.QUALITIES, *lexicon.IMAGE}
    | {*lexicon.RELATIVE, *lexicon.MODALS, *lexicon.BE, *lexicon.POSITION_WORDS, *lexicon.WEATHER, *lexicon.STYLES}
    | {
        ",",
        ".",
        "and",
        "or",
        "of",
        "man",
        "woman's",
        "mans",
        "cars",
        '"SALE"',
        '"',
        "3",
        "50%",
        "it",
        "him",
        "her",
        "not",
    }
)
SENTENCES = st.lists(st.sampled_from(VOCABULARY), max_size=14).map(" ".join)


def outcome(text: str) -> EditPlan | None:
    try:
        return PARSER.parse(text)
    except NotUnderstood as error:
        assert error.hint
        return None


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text(text: str) -> None:
    plan = outcome(text)
    assert plan == outcome(text)
    if plan is not None:
        assert plan.steps and EditPlan.model_validate_json(plan.model_dump_json()) == plan


@given(SENTENCES)
@settings(max_examples=1500, deadline=None)
def test_word_salad(text: str) -> None:
    plan = outcome(text)
    if plan is not None:
        assert plan.steps and plan == outcome(text)
        assert EditPlan.model_validate_json(plan.model_dump_json()) == plan


@given(SENTENCES)
@settings(max_examples=300, deadline=None)
def test_any_phrase(text: str) -> None:
    try:
        assert parse_phrase(text).noun
    except NotUnderstood as error:
        assert error.hint


def test_very_long_text_is_cut_and_said_so() -> None:
    plan = PARSER.parse("remove the cup and the plate. " * 2000)
    assert plan.steps and any("characters" in w for w in plan.warnings)


def test_sentences_that_once_failed() -> None:
    for text in (
        "on this one we just need to adjust the contrast higher",
        "color Change red. the car to",
        "make, of .",
    ):
        outcome(text)
