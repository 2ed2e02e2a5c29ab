"""How it was made, inside the file: our own JSON and the A1111 ``parameters`` line.

PNG keeps both as text chunks. JPEG, WebP, AVIF and HEIC keep the line in EXIF UserComment, as A1111 does (TIFF: in
the image description), and the JSON in an XMP packet.
"""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from PIL import Image, TiffTags
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from finetouch.types import Picture

KEY = "finetouch"
PARAMETERS = "parameters"
NAMESPACE = "https://finetouch.dev/ns/1.0/"
_EXIF_IFD, _USER_COMMENT, ORIENTATION = 0x8769, 0x9286, 0x0112
_TIFF_XMP, _TIFF_DESCRIPTION = 700, 270
_UNICODE = b"UNICODE\x00"


def save_options(kind: str, picture: Picture, info: dict[str, Any], parameters: str) -> dict[str, Any]:
    """Keyword arguments for Pillow's ``save`` that put the metadata into a file of this `kind`.

    Args:
        kind: Pillow's format name.
        picture: Its EXIF and text chunks are carried over.
        info: Our JSON document; empty for none.
        parameters: The A1111 line; empty for none.
    """
    if kind == "BMP":
        return {}
    options: dict[str, Any] = {}
    document = json.dumps(info, ensure_ascii=False, separators=(",", ":")) if info else ""
    exif = Image.Exif()
    if picture.exif:
        exif.load(picture.exif)
        exif.pop(ORIENTATION, None)
    if kind == "PNG":
        chunks = PngInfo()
        for key, value in picture.text.items():
            if key not in (KEY, PARAMETERS) and 0 < len(key) < 80 and key.isascii():
                chunks.add_itxt(key, value)
        if document:
            chunks.add_itxt(KEY, document, zip=True)
        if parameters:
            chunks.add_itxt(PARAMETERS, parameters)
        options["pnginfo"] = chunks
    else:
        if parameters:
            exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = _UNICODE + parameters.encode("utf-16-be")
        if document:
            options["xmp"] = _xmp(document)
    if kind == "TIFF":
        return _tiff_options(parameters, options.get("xmp"))
    if len(exif) or exif.get_ifd(_EXIF_IFD):
        options["exif"] = exif.tobytes()
    return options


def embedded_text(image: Image.Image) -> dict[str, str]:
    """What `save_options` had stored, as ``{"finetouch": json, "parameters": line}``; missing parts are left out."""
    found: dict[str, str] = {}
    for key in (KEY, PARAMETERS):
        value = image.info.get(key)
        if isinstance(value, str):
            found[key] = value
    xmp = image.info.get("xmp")
    if xmp is None and image.format == "TIFF":
        xmp = getattr(image, "tag_v2", {}).get(_TIFF_XMP)
    if isinstance(xmp, tuple):
        xmp = bytes(xmp)
    if isinstance(xmp, bytes | str) and KEY not in found:
        document = _from_xmp(xmp)
        if document:
            found[KEY] = document
    if image.format == "TIFF" and KEY in found:
        description = getattr(image, "tag_v2", {}).get(_TIFF_DESCRIPTION)
        if isinstance(description, str):
            found[PARAMETERS] = description
    comment = image.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT)
    if isinstance(comment, bytes) and comment.startswith(_UNICODE) and PARAMETERS not in found:
        found[PARAMETERS] = comment[len(_UNICODE) :].decode("utf-16-be", errors="replace")
    return found


def _tiff_options(parameters: str, xmp: bytes | None) -> dict[str, Any]:
    directory = ImageFileDirectory_v2()
    if xmp:
        directory.tagtype[_TIFF_XMP] = TiffTags.BYTE
        directory[_TIFF_XMP] = xmp
    if parameters:
        directory[_TIFF_DESCRIPTION] = parameters
    return {"tiffinfo": directory}


def _xmp(document: str) -> bytes:
    attribute = quoteattr(document, {"\n": "&#10;"})
    return (
        "<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>"
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        f"<rdf:Description rdf:about='' xmlns:ft='{NAMESPACE}' ft:result={attribute}/>"
        "</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    ).encode()


def _from_xmp(packet: bytes | str) -> str | None:
    text = packet.decode("utf-8", errors="replace") if isinstance(packet, bytes) else packet
    start, end = text.find("<x:xmpmeta"), text.find("</x:xmpmeta>")
    if start < 0 or end < 0:
        return None
    try:
        tree = ElementTree.fromstring(text[start : end + len("</x:xmpmeta>")])
    except ElementTree.ParseError:
        return None
    for node in tree.iter():
        value = node.get(f"{{{NAMESPACE}}}result")
        if value:
            return value
    return None
