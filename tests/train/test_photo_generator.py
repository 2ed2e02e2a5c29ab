"""The generator of masks for photographs: what it learns from, what it is told, and that it can be trained."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from finetouch.diffusion.mask_net import FactPredictor  # noqa: E402
from finetouch.editing._photo_sight import LENGTH, NAMES, PLANES, ROLES, SIDE, encoded, facts_of_place, facts_of_thing  # noqa: E402
from finetouch.errors import InputError  # noqa: E402
from finetouch.evaluate import _mask_scores as score  # noqa: E402
from finetouch.evaluate.photo_masks import run  # noqa: E402
from finetouch.evaluate.select_split import is_validation  # noqa: E402
from finetouch.plan.describe import describe_mask  # noqa: E402
from finetouch.train.mask_generator import photo_batches, photos  # noqa: E402
from finetouch.train.mask_generator.photo_recipe import PhotoSize, photo_recipe  # noqa: E402


def row(name: str, noun: str = "cup") -> dict:
    return {
        "set": "coco_panoptic", "file": f"coco_panoptic/images/{name}.jpg", "mask": f"coco_panoptic/masks/{name}.png",
        "instances": [
            {"id": 1, "category": noun, "isthing": 1, "iscrowd": 0}, {"id": 2, "category": "dog", "isthing": 1},
            {"id": 3, "category": "table-merged", "isthing": 0}, {"id": 4, "category": "person", "isthing": 1},
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Labelled pictures: a cup on a table, a dog beside it, and a person whom the frame cuts off."""
    root = tmp_path_factory.mktemp("labelled")
    for part in ("images", "masks"):
        (root / "coco_panoptic" / part).mkdir(parents=True)
    lines, found = [], {True: 0, False: 0}
    for k in range(200):
        made = row(f"{k:04}")
        kind = is_validation(made)
        if found[kind] == 2:
            continue
        found[kind] += 1
        ids = np.zeros((96, 128), np.uint8)
        ids[60:] = 3
        ids[40:62, 30:50] = 1
        ids[50:90, 80:110] = 2
        ids[0:50, 118:] = 4
        colours = np.array([(90, 120, 160), (220, 220, 225), (60, 40, 30), (120, 80, 40), (200, 60, 60)], np.uint8)
        picture = colours[ids] + np.random.default_rng(k).integers(0, 12, (96, 128, 3)).astype(np.uint8)
        cv2.imwrite(str(root / made["file"]), picture[..., ::-1])
        cv2.imwrite(str(root / made["mask"]), ids)
        lines.append(json.dumps(made))
    (root / "meta.jsonl").write_text("\n".join(lines))
    return root


@pytest.fixture(scope="module")
def pairs(folder, tmp_path_factory) -> photos.PhotoPairs:
    return photos.PhotoPairs.open(folder, tmp_path_factory.mktemp("pairs"), rounds=1)


def test_things_are_taken_out_of_training_photos_only(folder, pairs):
    train = {r["file"] for r in photos.rows(folder, "train")}
    assert {f["photo"] for f in pairs.facts} == train and len(train) == 2
    assert sorted(f["noun"] for f in pairs.facts) == ["cup", "cup", "dog", "dog"], "the frame cuts the person off"
    pair = pairs[next(i for i, f in enumerate(pairs.facts) if f["noun"] == "cup")]
    assert pair.sight.shape == (PLANES, SIDE, SIDE) and pair.place.supported_by == "table"
    assert score.box(pair.target) == (15, 27, 25, 41)
    assert pairs.counts() == {"pairs": 4, "everyday": 4, "others": 0}


def test_photos_that_are_kept_back_are_left_out(folder, tmp_path):
    first = photos.rows(folder, "train")[0]["file"]
    (folder / "EXCLUDE_FROM_TRAINING.txt").write_text(f"# why\n{first}\n")
    try:
        assert first not in {r["file"] for r in photos.rows(folder, "train")}
    finally:
        (folder / "EXCLUDE_FROM_TRAINING.txt").unlink()
    with pytest.raises(InputError, match=r"meta\.jsonl"):
        photos.rows(tmp_path, "train")


