"""Vector pictures: a `Pen` collects shapes in its own units, a `Canvas` paints them at any size.

Shapes are polygons in drawing units (y points down). The canvas paints on a grid several times finer than the picture
and averages, so the same drawing gives the same picture at every size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.lab.palette import RGB, outline

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Point = tuple[float, float]
Affine = tuple[float, float, float, float, float, float]
"""``(a, b, tx, c, d, ty)``: x' = a x + b y + tx, y' = c x + d y + ty."""

LINE = 0.0108
"""Width of the pencil line as a share of the picture's side."""
_SHIFT = 4
_ONE = 1 << _SHIFT
_ARC = np.stack([f(np.arange(40, dtype=np.float32) * (2 * math.pi / 40)) for f in (np.cos, np.sin)], axis=1)

_CORNERS = _ARC[[i % 40 for quarter in range(4) for i in range(10 * quarter, 10 * quarter + 11)]]


def _basis(steps: int) -> Floats:
    t = np.arange(steps, dtype=np.float32)[:, None] / steps
    return np.concatenate(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3], axis=1
    ).astype(np.float32) / np.float32(2)


_CURVE = _basis(7)


@lru_cache(maxsize=128)
def _weights(n: int, closed: bool) -> Floats:
    eye = np.eye(n, dtype=np.float32)
    if closed:
        around = np.stack([np.roll(eye, k, 0) for k in (1, 0, -1, -2)], axis=1)
        return (_CURVE @ around).reshape(-1, n)
    padded = np.concatenate([2 * eye[:1] - eye[1:2], eye, 2 * eye[-1:] - eye[-2:-1]])
    around = np.stack([padded[:-3], padded[1:-2], padded[2:-1], padded[3:]], axis=1)
    return np.concatenate([(_CURVE @ around).reshape(-1, n), eye[-1:]])


