"""Where a thing is and what stands around it, as data and in words: computed from masks, never guessed.

The description of the old thing tells a mask generator where the new one belongs. A vision-language model may add what
masks do not show (`finetouch.plan._vlm_describe`); wherever the two disagree, the geometry here wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from finetouch.errors import Cancelled, FinetouchError, TargetNotFound
from finetouch.imaging import masks
from finetouch.imaging.crop import shrunk
from finetouch.imaging.masks import Mask
from finetouch.types import Picture, Region, Reporter

Row = Literal["top", "middle", "bottom"]
Column = Literal["left", "centre", "right"]
Size = Literal["tiny", "small", "medium", "large", "huge"]
Near = Literal["on", "under", "in front of", "behind", "left of", "right of", "near"]
Find = Callable[[Picture, str], Region]
"""A picture and a phrase to the region it means; raises `TargetNotFound`."""

ROWS: tuple[str, ...] = get_args(Row)
COLUMNS: tuple[str, ...] = get_args(Column)
RELATIONS: tuple[str, ...] = get_args(Near)
SIZES: tuple[tuple[Size, float], ...] = (
    ("tiny", 0.01), ("small", 0.04), ("medium", 0.12), ("large", 0.3), ("huge", 2.0)
)  # fmt: skip
"""Size words with the largest share of the picture they stand for."""
MIRROR = {"left": "right", "right": "left", "left of": "right of", "right of": "left of"}
MOST = 3
CLOSE = 0.08  # gap of two boxes, share of the picture's side
LOOK_SIDE = 384
SURE = 0.7
"""Things that the selector is less sure of do not count."""
SURFACES = (
    "floor", "table", "counter", "shelf", "grass", "road", "pavement", "sand", "snow", "water", "sky", "wall", "rug",
    "bed", "couch", "bench", "chair", "dirt", "rock", "roof", "platform", "playingfield", "mountain", "building",
)  # fmt: skip
"""What can carry a thing or surround it, by the names selectors know."""
IN = ("sky", "water", "sea", "lake", "river", "air")


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Neighbour(_Data):
    """Another thing: its name, and how the described thing stands to it ("left of" it)."""

    name: str
    relation: Near


class Description(_Data):
    """Where a thing is in its picture.

    Attributes:
        object: Its name. position: Row and column of a 3 x 3 grid ("middle left").
        supported_by: What carries it or surrounds it ("table", "sky"), or None.
        neighbours: The nearest things, each with how the described thing stands to it.
        relative_size: "tiny" (under 1 % of the picture) to "huge" (over 30 %).
        bbox_norm: ``(x0, y0, x1, y1)`` as shares of the picture's width and height.
        source: "geometry", or "vlm" when a model's words were taken in.
        corrections: What the model said and the geometry does not show.
    """

    object: str
    position: str = "middle centre"
    supported_by: str | None = None
    neighbours: tuple[Neighbour, ...] = ()
    relative_size: Size = "medium"
    bbox_norm: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    source: str = "geometry"
    corrections: tuple[str, ...] = Field(default=())

    @field_validator("bbox_norm")
    @classmethod
    def _inside(cls, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        x0, y0, x1, y1 = box
        if not (all(np.isfinite(box)) and 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1):
            raise ValueError("must be x0 < x1, y0 < y1 within 0..1")
        return box

    @property
    def row(self) -> str:
        """ "top", "middle" or "bottom"."""
        return self.position.split(" ")[0]

    @property
    def column(self) -> str:
        """ "left", "centre" or "right"."""
        return self.position.split(" ")[-1]

    def mirrored(self) -> Description:
        """The same in the picture flipped left to right."""
        x0, y0, x1, y1 = self.bbox_norm
        return self.model_copy(
            update={
                "position": f"{self.row} {MIRROR.get(self.column, self.column)}",
                "bbox_norm": (1 - x1, y0, 1 - x0, y1),
                "neighbours": tuple(
                    n.model_copy(update={"relation": MIRROR.get(n.relation, n.relation)}) for n in self.neighbours
                ),
            }
        )

    def words(self, position: bool = True, support: bool = True, neighbours: int = MOST, size: bool = True) -> str:
        """The place in words, for models that read: "middle left, on the table, right of the cup, small"."""
        parts = [self.position] if position else []
        if support and self.supported_by:
            parts.append(f"{'in' if self.supported_by in IN else 'on'} the {self.supported_by}")
        parts += [f"{n.relation} the {n.name}" for n in self.neighbours[:neighbours]]
        return ", ".join([*parts, self.relative_size] if size else parts)

    def pixel_box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The box in px of a picture of this size, at least one pixel large."""
        x0, y0, x1, y1 = self.bbox_norm
        left, top = min(round(x0 * width), width - 1), min(round(y0 * height), height - 1)
        return left, top, max(left + 1, round(x1 * width)), max(top + 1, round(y1 * height))


