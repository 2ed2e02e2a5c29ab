"""Which seeds belong to which split, and which combinations are kept for the test."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Literal, get_args

from finetouch.errors import UsageError
from finetouch.lab.scene import Scene

Split = Literal["train", "validation", "test"]
SPLITS: tuple[str, ...] = get_args(Split)
_CYCLE = 20


def split_of(seed: int) -> Split:
    """The split of a seed: of every twenty seeds, eighteen train, one validates, one tests."""
    rest = seed % _CYCLE
    return "test" if rest == _CYCLE - 1 else "validation" if rest == _CYCLE - 2 else "train"


def seed_for(split: str, index: int) -> int:
    """The `index`-th seed of a split; raises `UsageError` for an unknown split."""
    if split not in SPLITS:
        raise UsageError(f"There is no split '{split}'.", f"Choose one of: {', '.join(SPLITS)}.")
    if split == "train":
        return index // (_CYCLE - 2) * _CYCLE + index % (_CYCLE - 2)
    return index * _CYCLE + (_CYCLE - 1 if split == "test" else _CYCLE - 2)


@lru_cache(maxsize=4096)
def held_out(kind: str, color: str, place: str) -> bool:
    """True for the one in twelve combinations that only test scenes may show."""
    return zlib.crc32(f"{kind}|{color}|{place}".encode()) % 12 == 0


def unseen(scene: Scene) -> tuple[int, ...]:
    """Ids of the things whose class, colour and place are never seen together outside the test split."""
    return tuple(t.id for t in scene.things if held_out(t.kind, t.color, scene.place.name))


def allowed(scene: Scene) -> bool:
    """Whether this scene may be shown in the split of its seed."""
    return split_of(scene.seed) == "test" or not unseen(scene)
