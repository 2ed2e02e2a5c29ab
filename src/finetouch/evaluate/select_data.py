"""Reads a folder of photos with masks and names: which nouns to ask for, and what the right answer is."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.errors import InputError
from finetouch.evaluate.select_split import is_validation, labelled
from finetouch.types import Pixels

Bools = NDArray[np.bool_]

LEAST_SHARE = 0.01
CAMVID_EVERY = 7
CAMVID_STUFF = frozenset({"sky", "building", "road", "pavement", "tree"})
BODY = frozenset({"skin", "hair"})
CARRIED = frozenset({"bag", "purse", "wallet"})

# What a person would call a category.
NOUNS = {
    "dining table": "table", "potted plant": "plant", "window-blind": "curtain", "food-other": "food",
    "sky-other": "sky",
    "wall-other": "wall", "wall-tile": "wall", "wall-wood": "wall", "wall-brick": "wall", "wall-stone": "wall",
    "floor-wood": "floor", "floor-other": "floor", "building-other": "building", "water-other": "water",
    "window-other": "window", "door-stuff": "door", "mirror-stuff": "mirror", "sea": "sea", "river": "river",
    "pedestrian": "person", "bicyclist": "person", "facade": "building", "vegetation": "tree",
    "balcony fence": "balcony", "dancer": "person", "breakdancer": "person", "paraglider person": "person",
    "playingfield": "playing field", "cardboard": "paper", "gravel": "dirt",
}  # fmt: skip
COMPOSITES = {
    "person riding a bmx bike": ("person", "bicycle"), "horse and rider": ("person", "horse"),
    "person on scooter": ("person", "motorcycle"), "motocross rider and motorcycle": ("person", "motorcycle"),
}  # fmt: skip
SKIPPED = frozenset({"non building infrastructure", "traffic infrastructure", "region", "street"})

# Categories that may well be there under another name; never used as "absent" when one of the group is there.
FUZZY = (
    {"wall", "building", "house", "roof", "window", "door", "ceiling", "shop", "balcony", "bridge", "curtain", "tent"},
    {"tree", "plant", "grass", "flower", "dirt", "mountain", "rock", "sand", "playing field", "vase"},
    {"table", "counter", "cabinet", "shelf", "floor", "rug", "platform", "chair", "bench", "couch", "bed"},
    {"water", "sea", "river", "sink", "boat"}, {"road", "pavement", "railroad", "floor", "dirt", "platform"},
    {"food", "cake", "sandwich", "pizza", "donut", "hot dog", "broccoli", "carrot", "orange", "banana", "bowl"},
    {"bag", "purse", "backpack", "suitcase", "wallet"}, {"car", "truck", "bus", "train"}, {"bicycle", "motorcycle"},
    {"light", "traffic light", "pole", "traffic sign", "stop sign"}, {"tv", "laptop", "mirror", "keyboard", "window"},
    {"cup", "wine glass", "bottle", "bowl", "vase"}, {"blanket", "pillow", "towel", "bed", "rug", "curtain", "net"},
    {"paper", "book", "banner", "cardboard"}, {"fork", "knife", "spoon"}, {"oven", "microwave", "refrigerator",
    "cabinet"},
)  # fmt: skip


@dataclass(frozen=True)
class Phrase:
    """One noun for one photo: group, right answer, and its single instances when they are labelled."""

    noun: str
    group: str
    truth: Bools = field(compare=False)
    instances: tuple[Bools, ...] = field(default=(), compare=False)
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """One photo with its phrases and the nouns that are certainly not in it."""

    kind: str
    file: str
    pixels: Pixels = field(compare=False)
    phrases: tuple[Phrase, ...]
    absent: tuple[str, ...]


def noun_of(category: str) -> str:
    """What a person would call a category of the data sets."""
    name = category.removesuffix("-merged")
    return NOUNS.get(name, name)


def rows(folder: Path, split: str, limit: int | None) -> list[dict[str, Any]]:
    """The rows of meta.jsonl to score, in file order; of CamVid every seventh frame."""
    listed = labelled(folder)
    if split not in ("validation", "all"):
        raise InputError(f"There is no split '{split}'.", "Use validation or all.")
    if split == "validation":
        listed = [r for r in listed if is_validation(r)]
    listed = [r for r in listed if r["set"] != "bsds_regions"]
    camvid = [r for r in listed if r["set"] == "camvid_street"]
    drop = {id(r) for i, r in enumerate(camvid) if i % CAMVID_EVERY}
    listed = [r for r in listed if id(r) not in drop]
    if limit is not None and len(listed) > limit:
        step = len(listed) / limit
        listed = [listed[int(i * step)] for i in range(limit)]
    return listed


def items(folder: Path, split: str = "validation", limit: int | None = None) -> Iterator[Item]:
    """The photos to score, one after the other."""
    listed = rows(folder, split, limit)
    vocabulary = sorted({noun_of(i["category"]) for r in listed if r["set"] == "coco_panoptic" for i in r["instances"]})
    for row in listed:
        image = cv2.imread(str(folder / row["file"]), cv2.IMREAD_COLOR)
        ids = cv2.imread(str(folder / row["mask"]), cv2.IMREAD_UNCHANGED)
        if image is None or ids is None:
            raise InputError(f"Photo or mask of {row['file']} cannot be read.")
        ids = ids[..., 0] if ids.ndim == 3 else ids
        if ids.shape != image.shape[:2]:
            ids = cv2.resize(ids, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST)
        pixels = np.ascontiguousarray(image[..., ::-1])
        yield Item(row["set"], row["file"], pixels, tuple(_phrases(row, ids)), _absent(row, vocabulary))


def _group(kind: str, noun: str, isthing: int) -> str:
    if kind == "davis_objects":
        return "davis"
    if kind == "ccp_clothing":
        return "body" if noun in BODY else "clothing"
    if kind == "facade":
        return "facade"
    if kind == "camvid_street":
        return "stuff" if noun in CAMVID_STUFF else "street"
    if noun == "person":
        return "person coco"
    return "things" if isthing else "stuff"


def _phrases(row: dict[str, Any], ids: NDArray[Any]) -> Iterator[Phrase]:
    kind = row["set"]
    by_noun: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for i in row["instances"]:
        if i["category"] not in SKIPPED:
            by_noun[noun_of(i["category"]) if i["category"] not in COMPOSITES else i["category"]].append(i)
    if kind == "ccp_clothing":
        worn = np.isin(ids, [i["id"] for i in row["instances"] if i["category"] not in CARRIED])
        if worn.mean() >= LEAST_SHARE:
            yield Phrase("person", "person ccp", worn)
    for noun, listed in by_noun.items():
        truth = np.isin(ids, [i["id"] for i in listed])
        if truth.mean() < LEAST_SHARE:
            continue
        whole: tuple[Bools, ...] = ()
        if kind == "coco_panoptic" and all(i["isthing"] and not i.get("iscrowd") for i in listed):
            masks = [ids == i["id"] for i in listed]
            whole = tuple(m for m in masks if m.mean() >= 0.003)
        names = COMPOSITES.get(noun, (noun,))
        yield Phrase(names[0], _group(kind, noun, listed[0]["isthing"]), truth, whole, names[1:])


def _absent(row: dict[str, Any], vocabulary: list[str], most: int = 10) -> tuple[str, ...]:
    """Nouns that are certainly not in a completely labelled photo; chosen by hash, so always the same ones."""
    if row["set"] != "coco_panoptic":
        return ()
    there = {noun_of(i["category"]) for i in row["instances"]}
    taken = set(there)
    for group in FUZZY:
        if there & group:
            taken |= group
    free = [n for n in (*vocabulary, "lion", "guitar", "penguin", "teapot", "tiger", "snake") if n not in taken]
    free.sort(key=lambda n: hashlib.sha1(f"{row['file']} {n}".encode()).hexdigest())
    return tuple(free[:most])