def describe_mask(
    mask: Mask, name: str, others: Sequence[tuple[str, Mask]] = (), surfaces: Sequence[tuple[str, Mask]] = ()
) -> Description:
    """The description of a mask from geometry alone.

    Args:
        mask: ``(H, W)`` of the thing. name: What it is. others: Names and masks of other things, same size.
        surfaces: Names and masks of what could carry it (floor, sky ...), same size.
    """
    height, width = mask.shape
    box = masks.box_of(mask, masks.HARD) or masks.box_of(mask) or (0, 0, width, height)
    norm = (box[0] / width, box[1] / height, box[2] / width, box[3] / height)
    found: list[tuple[float, Neighbour]] = []
    carrier: tuple[float, str] | None = None
    for other, area in others:
        theirs = masks.box_of(area, masks.HARD)
        if theirs is None:
            continue
        there = (theirs[0] / width, theirs[1] / height, theirs[2] / width, theirs[3] / height)
        relation, distance = relation_of(norm, there)
        found.append((distance, Neighbour(name=other, relation=relation)))
        if relation == "on" and (carrier is None or distance < carrier[0]):
            carrier = distance, other
    found.sort(key=lambda pair: (pair[1].relation != "on", pair[0]))
    return Description(
        object=name, position=position_of(norm), relative_size=size_of(float((mask > masks.HARD).mean())),
        supported_by=carrier[1] if carrier else support_of(mask, surfaces),
        neighbours=tuple(n for _, n in found[:MOST]), bbox_norm=norm,
    )  # fmt: skip


Box = tuple[float, float, float, float]


