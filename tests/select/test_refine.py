"""Edges found in a crop, whatever the size of the photo."""

from __future__ import annotations

import numpy as np
import pytest

from finetouch.imaging import masks
from finetouch.select.cut import cut_score, grabcut, trimap
from finetouch.select.refine import clean, refine


def photo(h: int, w: int, box: tuple[int, int, int, int]) -> np.ndarray:
    rng = np.random.default_rng(1)
    out = np.full((h, w, 3), (70, 110, 60), np.uint8)
    x0, y0, x1, y1 = box
    out[y0:y1, x0:x1] = (200, 60, 40)
    return out + rng.integers(0, 12, out.shape, dtype=np.uint8)


@pytest.mark.parametrize(("h", "w"), [(240, 320), (900, 1200), (600, 200)])
def test_coarse_mask_snaps_to_the_edge(h: int, w: int) -> None:
    box = w // 4, h // 4, w * 5 // 8, h * 5 // 8
    truth = np.zeros((h, w), np.float32)
    truth[box[1] : box[3], box[0] : box[2]] = 1
    shifted = np.roll(truth, (h // 50, w // 50), (0, 1))
    coarse = (masks.resize_mask(shifted, (w // 8, h // 8)) > 0.5).astype(np.float32)
    before = masks.iou(masks.resize_mask(coarse, (w, h)), truth)
    out = refine(photo(h, w, box), coarse)
    assert out.shape == (h, w) and out.dtype == np.float32
    assert masks.iou(out, truth) > max(0.92, before)
    assert float(((out > 0.02) & (out < 0.98)).mean()) < 0.03


@pytest.mark.parametrize(("h", "w"), [(1, 1), (1, 5000), (3000, 2), (17, 13)])
def test_odd_sizes(h: int, w: int) -> None:
    out = refine(np.zeros((h, w, 3), np.uint8), np.ones((8, 8), np.float32))
    assert out.shape == (h, w) and np.isfinite(out).all() and out.min() >= 0 and out.max() <= 1
    empty = refine(np.zeros((h, w, 3), np.uint8), np.zeros((8, 8), np.float32))
    assert not empty.any()


def test_holes_and_islands() -> None:
    mask = np.zeros((100, 100), np.float32)
    mask[10:80, 10:80] = 1
    mask[40:43, 40:43] = 0
    mask[95, 95] = 1
    out = clean(mask)
    assert out[41, 41] == 1 and out[95, 95] == 0


def test_trimap_has_sure_and_unsure() -> None:
    values = np.linspace(0, 1, 101, dtype=np.float32)[None].repeat(20, 0)
    labels = trimap(values, 0.4)
    assert set(np.unique(labels)) == {0, 1, 2, 3}
    assert labels[0, 0] == 0 and labels[0, 100] == 1


def test_grabcut_without_anything_to_do() -> None:
    labels = np.zeros((20, 20), np.uint8)
    assert not grabcut(np.zeros((20, 20, 3), np.uint8), labels).any()
    assert not cut_score(np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20), np.float32), 0.4).any()
