"""The selector without a detector: Segformer proposes regions, CLIP picks the one that fits the words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from finetouch import registry
from finetouch.contracts import Selection
from finetouch.errors import TargetNotFound, UsageError
from finetouch.imaging import masks
from finetouch.imaging.color import named_color
from finetouch.imaging.masks import Mask
from finetouch.select import attributes, lexicon
from finetouch.select.candidates import Candidate
from finetouch.select.clip import ClipScorer
from finetouch.select.grounded import SCENERY
from finetouch.select.hand import obey, select_by_hand
from finetouch.select.likeness import Likeness, Scorer, margin
from finetouch.select.marks import check_marks
from finetouch.select.phrases import PhraseSelector
from finetouch.select.proposals import Namer, Proposal, closer, grid_of, propose
from finetouch.select.refine import clean
from finetouch.select.resolve import Found, Things
from finetouch.select.segmenters import Encoded, SamSegmenter
from finetouch.select.sight import crop_of, phrase_of, singular_noun
from finetouch.types import Picture, Pixels, Query, Region, Reporter

CLOSE = 0.02  # chances nearer than this are equal: several regions are returned
LIKE = 0.12  # the rest of the winner's class counts as "such things" from this share of its chance
SURE = 0.06  # what a phrase must reach against all other names in its best region
OTHERWISE = 0.15  # what a region of another class counts, when Segformer calls some region what the phrase does
SHARP = 0.7  # overlap from which a segmenter's outline is taken for the same thing
ISLAND, HOLE = 0.01, 0.001


@dataclass(eq=False)
class Proposals:
    """One picture as Segformer and CLIP see it: the `Eyes` of this selector; answers are kept.

    Attributes:
        picture: The picture. small: At most 640 px, for colours. regions: What could be meant, largest first.
        names: Class names by number. scenery: Numbers of classes that are no things.
        likeness: How well the regions fit phrases.
        outline: A region's mask at the picture's size. scorer: Compares crops with words.
    """

    picture: Picture
    small: Pixels
    regions: list[Proposal]
    names: dict[int, str]
    scenery: frozenset[int]
    likeness: Likeness
    outline: Callable[[Proposal], Mask]
    scorer: Scorer
    known: dict[str, Things] = field(default_factory=dict)
    _joined: dict[int, list[int]] = field(default_factory=dict, init=False)

    def things(self, query: Query) -> Things:
        """The region that CLIP picks, with the others of its class that fit nearly as well.

        Raises:
            TargetNotFound: No region looks like the phrase rather than like something else.
        """
        phrase = said(query)
        key = f"{phrase}/{query.position}/{query.count}/{query.relation}"
        if key not in self.known:
            self.known[key] = self._choose(query, phrase)
        return self.known[key]

    def _choose(self, query: Query, phrase: str) -> Things:
        noun = query.noun or ""
        head = singular_noun(noun)
        spared = [n for n in self.names.values() if head in words_of(n)]
        called = np.array([self.names.get(r.label) in spared for r in self.regions[: len(self.likeness)]], bool)
        chances = self.likeness.chances(phrase, np.where(called, 1.0, OTHERWISE) if called.any() else None)
        if not len(chances):
            raise self.not_found("This picture falls into no regions that could be meant.")
        if not called.any() and float(self.likeness.named(phrase, spared).max()) < SURE:
            raise self.not_found(f"Nothing in this picture looks like '{phrase}'.")
        best, lead = int(np.argmax(chances)), margin(chances)
        facts = {"chance": round(float(chances[best]), 3), "margin": round(lead, 4)}
        plural = lexicon.is_plural(noun)
        equal = [i for i in range(len(chances)) if chances[best] - chances[i] < CLOSE]
        route = lexicon.lookup(head)
        kind = "person" if route is not None and route.kind == "person" else "thing"
        if len(equal) > 1 and _open(query) and not plural:
            mask = np.maximum.reduce([self.regions[i].mask for i in equal])
            one = Candidate(mask, float(chances[best]), phrase, None, facts, self._join(equal))
            note = f"{len(equal)} regions fit '{phrase}' equally well (margin {lead:.3f}); all of them were taken."
            return Things(noun, phrase, (one,), None, plural, kind, False, (note,))
        listed = []
        for i, region in enumerate(self.regions):
            like = region.label == self.regions[best].label and chances[i] >= LIKE * chances[best]
            if i == best or like or i in equal:
                own = {**facts, "chance": round(float(chances[i]), 3)}
                score = float(chances[i] / chances[best])
                listed.append(Candidate(region.mask, score, phrase, None, own, i))
        if _open(query) and not plural:  # CLIP has picked; prominence must not
            listed = [c for c in listed if c.origin == best]
        return Things(noun, phrase, tuple(_apart(sorted(listed, key=lambda c: -c.score))), None, plural, kind)

    def _join(self, parts: list[int]) -> int:
        """The number of a region made of several."""
        mask = np.maximum.reduce([self.regions[i].mask for i in parts])
        self.regions.append(Proposal(mask, -1, float(mask.mean())))
        self._joined[len(self.regions) - 1] = parts
        return len(self.regions) - 1

    def full(self, candidate: Candidate) -> Mask:
        """A candidate at the picture's own size."""
        parts = self._joined.get(candidate.origin, [candidate.origin])
        return np.maximum.reduce([self.outline(self.regions[i]) for i in parts])

    def painted(self, things: Things, candidate: Candidate) -> Mask:
        """What a colour word is about: the region itself."""
        return candidate.mask

    def worn(self, things: Things, listed: list[Candidate], anchor: Query) -> list[Candidate] | None:
        """Persons by the share of the garment's colour on them, when the anchor is only told by its colour."""
        colours, _, _ = attributes.split(anchor.attributes)
        noun = anchor.noun or ""
        colours += [noun] if named_color(noun) is not None else []
        route = lexicon.lookup(noun)
        if not colours or not (named_color(noun) or (route is not None and route.kind in ("garment", "body"))):
            return None
        out = []
        for person in listed:
            shares = [attributes.color_share(self.small, person.mask, colour) for colour in colours]
            out.append(person.times(0.02 + float(np.prod(shares)), f"wearing {anchor.describe()}"))
        return out

    def judged(self, things: Things, listed: list[Candidate], word: str) -> list[float] | None:
        """How well each candidate fits a word that no rule knows, by CLIP."""
        if len(listed) < 2 or not isinstance(self.scorer, ClipScorer):
            return None
        crops = [crop_of(self.picture.pixels, c.mask) for c in listed]
        shares = self.scorer.shares(crops, f"a photo of a {word} {things.noun}", f"a photo of a {things.noun}")
        return [float(s) for s in shares / max(float(shares.max()), 1e-6)]

    def seen(self) -> tuple[tuple[str, float], ...]:
        """Names of the classes in the picture with the share of it they take, the largest first."""
        total: dict[str, float] = {}
        for region in self.regions:
            if region.label in self.names:
                name = self.names[region.label].split(",")[0]
                total[name] = total.get(name, 0.0) + region.share
        return tuple(sorted(((n, round(s, 3)) for n, s in total.items()), key=lambda p: -p[1])[:10])

    def not_found(self, message: str) -> TargetNotFound:
        """The error that names what the picture does show."""
        listed = self.seen()
        shows = f"I do see: {', '.join(n for n, _ in listed[:6])}. " if listed else ""
        hint = f"{shows}Name one of these, or mark the place with --point x,y or --box x0,y0,x1,y1 or --mask FILE."
        return TargetNotFound(message, hint, listed)


