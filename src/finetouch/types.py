"""The few types that flow: Picture, Region, Query, EditStep, EditPlan, Progress."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from finetouch.errors import Cancelled
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]

Op = Literal[
    "remove", "replace", "add", "recolor", "restyle", "background", "adjust", "move",
    "resize", "duplicate", "text", "global", "drag", "brush",
]  # fmt: skip
RelationType = Literal[
    "left_of", "right_of", "on", "in", "near", "behind", "in_front_of", "under",
    "with", "wearing", "part_of",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture in memory: RGB pixels, upright, with what is needed to write it back faithfully.

    Attributes:
        pixels: ``(H, W, 3) uint8`` RGB, EXIF orientation already applied.
        alpha: ``(H, W) uint8`` or None when the picture is opaque.
        icc: The embedded colour profile, unchanged, or None.
        format: Pillow's name of the source format ("JPEG", "PNG" ...) or None.
        exif: Raw EXIF without orientation, or None.
        text: Text chunks found in the file (metadata of an earlier result lives here).
        sha256: Hash of the source bytes (or of the pixels when there was no file).
        name: File name or "-" or "array".
        notices: What had to be converted on the way in ("16-bit converted to 8-bit").
    """

    pixels: Pixels
    alpha: Pixels | None = None
    icc: bytes | None = None
    format: str | None = None
    exif: bytes | None = None
    text: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    name: str = "array"
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8:
            raise ValueError(f"pixels must be (H, W, 3) uint8, got {self.pixels.shape} {self.pixels.dtype}")
        if self.alpha is not None and self.alpha.shape != self.pixels.shape[:2]:
            raise ValueError("alpha must have the picture's height and width")

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)``, as Pillow has it."""
        return self.width, self.height

    def with_pixels(self, pixels: Pixels, alpha: Pixels | None = None) -> Picture:
        """The same picture with other pixels (and alpha); profile, format and name are kept."""
        return replace(self, pixels=pixels, alpha=alpha)


@dataclass(frozen=True, eq=False)
class Region:
    """Where: a soft mask with a label, a score and its origin.

    Attributes:
        mask: ``(H, W) float32`` in 0..1; 0 means "must not change".
        label: What it is believed to be ("dog").
        score: 0..1, how sure the selector is.
        source: Who made it ("photo", "mask", "points" ...).
        meta: Anything else worth showing.
    """

    mask: Mask
    label: str = ""
    score: float = 1.0
    source: str = ""
    meta: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, array: Any, label: str = "", score: float = 1.0, source: str = "") -> Region:
        """A region from bool, uint8 or float data."""
        return cls(masks.as_mask(array), label, score, source)

    @classmethod
    def full(cls, height: int, width: int, label: str = "everything", source: str = "") -> Region:
        """The whole picture."""
        return cls(np.ones((height, width), dtype=np.float32), label, 1.0, source)

    @property
    def box(self) -> Box | None:
        """``(x0, y0, x1, y1)`` px, end-exclusive, of all pixels above 0; None when empty."""
        return masks.box_of(self.mask)

    @property
    def area(self) -> int:
        """Number of pixels above one half."""
        return int((self.mask > masks.HARD).sum())

    @property
    def share(self) -> float:
        """Area as a share of the picture, 0..1."""
        return self.area / max(1, self.mask.size)

    @property
    def empty(self) -> bool:
        """True when no pixel may change."""
        return not bool((self.mask > 0).any())

    @property
    def centroid(self) -> tuple[float, float]:
        """Centre of mass ``(x, y)`` in px; the picture's centre when empty."""
        ys, xs = np.nonzero(self.mask > masks.HARD)
        if xs.size == 0:
            return self.mask.shape[1] / 2, self.mask.shape[0] / 2
        return float(xs.mean()), float(ys.mean())

    def with_mask(self, mask: Mask, **changes: Any) -> Region:
        """The same region with another mask."""
        return replace(self, mask=masks.as_mask(mask), **changes)

    def __or__(self, other: Region) -> Region:
        return self.with_mask(np.maximum(self.mask, other.mask))

    def __and__(self, other: Region) -> Region:
        return self.with_mask(np.minimum(self.mask, other.mask))

    def __sub__(self, other: Region) -> Region:
        return self.with_mask(np.minimum(self.mask, 1.0 - other.mask))

    def __invert__(self) -> Region:
        return self.with_mask(1.0 - self.mask)

    def grow(self, px: float) -> Region:
        """Dilated by `px` (eroded when negative)."""
        return self.with_mask(masks.grow(self.mask, px))

    def shrink(self, px: float) -> Region:
        """Eroded by `px`."""
        return self.with_mask(masks.shrink(self.mask, px))

    def feather(self, px: float) -> Region:
        """Rim softened inwards over `px`; nothing new becomes editable."""
        return self.with_mask(masks.feather_inside(self.mask, px))

    def largest(self) -> Region:
        """Only the largest connected part."""
        parts = masks.components(self.mask)
        return self.with_mask(parts[0]) if parts else self

    def split(self, min_area: int = 1) -> list[Region]:
        """Connected parts as regions of their own, largest first."""
        return [self.with_mask(m) for m in masks.components(self.mask, min_area=min_area)]

    def to_json(self) -> dict[str, Any]:
        """JSON with run lengths of the 8-bit mask."""
        return {
            "label": self.label, "score": round(float(self.score), 4), "source": self.source,
            "box": list(self.box) if self.box else None, "mask": masks.to_rle(self.mask),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Region:
        """Inverse of `to_json` (mask up to 1/255)."""
        return cls(
            masks.from_rle(data["mask"]),
            data.get("label", ""),
            data.get("score", 1.0),
            data.get("source", ""),
        )


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Relation(_Model):
    """How the thing meant stands to another one: "cup ON table" is ``Relation(type="on", anchor="table")``."""

    type: RelationType
    anchor: str


class Point(_Model):
    """A click, in full-size picture pixels; `positive` False means "not this"."""

    x: float
    y: float
    positive: bool = True


Count = Literal["one", "all", "some"] | int | None


class Query(_Model):
    """What to look for: a noun with attributes, a relation, a position and a count, and/or marks made by hand.

    Attributes:
        noun: Head noun with its compound ("traffic light"); None when only marks are given.
        attributes: Words that describe it ("red", "striped", "except the bird").
        relation: Relation to an anchor phrase.
        position: leftmost, rightmost, top, bottom, center, largest, smallest, tallest, first, second, ...,
            top-left, top-right, bottom-left, bottom-right, foreground, background.
        count: "one", "all", an integer, or None when unstated.
        points: Clicks. box: ``(x0, y0, x1, y1)`` px. Both in full-size pixels.
    """

    noun: str | None = None
    attributes: tuple[str, ...] = ()
    relation: Relation | None = None
    position: str | None = None
    count: Count = None
    points: tuple[Point, ...] = ()
    box: tuple[float, float, float, float] | None = None

    @property
    def by_hand(self) -> bool:
        """True when points or a box were given."""
        return bool(self.points) or self.box is not None

    def describe(self) -> str:
        """The query as a short phrase for messages."""
        words = [*(a for a in self.attributes), self.noun or "the marked place"]
        if self.position:
            words.insert(0, self.position)
        if self.relation:
            words += [self.relation.type.replace("_", " "), self.relation.anchor]
        return " ".join(words)


class EditStep(_Model):
    """One edit: what to do, to what, with which result.

    The first eight fields are the contract of ``finetouch plan --json``; the rest is what Finetouch adds.

    Attributes:
        op: The operation.
        target: Head noun of the thing to change, in the instruction's own words.
        result: What it becomes. color: The colour word(s) used.
        params: Values for the method's own parameters ("amount", "angle" ...).
        points, box, mask: Selection by hand; `mask` is a file path.
        method: A registered method, or None for the preset's default for this op.
        seed: Fixes random choices of this step; None takes the run's seed.
    """

    op: Op
    target: str | None = None
    attributes: tuple[str, ...] = ()
    relation: Relation | None = None
    position: str | None = None
    count: Count = None
    result: str | None = None
    color: str | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    points: tuple[Point, ...] = ()
    box: tuple[float, float, float, float] | None = None
    mask: str | None = None
    method: str | None = None
    seed: int | None = None

    @field_validator("attributes", mode="before")
    @classmethod
    def _tuple(cls, value: Any) -> Any:
        return tuple(value or ())

    def query(self) -> Query:
        """What a selector has to look for (the relation and position of a move say where to, not what)."""
        moving = self.op == "move"
        return Query(
            noun=self.target, attributes=self.attributes, relation=None if moving else self.relation,
            position=None if moving else self.position, count=self.count, points=self.points, box=self.box,
        )  # fmt: skip


class EditPlan(_Model):
    """Steps in order, with the words they came from.

    Attributes:
        steps: The edits, carried out one after the other.
        instruction: The user's own words. parser: Who read them.
        unknown: Words that no step accounts for. warnings: What was guessed.
    """

    steps: tuple[EditStep, ...]
    instruction: str = ""
    parser: str = "manual"
    unknown: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    version: Literal[1] = 1


@dataclass(frozen=True)
class Progress:
    """How far the work is.

    Attributes:
        stage: "read", "plan", "select", "edit", "verify", "save" ...
        step: Done so far, 0..total. total: 0 when unknown.
        preview: Small RGB picture of the state, or None.
        message: One line for people.
    """

    stage: str
    step: int = 0
    total: int = 0
    preview: Pixels | None = None
    message: str = ""


ProgressSink = Callable[[Progress], None]


class Reporter:
    """Hands progress to whoever listens, and stops the work when it was cancelled.

    Args:
        sink: Called with every `Progress`; None to listen to nothing.
        cancel: When set, the next `update` or `check` raises `Cancelled`.
    """

    def __init__(self, sink: ProgressSink | None = None, cancel: Event | None = None) -> None:
        self._sink = sink
        self._cancel = cancel

    def update(
        self, stage: str, step: int = 0, total: int = 0, message: str = "", preview: Pixels | None = None
    ) -> None:
        """Tells the listener and raises `Cancelled` if the user has stopped the work."""
        self.check()
        if self._sink is not None:
            self._sink(Progress(stage, step, total, preview, message))

    def check(self) -> None:
        """Raises `Cancelled` if the user has stopped the work; cheap, call it in loops."""
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled("Cancelled; nothing was written.")


def finite(value: float) -> bool:
    """True for a real number that can be used as a coordinate."""
    return math.isfinite(value)
