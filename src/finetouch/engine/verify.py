"""Looks again after an edit: is the thing gone, has the colour come out, and says so in plain words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from finetouch.contracts import Selection
from finetouch.errors import FinetouchError, TargetNotFound
from finetouch.imaging import color, masks
from finetouch.types import EditStep, Picture, Query, Region

Again = Callable[[Query], Selection]
_STILL_THERE = 0.35
_CLOSE_COLOR = 12.0
_MOVED = 24


def verify(
    step: EditStep, before: Picture, after: Picture, region: Region, method: str, facts: dict[str, Any], again: Again
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """What was done and whether it worked.

    Args:
        step: The step. before, after: The picture around it.
        region: What was selected. method: Who did it. facts: What the method measured.
        again: Searches the picture after the edit.

    Returns:
        Sentences for the user, and measured values.
    """
    said = [_what_was_done(step, region, method)]
    measured: dict[str, Any] = {}
    if step.op == "remove" and step.target:
        sentence, measured = _gone(step, region, again)
        said.append(sentence)
    if step.op == "recolor" and step.color and (wanted := color.named_color(step.color)) is not None:
        sentence, measured = _color(before, after, region, step.color, wanted, facts)
        said.append(sentence)
    return tuple(said), measured


def _what_was_done(step: EditStep, region: Region, method: str) -> str:
    thing = step.query().describe() if step.target or step.points or step.box else step.result or "the picture"
    if step.op in ("global", "restyle") and step.result:
        thing = step.result
    place = ""
    if 0 < region.share < 1 and region.box is not None:
        share = 100 * region.share
        place = f" ({share:.1f} % of the picture, score {region.score:.2f})"
    outcome = f" -> {step.color or step.result}" if step.op in ("recolor", "replace", "text", "background") else ""
    if outcome == " -> None":
        outcome = ""
    return f"{step.op}: {thing}{outcome}{place}, by {method}."


def _gone(step: EditStep, region: Region, again: Again) -> tuple[str, dict[str, Any]]:
    name = step.target or "the thing"
    try:
        found = again(Query(noun=step.target, count="all")).region
    except TargetNotFound:
        return f"Looked again: no {name} is found any more.", {"still_found": 0.0}
    except FinetouchError:
        return f"Looked again: could not tell whether {name} is still there.", {}
    old = region.mask > masks.HARD
    left = float((found.mask[old] > masks.HARD).mean()) if old.any() else 0.0
    if left > _STILL_THERE:
        return (
            f"Looked again: {name} may still be there (found in {100 * left:.0f} % of its old place); "
            "try --grow 8, another --seed, or mark it with --box.",
            {"still_found": round(left, 4)},
        )
    return f"Looked again: no {name} is found in its old place.", {"still_found": round(left, 4)}


def _color(
    before: Picture, after: Picture, region: Region, word: str, wanted: tuple[int, int, int], facts: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    box = region.box
    if box is None:
        return "", {}
    x0, y0, x1, y1 = box
    inside = np.ascontiguousarray(after.pixels[y0:y1, x0:x1])
    was = before.pixels[y0:y1, x0:x1]
    mask, name = region.mask[y0:y1, x0:x1] > masks.HARD, "it"
    if "amount" in facts:
        return _nearer(color.dominant_color(was, mask), color.dominant_color(inside, mask), word, wanted)
    if "part" in facts:
        moved = np.abs(inside.astype(np.int16) - was).max(axis=-1) > _MOVED
        name = f"its {facts['part']} ({100 * (moved & mask).sum() / max(1, mask.sum()):.0f} % of it)"
        mask = mask & moved
    got = color.dominant_color(inside, mask)
    share = color.term_share(inside, mask, word)
    distance = float(color.delta_e(color.lab_of(got), color.lab_of(wanted)))
    measured = {"color_share": round(share, 4), "color_after": color.hex_of(got), "color_delta_e": round(distance, 2)}
    verdict = f"{100 * share:.0f} % of {name} now reads as {word} (main colour {color.hex_of(got)})."
    if share < 0.4 and distance > _CLOSE_COLOR:
        verdict += " That is less than it should be; its highlights or shadows may be strong."
    return f"Measured: {verdict}", measured


def _nearer(was: color.RGB, got: color.RGB, word: str, wanted: tuple[int, int, int]) -> tuple[str, dict[str, Any]]:
    """What a shift towards a colour has reached."""
    aim = color.lab_of(wanted)
    far, near = (float(color.delta_e(color.lab_of(c), aim)) for c in (was, got))
    measured = {"color_after": color.hex_of(got), "color_delta_e": round(near, 2)}
    verdict = f"its main colour went from {color.hex_of(was)} to {color.hex_of(got)}"
    way = (
        f", {100 * (1 - near / far):.0f} % of the way to {word}." if near < far else f", which is no nearer to {word}."
    )
    return f"Measured: {verdict}{way}", measured