@registry.selector("segformer-clip", presets=("lab", "sd15", "sdxl"), roles=("semantic", "clip"), uses=("segmenter",),
                   extra="diffusion", packages=("torch", "transformers"))  # fmt: skip
class SegformerClipSelector(PhraseSelector):
    """Finds what words mean without a detector: Segformer proposes regions, CLIP picks one, rules order them."""

    source = "segformer-clip"

    def analyse(self, picture: Picture, report: Reporter) -> Proposals:
        """All regions of the picture, with CLIP's view of them; each phrase after that is cheap."""
        models = self._models()
        seen, clip = models.get("semantic", report), models.get("clip", report)
        report.update("select", message="naming every pixel")
        namer = Namer(seen["model"], seen.parts)
        grid = grid_of(*picture.size)
        scenery = frozenset(seen.facts.get("scenery", SCENERY))
        nothing = frozenset(i for i, n in namer.names.items() if scenery & set(words_of(n)))
        regions = propose(namer.shares(picture.pixels, grid).argmax(axis=0), scenery=nothing)
        report.check()
        scorer = ClipScorer(clip["model"], clip.parts)
        names = [n for i, n in namer.names.items() if n != "background"]
        likeness = Likeness(scorer, picture.pixels, [r.mask for r in regions], names)
        outline = self._outliner(picture, namer, report)
        return Proposals(
            picture, _small(picture), regions, namer.names, nothing, likeness, outline, scorer
        )  # fmt: skip

    def _outliner(self, picture: Picture, namer: Namer, report: Reporter) -> Callable[[Proposal], Mask]:
        """A region's outline by a second look, sharpened by the segmenter where both mean the same."""
        kept: dict[int, Mask] = {}
        sharp: list[tuple[SamSegmenter, Encoded]] = []
        if self._models().ready("segmenter"):
            loaded = self._models().get("segmenter", report)
            segmenter = SamSegmenter(loaded["model"], loaded.parts, loaded.facts)
            sharp.append((segmenter, segmenter.encode(picture.pixels)))

        def outline(region: Proposal) -> Mask:
            if id(region) not in kept:
                mask = closer(namer, picture.pixels, region)
                kept[id(region)] = _sharpened(mask, picture, *sharp[0]) if sharp else mask
            return kept[id(region)]

        return outline

    def _models(self) -> Any:
        if self.models is None:
            raise UsageError(
                "The selector 'segformer-clip' works with the models of a preset.",
                "Choose one with --preset, e.g. lab.",
            )
        return self.models

    def by_hand(self, picture: Picture, analysis: Proposals, query: Query, report: Reporter) -> Selection:
        """The region under a point or the one that fills a box best; without one, what the bundled network cuts out."""
        box = check_marks(query, picture)
        found = _marked(analysis, query, box)
        if found is None:
            from finetouch.select import network
            from finetouch.select.finder import Analysis

            return select_by_hand(picture, Analysis(network.run(picture.pixels)), query, report)
        full = obey(clean(analysis.outline(found), ISLAND, HOLE), picture, query.points, box)
        name = analysis.names.get(found.label, "marked place")
        region = Region(full, query.noun or name, 1.0, "box" if box is not None else "points")
        return Selection(region, (region,))

    def subject(self, picture: Picture, analysis: Proposals, report: Reporter) -> Region:
        """All regions whose class is a thing."""
        things = [r for r in analysis.regions if r.label >= 0 and r.label not in analysis.scenery]
        if not things:
            raise analysis.not_found("No thing stands out in this picture, so there is no clear subject or background.")
        masks_ = []
        for region in things:
            report.check()
            masks_.append(analysis.outline(region))
        return Region(np.maximum.reduce(masks_), analysis.names.get(things[0].label, "things"), 1.0, self.source)

    def cut(
        self, picture: Picture, analysis: Proposals, found: Found, chosen: list[Candidate], report: Reporter, *,
        fine: bool,
    ) -> Region:  # fmt: skip
        """The chosen candidates at full size."""
        parts = []
        for c in chosen:
            report.check()
            parts.append(analysis.full(c))
        best = max(chosen, key=lambda c: c.score)
        score = float(np.clip(best.facts.get("chance", best.score), 0.0, 1.0))
        return Region(np.maximum.reduce(parts), found.things.label, score, self.source, dict(best.facts))


