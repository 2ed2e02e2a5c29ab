"""What a method in several stages made on its way, small enough to be shown: pictures, and proposed places."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from finetouch.engine.result import EditResult
from finetouch.engine.sheet import overlay
from finetouch.engine.vault import Vault

SIDE = 384
_BACKGROUND, _PLACES = "3-background.png", "4-places.json"


@contextmanager
def kept(beside: Path) -> Iterator[Path]:
    """A folder for the stages of one edit; it is gone afterwards."""
    with TemporaryDirectory(prefix="stages-", dir=beside) as name:
        yield Path(name)


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
    before = _small(background, cv2.IMREAD_COLOR) if background.is_file() else _shrunk(result.before.pixels[..., ::-1])
    rows = []
    for stage in facts:
        row: dict[str, Any] = {"name": stage["name"], "seconds": stage["seconds"]}
        if stage["name"] == "background" and background.is_file():
            row["picture"] = _put(before, vault)
        if stage["name"] == "propose" and (folder / _PLACES).is_file():
            chosen = next((s.get("place") for s in facts if s["name"] == "paint"), None)
            row["choices"] = _places(folder, before, chosen, vault)
        rows.append(row)
    return rows


def _places(folder: Path, background: np.ndarray, chosen: int | None, vault: Vault) -> list[dict[str, Any]]:
    found = json.loads((folder / _PLACES).read_text())
    rows = []
    for number, place in enumerate(found, 1):
        mask = _small(folder / f"4-place-{number}.png", cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
        shown = overlay(np.ascontiguousarray(background[..., ::-1]), mask)[..., ::-1]
        why = "; ".join(str(w) for w in place.get("why", ()))
        rows.append(
            {"picture": _put(shown, vault), "score": place["score"], "chosen": number == chosen, "why": why[:300]}
        )
    return rows


def _small(file: Path, how: int) -> np.ndarray:
    return _shrunk(np.asarray(cv2.imdecode(np.fromfile(file, np.uint8), how)))


def _shrunk(pixels: np.ndarray) -> np.ndarray:
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def _put(pixels: np.ndarray, vault: Vault) -> str:
    return vault.put(bytes(cv2.imencode(".jpg", np.ascontiguousarray(pixels))[1]), "jpg")
