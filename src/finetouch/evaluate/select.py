"""Scores the photo selector on labelled photos, with two baselines in the same table.

finetouch bench select DATASET_DIR [--split validation|all] [--limit N] [--json]
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from finetouch.evaluate.select_data import Bools, Item, Phrase, items
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.select import finder, lexicon, network, presence, scores
from finetouch.select.cut import cut_score
from finetouch.select.finder import Analysis
from finetouch.select.refine import refine
from finetouch.select.separate import assign, separate
from finetouch.types import Picture, Reporter

GROUPS = ("person ccp", "person coco", "clothing", "body", "things", "stuff", "street", "davis", "facade")
METHODS = ("photo", "CAM + GrabCut", "centre prior")


@dataclass
class SelectScore:
    """What was measured.

    Attributes:
        iou: method → group → IoU of every phrase (regions of at least 1 % of the photo, the noun taken as given).
        pointing: group → whether the score's maximum lay in the true region.
        delivered: group → the same IoU with 0 where the selector refused the noun.
        instances: with true seeds, and matched without seeds, one IoU per labelled instance.
        refused: of nouns that are not in the photo; kept: of nouns that are (regions of at least 1 %).
        photos: Number of photos.
    """

    iou: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    pointing: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    delivered: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    instances: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    nouns: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)
    photos: int = 0

    def group(self, method: str, name: str) -> float | None:
        """Mean IoU of a group; "person" is CCP and COCO together; "mean5" the mean of five groups."""
        if name == "mean5":
            parts = [self.group(method, g) for g in ("person", "clothing", "things", "stuff", "davis")]
            known = [p for p in parts if p is not None]
            return float(np.mean(known)) if known else None
        values = self.iou[method]
        listed = values["person ccp"] + values["person coco"] if name == "person" else values[name]
        return float(np.mean(listed)) if listed else None

    def to_json(self) -> dict[str, Any]:
        """Plain data: IoU per method and group, and the other rates."""
        names = ("person", *GROUPS, "mean5")
        mean = {k: _mean(v) for k, v in sorted(self.delivered.items())}
        return {
            "photos": self.photos,
            "iou": {m: {g: _round(self.group(m, g)) for g in names} for m in METHODS if m in self.iou},
            "phrases": {g: len(self.iou["photo"][g]) for g in GROUPS},
            "pointing": {k: _mean(v) for k, v in sorted(self.pointing.items())},
            "iou_with_refusals_as_0": mean,
            "instances": {k: {"iou": _mean(v), "n": len(v)} for k, v in sorted(self.instances.items())},
            "absent_refused": {"rate": _mean(self.refused), "n": len(self.refused)},
            "present_kept": {"rate": _mean(self.kept), "n": len(self.kept)},
            "nouns": {k: {"iou": _mean(v), "n": len(v)} for k, v in sorted(self.nouns.items())},
        }

    def table(self) -> str:
        """The same as text for the terminal."""
        names = ("person", *GROUPS, "mean5")
        lines = [f"{self.photos} photos; IoU per group (phrases with regions of at least 1 % of the photo)", ""]
        lines.append(f"{'':14}" + "".join(f"{n:>12}" for n in names))
        for m in METHODS:
            if m in self.iou:
                lines.append(f"{m:14}" + "".join(f"{_show(self.group(m, n)):>12}" for n in names))
        counts = {g: len(self.iou["photo"][g]) for g in GROUPS}
        counts["person"] = counts["person ccp"] + counts["person coco"]
        lines.append(f"{'phrases':14}" + "".join(f"{counts.get(n, ''):>12}" for n in names))
        lines.append("")
        lines.append("pointing:       " + "  ".join(f"{k} {_show(_mean(v))}" for k, v in sorted(self.pointing.items())))
        for k, v in sorted(self.instances.items()):
            lines.append(f"instances, {k}: {_show(_mean(v))} ({len(v)})")
        lines.append(f"absent nouns refused: {_show(_mean(self.refused))} ({len(self.refused)})")
        lines.append(f"present nouns kept:   {_show(_mean(self.kept))} ({len(self.kept)})")
        return "\n".join(lines)


def _mean(values: list[float]) -> float | None:
    return _round(float(np.mean(values))) if values else None


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _show(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def score_dir(
    dataset_dir: str | Path, split: str = "validation", limit: int | None = None, report: Reporter | None = None,
    baselines: bool = True,
) -> SelectScore:  # fmt: skip
    """Scores the bundled selector on a folder with meta.jsonl and masks.

    Args:
        dataset_dir: Folder in the layout of the labelled photo sets (``file``, ``mask``, ``instances`` per row).
        split: "validation" (photos that were not trained on) or "all".
        limit: Only this many photos, evenly spread.
        report: For progress and cancelling.
        baselines: Also score ImageNet class activation with GrabCut, and a centred ellipse.

    Raises:
        InputError: The folder has no meta.jsonl or a photo cannot be read.
    """
    out = SelectScore()
    for item in items(Path(dataset_dir), split, limit):
        if report is not None:
            report.update("bench", out.photos, message=item.file)
        score_item(item, out, baselines)
        out.photos += 1
    return out


def score_item(item: Item, out: SelectScore, baselines: bool) -> None:
    """Scores one photo."""
    picture = Picture(item.pixels)
    analysis = Analysis(network.run(item.pixels))
    for phrase in item.phrases:
        made = forced(picture, analysis, phrase)
        value = iou(made, phrase.truth)
        out.iou["photo"][phrase.group].append(value)
        out.nouns[phrase.noun].append(value)
        here = kept(analysis, phrase.noun)
        out.kept.append(float(here))
        out.delivered[phrase.group].append(value if here else 0.0)
        out.pointing[phrase.group].append(float(points_at(analysis, phrase)))
        if baselines:
            out.iou["CAM + GrabCut"][phrase.group].append(iou(cam_mask(analysis, phrase), phrase.truth))
            out.iou["centre prior"][phrase.group].append(iou(ellipse(phrase.truth.shape), phrase.truth))
        if 2 <= len(phrase.instances) <= 8:
            _score_instances(analysis, phrase, made, out)
    for noun in item.absent:
        if lexicon.lookup(noun) is not None:
            out.refused.append(float(not kept(analysis, noun)))


def iou(made: Mask, truth: Bools) -> float:
    """Intersection over union at one half."""
    on = masks.resize_mask(made, (truth.shape[1], truth.shape[0])) > masks.HARD
    union = int((on | truth).sum())
    return float((on & truth).sum() / union) if union else 1.0


def forced(picture: Picture, analysis: Analysis, phrase: Phrase) -> Mask:
    """The mask of the noun as if its presence were certain."""
    total = np.zeros(picture.pixels.shape[:2], np.float32)
    for noun in (phrase.noun, *phrase.extra):
        route = lexicon.lookup(noun)
        if route is not None:
            found = finder.score_of(analysis, route)
            total = np.maximum(total, refine(picture.pixels, finder.mask_of(analysis, found)))
    return total


def kept(analysis: Analysis, noun: str) -> bool:
    """True when the selector believes that the noun is there."""
    route = lexicon.lookup(noun)
    if route is None:
        return False
    found = finder.score_of(analysis, route)
    return presence.presence(found) >= presence.least(found)


def points_at(analysis: Analysis, phrase: Phrase) -> bool:
    """True when the blurred score map's maximum lies in the true region."""
    route = lexicon.lookup(phrase.noun)
    if route is None:
        return False
    values = scores.blur(finder.score_of(analysis, route).values)
    y, x = np.unravel_index(int(np.argmax(values)), values.shape)
    h, w = phrase.truth.shape
    return bool(phrase.truth[min(h - 1, int((y + 0.5) * h / values.shape[0])),
                             min(w - 1, int((x + 0.5) * w / values.shape[1]))])  # fmt: skip


