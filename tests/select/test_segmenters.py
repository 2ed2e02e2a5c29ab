"""Points and boxes to masks: geometry and pre-processing against the classes' own, mask choice, features kept."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch.errors import UsageError
from finetouch.select.segmenters import Cutout, SamSegmenter
from finetouch.types import Point

torch = pytest.importorskip("torch")

import tiny_vision  # noqa: E402
from transformers import Sam2Model, SamModel, SamProcessor  # noqa: E402

SIZES = [(64, 64), (90, 50), (50, 90), (7, 200)]


@pytest.fixture(scope="module")
def sam(tmp_path_factory):
    folder = tiny_vision.sam(tmp_path_factory.mktemp("sam"))
    return SamModel.from_pretrained(folder).eval(), SamProcessor.from_pretrained(folder)


@pytest.fixture(scope="module")
def sam2(tmp_path_factory):
    return Sam2Model.from_pretrained(tiny_vision.sam2(tmp_path_factory.mktemp("sam2"))).eval()


def picture(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(width).integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_sam_gives_what_processor_and_model_give(sam, width, height):
    model, processor = sam
    pixels = picture(width, height)
    box = (0.1 * width, 0.2 * height, 0.8 * width, 0.9 * height)
    theirs = processor(images=pixels, input_boxes=[[list(box)]], return_tensors="pt")
    with torch.no_grad():
        out = model(
            pixel_values=theirs["pixel_values"], input_boxes=theirs["input_boxes"].float(), multimask_output=False
        )
    segmenter = SamSegmenter(model, {"processor": processor})
    cut = segmenter.boxes(segmenter.encode(pixels), [box])[0]
    np.testing.assert_allclose(cut.logits, out.pred_masks[0, 0, 0].numpy(), atol=2e-3)
    assert cut.score == pytest.approx(float(out.iou_scores[0, 0, 0]), abs=2e-3)
    full = processor.post_process_masks(out.pred_masks, theirs["original_sizes"], theirs["reshaped_input_sizes"])
    same = cut.at((width, height)) == full[0][0, 0].numpy()
    assert same.mean() > 0.97  # they resample twice, we once


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_sam2_sees_the_picture_squeezed_into_a_square(sam2, width, height):
    from PIL import Image

    pixels = picture(width, height)
    segmenter = SamSegmenter(sam2, {})
    view = segmenter.encode(pixels)
    small = np.asarray(Image.fromarray(pixels).resize((64, 64), Image.Resampling.BILINEAR), np.float32) / 255
    normal = (small - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    tensor = torch.from_numpy(normal.astype(np.float32).transpose(2, 0, 1))[None]
    box = (0.1 * width, 0.2 * height, 0.8 * width, 0.9 * height)
    scaled = torch.tensor([[[6.4, 12.8, 51.2, 57.6]]])
    with torch.no_grad():
        out = sam2(pixel_values=tensor, input_boxes=scaled, multimask_output=False)
    cut = segmenter.boxes(view, [box])[0]
    np.testing.assert_allclose(cut.logits, out.pred_masks[0, 0, 0].numpy(), atol=1e-3)
    assert cut.at((width, height)).shape == (height, width)
    marked = segmenter.marks(view, (Point(x=width / 2, y=height / 2), Point(x=1, y=1, positive=False)), None)
    assert marked.logits.shape == cut.logits.shape
    assert not any(name.startswith("torchvision") for name in sys.modules)


def test_the_picture_is_encoded_once_for_many_clicks(sam):
    model, processor = sam
    segmenter, runs = SamSegmenter(model, {"processor": processor}), []
    hook = model.vision_encoder.register_forward_hook(lambda *_: runs.append(1))
    try:
        view = segmenter.encode(picture(80, 60))
        for x in (10, 30, 50):
            segmenter.marks(view, (Point(x=x, y=20),), None)
        segmenter.boxes(view, [(1, 2, 30, 40), (5, 5, 60, 50)])
    finally:
        hook.remove()
    assert len(runs) == 1


def test_of_masks_that_are_nearly_as_sure_the_one_that_fills_the_box_is_taken(sam):
    model, processor = sam
    segmenter = SamSegmenter(model, {"processor": processor})
    view = segmenter.encode(picture(64, 64))
    logits = np.full((3, 64, 64), -1.0, np.float32)
    logits[0, 10:20, 10:20] = logits[1, 10:40, 10:40] = logits[2] = 1.0
    box = (10.0, 10.0, 40.0, 40.0)
    scores = np.array([0.90, 0.87, 0.5], np.float32)
    assert segmenter._best(view, logits, scores, box).score == pytest.approx(0.87)
    assert segmenter._best(view, logits, scores, None).score == pytest.approx(0.90)
    assert segmenter._best(view, logits, np.array([0.9, 0.7, 0.5], np.float32), box).score == pytest.approx(0.9)


@given(st.integers(1, 200), st.integers(1, 200))
def test_a_cutout_keeps_its_place_at_every_size(width, height):
    logits = np.full((32, 32), -1.0, np.float32)
    logits[:, :8] = 1.0  # the left half of a picture that fills half of the square
    mask = Cutout(logits, 1.0, (0.5, 1.0)).at((width, height))
    assert mask.shape == (height, width) and np.isfinite(mask).all()
    if width >= 8:
        assert mask[:, : width // 2 - 1].all() and not mask[:, width // 2 + 1 :].any()


def test_other_classes_are_refused_by_name():
    with pytest.raises(UsageError, match="Linear"):
        SamSegmenter(torch.nn.Linear(1, 1), {})
