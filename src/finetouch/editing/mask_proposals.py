"""Where a new thing could go, and with which outline: several proposals, each with a score and its reasons.

The preset's trained generator proposes when it has one (role `mask_generator`). For photographs rules do that know how
large things are, what they stand on, and what the selector sees in the picture (`finetouch.editing._place_rules`), and
the bundled generator has a say (`finetouch.editing._photo_masks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from finetouch.errors import InputError
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.plan.describe import Description, Find, Looker
from finetouch.types import Box, Picture, Region, Relation, Reporter

if TYPE_CHECKING:
    from finetouch.engine.models import Models

Source = Literal["auto", "rules", "network"]
LEAST = 0.3
"""Proposals with a lower score are a last resort: there is no good room for the thing."""
ALIKE = 0.85
"""Proposals that overlap more are one."""
SEATS = 8
"""So many places by rules are compared."""
WHOLE = 0.8
"""Share of a mask that its largest part must hold."""


@dataclass(frozen=True, eq=False)
class Wish:
    """What shall be put into the picture, and all that is known about where.

    Attributes:
        what: The new thing ("a tall lamp"). place: Description of the place, usually that of the old thing, or None.
        old: ``(H, W)`` mask of the old thing that the new one replaces, or None. old_name: What that was.
        relation: To another thing ("on the table"), as the words said. position: "left", "top-right" ... or None.
        box: ``(x0, y0, x1, y1)`` px it shall fill, or None. point: ``(x, y)`` px it shall cover, or None.
        shape: ``(h, w)`` outline it will have (a cut-out's alpha), or None for one that suits the thing.
        size: Height as a share of the picture's, or None.
        box_shown: Whether a generator may see the description's box, or only its words.
    """

    what: str
    place: Description | None = None
    old: Mask | None = None
    old_name: str = ""
    relation: Relation | None = None
    position: str | None = None
    box: tuple[float, float, float, float] | None = None
    point: tuple[float, float] | None = None
    shape: Mask | None = None
    size: float | None = None
    box_shown: bool = True


@dataclass(frozen=True, eq=False)
class Proposal:
    """One place with an outline.

    Attributes:
        mask: ``(H, W)`` 0..1, full size. score: 0..1. why: What speaks for and against it.
        source: "rules", "network" or "given".
        hidden: ``(H, W)`` 0..1, things nearer to the camera that stay in front of it, or None.
    """

    mask: Mask
    score: float
    why: tuple[str, ...] = ()
    source: str = "rules"
    hidden: Mask | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def box(self) -> Box:
        """``(x0, y0, x1, y1)`` px of the mask."""
        return masks.box_of(self.mask, masks.HARD) or (0, 0, 1, 1)

    @property
    def region(self) -> Region:
        """The mask as a region that counts as marked by hand."""
        return Region(self.mask, source="mask", score=self.score)

    def to_json(self) -> dict[str, Any]:
        """JSON without the mask."""
        height, width = self.mask.shape
        x0, y0, x1, y1 = self.box
        norm = [round(v, 4) for v in (x0 / width, y0 / height, x1 / width, y1 / height)]
        return {"score": round(self.score, 4), "box": [x0, y0, x1, y1], "box_norm": norm, "source": self.source,
                "share": round(float((self.mask > masks.HARD).mean()), 5), "why": list(self.why)}  # fmt: skip


def propose(
    picture: Picture, wish: Wish, count: int = 4, models: Models | None = None, find: Find | None = None,
    report: Reporter | None = None, seed: int = 0, source: Source = "auto", looker: Looker | None = None,
) -> list[Proposal]:  # fmt: skip
    """Up to `count` proposals for a new thing, best first; at least one.

    Args:
        picture: Where it shall go (without the old thing, when there was one). wish: What, and what is known of where.
        count: How many, 1..16. models: Of the preset. find: Its selector. report: Progress and cancel.
        seed: Of generators that draw. source: Who proposes; "auto" takes a network where there is one that fits.
        looker: What was already looked at in `picture`.

    Raises:
        InputError: A box or point lies outside of the picture, or the picture has no room at all.
        UsageError, ModelMissing: The network was asked for and is not there.
    """
    report = report or Reporter()
    report.update("propose", message=f"where {wish.what} could go")
    check_wish(wish, picture)
    looker = looker or Looker(picture, find, report)
    found: list[Proposal] = []
    if source != "rules" and models is not None and models.has("mask_generator"):
        from finetouch.editing import _mask_network

        if source == "network" or models.ready("mask_generator"):
            found = _mask_network.proposals(picture, wish, count, models, looker, report, seed)
    found = found or _for_photos(picture, wish, count, source, looker, report)
    chosen = distinct(sorted(found, key=lambda p: -p.score))[:count]
    if not chosen:
        raise InputError(f"There is no room for {wish.what} in this picture.", "Mark a place with --box x0,y0,x1,y1.")
    if looker.problem:
        blind = f"nothing was looked for in the picture: {looker.problem}"
        chosen = [replace(p, why=(*p.why, blind)) for p in chosen]
    return chosen


def _for_photos(
    picture: Picture, wish: Wish, count: int, source: Source, looker: Looker, report: Reporter
) -> list[Proposal]:  # fmt: skip
    """By rules and the bundled generator; which of them does what is told in `finetouch.editing._photo_masks`."""
    from finetouch.editing import _photo_masks, _place_rules

    found: list[Proposal] = []
    if source == "network":
        found = _photo_masks.proposals(picture, wish, looker, report)
    elif source == "auto" and wish.box is not None and wish.shape is None and _photo_masks.suits(wish):
        found = _photo_masks.in_box(picture, wish, looker, report)
    if found:
        return found
    found = _place_rules.proposals(picture, wish, max(count, SEATS), looker, report)
    if source == "rules" or not _photo_masks.suits(wish):
        return found
    return _photo_masks.ranked(found, picture, wish, looker, report)


def check_wish(wish: Wish, picture: Picture) -> None:
    """Raises `InputError` for marks outside of the picture."""
    width, height = picture.size
    if wish.box is not None:
        x0, y0, x1, y1 = wish.box
        if not (np.isfinite(wish.box).all() and x0 < x1 and y0 < y1):
            raise InputError(f"The box {wish.box} is empty.", "Write x0,y0,x1,y1 with x0 < x1 and y0 < y1.")
        if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
            raise InputError(f"The box {wish.box} lies outside of the picture ({width} x {height} px).")
    if wish.point is not None:
        x, y = wish.point
        if not (np.isfinite(wish.point).all() and 0 <= x < width and 0 <= y < height):
            raise InputError(f"The point {x:g},{y:g} lies outside of the picture ({width} x {height} px).")
    if wish.size is not None and not 0 < wish.size <= 1:
        raise InputError(f"The size {wish.size:g} is out of range.", "Give a share of the picture's height, 0..1.")


def distinct(found: Sequence[Proposal]) -> list[Proposal]:
    """Without those that nearly repeat an earlier one."""
    kept: list[Proposal] = []
    for p in found:
        if all(masks.iou(p.mask, k.mask) <= ALIKE for k in kept):
            kept.append(p)
    return kept


def in_front(wish: Wish, mask: Mask, looker: Looker, size: tuple[int, int]) -> tuple[Mask | None, tuple[str, ...]]:
    """What stands nearer to the camera than a new thing and partly before it, full size, with its names.

    A thing is nearer when its foot is lower in the picture. What the new thing is said to be behind of is nearer
    whatever its foot says; what it is said to be in front of, on or in is not.
    """
    small = masks.resize_mask(mask, looker.small.size)
    box = masks.box_of(small, masks.HARD)
    if box is None:
        return None, ()
    kind = wish.relation.type if wish.relation else ""
    anchor = wish.relation.anchor if wish.relation else ""
    slack = 0.03 * small.shape[0]
    hidden, names = np.zeros_like(small), []
    for name, area in things_around(looker, anchor):
        for part in masks.components(area, min_area=max(4, round(0.001 * area.size))):
            shared = float(np.minimum(part, small).sum())
            theirs = masks.box_of(part, masks.HARD)
            if theirs is None or shared < 0.01 * float(small.sum()):
                continue
            nearer = theirs[3] > box[3] + slack
            if name == anchor:
                nearer = kind == "behind" or (nearer and kind not in ("in_front_of", "on", "in", "wearing"))
            if nearer and name not in _SEATS:
                hidden = np.maximum(hidden, part)
                names.append(name)
    if not names:
        return None, ()
    return masks.resize_mask(hidden, size), tuple(dict.fromkeys(names))


_SEATS = ("table", "desk", "counter", "shelf", "bed", "couch", "bench", "chair", "sink", "cabinet")
"""What things stand on rather than behind; their front edge reaches lower than what is on them."""


def things_around(looker: Looker, anchor: str = "") -> list[tuple[str, Mask]]:
    """The things (not the scenery) that the selector sees, and the anchor of the words, on the small copy."""
    from finetouch.plan.describe import SURFACES
    from finetouch.select.vocabulary import SCENERY

    names = [n for n in looker.names() if n not in SCENERY and (n not in SURFACES or n in _SEATS)][:8]
    return looker.masks(dict.fromkeys([*names, *([anchor] if anchor else [])]))


def cleaned(mask: Mask) -> Mask | None:
    """The mask without crumbs and pinholes; None when nothing is left. Its largest part then holds most of it."""
    parts = masks.components(mask)
    if not parts:
        return None
    areas = [float((p > masks.HARD).sum()) for p in parts]
    kept, total = parts[0], areas[0]
    for part, area in zip(parts[1:], areas[1:], strict=True):
        if area < 0.02 * total or areas[0] < WHOLE * (total + area):
            break
        kept, total = np.maximum(kept, part), total + area
    return masks.fill_holes(kept, max_area=max(1, round(0.01 * total)))


def with_hidden(proposal: Proposal, wish: Wish, looker: Looker) -> Proposal:
    """The proposal with what stays in front of it; its mask loses those pixels."""
    height, width = proposal.mask.shape
    hidden, names = in_front(wish, proposal.mask, looker, (width, height))
    if hidden is None:
        return proposal
    left = np.minimum(proposal.mask, 1.0 - hidden).astype(np.float32)
    if float(left.sum()) < 0.25 * float(proposal.mask.sum()):
        if wish.relation is None or wish.relation.type != "behind":
            return proposal  # what covers nearly all of it is what it is on, whatever the selector calls that
        mostly = f"mostly hidden behind: {', '.join(names)}"
        return replace(proposal, score=0.5 * proposal.score, why=(*proposal.why, mostly))
    facts = {**proposal.facts, "full_box": proposal.box}
    why = (*proposal.why, f"stays behind: {', '.join(names)}")
    return replace(proposal, mask=left, hidden=hidden, why=why, facts=facts)
