"""A phrase that names a thing, without a command: "the woman on the left in the red dress"."""

from __future__ import annotations

from typing import Any

from finetouch.errors import NotUnderstood
from finetouch.plan.nouns import Phrase, parse_np
from finetouch.plan.story import Story, noun_lists
from finetouch.plan.tokens import tokenize
from finetouch.types import Query

_HINT = 'Name the thing, for example: "the woman on the left", "all the cars", "everything except the bird".'


def parse_phrase(text: str) -> Query:
    """What to look for, from a noun phrase.

    Args:
        text: "the man in the black top", "two dogs", "everything except the bird". Of several things joined by
            "and" the first is taken, the others become ``and ...`` attributes.

    Raises:
        NotUnderstood: Empty text, or no noun in it.
    """
    tokens = tokenize(text[:1000])
    if not any(t.kind in ("word", "quote", "num") for t in tokens):
        raise NotUnderstood("The phrase is empty.", _HINT)
    parts = noun_lists(tokens)
    phrase = Story().resolve(parse_np(parts[0]))
    if phrase.head is None and not phrase.image:
        words = tuple(t.text for t in tokens if t.kind != "punct")
        raise NotUnderstood(f"No thing is named in '{text.strip()}'.", _HINT, words)
    return query_of(phrase, tuple(f"and {parse_np(p).core}" for p in parts[1:]))


def query_of(phrase: Phrase, more: tuple[str, ...] = ()) -> Query:
    """The query a parsed noun phrase stands for; the whole picture is called "everything"."""
    fields: dict[str, Any] = {
        "noun": phrase.head or "everything",
        "attributes": (*phrase.attributes, *more),
        "relation": None,
        "position": phrase.position,
        "count": phrase.count() if phrase.head else "all",
    }
    if phrase.relation and phrase.relation[1]:
        fields["relation"] = {"type": phrase.relation[0], "anchor": phrase.relation[1]}
    return Query(**fields)
