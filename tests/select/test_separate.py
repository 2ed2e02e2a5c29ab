"""Instances, counts and attributes on drawn evidence: what the network would say about a simple scene."""

from __future__ import annotations

import numpy as np
import pytest

from finetouch.errors import TargetNotFound
from finetouch.select import finder, lexicon
from finetouch.select.network import Evidence
from finetouch.select.resolve import choose
from finetouch.select.separate import separate
from finetouch.select.vocabulary import INDEX, LEAVES
from finetouch.types import Query, Relation

H, W = 192, 256


def scene(things: list[tuple[str, tuple[int, int, int, int], tuple[int, int, int]]]) -> Evidence:
    """Evidence of things ``(leaf, box px, colour)`` on grass."""
    small = np.full((H, W, 3), (90, 140, 70), np.uint8)
    small += np.random.default_rng(0).integers(0, 9, small.shape, dtype=np.uint8)
    leaf = np.full((len(LEAVES), H // 4, W // 4), 0.0005, np.float32)
    leaf[INDEX["grass"]] = 0.9
    heat = np.full((H // 8, W // 8), 0.01, np.float32)
    offset = np.zeros((2, H // 8, W // 8), np.float32)
    embed = np.zeros((24, H // 8, W // 8), np.float32)
    for n, (name, (x0, y0, x1, y1), colour) in enumerate(things):
        small[y0:y1, x0:x1] = colour
        part = slice(y0 // 4, y1 // 4), slice(x0 // 4, x1 // 4)
        leaf[(slice(None), *part)] = 0.0005
        leaf[(INDEX[name], *part)] = 0.93
        ys, xs = np.mgrid[y0 // 8 : y1 // 8, x0 // 8 : x1 // 8]
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
        offset[0, ys, xs], offset[1, ys, xs] = cx - (xs * 8 + 4), cy - (ys * 8 + 4)
        gauss = np.exp(-((xs * 8 + 4 - cx) ** 2 + (ys * 8 + 4 - cy) ** 2) / 200)
        heat[ys, xs] = np.maximum(heat[ys, xs], gauss * 0.9)
        embed[0, ys, xs] = 4.0 + 0.01 * n
    leaf /= leaf.sum(0)
    cam = np.full((1000, H // 32, W // 32), 1e-3, np.float32)
    return Evidence((W, H), small, leaf, embed, heat, offset, cam, np.full(1000, 1e-3, np.float32))


RED, BLUE, WHITE = (200, 30, 30), (40, 50, 190), (235, 235, 235)
CARS = [("car", (16, 64, 80, 128), RED), ("car", (80, 64, 144, 128), BLUE), ("car", (184, 72, 232, 120), WHITE)]


@pytest.fixture()
def cars() -> finder.Analysis:
    return finder.Analysis(scene(CARS))


def test_touching_things_are_separated(cars: finder.Analysis) -> None:
    route = lexicon.lookup("car")
    assert route is not None
    mask = finder.to_grid(cars, finder.mask_of(cars, finder.score_of(cars, route)))
    parts = separate(cars.evidence, mask)
    assert len(parts) == 3
    assert np.maximum.reduce(parts).sum() == pytest.approx(mask.sum())
    assert sum(p.sum() for p in parts) == pytest.approx(mask.sum())


def test_one_thing_is_not_split() -> None:
    evidence = scene([("bus", (24, 48, 232, 144), WHITE)])
    mask = np.zeros(evidence.grid, np.float32)
    mask[12:36, 6:58] = 1.0
    assert len(separate(evidence, mask)) == 1
    assert separate(evidence, np.zeros_like(mask)) == []


@pytest.mark.parametrize(("position", "x"), [("leftmost", 48), ("rightmost", 208), ("second", 112), ("smallest", 208)])
def test_positions(cars: finder.Analysis, position: str, x: int) -> None:
    found = finder.find(cars, Query(noun="car", position=position))
    assert found.candidates[0].centroid[0] * W == pytest.approx(x, abs=14)


@pytest.mark.parametrize(("colour", "x"), [("red", 48), ("blue", 112), ("white", 208)])
def test_colours_rank_by_pixels(cars: finder.Analysis, colour: str, x: int) -> None:
    found = finder.find(cars, Query(noun="car", attributes=(colour,)))
    assert len(found.candidates) == 1
    assert found.candidates[0].centroid[0] * W == pytest.approx(x, abs=14)


def test_no_such_colour(cars: finder.Analysis) -> None:
    with pytest.raises(TargetNotFound, match="yellow"):
        finder.find(cars, Query(noun="car", attributes=("yellow",)))


def test_counts(cars: finder.Analysis) -> None:
    found = finder.find(cars, Query(noun="cars"))
    assert len(choose(found, Query(noun="cars"))[0]) == 3
    assert len(choose(found, Query(noun="cars", count="all"))[0]) == 3
    assert len(choose(found, Query(noun="cars", count=2))[0]) == 2
    chosen, note = choose(found, Query(noun="car", count="one"))
    assert len(chosen) == 2 and "2 of" in note  # the two that touch count as one thing unless a place is named
    assert len(choose(found, Query(noun="car", count="one", position="leftmost"))[0]) == 1
    assert "Only 3" in choose(found, Query(noun="cars", count=5))[1]


def test_absent_noun_names_what_is_there(cars: finder.Analysis) -> None:
    with pytest.raises(TargetNotFound) as error:
        finder.find(cars, Query(noun="elephant"))
    assert "car" in {name for name, _ in error.value.seen}
    assert "--point" in (error.value.hint or "")


def test_unknown_noun_has_no_route(cars: finder.Analysis) -> None:
    with pytest.raises(TargetNotFound, match="zorblax"):
        finder.find(cars, Query(noun="zorblax"))


def test_relation_to_an_anchor() -> None:
    evidence = scene([*CARS, ("bench", (192, 136, 224, 168), (120, 70, 20))])
    analysis = finder.Analysis(evidence)
    near = finder.find(analysis, Query(noun="car", relation=Relation(type="near", anchor="bench")))
    assert near.candidates[0].centroid[0] * W == pytest.approx(208, abs=14)
    with pytest.raises(TargetNotFound):
        finder.find(analysis, Query(noun="car", relation=Relation(type="near", anchor="elephant")))


def test_person_by_the_colour_of_the_garment() -> None:
    people = [
        ("skin", (24, 40, 56, 64), (200, 160, 140)), ("shirt", (24, 64, 56, 144), RED),
        ("skin", (152, 40, 184, 64), (200, 160, 140)), ("shirt", (152, 64, 184, 144), BLUE),
    ]  # fmt: skip
    analysis = finder.Analysis(scene(people))
    for colour, x in (("red", 40), ("blue", 168)):
        query = Query(noun="man", relation=Relation(type="wearing", anchor=f"{colour} shirt"))
        assert finder.find(analysis, query).candidates[0].centroid[0] * W == pytest.approx(x, abs=12)
    shirt = finder.find(analysis, Query(noun="shirt", relation=Relation(type="part_of", anchor="man on the left")))
    assert shirt.candidates[0].centroid[0] * W == pytest.approx(40, abs=12)
