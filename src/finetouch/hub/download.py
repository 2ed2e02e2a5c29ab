"""Brings weights from the hub: only the files that are needed, safetensors only, resumed where it was cut off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from finetouch.errors import DependencyMissing, FinetouchError, ModelMissing, OutputError, UsageError
from finetouch.hub import store, transfer
from finetouch.hub.presets import Place, Role
from finetouch.settings import settings
from finetouch.types import Reporter

SMALL = (".json", ".txt", ".model", ".jinja")
_MB = 1_000_000


@dataclass(frozen=True)
class Remote:
    """A file on the hub: its path in the repository, its bytes."""

    path: str
    bytes: int


@dataclass(frozen=True)
class Listing:
    """What a place needs: the commit its revision stands for, and the files, small ones first."""

    place: Place
    commit: str
    files: tuple[Remote, ...]

    @property
    def lacking(self) -> tuple[Remote, ...]:
        """The files that are not on this machine yet."""
        snapshot = store.repository(self.place) / "snapshots" / self.commit
        return tuple(f for f in self.files if not (snapshot / f.path).exists())


def download(role: Role, report: Reporter, offline: bool = False, extras: bool = True) -> list[Path]:
    """Brings everything a role needs that is not here yet; what was cut off before goes on where it stopped.

    Args:
        role: The role. report: Told the megabytes so far; cancel leaves what is there for the next time.
        offline: Going online is forbidden. extras: Also previews and add-on weights.

    Returns:
        The folders of its places, downloaded or found.

    Raises:
        UsageError: Offline; no such repository or revision; nothing but pickled weights there.
        ModelMissing: The repository is gated, or the hub cannot be reached. OutputError: The disk is full.
    """
    wanted = [p for p in (*role.places, *(role.extras if extras else ())) if p.folder is None]
    lacking = [p for p in wanted if store.locate(p) is None]
    if lacking and store.offline(offline):
        names = ", ".join(p.name for p in lacking)
        raise UsageError(f"Offline: {names} cannot be downloaded.", "Leave out --offline and unset HF_HUB_OFFLINE.")
    if lacking and find_spec("huggingface_hub") is None:
        raise DependencyMissing("huggingface_hub", "diffusion", "Downloading models")
    listings = [listing(p, role) for p in lacking]
    _check_space(sum(f.bytes for entry in listings for f in entry.lacking))
    for entry in listings:
        fetch(entry, report)
    return [found for p in wanted if (found := store.locate(p)) is not None]


def listing(place: Place, role: Role) -> Listing:
    """Asks the hub what a place consists of; the role says which precision is wanted."""
    from huggingface_hub import HfApi

    with _explained(place):
        info = HfApi(endpoint=transfer.endpoint()).model_info(place.id, revision=place.revision, files_metadata=True)
    found = [Remote(s.rfilename, int(s.size or 0)) for s in info.siblings or ()]
    names = {f.path for f in found}
    prefix = f"{place.subfolder}/" if place.subfolder else ""
    folders: Sequence[str] = (prefix.rstrip("/"),)
    if f"{prefix}model_index.json" in names:
        index = _fetch_file(place, str(info.sha), f"{prefix}model_index.json", Reporter(), 0, 0)
        parts = [name for name in store.components(index.parent) if name not in place.without]
        folders = (prefix.rstrip("/"), *(f"{prefix}{name}" for name in parts))
    chosen = choose(found, folders, place, half=role.dtype != "float32")
    if not chosen:
        raise UsageError(f"'{place.id}' has none of the files the role '{role.name}' needs.", "Give another model.")
    return Listing(place, str(info.sha), chosen)


def choose(found: Sequence[Remote], folders: Sequence[str], place: Place, half: bool) -> tuple[Remote, ...]:
    """The files to download: configs and vocabularies, and one set of safetensors per folder.

    Args:
        found: All files of the repository. folders: Those that matter ("" is the top).
        place: Its globs narrow the choice. half: Prefer half-precision weights where there are both.

    Raises:
        UsageError: A folder has weights, but none in safetensors.
    """
    if place.files:
        found = [f for f in found if any(fnmatch(f.path, glob) for glob in place.files)]
    small: list[Remote] = []
    heavy: list[Remote] = []
    code = (".py",) if settings().remote_code else ()
    for folder in folders:
        inside = [f for f in found if f.path.rpartition("/")[0] == folder]
        small += [f for f in inside if f.path.endswith((*SMALL, *code)) and ".index." not in f.path]
        weights = _one_set([f for f in inside if ".safetensors" in f.path], half)
        top_of_pipeline = len(folders) > 1 and folder == folders[0]
        pickled = [f for f in inside if f.path.endswith((".bin", ".ckpt", ".pt", ".pth")) and f.bytes > _MB]
        if pickled and not weights and not top_of_pipeline:
            raise UsageError(
                f"'{place.id}' has only pickled weights ({pickled[0].path}), which can run code when they are read.",
                "Finetouch takes safetensors only; look for a converted copy and give it with --set ROLE=ORG/NAME",
            )
        heavy += [] if top_of_pipeline else weights
    return (*small, *heavy)


def fetch(entry: Listing, report: Reporter) -> None:
    """Downloads the files of a listing that are not here, then marks the revision as present."""
    lacking = entry.lacking
    total, done = sum(f.bytes for f in lacking), 0
    for file in lacking:
        _fetch_file(entry.place, entry.commit, file.path, report, done, total)
        done += file.bytes
    ref = store.repository(entry.place) / "refs" / entry.place.revision
    if entry.place.revision != entry.commit:
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(entry.commit, encoding="utf-8")
    report.update("download", total // _MB, total // _MB, f"{entry.place.id}: done")


def _one_set(weights: list[Remote], half: bool) -> list[Remote]:
    """Of all safetensors in a folder, those of one set: half precision or full, shards with their index."""
    named = [f for f in weights if PurePosixPath(f.path).name.startswith(store.WEIGHT_NAMES)]
    if not named:
        return [f for f in weights if f.path.endswith(".safetensors")][:1]
    fp16 = [f for f in named if ".fp16" in f.path]
    plain = [f for f in named if not any(mark in f.path for mark in (".fp16", ".non_ema", ".bf16", ".fp32"))]
    chosen = fp16 if fp16 and (half or not plain) else plain or named
    whole = [f for f in chosen if f.path.endswith(".safetensors") and "-of-" not in f.path]
    return whole or chosen


def _fetch_file(place: Place, commit: str, path: str, report: Reporter, done: int, total: int) -> Path:
    def tell(here: int) -> None:
        report.update("download", (done + here) // _MB, total // _MB, f"{place.id}: {path}")

    with _explained(place), _space_explained():
        return transfer.fetch(place, commit, path, tell)


def _check_space(needed: int) -> None:
    folder = store.cache_dir()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OutputError(
            f"The download takes {needed / 1e9:.1f} GB, but only {free / 1e9:.1f} GB are free in '{folder}'.",
            "Free some space, or choose another disk with FINETOUCH_CACHE_DIR.",
        )


@contextmanager
def _space_explained() -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise OutputError(
            f"'{store.cache_dir()}' cannot be written.", "Choose another folder with FINETOUCH_CACHE_DIR."
        ) from error
    except OSError as error:
        if error.errno == 28:
            raise OutputError("The disk is full.", "Free some space; the download goes on where it stopped.") from error
        raise


@contextmanager
def _explained(place: Place) -> Iterator[None]:
    """Turns what huggingface_hub raises into errors that say what to do."""
    from huggingface_hub import errors, get_token

    try:
        yield
    except FinetouchError:
        raise
    except errors.GatedRepoError as error:
        raise ModelMissing(
            f"'{place.id}' is gated: its authors want their licence accepted first.",
            f"Accept it at https://huggingface.co/{place.id}, then log in: hf auth login (or set HF_TOKEN).",
        ) from error
    except errors.RepositoryNotFoundError as error:
        private = "" if get_token() else " If it is private, log in first: hf auth login"
        raise UsageError(f"There is no model '{place.id}' on the hub.", f"Check the spelling.{private}") from error
    except errors.RevisionNotFoundError as error:
        raise UsageError(
            f"'{place.id}' has no revision '{place.revision}'.", "Give a branch, tag or commit: org/name@main"
        ) from error
    except errors.EntryNotFoundError as error:
        raise ModelMissing(f"'{place.id}' lacks a file on the hub: {_line(error)}", "Try again later.") from error
    except errors.HFValidationError as error:
        raise UsageError(f"'{place.id}' is not a hub id: {_line(error)}", "Write org/name.") from error
    except Exception as error:
        if isinstance(error, errors.HfHubHTTPError) or _about_network(error):
            raise ModelMissing(
                f"'{place.id}' could not be downloaded: {_line(error)}",
                "Check the connection and run the same command again; it goes on where it stopped.",
            ) from error
        raise


def _about_network(error: BaseException) -> bool:
    named = type(error).__module__.partition(".")[0] in ("httpx", "httpx2", "requests", "hf_xet")
    return named or isinstance(error, ConnectionError | TimeoutError)


def _line(error: BaseException) -> str:
    text = str(error).strip().split("\n")[0] or type(error).__name__
    return text[:200]