def test_a_removal_changes_its_hole_and_the_decoys_alone(folder):
    first = photos.rows(folder, "train")[0]
    picture = photos.read(folder / first["file"], cv2.IMREAD_COLOR_RGB)
    ids = photos.read(folder / first["mask"], cv2.IMREAD_UNCHANGED)
    listed = photos.things(first, ids)
    for seed in range(4):
        bare, decoys = photos.emptied(np.random.default_rng(seed), picture, listed[0], [t.mask for t in listed])
        assert not (decoys & listed[0].mask).any()
        cup = np.abs(bare.astype(int) - picture)[listed[0].mask].mean()
        assert cup > 40, "the bright cup is gone"


@given(st.integers(0, 10_000))
def test_the_window_keeps_the_thing_and_the_description_follows(seed):
    rng = np.random.default_rng(seed)
    target = np.zeros((SIDE, SIDE), np.bool_)
    x, y = rng.integers(0, 44, 2)
    target[y : y + 12, x : x + 16] = True
    theta, turned = photo_batches._window(rng, target)
    grid = torch.nn.functional.affine_grid(theta[None], [1, 1, SIDE, SIDE], align_corners=False)
    moved = torch.nn.functional.grid_sample(torch.from_numpy(target)[None, None].float(), grid, align_corners=False)
    zoom = abs(float(theta[0, 0])) * float(theta[1, 1])
    assert float(moved.sum()) * zoom == pytest.approx(12 * 16, rel=0.12)
    place = describe_mask(target.astype(np.float32), "cup", [("dog", np.roll(target, -20, 1).astype(np.float32))])
    pair = photos.PhotoPair(np.zeros((PLANES, SIDE, SIDE), np.uint8), target, target, "cup", place, "x")
    seen = photo_batches.seen_place(pair, moved[0, 0].numpy() > 0.5, turned)
    assert seen.bbox_norm != place.bbox_norm or not turned or target[:, ::-1].tolist() == target.tolist()


@given(st.sampled_from(["a cup", "an old red car", "zorblax", "the moon", "woman", "hat"]))
def test_facts_are_numbers_the_network_knows(what):
    place = describe_mask(np.pad(np.ones((5, 5), np.float32), 20), what, [("dog", np.ones((45, 45), np.float32))])
    made = encoded([*facts_of_thing(what), *facts_of_place(place), *facts_of_place(place)])
    assert made.shape == (LENGTH, 2) and made[0, 0] == 0
    assert (made[:, 0] < len(ROLES)).all() and (made[:, 1] < len(NAMES)).all() and (made >= -1).all()


def test_an_old_outline_stands_on_the_same_foot(pairs):
    target = np.zeros((SIDE, SIDE), np.bool_)
    target[20:40, 30:40] = True
    feet = []
    for seed in range(12):
        old = photo_batches.stand_in(np.random.default_rng(seed), "person", target, pairs)
        if old.any():
            feet.append(score.foot(old > 0)[1])
    assert feet and abs(np.median(feet) - 40) <= 1.5


def test_it_trains_saves_and_opens(pairs, tmp_path):
    made = photo_recipe(pairs, PhotoSize(widths=(16, 32), steps=4, batch=4))
    stream, net = made.batches(0), made.model
    step = torch.optim.Adam(net.parameters(), 3e-3)
    first = batch = next(stream)
    losses = []
    for _ in range(8):
        found = made.losses(net, batch)
        found["loss"].backward()
        step.step()
        step.zero_grad()
        losses.append(found["loss"].item())
    assert losses[-1] < losses[0] and first["facts"].shape == (4, LENGTH, 2)
    assert made.sample is not None and made.sample(net).width > 100
    made.save(net, tmp_path)
    again = FactPredictor.from_pretrained(tmp_path, dtype=torch.float32).eval()
    with torch.no_grad():
        out = again(*(batch[n] for n in ("pixels", "old", "hint", "facts")))
    assert out["masks"].shape == (4, 4, SIDE, SIDE) and torch.isfinite(out["scores"]).all()


def test_the_bench_fills_its_table(folder):
    table = run(folder, 2)
    rows = {r["row"]: r for r in table.rows}
    assert {"rules: the thing alone", "auto: a marked box"} <= set(rows)
    assert all(0 <= r["best_of_4"] <= 1 and r["cases"] == 2 for r in table.rows)
    assert "network: the thing alone" in table.render() and table.leaks["decoys"] <= 2