def position_of(box: Box) -> str:
    """Row and column of a box's middle: "top left" ... "bottom right"."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return f"{ROWS[min(2, int(3 * y))]} {COLUMNS[min(2, int(3 * x))]}"


def size_of(share: float) -> Size:
    """The word for a share of the picture."""
    return next(word for word, most in SIZES if share < most)


def relation_of(a: Box, b: Box) -> tuple[Near, float]:
    """How box `a` stands to box `b`, and their distance (shares of the picture; 0 when they overlap).

    Overlapping boxes: on (the foot in the other's upper half), else in front of or behind by who stands lower.
    """
    dx, dy = max(a[0], b[0]) - min(a[2], b[2]), max(a[1], b[1]) - min(a[3], b[3])
    distance = float(np.hypot(max(dx, 0.0), max(dy, 0.0)))
    narrow, wide = min(a[2] - a[0], b[2] - b[0]), max(b[2] - b[0], 1e-6)
    columns = -dx / max(narrow, 1e-6)
    upper = b[1] - 0.04 <= a[3] <= b[1] + 0.55 * (b[3] - b[1])
    if columns > 0.6 and upper and (a[2] - a[0]) < 1.15 * wide and a[1] < b[1]:
        return "on", distance
    if columns > 0.25 and dy < 0.0:
        if abs(a[3] - b[3]) > 0.02:
            return ("in front of" if a[3] > b[3] else "behind"), distance
        return "near", distance
    if columns > 0.25 and dy >= 0.0:
        return ("under" if a[1] >= b[3] - 1e-6 else "near"), distance
    if distance > CLOSE or abs(dx) > 0.0:
        return ("left of" if a[0] + a[2] < b[0] + b[2] else "right of"), distance
    return "near", distance


def support_of(mask: Mask, surfaces: Sequence[tuple[str, Mask]]) -> str | None:
    """The surface that lies right below the thing's foot, or all around it; None when none does."""
    if not surfaces:
        return None
    foot, rim = _foot(mask), masks.grow((mask > masks.HARD).astype(np.float32), max(2, round(0.01 * max(mask.shape))))
    around = (rim > masks.HARD) & (mask <= masks.HARD)
    scores = []
    for name, area in surfaces:
        on = area > masks.HARD
        below = float(on[foot].mean()) if foot.any() else 0.0
        scores.append((below + 0.3 * (float(on[around].mean()) if around.any() else 0.0), name))
    best, name = max(scores)
    return name if best >= 0.3 else None


def foot_row(mask: Mask, share: float = 0.4) -> int:
    """The row a thing stands on: the lowest one as wide as `share` of its usual width (a tail may hang lower)."""
    widths = (mask > masks.HARD).sum(1)
    rows = np.flatnonzero(widths >= share * np.median(widths[widths > 0])) if (widths > 0).any() else np.zeros(0)
    return int(rows[-1]) + 1 if rows.size else mask.shape[0]


def _foot(mask: Mask) -> np.ndarray:
    """Pixels of the rim right below the lowest tenth of the thing."""
    on = (mask > masks.HARD).astype(np.uint8)
    box = masks.box_of(mask, masks.HARD)
    out = np.zeros(mask.shape, bool)
    if box is None:
        return out
    reach, foot = max(1, round(0.02 * mask.shape[0])), foot_row(mask)
    low = on.copy()
    low[: foot - max(1, round(0.1 * (foot - box[1])))] = 0
    low[foot:] = 0
    shifted = np.zeros_like(on)
    for k in range(1, reach + 1):
        shifted[k:] |= low[:-k]
    return (shifted > 0) & (on == 0)


class Looker:
    """Finds the surroundings of a thing with a selector, on a small copy of the picture; answers are kept.

    Args:
        picture: Full size. find: The selector. report: Cancel.

    Attributes:
        full: Size of the picture. small: The copy. problem: Why the selector could not look at all, or "".
    """

    def __init__(self, picture: Picture, find: Find | None, report: Reporter | None = None) -> None:
        self._find, self._report = find, report or Reporter()
        self.full, self.small = picture.size, small_picture(picture, LOOK_SIDE)
        self._kept: dict[str, Region | None] = {}
        self._names: dict[str, float] | None = None
        self.problem = ""

    def names(self) -> Mapping[str, float]:
        """What the selector says it sees, with scores; empty when it cannot tell."""
        if self._names is None:
            self._names = {}
            try:
                if self._find is not None:
                    self._find(self.small, "zyxomat")
            except TargetNotFound as error:
                self._names = {n: s for n, s in error.seen if s >= SURE or n in SURFACES}
            except Cancelled:
                raise
            except FinetouchError as error:
                self.problem = error.message
        return self._names

    def mask(self, name: str) -> Mask | None:
        """All things of a name, on the small copy; None when there is none."""
        self._report.check()
        if name not in self._kept:
            self._kept[name] = None
            try:
                if self._find is not None:
                    self._kept[name] = self._find(self.small, name if name in SURFACES else f"all {name}")
            except Cancelled:
                raise
            except FinetouchError:
                pass
        region = self._kept[name]
        return None if region is None else region.mask

    def masks(self, names: Iterable[str]) -> list[tuple[str, Mask]]:
        """Those of the names that are there, with their masks."""
        found = ((n, self.mask(n)) for n in names)
        return [(n, m) for n, m in found if m is not None]


def describe(
    picture: Picture, region: Region, name: str, looker: Looker | None = None, find: Find | None = None,
    report: Reporter | None = None,
) -> Description:  # fmt: skip
    """Describes a region of a picture by its geometry and by what a selector finds around it.

    Args:
        picture: Full size. region: The thing, full size. name: What it is.
        looker: What was already looked at. find: The selector, when there is no looker. report: Cancel.
    """
    looker = looker or Looker(picture, find, report)
    own = masks.resize_mask(region.mask, looker.small.size)
    if not (own > masks.HARD).any() and (region.mask > 0).any():
        own = (own >= max(float(own.max()), 1e-6)).astype(np.float32)
    seen = looker.names()
    surfaces = looker.masks(n for n in seen if n in SURFACES)
    others = []
    for other, area in looker.masks([n for n in seen if n not in SURFACES and n not in name.split()][:8]):
        rest = np.where(masks.grow(own, 2) > masks.HARD, 0.0, area).astype(np.float32)
        for part in masks.components(rest, min_area=max(4, round(0.002 * rest.size)))[:3]:
            others.append((other, part))
    surfaces = [(n, np.where(own > masks.HARD, 0.0, m).astype(np.float32)) for n, m in surfaces]
    return describe_mask(own, name, others, surfaces)


def small_picture(picture: Picture, side: int) -> Picture:
    """The picture with its longer side at most `side` px."""
    if max(picture.size) <= side:
        return picture
    return Picture(shrunk(picture.pixels, side), name=picture.name)
