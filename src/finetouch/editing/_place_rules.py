"""Proposals by rules: what a thing stands on, how large it would look there, and whether anything is in the way.

Size follows from the ground plane: what stands at row y below the horizon is as many px tall per metre as any other
thing at that row (Hoiem et al., Putting Objects in Perspective, 2006). Things of known height give the scale; without
any, a camera at eye level does.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from finetouch.editing._place_view import View
from finetouch.editing._typical import SKY, WALL, Typical, typical
from finetouch.editing.mask_proposals import LEAST, Proposal, Wish, with_hidden
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.plan.describe import IN, Looker, foot_row
from finetouch.types import Picture, Reporter

UNKNOWN_SHARE = 0.22
"""Height of a thing of unknown size as a share of the picture's."""
SMALLEST, LARGEST = 0.03, 0.75
FACTORS = (1.0, 0.8, 1.25)
FEW = 30
"""With more places than this each is tried at one size only."""
GRID = (14, 12)
APART = 0.6
"""Proposals lie at least this share of their width apart."""
WORN, WORN_TALL = 0.3, 0.15
"""Height of a hat against its wearer: an animal, a standing person."""

Spot = tuple[float, float, str | None, str]
"""Foot ``(x, y)`` on the small copy, the surface it is on, and what speaks for it."""


@dataclass(frozen=True)
class _Seat:
    """A thing set down: its box on the small copy, the surface under it, score and reasons."""

    box: tuple[float, float, float, float]
    score: float
    why: tuple[str, ...]


def proposals(picture: Picture, wish: Wish, count: int, looker: Looker, report: Reporter) -> list[Proposal]:
    """Proposals for a wish, best first; see `finetouch.editing.mask_proposals.propose`."""
    kind, view = typical(wish.what), View.of(looker, wish)
    aspect = kind.aspect if wish.shape is None else wish.shape.shape[1] / max(1, wish.shape.shape[0])
    notes, spots = _spots(wish, kind, view, looker)
    seats: list[_Seat] = []
    for number, spot in enumerate(spots):
        report.check()
        for factor in FACTORS if len(spots) <= FEW else FACTORS[:1]:
            seats.append(_seat(spot, factor, aspect, wish, kind, view, first=number == 0))
    seats.sort(key=lambda s: -s.score)
    scale = picture.width / view.width, picture.height / view.height
    out = []
    for seat in _apart(seats, count):
        mask = _outline(seat.box, scale, picture.size, wish.shape)
        if not (mask > masks.HARD).any():
            continue
        room = ("there is little room for it",) if seat.score < LEAST else ()
        made = Proposal(mask, seat.score, (*notes, *seat.why, *room), "rules")
        out.append(with_hidden(made, wish, looker))
    return out


def _apart(seats: list[_Seat], count: int) -> list[_Seat]:
    """The best seats that are not next to each other; then other sizes at the same places."""
    kept: list[_Seat] = []
    for near in (False, True):
        for seat in seats:
            if len(kept) >= count:
                return kept
            if seat not in kept and all(_far(seat.box, k.box, near) for k in kept):
                kept.append(seat)
    return kept


def _far(a: tuple[float, ...], b: tuple[float, ...], sizes: bool) -> bool:
    across = abs(a[0] + a[2] - b[0] - b[2]) / 2
    if across > APART * min(a[2] - a[0], b[2] - b[0]) or abs(a[3] - b[3]) > 0.8 * min(a[3] - a[1], b[3] - b[1]):
        return True
    return sizes and abs(np.log((a[3] - a[1]) / max(1e-6, b[3] - b[1]))) > 0.15


