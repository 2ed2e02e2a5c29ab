"""What grounder, segmenter and CLIP know about one picture: the `Eyes` of the grounded selector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np

from finetouch.errors import TargetNotFound
from finetouch.imaging import masks
from finetouch.imaging.color import named_color
from finetouch.imaging.masks import Mask
from finetouch.select import attributes, lexicon
from finetouch.select.candidates import Candidate
from finetouch.select.clip import ClipScorer
from finetouch.select.cut import grabcut
from finetouch.select.grounders import FloatBox, Grounder, Spot
from finetouch.select.refine import clean, refine
from finetouch.select.resolve import Things
from finetouch.select.segmenters import Cutout, Encoded, SamSegmenter
from finetouch.select.vocabulary import LEAVES
from finetouch.types import Picture, Pixels, Query

GRID = 192
HOLE, ISLAND = 0.001, 0.01
FITS = 0.3  # a cut-out that shares less with its heat map than this has gone astray
SAME = 0.5
DOUBT = 0.3  # what is left of the score of a thing that the whole phrase does not point at
DOUBT_PLACE = 0.7  # ... when the phrase only names a place, which rules decide better
PLACES = frozenset({"leftmost", "rightmost", "largest", "smallest"})

# What is asked for when something was not found, to be able to say what is there.
COMMON = (
    "person", "dog", "cat", "bird", "horse", "fish", "car", "bus", "bicycle", "boat", "tree", "flower", "house",
    "chair", "table", "sofa", "bed", "cup", "bottle", "lamp", "ball", "hat", "book", "bag", "apple", "window",
)  # fmt: skip
SAID = {
    "left_of": "to the left of the", "right_of": "to the right of the", "on": "on the", "in": "in the",
    "near": "near the", "behind": "behind the", "in_front_of": "in front of the", "under": "under the",
    "with": "with the", "wearing": "wearing", "part_of": "of the",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Piece:
    """One place with everything that is known of its outline."""

    spot: Spot
    cutout: Cutout | None


@dataclass(eq=False)
class Sight:
    """One picture as the models see it; answers are kept.

    Attributes:
        picture: The picture. small: At most 640 px, for colours. grounder, view: Who finds phrases, and its features.
        segmenter, encoded: Who cuts out, and its features; None when the preset has none.
        scorer: Makes the CLIP model at the first use; None when the preset has none.
    """

    picture: Picture
    small: Pixels
    grounder: Grounder
    view: Any
    segmenter: SamSegmenter | None = None
    encoded: Encoded | None = None
    scorer: Callable[[], ClipScorer] | None = None
    asked: dict[tuple[str, bool], list[Spot]] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    known: dict[tuple[str, str], Things] = field(default_factory=dict)

    @property
    def grid(self) -> tuple[int, int]:
        """``(width, height)`` of the candidates' masks."""
        scale = GRID / max(self.picture.size)
        return max(1, round(self.picture.width * scale)), max(1, round(self.picture.height * scale))

    def ask(self, phrase: str, again: bool = False) -> list[Spot]:
        """Places of a phrase, best first."""
        key = phrase, again
        if key not in self.asked:
            self.asked[key] = self.grounder.ask(self.view, [phrase], again)[0]
        return self.asked[key]

    def things(self, query: Query) -> Things:
        """Everything that fits the noun, each as a candidate of its own.

        Raises:
            TargetNotFound: The grounder finds nothing, not even at its lower threshold.
        """
        noun, phrase = singular_noun(query.noun or ""), phrase_of(query)
        if (noun, phrase) not in self.known:
            self.known[noun, phrase] = self._look_for(query, noun, phrase)
        return self.known[noun, phrase]

    def _look_for(self, query: Query, noun: str, phrase: str) -> Things:
        spots, label, notes = self._spots(noun)
        whole = [s for s in self.ask(phrase) if names(s, f"{noun} {label}")] if phrase != noun else []
        if not spots and not whole:
            raise self.not_found(f"I do not find '{query.noun}' in this picture.")
        listed = self.candidates(spots or whole, label)
        if whole:
            listed = self._agreed(listed, whole, label, only_place=not query.attributes and query.relation is None)
        listed = distinct([c for c in listed if (c.mask > masks.HARD).any()])
        if not listed:
            raise self.not_found(f"'{query.noun}' is too small in this picture to be cut out.")
        route = lexicon.lookup(noun)
        kind = "thing"
        if route is not None:
            kind = "person" if route.kind == "person" else "worn" if route.kind in ("garment", "body") else "thing"
            if lexicon.is_scenery(route) and not lexicon.is_plural(query.noun or ""):
                listed = [self._joined(listed)]
        plural = lexicon.is_plural(query.noun or "")
        return Things(query.noun or "", label, tuple(listed), None, plural, kind, False, notes)

    def _spots(self, noun: str) -> tuple[list[Spot], str, tuple[str, ...]]:
        """Places of a noun, tried again under its kin's name and at a lower threshold."""
        kin = kin_of(noun)
        for again in (False, True):
            for word in (noun, *kin):
                found = self.ask(word, again)
                if found:
                    notes = () if word == noun else (f"Looked for '{word}' instead of '{noun}'.",)
                    return found, word, notes
        return [], noun, ()

    def candidates(self, spots: Sequence[Spot], label: str) -> list[Candidate]:
        """Spots with their cut-outs as candidates on the grid."""
        cuts: list[Cutout | None] = [None] * len(spots)
        if self.segmenter is not None and self.encoded is not None and spots:
            cuts = list(self.segmenter.boxes(self.encoded, [s.box for s in spots]))
        out = []
        for spot, cut in zip(spots, cuts, strict=True):
            piece = Piece(spot, self._sane(spot, cut))
            self.pieces.append(piece)
            mask = self._mask(piece, self.grid)
            facts = {"grounder": round(spot.score, 3)}
            if piece.cutout is not None:
                facts["predicted_iou"] = round(piece.cutout.score, 3)
            out.append(Candidate(mask, spot.score, label, None, facts, len(self.pieces) - 1))
        return out

    def _sane(self, spot: Spot, cut: Cutout | None) -> Cutout | None:
        """The cut-out unless it is empty or has little to do with the place it was asked for."""
        if cut is None:
            return None
        mask = cut.at(self.grid)
        if not (mask > masks.HARD).any():
            return None
        if spot.heat is None:
            return cut
        return cut if masks.iou(mask, _heat_mask(spot, self.grid)) >= FITS else None

    def _mask(self, piece: Piece, size: tuple[int, int]) -> Mask:
        if piece.cutout is not None:
            return clean(piece.cutout.at(size), ISLAND, HOLE)
        if piece.spot.heat is not None:
            return _heat_mask(piece.spot, size)
        return _box_mask(self.small, piece.spot.box, self.picture.size, size)

    def full(self, candidate: Candidate) -> Mask:
        """A candidate at the picture's own size."""
        if candidate.origin < 0:
            return masks.resize_mask(candidate.mask, self.picture.size)
        piece = self.pieces[candidate.origin]
        if piece.cutout is not None:
            return self._mask(piece, self.picture.size)
        return refine(self.picture.pixels, self._mask(piece, self.grid), island=ISLAND)

    def _agreed(self, listed: list[Candidate], whole: list[Spot], label: str, *, only_place: bool) -> list[Candidate]:
        """Scores lowered where the whole phrase does not point; its own places are added where they are parts.

        The phrase may also have found its anchor ("the cat on the TABLE"): what the noun did not find stays out.
        """
        pointed = self.candidates(whole, label)
        known = np.maximum.reduce([c.mask for c in listed])
        extra = [
            p for p in pointed
            if covered(p.mask, known) >= SAME and all(masks.iou(p.mask, c.mask) < SAME for c in listed)
        ]  # fmt: skip
        top = max(p.score for p in pointed)
        rest = DOUBT_PLACE if only_place else DOUBT
        field = np.maximum.reduce([(p.mask > masks.HARD) * np.float32(p.score / top) for p in pointed])
        out = []
        for c in (*listed, *extra):
            on = c.mask > masks.HARD
            agree = float(field[on].mean()) if on.any() else 0.0
            out.append(c.times(rest + (1.0 - rest) * agree, "phrase"))
        return out

    def _joined(self, listed: list[Candidate]) -> Candidate:
        """Scenery is one region, however many pieces it has; the pieces' own outlines are kept."""
        if len(listed) == 1:
            return listed[0]
        full = np.maximum.reduce([self.full(c) for c in listed])
        width, height = self.picture.size
        self.pieces.append(Piece(Spot((0.0, 0.0, float(width), float(height)), listed[0].score, "", full), None))
        mask = np.maximum.reduce([c.mask for c in listed])
        return replace(listed[0], mask=mask, origin=len(self.pieces) - 1)

    def painted(self, things: Things, candidate: Candidate) -> Mask:
        """What a colour word is about: the thing as it was cut out."""
        return candidate.mask

    def worn(self, things: Things, listed: list[Candidate], anchor: Query) -> list[Candidate] | None:
        """Persons by the share of the garment's colour on them, when the anchor is only told by its colour."""
        colours, _, _ = attributes.split(anchor.attributes)
        noun = anchor.noun or ""
        if named_color(noun) is not None:
            colours = [*colours, noun]
        route = lexicon.lookup(noun)
        garment = (route is not None and route.kind in ("garment", "body")) or named_color(noun) is not None
        if not colours or not garment:
            return None
        out = []
        for person in listed:
            share = 1.0
            for colour in colours:
                share *= attributes.color_share(self.small, person.mask, colour)
            out.append(person.times(0.02 + share, f"wearing {anchor.describe()}"))
        return out

    def judged(self, things: Things, listed: list[Candidate], word: str) -> list[float] | None:
        """How well each candidate fits a word that no rule knows ("striped"), by CLIP; None without a CLIP model."""
        if self.scorer is None or len(listed) < 2:
            return None
        crops = [crop_of(self.picture.pixels, c.mask) for c in listed]
        shares = self.scorer().shares(crops, f"a photo of a {word} {things.label}", f"a photo of a {things.label}")
        return [float(s) for s in shares / max(float(shares.max()), 1e-6)]

    def seen(self) -> tuple[tuple[str, float], ...]:
        """Which everyday things the grounder sees, the surest first."""
        answers = self.grounder.ask(self.view, list(COMMON))
        best = [(name, round(spots[0].score, 2)) for name, spots in zip(COMMON, answers, strict=True) if spots]
        return tuple(sorted(best, key=lambda p: -p[1])[:10])

    def not_found(self, message: str) -> TargetNotFound:
        """The error that names what the picture does show."""
        listed = self.seen()
        names = ", ".join(f"{name} {score:.0%}" for name, score in listed[:6])
        shows = f"I do see: {names}. " if names else ""
        hint = f"{shows}Name one of these, or mark the place with --point x,y or --box x0,y0,x1,y1 or --mask FILE."
        return TargetNotFound(message, hint, listed)


