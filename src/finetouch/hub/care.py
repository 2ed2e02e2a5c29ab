"""Looking after the weights on this machine: what is there, is it whole, throw it away."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetouch.errors import InputError, UsageError
from finetouch.hub import store
from finetouch.hub.presets import Place, Preset, Role, presets
from finetouch.types import Reporter

_HEX = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Check:
    """What looking at one place brought.

    Attributes:
        name: The place. files: How many were looked at. problems: What is wrong, for people; empty when whole.
        compared: How many were compared with the hash the hub gave them (the others only with their own headers).
    """

    name: str
    files: int
    problems: tuple[str, ...]
    compared: int

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems


def pick_roles(roles: dict[str, Role], wanted: Iterable[str] | None, who: str) -> list[Role]:
    """Some roles of a preset, all when none are named; raises `UsageError` for one that is not there."""
    names = list(wanted or roles)
    unknown = [n for n in names if n not in roles]
    if unknown:
        known = ", ".join(roles) or "none"
        raise UsageError(f"The preset '{who}' has no role '{unknown[0]}'.", f"Its roles: {known}.")
    return [roles[n] for n in names]


def describe(role: Role) -> dict[str, Any]:
    """A role for lists: places, what is here, sizes, licences. Bytes are on disk when here, else from the preset."""
    here = all(store.locate(p) is not None for p in role.places)
    own = ([(role.place, role.bytes, role.licence)] if role.place else []) + [
        (p.place, p.bytes, p.licence or role.licence) for p in (*role.parts.values(), *role.loras.values())
    ]
    places = []
    for place in (*role.places, *role.extras):
        size, licence = next((b, text) for p, b, text in own if p == place)
        found = store.locate(place)
        places.append({
            "place": place.name, "revision": "" if place.folder else place.revision, "bundled": place.bundled,
            "subfolder": place.subfolder, "optional": place in role.extras, "present": found is not None,
            "path": None if found is None else str(found), "licence": licence,
            "bytes": store.size_on_disk(place) if found is not None else size,
        })  # fmt: skip
    return {
        "role": role.name, "class": role.cls.rpartition(".")[2], "present": here, "memory": role.memory,
        "bytes": sum(p["bytes"] for p in places), "licence": role.licence, "places": places,
    }  # fmt: skip


def verify(place: Place, report: Reporter) -> Check:
    """Looks at every file of a place: is it there, has it the right content.

    Files that huggingface_hub laid down carry their hash as their name and are compared with it; of others the
    safetensors' own headers are compared with the file's length.
    """
    top = store.root(place)
    if top is None:
        return Check(place.name, 0, ("not on this machine",), 0)
    folder = top / place.subfolder if place.subfolder else top
    problems = [f"{name} is missing" for name in store.incomplete(folder, place.without)]
    files = sorted(p for p in folder.rglob("*") if p.is_file() or p.is_symlink())
    compared = 0
    for number, path in enumerate(files):
        name = path.relative_to(folder).as_posix()
        report.update("verify", number, len(files), f"{place.name}: {name}")
        if not path.exists():
            problems.append(f"{name} points to nothing")
            continue
        expected = path.resolve().name if path.is_symlink() else ""
        if _HEX.fullmatch(expected):
            compared += 1
            if _hash(path, len(expected), report) != expected:
                problems.append(f"{name} is damaged")
        elif path.suffix == ".safetensors" and not _whole(path):
            problems.append(f"{name} is cut off or damaged")
    return Check(place.name, len(files), tuple(problems), compared)


def remove(roles: Iterable[Role], preset: Preset) -> tuple[list[tuple[str, int]], list[tuple[str, str]]]:
    """Deletes the downloads of some roles of a preset.

    What another role or preset that is on this machine still needs is kept; folders that were given by hand and
    bundled weights are never touched.

    Returns:
        What was removed, as (name, bytes), and what was kept, as (name, who needs it).
    """
    going = [p for role in roles for p in (*role.places, *role.extras) if p.folder is None]
    leaving = {role.name for role in roles}
    gone: dict[str, int] = {}
    kept: dict[str, str] = {}
    needed = _needed({p.id for p in going}, preset, leaving)
    for place in going:
        folder = store.repository(place)
        if place.id in gone or not folder.is_dir():
            continue
        if place.id in needed:
            kept[place.id] = needed[place.id]
            continue
        size = sum(p.lstat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
        shutil.rmtree(folder)
        shutil.rmtree(store.cache_dir() / ".locks" / folder.name, ignore_errors=True)
        gone[place.id] = size
    return list(gone.items()), list(kept.items())


def _needed(going: set[str], preset: Preset, leaving: set[str]) -> dict[str, str]:
    """Repository → who still needs it: roles that stay and whose other weights are here."""
    found: dict[str, list[str]] = {}
    for other in presets().values():
        for role in other.roles.values():
            if other.name == preset.name and role.name in leaving:
                continue
            own = {p.id for p in (*role.places, *role.extras)}
            staying = other.name == preset.name or _in_use(other, going)
            if own & going and staying and all(store.locate(p) is not None for p in role.places):
                for name in own & going:
                    found.setdefault(name, []).append(other.name)
    return {name: ", ".join(dict.fromkeys(users)) for name, users in found.items()}


def _in_use(other: Preset, going: set[str]) -> bool:
    """Whether a preset has downloads besides those that are about to go."""
    places = (p for role in other.roles.values() for p in role.places if p.folder is None and p.id not in going)
    return any(store.root(p) is not None for p in places)


def _hash(path: Path, digits: int, report: Reporter) -> str:
    """SHA-256 for 64 digits; git's own hash of a file for 40."""
    total: Any = hashlib.sha256()
    if digits == 40:
        total = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            report.check()
            total.update(chunk)
    return str(total.hexdigest())


def _whole(path: Path) -> bool:
    """Whether a safetensors file is as long as its header says."""
    try:
        header, start = store.header(path)
        end = max((entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"), default=0)
        return bool(start + end == path.stat().st_size)
    except (OSError, InputError, KeyError, TypeError, IndexError):
        return False
