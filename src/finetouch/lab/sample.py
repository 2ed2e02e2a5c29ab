"""Scenes out of seeds: plausible, varied, and kept apart by split."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from finetouch.lab.kinds import Kind, sort_of
from finetouch.lab.palette import NAMES
from finetouch.lab.places import OUTDOOR
from finetouch.lab.rules import CAPACITY, SURFACES, kinds_on
from finetouch.lab.scene import Place, Scene, Thing, seated
from finetouch.lab.splits import held_out, split_of

PLACES = ("room", "meadow", "shore", "street", "studio")
_TINTS = tuple(n for n in NAMES if n not in ("black", "brown", "gray"))
_TROUSERS = ("blue", "brown", "gray", "black", "green", "purple")
_RIDERS = 0.42


def sample_scene(seed: int, place: str | None = None, larger: bool = False) -> Scene:
    """A scene that depends only on its arguments: 1 to 5 things (a room has its table besides).

    Args:
        seed: Also decides the split (`splits.split_of`); only test seeds show held-out combinations.
        place: A name of `PLACES`, or None to let the seed choose.
        larger: Things of the larger world, too (`kinds.MORE`): another scene than without.
    """
    rng = Random(seed * 2 + 1)
    name = place or rng.choice(PLACES)
    where = Place(name, rng.choice(_TINTS), tuple(round(rng.random(), 4) for _ in range(8)))
    mood = rng.choices(("day", "sunset", "night", "snow", "rain"), (76, 9, 6, 5, 4))[0] if name in OUTDOOR else "day"
    scene = Scene(where, (), mood, seed=seed)
    if name == "room":
        scene = _try(scene, rng, sort_of("table"), ["floor"]) or scene
    wanted = _choose(name, rng, larger)
    for kind in wanted:
        scene = place_thing(scene, kind.name, rng) or scene
    for _ in range(6):
        if any(not t.sort.fixture for t in scene.things):
            break
        scene = place_thing(scene, rng.choice(_kinds_in(name, larger)), rng) or scene
    return scene


def _kinds_in(place: str, larger: bool) -> list[str]:
    names = {k for s in SURFACES[place] for k in kinds_on(s, larger)}
    if place == "room":
        names |= {k for k in kinds_on("top", larger) if k != "bird"}
    return sorted(n for n in names if not sort_of(n).fixture)


def _choose(place: str, rng: Random, larger: bool) -> list[Kind]:
    pool = _kinds_in(place, larger)
    count = rng.choices((1, 2, 3, 4, 5), (10, 22, 28, 24, 16))[0]
    names: list[str] = []
    for _ in range(count):
        if names and rng.random() < 0.3:
            names.append(rng.choice(names))
        elif names and rng.random() < 0.2 and any(s == "head" for n in names for s in _slots(n)):
            names.append("hat")
        else:
            names.append(rng.choice(pool))
    return sorted((sort_of(n) for n in names), key=lambda k: -k.size[1])


def _slots(kind: str) -> tuple[str, ...]:
    return {"person": ("head",), "cat": ("head",), "dog": ("head",), "rabbit": ("head",)}.get(kind, ())


def place_thing(scene: Scene, kind: str, rng: Random, color: str | None = None) -> Scene | None:
    """The scene with one more thing of this kind where it belongs, or None when there is no room for it."""
    k = sort_of(kind)
    grounds = [s for s in SURFACES[scene.place.name] if kind in kinds_on(s, larger=True)]
    seats = _free_slots(scene, kind)
    if seats and (not grounds or rng.random() < (0.9 if kind == "hat" else _RIDERS)):
        host, slot = rng.choice(seats)
        ridden = _ride(scene, k, rng, host, slot, color)
        if ridden is not None:
            return ridden
    return _try(scene, rng, k, grounds, color) if grounds else None


def _free_slots(scene: Scene, kind: str) -> list[tuple[Thing, str]]:
    out = []
    for t in scene.things:
        for slot in t.art.slots:
            taken = sum(r.host == t.id and r.surface == slot for r in scene.things)
            fitting = kind in kinds_on(slot, larger=True) and not (slot == "head" and t.kind == "bird")
            if fitting and taken < CAPACITY[slot]:
                out.append((t, slot))
    return out


def new_thing(scene: Scene, k: Kind, rng: Random, color: str | None = None) -> Thing:
    """A thing with random colour, proportions and pose, not yet anywhere; keeps to the split of the scene."""
    colors = list(k.colors)
    if split_of(scene.seed) != "test":
        colors = [c for c in colors if not held_out(k.name, c, scene.place.name)]
    shape = tuple((p, round(rng.random(), 4)) for p in k.params)
    tilt = round(rng.uniform(-k.tilt, k.tilt), 2) if k.tilt else 0.0
    chosen = color or rng.choice(colors)
    second = rng.choice([c for c in _TROUSERS if c != chosen])
    size = round(rng.uniform(*k.size), 4)
    return Thing(scene.free_id(), k.name, chosen, 0, 0, size, shape, rng.choice((-1, 1)), tilt, second)


def _ride(scene: Scene, k: Kind, rng: Random, host: Thing, slot: str, color: str | None) -> Scene | None:
    made = new_thing(scene, k, rng, color)
    for _ in range(6):
        t = made
        shift = round(rng.uniform(-1, 1), 3)
        size, tilt = t.size, t.tilt
        if slot == "head":
            size, tilt = host.size * HEAD[host.kind] * (0.9 + 0.2 * rng.random()), round(host.tilt, 2)
        elif slot in ("crown", "roof"):
            size = t.size * 0.85
        t = seated(replace(t, surface=slot, host=host.id, shift=shift, size=round(size, 4), tilt=tilt), host)
        if _inside(t) and all(_apart(t, o, 0.12) for o in scene.things if o.id != host.id):
            return replace(scene, things=(*scene.things, t))
    return None


HEAD = {"person": 0.21, "cat": 0.33, "dog": 0.27, "rabbit": 0.3}
"""Size of a fitting hat as a share of its wearer's size."""