def cam_mask(analysis: Analysis, phrase: Phrase) -> Mask:
    """Baseline: ImageNet class activation above 0.3 of its maximum, cut with GrabCut."""
    route = lexicon.lookup(phrase.noun)
    evidence = analysis.evidence
    if route is None or not route.classes:
        return np.zeros(evidence.grid, np.float32)
    cam = evidence.cam[list(route.classes)].sum(0)
    up = network.enlarge(np.asarray(cam / max(float(cam.max()), 1e-6), dtype=np.float32), evidence.grid)
    small = cv2.resize(evidence.small, evidence.grid[::-1], interpolation=cv2.INTER_AREA)
    return cut_score(np.asarray(small, dtype=np.uint8), up, 0.3)


def ellipse(shape: tuple[int, ...]) -> Mask:
    """Baseline: an ellipse of half the width and three quarters of the height in the middle."""
    h, w = shape[:2]
    out = np.zeros((h, w), np.float32)
    cv2.ellipse(out, (w // 2, h // 2), (max(1, w // 4), max(1, h * 3 // 8)), 0, 0, 360, 1.0, -1)
    return out


def _score_instances(analysis: Analysis, phrase: Phrase, made: Mask, out: SelectScore) -> None:
    """IoU of every instance: split at the true centres, and split by the selector alone (best match)."""
    h, w = analysis.evidence.grid
    grid = (masks.resize_mask(made, (w, h)) > masks.HARD).astype(np.float32)
    seeds = []
    for truth in phrase.instances:
        ys, xs = np.nonzero(truth)
        seeds.append((float(xs.mean()) * w / truth.shape[1], float(ys.mean()) * h / truth.shape[0]))
    owner = assign(analysis.evidence, grid, seeds)
    parts = separate(analysis.evidence, grid)
    free = list(parts)
    kinds = ("", " persons") if phrase.noun == "person" else ("",)
    for k, truth in enumerate(phrase.instances):
        with_seed = iou((owner == k).astype(np.float32), truth)
        values = [iou(p, truth) for p in free]
        best = int(np.argmax(values)) if values else -1
        alone = values[best] if values else 0.0
        if values and alone > 0.3:
            free.pop(best)
        for kind in kinds:
            out.instances[f"true seeds{kind}"].append(with_seed)
            out.instances[f"no seeds{kind}"].append(alone)