def _spots(wish: Wish, kind: Typical, view: View, looker: Looker) -> tuple[tuple[str, ...], list[Spot]]:
    """Where its foot could be: what was marked, the anchor of the words, the old thing's foot, else good ground."""
    sx, sy = view.width / view.full[0], view.height / view.full[1]
    if wish.box is not None:
        x0, _, x1, y1 = wish.box
        return (), [((x0 + x1) / 2 * sx, y1 * sy, None, "fills the marked box")]
    if wish.point is not None:
        return (), [(wish.point[0] * sx, wish.point[1] * sy, None, "at the marked point")]
    notes: list[str] = []
    if wish.relation is not None:
        anchor = looker.mask(wish.relation.anchor)
        if anchor is not None and (anchor > masks.HARD).any():
            return (), _beside(wish, kind, anchor, view)
        notes.append(f"'{wish.relation.anchor}' was not found in the picture, so the words were not followed")
    old = None if wish.old is None else masks.box_of(masks.resize_mask(wish.old, (view.width, view.height)), 0.2)
    spots: list[Spot] = []
    if old is not None:
        under = wish.place.supported_by if wish.place else None
        if kind.suits(under) > 0:
            foot = float(foot_row(view.old if view.old is not None else np.zeros((1, 1), np.float32)))
            return tuple(notes), [((old[0] + old[2]) / 2, foot, under, "stands where the old thing stood")]
        notes.append(f"{wish.what} does not belong {'in' if under in IN else 'on'} the {under}")
    for rank, names in enumerate(kind.supports):
        for name in names:
            area = view.surface(name)
            if area is None:
                continue
            on = area if set(names) & {*SKY, *WALL} else view.upright(name)
            spots += [(x, y, name, f"{'in' if name in IN else 'on'} the {name}") for x, y in _grid_points(on)]
        if rank == 0 and not spots:
            notes.append(f"no {names[0]} was seen")
    if not spots and old is not None:
        spots = [((old[0] + old[2]) / 2, float(old[3]), None, "where the old thing was")]
    elif not spots:
        spots = [(x * view.width, y * view.height, None, "low in the picture")
                 for x in (0.3, 0.5, 0.7) for y in (0.7, 0.82, 0.92)]  # fmt: skip
    return tuple(notes[:2]), spots


def _grid_points(on: Mask) -> list[tuple[float, float]]:
    """Points of a grid that lie on a surface."""
    height, width = on.shape
    xs = (np.arange(GRID[0]) + 0.5) * width / GRID[0]
    ys = (np.arange(GRID[1]) + 0.9) * height / GRID[1]
    return [(float(x), float(y)) for y in ys for x in xs if on[min(height - 1, int(y)), int(x)] > masks.HARD]


