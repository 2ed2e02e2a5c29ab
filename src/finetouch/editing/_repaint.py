"""What a generator is asked for: which pixels may change, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from finetouch.contracts import Scene
from finetouch.editing._destination import anchor_of, new_box
from finetouch.errors import InputError
from finetouch.imaging import masks
from finetouch.imaging.color import named_color
from finetouch.imaging.masks import Mask
from finetouch.select.lexicon import singular
from finetouch.types import EditStep, Region

Shape = Literal["auto", "keep", "free"]

NEGATIVE = "blurry, low quality, extra limbs, text, watermark"
EMPTY = "empty background"
EMPTY_FACTS: Mapping[str, Any] = MappingProxyType({})
USUAL = 512  # px: pictures for which the limits of growth were made
SIZES = {"wearing": 0.45, "on": 0.5, "in": 0.4}  # height of a new thing against its anchor's
SIZE_BESIDE = 0.8
SIZE_ALONE = 0.35
LEAST_SIZE = 0.08
BESIDE = ("left_of", "right_of", "near", "under", "behind")
_SAID = {
    "left_of": "next to", "right_of": "next to", "near": "next to", "on": "on", "in": "in", "behind": "behind",
    "in_front_of": "in front of", "under": "under", "wearing": "on", "with": "with", "part_of": "of",
}  # fmt: skip


@dataclass(frozen=True)
class Prompt:
    """What to say to the model: words for what is wanted, and for what is not."""

    text: str
    negative: str


def growth_px(region: Mask, op: str, picture_side: int) -> int:
    """How far a repainted area reaches beyond the thing: 2 % of its size, 5..50 px, half as much again to remove.

    A tight rim would let the model grow the old thing again from what is left of it. In pictures smaller than 512 px
    the limits shrink with the picture.
    """
    box = masks.box_of(region, masks.HARD)
    if box is None:
        return 0
    size = float(np.sqrt((box[2] - box[0]) * (box[3] - box[1])))
    share = min(1.0, picture_side / USUAL)
    k = float(np.clip(round(0.02 * size), max(1.0, 5 * share), 50))
    return round(1.5 * k) if op == "remove" else round(k)


def same_kind(step: EditStep) -> bool:
    """True when a replacement is another one of the same ("car" -> "red sports car"), so that the outline fits."""
    old, new = (step.target or "").lower().split(), (step.result or "").lower().split()
    return bool(old and new) and singular(old[-1]) in {singular(w) for w in new}


def repaint_area(scene: Scene, shape: Shape, size: float | None, feather: float) -> Region:
    """The pixels a generator may change, full size.

    The outline is kept to recolour and to replace a thing by its like; a box gives room for a different thing.

    Args:
        scene: The scene. shape: "auto" decides by the operation. size: Height of an added thing, a share of the
            picture's, or None. feather: Inside feather that will be taken off again, px.
    """
    step = scene.step
    if step.op == "add":
        return _new_place(scene, size, feather)
    solid = (scene.region.mask > masks.HARD).astype(np.float32)
    grown = growth_px(solid, step.op, max(scene.picture.size)) if scene.grow is None else scene.grow
    if step.op == "background":
        return scene.region.with_mask(masks.grow(solid, feather if scene.grow is None else scene.grow))
    free = shape == "free" or (shape == "auto" and step.op == "replace" and not same_kind(step))
    area = masks.grow(solid, grown + feather)
    if free:
        area = np.maximum(area, _box_mask(area))
    return scene.region.with_mask(area)


def _box_mask(mask: Mask) -> Mask:
    out = np.zeros_like(mask)
    box = masks.box_of(mask, masks.HARD)
    if box is not None:
        out[box[1] : box[3], box[0] : box[2]] = 1.0
    return out


def _new_place(scene: Scene, size: float | None, feather: float) -> Region:
    """The box a new thing is painted in: what was marked by hand, or a place beside its anchor."""
    region, (w, h) = scene.region, scene.picture.size
    given = masks.box_of(region.mask, masks.HARD)
    if scene.step.box is not None:
        x0, y0, x1, y1 = (round(v) for v in scene.step.box)
    elif given is not None and 0 < region.share < 0.98 and region.source in ("mask", "box", "points"):
        return region.grow((scene.grow or 0) + feather)
    else:
        x0, y0, x1, y1 = new_box(scene, 1.0, size or _size(scene, given), given)
    pad = round((scene.grow or 0) + feather)
    mask = np.zeros((h, w), np.float32)
    mask[max(0, y0 - pad) : max(0, y1 + pad), max(0, x0 - pad) : max(0, x1 + pad)] = 1.0
    if scene.step.relation is not None and scene.step.relation.type in BESIDE and scene.select is not None:
        # What stands beside or behind a thing must not paint over it.
        mask = np.where(scene.select(scene.step.relation.anchor).mask > masks.HARD, 0.0, mask).astype(np.float32)
    if not mask.any():
        raise InputError("There is no room for the new thing in the picture.", "Mark a place with --box x0,y0,x1,y1.")
    return region.with_mask(mask, label=scene.step.result or "new thing", source="place")


def _size(scene: Scene, given: tuple[int, int, int, int] | None) -> float:
    """Height of a new thing as a share of the picture's: in proportion to what it stands to."""
    kind, anchor = anchor_of(scene, given)
    if kind is None or anchor is None:
        return SIZE_ALONE
    height = (anchor[3] - anchor[1]) / scene.picture.height
    if height > 0.6 and kind in ("on", "in"):  # a place rather than a thing: the sky, a wall
        return SIZE_ALONE
    size = SIZES.get(kind, SIZE_BESIDE) * height
    if kind in ("left_of", "right_of", "near"):
        width, left, right = scene.picture.width, anchor[0], scene.picture.width - anchor[2]
        room = {"left_of": left, "right_of": right}.get(kind, max(left, right))
        size = min(size, 0.9 * room / max(1, scene.picture.height)) if room > 0.1 * width else size
    return float(np.clip(size, LEAST_SIZE, 0.6))


