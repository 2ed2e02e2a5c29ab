"""Picture files in memory, and the address the tests use."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

ADDRESS = "http://127.0.0.1:7860"


def png(array: np.ndarray) -> bytes:
    """A picture file."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def pixels(data: bytes) -> np.ndarray:
    """The pixels of a picture file."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