def _beside(wish: Wish, kind: Typical, anchor: Mask, view: View) -> list[Spot]:
    """Feet that stand in the relation of the words to the anchor."""
    assert wish.relation is not None
    relation, name = wish.relation.type, wish.relation.anchor
    said = f"{relation.replace('_', ' ')} the {name}"
    box = masks.box_of(anchor, masks.HARD) or (0, 0, view.width, view.height)
    x0, y0, x1, y1 = box
    middle = (x0 + x1) / 2
    if relation in ("wearing", "with"):
        top = np.nonzero(anchor[y0 : y0 + max(1, (y1 - y0) // 12)] > masks.HARD)[1]
        return [(float(top.mean()) if top.size else middle, y0 + 0.06 * (y1 - y0), name, said)]
    if relation in ("on", "in"):
        if view.is_surface(name):
            low = anchor.copy()
            if view.is_flat(name):  # its upper side, not its legs
                low[y0 + round(0.45 * (y1 - y0)) :] = 0
            return [(x, y, name, said) for x, y in _grid_points(low)] or [(middle, y0 + 0.3 * (y1 - y0), name, said)]
        return [(middle, y0 + 0.25 * (y1 - y0), name, said)]
    gap, half = 0.05 * (x1 - x0), 0.5 * kind.aspect * view.height_px(kind, float(y1), None, wish)
    left, right = (x0 - gap - half, float(y1), None, said), (x1 + gap + half, float(y1), None, said)
    if relation == "left_of":
        return [left]
    if relation == "right_of":
        return [right]
    if relation == "under":
        return [(middle, min(view.height - 1.0, y1 + view.height_px(kind, float(y1), None, wish)), None, said)]
    if relation in ("behind", "in_front_of"):
        way = -1 if relation == "behind" else 1
        step = 0.12 * (y1 - y0)
        spots = [(middle + k * 0.3 * (x1 - x0), y1 + way * step, None, said) for k in (0, -1, 1)]
        return [(x, min(y, view.height - 1.0), n, s) for x, y, n, s in spots]
    fits_left = x0 - gap - 2 * half > 0
    return [left, right] if fits_left else [right, left]


def _seat(
    spot: Spot, factor: float, aspect: float, wish: Wish, kind: Typical, view: View, first: bool
) -> _Seat:  # fmt: skip
    """The thing with its foot at a spot, and how good that is."""
    x, y, surface, said = spot
    why = [said]
    tall = _height(wish, kind, view, y, surface, aspect)
    limit = min(LARGEST * view.height, 0.92 * view.width / max(aspect, 1e-3))
    fit = float(np.clip(tall, SMALLEST * view.height, limit))
    if wish.box is None and tall > 1.15 * limit:
        why.append("drawn smaller than it would be, so that it fits")
    size = fit * factor
    wide = size * aspect
    if wish.point is not None or surface in SKY or surface in WALL:
        box = (x - wide / 2, y - size / 2, x + wide / 2, y + size / 2)
    else:
        box = (x - wide / 2, y - size, x + wide / 2, y)
    inside, free, held = view.inside(box), view.free(box, wish), view.held(box, surface, kind)
    prior = view.prior(box, wish, kind)
    fitting = float(np.exp(-abs(np.log(max(tall, 1e-3) / max(size, 1e-3)))))
    suits = 1.0 if surface is None or wish.relation is not None else 0.4 + 0.6 * kind.suits(surface)
    score = suits * (0.4 + 0.6 * held) * free * inside**2 * (0.6 + 0.4 * fitting) * (0.6 + 0.4 * prior)
    if free < 0.75:
        why.append(f"covers {100 * (1 - free):.0f} % of other things")
    if inside < 0.98:
        why.append(f"{100 * (1 - inside):.0f} % of it would be outside of the picture")
    return _Seat(box, float(np.clip(score * (1.0 if first else 0.97), 0, 1)), tuple(why))


def _height(wish: Wish, kind: Typical, view: View, y: float, surface: str | None, aspect: float) -> float:
    """Height in px of the small copy."""
    if wish.box is not None:
        wide = (wish.box[2] - wish.box[0]) * view.width / view.full[0]
        tall = (wish.box[3] - wish.box[1]) * view.height / view.full[1]
        return float(min(tall, wide / max(aspect, 1e-3)))
    if wish.size is not None:
        return wish.size * view.height
    if wish.relation is not None and wish.relation.type == "wearing" and surface is not None:
        anchor = view.looked(surface)
        box = None if anchor is None else masks.box_of(anchor, masks.HARD)
        if box is not None:
            tall = (box[3] - box[1]) > 1.5 * (box[2] - box[0])
            return (WORN_TALL if tall else WORN) * (box[3] - box[1])
    return view.height_px(kind, y, surface, wish)


def _outline(
    box: tuple[float, float, float, float], scale: tuple[float, float], size: tuple[int, int], shape: Mask | None
) -> Mask:
    """The outline in the full picture: the given one, or a rounded box."""
    width, height = size
    x0, y0 = box[0] * scale[0], box[1] * scale[1]
    w, h = max(1, round((box[2] - box[0]) * scale[0])), max(1, round((box[3] - box[1]) * scale[1]))
    if shape is not None:
        small = w * h < shape.size
        own = cv2.resize(shape, (w, h), interpolation=cv2.INTER_AREA if small else cv2.INTER_LINEAR).reshape(h, w)
    else:
        ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
        far = np.abs((xs + 0.5) / w * 2 - 1) ** 3.5 + np.abs((ys + 0.5) / h * 2 - 1) ** 3.5
        own = np.clip((1.0 - far) * 0.25 * min(w, h) + 0.5, 0, 1)
    out = np.zeros((height, width), np.float32)
    left, top = round(x0), round(y0)
    a, b, c, d = max(0, left), max(0, top), min(width, left + w), min(height, top + h)
    if a < c and b < d:
        out[b:d, a:c] = np.clip(own[b - top : d - top, a - left : c - left], 0, 1)
    return out
