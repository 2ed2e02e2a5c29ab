"""Decoded pictures at hand: the last few, so that looking at a photo again does not open it again."""

from __future__ import annotations

import threading
from collections import OrderedDict

from finetouch.engine.vault import Vault
from finetouch.imaging import io
from finetouch.types import Picture

KEPT = 4


class Shelf:
    """Opens pictures of a vault and keeps the last `KEPT`, fewer when they are large; safe to use from threads.

    Args:
        vault: Where the files are.
        pixels: How many pixels are kept together. limit: Largest picture that is opened; None asks the settings.
    """

    def __init__(self, vault: Vault, pixels: float, limit: float | None = None) -> None:
        self._vault, self._pixels, self._limit = vault, pixels, limit
        self._open: OrderedDict[str, Picture] = OrderedDict()
        self._lock = threading.RLock()

    def get(self, name: str) -> Picture:
        """The decoded picture; raises `InputError` when it is not in the vault or cannot be read."""
        with self._lock:
            if name not in self._open:
                self._open[name] = io.load(self._vault.path(name), self._limit)
            self._open.move_to_end(name)
            while len(self._open) > 1 and self._full():
                self._open.popitem(last=False)
            return self._open[name]

    def _full(self) -> bool:
        return len(self._open) > KEPT or sum(p.width * p.height for p in self._open.values()) > self._pixels
