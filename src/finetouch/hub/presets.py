"""Presets: which class and which weights play which role, read from presets.toml."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from finetouch.errors import UsageError


@dataclass(frozen=True)
class Weights:
    """One weight file of a preset that no torch is needed for.

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
class Place:
    """Where weights are: a repository on the hub, or a folder on this machine.

    Attributes:
        id: "org/name" on the hub, or "" for a folder. revision: Branch, tag or commit there.
        folder: The folder, or None for a repository. bundled: The folder is part of the package.
        subfolder: Folder inside of it, or "".
        files: Globs of the files that are needed; empty: all that are safe to load.
        without: Components of a pipeline that are not taken from here.
    """

    id: str = ""
    revision: str = "main"
    folder: Path | None = None
    bundled: bool = False
    subfolder: str = ""
    files: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How people know it: "org/name", the last two names of a bundled folder, or the folder as given."""
        if self.folder is None:
            return self.id
        return "/".join(self.folder.parts[-2:]) if self.bundled else str(self.folder)


@dataclass(frozen=True)
class Part:
    """One component of a model that is kept in a place of its own.

    Attributes:
        cls: Dotted class ("diffusers.AutoencoderKL"); "" when the files say it themselves.
        place: Where it is. dtype: "auto", "float32", "float16" or "bfloat16".
        bytes: Download size, 0 when it is not known. licence: Its licence.
        optional: The role works without it.
    """

    cls: str
    place: Place
    dtype: str = "auto"
    bytes: int = 0
    licence: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Role:
    """Who plays a role in a preset.

    Attributes:
        name: "grounder", "segmenter", "inpaint" ... (see `finetouch.hub.roles`).
        cls: Dotted class; a diffusers pipeline class for generators; "" when the files say it themselves.
        place: One folder in the hub's layout, or None when the role is put together from `parts`.
        parts: Components from places of their own; together with `place` they stand in for its components.
        loras: Small add-on weights of the denoiser, by name. active: The one that is switched on from the start.
        bytes: Download size. memory: Bytes needed to work at the usual size, in half precision.
        dtype: Half precision to take on an accelerator: "auto", "float32", "float16" or "bfloat16".
        ondemand: Not part of a plain download, only when it is asked for.
        licence: Of the weights. facts: Anything a method should know ("native_size", "steps", "guidance").
    """

    name: str
    cls: str = ""
    place: Place | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    loras: Mapping[str, Part] = field(default_factory=dict)
    active: str = ""
    bytes: int = 0
    memory: int = 0
    dtype: str = "auto"
    ondemand: bool = False
    licence: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place it cannot do without, each once, in the order they are loaded."""
        found = [] if self.place is None else [self.place]
        found += [p.place for p in (*self.parts.values(), *self.loras.values()) if not p.optional]
        return tuple(dict.fromkeys(found))

    @property
    def extras(self) -> tuple[Place, ...]:
        """Places of what is used when it is there: previews, add-on weights."""
        optional = (p.place for p in (*self.parts.values(), *self.loras.values()) if p.optional)
        return tuple(dict.fromkeys(p for p in optional if p not in self.places))

    @property
    def total(self) -> int:
        """Download size of the role with its parts; 0 when it is not known."""
        return self.bytes + sum(p.bytes for p in (*self.parts.values(), *self.loras.values()))


@dataclass(frozen=True)
class Preset:
    """Who plays which role.

    Attributes:
        name, summary, does: For people. parser, selector: Registered names.
        extra: Optional extra it needs, or "". device: "cpu" or "auto".
        weights: Single files that need no torch. roles: Models, by role.
    """

    name: str
    summary: str
    does: str
    parser: str
    selector: str
    extra: str
    device: str
    weights: tuple[Weights, ...]
    roles: Mapping[str, Role] = field(default_factory=dict)


@cache
def presets() -> dict[str, Preset]:
    """All presets of this version, by name."""
    root = Path(str(files("finetouch")))
    return read_presets((root / "hub" / "presets.toml").read_text(encoding="utf-8"), root)


def read_presets(text: str, root: Path) -> dict[str, Preset]:
    """Presets from a TOML document; folders in it are looked for below `root`."""
    found = {}
    for name, row in tomllib.loads(text).items():
        weights = tuple(
            Weights(role, root / w["file"], w["licence"], bool(w.get("bundled")))
            for role, w in row.get("weights", {}).items()
        )
        roles = {role: _role(role, r, root) for role, r in row.get("roles", {}).items()}
        facts = {key: row[key] for key in ("summary", "does", "parser", "selector", "extra", "device")}
        found[name] = Preset(name=name, weights=weights, roles=roles, **facts)
    return found


def preset(name: str) -> Preset:
    """One preset; raises `UsageError` listing those that exist."""
    try:
        return presets()[name]
    except KeyError:
        raise UsageError(f"There is no preset called '{name}'.", f"Available: {', '.join(presets())}.") from None


def _role(name: str, row: Mapping[str, Any], root: Path) -> Role:
    known = {k: row[k] for k in ("active", "bytes", "memory", "dtype", "ondemand", "licence", "facts") if k in row}
    place = _place(row, root) if "id" in row or "folder" in row else None
    parts = {part: _part(r, root) for part, r in row.get("parts", {}).items()}
    loras = {
        lora: replace(_part(r, root), optional=lora != row.get("active")) for lora, r in row.get("loras", {}).items()
    }
    if place is not None:
        place = replace(place, without=tuple(p for p, part in parts.items() if not part.optional))
    return Role(name=name, cls=row.get("class", ""), place=place, parts=parts, loras=loras, **known)


def _part(row: Mapping[str, Any], root: Path) -> Part:
    known = {k: row[k] for k in ("dtype", "bytes", "licence", "optional") if k in row}
    return Part(row.get("class", ""), _place(row, root), **known)


def _place(row: Mapping[str, Any], root: Path) -> Place:
    folder = root / row["folder"] if "folder" in row else None
    return Place(
        id=row.get("id", ""),
        revision=row.get("revision", "main"),
        folder=folder,
        bundled=bool(row.get("bundled", folder is not None)),
        subfolder=row.get("subfolder", ""),
        files=tuple(row.get("files", ())),
    )


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