def singular_noun(noun: str) -> str:
    """The noun as grounders know it best: lower case, no dots, one of its kind."""
    words = " ".join(noun.lower().replace(".", " ").split())
    head, _, last = words.rpartition(" ")
    return f"{head} {lexicon.singular(last)}".strip()


def kin_of(noun: str) -> tuple[str, ...]:
    """Commoner names of the same thing ("sofa" → "couch", "woman" → "person")."""
    route = lexicon.lookup(noun)
    if route is None or not route.leaves:
        return ()
    name = "person" if route.kind == "person" else LEAVES[route.leaves[0]]
    return (name,) if (name != noun and len(route.leaves) <= 3) or (route.kind == "person" and name != noun) else ()


def phrase_of(query: Query) -> str:
    """The whole query as words: "red ball", "leftmost cat", "cup on the table", "person in the red top"."""
    colours, _, rest = attributes.split(query.attributes)
    words = [*rest, *colours, singular_noun(query.noun or "")]
    if query.position in PLACES:
        words.insert(0, query.position or "")
    text = " ".join(words)
    if query.relation is None:
        return text
    anchor = query.relation.anchor.lower().strip()
    if query.relation.type == "wearing":
        colour = named_color(anchor.split()[0]) if anchor else None
        return f"{text} in the {anchor}" if colour is not None else f"{text} wearing {_article(anchor)}"
    return f"{text} {SAID[query.relation.type]} {anchor.removeprefix('the ')}"


