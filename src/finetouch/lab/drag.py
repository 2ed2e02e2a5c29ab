"""Deformation pairs for drag editing: one proportion or the pose of one thing changes, and its points are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import numpy as np

from finetouch.lab.edits import NoSuchEdit
from finetouch.lab.render import Bools, render
from finetouch.lab.sample import fits
from finetouch.lab.scene import Point, Scene, Thing


@dataclass(frozen=True, eq=False)
class DragPair:
    """A scene before and after one thing changed its form.

    Attributes:
        before, after: The scenes. id: The thing. param: The proportion that changed, or "tilt".
        start, end: Its values (0..1; degrees for tilt).
    """

    before: Scene
    after: Scene
    id: int
    param: str
    start: float
    end: float

    def at(self, t: float) -> Scene:
        """The scene in between; 0 is before, 1 is after."""
        value = self.start * (1 - t) + self.end * t
        return self.before.put(_changed(self.before.thing(self.id), self.param, value))

    def points(self, size: int = 64) -> dict[str, tuple[Point, Point]]:
        """Every named point of the thing, in pixels ``(x, y)``: where it was and where it has to go."""
        a, b = self.before.thing(self.id).keys, self.after.thing(self.id).keys
        return {k: ((a[k][0] * size, a[k][1] * size), (b[k][0] * size, b[k][1] * size)) for k in a}

    def handles(self, size: int = 64, least: float = 0.012) -> dict[str, tuple[Point, Point]]:
        """Only the points that move by more than `least` (share of the picture's side)."""
        return {
            k: (p, q) for k, (p, q) in self.points(size).items() if np.hypot(q[0] - p[0], q[1] - p[1]) > least * size
        }

    def mask(self, size: int = 64) -> Bools:
        """``(size, size) bool``: outside it both pictures are identical."""
        a, b = render(self.before, size), render(self.after, size)
        return np.asarray(a.touch[self.id] | b.touch[self.id])


def _changed(t: Thing, param: str, value: float) -> Thing:
    return replace(t, tilt=value) if param == "tilt" else t.reshaped(**{param: value})


def make_drag(scene: Scene, seed: int = 0) -> DragPair:
    """A deformation of one thing that carries nothing, with at least one point that clearly moves.

    Raises:
        NoSuchEdit: No thing of the scene can change its form enough.
    """
    rng = Random(f"{scene.seed}/drag/{seed}")
    things = [t for t in scene.things if not scene.riders(t.id) and not t.sort.fixture]
    options = [(t, p) for t in things for p in (*t.sort.params, *(("tilt",) if t.sort.tilt >= 4 else ()))]
    rng.shuffle(options)
    for t, param in options:
        if param == "tilt":
            start, end = t.tilt, round(rng.choice((-1, 1)) * rng.uniform(0.6, 1.0) * max(t.sort.tilt, 12), 2)
        else:
            start = dict(t.shape)[param]
            end = round(start + rng.uniform(0.4, 0.6) * (1 if start < 0.5 else -1), 4)
            end = min(1.0, max(0.0, end))
        changed = _changed(t, param, end)
        pair = DragPair(scene, scene.put(changed), t.id, param, start, end)
        if fits(scene, changed) and pair.handles():
            return pair
    raise NoSuchEdit(f"No thing in scene {scene.seed} can change its form enough.", "Take another scene.")
