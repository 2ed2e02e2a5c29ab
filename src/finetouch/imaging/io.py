"""Reading and writing pictures: upright RGB in, the same kind of file out, and never half a file."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from finetouch.errors import InputError, OutputError
from finetouch.imaging import metadata
from finetouch.settings import settings
from finetouch.types import Picture

Source = str | os.PathLike[str] | bytes | Image.Image | np.ndarray | Picture

FORMATS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".avif": "AVIF", ".tif": "TIFF",
    ".tiff": "TIFF", ".bmp": "BMP", ".heic": "HEIF", ".heif": "HEIF",
}  # fmt: skip
LOSSY = {"JPEG", "AVIF", "HEIF"}
NO_ALPHA = {"JPEG", "BMP"}


def load(source: Source, max_pixels: float | None = None) -> Picture:
    """Any kind of picture as a `Picture`: upright RGB with alpha, profile and metadata kept.

    Args:
        source: Path, "-" for standard input, encoded bytes, Pillow image, ``(H, W[, 1|3|4])`` array or a `Picture`.
        max_pixels: Limit against decompression bombs; None takes the setting ``FINETOUCH_MAX_PIXELS``.

    Raises:
        InputError: The source is missing, unreadable, truncated, too large or has no pixels.
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, np.ndarray):
        return from_array(source)
    limit = settings().max_pixels if max_pixels is None else max_pixels
    if isinstance(source, Image.Image):
        return _from_pillow(source, "image", None, limit)
    data, name = _read(source)
    with _unlimited_pillow():
        return _from_pillow(_opened(data, name), name, hashlib.sha256(data).hexdigest(), limit)


