"""What the studio may be told: where it listens, where it keeps its files, what it allows."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class StudioSettings:
    """Settings of one running studio.

    Attributes:
        folder: Everything the studio writes is below it.
        host, port: Where it listens. token: Needed by every client when set; other hosts than this one always need it.
        preset, device: Defaults of the page.
        max_upload: Largest body in bytes. max_pixels: Largest picture.
        quota: Unfinished jobs one client may have.
        keep_days: Pictures that belong to no project are deleted after so many days; 0 keeps everything.
    """

    folder: Path = field(default_factory=lambda: default_folder())
    host: str = "127.0.0.1"
    port: int = 7860
    token: str | None = None
    preset: str = "embedded"
    device: str = "auto"
    max_upload: int = 200 << 20
    max_pixels: float = 60e6
    quota: int = 100
    keep_days: float = 30.0

    @property
    def local(self) -> bool:
        """True when only this machine can reach it."""
        return self.host in LOOPBACK


def default_folder() -> Path:
    """Where the studio keeps projects when no folder is named (``FINETOUCH_STUDIO`` overrides it)."""
    named = os.environ.get("FINETOUCH_STUDIO")
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "finetouch" / "studio"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "finetouch" / "studio"
