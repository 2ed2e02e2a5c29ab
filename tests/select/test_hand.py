"""Points and boxes on drawn shapes, and marks that cannot be used."""

from __future__ import annotations

import numpy as np
import pytest

from finetouch.errors import InputError
from finetouch.imaging import masks
from finetouch.select.photo import PhotoSelector
from finetouch.types import Picture, Point, Query, Reporter

H, W = 300, 400


@pytest.fixture(scope="module")
def drawn() -> tuple[Picture, object, dict[str, np.ndarray]]:
    rng = np.random.default_rng(3)
    pixels = np.full((H, W, 3), (225, 225, 215), np.uint8)
    ys, xs = np.mgrid[:H, :W]
    shapes = {
        "disc": (xs - 110) ** 2 + (ys - 150) ** 2 < 60**2,
        "square": (abs(xs - 290) < 50) & (abs(ys - 150) < 50),
    }
    pixels[shapes["disc"]], pixels[shapes["square"]] = (180, 40, 50), (40, 70, 170)
    pixels = pixels + rng.integers(0, 14, pixels.shape, dtype=np.uint8)
    picture = Picture(pixels)
    return picture, PhotoSelector().analyse(picture, Reporter()), shapes


def select(drawn: tuple[Picture, object, dict[str, np.ndarray]], query: Query) -> np.ndarray:
    return PhotoSelector().select(drawn[0], drawn[1], query, Reporter()).region.mask


def test_box_finds_the_shape(drawn) -> None:
    mask = select(drawn, Query(box=(40, 80, 180, 220)))
    assert masks.iou(mask, drawn[2]["disc"].astype(np.float32)) > 0.85
    assert not mask[:79].any() and not mask[:, 181:].any()


def test_points_in_and_out(drawn) -> None:
    points = (
        Point(x=290, y=150),
        Point(x=260, y=120),
        Point(x=110, y=150, positive=False),
        Point(x=20, y=20, positive=False),
    )
    mask = select(drawn, Query(points=points))
    assert mask[150, 290] == 1 and mask[150, 110] == 0 and mask[20, 20] == 0
    assert masks.iou(mask, drawn[2]["square"].astype(np.float32)) > 0.6


@pytest.mark.parametrize(
    "query",
    [
        Query(points=(Point(x=-1, y=5),)), Query(points=(Point(x=W, y=5),)), Query(points=(Point(x=5,
        y=float("nan")),)),
        Query(points=(Point(x=5, y=5, positive=False),)), Query(box=(10, 10, 10, 50)), Query(box=(10, 10, 50, 10)),
        Query(box=(-50, -50, -10, -10)), Query(box=(W + 1, 0, W + 9, 9)), Query(box=(0, 0, float("inf"), 9)),
    ],
)  # fmt: skip
def test_marks_that_cannot_be_used(drawn, query: Query) -> None:
    with pytest.raises(InputError):
        select(drawn, query)


def test_box_with_swapped_corners_and_overhang(drawn) -> None:
    mask = select(drawn, Query(box=(W + 40, 230, 220, 70)))
    assert masks.iou(mask, drawn[2]["square"].astype(np.float32)) > 0.8


@pytest.mark.parametrize(("h", "w"), [(1, 1), (2, 700), (500, 3)])
def test_tiny_pictures(h: int, w: int) -> None:
    picture = Picture(np.full((h, w, 3), 90, np.uint8))
    selector = PhotoSelector()
    analysis = selector.analyse(picture, Reporter())
    region = selector.select(picture, analysis, Query(points=(Point(x=0, y=0),)), Reporter()).region
    assert region.mask.shape == (h, w) and region.mask[0, 0] == 1 and np.isfinite(region.mask).all()
