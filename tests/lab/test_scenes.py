"""Sampling, rules, splits and drawing."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch.errors import UsageError
from finetouch.lab import (
    PLACES,
    Scene,
    caption,
    edge_map,
    held_out,
    key_points,
    plausible,
    render,
    sample_scene,
    seed_for,
    split_of,
)
from finetouch.lab.kinds import KINDS, MORE
from finetouch.lab.palette import COLORS
from finetouch.lab.rules import ALLOWED, kinds_on
from finetouch.lab.splits import SPLITS, allowed, unseen

seeds = st.integers(0, 10**6)


def test_the_world_is_rich_enough() -> None:
    assert len(KINDS) >= 16
    assert len(COLORS) >= 8
    assert all(k.params for k in KINDS.values())
    assert all(any(name in kinds for kinds in ALLOWED.values()) for name in KINDS)


def test_five_hundred_scenes_are_plausible_and_show_everything() -> None:
    kinds, colors, places, moods, surfaces, numbers = set(), set(), set(), set(), set(), set()
    for seed in range(500):
        scene = sample_scene(seed)
        assert plausible(scene) == [], seed
        movable = [t for t in scene.things if not t.sort.fixture]
        numbers.add(len(movable))
        places.add(scene.place.name)
        moods.add(scene.mood)
        for t in scene.things:
            kinds.add(t.kind)
            colors.add(t.color)
            surfaces.add(t.surface)
    assert kinds == set(KINDS)
    assert colors == set(COLORS)
    assert places == set(PLACES)
    assert moods == {"day", "night", "sunset", "snow", "rain"}
    assert surfaces == set(ALLOWED)
    assert numbers == {1, 2, 3, 4, 5}


def test_the_larger_world_shows_more_and_the_usual_one_stays_as_it_was() -> None:
    assert len(MORE) >= 8 and not set(MORE) & set(KINDS)
    assert all(any(name in kinds_on(s, larger=True) for s in ALLOWED) for name in MORE)
    assert not any(name in kinds_on(s) for s in ALLOWED for name in MORE)
    seen: set[str] = set()
    for seed in range(300):
        scene = sample_scene(seed, larger=True)
        assert plausible(scene) == [], seed
        assert Scene.from_json(scene.to_json()) == scene
        seen |= {t.kind for t in scene.things}
        assert {t.kind for t in sample_scene(seed).things} <= set(KINDS)
    assert seen == {*KINDS, *MORE}


def test_things_of_the_larger_world_have_words_masks_and_key_points() -> None:
    found = {t.kind: (s, t) for s in (sample_scene(k, larger=True) for k in range(300)) for t in s.things}
    for name, kind in MORE.items():
        scene, thing = found[name]
        assert name in caption(scene).lower() or kind.plural in caption(scene).lower()
        assert render(scene, 96).whole[thing.id].any()
        assert len(thing.keys) >= 3 and kind.params
        assert all(-0.2 < x < 1.2 and -0.2 < y < 1.2 for x, y in thing.keys.values())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda t: replace(t, surface="sky", host=None), "belong"),
        (lambda t: replace(t, y=t.y - 0.5), "outside"),
        (lambda t: replace(t, x=1.2), "reaches out"),
        (lambda t: replace(t, host=99, surface="head"), "rests on nothing"),
    ],
)
def test_the_checker_finds_what_is_wrong(change, word) -> None:
    scene = next(s for s in map(sample_scene, range(99)) if any(t.kind == "dog" for t in s.things))
    dog = next(t for t in scene.things if t.kind == "dog")
    broken = replace(scene, things=tuple(change(t) if t is dog else t for t in scene.things))
    assert any(word in v for v in plausible(broken))


@given(seeds)
def test_a_seed_gives_the_same_scene_and_pixels_and_survives_json(seed: int) -> None:
    a, b = sample_scene(seed), sample_scene(seed)
    assert a == b
    assert Scene.from_json(a.to_json()) == a
    assert np.array_equal(render(a, 32).picture, render(b, 32).picture)


def test_other_seeds_give_other_scenes() -> None:
    assert len({render(sample_scene(s), 32).picture.tobytes() for s in range(60)}) == 60


@pytest.mark.parametrize("seed", range(0, 30, 2))
def test_every_size_shows_the_same_picture(seed: int) -> None:
    scene = sample_scene(seed)
    small, big = render(scene, 64), render(scene, 512)
    shrunk = cv2.resize(big.picture, (64, 64), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(shrunk - small.picture).mean() < 3.0
    for t in scene.things:
        a = small.visible[t.id]
        b = cv2.resize(big.visible[t.id].astype(np.float32), (64, 64), interpolation=cv2.INTER_AREA) > 0.5
        assert (a & b).sum() >= 0.8 * (a | b).sum()


@given(seeds, st.sampled_from([17, 48, 64, 100, 128]))
def test_masks_agree_with_each_other(seed: int, size: int) -> None:
    scene = sample_scene(seed)
    r = render(scene, size)
    assert r.picture.shape == (size, size, 3)
    total = np.zeros((size, size), int)
    for t in scene.things:
        assert not (r.visible[t.id] & ~r.whole[t.id]).any()
        assert not (r.visible[t.id] & ~r.body[t.id]).any()
        assert not (r.body[t.id] & ~r.touch[t.id]).any()
        total += r.visible[t.id]
    assert total.max(initial=0) <= 1
    assert not (~r.place & (total == 0) & ~np.logical_or.reduce([r.body[t.id] for t in scene.things])).any()
    for (id, _), part in r.parts.items():
        assert not (part & ~r.body[id]).any()


def test_nothing_is_hidden_and_boxes_fit_the_masks() -> None:
    for seed in range(150):
        scene = sample_scene(seed)
        r = render(scene, 64)
        for t in scene.things:
            assert r.visible[t.id].sum() >= 9, (seed, t.kind)
            x0, y0, x1, y1 = r.box(t.id) or (0, 0, 0, 0)
            ys, xs = np.nonzero(r.visible[t.id])
            assert (x0, y0, x1, y1) == (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)


def test_a_thing_alone_is_wholly_visible_and_its_key_points_lie_on_it() -> None:
    for seed in range(80):
        scene = sample_scene(seed)
        for t in scene.things:
            if t.host is None:
                alone = replace(scene, things=(t,))
                r = render(alone, 256)
                assert np.array_equal(r.visible[t.id], r.whole[t.id])
                near = cv2.dilate(r.whole[t.id].astype(np.uint8), np.ones((9, 9), np.uint8))
                for name, (x, y) in key_points(alone, 256)[t.id].items():
                    if 0 <= x < 256 and 0 <= y < 256:
                        assert near[int(y), int(x)], (t.kind, name)


def test_edges_lie_where_things_end() -> None:
    for seed in range(20):
        scene = sample_scene(seed)
        edges = edge_map(scene, 256)
        assert edges.shape == (256, 256)
        assert 0.005 < (edges > 60).mean() < 0.4
        grown = cv2.dilate(edges, np.ones((7, 7), np.uint8)) > 60
        drawn = render(scene, 256)
        for id, mask in drawn.whole.items():
            rim = mask & ~cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
            seen = rim & drawn.visible[id]
            assert (grown & seen).sum() > 0.9 * seen.sum()


def test_splits_partition_the_seeds() -> None:
    for split in SPLITS:
        got = [seed_for(split, i) for i in range(200)]
        assert len(set(got)) == 200
        assert all(split_of(s) == split for s in got)
    assert sorted(seed_for("train", i) for i in range(180)) == [s for s in range(200) if split_of(s) == "train"]
    with pytest.raises(UsageError):
        seed_for("dev", 0)


def test_held_out_combinations_are_seen_in_the_test_split_only() -> None:
    combos = [(k, c, p) for k in KINDS for c in COLORS for p in PLACES]
    share = sum(held_out(*c) for c in combos) / len(combos)
    assert 0.04 < share < 0.14
    for split in ("train", "validation"):
        assert all(not unseen(sample_scene(seed_for(split, i))) for i in range(200))
    tests = [sample_scene(seed_for("test", i)) for i in range(200)]
    assert sum(bool(unseen(s)) for s in tests) >= 20
    assert all(allowed(s) for s in tests)
