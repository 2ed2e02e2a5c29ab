"""What may be where, as data, and a checker for it."""

from __future__ import annotations

from dataclasses import dataclass

from finetouch.lab.scene import Scene


@dataclass(frozen=True)
class Surface:
    """A part of a place where things can be.

    Attributes:
        y: Range of the foot, shares of the height; things further down are nearer and larger.
        noun: What people call it. word: The preposition ("on", "in").
        scale: Size factors at both ends of `y`.
    """

    y: tuple[float, float]
    noun: str
    word: str = "on"
    scale: tuple[float, float] = (0.85, 1.1)


SKY = Surface((0.17, 0.4), "sky", "in", (0.9, 1.0))
SURFACES: dict[str, dict[str, Surface]] = {
    "room": {"floor": Surface((0.82, 0.96), "floor", scale=(0.95, 1.1))},
    "meadow": {"sky": SKY, "grass": Surface((0.62, 0.95), "grass", scale=(0.8, 1.12))},
    "shore": {
        "sky": SKY,
        "water": Surface((0.5, 0.66), "water", "in", (0.75, 1.0)),
        "sand": Surface((0.8, 0.96), "sand", scale=(0.9, 1.1)),
    },
    "street": {
        "sky": Surface((0.15, 0.3), "sky", "in", (0.85, 0.95)),
        "kerb": Surface((0.645, 0.66), "pavement", scale=(0.95, 0.95)),
        "pavement": Surface((0.68, 0.75), "pavement", scale=(0.85, 0.95)),
        "road": Surface((0.86, 0.96), "road", scale=(1.0, 1.15)),
    },
    "studio": {"stage": Surface((0.72, 0.94), "floor", scale=(1.15, 1.55))},
    "plain": {"stage": Surface((0.74, 0.94), "floor", scale=(0.95, 1.2))},
}
"""Place to its surfaces."""

_PETS = {"cat", "dog", "rabbit"}
_SMALL = {"cup", "apple", "ball", "hat", "mushroom"}
ALLOWED: dict[str, frozenset[str]] = {
    "floor": frozenset(_PETS | {"ball", "chair", "lamp", "person", "hat", "table"}),
    "grass": frozenset(_PETS | {"bird", "ball", "person", "tree", "flower", "mushroom", "house", "apple", "chair"}),
    "sky": frozenset({"bird", "balloon"}),
    "water": frozenset({"boat", "fish"}),
    "sand": frozenset(_PETS | {"bird", "ball", "person", "chair", "hat"}),
    "kerb": frozenset({"house", "tree"}),
    "pavement": frozenset(_PETS | {"person", "bird", "ball"}),
    "road": frozenset({"car"}),
    "stage": frozenset(_PETS | _SMALL | {"bird", "person", "tree", "flower", "chair", "lamp", "car", "house"}),
    "top": frozenset({"cup", "apple", "lamp", "ball", "hat", "cat", "bird"}),
    "seat": frozenset({"cat", "ball", "hat", "apple"}),
    "head": frozenset({"hat"}),
    "crown": frozenset({"bird"}),
    "roof": frozenset({"bird", "cat"}),
}
"""Surface or slot to the kinds that may be there."""
_MORE_ALLOWED: dict[str, frozenset[str]] = {
    "floor": frozenset({"vase", "present"}),
    "grass": frozenset({"duck", "pumpkin", "present"}),
    "sky": frozenset({"kite"}),
    "water": frozenset({"duck"}),
    "sand": frozenset({"umbrella", "cactus", "present"}),
    "road": frozenset({"bus"}),
    "stage": frozenset({"vase", "pumpkin", "present", "cactus", "umbrella", "teapot", "bus", "duck"}),
    "top": frozenset({"teapot", "vase", "pumpkin", "present"}),
    "seat": frozenset({"present"}),
}


def kinds_on(surface: str, larger: bool = False) -> frozenset[str]:
    """The kinds that may be on a surface or slot, with `larger` also those of the larger world."""
    usual = ALLOWED.get(surface, frozenset())
    return usual | _MORE_ALLOWED.get(surface, frozenset()) if larger else usual


CAPACITY = {"top": 3, "seat": 1, "head": 1, "crown": 1, "roof": 1}
"""How many things a slot carries."""


def surface_of(place: str, y: float, kind: str) -> str | None:
    """The surface of this place on which this kind may stand with its foot at `y`, or None."""
    for name, s in SURFACES[place].items():
        if kind in kinds_on(name, larger=True) and s.y[0] - 1e-6 <= y <= s.y[1] + 1e-6:
            return name
    return None


def noun_of(scene: Scene, surface: str) -> tuple[str, str] | None:
    """``(preposition, noun)`` of a surface of the scene's place: ("on", "grass"); None before a plain backdrop."""
    s = SURFACES[scene.place.name].get(surface) if scene.place.name != "plain" else None
    return None if s is None else (s.word, s.noun)


def plausible(scene: Scene) -> list[str]:
    """What is not as it should be, in words; an empty list means that everything is in its place."""
    wrong: list[str] = []
    surfaces = SURFACES[scene.place.name]
    for t in scene.things:
        name = f"{t.kind} {t.id}"
        if t.kind not in kinds_on(t.surface, larger=True):
            wrong.append(f"{name} does not belong on {t.surface!r}")
        if t.host is None:
            s = surfaces.get(t.surface)
            if s is None:
                wrong.append(f"{name}: a {scene.place.name} has no {t.surface!r}")
            elif not s.y[0] - 1e-6 <= t.y <= s.y[1] + 1e-6:
                wrong.append(f"{name} stands outside the {t.surface}")
        else:
            wrong += _carried(scene, t.id, name)
        x0, y0, x1, y1 = t.box
        if x0 < -0.08 or x1 > 1.08 or y0 < -0.06 or y1 > 1.04:
            wrong.append(f"{name} reaches out of the picture")
    for t in scene.things:
        for slot in t.art.slots:
            if sum(r.host == t.id and r.surface == slot for r in scene.things) > CAPACITY[slot]:
                wrong.append(f"too much on the {slot} of {t.kind} {t.id}")
    if any(t.kind == "table" for t in scene.things) != (scene.place.name == "room"):
        wrong.append("a room has a table, other places have none")
    return wrong


def _carried(scene: Scene, id: int, name: str) -> list[str]:
    t = scene.thing(id)
    host = next((h for h in scene.things if h.id == t.host), None)
    if host is None or t.surface not in host.art.slots:
        return [f"{name} rests on nothing"]
    x, y, half = host.art.slots[t.surface]
    px, py = host.at((x + half * t.shift, y))
    if abs(px - t.x) + abs(py - t.y) > 1e-6:
        return [f"{name} floats beside its {host.kind}"]
    return []
