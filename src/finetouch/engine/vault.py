"""Files kept under the hash of their content: never written twice, never renamed, named by nobody."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

from finetouch.errors import InputError

_NAME = re.compile(r"[0-9a-f]{64}\.(png|jpg|webp|avif|tiff|bmp|heic)")


class Vault:
    """A folder of pictures and masks.

    Args:
        folder: Made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes, suffix: str) -> str:
        """Keeps `data`; returns its name, for example ``"3f9a….png"``. What is there already counts as new again."""
        name = f"{hashlib.sha256(data).hexdigest()}.{suffix}"
        target = self.path(name, must_exist=False)
        try:
            os.utime(target)
        except FileNotFoundError:
            write_whole(target, data)
        return name

    def take(self, file: Path, suffix: str) -> str:
        """Keeps a file that lies on the same disk by renaming it; returns its name."""
        with open(file, "rb+") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno())
        name = f"{digest}.{suffix}"
        os.replace(file, self.path(name, must_exist=False))
        return name

    def path(self, name: str, must_exist: bool = True) -> Path:
        """Where a file is; raises `InputError` for anything that is no name of this vault."""
        if not _NAME.fullmatch(name):
            raise InputError("That is not the name of a picture.", "Use the name the upload returned.")
        path = self.folder / name
        if must_exist and not path.is_file():
            raise InputError("This picture is not here.", "Upload it again.")
        return path

    def get(self, name: str) -> bytes:
        """The content of a file."""
        return self.path(name).read_bytes()

    def has(self, name: str) -> bool:
        """True when the file is here."""
        return bool(_NAME.fullmatch(name)) and (self.folder / name).is_file()


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file so that it is either there as a whole or not at all, also when the power goes."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(temporary, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