def prompt_for(
    step: EditStep, prompt: str | None = None, negative: str | None = None, facts: Mapping[str, Any] = EMPTY_FACTS
) -> Prompt:
    """The words for a step: what shall be seen in the area, with the scene it belongs to.

    Args:
        step: The step. prompt, negative: The user's own words, or None.
        facts: Of the model: "negative" is all that is said against, "remove_prompt" what is asked for when a thing is
            taken away, "name_anchor" whether a new thing's prompt says what it stands by. A model that knows no words
            for faults of pictures is led astray by them; one that has learned single things paints the anchor again.
    """
    against = negative if negative is not None else facts.get("negative")
    if step.op == "remove":
        unwanted = ", ".join(filter(None, [step.target, NEGATIVE]))
        return Prompt(prompt or facts.get("remove_prompt", EMPTY), unwanted if against is None else against)
    wanted = prompt or _wanted(step, bool(facts.get("name_anchor", True)))
    return Prompt(wanted, NEGATIVE if against is None else against)


def _wanted(step: EditStep, name_anchor: bool) -> str:
    if step.op == "recolor":
        words = step.result or " ".join(filter(None, [step.color, step.target]))
        said = words if named_color(words.split()[0] if words else "") else f"{step.color or ''} {words}".strip()
        return with_article(said)
    thing = with_article(step.result or step.target or "")
    if step.op == "add" and step.relation is not None and name_anchor:
        return f"{thing} {_SAID[step.relation.type]} the {step.relation.anchor}"
    return thing


def with_article(words: str) -> str:
    """The phrase with "a" or "an", unless it has a determiner or is plural."""
    words = words.strip()
    first, _, last = words.lower().partition(" ")
    last = last.split()[-1] if last else first
    if not words or first in ("a", "an", "the", "some", "two", "three", "many") or singular(last) != last:
        return words
    return f"{'an' if words[0].lower() in 'aeiou' else 'a'} {words}"
