"""From pairs to what the networks see: disguised backgrounds, droppable hints, words in many forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray

from finetouch.diffusion.mask_net import Reader
from finetouch.editing._mask_fit import BOX_LEVEL, bump
from finetouch.imaging import masks
from finetouch.lab.facts import article
from finetouch.plan.describe import Description
from finetouch.train.lab.loop import Batch
from finetouch.train.lab.pool import shuffled
from finetouch.train.lab.show import to_tensors
from finetouch.train.mask_generator.seams import disguised
from finetouch.train.mask_generator.world import Pair, Pairs

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
NO_TEXT, NO_OLD, NO_HINT = 0.1, 0.3, 0.5
"""How often words, the old mask and the hint are left out."""
AS_BOX = 0.35
"""How often an old mask is shown as its box alone."""
NO_DESCRIPTION = 0.2
OWN_PLACE = 0.25
"""How often the words describe the new thing's own place (for insertions) rather than the old thing's."""
KIND_ONLY = 0.3


@dataclass(frozen=True, eq=False)
class Shown:
    """One example as the network gets it, arrays ``(S, S)`` float32."""

    picture: NDArray[np.uint8]
    old: Floats
    hint: Floats
    target: Floats
    text: str


def example(rng: np.random.Generator, words: Random, pairs: Pairs, i: int) -> Shown:
    """A pair of the pool with everything that chance adds to it."""
    pair = pairs[i]
    stamps = [pairs[int(k)].target for k in rng.integers(len(pairs), size=3)]
    picture, _ = disguised(rng, pair.background, pairs.decoded(i), pair.old, stamps)
    target, old, place, own = pair.target, pair.old, pair.place, pair.own
    if rng.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
        target, old = np.ascontiguousarray(target[:, ::-1]), np.ascontiguousarray(old[:, ::-1])
        place, own = place.mirrored(), own.mirrored()
    shown_old = old_channel(rng, old) if rng.random() >= NO_OLD else np.zeros(old.shape, np.float32)
    hint = hint_channel(rng, target) if rng.random() >= NO_HINT else np.zeros(old.shape, np.float32)
    about = own if rng.random() < (0.5 if pair.mode == "elsewhere" else OWN_PLACE) else place
    return Shown(picture, shown_old, hint, target.astype(np.float32), wording(words, pair, about))


def old_channel(rng: np.random.Generator, old: Bools) -> Floats:
    """The old mask at 1, or its box at `BOX_LEVEL`."""
    return box_channel(old) if rng.random() < AS_BOX else old.astype(np.float32)


def box_channel(mask: Bools) -> Floats:
    """The mask's filled box at `BOX_LEVEL`."""
    out = np.zeros(mask.shape, np.float32)
    box = masks.box_of(mask.astype(np.float32))
    if box is not None:
        out[box[1] : box[3], box[0] : box[2]] = BOX_LEVEL
    return out


def hint_channel(rng: np.random.Generator, target: Bools) -> Floats:
    """A box around the target, not quite exact, or a point on it."""
    size = target.shape[0]
    box = masks.box_of(target.astype(np.float32))
    assert box is not None
    x0, y0, x1, y1 = box
    if rng.random() < 0.5:
        slack = 0.08 * np.array([x1 - x0, y1 - y0, x1 - x0, y1 - y0]) * rng.standard_normal(4)
        a, b, c, d = (np.array(box) + slack).round().astype(int).clip(0, size)
        out = np.zeros(target.shape, np.float32)
        out[min(b, d - 1) : max(d, b + 1), min(a, c - 1) : max(c, a + 1)] = BOX_LEVEL
        return out
    x, y = rng.normal((x0 + x1) / 2, 0.12 * (x1 - x0)), rng.normal((y0 + y1) / 2, 0.12 * (y1 - y0))
    return bump(size, float(x), float(y), size / 32)


def wording(words: Random, pair: Pair, about: Description) -> str:
    """The thing and its place, in as many words as chance leaves; "" now and then."""
    if words.random() < NO_TEXT:
        return ""
    thing = pair.kind if words.random() < KIND_ONLY else pair.phrase
    thing = article(thing) if words.random() < 0.6 else thing
    if words.random() < NO_DESCRIPTION:
        return thing
    place = about.words(
        position=words.random() < 0.75, support=words.random() < 0.75, neighbours=words.choice((0, 1, 2, 3)),
        size=words.random() < 0.5,
    )  # fmt: skip
    return f"{thing}, {place}" if place else thing


def text_of(thing: str, place: Description | None) -> str:
    """What a trained network is told: the thing with its place."""
    return article(thing) if place is None else f"{article(thing)}, {place.words()}"


def batches(pairs: Pairs, reader: Reader, size: int, step: int, full: bool = False) -> Iterator[Batch]:
    """Batches without end; what comes depends on `step` only."""
    rng, words = np.random.default_rng(step), Random(step)
    order = shuffled(len(pairs), step)
    while True:
        yield collate([example(rng, words, pairs, next(order)) for _ in range(size)], reader, full)


def collate(shown: list[Shown], reader: Reader, full: bool = False) -> Batch:
    """Examples as tensors; with `full` all texts are padded to the same length for ever."""
    states, mask = reader([s.text for s in shown], full)
    planes = {n: torch.from_numpy(np.stack([getattr(s, n) for s in shown]))[:, None] for n in ("old", "hint", "target")}
    pixels = to_tensors(np.stack([s.picture for s in shown]))
    return {"pixels": pixels, **planes, "words": states, "mask": mask}
