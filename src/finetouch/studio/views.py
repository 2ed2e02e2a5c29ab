"""What the page sees of a picture: proxies, crops, thumbnails and downloads, in sRGB."""

from __future__ import annotations

import io as streams
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageCms

from finetouch.engine.vault import Vault, write_whole
from finetouch.errors import InputError
from finetouch.imaging import io, metadata
from finetouch.imaging.crop import shrunk
from finetouch.studio.shelf import Shelf
from finetouch.types import Picture

_KEPT_PIXELS = 120e6
_KEPT_SIZES = 10_000
_MAGIC = (
    ("jpg", lambda d: d[:3] == b"\xff\xd8\xff"),
    ("png", lambda d: d[:8] == b"\x89PNG\r\n\x1a\n"),
    ("webp", lambda d: d[:4] == b"RIFF" and d[8:12] == b"WEBP"),
    ("tiff", lambda d: d[:4] in (b"II*\x00", b"MM\x00*")),
    ("bmp", lambda d: d[:2] == b"BM"),
    ("avif", lambda d: d[4:12] in (b"ftypavif", b"ftypavis")),
    ("heic", lambda d: d[4:8] == b"ftyp" and d[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"hevx")),
)
SUFFIX = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "TIFF": "tiff", "BMP": "bmp", "AVIF": "avif", "HEIF": "heic"}


def kind_of(data: bytes) -> str:
    """The suffix for a file's content; raises `InputError` for anything that is not on the list."""
    for suffix, fits in _MAGIC:
        if fits(data):
            return suffix
    raise InputError("This is not a picture that can be read.", "JPEG, PNG, WebP, AVIF, TIFF, BMP and HEIC can.")


class Views:
    """Renders pictures of a vault for the page; what was rendered is kept on disk.

    Args:
        vault: Where the pictures are. folder: Where proxies are kept. max_pixels: Largest picture that is opened.
    """

    def __init__(self, vault: Vault, folder: Path, max_pixels: float) -> None:
        self._vault, self._folder = vault, folder
        self._sizes: dict[str, tuple[int, int]] = {}
        self._shelf = Shelf(vault, _KEPT_PIXELS, max_pixels)
        folder.mkdir(parents=True, exist_ok=True)

    def picture(self, name: str) -> Picture:
        """The decoded picture; the last ones are kept."""
        return self._shelf.get(name)

    def know(self, name: str, size: tuple[int, int]) -> None:
        """Remembers the size of a picture, so that it need not be opened for that."""
        self._sizes[name] = size
        if len(self._sizes) > _KEPT_SIZES:
            self._sizes.pop(next(iter(self._sizes)), None)

    def size(self, name: str) -> tuple[int, int]:
        """``(width, height)`` of a picture, upright; raises `InputError` when it is not there."""
        self._vault.path(name)
        if name not in self._sizes:
            self.know(name, self.picture(name).size)
        return self._sizes[name]

    def proxy(self, name: str, side: int) -> tuple[bytes, str]:
        """The picture with its longer side at most `side` px, as (file, media type)."""
        for suffix in ("jpg", "png"):
            kept = self._folder / f"{name.partition('.')[0]}-{side}.{suffix}"
            if kept.is_file():
                return kept.read_bytes(), _media(suffix)
        picture = self.picture(name)
        data, suffix = _encode(_shrunk(picture, (0, 0, *picture.size), side), picture)
        write_whole(self._folder / f"{name.partition('.')[0]}-{side}.{suffix}", data)
        return data, _media(suffix)

    def crop(self, name: str, box: tuple[int, int, int, int], side: int) -> tuple[bytes, str]:
        """A part ``(x, y, width, height)`` of the picture, for looking closely."""
        picture = self.picture(name)
        x, y, w, h = box
        x, y = min(max(0, x), picture.width - 1), min(max(0, y), picture.height - 1)
        w, h = max(1, min(w, picture.width - x)), max(1, min(h, picture.height - y))
        data, suffix = _encode(_shrunk(picture, (x, y, w, h), side), picture)
        return data, _media(suffix)

    def mask(self, name: str, side: int) -> bytes:
        """A mask as grey PNG with its longer side at most `side` px."""
        values = cv2.imdecode(np.frombuffer(self._vault.get(name), np.uint8), cv2.IMREAD_GRAYSCALE)
        if values is None:
            raise InputError("The mask is damaged.", "Select it again.")
        return bytes(cv2.imencode(".png", shrunk(values, side), [cv2.IMWRITE_PNG_COMPRESSION, 1])[1])

    def file(self, name: str, kind: str, quality: int, source: str | None = None) -> tuple[bytes, str, tuple[str, ...]]:
        """The picture as a file of a format, with its record and the source's metadata: (file, suffix, notices).

        Args:
            name: The picture. kind: "same" (the format of `source`) or a suffix ("png", "jpg" ...).
            quality: For the lossy formats. source: The photo it was made from.
        """
        if kind == "same":
            kind = SUFFIX.get(self.picture(source).format or "PNG", "png") if source else "png"
        if kind == name.partition(".")[2]:
            return self._vault.get(name), kind, ()
        picture = self.picture(name)
        record, line = picture.text.get(metadata.KEY), picture.text.get(metadata.PARAMETERS, "")
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            path = Path(scratch) / f"out.{kind}"
            notices = io.save(picture, path, info=_json(record), parameters=line, quality=quality)
            return path.read_bytes(), kind, notices


def _json(text: str | None) -> dict[str, Any]:
    import json

    return json.loads(text) if text else {}


def _shrunk(picture: Picture, part: tuple[int, int, int, int], side: int) -> np.ndarray:
    x, y, w, h = part
    pixels = picture.pixels[y : y + h, x : x + w]
    if picture.alpha is not None:
        pixels = np.dstack([pixels, picture.alpha[y : y + h, x : x + w]])
    return np.ascontiguousarray(shrunk(pixels, side))


def _encode(pixels: np.ndarray, picture: Picture) -> tuple[bytes, str]:
    image = _srgb(Image.fromarray(pixels), picture.icc)
    buffer = streams.BytesIO()
    if image.mode == "RGBA":
        image.save(buffer, "PNG", compress_level=2)
        return buffer.getvalue(), "png"
    small = max(image.size) <= 512
    image.save(buffer, "JPEG", quality=92 if small else 88, subsampling=0)
    return buffer.getvalue(), "jpg"


def _srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    if not icc:
        return image
    try:
        source = ImageCms.ImageCmsProfile(streams.BytesIO(icc))
        if "sRGB" in (ImageCms.getProfileDescription(source) or ""):
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=image.mode)
    except (ImageCms.PyCMSError, OSError):
        return image
    return converted or image


def _media(suffix: str) -> str:
    return {"jpg": "image/jpeg", "png": "image/png"}[suffix]
