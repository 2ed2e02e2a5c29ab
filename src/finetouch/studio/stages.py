"""What a method in several stages made on its way, small enough to be shown: pictures, and proposed places."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from finetouch.engine.result import EditResult
from finetouch.engine.sheet import overlay
from finetouch.engine.vault import Vault
from finetouch.imaging.crop import shrunk

SIDE = 384
_BACKGROUND, _PLACES = "3-background.png", "4-places.json"


@contextmanager
def kept(beside: Path) -> Iterator[Path]:
    """Where a folder for the stages of one edit may be made; it is gone afterwards."""
    folder = beside / f"stages-{secrets.token_hex(8)}"
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stages(result: EditResult, folder: Path, vault: Vault) -> list[dict[str, Any]]:
    """The stages of the last step that had some, for a project's state (`finetouch.engine.history.Stage`).

    Args:
        result: The edit. folder: Where the method kept its pieces. vault: Takes small pictures of them.
    """
    steps = [s for s in result.steps if s.facts.get("stages")]
    if not steps:
        return []
    facts = [s for s in steps[-1].facts["stages"] if "skipped" not in s]
    background = folder / _BACKGROUND
    there = background.is_file()
    before = shrunk(_read(background, cv2.IMREAD_COLOR_RGB) if there else result.before.pixels, SIDE)
    rows = []
    for stage in facts:
        row: dict[str, Any] = {"name": stage["name"], "seconds": stage["seconds"]}
        if stage["name"] == "background" and there:
            row["picture"] = _put(before, vault)
        if stage["name"] == "propose" and (folder / _PLACES).is_file():
            chosen = next((s.get("place") for s in facts if s["name"] == "paint"), None)
            row["choices"] = _places(folder, before, chosen, vault)
        rows.append(row)
    return rows


def leftovers(folder: Path, vault: Vault) -> list[str]:
    """Small pictures of what was made before a stage failed: the place as far as it was emptied, the place chosen."""
    made = [folder / name for name in (_BACKGROUND, "4-place.png")]
    return [_put(shrunk(_read(f, cv2.IMREAD_COLOR_RGB), SIDE), vault) for f in made if f.is_file()]


def _places(folder: Path, background: np.ndarray, chosen: int | None, vault: Vault) -> list[dict[str, Any]]:
    found = json.loads((folder / _PLACES).read_text())
    rows = []
    for number, place in enumerate(found, 1):
        mask = shrunk(_read(folder / f"4-place-{number}.png", cv2.IMREAD_GRAYSCALE), SIDE).astype(np.float32) / 255
        shown = overlay(background, mask)
        why = "; ".join(str(w) for w in place.get("why", ()))
        rows.append(
            {"picture": _put(shown, vault), "score": place["score"], "chosen": number == chosen, "why": why[:300]}
        )
    return rows


def _read(file: Path, how: int) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.fromfile(file, np.uint8), how))


def _put(pixels: np.ndarray, vault: Vault) -> str:
    return vault.put(bytes(cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1]), "jpg")
