"""From a scene to pixels: the picture and, exactly aligned with it, the masks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.lab.canvas import Bytes, Canvas
from finetouch.lab.places import OUTDOOR, draw_place, draw_weather
from finetouch.lab.scene import Grade, Scene, Thing

Bools = NDArray[np.bool_]
_TINT = {
    "day": (1.0, 1.0, 1.0), "night": (0.62, 0.66, 0.86), "sunset": (1.0, 0.9, 0.8), "snow": (0.97, 0.98, 1.0),
    "rain": (0.86, 0.89, 0.94),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Rendering:
    """A scene in pixels, all arrays ``(size, size)``.

    Attributes:
        picture: ``(size, size, 3) uint8`` RGB.
        whole: Thing id to its silhouette as if nothing were in front of it, bool.
        visible: Thing id to the pixels that mostly show it, bool; never overlapping.
        body: Thing id to every pixel it colours at all, however little, bool.
        touch: The same with its shadow: exactly these pixels can change when it goes.
        parts: ``(thing id, part)`` to the visible pixels of a named part ("top", "trousers"), bool.
        part_body: The same, every pixel it colours at all.
        place: Pixels in which the place shows at all.
    """

    picture: Bytes
    whole: dict[int, Bools]
    visible: dict[int, Bools]
    body: dict[int, Bools]
    touch: dict[int, Bools]
    parts: dict[tuple[int, str], Bools]
    part_body: dict[tuple[int, str], Bools]
    place: Bools

    def box(self, id: int) -> tuple[int, int, int, int] | None:
        """``(x0, y0, x1, y1)`` px, end-exclusive, of the visible pixels; None when hidden."""
        return box_of(self.visible[id])


def box_of(mask: Bools) -> tuple[int, int, int, int] | None:
    """Bounding box ``(x0, y0, x1, y1)``, end-exclusive, or None when empty."""
    x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
    return None if w == 0 else (x, y, x + w, y + h)


MOSTLY = 128
"""Above this (of 255) more than half of a pixel is covered, so no two things can both claim it."""
Frame = tuple[slice, slice, slice, slice]
Spot = tuple[int, int, Bytes]
"""Corner on the fine grid and a mask of 0 and 255."""


def render(scene: Scene, size: int = 64) -> Rendering:
    """Draws a scene at ``size`` x ``size`` pixels with all masks; every size shows the same picture."""
    c = Canvas(size)
    draw_place(c, scene.place, scene.mood)
    things = scene.ordered()
    tags = np.zeros_like(c.owner) if any(t.art.parts for t in things) else None
    shadows: list[Spot] = []
    shapes: list[Spot] = []
    for n, t in enumerate(things, 1):
        shadows.append(_shadow(c, scene, t))
        shape, x, y = c.add(t.art, t.where, n, tags)
        shapes.append((x, y, shape))
    draw_weather(c, scene.place, scene.mood)
    out = Rendering(_finish(c.down(c.paint), scene), {}, {}, {}, {}, {}, {}, _place_mask(c))
    for n, t in enumerate(things, 1):
        _masks(c, out, t, n, shapes[n - 1], shadows[n - 1], tags)
    return _flipped(out, scene.grade.flip) if scene.grade.flip else out


def _place_mask(c: Canvas) -> Bools:
    return np.asarray(c.down(cv2.compare(c.owner, 0, cv2.CMP_EQ)) > 0)


def _masks(c: Canvas, out: Rendering, t: Thing, n: int, shape: Spot, shadow: Spot, tags: Bytes | None) -> None:
    x, y, fine = shape
    frame = c.window(x, y, fine.shape[1], fine.shape[0])
    out.whole[t.id] = _spread(c, _cut(fine, x, y, frame), frame, MOSTLY)
    own = cv2.compare(np.ascontiguousarray(c.owner[frame[:2]]), n, cv2.CMP_EQ) if fine.size else fine
    out.visible[t.id] = _spread(c, own, frame, MOSTLY)
    out.body[t.id] = _spread(c, own, frame, 0)
    out.touch[t.id] = out.body[t.id]
    sx, sy, dark = shadow
    if dark.size:
        window = c.window(sx, sy, dark.shape[1], dark.shape[0])
        under = np.where(c.owner[window[:2]] <= n, _cut(dark, sx, sy, window), np.uint8(0))
        out.touch[t.id] = out.body[t.id] | _spread(c, under, window, 0)
    if tags is None:
        return
    for k, name in enumerate(t.art.parts, 1):
        part = np.where(tags[frame[:2]] == k, own, np.uint8(0))
        out.parts[t.id, name] = _spread(c, part, frame, MOSTLY)
        out.part_body[t.id, name] = _spread(c, part, frame, 0)


def _cut(fine: Bytes, x: int, y: int, frame: Frame) -> Bytes:
    rows, columns = frame[:2]
    out = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    h, w = fine.shape
    y0, y1 = max(y, rows.start), min(y + h, rows.stop)
    x0, x1 = max(x, columns.start), min(x + w, columns.stop)
    if y1 > y0 and x1 > x0:
        out[y0 - rows.start : y1 - rows.start, x0 - columns.start : x1 - columns.start] = fine[
            y0 - y : y1 - y, x0 - x : x1 - x
        ]
    return out


def _spread(c: Canvas, fine: Bytes, frame: Frame, above: int) -> Bools:
    out = np.zeros((c.size, c.size), np.bool_)
    out[frame[2:]] = c.share(fine, *frame[2:]) > above
    return out


def _flipped(r: Rendering, how: str) -> Rendering:
    maps = [{k: _flip(m, how) for k, m in d.items()} for d in (r.whole, r.visible, r.body, r.touch)]
    parts = [{k: _flip(m, how) for k, m in d.items()} for d in (r.parts, r.part_body)]
    return Rendering(r.picture, maps[0], maps[1], maps[2], maps[3], parts[0], parts[1], _flip(r.place, how))


def edge_map(scene: Scene, size: int = 64) -> Bytes:
    """The scene as a line drawing: ``(size, size) uint8``, white lines on black, hidden lines left out."""
    c = Canvas(size, lines=True)
    draw_place(c, scene.place, scene.mood)
    for n, t in enumerate(scene.ordered(), 1):
        c.add(t.art, t.where, n)
    small = np.ascontiguousarray(c.down(c.paint)[..., 0])
    return _flip(small, scene.grade.flip) if scene.grade.flip else small


def key_points(scene: Scene, size: int = 64) -> dict[int, dict[str, tuple[float, float]]]:
    """Named points of every thing, in pixels ``(x, y)`` measured from the corner of the picture."""
    flip = scene.grade.flip
    out = {}
    for t in scene.things:
        pts = t.keys.items()
        out[t.id] = {
            k: ((1 - x if flip == "horizontal" else x) * size, (1 - y if flip == "vertical" else y) * size)
            for k, (x, y) in pts
        }
    return out


def _shadow(c: Canvas, scene: Scene, t: Thing) -> Spot:
    k = t.sort.contact
    if not k or t.surface in ("sky", "head", "crown"):
        return 0, 0, np.zeros((0, 0), np.uint8)
    x0, _, x1, _ = t.box
    rx = (x1 - x0) / 2 * min(1.15, k + 0.22)
    strength = 0.34 if scene.mood in ("day", "sunset") else 0.24
    return c.shadow((x0 + x1) / 2 + 0.03 * t.size, t.y - 0.008 * t.size, rx, max(0.012, rx * 0.24), strength)


def _flip(a: NDArray, how: str) -> NDArray:
    return np.ascontiguousarray(a[:, ::-1] if how == "horizontal" else a[::-1])


def _finish(picture: Bytes, scene: Scene) -> Bytes:
    tint = _TINT[scene.mood]
    if scene.mood != "day":
        inside = scene.place.name not in OUTDOOR
        keep = [1 - (1 - k) * (0.6 if inside else 1.0) for k in tint]
        picture = np.clip(np.rint(picture * np.asarray(keep, np.float32)), 0, 255).astype(np.uint8)
    g = scene.grade
    if g == Grade():
        return picture
    p = picture.astype(np.float32) / 255
    p = p ** np.float32(2.0 ** (-1.4 * g.brightness))
    p = (p - 0.5) * np.float32(1 + 0.9 * g.contrast) + 0.5
    grey = (p @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    p = grey + (p - grey) * np.float32(1 + 1.2 * g.saturation)
    p = p * np.array([1 + 0.25 * g.warmth, 1, 1 - 0.25 * g.warmth], np.float32)
    picture = np.clip(np.rint(p * 255), 0, 255).astype(np.uint8)
    return _flip(picture, g.flip) if g.flip else picture
