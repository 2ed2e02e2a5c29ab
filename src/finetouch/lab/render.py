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


def render(scene: Scene, size: int = 64) -> Rendering:
    """Draws a scene at ``size`` x ``size`` pixels with all masks; every size shows the same picture."""
    c = Canvas(size)
    draw_place(c, scene.place, scene.mood)
    things = scene.ordered()
    whole: dict[int, Bools] = {}
    shadows: list[tuple[int, int, int, int]] = []
    has_parts = any(t.art.parts for t in things)
    tags = np.zeros_like(c.owner) if has_parts else None
    for n, t in enumerate(things, 1):
        shadows.append(_shadow(c, scene, t))
        shape, x, y = c.add(t.art, t.where, n, tags)
        whole[t.id] = _mostly(c, _placed(c, shape, x, y))
    draw_weather(c, scene.place, scene.mood)
    visible, body, touch = {}, {}, {}
    parts: dict[tuple[int, str], Bools] = {}
    part_body: dict[tuple[int, str], Bools] = {}
    for n, (t, (x0, y0, x1, y1)) in enumerate(zip(things, shadows, strict=True), 1):
        share = c.down(cv2.compare(c.owner, n, cv2.CMP_EQ))
        visible[t.id], body[t.id] = share > 127, share > 0
        touch[t.id] = body[t.id]
        if x1 > x0:
            dark = np.zeros_like(c.owner)
            dark[y0:y1, x0:x1] = cv2.compare(np.ascontiguousarray(c.owner[y0:y1, x0:x1]), n, cv2.CMP_LE)
            touch[t.id] = body[t.id] | (c.down(dark) > 0)
        if tags is not None:
            for k, name in enumerate(t.art.parts, 1):
                share = c.down(np.where((tags == k) & (c.owner == n), np.uint8(255), np.uint8(0)))
                parts[t.id, name], part_body[t.id, name] = share > 127, share > 0
    picture = _finish(c.down(c.paint), scene)
    place = c.down(cv2.compare(c.owner, 0, cv2.CMP_EQ)) > 0
    maps = (whole, visible, body, touch, parts, part_body)
    if scene.grade.flip:
        maps = tuple({k: _flip(m, scene.grade.flip) for k, m in d.items()} for d in maps)  # type: ignore
        place = _flip(place, scene.grade.flip)
    return Rendering(picture, *maps, place)


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


def _shadow(c: Canvas, scene: Scene, t: Thing) -> tuple[int, int, int, int]:
    k = t.sort.contact
    if not k or t.surface in ("sky", "head", "crown"):
        return 0, 0, 0, 0
    x0, _, x1, _ = t.box
    rx = (x1 - x0) / 2 * min(1.15, k + 0.22)
    strength = 0.34 if scene.mood in ("day", "sunset") else 0.24
    return c.shadow((x0 + x1) / 2 + 0.03 * t.size, t.y - 0.008 * t.size, rx, max(0.012, rx * 0.24), strength)


def _placed(c: Canvas, shape: Bytes, x: int, y: int) -> Bytes:
    out = np.zeros_like(c.owner)
    h, w = shape.shape
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, c.fine), min(y + h, c.fine)
    if x1 > x0 and y1 > y0:
        out[y0:y1, x0:x1] = shape[y0 - y : y1 - y, x0 - x : x1 - x]
    return out


def _mostly(c: Canvas, fine: Bytes) -> Bools:
    return np.asarray(c.down(fine) > 127)


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
