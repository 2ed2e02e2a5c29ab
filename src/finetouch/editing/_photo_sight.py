"""What the generator of masks for photographs sees and is told: layouts instead of colours, facts instead of sentences.

The bundled selector turns a picture into a layout (how much sky, floor, table, person ... is where). A layout holds no
seams and no textures of removals, so that a network cannot learn to look for them (SmartMask, Singh et al., 2023), and
it can be learned from few pictures. Numbers only; used by training and by the product.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.editing._typical import SUPPORTS, typical
from finetouch.plan.describe import COLUMNS, RELATIONS, ROWS, SIZES, Description
from finetouch.select.lexicon import lookup
from finetouch.select.vocabulary import ANIMALS, FOODS, INDEX, LEAVES, PERSON, VEHICLES

Floats = NDArray[np.float32]

SIDE = 64
"""Layouts and masks are this many px wide and high, whatever the picture's proportions."""
_STUFF: tuple[tuple[str, ...], ...] = (
    ("sky",), ("water",), ("grass", "dirt", "sand", "snow", "playingfield", "rock"),
    ("road", "pavement", "platform", "railroad", "stairs"), ("floor", "rug"),
    ("wall", "ceiling", "curtain", "door", "window", "mirror"), ("building", "shop", "balcony", "bridge", "tent"),
    ("tree", "plant", "flower"), ("mountain",), ("fence", "net", "banner", "light", "pole", "traffic sign"),
    ("table", "counter", "shelf", "cabinet", "sink", "oven"),
    ("couch", "bed", "bench", "chair", "blanket", "pillow", "towel"),
)  # fmt: skip
_THINGS: tuple[tuple[str, ...], ...] = (("skin", "hair"), PERSON[:1] + PERSON[3:], VEHICLES, ANIMALS, FOODS)
_NAMED = {n for group in (*_STUFF, *_THINGS) for n in group}
GROUPS: tuple[tuple[str, ...], ...] = (*_STUFF, *_THINGS, tuple(n for n in LEAVES if n not in _NAMED))
"""Families of categories; each is one plane of a layout."""
PLANES = len(GROUPS) + 2
"""With the thing that carries the new one, and its first neighbour."""

ROLES = ("thing", "height", "width", "group", "row", "column", "size", "support", *RELATIONS)
UNKNOWN = "?"
_BUCKETS = tuple(f"#{i}" for i in range(12))
NAMES: tuple[str, ...] = (
    UNKNOWN, *LEAVES, *_BUCKETS, *sorted(SUPPORTS), *ROWS, *COLUMNS, *(word for word, _ in SIZES),
)  # fmt: skip
_ROLE = {name: i for i, name in enumerate(ROLES)}
_NAME = {name: i for i, name in reversed(list(enumerate(NAMES)))}
LENGTH = 12
Fact = tuple[str, str]


def layout(leaf: Floats) -> Floats:
    """Category probabilities ``(leaves, h, w)`` as family planes ``(groups, SIDE, SIDE)``."""
    planes = [leaf[[INDEX[n] for n in group]].sum(0) for group in GROUPS]
    return np.stack([plane(p) for p in planes])


def plane(values: Floats) -> Floats:
    """One map at the network's size."""
    return np.asarray(cv2.resize(values.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def leaf_plane(leaf: Floats, noun: str | None) -> Floats:
    """Where a noun's categories are; nothing for a noun without any."""
    route = lookup(noun) if noun else None
    if route is None or not route.leaves:
        return np.zeros((SIDE, SIDE), np.float32)
    return plane(np.minimum(leaf[list(route.leaves)].sum(0), 1.0))


def facts_of_thing(what: str) -> list[Fact]:
    """What is commonly known of the new thing: category, height, proportions, what it stands on."""
    kind, route = typical(what), lookup(what)
    listed: list[Fact] = [("thing", leaf_name(route.leaves) if route is not None else UNKNOWN)]
    if kind.height:
        listed.append(("height", _bucket(np.log2(kind.height / 0.03), 12)))
    if kind.known:
        listed += [("width", _bucket(2 * np.log2(kind.aspect) + 4, 10)), ("group", kind.group)]
    return listed


def leaf_name(leaves: Sequence[int]) -> str:
    """The first category as a name of `NAMES`."""
    return LEAVES[leaves[0]] if leaves else UNKNOWN


def facts_of_place(place: Description) -> list[Fact]:
    """What a description says, most important first."""
    listed: list[Fact] = []
    if place.supported_by:
        listed.append(("support", noun_name(place.supported_by)))
    listed += [("row", place.row), ("column", place.column), ("size", place.relative_size)]
    return listed + [(n.relation, noun_name(n.name)) for n in place.neighbours]


def noun_name(noun: str) -> str:
    """A noun as a name of `NAMES`."""
    route = lookup(noun)
    return UNKNOWN if route is None else leaf_name(route.leaves)


def encoded(facts: Sequence[Fact]) -> NDArray[np.int64]:
    """Facts as ``(LENGTH, 2)`` numbers of role and name, -1 where there are no more."""
    out = np.full((LENGTH, 2), -1, np.int64)
    for i, (role, name) in enumerate(facts[:LENGTH]):
        out[i] = _ROLE[role], _NAME.get(name, 0)
    return out


def _bucket(value: float, count: int) -> str:
    return _BUCKETS[int(np.clip(round(float(value)), 0, count - 1))]
