"""Reads the labelled photo sets and gives every labelled pixel a set of allowed leaves."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from own_labels import OWN, own_rows

from finetouch.evaluate.select_split import excluded, is_validation, labelled
from finetouch.select.vocabulary import ANIMALS, CARRIED, INDEX, LEAVES, PERSON, VEHICLES

IGNORE = 255
ROOT = Path(os.environ.get("FINETOUCH_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
WORK = Path(os.environ.get("FINETOUCH_CACHE", Path(__file__).resolve().parents[1] / "cache"))

# Category name in a data set → allowed leaves. A name that is a leaf itself needs no entry; None means "no label".
SAME: dict[str, str] = {
    "handbag": "bag purse", "dining table": "table", "potted plant": "plant", "gravel": "dirt",
    "window-blind": "curtain",
    "cardboard": "paper", "fruit": "food", "food-other": "food", "pumps": "heels", "wedges": "heels", "flats": "shoes",
    "loafers": "shoes", "jumper": "sweater", "cardigan": "sweater", "hoodie": "sweatshirt", "wallet": "purse",
    "bra": "top", "bodysuit": "top", "tights": "stockings", "ring": "accessories", "earrings": "accessories",
    "sea": "water", "river": "water", "water-other": "water", "floor-wood": "floor", "floor-other": "floor",
    "wall-other": "wall", "wall-tile": "wall", "wall-wood": "wall", "wall-brick": "wall", "wall-stone": "wall",
    "sky-other": "sky", "window-other": "window", "door-stuff": "door", "mirror-stuff": "mirror",
}  # fmt: skip
BUILDING = "building shop balcony window"
COCO = {"person": " ".join(PERSON), "building-other": BUILDING, "house": BUILDING, "roof": BUILDING}
VEGETATION = "tree grass plant flower"
ALIASES: dict[str, dict[str, str | None]] = {
    "coco_panoptic": COCO,
    OWN: COCO | {"building": BUILDING, "bag": "bag purse"},
    "camvid_street": {
        "pedestrian": " ".join(PERSON), "bicyclist": " ".join((*PERSON, "bicycle", "motorcycle")), "building": BUILDING,
        "car": "car truck bus", "tree": "tree plant", "traffic sign": "traffic_sign stop_sign traffic_light",
    },
    "facade": {
        "facade": "building", "vegetation": VEGETATION, "balcony fence": "balcony fence", "street": "road pavement",
        "car": "car truck bus", "traffic infrastructure": "pole traffic_sign traffic_light light",
        "non building infrastructure": None,
    },
    "davis_objects": {
        "person": " ".join(PERSON), "dancer": " ".join(PERSON), "breakdancer": " ".join(PERSON), "black swan": "bird",
        "person riding a bmx bike": " ".join((*PERSON, "bicycle")), "paraglider person": " ".join((*PERSON,
        "backpack")),
        "horse and rider": " ".join((*PERSON, "horse")), "person on scooter": " ".join((*PERSON, "motorcycle")),
        "motocross rider and motorcycle": " ".join((*PERSON, "motorcycle")), "camel": None, "goat": None,
    },
}  # fmt: skip
FIRST = INDEX["bicycle"]  # from here on the leaves are things and scenery, not persons and what they wear
CROWDED = {"person", "dancer", "breakdancer", "camel", "goat"}  # DAVIS scenes with more of the same, unlabelled
STREET_BACKGROUND = tuple(sorted(set(range(len(LEAVES))) - {INDEX[n] for n in (*PERSON, *CARRIED)}))

LeafSet = tuple[int, ...]
REST: LeafSet = tuple(sorted(set(range(len(LEAVES))) - {INDEX[n] for n in (*PERSON, *ANIMALS, *VEHICLES)}))
"""What an outlined photo shows where nothing known was outlined: persons, animals and vehicles would have been."""


@dataclass
class Photo:
    """One labelled photo: file, set, and per mask value the allowed leaves and whether it is a whole instance."""

    kind: str
    file: str
    mask: str
    names: dict[int, str]
    sets: dict[int, LeafSet | None]
    zero: LeafSet | None
    whole: frozenset[int]
    validation: bool
    weight: float = 1.0
    row: dict = field(default_factory=dict)

    def is_crowd(self, i: int) -> bool:
        """True when mask value `i` stands for a crowd that was not separated."""
        return any(r["id"] == i and r.get("iscrowd") for r in self.row["instances"])


def plain(category: str) -> str:
    """COCO's category name without its "-merged" and "-stuff" endings."""
    name = category.removesuffix("-merged")
    return SAME.get(name, name)


