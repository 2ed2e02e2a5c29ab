"""Noun phrases for selection."""

from __future__ import annotations

import pytest

from finetouch.errors import NotUnderstood
from finetouch.plan.phrase import parse_phrase
from finetouch.types import Relation

TABLE = {
    "the woman on the left in the red dress": ("woman", (), ("wearing", "red dress"), "leftmost", "one"),
    "the man in the black top": ("man", (), ("wearing", "black top"), None, "one"),
    "man on the far right": ("man", (), None, "rightmost", "one"),
    "the two dogs": ("dogs", (), None, None, 2),
    "all the cars": ("cars", (), None, None, "all"),
    "everything except the bird": ("everything", ("except the bird",), None, None, "all"),
    "a small red cup next to the laptop": ("cup", ("small", "red"), ("near", "laptop"), None, "one"),
    "the girl's hair": ("hair", (), ("part_of", "girl"), None, "one"),
    "the person holding an umbrella": ("person", (), ("with", "umbrella"), None, "one"),
    "the tallest building": ("building", (), None, "tallest", "one"),
    "traffic light": ("traffic light", (), None, None, "one"),
    "jar of cookies": ("jar of cookies", (), None, None, "one"),
}


@pytest.mark.parametrize("text", TABLE)
def test_phrase(text: str) -> None:
    query = parse_phrase(text)
    noun, attributes, relation, position, count = TABLE[text]
    assert query.noun == noun and query.attributes == attributes
    assert query.relation == (Relation(type=relation[0], anchor=relation[1]) if relation else None)  # type: ignore[arg-type]
    assert (query.position, query.count) == (position, count)


@pytest.mark.parametrize("text", ["", "  ", "!?", "the"])
def test_no_noun(text: str) -> None:
    with pytest.raises(NotUnderstood):
        parse_phrase(text)
