"""The scorer on a tiny folder made here, and the split."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from finetouch.errors import InputError
from finetouch.evaluate.select import SelectScore, ellipse, iou, score_dir
from finetouch.evaluate.select_data import items, noun_of
from finetouch.evaluate.select_split import DAVIS_HELD, bucket, is_validation


@pytest.fixture()
def folder(tmp_path: Path) -> Path:
    from skimage import data

    for name in ("images", "masks"):
        (tmp_path / "coco_panoptic" / name).mkdir(parents=True)
    photo = cv2.resize(data.chelsea(), (376, 250))
    mask = np.zeros((250, 376), np.uint8)
    mask[20:240, 30:330] = 1
    cv2.imwrite(str(tmp_path / "coco_panoptic/images/000.jpg"), photo[..., ::-1])
    cv2.imwrite(str(tmp_path / "coco_panoptic/masks/000.png"), mask)
    row = {"set": "coco_panoptic", "file": "coco_panoptic/images/000.jpg", "mask": "coco_panoptic/masks/000.png",
           "instances": [{"id": 1, "category": "cat", "isthing": 1, "iscrowd": 0}]}  # fmt: skip
    (tmp_path / "meta.jsonl").write_text(json.dumps(row) + "\n")
    return tmp_path


def test_score_of_one_photo(folder: Path) -> None:
    score = score_dir(folder, split="all")
    data = score.to_json()
    assert data["photos"] == 1 and data["phrases"]["things"] == 1
    assert data["iou"]["photo"]["things"] > 0.5
    assert set(data["iou"]) == {"photo", "CAM + GrabCut", "centre prior"}
    assert data["present_kept"]["rate"] == 1.0 and 0.0 <= data["absent_refused"]["rate"] <= 1.0
    assert "mean5" in score.table() and json.loads(json.dumps(data)) == data


def test_bad_folders(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"meta\.jsonl"):
        score_dir(tmp_path / "coco_panoptic", split="all")
    with pytest.raises(InputError, match="split"):
        score_dir(folder, split="training")
    (folder / "coco_panoptic/masks/000.png").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        score_dir(folder, split="all")


def test_mean_of_five_and_empty() -> None:
    score = SelectScore()
    assert score.group("photo", "mean5") is None
    for group, value in (("person ccp", 0.8), ("person coco", 0.6), ("clothing", 0.6), ("things", 0.4)):
        score.iou["photo"][group].append(value)
    assert score.group("photo", "person") == pytest.approx(0.7)
    assert score.group("photo", "mean5") == pytest.approx((0.7 + 0.6 + 0.4) / 3)


def test_iou_and_prior() -> None:
    prior = ellipse((100, 200))
    assert iou(prior, prior > 0.5) == 1.0 and iou(1 - prior, prior > 0.5) == 0.0
    assert iou(np.zeros((4, 4), np.float32), np.zeros((8, 8), bool)) == 1.0


def test_split_is_by_name_and_by_sequence() -> None:
    assert bucket("a.jpg") == bucket("a.jpg") and 0 <= bucket("b") < 100
    for held in DAVIS_HELD:
        assert is_validation({"set": "davis_objects", "file": f"davis_objects/images/{held}_00001.jpg"})
    assert not is_validation({"set": "davis_objects", "file": "davis_objects/images/cows_00001.jpg"})
    assert is_validation({"set": "camvid_street", "file": "camvid_street/images/0016E5_00390.jpg"})
    assert not is_validation({"set": "camvid_street", "file": "camvid_street/images/0001TP_006720.jpg"})
    shares = [is_validation({"set": "coco_panoptic", "file": f"x/{i}.jpg"}) for i in range(2000)]
    assert 0.15 < np.mean(shares) < 0.25


def test_names() -> None:
    assert noun_of("wall-brick") == noun_of("wall-other-merged") == "wall"
    assert noun_of("potted plant") == "plant" and noun_of("dog") == "dog"


def test_absent_nouns_avoid_what_is_there(data_dir: Path) -> None:
    for item in items(data_dir / "seg", limit=12):
        there = {p.noun for p in item.phrases}
        assert not there & set(item.absent)
        assert bool(item.absent) == (item.kind == "coco_panoptic")
