"""Which of the things found is meant: attributes, relation, position and count, the same for every selector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from finetouch.errors import FinetouchError, TargetNotFound
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.select import attributes, positions, relations
from finetouch.select.candidates import Candidate, prominence
from finetouch.types import Pixels, Query, Relation

DEEPEST = 3
ITSELF = 0.5
LEAST_FACTOR = 0.12
TOUCH = 2  # grid px


@dataclass(frozen=True)
class Things:
    """What a selector found for a noun, before the rest of the query is looked at.

    Attributes:
        noun: As it was asked for. label: What it is believed to be.
        candidates: Single things with scores and masks on one grid.
        mask: The noun's own mask, finer than the grid, or None when candidates have masks of their own.
        plural: The noun means several things.
        kind: "person", "worn" (garment, hair, a bag: it belongs to a person) or "thing".
        whole: Pieces that touch are one thing (a selector that cannot tell them apart reliably).
        notes: What the user should know.
    """

    noun: str
    label: str
    candidates: tuple[Candidate, ...]
    mask: Mask | None = None
    plural: bool = False
    kind: str = "thing"
    whole: bool = False
    notes: tuple[str, ...] = ()


class Eyes(Protocol):
    """What one selector knows about one picture, as the rules here need it."""

    @property
    def small(self) -> Pixels:
        """The picture at the size its colours are judged at."""
        ...

    def things(self, query: Query) -> Things:
        """Everything that fits the noun; raises `TargetNotFound` when nothing does."""
        ...

    def painted(self, things: Things, candidate: Candidate) -> Mask:
        """What a colour word is about, on the candidates' grid: a person's clothes, otherwise the thing itself."""
        ...

    def worn(self, things: Things, listed: list[Candidate], anchor: Query) -> list[Candidate] | None:
        """Persons scored by how likely they wear the anchor; None when the anchor is to be found as a thing."""
        ...

    def judged(self, things: Things, listed: list[Candidate], word: str) -> list[float] | None:
        """How well each candidate fits a word that is no colour or size, 0..1; None when it cannot be told."""
        ...

    def not_found(self, message: str) -> TargetNotFound:
        """The error with what the picture does show."""
        ...


@dataclass(frozen=True)
class Found:
    """Candidates of a query, best first, with what the user should know."""

    things: Things
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()


def find(eyes: Eyes, query: Query, depth: int = 0) -> Found:
    """Candidates of a query, best first.

    Raises:
        TargetNotFound: The noun is not in the picture or not known, or nothing fits the description.
    """
    things = eyes.things(query)
    listed, said = attributes.apply(eyes, things, list(things.candidates), query)
    notes = [*things.notes, *said]
    if not listed:
        raise eyes.not_found(f"There is '{query.noun}', but none that is {' '.join(query.attributes)}.")
    if query.relation is not None and depth < DEEPEST:
        listed, said = _relate(eyes, things, listed, query.relation, depth)
        notes += said
    if not listed:
        raise eyes.not_found(f"There is '{query.noun}', but none {_told(query.relation)}.")
    ranked = rank(listed, query)
    if not ranked:
        raise eyes.not_found(f"There are only {len(listed)} of '{query.noun}'; none is the {query.position}.")
    return Found(things, tuple(ranked), tuple(notes))


def _told(relation: Relation | None) -> str:
    return "" if relation is None else f"{relation.type.replace('_', ' ')} {relation.anchor}"


def rank(listed: list[Candidate], query: Query) -> list[Candidate]:
    """Candidates by position; without one by how well they fit attributes and relation, and by prominence."""
    if query.position:
        return positions.order(listed, query.position)
    if query.relation is not None or query.attributes:
        return sorted(listed, key=lambda c: -c.score * (0.5 + prominence(c)))
    return positions.order(listed, None)


def _relate(
    eyes: Eyes, things: Things, listed: list[Candidate], relation: Relation, depth: int
) -> tuple[list[Candidate], list[str]]:
    """Multiplies every candidate's score by how well it stands in the relation."""
    from finetouch.plan.phrase import parse_phrase

    noun = things.noun
    try:
        anchor = parse_phrase(relation.anchor)
        if relation.type in ("wearing", "with") and things.kind == "person":
            worn = eyes.worn(things, listed, anchor)
            if worn is not None:
                return _best_of(worn, 0.03), []
        found = find(eyes, anchor, depth + 1)
    except FinetouchError as error:
        if len(listed) == 1:
            return listed, [f"'{relation.anchor}' was not found; took the only {noun}."]
        text = error.message if isinstance(error, TargetNotFound) else f"'{relation.anchor}' was not understood."
        text = text if text.startswith("I ") else f"{text[0].lower()}{text[1:]}"
        raise eyes.not_found(f"There are {len(listed)} of '{noun}', and {text}") from error
    one = anchor.position is not None or anchor.count == 1
    others = found.candidates[:1] if one else found.candidates
    if relation.type == "part_of" and things.kind == "worn" and found.things.kind == "person":
        factors = [max(relations.overlap(c.mask, o.mask, 3) for o in others) for c in listed]
    else:
        factors = [max((_stands(relation, c, o) for o in others), default=0.0) for c in listed]
    related = [c.times(max(f, 1e-3), relation.type) for c, f in zip(listed, factors, strict=True)]
    if len(related) == 1:
        doubt = factors[0] < LEAST_FACTOR
        note = f"The only {noun} found does not look {_told(relation)}."
        return [listed[0]], [note] if doubt else []
    if max(factors) < LEAST_FACTOR:
        return [], []
    return _best_of(related, 0.5), []