def _try(scene: Scene, rng: Random, k: Kind, grounds: list[str], color: str | None = None) -> Scene | None:
    made = new_thing(scene, k, rng, color)
    for _ in range(10):
        name = rng.choice(grounds)
        t = stand(made, scene.place.name, name, rng.random(), rng.uniform(0.06, 0.94))
        x0, y0, x1, _ = t.box
        if x1 - x0 > 0.96 or y0 < 0:
            continue
        t = replace(t, x=round(t.x + max(0.02 - x0, 0) - max(x1 - 0.98, 0), 4))
        if _inside(t) and all(_apart(t, o) for o in scene.things):
            return replace(scene, things=(*scene.things, t))
    return None


def stand(t: Thing, place: str, surface: str, depth: float, x: float) -> Thing:
    """The thing standing on a surface; `depth` 0 is far, 1 is near, and things further away are smaller."""
    s = SURFACES[place][surface]
    if t.kind == "table":
        depth, x = 0.3 + 0.4 * depth, 0.34 + 0.32 * x
    size = t.size * (s.scale[0] + (s.scale[1] - s.scale[0]) * depth)
    y = round(s.y[0] + (s.y[1] - s.y[0]) * depth, 4)
    return replace(t, x=round(x, 4), y=y, size=round(size, 4), surface=surface, host=None)


def _inside(t: Thing) -> bool:
    x0, y0, x1, y1 = t.box
    return x0 >= 0 and x1 <= 1 and y0 >= 0 and y1 <= 1.02


def _apart(a: Thing, b: Thing, limit: float = 0.3) -> bool:
    """Whether at most `limit` of the smaller of two boxes is covered, and their feet differ if they overlap."""
    ax0, ay0, ax1, ay1 = a.box
    bx0, by0, bx1, by1 = b.box
    w, h = min(ax1, bx1) - max(ax0, bx0), min(ay1, by1) - max(ay0, by0)
    if w <= 0 or h <= 0:
        return True
    small = min((ax1 - ax0) * (ay1 - ay0), (bx1 - bx0) * (by1 - by0))
    if b.kind == "table" or a.kind == "table":
        limit = max(limit, 0.4)
    return w * h <= limit * small and (a.host is not None or b.host is not None or abs(a.y - b.y) > 0.015)


def fits(scene: Scene, thing: Thing) -> bool:
    """Whether this thing, in place of the one with its id, stays in the picture and does not cover others too much."""
    carried = {r.id for r in scene.riders(thing.id)} | {thing.id, thing.host}
    return _inside(thing) and all(_apart(thing, o) for o in scene.things if o.id not in carried)