def smooth(points: Sequence[Point], closed: bool = True) -> Floats:
    """A Catmull-Rom curve through the points, ``(N, 2) float32``; an open curve ends on its last point."""
    return _weights(len(points), closed) @ np.asarray(points, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Ink:
    """One shape: where its points lie in the drawing, its fill, its line and the part it belongs to."""

    start: int
    stop: int
    fill: RGB | None
    line: RGB | None
    width: float
    closed: bool
    part: str


@dataclass(frozen=True, eq=False)
class Art:
    """A finished drawing in its own units.

    Attributes:
        points: ``(N, 2) float32``, all points of all inks. inks: Shapes in painting order.
        keys: Named points of interest. slots: Places where another drawing can rest, ``(x, y, half width)``.
        bounds: ``(x0, y0, x1, y1)`` of the points.
    """

    points: Floats
    inks: tuple[Ink, ...]
    keys: dict[str, Point]
    slots: dict[str, tuple[float, float, float]]
    bounds: tuple[float, float, float, float]

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts that have a mask of their own."""
        return tuple(dict.fromkeys(i.part for i in self.inks if i.part))


@dataclass(eq=False)
class Pen:
    """Draws: every method adds a shape on top of the earlier ones. Shapes get a pencil line unless told otherwise."""

    part: str = ""
    _chunks: list[Floats] = field(default_factory=list)
    _inks: list[Ink] = field(default_factory=list)
    _count: int = 0
    keys: dict[str, Point] = field(default_factory=dict)
    slots: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def _add(self, pts: Floats, fill: RGB | None, line: RGB | bool | None, width: float, closed: bool) -> None:
        color = (outline(fill) if fill is not None else None) if line is True else (line or None)
        self._chunks.append(pts)
        n = len(pts)
        self._inks.append(Ink(self._count, self._count + n, fill, color, width, closed, self.part))
        self._count += n

    def poly(self, points: Sequence[Point], fill: RGB, line: RGB | bool | None = True, width: float = 1.0) -> None:
        """A polygon with sharp corners."""
        self._add(np.asarray(points, dtype=np.float32), fill, line, width, True)

    def blob(self, points: Sequence[Point], fill: RGB, line: RGB | bool | None = True, width: float = 1.0) -> None:
        """A soft closed shape through the points."""
        self._add(smooth(points), fill, line, width, True)

    def oval(
        self, cx: float, cy: float, rx: float, ry: float, fill: RGB, line: RGB | bool | None = True,
        turn: float = 0.0, width: float = 1.0,
    ) -> None:  # fmt: skip
        """An ellipse, turned by `turn` degrees."""
        pts = _ARC * np.array([rx, ry], dtype=np.float32)
        if turn:
            c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
            pts = pts @ np.array([[c, s], [-s, c]], dtype=np.float32)
        self._add(pts + np.array([cx, cy], dtype=np.float32), fill, line, width, True)

    def box(
        self, x0: float, y0: float, x1: float, y1: float, fill: RGB, line: RGB | bool | None = True, r: float = 0.0
    ) -> None:
        """A rectangle with corners rounded by `r`."""
        if r <= 0:
            self.poly([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], fill, line)
            return
        r = min(r, abs(x1 - x0) / 2, abs(y1 - y0) / 2)
        middles = np.array([(x1 - r, y1 - r), (x0 + r, y1 - r), (x0 + r, y0 + r), (x1 - r, y0 + r)], np.float32)
        self._add(_CORNERS * np.float32(r) + np.repeat(middles, 11, axis=0), fill, line, 1.0, True)

    def tube(
        self, points: Sequence[Point], start: float, fill: RGB, end: float | None = None,
        line: RGB | bool | None = True,
    ) -> None:  # fmt: skip
        """A thick soft stroke, `start` wide at its beginning and `end` wide at its round tip (tails, arms, stems)."""
        c = smooth(points, closed=False)
        d = np.gradient(c, axis=0)
        n = np.stack([-d[:, 1], d[:, 0]], axis=1) / np.maximum(np.hypot(d[:, 0], d[:, 1]), 1e-6)[:, None]
        half = np.linspace(start, start if end is None else end, len(c), dtype=np.float32)[:, None] / 2
        ax, ay = d[-1] / max(float(np.hypot(*d[-1])), 1e-6)
        frame = np.array([[ax, ay], [ay, -ax]], dtype=np.float32)
        tip = c[-1] + half[-1] * (_ARC[np.arange(31, 50) % 40] @ frame)
        self._add(np.concatenate([c - n * half, tip, (c + n * half)[::-1]]).astype(np.float32), fill, line, 1.0, True)

    def path(self, points: Sequence[Point], color: RGB, width: float = 1.0, curved: bool = True) -> None:
        """A line alone, `width` times the pencil line."""
        pts = smooth(points, closed=False) if curved else np.asarray(points, dtype=np.float32)
        self._add(pts, None, color, width, False)

    def dot(self, x: float, y: float, r: float, fill: RGB, ry: float | None = None) -> None:
        """A small ellipse without a line (eyes, buttons, light spots)."""
        self.oval(x, y, r, r if ry is None else ry, fill, None)

    def eye(self, x: float, y: float, r: float, fill: RGB = (46, 38, 46)) -> None:
        """An eye with a spark."""
        self.dot(x, y, r, fill, r * 1.2)
        self.dot(x + r * 0.3, y - r * 0.45, r * 0.38, (255, 255, 255))

    def key(self, name: str, x: float, y: float) -> None:
        """Names a point."""
        self.keys[name] = (x, y)

    def slot(self, name: str, x: float, y: float, half: float = 0.0) -> None:
        """Names a place where another drawing can rest: centre and half width."""
        self.slots[name] = (x, y, half)

    def art(self) -> Art:
        """The finished drawing."""
        pts = np.concatenate(self._chunks)
        lo, hi = pts.min(0), pts.max(0)
        bounds = (float(lo[0]), float(lo[1]), float(hi[0]), float(hi[1]))
        return Art(pts, tuple(self._inks), dict(self.keys), dict(self.slots), bounds)


@lru_cache(maxsize=1)
def _falloff() -> Floats:
    y, x = np.mgrid[-1:1:48j, -1:1:48j]  # type: ignore[misc]
    soft = np.clip(1 - np.hypot(x, y), 0, 1)
    return (soft * soft * (3 - 2 * soft)).astype(np.float32)


def oversampling(size: int) -> int:
    """How many fine pixels per side make one pixel of a picture of this size."""
    return 4 if size <= 96 else 3 if size <= 192 else 2


class Canvas:
    """A square picture that grows from back to front.

    Args:
        size: Side of the finished picture in pixels.
        lines: Paint a line drawing instead (white lines on black; things hide what is behind them).

    Attributes:
        paint: ``(S, S, 3) uint8`` on the fine grid, S = size * factor.
        owner: ``(S, S) uint8``: 0 for the place, n for the n-th drawing added with `add`.
    """

    def __init__(self, size: int, lines: bool = False) -> None:
        self.size = size
        self.factor = oversampling(size)
        self.fine = size * self.factor
        self.lines = lines
        self.paint: Bytes = np.zeros((self.fine, self.fine, 3), np.uint8)
        self.owner: Bytes = np.zeros((self.fine, self.fine), np.uint8)

    def wash(self, y0: float, y1: float, top: RGB, bottom: RGB) -> None:
        """Fills a horizontal band (shares of the height) with a soft gradient."""
        a, b = round(y0 * self.fine), round(y1 * self.fine)
        if self.lines or b <= a:
            self.paint[max(a, 0) : b] = 0
            return
        ramp = np.linspace(0, 1, b - a, dtype=np.float32)[:, None]
        colors = np.asarray(top, np.float32) * (1 - ramp) + np.asarray(bottom, np.float32) * ramp
        column = np.rint(colors)[:, None].astype(np.uint8)
        cv2.resize(column, (self.fine, b - a), dst=self.paint[a:b], interpolation=cv2.INTER_NEAREST)

    def place(self, art: Art, where: Affine = (1, 0, 0, 0, 1, 0)) -> None:
        """Paints a drawing as part of the place: no shading, no owner."""
        pts = self._project(art.points, where)
        for ink in art.inks:
            self._ink(self.paint, pts, ink, ())

    def shadow(self, cx: float, cy: float, rx: float, ry: float, strength: float) -> tuple[int, int, Bytes]:
        """Darkens an ellipse softly; returns where (``x, y`` on the fine grid) and which pixels, 255 where darker."""
        s = self.fine
        x0, y0 = round((cx - rx) * s), round((cy - ry) * s)
        w, h = max(2, round(2 * rx * s)), max(2, round(2 * ry * s))
        cx0, cy0, cx1, cy1 = max(x0, 0), max(y0, 0), min(x0 + w, s), min(y0 + h, s)
        if cx1 <= cx0 or cy1 <= cy0:
            return 0, 0, np.zeros((0, 0), np.uint8)
        soft = cv2.resize(_falloff(), (w, h))[cy0 - y0 : cy1 - y0, cx0 - x0 : cx1 - x0]
        # Where it is weaker than this not even the brightest pixel changes: 0.003 * 255 * strength < 0.5.
        soft = np.where(soft > 0.003, soft, np.float32(0))
        if not self.lines:
            keep = cv2.merge([1 - strength * soft, 1 - strength * soft, 1 - 0.8 * strength * soft])
            spot = self.paint[cy0:cy1, cx0:cx1]
            spot[:] = cv2.multiply(spot, keep, dtype=cv2.CV_8U)
        return cx0, cy0, np.where(soft > 0, np.uint8(255), np.uint8(0))

    def add(self, art: Art, where: Affine, index: int, parts: Bytes | None = None) -> tuple[Bytes, int, int]:
        """Paints a drawing as a thing of its own, softly shaded.

        Args:
            art: The drawing. where: From drawing units to shares of the picture.
            index: 1..255, what to write into `owner`.
            parts: ``(S, S) uint8`` that receives the number (1...) of the named part seen at each fine pixel, or None.

        Returns:
            The silhouette, ``(h, w) uint8`` of 0 and 255, and the ``x, y`` of its corner on the fine grid (the
            silhouette may reach outside the picture).
        """
        pts = self._project(art.points, where)
        pad = _ONE * (2 + round(1.5 * LINE * self.fine))
        lo = (pts.min(0) - pad) // _ONE
        hi = (pts.max(0) + pad) // _ONE + 1
        w, h = int(hi[0] - lo[0]), int(hi[1] - lo[1])
        layer = np.zeros((h, w, 4), np.uint8)
        pts = pts - (lo * _ONE).astype(np.int32)
        for ink in art.inks:
            self._ink(layer, pts, ink, (255,))
        shape = cv2.extractChannel(layer, 3)
        colors = cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB)
        if not self.lines:
            colors = cv2.multiply(colors, _shade(shape), dtype=cv2.CV_8U)
        x, y = int(lo[0]), int(lo[1])
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, self.fine), min(y + h, self.fine)
        if x1 > x0 and y1 > y0:
            cut = (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
            seen = np.ascontiguousarray(shape[cut])
            cv2.copyTo(np.ascontiguousarray(colors[cut]), seen, self.paint[y0:y1, x0:x1])
            cv2.copyTo(np.full_like(seen, index), seen, self.owner[y0:y1, x0:x1])
            if parts is not None:
                tags = self._tags(art, pts, (h, w))
                cv2.copyTo(np.ascontiguousarray(tags[cut]), seen, parts[y0:y1, x0:x1])
        return shape, x, y

    def _tags(self, art: Art, pts: NDArray[np.int32], shape: tuple[int, int]) -> Bytes:
        tags = np.zeros(shape, np.uint8)
        names = art.parts
        for ink in art.inks:
            number = names.index(ink.part) + 1 if ink.part else 0
            self._flat(tags, pts, ink, number)
        return tags

    def _flat(self, out: Bytes, pts: NDArray[np.int32], ink: Ink, value: int) -> None:
        p = pts[ink.start : ink.stop]
        if ink.fill is not None:
            cv2.fillPoly(out, [p], value, cv2.LINE_8, _SHIFT)
        if ink.line is not None:
            cv2.polylines(out, [p], ink.closed, value, self._width(ink), cv2.LINE_8, _SHIFT)

    def _width(self, ink: Ink) -> int:
        # OpenCV draws an even thickness n as n + 1 pixels and 1 as 1: take the nearest odd width.
        half = round((LINE * self.fine * ink.width - 1) / 2)
        return max(1, 2 * half)

    def _project(self, points: Floats, where: Affine) -> NDArray[np.int32]:
        a, b, tx, c, d, ty = where
        scale = self.fine * _ONE
        m = np.array([[a, c], [b, d]], dtype=np.float32) * np.float32(scale)
        # Fixed-point pixel centres lie at whole numbers, picture shares at pixel edges: hence the half pixel.
        shift = np.array([tx * scale - _ONE / 2, ty * scale - _ONE / 2], dtype=np.float32)
        return np.rint(points @ m + shift).astype(np.int32)

    def _ink(self, out: Bytes, pts: NDArray[np.int32], ink: Ink, alpha: tuple[int, ...]) -> None:
        p = pts[ink.start : ink.stop]
        if ink.fill is not None:
            fill: Any = (0, 0, 0, *alpha) if self.lines else (*ink.fill, *alpha)
            cv2.fillPoly(out, [p], fill, cv2.LINE_8, _SHIFT)
        if ink.line is not None:
            line: Any = (255, 255, 255, *alpha) if self.lines else (*ink.line, *alpha)
            cv2.polylines(out, [p], ink.closed, line, self._width(ink), cv2.LINE_8, _SHIFT)

    def down(self, fine: Bytes) -> Bytes:
        """A fine array averaged to the picture's size."""
        return cv2.resize(fine, (self.size, self.size), interpolation=cv2.INTER_AREA)

    def window(self, x: int, y: int, w: int, h: int) -> tuple[slice, slice, slice, slice]:
        """Rows and columns of the fine grid, and those of the picture, of all pixels that a fine box touches."""
        f = self.factor
        x0, y0 = min(max(x, 0) // f, self.size), min(max(y, 0) // f, self.size)
        x1 = max(x0, min(-(-(x + w) // f), self.size))
        y1 = max(y0, min(-(-(y + h) // f), self.size))
        return slice(y0 * f, y1 * f), slice(x0 * f, x1 * f), slice(y0, y1), slice(x0, x1)

    def share(self, fine: Bytes, rows: slice, columns: slice) -> Bytes:
        """A window's fine array (0 or 255) averaged to picture pixels; `rows`, `columns` as `window` gives them."""
        w, h = columns.stop - columns.start, rows.stop - rows.start
        if w <= 0 or h <= 0:
            return np.zeros((max(h, 0), max(w, 0)), np.uint8)
        return cv2.resize(fine, (w, h), interpolation=cv2.INTER_AREA)


_EDGE = np.zeros((5, 5), np.float32)
_EDGE[4, 4], _EDGE[0, 0], _EDGE[4, 2], _EDGE[0, 2] = 1, -1, 0.6, -0.6


def _shade(shape: Bytes) -> Floats:
    # Light from the upper left, worked out on a small grid so that it costs the same at every size.
    h, w = shape.shape
    small = cv2.resize(shape, (20, 20), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
    soft = cv2.GaussianBlur(cv2.copyMakeBorder(small, 3, 3, 3, 3, cv2.BORDER_CONSTANT), (0, 0), 1.8)
    bevel = np.clip(cv2.filter2D(soft, -1, _EDGE)[3:-3, 3:-3], -0.8, 0.8)
    fall = np.linspace(0.05, -0.07, 20, dtype=np.float32)[:, None]
    lit = bevel * np.float32(0.17) + fall
    cool = lit * np.float32(0.75)
    return cv2.resize(cv2.merge([1 + lit, 1 + lit * np.float32(0.95), 1 + cool]), (w, h))
