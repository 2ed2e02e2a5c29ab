"""Presets: role → class and weights, read from presets.toml."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from finetouch.errors import UsageError


@dataclass(frozen=True)
class Weights:
    """One weight file of a preset.

    Attributes:
        role: What it is used for. path: Where it is (or has to be). licence: Its licence.
        bundled: Part of the package, never downloaded.
    """

    role: str
    path: Path
    licence: str
    bundled: bool

    @property
    def present(self) -> bool:
        """True when the file is on this machine."""
        return self.path.is_file()

    @property
    def size(self) -> int:
        """Bytes, 0 when absent."""
        return self.path.stat().st_size if self.present else 0

    def identity(self) -> str:
        """File name and the first 12 digits of its SHA-256; "missing" when absent."""
        return f"{self.path.name}@{_digest(self.path)[:12]}" if self.present else "missing"


@dataclass(frozen=True)
class Preset:
    """Who plays which role.

    Attributes:
        name, summary, does: For people. parser, selector: Registered names.
        extra: Optional extra it needs, or "". device: "cpu" or "auto".
        weights: All files it uses.
    """

    name: str
    summary: str
    does: str
    parser: str
    selector: str
    extra: str
    device: str
    weights: tuple[Weights, ...]


@cache
def presets() -> dict[str, Preset]:
    """All presets of this version, by name."""
    root = Path(str(files("finetouch")))
    table = tomllib.loads((root / "hub" / "presets.toml").read_text(encoding="utf-8"))
    found = {}
    for name, row in table.items():
        weights = tuple(
            Weights(role, root / w["file"], w["licence"], bool(w.get("bundled")))
            for role, w in row.get("weights", {}).items()
        )
        facts = {key: row[key] for key in ("summary", "does", "parser", "selector", "extra", "device")}
        found[name] = Preset(name=name, weights=weights, **facts)
    return found


def preset(name: str) -> Preset:
    """One preset; raises `UsageError` listing those that exist."""
    try:
        return presets()[name]
    except KeyError:
        raise UsageError(f"There is no preset called '{name}'.", f"Available: {', '.join(presets())}.") from None


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def generators() -> tuple[str, ...]:
    """Names of the presets that have, or will have, a generative model."""
    return ("lab", "sd15", "sdxl", "flux", "qwen")
