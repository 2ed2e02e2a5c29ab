"""Words for places and ranks ("leftmost", "largest", "the second from the right") pick among candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from finetouch.select.candidates import Candidate, prominence

ORDINALS = {
    "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "seventh": 6, "eighth": 7, "last": -1,
}  # fmt: skip

_KEYS: dict[str, Callable[[Candidate], float]] = {
    "leftmost": lambda c: c.centroid[0],
    "rightmost": lambda c: -c.centroid[0],
    "top": lambda c: c.centroid[1],
    "bottom": lambda c: -c.centroid[1],
    "center": lambda c: (c.centroid[0] - 0.5) ** 2 + (c.centroid[1] - 0.5) ** 2,
    "largest": lambda c: -c.area,
    "smallest": lambda c: c.area,
    "tallest": lambda c: -c.height,
    "shortest": lambda c: c.height,
    "top-left": lambda c: c.centroid[0] + c.centroid[1],
    "top-right": lambda c: -c.centroid[0] + c.centroid[1],
    "bottom-left": lambda c: c.centroid[0] - c.centroid[1],
    "bottom-right": lambda c: -c.centroid[0] - c.centroid[1],
    # What is near is larger and stands lower in the picture.
    "foreground": lambda c: -(c.box[3] / c.mask.shape[0] + 1.5 * c.height),
    "background": lambda c: c.box[3] / c.mask.shape[0] + 1.5 * c.height,
}
_SAME = {
    "left": "leftmost", "right": "rightmost", "far left": "leftmost", "far right": "rightmost", "middle": "center",
    "centre": "center", "upper": "top", "lower": "bottom", "biggest": "largest", "big": "largest", "large": "largest",
    "small": "smallest", "little": "smallest", "tall": "tallest", "front": "foreground", "back": "background",
    "highest": "top", "lowest": "bottom", "topmost": "top", "bottommost": "bottom", "closest": "foreground",
    "nearest": "foreground", "furthest": "background", "farthest": "background",
}  # fmt: skip


def known(word: str) -> bool:
    """True when the word ranks things by place or size."""
    return _parse(word) is not None


def _parse(position: str) -> tuple[str, int] | None:
    """(key, rank): "second from the right" → ("rightmost", 1)."""
    text = position.lower().replace("_", " ").strip()
    if text in _KEYS:
        return text, 0
    if text in _SAME:
        return _SAME[text], 0
    words = text.replace("-", " ").split()
    if words and words[0] in ORDINALS:
        rest = " ".join(w for w in words[1:] if w not in ("from", "the", "on", "one", "most"))
        side = _SAME.get(rest, rest) if rest else "leftmost"
        if side in _KEYS:
            return side, ORDINALS[words[0]]
    return None


def order(candidates: Sequence[Candidate], position: str | None) -> list[Candidate]:
    """Candidates, best first, by the position asked for, or by prominence when there is none.

    "second" alone counts from the left. Candidates much less sure than the best one are kept at the end, so that
    a stray blob at the edge is not "the leftmost".
    """
    if not candidates:
        return []
    parsed = _parse(position) if position else None
    if parsed is None:
        return sorted(candidates, key=prominence, reverse=True)
    key, rank = parsed
    best = max(c.score for c in candidates)
    largest = max(c.area for c in candidates)
    sure = [c for c in candidates if c.score >= 0.5 * best and c.area >= 0.03 * largest]
    stray = [c for c in candidates if not any(c is s for s in sure)]
    ranked = sorted(sure, key=_KEYS[key])
    if rank and -len(ranked) <= rank < len(ranked):
        chosen = ranked[rank]
        ranked = [chosen, *(c for c in ranked if c is not chosen)]
    elif rank > 0:
        return []
    return ranked + sorted(stray, key=_KEYS[key])
