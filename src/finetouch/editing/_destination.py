"""Where a moved, resized or duplicated thing goes: boxes in the picture from words and numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from finetouch.contracts import Scene
from finetouch.types import Box

POSITIONS: dict[str, tuple[float | None, float | None]] = {
    "leftmost": (0.0, None), "left": (0.0, None), "rightmost": (1.0, None), "right": (1.0, None),
    "top": (None, 0.0), "bottom": (None, 1.0), "center": (0.5, 0.5), "centre": (0.5, 0.5), "middle": (0.5, 0.5),
    "top-left": (0.0, 0.0), "top-right": (1.0, 0.0), "bottom-left": (0.0, 1.0), "bottom-right": (1.0, 1.0),
}  # fmt: skip
_WAY = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
MARGIN = 0.03


def destinations(scene: Scene, box: Box) -> tuple[Box, ...]:
    """The boxes (full-size px, end-exclusive) that the thing in `box` is set down in for this step."""
    if scene.step.op == "resize":
        return (_scaled(scene, box, scene.params.scale or _said_scale(scene)),)
    if scene.step.op == "duplicate":
        return _copies(scene, box)
    moved = _moved(scene, box)
    if scene.params.scale:
        moved = _scaled(scene, moved, scene.params.scale)
    return (moved,)


def position_in(words: str | None) -> str | None:
    """The position word in a phrase ("to the top left corner" -> "top-left"), or None."""
    if not words:
        return None
    found = re.findall(r"[a-z]+(?:most)?", words.lower().replace("-", " "))
    row = next((w for w in found if w in ("top", "bottom", "upper", "lower")), None)
    row = {"upper": "top", "lower": "bottom"}.get(row or "", row)
    column = next((w for w in found if w in ("left", "right", "leftmost", "rightmost")), None)
    if row and column:
        return f"{row}-{column.removesuffix('most')}"
    if row or column:
        return row or column
    return next((w for w in found if w in ("center", "centre", "middle")), None)


def _said_scale(scene: Scene) -> float:
    words = (scene.step.result or "").lower()
    small = any(w in words for w in ("small", "tin", "short", "less", "narrow", "half", "shrink"))
    return 0.7 if small else 1.4


def _scaled(scene: Scene, box: Box, factor: float) -> Box:
    """Scaled about the middle of its lower edge, so that it keeps standing where it stands."""
    x0, y0, x1, y1 = box
    picture = scene.picture
    width, height = (x1 - x0) * factor, (y1 - y0) * factor
    middle = (x0 + x1) / 2
    foot = float(y1)
    hangs = y0 <= 2 and y1 < picture.height - 2
    left, top = middle - width / 2, (float(y0) if hangs else foot - height)
    return _kept(scene, left, top, width, height, slack=0.35 if factor > 1 else 0.0)


def _kept(scene: Scene, left: float, top: float, width: float, height: float, slack: float = 0.0) -> Box:
    """Moved back into the picture where it fits; with `slack` a share of it may hang over the edge."""
    w, h = scene.picture.size
    over_x, over_y = slack * width, slack * height
    if width <= w:
        left = float(np.clip(left, -over_x, w - width + over_x))
    else:
        left = (w - width) / 2
    top = float(np.clip(top, -over_y, h - height + over_y)) if height <= h else h - height
    return round(left), round(top), round(left) + max(1, round(width)), round(top) + max(1, round(height))


def _shifted(scene: Scene, box: Box, dx: float, dy: float) -> Box:
    x0, y0, x1, y1 = box
    w, h = scene.picture.size
    # A thing that the frame cuts off keeps touching that side when it only moves along it.
    if x0 <= 1 or x1 >= w - 1 or y0 <= 1 or y1 >= h - 1:
        width, height = x1 - x0, y1 - y0
        left = min(max(x0 + dx, -width * 0.6), w - width * 0.4)
        top = min(max(y0 + dy, -height * 0.6), h - height * 0.4)
        if y1 >= h - 1 and dy <= 0 and dx != 0:
            top = y0 + max(dy, 0)
        return round(left), round(top), round(left) + width, round(top) + height
    return _kept(scene, x0 + dx, y0 + dy, x1 - x0, y1 - y0)


def _moved(scene: Scene, box: Box) -> Box:
    params, step = scene.params, scene.step
    w, h = scene.picture.size
    if params.dx is not None or params.dy is not None:
        return _shifted(scene, box, params.dx or 0, params.dy or 0)
    anchor = _beside(scene, box)
    if anchor is not None:
        return anchor
    if params.direction is None:
        place = position_in(step.result)
        if place is not None:
            return _at(scene, box, place)
    direction = params.direction or "right"
    sx, sy = _WAY[direction]
    if params.amount is not None:
        return _shifted(scene, box, sx * params.amount * w, sy * params.amount * h)
    # Its own width and a little: far enough to be a move, near enough to stay in the scene.
    span = (box[2] - box[0]) * 1.1 + MARGIN * w if sx else (box[3] - box[1]) * 0.5 + MARGIN * h
    room = {"left": box[0], "right": w - box[2], "up": box[1], "down": h - box[3]}[direction]
    span = min(span, 0.35 * (w if sx else h))
    return _shifted(scene, box, sx * min(span, max(room, 0)), sy * min(span, max(room, 0)))


def _at(scene: Scene, box: Box, place: str) -> Box:
    w, h = scene.picture.size
    fx, fy = POSITIONS[place]
    width, height = box[2] - box[0], box[3] - box[1]
    mx, my = MARGIN * w, MARGIN * h
    left = float(box[0]) if fx is None else mx + fx * max(0.0, w - width - 2 * mx)
    top = float(box[1]) if fy is None else my + fy * max(0.0, h - height - 2 * my)
    return _kept(scene, left, top, width, height)


_BESIDE = (
    (r"(?:to |on )?(?:the )?left (?:side )?of (.+)", "left_of"),
    (r"(?:to |on )?(?:the )?right (?:side )?of (.+)", "right_of"),
    (r"(?:next to|beside|near|by|close to|towards?) (.+)", "near"), (r"(?:on top of|onto|on) (.+)", "on"),
    (r"(?:above|over) (.+)", "above"), (r"(?:below|under|beneath|underneath) (.+)", "under"),
    (r"in front of (.+)", "in_front_of"), (r"behind (.+)", "near"),
)  # fmt: skip


def relation_in(words: str | None) -> tuple[str, str] | None:
    """``(relation, anchor phrase)`` in the words of a destination ("next to the car"), or None."""
    if not words:
        return None
    text = words.lower().strip()
    for pattern, kind in _BESIDE:
        match = re.fullmatch(pattern, text)
        if match and match.group(1).strip():
            return kind, re.sub(r"^(the|a|an)\s+", "", match.group(1).strip())
    return None


def _beside(scene: Scene, box: Box) -> Box | None:
    found = relation_in(scene.step.result)
    if found is None or scene.select is None or position_in(found[1]) == found[1]:
        return None
    other = scene.select(found[1]).box
    return None if other is None else beside(scene, box, found[0], other)


def beside(scene: Scene, box: Box, kind: str, other: Box) -> Box:
    """`box` moved so that it stands in the relation `kind` to `other`; the ground line is kept for left and right."""
    w, h = scene.picture.size
    width, height = box[2] - box[0], box[3] - box[1]
    gap = 0.05 * max(width, other[2] - other[0])
    left, top = float(box[0]), float(box[1])
    middle = (other[0] + other[2]) / 2 - width / 2
    if kind == "near":
        room_right = w - other[2]
        nearer_right = (box[0] + box[2]) >= (other[0] + other[2])
        fits_right = room_right >= width + gap
        fits_left = other[0] >= width + gap
        kind = "right_of" if (nearer_right and fits_right) or (fits_right and not fits_left) else "left_of"
        top = float(other[3] - height)
    if kind == "left_of":
        left = other[0] - gap - width
    elif kind == "right_of":
        left = other[2] + gap
    elif kind == "wearing":
        left, top = middle, other[1] + 0.4 * height - height
    elif kind in ("on", "in"):
        left, top = middle, other[1] + 0.25 * (other[3] - other[1]) - height
    elif kind == "above":
        left, top = middle, other[1] - gap - height
    elif kind == "under":
        left, top = middle, other[3] + gap
    else:
        left, top = middle, other[3] - height + 0.3 * min(height, h - other[3])
    return _kept(scene, left, top, width, height)


def anchor_of(scene: Scene, given: Box | None) -> tuple[str | None, Box | None]:
    """What a new thing stands to, by the step's relation or the words of its result: ``(relation, box)``.

    Args:
        scene: The scene. given: Box of the selection, used when the step names no relation.
    """
    step = scene.step
    anchor: Box | None = given if given is not None and scene.region.share < 0.98 else None
    kind: str | None = step.relation.type if step.relation else None
    if kind is None and relation_in(step.result):
        kind, phrase = relation_in(step.result) or ("near", "")
        anchor = scene.select(phrase).box if scene.select else None
    elif step.relation and scene.select:
        anchor = scene.select(step.relation.anchor).box
    return kind, anchor


def new_box(scene: Scene, aspect: float, size: float, given: Box | None) -> Box:
    """Where a new thing goes: beside its anchor, at the place that is named, or standing low in the middle.

    Args:
        scene: The scene. aspect: Width over height. size: Height as a share of the picture's.
        given: Box of the selection, or None.
    """
    w, h = scene.picture.size
    height = size * h
    width = min(height * aspect, 0.9 * w)
    height = width / aspect
    left, top = (w - width) / 2, 0.94 * h - height
    start = (round(left), round(top), round(left + width), round(top + height))
    kind, anchor = anchor_of(scene, given)
    if kind and anchor:
        return beside(scene, start, kind, anchor)
    step = scene.step
    place = step.position if step.position in POSITIONS else position_in(step.position)
    if place in POSITIONS:
        fx, fy = POSITIONS[place]
        if fx is not None:
            left = 0.04 * w + fx * max(0.0, 0.92 * w - width)
        if fy is not None:
            top = 0.04 * h + fy * max(0.0, 0.92 * h - height)
    elif step.op == "add" and scene.propose is not None:
        return _proposed(scene, aspect)
    return round(left), round(top), round(left + width), round(top + height)


def _proposed(scene: Scene, aspect: float) -> Box:
    """The best place for something new of which only the proportions are known, at a height of its own."""
    from finetouch.editing.mask_proposals import Wish

    assert scene.propose is not None
    shape = np.ones((64, max(1, round(64 * aspect))), np.float32) if aspect != 1.0 else None
    said = scene.step.params.get("size")
    found = scene.propose(Wish(scene.step.result or "thing", shape=shape, size=said))
    box: Box = found[0].facts.get("full_box", found[0].box)
    return box


def _copies(scene: Scene, box: Box) -> tuple[Box, ...]:
    params, step = scene.params, scene.step
    said: Any = params.count or step.count
    total = int(said) if isinstance(said, int) and not isinstance(said, bool) and said >= 2 else 2
    w, h = scene.picture.size
    width, height = box[2] - box[0], box[3] - box[1]
    if params.dx is not None or params.dy is not None:
        dx, dy = params.dx or 0, params.dy or 0
        return tuple(_shifted(scene, box, dx * (i + 1), dy * (i + 1)) for i in range(total - 1))
    if params.direction in ("up", "down"):
        step_y = (params.amount * h if params.amount else height * 1.05) * _WAY[params.direction][1]
        return tuple(_kept(scene, box[0], box[1] + step_y * (i + 1), width, height) for i in range(total - 1))
    pitch = params.amount * w if params.amount else width * 1.08
    return _row(scene, box, total - 1, pitch, params.direction)


def _row(scene: Scene, box: Box, copies: int, pitch: float, direction: str | None) -> tuple[Box, ...]:
    """Copies on the ground line, on the asked side first, then wherever there is room, closer together if need be."""
    w = scene.picture.width
    width, height = box[2] - box[0], box[3] - box[1]
    right, left = max(0.0, w - box[2]), max(0.0, float(box[0]))
    if direction is None:
        direction = "right" if right >= left else "left"
    near, far = (right, left) if direction == "right" else (left, right)
    sign = 1 if direction == "right" else -1
    first = min(copies, int(near // pitch))
    second = min(copies - first, int(far // pitch))
    places = [sign * pitch * (i + 1) for i in range(first)] + [-sign * pitch * (i + 1) for i in range(second)]
    missing = copies - len(places)
    if missing:
        # No room for all of them side by side: spread over the wider side, overlapping.
        span = max(near, far)
        way = sign if near >= far else -sign
        tight = max(min(pitch, span / copies), 0.25 * width)
        places = [way * tight * (i + 1) for i in range(copies)]
    return tuple(_kept(scene, box[0] + p, box[1], width, height) for p in places)
