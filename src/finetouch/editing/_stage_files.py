"""What a two-stage edit reads and writes between its stages: the user's own pieces, and the folder they are kept in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from finetouch.errors import InputError
from finetouch.imaging import io
from finetouch.imaging.masks import Mask
from finetouch.types import Picture

if TYPE_CHECKING:
    from finetouch.editing._stages import Work

THUMB = 256


def own_background(work: Work, given: Any) -> Picture:
    """A background of the user's own; raises `InputError` for one of another size."""
    picture = work.scene.picture
    if given.size != picture.size:
        raise InputError(
            f"The background is {given.width}x{given.height}, the picture is {picture.width}x{picture.height}.",
            "A background must have the size of the picture.",
        )
    return picture.with_pixels(given.pixels, picture.alpha)


def difference(picture: Picture, background: Picture) -> Mask:
    """Where a background of one's own differs: only there it may change the picture."""
    if picture.size != background.size:
        return np.zeros((picture.height, picture.width), np.float32)
    return (picture.pixels != background.pixels).any(2).astype(np.float32)


def keep(work: Work, write: Callable[[Path], object]) -> None:
    """Writes something into the folder the user named, if any; raises `InputError` when that cannot be done."""
    folder = work.scene.keep
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(folder)
    except OSError as error:
        raise InputError(f"The folder '{folder}' cannot be written: {error.strerror}.", "Choose another.") from None


def save(picture: Picture | None, path: Path) -> None:
    """Writes a picture, when there is one."""
    if picture is not None:
        io.save(picture, path, overwrite=True, strip=True, quick=True)


def save_places(work: Work, folder: Path) -> None:
    """Writes the proposed masks, an overview of the chosen one, and their JSON."""
    from finetouch.engine.sheet import overlay

    for number, proposal in enumerate(work.proposals, 1):
        io.save_gray(proposal.mask, str(folder / f"4-place-{number}.png"), True)
    background = work.background or work.scene.picture
    shown = overlay(background.pixels, work.proposals[work.chosen].mask)
    save(background.with_pixels(shown), folder / "4-place.png")
    (folder / "4-places.json").write_text(json.dumps([p.to_json() for p in work.proposals], indent=1))


def thumb(picture: Picture) -> Any:
    """A small copy for listeners."""
    from finetouch.plan.describe import small_picture

    return small_picture(picture, THUMB).pixels
