"""Nouns reach the right categories, and nonsense reaches none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch.select import aliases, lexicon
from finetouch.select.vocabulary import INDEX, LEAVES, PERSON


def leaves(noun: str) -> set[str]:
    route = lexicon.lookup(noun)
    return {LEAVES[i] for i in route.leaves} if route else set()


@pytest.mark.parametrize(
    "noun", ["man", "woman", "boy", "girl", "guy", "child", "people", "person", "nurse", "rider", "the_lady", "player"]
)
def test_people_are_persons_without_gender(noun: str) -> None:
    route = lexicon.lookup(noun.replace("_", " "))
    assert route is not None and route.kind == "person"
    assert leaves(noun.replace("_", " ")) == set(PERSON)


@pytest.mark.parametrize(
    ("noun", "leaf"),
    [
        ("corgi", "dog"), ("puppy", "dog"), ("kitten", "cat"), ("sneakers", "sneakers"), ("trainers", "sneakers"),
        ("bike", "bicycle"), ("motorbike", "motorcycle"), ("taxi", "car"), ("sofa", "couch"), ("fridge",
        "refrigerator"),
        ("television", "tv"), ("mug", "cup"), ("teacup", "cup"), ("handbag", "bag"), ("house", "building"),
        ("sea", "water"), ("lake", "water"), ("lawn", "grass"), ("oak", "tree"), ("lamp", "light"), ("stallion",
        "horse"),
        ("cows", "cow"), ("buses", "bus"), ("knives", "knife"), ("desk", "table"), ("jumper", "sweater"),
        ("trousers", "pants"), ("cell phones", "cell phone"), ("street lamp", "light"), ("seagull", "bird"),
        ("the red car", "car"), ("polar bear", "bear"), ("roses", "flower"), ("clouds", "sky"), ("airliner",
        "airplane"),
    ],
)  # fmt: skip
def test_noun_reaches_leaf(noun: str, leaf: str) -> None:
    assert leaf in leaves(noun), (noun, leaves(noun))


def test_general_words_reach_many() -> None:
    assert {"dog", "cat", "horse", "bird"} <= leaves("animal")
    assert {"car", "bus", "bicycle"} <= leaves("vehicles")
    assert {"cake", "pizza", "food"} <= leaves("food")
    assert {"chair", "couch", "table"} <= leaves("furniture")
    assert {"shirt", "pants", "shoes"} <= leaves("clothes")


@pytest.mark.parametrize("noun", ["lion", "tiger", "guitar", "teapot", "camel", "plate"])
def test_imagenet_only(noun: str) -> None:
    route = lexicon.lookup(noun)
    assert route is not None and route.kind == "class" and route.classes and not route.leaves


@pytest.mark.parametrize("noun", ["zorblax", "", "  ", "qwertyuiop", "thing", "shadow", "logo", "object"])
def test_no_route(noun: str) -> None:
    assert lexicon.lookup(noun) is None


def test_narrow_and_plural() -> None:
    corgi = lexicon.lookup("corgi")
    dogs = lexicon.lookup("dogs")
    pants = lexicon.lookup("pants")
    assert corgi is not None and corgi.narrow and not corgi.plural
    assert dogs is not None and dogs.plural and not dogs.narrow
    assert pants is not None and not pants.plural
    assert lexicon.is_plural("people") and not lexicon.is_plural("glasses") and not lexicon.is_plural("dress")


def test_siblings_stay_in_their_group() -> None:
    jacket = lexicon.lookup("jacket")
    assert jacket is not None
    assert INDEX["coat"] in jacket.siblings and INDEX["shoes"] not in jacket.siblings


def test_every_alias_names_a_leaf() -> None:
    for targets in aliases.WORDS:
        assert all(t in INDEX for t in targets.split("+")), targets
    for noun in aliases.CLASSES:
        route = lexicon.lookup(noun)
        assert route is not None and route.classes, noun


@given(st.text(max_size=40))
def test_any_text_is_harmless(text: str) -> None:
    route = lexicon.lookup(text)
    if route is not None:
        assert route.leaves or route.classes
        assert all(0 <= i < len(LEAVES) for i in (*route.leaves, *route.siblings))
        assert all(0 <= i < 1000 for i in route.classes)


@given(st.sampled_from(sorted(lexicon.table().words)))
def test_every_word_of_the_table_is_found(noun: str) -> None:
    assert lexicon.lookup(noun) is not None
