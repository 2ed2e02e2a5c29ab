"""Which labelled photos are kept for validation: one definition for training and for scoring."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from finetouch.errors import InputError

DAVIS_HELD = ("camel", "car-shadow", "libby", "goat", "parkour", "blackswan")
CAMVID_DRIVE = "0016E5"
SHARES = {"coco_panoptic": 20, "ccp_clothing": 7, "facade": 8, "bsds_regions": 5}


def bucket(name: str) -> int:
    """A number 0..99 that depends on the file name alone."""
    return int(hashlib.sha1(name.encode()).hexdigest(), 16) % 100


def is_validation(row: dict[str, Any]) -> bool:
    """True when the photo of this meta.jsonl row is never trained on.

    COCO 20 %, CCP 7 %, facade 8 % and BSDS 5 % by hash of the file name; of CamVid one whole drive; of DAVIS six
    whole sequences (frames of one video are too alike to be split).
    """
    name = PurePosixPath(row["file"]).name
    if row["set"] == "camvid_street":
        return name.startswith(CAMVID_DRIVE)
    if row["set"] == "davis_objects":
        return name.rsplit("_", 1)[0] in DAVIS_HELD
    return bucket(name) < SHARES.get(row["set"], 100)


def labelled(folder: Path) -> list[dict[str, Any]]:
    """The rows of a folder's ``meta.jsonl``, a photo each; raises `InputError` when there is none."""
    file = folder / "meta.jsonl"
    if not file.is_file():
        raise InputError(f"There is no meta.jsonl in {folder}.", "Give the folder that holds meta.jsonl and the masks.")
    return [json.loads(line) for line in file.read_text().splitlines() if line.strip()]


def excluded(folder: Path) -> set[str]:
    """Photos of a folder of labelled photos that must never be trained on, as meta.jsonl names them.

    They are listed in ``EXCLUDE_FROM_TRAINING.txt`` in the folder or above it (there with the folder's name).
    """
    names: set[str] = set()
    for place, prefix in ((folder, ""), (folder.parent, f"{folder.name}/")):
        file = place / "EXCLUDE_FROM_TRAINING.txt"
        lines = file.read_text().splitlines() if file.is_file() else []
        names |= {line.strip().removeprefix(prefix) for line in lines if line.strip().startswith(prefix)}
    return {n for n in names if n and not n.startswith("#")}
