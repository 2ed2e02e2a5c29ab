"""Proposals for photographs by the bundled generator: a small network that learned from labelled photos.

It sees a layout (what is where), not pixels, and is told facts, not sentences; see `finetouch.editing._photo_sight`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import Any

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
)
from finetouch.editing.mask_proposals import Proposal, Wish, with_hidden
from finetouch.errors import ModelMissing
from finetouch.plan.describe import RELATIONS, Looker
from finetouch.types import Picture, Reporter

LOOK = 384
"""Long side at which the selector looks, here and in training."""


@cache
def session() -> Any:
    """The ONNX Runtime session of the bundled weights, made once per process."""
    import onnxruntime as ort

    with as_file(files("finetouch.editing") / "weights" / "photo_masks.onnx") as path:
        if not path.exists():
            raise ModelMissing(
                "The bundled generator of masks is missing from this installation.",
                "Reinstall finetouch; the file finetouch/editing/weights/photo_masks.onnx belongs to it.",
            )
        options = ort.SessionOptions()
        options.log_severity_level = 3
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def proposals(picture: Picture, wish: Wish, looker: Looker, report: Reporter) -> list[Proposal]:
    """Masks for a wish with scores; see `finetouch.editing.mask_proposals.propose`."""
    from finetouch.select.network import run

    net = session()
    leaf = run(looker.small.pixels, LOOK, mirror=False).leaf
    report.check()
    facts, support, near = told(wish)
    planes = np.concatenate([layout(leaf), [leaf_plane(leaf, support), leaf_plane(leaf, near)]])
    old, hint = marks(picture, wish, SIDE)
    report.update("propose", message=", ".join(f"{role} {name}" for role, name in facts if not name.startswith("#")))
    logits, scores = _asked(net, planes, old, hint, encoded(facts))
    report.check()
    soft = 1 / (1 + np.exp(-logits))
    chance = np.exp(scores - scores.max())
    out = []
    for mask, share in zip(soft, chance, strict=True):
        made = fitted(mask, picture.size, wish)
        if made is not None:
            score = float(sureness(mask) * (0.5 + 0.5 * share))
            out.append(with_hidden(Proposal(made[0], score, made[1], "network"), wish, looker))
    return out


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
    masks, scores = net.run(["masks", "scores"], given)
    return np.asarray(masks[0], np.float32), np.asarray(scores[0], np.float32)
