"""One file from the hub into its cache, resumable across runs.

huggingface_hub from 2.0 on throws a partial file away when the process ends; with weights of 30 GB that hurts. So
the bytes are fetched here, to where its cache keeps blobs, and huggingface_hub then finds the blob and links it.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finetouch.errors import ModelMissing, UsageError
from finetouch.hub import store
from finetouch.hub.presets import Place

CHUNK = 1 << 20
TRIES = 5
PAUSE = 1.0
_SHA256 = re.compile(r"[0-9a-f]{64}")


def endpoint() -> str | None:
    """Another hub than the public one, when ``HF_ENDPOINT`` names it."""
    return os.environ.get("HF_ENDPOINT") or None


def fetch(place: Place, commit: str, path: str, tell: Callable[[int], None]) -> Path:
    """Downloads a file into the cache, or goes on with one that was cut off.

    Args:
        place: The repository. commit: Full hash. path: The file in it.
        tell: Called with the bytes that are here; may raise to stop, what is here is then kept.

    Returns:
        Where the file lies in the cache's snapshot.

    Raises:
        ModelMissing: What came is not what the hub announced. UsageError: Another process is fetching the same file.
    """
    from filelock import FileLock, Timeout
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    url = hf_hub_url(place.id, path, revision=commit, endpoint=endpoint())
    facts = get_hf_file_metadata(url)
    if not facts.etag or facts.size is None:
        raise ModelMissing(f"The hub says nothing about '{path}' of '{place.id}'.", "Try again later.")
    blobs = store.repository(place) / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    lock = store.cache_dir() / ".locks" / store.repository(place).name / f"{facts.etag}.part.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            if not (blobs / facts.etag).exists():
                _blob(url, blobs, facts.etag, facts.size, tell)
    except Timeout:
        raise UsageError(f"Another process is downloading '{path}' of '{place.id}'.", "Wait for it.") from None
    return Path(hf_hub_download(place.id, path, revision=commit, cache_dir=store.cache_dir(), endpoint=endpoint()))


def _blob(url: str, blobs: Path, etag: str, size: int, tell: Callable[[int], None]) -> None:
    part = blobs / f"{etag}.part"
    resumed = part.exists() and part.stat().st_size > 0
    failures, best = 0, -1
    while (have := part.stat().st_size if part.exists() else 0) < size or not part.exists():
        tell(have)
        failures, best = (0, have) if have > best else (failures + 1, best)
        try:
            _stream(url, part, have, tell)
        except Exception as error:
            if failures >= TRIES or not _passing(error):
                raise
            time.sleep(PAUSE)
    wrong = part.stat().st_size != size
    if not wrong and resumed and _SHA256.fullmatch(etag):
        with part.open("rb") as file:
            wrong = hashlib.file_digest(file, "sha256").hexdigest() != etag
    if wrong:
        part.unlink()
        raise ModelMissing(
            f"What came from '{url}' is not what the hub announced.", "Run the same command again; it starts anew."
        )
    part.replace(blobs / etag)
    tell(size)


def _stream(url: str, part: Path, have: int, tell: Callable[[int], None]) -> None:
    from huggingface_hub import get_session
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with get_session().stream("GET", url, headers=headers, follow_redirects=True, timeout=30) as response:
        hf_raise_for_status(response)
        goes_on = have > 0 and response.status_code == 206
        have = have if goes_on else 0
        with part.open("ab" if goes_on else "wb") as file:
            for chunk in response.iter_bytes(CHUNK):
                file.write(chunk)
                have += len(chunk)
                tell(have)


def _passing(error: BaseException) -> bool:
    """Whether trying again may help: the connection broke, or the hub is busy."""
    response: Any = getattr(error, "response", None)
    if response is not None:
        return response.status_code in (408, 429, 500, 502, 503, 504)
    return type(error).__module__.partition(".")[0] in ("httpx", "httpx2") or isinstance(error, ConnectionError)