def _stands(relation: Relation, one: Candidate, other: Candidate) -> float:
    """How well a thing stands in a relation to another one; nothing is next to itself."""
    if relation.type not in ("part_of", "wearing", "with") and masks.iou(one.mask, other.mask) >= ITSELF:
        return 0.0
    return relations.factor(relation.type, one.mask, other.mask)


def _best_of(listed: list[Candidate], share: float) -> list[Candidate]:
    """Candidates not much worse than the best one."""
    best = max((c.score for c in listed), default=0.0)
    return [c for c in listed if c.score >= share * best]


def choose(found: Found, query: Query) -> tuple[list[Candidate], str]:
    """As many candidates as the count says, and a note when one of several had to be taken."""
    listed = list(found.candidates)
    count = query.count
    if count is None:
        single = not found.things.plural and query.position is None
        count = "one" if single or query.position else "all"
    if count in ("all", "some"):
        if query.position == "background" and len(listed) > 1:
            tallest = max(c.height for c in listed)
            return [c for c in listed if c.height < 0.6 * tallest] or listed[:1], ""
        if query.position == "foreground" and len(listed) > 1:
            tallest = max(c.height for c in listed)
            return [c for c in listed if c.height >= 0.6 * tallest], ""
        return listed, ""
    if count == "one":
        if query.position or query.relation is not None or query.attributes:
            return listed[:1], ""
        taken = touching(listed) if found.things.whole else listed[:1]
        apart = len(listed) - len(taken)
        return taken, f"{apart + 1} of '{query.noun}' found; took the most prominent one." if apart else ""
    n = int(count)
    note = f"Only {len(listed)} of '{query.noun}' found." if n > len(listed) else ""
    return listed[: max(1, n)], note


def touching(listed: list[Candidate]) -> list[Candidate]:
    """The first candidate and all that touch it: "the motorcycle" is one thing, however many centres were seen."""
    taken, rest = listed[:1], listed[1:]
    reached = masks.grow(listed[0].mask, TOUCH)
    while near := [c for c in rest if float(np.minimum(c.mask, reached).sum()) > 0]:
        taken += near
        rest = [c for c in rest if not any(c is n for n in near)]
        for c in near:
            reached = np.maximum(reached, masks.grow(c.mask, TOUCH))
    return [c for c in listed if any(c is t for t in taken)]
