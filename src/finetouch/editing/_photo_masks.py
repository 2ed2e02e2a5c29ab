"""Proposals for photographs by the bundled generator: a small network that learned from labelled photos.

It sees a layout (what is where), not pixels, and is told facts, not sentences; see `finetouch.editing._photo_sight`.
Its data is small. On its own it knows roughly where things are and how wide they are for their height, but not how
large one thing is beside another; so rules set things down, it says which of their places it likes, and it fills
marked boxes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.editing._mask_fit import RELATION, WHERE, fitted, marks, sureness
from finetouch.editing._photo_sight import (
    SIDE,
    Fact,
    encoded,
    facts_of_place,
    facts_of_thing,
    layout,
    leaf_plane,
    noun_name,
    plane,
)
from finetouch.editing._typical import typical
from finetouch.editing.mask_proposals import Proposal, Wish, with_hidden
from finetouch.hub import bundled
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.plan.describe import IN, RELATIONS, SURFACES, Looker
from finetouch.select.lexicon import lookup
from finetouch.select.vocabulary import INDEX, LEAVES, SCENERY
from finetouch.types import Picture, Reporter

LOOK = 384
"""Long side at which the selector looks, here and in training."""
WEIGHTS = ("editing", "photo_masks.onnx")
SAY = 0.5
"""Share of a score that the network has a say in."""
SEEN = 0.3
"""From this probability on a thing counts as seen."""


def suits(wish: Wish) -> bool:
    """Whether the network can know anything of such a thing; the moon and unheard-of things are for the rules alone."""
    kind, route = typical(wish.what), lookup(wish.what)
    return (kind.known or (route is not None and bool(route.leaves))) and not kind.share


@dataclass(frozen=True, eq=False)
class Answer:
    """What the network says. soft: ``(K, SIDE, SIDE)`` masks, best first. chance: Of each, the best one's is 1."""

    soft: NDArray[np.float32]
    chance: NDArray[np.float32]
    leaf: NDArray[np.float32]
    notes: tuple[str, ...]

    @property
    def heat(self) -> NDArray[np.float32]:
        """Where it sees the thing, 0..1: all its masks by their chances."""
        mean = np.tensordot(self.chance, self.soft, 1)
        return np.asarray(mean / max(float(mean.max()), 1e-6), np.float32)


def answer(picture: Picture, wish: Wish, looker: Looker, report: Reporter) -> Answer:
    """Asks the network for a wish."""
    from finetouch.select.network import run

    net = bundled.session(*WEIGHTS)
    leaf = run(looker.small.pixels, LOOK, twice=False).leaf
    report.check()
    facts, support, near = told(wish)
    carrier, lost = _plane(leaf, support, looker)
    beside, gone = _plane(leaf, near, looker)
    old, hint = marks(picture, wish, SIDE)
    logits, scores = _asked(net, np.concatenate([layout(leaf), [carrier, beside]]), old, hint, encoded(facts))
    report.check()
    notes = [f"'{n}' was not found in the picture, so the words were not followed" for n in (lost, gone) if n]
    order = np.argsort(-scores)
    soft = np.asarray(1 / (1 + np.exp(-logits[order])), np.float32)
    return Answer(soft, np.asarray(np.exp(scores[order] - scores.max()), np.float32), leaf, tuple(notes))


def proposals(picture: Picture, wish: Wish, looker: Looker, report: Reporter) -> list[Proposal]:
    """The network's own masks for a wish with scores; see `finetouch.editing.mask_proposals.propose`."""
    said = answer(picture, wish, looker, report)
    out = []
    for soft, share in zip(said.soft, said.chance, strict=True):
        made = fitted(soft, picture.size, wish)
        if made is None or (wish.point is not None and not _covers(made[0], wish.point)):
            continue
        free, why = _judged(made[0], said.leaf, alone=wish.relation is None and wish.old is None)
        score = float(sureness(soft) * (0.5 + 0.5 * share) * free)
        out.append(with_hidden(Proposal(made[0], score, (*said.notes, *why, *made[1]), "network"), wish, looker))
    return out


def ranked(found: list[Proposal], picture: Picture, wish: Wish, looker: Looker, report: Reporter) -> list[Proposal]:
    """The rules' proposals with scores that say, too, how much the network likes their places."""
    heat = answer(picture, wish, looker, report).heat
    liked = [float((heat * m).sum() / max(float(m.sum()), 1e-6)) for m in (plane(p.mask) for p in found)]
    most = max([*liked, 1e-6])
    return [replace(p, score=p.score * (1 - SAY + SAY * k / most)) for p, k in zip(found, liked, strict=True)]


