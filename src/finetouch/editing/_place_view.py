"""What rules know about a picture: its surfaces, what is taken, and how many px a metre is at every row."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from finetouch.editing._destination import POSITIONS, position_in
from finetouch.editing._typical import FLAT, GROUND, SEAT, SKY, WALL, WATER, Typical, typical
from finetouch.editing.mask_proposals import Wish, things_around
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.plan.describe import SURFACES, Looker

CAMERA = 1.5
"""Height of a camera held at eye level, metres."""
ACROSS = 1.0
"""What a close picture of a table shows of it from left to right, metres."""
HORIZON = 0.42
UNKNOWN_SHARE = 0.22
SMALL_THINGS = 0.6
FRAME = 2
LIKE = 0.6
"""A box whose proportions (logarithm) are further from its kind's shows a part of it, or something else."""

Edges = tuple[float, float, float, float]


@dataclass(eq=False)
class View:
    """The picture as the rules see it, on the small copy.

    Attributes:
        width, height: Of the copy. full: Size of the picture. looker: Who finds things.
        old: The old thing's mask on the copy, or None.
    """

    width: int
    height: int
    full: tuple[int, int]
    looker: Looker
    old: Mask | None = None
    _uprights: dict[str, Mask] = field(default_factory=dict)

    @classmethod
    def of(cls, looker: Looker, wish: Wish) -> View:
        """The view for one wish."""
        size = looker.small.size
        old = None if wish.old is None else masks.resize_mask(wish.old, size)
        return cls(size[0], size[1], looker.full, looker, old)

    def looked(self, name: str) -> Mask | None:
        """The mask of anything by name."""
        return self.looker.mask(name)

    def surface(self, name: str) -> Mask | None:
        """A surface that the selector names on its own, or None."""
        if self.looker.names().get(name, 0.0) <= 0:
            return None
        found = self.looker.mask(name)
        return found if found is not None and (found > masks.HARD).mean() > 0.01 else None

    def is_surface(self, name: str) -> bool:
        """True for scenery and furniture that things stand on."""
        return name in SURFACES or name in (*GROUND, *FLAT, *SEAT, *WATER, *SKY, *WALL)

    def is_flat(self, name: str) -> bool:
        """True for a table and the like."""
        return name in FLAT

    def upright(self, name: str) -> Mask:
        """Where feet can be on a surface: all of the ground, the upper part of furniture."""
        if name not in self._uprights:
            area = self.surface(name)
            on = np.zeros((self.height, self.width), np.float32) if area is None else area.copy()
            box = masks.box_of(on, masks.HARD)
            if box is not None and name in (*FLAT, *SEAT) and box[3] < self.height - FRAME:
                on[box[1] + round(0.6 * (box[3] - box[1])) :] = 0
            self._uprights[name] = on
        return self._uprights[name]

    @cached_property
    def things(self) -> list[tuple[str, Mask, tuple[int, int, int, int]]]:
        """Single things that are no scenery: name, mask, box."""
        out = []
        for name, area in things_around(self.looker):
            free = area if self.old is None else np.where(self.old > masks.HARD, 0.0, area).astype(np.float32)
            for part in masks.components(free, min_area=max(4, round(0.0015 * free.size)))[:6]:
                box = masks.box_of(part, masks.HARD)
                if box is not None:
                    out.append((name, part, box))
        return out

    @cached_property
    def horizon(self) -> float:
        """Row of the horizon: between sky and ground when both are seen, else a usual one."""
        usual = HORIZON * self.height
        sky = self.surface("sky")
        grounds = [g for g in map(self.surface, (*GROUND, *WATER)) if g is not None]
        if sky is None or not grounds:
            return usual
        low = float(np.percentile(np.nonzero(sky > masks.HARD)[0], 97))
        high = float(np.percentile(np.nonzero(np.maximum.reduce(grounds) > masks.HARD)[0], 3))
        return float(np.clip((low + high) / 2, 0.15 * self.height, 0.62 * self.height))

    @cached_property
    def slope(self) -> float:
        """Px per metre for every row below the horizon, from standing things of known height."""
        found = []
        for name, _, (x0, y0, x1, y1) in self.things:
            known = typical(name)
            whole = x0 > FRAME and y0 > FRAME and x1 < self.width - FRAME and y1 < self.height - FRAME
            low = y1 - self.horizon
            large = known.known and known.height >= SMALL_THINGS and known.group in ("ground", "road", "plant")
            like_it = abs(np.log((x1 - x0) / max(1, y1 - y0) / known.aspect)) < LIKE
            if large and whole and like_it and low > 0.05 * self.height:
                found.append(((y1 - y0) / known.height / low, (x1 - x0) * (y1 - y0)))
        usual = 1 / CAMERA
        return float(np.clip(_by_area(found), 0.4 * usual, 3 * usual)) if found else usual

    @cached_property
    def close(self) -> float:
        """Px per metre on a table: from small things of known height, else from the table's width."""
        found = [
            (box[3] - box[1]) / typical(name).height for name, _, box in self.things
            if typical(name).known and 0.05 <= typical(name).height < SMALL_THINGS
        ]  # fmt: skip
        for name in FLAT:
            area = self.surface(name)
            box = None if area is None else masks.box_of(area, masks.HARD)
            if box is not None:
                whole = box[0] > FRAME and box[2] < self.width - FRAME
                across = (box[2] - box[0]) / (1.5 if whole else ACROSS)
                return float(np.clip(np.median(found), 0.5 * across, 2 * across)) if found else across
        return float(np.median(found)) if found else self.width / ACROSS

    def height_px(self, kind: Typical, y: float, surface: str | None, wish: Wish) -> float:
        """How tall the thing looks with its foot in row `y`."""
        if kind.share:
            return kind.share * self.height
        old = None if self.old is None else masks.box_of(self.old, 0.2)
        if old is not None:
            tall, was = float(old[3] - old[1]), typical(wish.old_name)
            if not kind.height or not was.height:
                return tall
            there = max(1.0, old[3] - self.horizon)
            depth = np.clip((y - self.horizon) / there, 0.3, 3.0) if old[3] > self.horizon else 1.0
            return float(tall * kind.height / was.height * depth)
        if not kind.height:
            return UNKNOWN_SHARE * self.height
        if surface in (*FLAT, "bed"):
            return kind.height * self.close
        if surface in SKY:
            return float(np.clip(kind.height * 0.02, 0.08, 0.25)) * self.height
        low = max(y - self.horizon, 0.06 * self.height)
        return kind.height * self.slope * low

    def inside(self, box: Edges) -> float:
        """Share of a box that lies in the picture."""
        x0, y0, x1, y1 = box
        w, h = min(x1, self.width) - max(x0, 0), min(y1, self.height) - max(y0, 0)
        return float(np.clip(w * h / max(1e-6, (x1 - x0) * (y1 - y0)), 0, 1)) if w > 0 and h > 0 else 0.0

    def free(self, box: Edges, wish: Wish) -> float:
        """1 when nothing else is where the thing would be; what it would stand on does not count."""
        cut = self._cut(box)
        if cut is None:
            return 0.0
        anchor = wish.relation.anchor if wish.relation else ""
        taken = np.zeros((cut[0].stop - cut[0].start, cut[1].stop - cut[1].start), np.float32)
        for name, part, theirs in self.things:
            if name == anchor or name in (*FLAT, *SEAT):
                continue
            taken = np.maximum(taken, part[cut] * (1.0 if theirs[3] >= box[3] else 0.6))
        return float(1.0 - taken.mean())

    def held(self, box: Edges, surface: str | None, kind: Typical) -> float:
        """Share of what is under the thing (or around it, in the sky) that can carry it; one half when unknown."""
        listed = [surface] if surface else [n for names in kind.supports for n in names]
        areas = [a for a in (self.looked(surface) if surface else self.surface(n) for n in listed) if a is not None]
        if not areas:
            return 0.5
        on = np.maximum.reduce(areas)
        if surface in SKY or surface in WALL:
            cut = self._cut(box)
        else:
            foot = max(2.0, 0.12 * (box[3] - box[1]))
            cut = self._cut((box[0] + 0.15 * (box[2] - box[0]), box[3] - foot / 2, box[2] - 0.15 * (box[2] - box[0]),
                             box[3] + foot / 2))  # fmt: skip
        return 0.0 if cut is None else float((on[cut] > masks.HARD).mean())

    def prior(self, box: Edges, wish: Wish, kind: Typical) -> float:
        """How well the place fits the words ("on the left"); without any, a calm place off the rim is best."""
        x, y = (box[0] + box[2]) / 2 / self.width, (box[1] + box[3]) / 2 / self.height
        place = wish.position if wish.position in POSITIONS else position_in(wish.position)
        if place in POSITIONS:
            fx, fy = POSITIONS[place]
            away = [(v - (0.17 + 0.66 * f)) / 0.2 for v, f in ((x, fx), (y, fy)) if f is not None]
            return float(np.exp(-sum(a * a for a in away) / 2)) ** 3
        if self.old is not None:
            old = masks.box_of(self.old, 0.2)
            if old is not None:
                return float(np.exp(-(((x - (old[0] + old[2]) / 2 / self.width) / 0.25) ** 2)))
        low = box[3] / self.height
        if kind.group == "sky":
            return float(np.exp(-(((x - 0.5) / 0.45) ** 2)) * np.exp(-(((y - 0.28) / 0.2) ** 2)))
        return float(np.exp(-(((x - 0.5) / 0.38) ** 2)) * np.exp(-(((low - 0.8) / 0.35) ** 2)))

    def _cut(self, box: Edges) -> tuple[slice, slice] | None:
        x0, y0, x1, y1 = max(0, round(box[0])), max(0, round(box[1])), round(box[2]), round(box[3])
        x1, y1 = min(self.width, max(x1, x0 + 1)), min(self.height, max(y1, y0 + 1))
        return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None


def _by_area(found: list[tuple[float, int]]) -> float:
    """The median of values, each as heavy as its thing is large: crumbs are often mistaken for things."""
    found = sorted(found)
    heavy = np.cumsum([area for _, area in found])
    return found[int(np.searchsorted(heavy, heavy[-1] / 2))][0]
