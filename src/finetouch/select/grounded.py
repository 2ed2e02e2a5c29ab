"""The selector of the big presets: a grounder finds the words, a segmenter cuts out, the shared rules decide."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from finetouch import registry
from finetouch.contracts import Selection
from finetouch.errors import TargetNotFound, UsageError
from finetouch.imaging import masks
from finetouch.imaging.crop import shrunk
from finetouch.imaging.masks import Mask
from finetouch.select.candidates import Candidate
from finetouch.select.clip import ClipScorer
from finetouch.select.grounders import make_grounder
from finetouch.select.hand import obey, select_by_hand
from finetouch.select.marks import check_marks
from finetouch.select.phrases import PhraseSelector
from finetouch.select.refine import clean
from finetouch.select.resolve import Found
from finetouch.select.segmenters import SamSegmenter
from finetouch.select.sight import COMMON, HOLE, ISLAND, Sight
from finetouch.select.tensors import Look, array, batch, planes
from finetouch.types import Picture, Query, Region, Reporter

SMALL = 640
# Names that semantic models use for what is no thing in a scene.
SCENERY = frozenset({
    "wall", "building", "sky", "floor", "tree", "ceiling", "road", "grass", "sidewalk", "pavement", "earth", "ground",
    "mountain", "plant", "water", "sea", "field", "river", "lake", "sand", "snow", "hill", "land", "path", "runway",
    "dirt", "rock", "fence", "background", "meadow", "shore", "street", "room", "studio", "place", "beach", "horizon",
})  # fmt: skip
LEAST_THING = 0.004


@registry.selector("grounded", presets=("lab", "sd15", "sdxl", "flux", "qwen"), roles=("grounder",),
                   uses=("segmenter",), extra="diffusion", packages=("torch", "transformers"))  # fmt: skip
class GroundedSelector(PhraseSelector):
    """Finds anything that has a name: Grounding DINO or CLIPSeg for the words, SAM or SAM 2 for the outline."""

    source = "grounded"

    def analyse(self, picture: Picture, report: Reporter) -> Sight:
        """The picture's features of grounder and segmenter; each further phrase or click is cheap."""
        models = self._models()
        found = models.get("grounder", report)
        report.update("select", message="looking at the picture")
        grounder = make_grounder(found["model"], found.parts)
        view = grounder.look(picture.pixels)
        segmenter = encoded = None
        if models.has("segmenter"):
            loaded = models.get("segmenter", report)
            report.check()
            segmenter = SamSegmenter(loaded["model"], loaded.parts, loaded.facts)
            encoded = segmenter.encode(picture.pixels)
        return Sight(
            picture, _small(picture), grounder, view, segmenter, encoded, self._scorer if models.ready("clip") else None
        )

    def _models(self) -> Any:
        if self.models is None:
            raise UsageError(
                "The selector 'grounded' works with the models of a preset.", "Choose one with --preset, e.g. lab."
            )
        return self.models

    def _scorer(self) -> ClipScorer:
        loaded = self._models().get("clip")
        return ClipScorer(loaded["model"], loaded.parts)

    def by_hand(self, picture: Picture, analysis: Sight, query: Query, report: Reporter) -> Selection:
        """What points and a box mark, cut out by the segmenter (by the bundled network when the preset has none)."""
        if analysis.segmenter is None or analysis.encoded is None:
            from finetouch.select import network
            from finetouch.select.finder import Analysis

            return select_by_hand(picture, Analysis(network.run(picture.pixels)), query, report)
        box = check_marks(query, picture)
        cut = analysis.segmenter.marks(analysis.encoded, query.points, box)
        report.check()
        full = obey(clean(cut.at(picture.size), ISLAND, HOLE), picture, query.points, box)
        if not (full > masks.HARD).any():
            raise TargetNotFound(
                "Nothing could be cut out at the marked place.", "Draw a box around the thing instead."
            )
        source = "box" if box is not None else "points"
        score = float(np.clip(cut.score, 0.0, 1.0))
        region = Region(full, query.noun or "marked place", score, source, {"predicted_iou": round(cut.score, 3)})
        return Selection(region, (region,))

    def subject(self, picture: Picture, analysis: Sight, report: Reporter) -> Region:
        """All things that are no scenery: by the semantic model when there is one, else by everyday names."""
        mask, label, score = self._semantic(picture, report) if self._models().ready("semantic") else _named(analysis)
        report.check()
        full = clean(masks.resize_mask(mask, picture.size), ISLAND, HOLE)
        if (full > masks.HARD).mean() < LEAST_THING:
            text = "No thing stands out in this picture, so there is no clear subject or background."
            raise analysis.not_found(text)
        return Region(full, label, score, self.source)

    def _semantic(self, picture: Picture, report: Reporter) -> tuple[Mask, str, float]:
        import torch

        loaded = self._models().get("semantic", report)
        model = loaded["model"]
        look = Look.of(loaded.parts, Look(512, 512)).square()
        with torch.inference_mode():
            logits = array(model(pixel_values=batch(planes(picture.pixels, look), model)).logits[0])
        p = np.exp(logits - logits.max(axis=0))
        p /= p.sum(axis=0)
        names = {int(i): str(n).lower() for i, n in model.config.id2label.items()}
        scenery = frozenset(loaded.facts.get("scenery", SCENERY))
        things = [i for i, n in names.items() if i < len(p) and not scenery & set(n.replace(",", " ").split())]
        if not things:
            return np.zeros(p.shape[1:], np.float32), "", 0.0
        share = p[things].sum(axis=0)
        width, height = picture.size
        full = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width)
        on = share > masks.HARD
        if not on.any():
            return np.zeros_like(share), "", 0.0
        label = names[things[int(np.argmax(p[things][:, on].mean(axis=1)))]]
        return (full > masks.HARD).astype(np.float32), label, float(share[on].mean())

    def cut(
        self, picture: Picture, analysis: Sight, found: Found, chosen: list[Candidate], report: Reporter, *, fine: bool
    ) -> Region:
        """The chosen candidates at full size."""
        parts = []
        for c in chosen:
            report.check()
            parts.append(analysis.full(c))
        mask = parts[0] if len(parts) == 1 else np.maximum.reduce(parts)
        best = max(chosen, key=lambda c: c.score)
        score = float(np.clip(best.facts.get("grounder", best.score), 0.0, 1.0))
        return Region(mask, found.things.label, score, self.source, dict(chosen[0].facts))


def _named(sight: Sight) -> tuple[Mask, str, float]:
    """Everything that has an everyday name, on the grid."""
    answers = sight.grounder.ask(sight.view, list(COMMON))
    spots = [(name, s) for name, found in zip(COMMON, answers, strict=True) for s in found]
    if not spots:
        return np.zeros(sight.grid[::-1], np.float32), "", 0.0
    listed = sight.candidates([s for _, s in spots], "subject")
    largest = max(range(len(listed)), key=lambda i: listed[i].area * listed[i].score)
    return np.maximum.reduce([c.mask for c in listed]), spots[largest][0], spots[largest][1].score


def _small(picture: Picture) -> Any:
    return shrunk(picture.pixels, SMALL)