def in_box(picture: Picture, wish: Wish, looker: Looker, report: Reporter) -> list[Proposal]:
    """Outlines that fill the marked box."""
    assert wish.box is not None
    said = answer(picture, wish, looker, report)
    x0, y0, x1, y1 = (round(v) for v in wish.box)
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(picture.width, max(x1, x0 + 1)), min(picture.height, max(y1, y0 + 1))
    out = []
    for soft, share in zip(said.soft, said.chance, strict=True):
        made = fitted(soft, picture.size, wish)
        box = None if made is None else masks.box_of(made[0], masks.HARD)
        if made is None or box is None:
            continue
        piece = _stretched(made[0], box, (x1 - x0, y1 - y0), cv2.INTER_LINEAR)
        rest = masks.box_of(piece, masks.HARD)  # thin tips are averaged away
        if rest is None:
            continue
        full = np.zeros((picture.height, picture.width), np.float32)
        full[y0:y1, x0:x1] = _stretched(piece, rest, (x1 - x0, y1 - y0), cv2.INTER_NEAREST)
        why = (*said.notes, "fills the marked box")
        out.append(with_hidden(Proposal(full, float(0.5 + 0.5 * share), why, "network"), wish, looker))
    return out


def _stretched(mask: Mask, box: tuple[int, int, int, int], size: tuple[int, int], how: int) -> Mask:
    piece = np.ascontiguousarray(mask[box[1] : box[3], box[0] : box[2]])
    return np.asarray(cv2.resize(piece, size, interpolation=how), dtype=np.float32)


def _plane(leaf: NDArray[np.float32], noun: str | None, looker: Looker) -> tuple[NDArray[np.float32], str]:
    """Where a noun is, and the noun when it is nowhere."""
    found = leaf_plane(leaf, noun)
    if noun is None or float(found.max()) > SEEN:
        return found, ""
    seen = looker.mask(noun)
    return (found, noun) if seen is None else (plane(seen), "")


def _covers(mask: Mask, point: tuple[float, float]) -> bool:
    return bool(mask[int(point[1]), int(point[0])] > masks.HARD)


def _judged(proposed: Mask, leaf: NDArray[np.float32], alone: bool) -> tuple[float, list[str]]:
    """How free a place is, 0..1, and what speaks for and against it: what it stands on, what it covers."""
    small_mask = plane(proposed)
    mask = small_mask >= 0.5 * float(small_mask.max())
    small = {name: plane(leaf[INDEX[name]]) for name in SURFACES if name in INDEX}
    foot = np.zeros_like(mask)
    low = int(np.flatnonzero(mask.any(1))[-1])
    columns = mask[max(0, low - 3) : low + 1].any(0)
    foot[low : low + 3, columns] = True
    name = max(small, key=lambda n: float(small[n][foot].mean()))
    why = [f"{'in' if name in IN else 'on'} the {name}"] if float(small[name][foot].mean()) > 0.3 else []
    things = [INDEX[n] for n in LEAVES if n not in SCENERY and n not in SURFACES]
    covered = float(plane(leaf[things].sum(0))[mask].mean())
    if alone and covered > 0.25:
        why.append(f"covers {100 * covered:.0f} % of other things")
    return (1.0 - covered) if alone else 1.0, why or ["where such things are in photos"]


def told(wish: Wish) -> tuple[list[Fact], str | None, str | None]:
    """The facts of a wish, what carries the thing, and its neighbour."""
    facts, support, near = facts_of_thing(wish.what), None, None
    if wish.relation is not None:
        said = RELATION[wish.relation.type]
        role = said if said in RELATIONS else "on"
        if role == "on":
            support = wish.relation.anchor
            facts.append(("support", noun_name(support)))
        else:
            near = wish.relation.anchor
        facts.append((role, noun_name(wish.relation.anchor)))
    elif wish.position in WHERE:
        row, column = WHERE[wish.position].split()
        facts += [("row", row), ("column", column)]
    elif wish.place is not None:
        place = facts_of_place(wish.place)
        support = wish.place.supported_by
        near = wish.place.neighbours[0].name if wish.place.neighbours else None
        facts += [f for f in place if f[0] != "size" or wish.box_shown]
    return facts, support, near


def _asked(
    net: Any, planes: NDArray[np.float32], old: NDArray[np.float32], hint: NDArray[np.float32], facts: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    sight = np.clip(planes, 0, 1).astype(np.float32) * 2 - 1
    given = {"sight": sight[None], "old": old[None, None], "hint": hint[None, None], "facts": facts[None]}
    found, scores = net.run(["masks", "scores"], given)
    return np.asarray(found[0], np.float32), np.asarray(scores[0], np.float32)