def leaf_set(kind: str, category: str) -> LeafSet | None:
    """Leaves a pixel of that category may have; None when it carries no label."""
    if kind == "bsds_regions":
        return None
    if category == "unknown":
        return REST
    words = ALIASES.get(kind, {}).get(category.removesuffix("-merged"), plain(category))
    if words is None:
        return None
    names = [words] if words in INDEX else words.split()
    return tuple(sorted(INDEX[n.replace("_", " ")] for n in names))


def _zero(kind: str, names: dict[int, str], sets: dict[int, LeafSet | None]) -> LeafSet | None:
    if kind == "ccp_clothing":
        return STREET_BACKGROUND
    if kind == OWN:
        return REST
    if kind == "davis_objects":
        if any(n in CROWDED for n in names.values()):
            return None
        taken = {i for s in sets.values() if s for i in s}
        return tuple(sorted(set(range(len(LEAVES))) - taken))
    return None


def _whole(row: dict) -> frozenset[int]:
    if row["set"] in ("coco_panoptic", "davis_objects", OWN):
        return frozenset(i["id"] for i in row["instances"] if i["isthing"] and not i.get("iscrowd"))
    if row["set"] == "facade":
        return frozenset(i["id"] for i in row["instances"] if i["category"] in ("window", "car"))
    return frozenset()


@lru_cache(maxsize=1)
def photos() -> tuple[Photo, ...]:
    """All usable labelled photos, training and validation, without the excluded ones."""
    drop = excluded(ROOT / "seg")
    out: list[Photo] = []
    for row in (*labelled(ROOT / "seg"), *own_rows(ROOT / "photos", WORK / OWN)):
        if row["file"] in drop:
            continue
        kind = row["set"]
        names = {i["id"]: i["category"] for i in row["instances"]}
        crowd = {i["id"] for i in row["instances"] if i.get("iscrowd")}
        sets = {i: leaf_set(kind, n) for i, n in names.items()}
        out.append(
            Photo(kind, row["file"], row["mask"], names, sets, _zero(kind, names, sets), _whole(row) - crowd,
                  kind != OWN and is_validation(row), row=row)
        )  # fmt: skip
    _weigh(out)
    return tuple(out)


def _weigh(items: list[Photo]) -> None:
    """Photos with rare categories are drawn more often: (0.08 N / count)^½ of the rarest one, 1..3."""
    for kind in {p.kind for p in items}:
        members = [p for p in items if p.kind == kind and not p.validation]
        count = Counter(n for p in members for n in set(p.names.values()))
        for p in members:
            rarest = min((count[n] for n in p.names.values()), default=1)
            p.weight = float(np.clip((0.08 * len(members) / rarest) ** 0.5, 1.0, 3.0))


@lru_cache(maxsize=1)
def all_sets() -> tuple[LeafSet, ...]:
    """Every distinct set of allowed leaves, in a fixed order; its position is the label stored in the cache."""
    found = {s for p in photos() for s in (*p.sets.values(), p.zero) if s} | {(i,) for i in range(FIRST, len(LEAVES))}
    return (*sorted(found - {REST}), REST)


@lru_cache(maxsize=4096)
def load(file: str, mask: str) -> tuple[np.ndarray, np.ndarray]:
    """``(H, W, 3) uint8`` RGB and ``(H, W)`` integer mask."""
    image = cv2.cvtColor(cv2.imread(str(ROOT / "seg" / file), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    ids = cv2.imread(str(ROOT / "seg" / mask), cv2.IMREAD_UNCHANGED)
    if ids.ndim == 3:
        ids = ids[..., 0]
    if ids.shape != image.shape[:2]:
        ids = cv2.resize(ids, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST)
    return image, ids.astype(np.int32)


def label_maps(photo: Photo, ids: np.ndarray) -> np.ndarray:
    """``(3, H, W) uint8``: label set, region (for the embedding) and whole instance; 255 = nothing known.

    Regions and instances are numbered from 1; instance 0 is "certainly no whole thing".
    """
    position = {s: i for i, s in enumerate(all_sets())}
    size = int(ids.max()) + 1
    table = np.full((3, size), IGNORE, np.uint8)
    for n, i in enumerate(sorted(photo.names), start=1):
        if i >= size:
            continue
        wanted = photo.sets[i]
        table[0, i] = IGNORE if wanted is None else position[wanted]
        table[1, i] = min(n, 250) if photo.kind != "camvid_street" else IGNORE
        if photo.kind == "ccp_clothing":
            bag = photo.names[i] in ("bag", "purse", "wallet")
            table[2, i] = IGNORE if bag else 1
        elif i in photo.whole:
            table[2, i] = min(n, 250)
        elif photo.kind in ("coco_panoptic", OWN) and not photo.is_crowd(i):
            table[2, i] = 0
    if photo.zero is not None:
        table[0, 0] = position[photo.zero]
        table[1, 0] = 0
    return table[:, np.clip(ids, 0, size - 1)]
