"""Our own pre-processing against the processors of the classes."""

from __future__ import annotations

import numpy as np
import pytest

from finetouch.select.tensors import Look, planes

torch = pytest.importorskip("torch")

from transformers import (  # noqa: E402
    CLIPImageProcessorPil,
    GroundingDinoImageProcessorPil,
    SamImageProcessorPil,
    ViTImageProcessorPil,
)

SHAPES = [(48, 64), (64, 48), (30, 30), (200, 40)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    "processor",
    [
        ViTImageProcessorPil(size={"height": 32, "width": 40}),
        GroundingDinoImageProcessorPil(size={"shortest_edge": 60, "longest_edge": 100}),
        SamImageProcessorPil(size={"longest_edge": 64}, do_pad=False),
    ],
    ids=lambda p: type(p).__name__,
)
def test_pictures_look_as_the_processor_makes_them(processor, shape):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    theirs = processor(pixels, return_tensors="np")["pixel_values"][0]
    look = Look.of({"image_processor": processor}, Look(1, 1))
    ours = planes(pixels, look)
    assert all(abs(a - b) <= 1 for a, b in zip(ours.shape, theirs.shape, strict=True))
    if ours.shape == theirs.shape:
        np.testing.assert_allclose(ours, theirs, atol=0.02)


def test_a_square_picture_for_clip_and_the_defaults():
    processor = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    pixels = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    look = Look.of({"processor": type("P", (), {"image_processor": processor})}, Look(1, 1)).square()
    np.testing.assert_allclose(
        planes(pixels, look), processor(pixels, return_tensors="np")["pixel_values"][0], atol=0.02
    )
    assert Look.of({}, look) is look


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_extreme_sizes_are_fed_with_at_least_a_pixel(size):
    for look in (Look(shortest=800, longest=1333), Look(longest=64), Look(8, 8)):
        assert min(look.size(*size)) >= 1 and max(look.size(*size)) <= 1333