def check(data: bytes, max_pixels: float | None = None) -> tuple[Picture, tuple[int, int]]:
    """Whether a file can be opened, without holding its pixels where the format allows that.

    Args:
        data: The encoded picture. max_pixels: As for `load`.

    Returns:
        The picture, a JPEG at an eighth of its size (every byte of the file was read all the same), and the full size
        (width, height) after turning it upright.

    Raises:
        InputError: As `load`.
    """
    limit = settings().max_pixels if max_pixels is None else max_pixels
    with _unlimited_pillow():
        image = _opened(data, "bytes")
        size = image.size
        small = image.format == "JPEG" and size[0] * size[1] <= limit
        if small:
            image.draft(image.mode, (max(1, size[0] // 8), max(1, size[1] // 8)))
            if image.getexif().get(metadata.ORIENTATION) in (5, 6, 7, 8):
                size = size[1], size[0]
        picture = _from_pillow(image, "bytes", hashlib.sha256(data).hexdigest(), limit)
    return picture, size if small else picture.size


def _opened(data: bytes, name: str) -> Image.Image:
    _register_heif(data)
    try:
        return Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise InputError(f"'{name}' is not a picture that can be read.", _format_hint(data, name)) from None
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"'{name}' cannot be read: {error}.", "Is the file complete?") from None


def from_array(array: np.ndarray) -> Picture:
    """A `Picture` from ``(H, W)``, ``(H, W, 1)``, RGB or RGBA data, uint8, uint16, bool or float 0..1."""
    a = np.asarray(array)
    if a.ndim == 3 and a.shape[2] == 1:
        a = a[..., 0]
    if a.ndim not in (2, 3) or (a.ndim == 3 and a.shape[2] not in (3, 4)) or 0 in a.shape:
        raise InputError(f"An array of shape {array.shape} is not a picture.", "Give (H, W), (H, W, 3) or (H, W, 4).")
    notices: tuple[str, ...] = ()
    if a.dtype == np.bool_:
        a = a.astype(np.uint8) * 255
    elif a.dtype == np.uint16:
        a, notices = (a >> 8).astype(np.uint8), ("16-bit picture converted to 8 bits per channel",)
    elif np.issubdtype(a.dtype, np.floating):
        a = np.rint(np.clip(np.nan_to_num(a), 0, 1) * 255).astype(np.uint8)
    elif a.dtype != np.uint8:
        raise InputError(f"An array of type {a.dtype} is not a picture.", "Give uint8 (0..255) or float (0..1).")
    alpha = np.ascontiguousarray(a[..., 3]) if a.ndim == 3 and a.shape[2] == 4 else None
    rgb = np.repeat(a[..., None], 3, axis=2) if a.ndim == 2 else a[..., :3]
    rgb = np.ascontiguousarray(rgb)
    digest = hashlib.sha256(rgb.tobytes()).hexdigest()
    return Picture(rgb, alpha, sha256=digest, name="array", notices=notices)


def to_pillow(picture: Picture) -> Image.Image:
    """The picture as a Pillow image, RGB or RGBA, with its ICC profile attached."""
    image = Image.fromarray(picture.pixels)
    if picture.alpha is not None:
        image.putalpha(Image.fromarray(picture.alpha))
    if picture.icc:
        image.info["icc_profile"] = picture.icc
    return image


def output_format(path: str, default: str | None = None) -> str:
    """Pillow's format name for an output path ("-" takes `default` or PNG); raises `OutputError` when unknown."""
    if path == "-":
        return default if default in set(FORMATS.values()) else "PNG"
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise OutputError(
            f"Unknown output format '{suffix or path}'.", "Use one of: " + ", ".join(sorted(FORMATS)) + "."
        )
    if FORMATS[suffix] == "HEIF" and not _heif_available():
        raise OutputError("Writing HEIC needs the package pillow-heif.", "Install it with: pip install pillow-heif")
    return FORMATS[suffix]


def check_output(path: str, overwrite: bool, default: str | None = None) -> str:
    """Checks before any work that `path` can be written; returns the format name."""
    kind = output_format(path, default)
    check_writable(path, overwrite)
    return kind


def check_writable(path: str, overwrite: bool) -> None:
    """Raises `OutputError` when a file cannot be made at `path`: it exists, or the folder is missing or read-only."""
    if path == "-":
        return
    target = Path(path)
    if target.is_dir():
        raise OutputError(f"'{path}' is a folder.", "Name a file, for example out.png.")
    if target.exists() and not overwrite:
        raise OutputError(f"'{path}' exists already.", "Give --overwrite to replace it, or another name.")
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(f"The folder '{folder}' does not exist.", f"Make it first: mkdir -p '{folder}'")
    if not os.access(folder, os.W_OK) or not (folder.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)):
        raise OutputError(f"The folder '{folder}' cannot be written to.", "Choose another place for the output.")


def save(
    picture: Picture,
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    info: dict[str, Any] | None = None,
    parameters: str = "",
    quality: int = 95,
    strip: bool = False,
    quick: bool = False,
) -> tuple[str, ...]:
    """Writes a picture; its format follows the file name ("-" writes to standard output).

    The file is written under a temporary name and renamed, so a failure leaves nothing behind.

    Args:
        picture: What to write.
        path: Where to. PNG, WebP (lossless), TIFF and BMP keep every pixel; JPEG, AVIF and HEIC re-compress.
        overwrite: Replace an existing file.
        info: JSON document stored in the file (see `finetouch.imaging.metadata`).
        parameters: The line that A1111-style viewers show.
        quality: For the lossy formats, 1..100.
        strip: Leave out all metadata but the colour profile.
        quick: PNG in half the time; photos take as much room as otherwise, drawings more.

    Returns:
        Notices for the user ("JPEG re-compresses ...").

    Raises:
        OutputError: The file exists, the folder is read-only or the format cannot hold the picture.
    """
    target = os.fspath(path)
    kind = check_output(target, overwrite, picture.format)
    notices: list[str] = []
    if kind in LOSSY:
        notices.append(f"{kind} re-compresses the whole picture; choose .png to keep untouched pixels bit-identical")
    if kind in NO_ALPHA and picture.alpha is not None:
        if (picture.alpha < 255).any():
            raise OutputError(f"{kind} has no transparency.", "Save as .png, .webp or .tiff.")
        picture = picture.with_pixels(picture.pixels, None)
    options: dict[str, Any] = {"icc_profile": picture.icc} if picture.icc and kind != "BMP" else {}
    if kind in ("JPEG", "AVIF", "HEIF"):
        options["quality"] = quality
    if kind == "JPEG":
        options["subsampling"] = 0
    if kind == "WEBP":
        options |= {"lossless": True, "exact": True, "method": 2}
    if kind == "TIFF":
        options["compression"] = "tiff_deflate"
    if kind == "PNG":
        options |= {"compress_type": zlib.Z_RLE} if quick else {"compress_level": 4}
    if not strip:
        options |= metadata.save_options(kind, picture, info or {}, parameters)
        if kind == "BMP" and info:
            notices.append("BMP holds no metadata; how it was made is not stored in the file")
    image = to_pillow(picture)
    image.info.pop("icc_profile", None)
    write_atomically(target, lambda stream: image.save(stream, format=kind, **options), overwrite)
    return tuple(notices)


def save_gray(mask: np.ndarray, path: str, overwrite: bool = False) -> None:
    """Writes a mask (float 0..1) as an 8-bit grey picture, white where the mask is 1."""
    kind = check_output(path, overwrite)
    image = Image.fromarray(np.rint(np.clip(mask, 0, 1) * 255).astype(np.uint8))
    write_atomically(path, lambda stream: image.save(stream, format=kind), overwrite)


def load_mask(path: str, size: tuple[int, int]) -> np.ndarray:
    """A mask file as ``(H, W) float32`` 0..1 of exactly `size` = (width, height).

    White (or opaque, when the file has an alpha channel that varies) means "may change".

    Raises:
        InputError: Unreadable, of another size, or nothing selected.
    """
    picture = load(path)
    if picture.size != size:
        raise InputError(
            f"The mask '{path}' is {picture.width}x{picture.height}, the picture is {size[0]}x{size[1]}.",
            "A mask must have the size of the picture.",
        )
    mask = gray_of(picture).astype(np.float32) / np.float32(255)
    if not (mask > 0.5).any():
        raise InputError(f"The mask '{path}' selects nothing.", "Paint the part to change white.")
    return mask


def gray_of(picture: Picture) -> np.ndarray:
    """A picture read as a mask: ``(H, W) uint8``, its brightest channel, or its alpha channel when only that varies."""
    gray = np.maximum.reduce([picture.pixels[..., i] for i in range(3)])
    if picture.alpha is not None and picture.alpha.min() < 255 and gray.min() == gray.max():
        return picture.alpha
    return np.asarray(gray)


def write_atomically(path: str, write: Any, overwrite: bool) -> None:
    """Calls `write(stream)` on a temporary file beside `path`, then renames it; "-" is standard output."""
    if path == "-":
        buffer = io.BytesIO()
        write(buffer)
        sys.stdout.buffer.write(buffer.getvalue())
        sys.stdout.buffer.flush()
        return
    check_writable(path, overwrite)
    folder = Path(path).parent
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=".finetouch-", suffix=Path(path).suffix, dir=folder)
        with os.fdopen(handle, "w+b") as stream:
            write(stream)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror or error}.", "Choose another place.") from None
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _read(source: str | os.PathLike[str] | bytes) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "bytes"
    name = os.fspath(source)
    if name == "-":
        data = sys.stdin.buffer.read()
        if not data:
            raise InputError("Nothing came in on standard input.", "Pipe a picture in: cat photo.jpg | finetouch ...")
        return data, "-"
    path = Path(name)
    if not path.exists():
        raise InputError(f"There is no file '{name}'.", "Check the path.")
    if path.is_dir():
        raise InputError(f"'{name}' is a folder, not a picture.", "Name one picture file.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"'{name}' cannot be read: {error.strerror}.", "Check the file's permissions.") from None
    if not data:
        raise InputError(f"'{name}' is empty.", "Is the file complete?")
    return data, path.name


def _from_pillow(image: Image.Image, name: str, digest: str | None, limit: float) -> Picture:
    width, height = image.size
    if width < 1 or height < 1:
        raise InputError(f"'{name}' has no pixels.", "Give a picture of at least 1x1.")
    if width * height > limit:
        raise InputError(
            f"'{name}' is {width}x{height} = {width * height / 1e6:.0f} megapixels, the limit is {limit / 1e6:.0f}.",
            f"If you trust it, raise the limit: --max-pixels {width * height}",
        )
    notices: list[str] = []
    kind = image.format
    if getattr(image, "n_frames", 1) > 1:
        notices.append(f"{image.n_frames} frames found, the first one is used")  # type: ignore[attr-defined]
    if _sixteen_bit(image):
        notices.append("16-bit picture converted to 8 bits per channel")
    text = {str(k): str(v) for k, v in image.info.items() if isinstance(v, str)}
    icc = image.info.get("icc_profile")
    try:
        image.load()
        text |= metadata.embedded_text(image)
        upright = ImageOps.exif_transpose(image)
        exif = upright.getexif()
        exif_bytes = exif.tobytes() if len(exif) else None
        rgb, alpha, icc = _to_rgb(upright, icc, notices)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise InputError(f"'{name}' is damaged or truncated: {error}.", "Fetch the file again.") from None
    if digest is None:
        digest = hashlib.sha256(rgb.tobytes()).hexdigest()
    return Picture(rgb, alpha, icc, kind, exif_bytes, text, digest, name, tuple(notices))


def _sixteen_bit(image: Image.Image) -> bool:
    if image.mode.startswith(("I", "F")):
        return True
    return any("16" in str(tile[3]) for tile in getattr(image, "tile", ()) or ())


def _to_rgb(
    image: Image.Image, icc: bytes | None, notices: list[str]
) -> tuple[np.ndarray, np.ndarray | None, bytes | None]:
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image).astype(np.float64)
        top = 65535.0 if values.max(initial=0) > 255 or "16" in image.mode else 255.0
        if image.mode == "F" and values.max(initial=0) <= 1.0:
            top = 1.0
        gray = np.rint(np.clip(np.nan_to_num(values) / top, 0, 1) * 255).astype(np.uint8)
        return np.repeat(gray[..., None], 3, axis=2), None, None
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        notices.append(f"{image.mode} picture converted to RGB")
        return np.array(_profiled_rgb(image, icc)), None, None
    if image.mode in ("L", "LA", "1", "P", "PA"):
        icc = icc if image.mode == "P" else None
    if "transparency" in image.info or "A" in image.getbands() or "a" in image.getbands():
        rgba = np.array(image.convert("RGBA"))
        return np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3]), icc
    if image.mode == "L":
        return np.asarray(cv2.cvtColor(np.asarray(image), cv2.COLOR_GRAY2RGB)), None, icc
    return np.array(image.convert("RGB")), None, icc


def _profiled_rgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    if icc:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError):
            pass
    return image.convert("RGB")


@contextmanager
def _unlimited_pillow() -> Iterator[None]:
    """Our own limit is checked right after the header is read, so Pillow's global one is lifted meanwhile."""
    old = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = old


def _heif_available() -> bool:
    from importlib.util import find_spec

    return find_spec("pillow_heif") is not None


def _is_heif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"hevx")


def _register_heif(data: bytes) -> None:
    if _is_heif(data) and _heif_available():
        import pillow_heif

        pillow_heif.register_heif_opener()


def _format_hint(data: bytes, name: str) -> str:
    if _is_heif(data):
        return "Reading HEIC needs one more package: pip install pillow-heif"
    if Path(name).suffix.lower() in FORMATS:
        return "The content does not fit the file's name; it may be damaged or something else."
    return "JPEG, PNG, WebP, AVIF, TIFF, BMP and (with pillow-heif) HEIC can be read."
