"""From pairs of photographs to what the network sees: moved, mirrored, with facts and marks that may be missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from finetouch.editing._photo_sight import UNKNOWN, Fact, encoded, facts_of_place, facts_of_thing
from finetouch.editing._typical import typical
from finetouch.evaluate._mask_scores import box, foot, sides
from finetouch.imaging import masks
from finetouch.plan.describe import Description, position_of, size_of
from finetouch.train.lab.loop import Batch
from finetouch.train.mask_generator.batches import box_channel, hint_channel
from finetouch.train.mask_generator.photos import PhotoPair, PhotoPairs

Bools = NDArray[np.bool_]
NO_OLD, NO_HINT, NO_PLACE, NO_NAME = 0.6, 0.6, 0.35, 0.15
"""How often a stand-in for an old mask, a hint, the description, and the thing's own category are left out."""
EACH = 0.7
"""How often a fact of the description is told when there is one."""
BLIND = 0.08
"""How often a plane of the layout is missing."""


def batches(pairs: PhotoPairs, size: int, step: int) -> Iterator[Batch]:
    """Batches without end, rare things as often as the square root of their number allows."""
    rng = np.random.default_rng(step)
    count = Counter(f["noun"] for f in pairs.facts)
    share = np.array([count[f["noun"]] ** -0.5 for f in pairs.facts])
    share /= share.sum()
    while True:
        yield batch(rng, [pairs[int(i)] for i in rng.choice(len(pairs), size, p=share)], pairs)


def batch(rng: np.random.Generator, listed: list[PhotoPair], pairs: PhotoPairs) -> Batch:
    """Examples as tensors."""
    sight = torch.from_numpy(np.stack([p.sight for p in listed])).float() / 255
    target = torch.from_numpy(np.stack([p.target for p in listed]))[:, None].float()
    moved = [_window(rng, p.target) for p in listed]
    turned = torch.tensor([m[1] for m in moved])
    grid = F.affine_grid(torch.stack([m[0] for m in moved]), list(target.shape), align_corners=False)
    sight = F.grid_sample(sight, grid, padding_mode="border", align_corners=False)
    target = (F.grid_sample(target, grid, padding_mode="zeros", align_corners=False) > 0.5).float()
    gain = torch.from_numpy(rng.uniform(0.8, 1.25, sight.shape[:2])).float()
    seen = torch.from_numpy(rng.random(sight.shape[:2]) > BLIND).float()
    sight = (sight * (gain * seen)[..., None, None]).clamp(0, 1)
    old, hint, facts = [], [], []
    for i, pair in enumerate(listed):
        mask = target[i, 0].numpy() > 0.5
        if not mask.any():
            mask = target[i, 0].numpy() >= 0
        zero = np.zeros(mask.shape, np.float32)
        old.append(stand_in(rng, pair.noun, mask, pairs) if rng.random() >= NO_OLD else zero)
        hint.append(hint_channel(rng, mask) if rng.random() >= NO_HINT else zero)
        facts.append(told(rng, pair.noun, seen_place(pair, mask, bool(turned[i]))))
    planes = {n: torch.from_numpy(np.stack(v))[:, None] for n, v in (("old", old), ("hint", hint))}
    return {"pixels": sight * 2 - 1, **planes, "target": target, "facts": torch.from_numpy(np.stack(facts))}


def _window(rng: np.random.Generator, target: Bools) -> tuple[torch.Tensor, bool]:
    """A part of the picture that holds the target (or a little more than the picture), mirrored or not."""
    size = target.shape[0]
    x0, y0, x1, y1 = box(target)
    span, middle = [], []
    for low, high in ((x0 / size, x1 / size), (y0 / size, y1 / size)):
        wide = float(rng.uniform(max(0.6, min(1.0, high - low)), 1.12)) if rng.random() < 0.7 else 1.0
        first, last = max(high - wide, min(0.0, 1.0 - wide)), min(low, max(0.0, 1.0 - wide))
        start = float(rng.uniform(min(first, last), max(first, last)))
        span.append(wide)
        middle.append(2 * start + wide - 1)
    turned = bool(rng.random() < 0.5)
    sign = -1.0 if turned else 1.0
    return torch.tensor([[sign * span[0], 0, middle[0]], [0, span[1], middle[1]]], dtype=torch.float32), turned


def stand_in(rng: np.random.Generator, noun: str, target: Bools, pairs: PhotoPairs) -> NDArray[np.float32]:
    """The outline of another thing on the same foot, as large as that thing is against this one; or its box."""
    k = int(rng.integers(len(pairs)))
    other = pairs[k]
    wide, tall = sides(other.target)
    ratio = (typical(other.noun).height or 0.3) / (typical(noun).height or 0.3)
    height = sides(target)[1] * float(np.clip(ratio, 0.3, 3.0)) * float(rng.uniform(0.85, 1.18))
    scale = height / max(tall, 1.0)
    size = target.shape[0]
    (fx, fy), (ox, oy) = foot(target), foot(other.target)
    fx += float(rng.normal(0, 0.08)) * wide * scale
    move = np.array([[scale, 0, fx - scale * ox], [0, scale, fy - scale * oy]], np.float32)
    out = cv2.warpAffine(other.target.astype(np.float32), move, (size, size))
    mask = out > masks.HARD
    if not mask.any():
        return np.zeros(target.shape, np.float32)
    return box_channel(mask) if rng.random() < 0.35 else mask.astype(np.float32)


def seen_place(pair: PhotoPair, target: Bools, turned: bool) -> Description:
    """The pair's description as it is after the move: side, row, column and size are read off again."""
    size = target.shape[0]
    x0, y0, x1, y1 = (v / size for v in box(target))
    place = pair.place.mirrored() if turned else pair.place
    norm = (x0, y0, x1, y1)
    return place.model_copy(
        update={"position": position_of(norm), "relative_size": size_of(float(target.mean())), "bbox_norm": norm}
    )


def told(rng: np.random.Generator, noun: str, place: Description) -> NDArray[np.int64]:
    """The facts that chance leaves."""
    thing: list[Fact] = facts_of_thing(noun)
    if rng.random() < NO_NAME:
        thing[0] = ("thing", UNKNOWN)
    kept = thing[:1] + [f for f in thing[1:] if rng.random() < 0.85]
    if rng.random() >= NO_PLACE:
        kept += [f for f in facts_of_place(place) if rng.random() < EACH]
    return encoded(kept)
