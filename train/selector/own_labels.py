"""Photos whose regions were outlined for this selector: polygons → masks in the layout of the labelled sets.

`own_labels.jsonl.xz` holds one photo per line: ``regions`` (category and polygon in percent of width and height,
painted from back to front) and ``crowd`` (categories whose polygons stand for many things that were not separated).
A vision-language model drew them, looking at each photo below a grid.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from finetouch.select.vocabulary import INDEX

OWN = "own_labels"
LABELS = Path(__file__).with_name("own_labels.jsonl.xz")
LAST_THING = INDEX["toothbrush"]
BAND = 0.012
"""Outlines are this sure, as a share of the long side; within it the picture's edges decide."""


def entries() -> list[dict[str, Any]]:
    """All outlined photos, as the file has them."""
    return [json.loads(line) for line in lzma.decompress(LABELS.read_bytes()).decode().splitlines()]


def own_rows(photos: Path, masks: Path) -> Iterator[dict[str, Any]]:
    """The photos in the layout of `meta.jsonl`; masks are drawn once into a folder.

    Args:
        photos: Folder of the unlabelled photos. masks: Where the masks go.
    """
    masks.mkdir(parents=True, exist_ok=True)
    for entry in entries():
        file = photos / entry["file"]
        if not file.exists():
            continue
        mask = masks / (entry["file"].replace("/", "_").rsplit(".", 1)[0] + ".png")
        if not mask.exists():
            draw(cv2.imread(str(file)), entry["regions"], mask)
        yield {"set": OWN, "file": str(file), "mask": str(mask), "instances": list(_instances(entry))}


def _instances(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for n, (category, _) in enumerate(entry["regions"], 1):
        isthing = category == "person" or (category != "unknown" and INDEX[category] <= LAST_THING)
        yield {
            "id": n, "category": category, "isthing": int(isthing),
            "iscrowd": int(category in entry.get("crowd", ())),
        }  # fmt: skip


def draw(image: np.ndarray, regions: list[Any], path: Path) -> None:
    """Writes region numbers 1.. (0: not outlined); near outlines a watershed follows the picture's edges."""
    height, width = image.shape[:2]
    scale = np.array([width, height]) / 100
    painted = np.zeros((height, width), np.int32)
    for n, (_, polygon) in enumerate(regions, 1):
        cv2.fillPoly(painted, [np.rint(np.array(polygon) * scale).astype(np.int32)], n)
    reach = max(1, round(BAND * max(height, width)))
    around = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    marks = np.zeros_like(painted)
    for n in range(len(regions) + 1):
        own = (painted == n).astype(np.uint8)
        sure = cv2.erode(own, around, borderType=cv2.BORDER_REPLICATE)
        if not sure.any():
            sure = own
        marks[sure > 0] = n + 1
    grown = cv2.watershed(cv2.bilateralFilter(image, 5, 30, 3), marks.copy())
    found = np.where(grown > 0, grown - 1, painted)
    cv2.imwrite(str(path), found.astype(np.uint8))
