"""Edits with the answer: instruction, gold plan, gold mask and the scene as it should look afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np

from finetouch.errors import InputError, UsageError
from finetouch.lab import wording
from finetouch.lab.facts import Fact, relations
from finetouch.lab.kinds import KINDS
from finetouch.lab.language import Expression, expressions
from finetouch.lab.places import OUTDOOR
from finetouch.lab.render import Bools, Rendering, render
from finetouch.lab.rules import ALLOWED, plausible, surface_of
from finetouch.lab.sample import HEAD, PLACES, fits, new_thing, place_thing
from finetouch.lab.scene import Grade, Place, Scene, Thing, seated
from finetouch.lab.splits import allowed
from finetouch.types import EditPlan, EditStep

EDIT_KINDS = ("remove", "replace", "add", "recolor", "move", "resize", "background", "global")


@dataclass(frozen=True, eq=False)
class EditPictures:
    """An edit in pixels. `mask` is ``(size, size) bool``: outside it before and after are identical."""

    before: Rendering
    after: Rendering
    mask: Bools


@dataclass(frozen=True, eq=False)
class Edit:
    """An edit of a scene as data.

    Attributes:
        kind: One of `EDIT_KINDS`. before, after: The scenes. instruction: In words. plan: What a parser should read.
        id: The thing edited or added, None for the place or the whole picture. part: Only this part of it, or "".
        level: How hard its phrase is ("noun" ... "relation"), "" when nothing is pointed at.
    """

    kind: str
    before: Scene
    after: Scene
    instruction: str
    plan: EditPlan
    id: int | None = None
    part: str = ""
    level: str = ""
    seed: int = field(default=0)

    def render(self, size: int = 64) -> EditPictures:
        """Both pictures and the gold mask at ``size`` x ``size`` pixels."""
        a, b = render(self.before, size), render(self.after, size)
        return EditPictures(a, b, self._mask(a, b))

    def _mask(self, a: Rendering, b: Rendering) -> Bools:
        if self.kind == "global":
            return np.ones(a.place.shape, np.bool_)
        if self.kind == "background":
            return np.asarray(a.place | b.place)
        assert self.id is not None
        if self.kind == "recolor":
            return a.part_body[self.id, self.part] if self.part else a.body[self.id]
        empty = np.zeros(a.place.shape, np.bool_)
        return np.asarray(a.touch.get(self.id, empty) | b.touch.get(self.id, empty))


class NoSuchEdit(InputError):
    """This scene has nothing on which an edit of this kind could be done."""


def make_edit(scene: Scene, kind: str, seed: int = 0) -> Edit:
    """An edit of this kind, chosen by the seed; the edited scene is plausible and stays in its split.

    Raises:
        UsageError: No such kind. NoSuchEdit: Nothing in the scene allows it.
    """
    if kind not in _MAKERS:
        raise UsageError(f"There is no edit kind '{kind}'.", f"Choose one of: {', '.join(EDIT_KINDS)}.")
    rng = Random(f"{scene.seed}/{kind}/{seed}")
    for _ in range(24):
        edit = _MAKERS[kind](scene, rng)
        if edit is not None and allowed(edit.after):
            return replace(edit, seed=seed)
    raise NoSuchEdit(f"Nothing in scene {scene.seed} allows the edit '{kind}'.", "Take another scene or kind.")


def possible_edits(scene: Scene, seed: int = 0) -> list[Edit]:
    """One edit of every kind that the scene allows."""
    out = []
    for kind in EDIT_KINDS:
        try:
            out.append(make_edit(scene, kind, seed))
        except NoSuchEdit:
            continue
    return out


def _plan(words: str, step: EditStep) -> EditPlan:
    return EditPlan(steps=(step,), instruction=words, parser="gold")


def _subject(
    scene: Scene, rng: Random, test: Callable[[Thing], bool], levels: tuple[str, ...] = ()
) -> tuple[Thing, Expression] | None:
    known: dict[int, list[Expression]] = {}
    for e in expressions(scene):
        if (not levels or e.level in levels) and test(scene.thing(e.target)):
            known.setdefault(e.target, []).append(e)
    if not known:
        return None
    id = rng.choice(sorted(known))
    level = rng.choice(sorted({e.level for e in known[id]}))
    return scene.thing(id), rng.choice([e for e in known[id] if e.level == level])


def _free(scene: Scene) -> Callable[[Thing], bool]:
    return lambda t: not t.sort.fixture and not scene.riders(t.id)


def _remove(scene: Scene, rng: Random) -> Edit | None:
    found = _subject(scene, rng, _free(scene))
    if found is None:
        return None
    t, e = found
    words = wording.say(rng, "remove", x=e.text)
    step = EditStep(op="remove", **e.fields)
    return Edit("remove", scene, scene.without([t.id]), words, _plan(words, step), t.id, level=e.level)


def _replace(scene: Scene, rng: Random) -> Edit | None:
    found = _subject(scene, rng, _free(scene))
    if found is None:
        return None
    t, e = found
    kinds = [k for k in sorted(ALLOWED[t.surface]) if k != t.kind and not KINDS[k].fixture]
    if not kinds:
        return None
    made = new_thing(scene, KINDS[rng.choice(kinds)], rng)
    made = replace(made, id=t.id, x=t.x, y=t.y, surface=t.surface, host=t.host, shift=t.shift)
    if t.host is not None:
        host = scene.thing(t.host)
        size = host.size * HEAD[host.kind] if t.surface == "head" else made.size * 0.9
        made = seated(replace(made, size=round(size, 4)), host)
    after = scene.put(made)
    if not fits(scene, made) or plausible(after):
        return None
    result = wording.new(made.kind, made.color)
    words = wording.say(rng, "replace", x=e.text, y=wording.a(result))
    step = EditStep(op="replace", **e.fields, result=result)
    return Edit("replace", scene, after, words, _plan(words, step), t.id, level=e.level)


def _add(scene: Scene, rng: Random) -> Edit | None:
    options = sorted({k for names in ALLOWED.values() for k in names if not KINDS[k].fixture})
    after = place_thing(scene, rng.choice(options), rng)
    if after is None or plausible(after):
        return None
    t = after.things[-1]
    spots = [f for f in relations(after) if f.subject == t.id]
    if t.host is not None:
        host = next(iter(f for f in relations(after) if t.id in (f.subject, f.anchor) and f.type in ("on", "wearing")))
        other = host.subject if host.type == "wearing" else t.host
        spots = [Fact(t.id, host.type, other, scene.thing(other).kind)]
    where = rng.choice(spots) if spots else None
    if where is None:
        return None
    phrase = where.noun if where.anchor is None else wording.short(scene, where.anchor)
    if phrase is None:
        return None
    result = wording.new(t.kind, t.color)
    words = wording.say_add(rng, result, where.type, phrase)
    step = EditStep(op="add", result=result, count="one", relation={"type": where.type, "anchor": phrase})  # type: ignore[arg-type]
    return Edit("add", scene, after, words, _plan(words, step), t.id)


def _recolor(scene: Scene, rng: Random) -> Edit | None:
    found = _subject(scene, rng, lambda t: True)
    if found is None:
        return None
    t, e = found
    color = rng.choice([c for c in t.sort.colors if c != t.color])
    part, fields, text = "", e.fields, e.text
    if t.kind == "person":
        if e.level == "noun":
            text = "person's top"
            fields = {**fields, "target": "top", "relation": {"type": "part_of", "anchor": "person"}}
        elif e.level == "color":
            text = f"{t.color} top of the person"
            fields = {"target": "top", "attributes": (t.color,), "relation": {"type": "part_of", "anchor": "person"},
                      "count": "one"}  # fmt: skip
        else:
            return None
        part = "top"
    words = wording.say(rng, "recolor", x=text, c=color)
    step = EditStep(op="recolor", **fields, color=color, result=f"{color} {fields['target']}")
    after = scene.put(replace(t, color=color))
    return Edit("recolor", scene, after, words, _plan(words, step), t.id, part, e.level)


def _move(scene: Scene, rng: Random) -> Edit | None:
    found = _subject(scene, rng, lambda t: _free(scene)(t) and t.host is None, ("noun", "color"))
    if found is None:
        return None
    t, e = found
    amount = round(rng.uniform(0.15, 0.45), 2)
    way = rng.choice(("left", "right"))
    moved = replace(t, x=round(t.x + (amount if way == "right" else -amount), 4))
    after = scene.put(moved)
    if not fits(scene, moved) or plausible(after):
        return None
    fields = e.fields
    if t.kind == "person" and e.color:
        fields = {**fields, "attributes": (f"in the {e.color} top",), "relation": None}
    fields["position"] = f"{way}most"
    words = wording.say(rng, "move", x=e.text, d=way)
    step = EditStep(op="move", **fields, params={"direction": way, "amount": amount})
    return Edit("move", scene, after, words, _plan(words, step), t.id, level=e.level)


def _resize(scene: Scene, rng: Random) -> Edit | None:
    found = _subject(scene, rng, lambda t: _free(scene)(t) and t.surface != "head")
    if found is None:
        return None
    t, e = found
    word, scale = rng.choice((("bigger", 1.4), ("smaller", 0.7), ("larger", 1.4), ("twice as big", 2.0)))
    sized = replace(t, size=round(t.size * scale, 4))
    after = scene.put(sized)
    if not fits(scene, sized) or plausible(after):
        return None
    words = wording.say(rng, "resize", x=e.text, w=word)
    result = f"{word} {e.noun}" if " " not in word else f"{e.noun} {word}"
    step = EditStep(op="resize", **e.fields, result=result, params={"scale": scale})
    return Edit("resize", scene, after, words, _plan(words, step), t.id, level=e.level)


def _background(scene: Scene, rng: Random) -> Edit | None:
    if scene.mood != "day" or scene.place.name in ("room", "plain"):
        return None
    names = [p for p in PLACES if p not in (scene.place.name, "room")]
    rng.shuffle(names)
    vary = tuple(round(rng.random(), 4) for _ in range(8))
    for name in names if rng.random() < 0.7 else ():
        things = []
        for t in scene.things:
            surface = t.surface if t.host is not None else surface_of(name, t.y, t.kind)
            things.append(t if surface is None else replace(t, surface=surface))
        after = replace(
            scene, place=Place(name, rng.choice(("blue", "pink", "yellow", "green")), vary), things=tuple(things)
        )
        sky = [(a.surface == "sky") == (b.surface == "sky") for a, b in zip(scene.things, things, strict=True)]
        if all(sky) and not plausible(after):
            words, result = wording.say_place(rng, name)
            step = EditStep(op="background", target="background", result=result)
            return Edit("background", scene, after, words, _plan(words, step))
    used = {t.color for t in scene.things}
    color = rng.choice([c for c in ("white", "blue", "yellow", "pink", "green", "gray", "purple") if c not in used])
    after = replace(scene, place=Place("plain", color, vary))
    words = wording.say(rng, "backdrop", c=color)
    step = EditStep(
        op="background", target="background", result=color, color=color, params={"kind": "color", "color": color}
    )
    return Edit("background", scene, after, words, _plan(words, step))


def _global(scene: Scene, rng: Random) -> Edit | None:
    name = rng.choice(tuple(wording.GLOBAL))
    texts, result, params = wording.GLOBAL[name]
    after = scene
    if name in ("night", "sunset", "snow", "rain"):
        if scene.place.name not in OUTDOOR or scene.mood == name:
            return None
        after = replace(scene, mood=name)
    else:
        after = replace(scene, grade=Grade(**params))
    words = rng.choice(texts)
    step = EditStep(op="global", result=result, params=dict(params))
    return Edit("global", scene, after, words, _plan(words, step))


_MAKERS: dict[str, Callable[[Scene, Random], Edit | None]] = {
    "remove": _remove, "replace": _replace, "add": _add, "recolor": _recolor, "move": _move, "resize": _resize,
    "background": _background, "global": _global,
}  # fmt: skip
