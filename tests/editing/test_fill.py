"""Removal: the thing is gone, its rim too, structure runs on."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import beach, stand
from helpers import run

from finetouch.editing.fill import contact_shadow
from finetouch.types import Region


def test_a_thing_on_the_horizon_is_removed_and_the_horizon_runs_on():
    clean, line = beach()
    pixels, mask = stand(clean, (110, 60, 160, 150))
    done = run("fill", pixels, mask, "remove")
    hole = done.area > 0
    assert np.abs(done.pixels[hole].astype(int) - clean[hole]).mean() < 12
    sky = done.pixels[..., 2].astype(int) > done.pixels[..., 0]
    assert np.abs(sky[:, 112:158].sum(axis=0) - line).mean() < 3
    np.testing.assert_array_equal(done.pixels[~hole], pixels[~hole])


def test_a_mask_that_is_a_little_too_small_leaves_no_rim():
    clean, _ = beach()
    pixels, mask = stand(clean, (110, 60, 160, 150))
    tight = np.zeros_like(mask)
    tight[62:148, 112:158] = 1
    done = run("fill", pixels, tight, "remove")
    thing = np.abs(done.pixels.astype(int) - (40, 30, 120)).sum(axis=-1) < 60
    assert thing.sum() == 0


def test_area_grows_with_the_thing_and_obeys_the_user():
    clean, _ = beach()
    pixels, mask = stand(clean, (110, 60, 160, 150))
    auto = run("fill", pixels, mask, "remove").area
    none = run("fill", pixels, mask, "remove", grow=0, feather=0).area
    assert (auto > 0).sum() > (none > 0).sum() == (mask > 0).sum()


def test_the_contact_shadow_goes_with_the_thing():
    clean, _ = beach()
    pixels, mask = stand(clean, (110, 40, 160, 160))
    shadow = pixels.copy()
    shadow[152:166, 160:200] = (shadow[152:166, 160:200] * 0.5).astype(np.uint8)
    found = contact_shadow(shadow, mask)
    assert (found[154:164, 164:196] > 0).mean() > 0.9
    done = run("fill", shadow, mask, "remove")
    assert np.abs(done.pixels[154:164, 164:196].astype(int) - clean[154:164, 164:196]).mean() < 14
    kept = run("fill", shadow, mask, "remove", params={"shadow": False})
    np.testing.assert_array_equal(kept.pixels[154:164, 172:196], shadow[154:164, 172:196])


def test_no_shadow_is_seen_where_there_is_none():
    clean, _ = beach()
    pixels, mask = stand(clean, (110, 40, 160, 160))
    assert contact_shadow(pixels, mask).max() == 0
    dark_floor = pixels.copy()
    dark_floor[170:] = (60, 50, 35)
    assert contact_shadow(dark_floor, mask).max() == 0


def test_fast_mode_says_so():
    clean, _ = beach()
    pixels, mask = stand(clean, (110, 60, 160, 150))
    done = run("fill", pixels, mask, "remove", params={"mode": "fast"})
    assert done.output.facts["fill"] == "fast"


def test_real_fur_is_continued_where_telea_smears_it(cat):
    mask = np.zeros(cat.shape[:2], np.float32)
    mask[180:225, 60:110] = 1
    damaged = cat.copy()
    damaged[mask > 0] = (255, 0, 255)
    best, fast = (run("fill", damaged, mask, "remove", params={"mode": m}) for m in ("patchmatch", "fast"))
    import cv2

    box = (slice(184, 221), slice(64, 106))
    fur, copied, smeared = (
        cv2.Laplacian(cv2.cvtColor(p[box], cv2.COLOR_RGB2GRAY), cv2.CV_32F).std()
        for p in (cat, best.pixels, fast.pixels)
    )
    magenta = (best.pixels[..., 0].astype(int) - best.pixels[..., 1] > 150) & (best.pixels[..., 2] > 200)
    assert magenta.sum() == 0
    assert copied > 0.6 * fur > smeared


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (9, 9), (33, 71)])
def test_whole_picture_and_tiny_pictures(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    done = run("fill", pixels, np.ones(shape, np.float32), "remove")
    assert done.pixels.shape == pixels.shape


def test_its_neighbours_are_not_copied_into_its_place():
    clean, _ = beach()
    pixels, mask = stand(clean, (110, 60, 150, 150))
    pixels, other = stand(pixels, (160, 60, 200, 150), colour=(30, 120, 40))
    asked = []

    def select(phrase):
        asked.append(phrase)
        return Region.of(np.maximum(mask, other))

    done = run("fill", pixels, mask, "remove", target="woman", select=select)
    assert asked == ["all people"]
    green = np.abs(done.pixels.astype(int) - (30, 120, 40)).sum(axis=-1) < 60
    assert green[:, 105:152].sum() == 0
    np.testing.assert_array_equal(done.pixels[60:150, 165:200], pixels[60:150, 165:200])


def test_a_guess_at_others_of_its_kind_does_not_keep_its_rim():
    clean, _ = beach()
    pixels, mask = stand(clean, (110, 60, 150, 150))
    pixels[58:152, 108:152][mask[58:152, 108:152] < 0.5] = (255, 0, 255)
    everything = Region.of(np.ones_like(mask), score=0.4)
    done = run("fill", pixels, mask, "remove", target="spoon", select=lambda _: everything)
    rim = np.abs(done.pixels.astype(int) - (255, 0, 255)).sum(axis=-1) < 60
    assert rim.sum() == 0
    sure = run("fill", pixels, mask, "remove", target="spoon", select=lambda _: Region.of(everything.mask, score=0.9))
    assert (np.abs(sure.pixels.astype(int) - (255, 0, 255)).sum(axis=-1) < 60).any(), "a neighbour that is there stays"