def _article(words: str) -> str:
    if words.startswith(("a ", "an ", "the ")):
        return words
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


def names(spot: Spot, noun: str) -> bool:
    """False for a box that answers to other words of its phrase only ("table" of "cat on the table")."""
    words = spot.label.split()
    return spot.heat is not None or not words or bool(set(noun.split()) & set(words))


def covered(a: Mask, b: Mask) -> float:
    """Share of `a` that lies in `b`."""
    on = a > masks.HARD
    return float((b[on] > masks.HARD).mean()) if on.any() else 0.0


def distinct(listed: list[Candidate]) -> list[Candidate]:
    """Candidates without those that are nearly the same as a better one."""
    kept: list[Candidate] = []
    for c in sorted(listed, key=lambda c: -c.score):
        if all(masks.iou(c.mask, k.mask) < 0.8 for k in kept):
            kept.append(c)
    return kept


def crop_of(pixels: Pixels, mask: Mask, margin: float = 0.15) -> Pixels:
    """The picture around a mask (of any size over the whole picture), with a margin."""
    box = masks.box_of(mask, masks.HARD) or (0, 0, mask.shape[1], mask.shape[0])
    height, width = pixels.shape[:2]
    kx, ky = width / mask.shape[1], height / mask.shape[0]
    pad = margin * max((box[2] - box[0]) * kx, (box[3] - box[1]) * ky)
    x0, y0 = max(0, int(box[0] * kx - pad)), max(0, int(box[1] * ky - pad))
    x1, y1 = min(width, int(np.ceil(box[2] * kx + pad))), min(height, int(np.ceil(box[3] * ky + pad)))
    return np.ascontiguousarray(pixels[y0 : max(y0 + 1, y1), x0 : max(x0 + 1, x1)])


def _heat_mask(spot: Spot, size: tuple[int, int]) -> Mask:
    """A spot's heat map at ``(width, height)``, cut at half of its maximum."""
    heat = spot.heat
    assert heat is not None
    full = cv2.resize(heat, size, interpolation=cv2.INTER_LINEAR).reshape(size[1], size[0])
    return (full >= min(0.5, 0.5 * float(heat.max()))).astype(np.float32)


def _box_mask(small: Pixels, box: FloatBox, full: tuple[int, int], size: tuple[int, int]) -> Mask:
    """The thing in a box by GrabCut, for presets without a segmenter."""
    picture = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.uint8).reshape(size[1], size[0], 3)
    kx, ky = size[0] / full[0], size[1] / full[1]
    x0, y0 = int(box[0] * kx), int(box[1] * ky)
    x1, y1 = max(x0 + 1, int(np.ceil(box[2] * kx))), max(y0 + 1, int(np.ceil(box[3] * ky)))
    labels = np.full((size[1], size[0]), cv2.GC_BGD, np.uint8)
    labels[y0:y1, x0:x1] = cv2.GC_PR_FGD
    return grabcut(picture, labels, rounds=4)
