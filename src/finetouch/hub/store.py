"""The weights on this machine: where they are, whether they are complete, what they are called."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from finetouch.errors import InputError
from finetouch.hub.presets import Place
from finetouch.settings import settings

SKIPPED = ("safety_checker", "feature_extractor")
_COMMIT = re.compile(r"[0-9a-f]{40}")
WEIGHT_NAMES = ("model", "diffusion_pytorch_model", "pytorch_lora_weights", "adapter_model")
_SAMPLE = 1 << 16


def offline(asked: bool | None = None) -> bool:
    """Whether going online is forbidden: by the caller, by ``FINETOUCH_OFFLINE`` or by ``HF_HUB_OFFLINE``."""
    said = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return bool(asked) or settings().offline or said.upper() in ("1", "ON", "YES", "TRUE")


def cache_dir() -> Path:
    """The folder that downloads go to: ``FINETOUCH_CACHE_DIR``, or the cache of Hugging Face."""
    own = settings().cache_dir
    if own is not None:
        return own.expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    hub = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or Path(home) / "hub"
    return Path(os.path.expandvars(str(hub))).expanduser()


def repository(place: Place) -> Path:
    """The folder of a hub repository in the cache, whether it is there or not."""
    return cache_dir() / f"models--{place.id.replace('/', '--')}"


def commit(place: Place) -> str:
    """The commit that is on this machine for a place's revision; "" when there is none."""
    if _COMMIT.fullmatch(place.revision):
        return place.revision
    try:
        return (repository(place) / "refs" / place.revision).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def root(place: Place) -> Path | None:
    """The folder of a place without its subfolder, or None when nothing of it is on this machine."""
    if place.folder is not None:
        return place.folder if place.folder.is_dir() else None
    found = commit(place)
    folder = repository(place) / "snapshots" / found
    return folder if found and folder.is_dir() else None


def locate(place: Place) -> Path | None:
    """The folder to load from, or None when the weights are not on this machine or not complete."""
    top = root(place)
    if top is None:
        return None
    folder = top / place.subfolder if place.subfolder else top
    return folder if folder.is_dir() and not incomplete(folder, place.without) else None


def incomplete(folder: Path, without: Sequence[str] = ()) -> list[str]:
    """Names of the files that a folder in the hub's layout should have but has not.

    Looks at what the folder itself says: components of a pipeline (except `without`), shards of an index, weights
    beside a config.
    """
    index = folder / "model_index.json"
    if not index.is_file():
        return _lacking(folder)
    missing = []
    for name in (c for c in components(folder) if c not in without):
        missing += [f"{name}/{m}" for m in _lacking(folder / name)]
    return missing


def components(folder: Path) -> dict[str, tuple[str, str]]:
    """The components a pipeline folder names: name → (library, class); those left empty or skipped are not in it."""
    entries = read_json(folder / "model_index.json")
    return {
        name: (str(value[0]), str(value[1]))
        for name, value in entries.items()
        if isinstance(value, list) and len(value) == 2 and value[1] is not None and name not in SKIPPED
    }


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a model's folder; raises `InputError` when it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"'{path}' cannot be read: {error}", "Download the model again.") from None
    if not isinstance(found, dict):
        raise InputError(f"'{path}' does not hold a description of a model.", "Download the model again.")
    return found


def weight_files(folder: Path) -> list[Path]:
    """The weight files that would be loaded from one component folder, links followed."""
    found = sorted(p for p in folder.glob("*.safetensors") if p.exists())
    return [p for p in found if p.name.startswith(WEIGHT_NAMES)] or found


def header(path: Path) -> tuple[dict[str, Any], int]:
    """The description at the start of a safetensors file, and where its numbers begin; raises `InputError`."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if 0 < length < path.stat().st_size:
                return dict(json.loads(file.read(length))), 8 + length
    except (OSError, ValueError, TypeError):
        pass
    raise InputError(f"'{path}' is cut off or damaged.", "Find out more with: finetouch models verify")


def size_on_disk(place: Place) -> int:
    """Bytes of all files of a place on this machine (of the whole repository when it is one)."""
    top = root(place)
    if top is None:
        return 0
    folder = top / place.subfolder if place.folder is not None and place.subfolder else top
    seen = {p.resolve(): p.stat().st_size for p in folder.rglob("*") if p.is_file()}
    return sum(seen.values())


def identity(place: Place) -> str:
    """What the provenance says about a place: "org/name@commit", or "folder@digest"; "missing" when absent.

    The digest is taken over names and sizes of all weight files, their configs, and samples of their bytes.
    """
    name = f"{place.name}/{place.subfolder}" if place.subfolder else place.name
    top = root(place)
    if top is None:
        return "missing"
    if place.folder is None:
        return f"{name}@{commit(place)[:12]}"
    folder = top / place.subfolder if place.subfolder else top
    return f"{name}@{_digest(folder, tuple((p, p.stat().st_mtime_ns) for p in _telling(folder)))[:12]}"


def _lacking(folder: Path) -> list[str]:
    if not folder.is_dir():
        return ["(the folder)"]
    if not any(folder.iterdir()):
        return ["(its files)"]
    missing: list[str] = []
    for index in folder.glob("*.safetensors.index*.json"):
        table = read_json(index)
        missing += sorted(s for s in set(table.get("weight_map", {}).values()) if not (folder / s).exists())
    config = folder / "config.json"
    if config.is_file() and not weight_files(folder) and not missing:
        missing.append("*.safetensors")
    return missing


def _telling(folder: Path) -> Iterator[Path]:
    files = (p for p in folder.rglob("*") if p.is_file() and p.suffix in (".json", ".safetensors", ".txt"))
    return iter(sorted(files))


@lru_cache(maxsize=64)
def _digest(folder: Path, stamps: tuple[tuple[Path, int], ...]) -> str:
    total = hashlib.sha256()
    for path, _ in stamps:
        size = path.stat().st_size
        total.update(f"{path.relative_to(folder).as_posix()}:{size}\n".encode())
        with path.open("rb") as file:
            total.update(file.read(_SAMPLE))
            for at in range(1, 9):
                file.seek(max(0, size * at // 9 - _SAMPLE))
                total.update(file.read(_SAMPLE))
    return total.hexdigest()
