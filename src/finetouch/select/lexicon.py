"""Nouns → what the network knows: trained categories ("leaves"), their siblings and ImageNet classes."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from finetouch.select import aliases
from finetouch.select.vocabulary import (
    CARRIED,
    FEET,
    GARMENTS,
    INDEX,
    LEAVES,
    LEGS,
    OUTERWEAR,
    PERSON,
    SCENERY,
    STUFF,
    TOPS,
)

Kind = Literal["person", "body", "garment", "carried", "thing", "stuff", "class"]


@dataclass(frozen=True)
class Route:
    """How a noun reaches the network's outputs.

    Attributes:
        noun: As it was asked for. label: Singular form that was found in the table.
        leaves: Indices of trained categories whose probabilities are summed.
        siblings: Leaves that are easily taken for these and may be borrowed from.
        classes: ImageNet class ids that stand for it.
        kind: What sort of thing it is: person, body (skin, hair), garment, carried (bag), thing, stuff, or class
            (known to ImageNet only).
        narrow: True when the noun is narrower than its leaf ("corgi" for dog).
        plural: True when the noun was a real plural ("dogs", not "pants").
    """

    noun: str
    label: str
    leaves: tuple[int, ...]
    siblings: tuple[int, ...] = ()
    classes: tuple[int, ...] = ()
    kind: Kind = "thing"
    narrow: bool = False
    plural: bool = False


@dataclass(frozen=True)
class Table:
    """The compiled table: noun → (leaves, classes), and the names of the ImageNet classes."""

    words: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
    classes: tuple[str, ...]


def _expand(text: str) -> tuple[int, ...]:
    out: list[int] = []
    for part in text.split():
        a, _, b = part.partition("-")
        out += range(int(a), int(b or a) + 1)
    return tuple(out)


@cache
def table() -> Table:
    """WordNet's nouns as far as they reach something, joined with the project's own words."""
    data: Any = json.loads(gzip.decompress((files("finetouch.select") / "weights" / "lexicon.json.gz").read_bytes()))
    position = {name: INDEX[name] for name in data["leaves"]}
    order = [position[name] for name in data["leaves"]]
    words: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    for leaves, classes, nouns in data["routes"]:
        route = tuple(order[i] for i in _expand(leaves)), _expand(classes)
        for noun in nouns.split("|"):
            words[noun] = route
    names = tuple(data["classes"])
    for leaf in LEAVES:
        words[leaf] = (INDEX[leaf],), words.get(leaf, ((), ()))[1]
    for targets, listed in aliases.WORDS.items():
        ids = tuple(INDEX[t] for t in targets.split("+"))
        for word in listed.split():
            noun = word.replace("_", " ")
            words[noun] = ids, _fitting_classes(words, noun, ids)
    for noun, targets in aliases.CLASSES.items():
        words[noun] = (), tuple(i for i, n in enumerate(names) if n in targets.split("+"))
    return Table(words, names)


def _fitting_classes(
    words: dict[str, tuple[tuple[int, ...], tuple[int, ...]]], noun: str, leaves: tuple[int, ...]
) -> tuple[int, ...]:
    """ImageNet classes of an alias: its own where WordNet reads it the same way, else those of its first leaf."""
    own = words.get(noun)
    if own and set(own[0]) & set(leaves) and own[1]:
        return own[1]
    if leaves == (INDEX["person"],):
        return ()
    found: list[int] = []
    for leaf in leaves[:12]:
        found += words.get(LEAVES[leaf], ((), ()))[1]
    return tuple(sorted(set(found)))


def singular(word: str) -> str:
    """Singular of an English noun ("boxes" → "box"); words that only look plural stay."""
    if word in aliases.IRREGULAR:
        return aliases.IRREGULAR[word]
    if word in aliases.UNCOUNTABLE or word in aliases.PAIRS or len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes", "oes")):
        return word[:-2]
    return word[:-1]


def _clean(noun: str) -> str:
    text = re.sub(r"[^\w\s'-]", " ", noun.lower()).replace("'s", " ")
    text = re.sub(r"^(the|a|an|this|that|these|those|my|your|his|her|their|its|our|some|all|any|every|each)\s+", "",
                  " ".join(text.split()))  # fmt: skip
    return text


def _forms(text: str) -> list[str]:
    """Spellings to try for one phrase: as it is, with its last word in the singular, hyphens as spaces."""
    out = []
    for t in (text, text.replace("-", " "), text.replace(" ", "-"), text.replace(" ", "")):
        head, _, last = t.rpartition(" ")
        one = f"{head} {singular(last)}".strip()
        out += [t, one]
    return list(dict.fromkeys(out))


def lookup(noun: str) -> Route | None:
    """The route of a noun, or None when the network knows nothing like it.

    Tried in this order: the whole phrase, then its last word ("corner shop" → "shop"); plurals are reduced.
    """
    text = _clean(noun)
    words = text.split()
    for start in range(len(words)):
        phrase = " ".join(words[start:])
        for form in _forms(phrase):
            entry = table().words.get(form)
            if entry and (entry[0] or entry[1]):
                return _route(noun, form, phrase, *entry)
    if " of " in text:
        head = text.split(" of ")
        return lookup(
            head[1] if head[0] in ("pair", "bunch", "group", "piece", "slice", "glass", "bouquet") else head[0]
        )
    return None


def is_plural(noun: str) -> bool:
    """True when the word means several things ("dogs", "people"), not a pair ("pants")."""
    words = _clean(noun).split()
    if not words or words[-1] in aliases.PAIRS:
        return False
    return words[-1] != singular(words[-1]) or words[-1] in ("people", "everyone", "cattle", "crowd")


def _route(noun: str, form: str, phrase: str, leaves: tuple[int, ...], classes: tuple[int, ...]) -> Route:
    names = [LEAVES[i] for i in leaves]
    if names == ["person"]:
        leaves, kind = tuple(INDEX[n] for n in PERSON), "person"
    elif not names:
        kind = "class"
    elif all(n in ("skin", "hair") for n in names):
        kind = "body"
    elif all(n in GARMENTS for n in names):
        kind = "garment"
    elif all(n in CARRIED for n in names):
        kind = "carried"
    elif all(n in STUFF for n in names):
        kind = "stuff"
    else:
        kind = "thing"
    known = set(form.replace("-", " ").split()) & {w for n in names for w in n.replace("-", " ").split()}
    narrow = bool(classes) and len(names) == 1 and not known and form not in _alias_words()
    return Route(noun, form, leaves, siblings(leaves), classes, kind, narrow, is_plural(phrase))  # type: ignore[arg-type]


@cache
def _alias_words() -> frozenset[str]:
    return frozenset(w.replace("_", " ") for listed in aliases.WORDS.values() for w in listed.split())


def siblings(leaves: tuple[int, ...]) -> tuple[int, ...]:
    """Leaves that are often confused with these: the rest of their clothing group, windows of a building ..."""
    names = {LEAVES[i] for i in leaves}
    if len(names) > 12:
        return ()
    near: set[str] = set()
    for group in (OUTERWEAR, TOPS, LEGS, FEET):
        if names & set(group):
            near |= set(group)
    pairs = {
        "building": ("window", "shop", "balcony"), "plant": ("tree", "flower"), "bag": ("backpack", "suitcase"),
        "glasses": ("sunglasses",), "cup": ("bowl", "wine glass"), "car": ("truck",), "truck": ("car", "bus"),
        "couch": ("chair", "bed"), "chair": ("couch", "bench"), "bench": ("chair",), "tv": ("laptop",),
        "laptop": ("tv",),
        "cake": ("food",), "cow": ("horse", "sheep"), "sheep": ("cow",), "flower": ("plant",), "dirt": ("sand",),
        "cabinet": ("counter", "shelf"), "oven": ("microwave",), "horse": ("cow",), "sand": ("dirt",),
        "tree": ("plant",),
    }  # fmt: skip
    for name in names:
        near |= set(pairs.get(name, ()))
    return tuple(sorted(INDEX[n] for n in near - names))


def is_scenery(route: Route) -> bool:
    """True for sky, road, wall ... whose region usually is all of it, not one piece."""
    return bool(route.leaves) and all(LEAVES[i] in SCENERY for i in route.leaves)
