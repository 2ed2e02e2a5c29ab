"""Talking to a vision-language model: what is said, who may be asked, and how its JSON is found in an answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import cv2
import numpy as np

from finetouch.errors import NoAnswer
from finetouch.hub import store
from finetouch.settings import settings
from finetouch.types import Pixels, Reporter

if TYPE_CHECKING:
    from finetouch.engine.models import Models

SIDE = 1024  # px; what models of this kind see is not finer
HOW = (
    "Name a server with FINETOUCH_VLM_URL (e.g. http://localhost:11434/v1 for Ollama), or take a preset that has a "
    "model for the role 'vlm' (finetouch models list), or --set vlm=PLACE"
)


@dataclass(frozen=True, eq=False)
class Turn:
    """One turn of a conversation. picture: Shown with the words, or None."""

    role: Literal["system", "user", "assistant"]
    text: str
    picture: Pixels | None = None


class Talker(Protocol):
    """Somebody who answers."""

    @property
    def identity(self) -> str:
        """Which model it is, for the record."""
        ...

    def ask(self, turns: Sequence[Turn], schema: dict[str, Any], report: Reporter) -> str:
        """The next turn, as text that should be JSON of the schema; raises `NoAnswer`, `Cancelled`."""
        ...


def talker_for(models: Models | None) -> Talker:
    """Who is asked: a model given by hand, else the server of the settings, else the preset's own.

    Raises:
        NoAnswer: There is none, or going online is forbidden and the server is another machine.
    """
    from finetouch.plan._vlm_endpoint import Endpoint
    from finetouch.plan._vlm_local import LocalModel

    if models is not None and "vlm" in models.overrides:
        return LocalModel(models)
    if settings().vlm_url:
        return Endpoint.of_settings(models.offline if models is not None else store.offline())
    if models is not None and models.has("vlm"):
        return LocalModel(models)
    raise NoAnswer("There is no vision-language model to ask.", HOW)


def shown(pixels: Pixels, side: int = SIDE) -> Pixels:
    """A picture at the size models look at: at most `side` px, and not thinner than a few px."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    if size == (width, height):
        return pixels
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(pixels, size, interpolation=how), dtype=np.uint8).reshape(size[1], size[0], 3)


def find_object(text: str) -> dict[str, Any]:
    """The JSON object in an answer that may have words or a fence around it; raises `ValueError` with a reason."""
    start = text.find("{")
    if start < 0:
        raise ValueError("there is no JSON object in it")
    try:
        found, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its JSON cannot be read: {error}") from None
    return found if isinstance(found, dict) else {}