def said(query: Query) -> str:
    """The words CLIP is asked about: noun and attributes, and what a person wears; rules see to the rest."""
    relation = query.relation if query.relation is not None and query.relation.type == "wearing" else None
    return phrase_of(query.model_copy(update={"relation": relation, "position": None}))


def words_of(name: str) -> tuple[str, ...]:
    """The single words of a class name ("sofa, couch" has two)."""
    return tuple(name.replace(",", " ").replace(";", " ").split())


def _apart(listed: list[Candidate]) -> list[Candidate]:
    """Candidates without those that mostly are, or hold, a better one."""
    kept: list[Candidate] = []
    for c in listed:
        shared = [float(np.minimum(c.mask, k.mask).sum()) / min(c.mask.sum(), k.mask.sum()) for k in kept]
        if all(s < 0.5 for s in shared):
            kept.append(c)
    return kept


def _open(query: Query) -> bool:
    """Nothing but the words tells the things apart: no position, no relation, no number."""
    counted = query.count not in (None, "one")
    return query.position is None and query.relation is None and not counted


def _marked(analysis: Proposals, query: Query, box: Any) -> Proposal | None:
    """The proposal that marks point at; None when none does."""
    size = analysis.picture.size
    best, most = None, 0.5
    for region in analysis.regions:
        height, width = region.mask.shape
        kx, ky = width / size[0], height / size[1]
        if box is not None:
            area = np.zeros_like(region.mask)
            area[int(box[1] * ky) : int(np.ceil(box[3] * ky)), int(box[0] * kx) : int(np.ceil(box[2] * kx))] = 1.0
            fit = masks.iou(area, region.mask)
        else:
            hits = [
                bool(region.mask[min(height - 1, int(p.y * ky)), min(width - 1, int(p.x * kx))]) == p.positive
                for p in query.points
            ]
            fit = 1.0 - region.share if hits and all(hits) else 0.0
        if fit > most:
            best, most = region, fit
    return best


def _sharpened(mask: Mask, picture: Picture, segmenter: SamSegmenter, encoded: Encoded) -> Mask:
    box = masks.box_of(mask, masks.HARD)
    if box is None:
        return mask
    x0, y0, x1, y1 = (float(v) for v in box)
    cut = next(iter(segmenter.boxes(encoded, [(x0, y0, x1, y1)])))
    sharp = clean(cut.at(picture.size), ISLAND, HOLE)
    return sharp if masks.iou(sharp, mask) >= SHARP else mask


def _small(picture: Picture, most: int = 640) -> Pixels:
    size = grid_of(*picture.size, most)
    if size == picture.size:
        return picture.pixels
    return np.asarray(cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA), np.uint8).reshape(*size[::-1], 3)
