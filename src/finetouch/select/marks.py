"""Points and boxes made by hand: do they lie in the picture, and what box is meant."""

from __future__ import annotations

import math

from finetouch.errors import InputError
from finetouch.types import Picture, Query

Box = tuple[float, float, float, float]


def check_marks(query: Query, picture: Picture) -> Box | None:
    """The query's box with its corners in order, clipped to the picture; None when it has none.

    Raises:
        InputError: A point or the box lies outside, the box has no area, or there are only negative points.
    """
    width, height = picture.size
    inside = f"The picture is {width}x{height}; x runs from 0 to {width - 1}, y from 0 to {height - 1}."
    for point in query.points:
        if not (0 <= point.x < width and 0 <= point.y < height):
            raise InputError(f"The point {point.x:g},{point.y:g} lies outside of the picture.", inside)
    if query.box is None:
        if query.points and not any(p.positive for p in query.points):
            raise InputError("Only negative points were given.", "Add a point or a box on the thing you mean.")
        return None
    said = "The box " + ",".join(f"{v:g}" for v in query.box)
    if not all(map(math.isfinite, query.box)):
        raise InputError(f"{said} has a value that is no number.", "Give x0,y0,x1,y1 in pixels.")
    (x0, x1), (y0, y1) = sorted(query.box[::2]), sorted(query.box[1::2])
    if x1 - x0 < 1 or y1 - y0 < 1:
        raise InputError(f"{said} is empty.", "Give two opposite corners, x0,y0,x1,y1, at least one pixel apart.")
    x0, y0, x1, y1 = max(0.0, x0), max(0.0, y0), min(float(width), x1), min(float(height), y1)
    if x1 <= x0 or y1 <= y0:
        raise InputError(f"{said} lies outside of the picture.", inside)
    return x0, y0, x1, y1
