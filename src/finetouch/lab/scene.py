"""What a scene is: a place and the things in it. Plain frozen data, to and from JSON; nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from finetouch.lab import shapes_animals, shapes_indoor, shapes_more, shapes_outdoor, shapes_people
from finetouch.lab.canvas import Affine, Art, Point
from finetouch.lab.kinds import Kind, sort_of

SHAPES = (shapes_animals, shapes_indoor, shapes_outdoor, shapes_people, shapes_more)
"""The modules that fill `KINDS` and `MORE`."""


@dataclass(frozen=True)
class Thing:
    """One thing in a scene. All positions are shares of the picture's side, x to the right and y down.

    Attributes:
        id: Unique in its scene; kept through edits.
        kind: A name in `KINDS` or `MORE`. color: Its named colour. second: Second named colour (used by some kinds).
        x, y: Where it stands: the middle of its foot. size: Height unit.
        shape: ``(name, 0..1)`` per proportion of its kind.
        facing: 1 looks right, -1 looks left. tilt: Degrees clockwise.
        surface: What carries it: a surface of the place, or a slot of another thing ("top", "head" ...).
        host: Id of the thing that carries it, or None. shift: Where in that slot, -1..1.
    """

    id: int
    kind: str
    color: str
    x: float
    y: float
    size: float
    shape: tuple[tuple[str, float], ...]
    facing: int = 1
    tilt: float = 0.0
    second: str = "blue"
    surface: str = ""
    host: int | None = None
    shift: float = 0.0

    @property
    def sort(self) -> Kind:
        """Its kind."""
        return sort_of(self.kind)

    @property
    def art(self) -> Art:
        """Its drawing in its own units."""
        return _art(self.kind, self.color, self.second if self.sort.second else "", self.shape)

    @property
    def where(self) -> Affine:
        """From its own units to shares of the picture."""
        c, s = math.cos(math.radians(self.tilt)) * self.size, math.sin(math.radians(self.tilt)) * self.size
        f = self.facing
        return (c * f, -s, self.x, s * f, c, self.y)

    def at(self, point: Point) -> Point:
        """A point of its drawing, as shares of the picture."""
        a, b, tx, c, d, ty = self.where
        return a * point[0] + b * point[1] + tx, c * point[0] + d * point[1] + ty

    @property
    def box(self) -> tuple[float, float, float, float]:
        """``(x0, y0, x1, y1)`` of the drawing, as shares of the picture (may reach outside 0..1)."""
        return _box(self)

    @property
    def center(self) -> Point:
        """Middle of the box."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2

    @property
    def keys(self) -> dict[str, Point]:
        """Named points, as shares of the picture."""
        return {name: self.at(p) for name, p in self.art.keys.items()}

    def reshaped(self, **params: float) -> Thing:
        """The same thing with other proportions."""
        return replace(self, shape=tuple((k, params.get(k, v)) for k, v in self.shape))


@lru_cache(maxsize=256)
def _art(kind: str, color: str, second: str, shape: tuple[tuple[str, float], ...]) -> Art:
    return sort_of(kind).art(color, second or "blue", dict(shape))


@lru_cache(maxsize=1024)
def _box(t: Thing) -> tuple[float, float, float, float]:
    if not t.tilt:
        x0, y0, x1, y1 = t.art.bounds
        (ax, ay), (bx, by) = t.at((x0, y0)), t.at((x1, y1))
        return min(ax, bx), ay, max(ax, bx), by
    a, b, tx, c, d, ty = t.where
    pts = t.art.points
    xs, ys = pts @ np.array([a, b], np.float32) + tx, pts @ np.array([c, d], np.float32) + ty
    return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())


@dataclass(frozen=True)
class Place:
    """Where a scene plays.

    Attributes:
        name: "room", "meadow", "shore", "street", "studio" or "plain".
        tint: Colour name of a plain backdrop and of the studio's wall.
        vary: Numbers in 0..1 that move hills, clouds, windows and so on.
    """

    name: str
    tint: str = "blue"
    vary: tuple[float, ...] = (0.5,) * 8


@dataclass(frozen=True)
class Grade:
    """Changes to the whole finished picture, each -1..1 as in the params of a global edit."""

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    warmth: float = 0.0
    flip: str = ""


@dataclass(frozen=True)
class Scene:
    """A whole picture as data.

    Attributes:
        place: Where. things: What, in no particular order. mood: "day", "night", "sunset", "snow" or "rain".
        grade: Tone and flip of the whole picture. seed: What it was made from.
    """

    place: Place
    things: tuple[Thing, ...]
    mood: str = "day"
    grade: Grade = Grade()
    seed: int = 0

    def thing(self, id: int) -> Thing:
        """The thing with this id; KeyError when there is none."""
        for t in self.things:
            if t.id == id:
                return t
        raise KeyError(id)

    def riders(self, id: int) -> tuple[Thing, ...]:
        """The things carried by this one, and what they carry in turn."""
        own = [t for t in self.things if t.host == id]
        return tuple(own) + tuple(r for t in own for r in self.riders(t.id))

    def ordered(self) -> tuple[Thing, ...]:
        """The things from back to front: in the sky first, then by where they stand, riders after what carries them."""
        out: list[Thing] = []

        def visit(t: Thing) -> None:
            out.append(t)
            for r in sorted((r for r in self.things if r.host == t.id), key=_depth):
                visit(r)

        for t in sorted((t for t in self.things if t.host is None), key=_depth):
            visit(t)
        return tuple(out)

    def put(self, *things: Thing) -> Scene:
        """The scene with these things in place of those with the same id, or added; riders follow their hosts."""
        new = {t.id: t for t in (*self.things, *things)}
        return replace(self, things=tuple(new.values())).settled()

    def without(self, ids: Iterable[int]) -> Scene:
        """The scene without these things."""
        gone = set(ids)
        return replace(self, things=tuple(t for t in self.things if t.id not in gone))

    def settled(self) -> Scene:
        """The scene with every rider at its host's slot."""
        done: dict[int, Thing] = {}
        for t in self.ordered():
            done[t.id] = t if t.host is None else seated(t, done[t.host])
        return replace(self, things=tuple(done[t.id] for t in self.things))

    def free_id(self) -> int:
        """An id that is not taken."""
        return max((t.id for t in self.things), default=-1) + 1

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Scene:
        """Inverse of `to_json`."""
        things = tuple(
            Thing(**{**t, "shape": tuple((str(k), float(v)) for k, v in t["shape"])}) for t in data["things"]
        )
        place = Place(data["place"]["name"], data["place"]["tint"], tuple(data["place"]["vary"]))
        return cls(place, things, data["mood"], Grade(**data["grade"]), data["seed"])


def _depth(t: Thing) -> tuple[bool, float, int]:
    return t.surface != "sky", t.y, t.id


def seated(thing: Thing, host: Thing) -> Thing:
    """The thing moved to where its slot on the host is; a hat sits with the head's tilt."""
    x, y, half = host.art.slots[thing.surface]
    px, py = host.at((x + half * thing.shift, y))
    return replace(thing, x=px, y=py)
