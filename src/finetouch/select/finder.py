"""Query → candidates on the network's grid: noun, attributes, relation and position, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.errors import TargetNotFound
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.select import attributes, lexicon, resolve
from finetouch.select.candidates import Candidate
from finetouch.select.cut import cut_score
from finetouch.select.lexicon import Route
from finetouch.select.network import Evidence
from finetouch.select.presence import least, presence
from finetouch.select.resolve import Found, Things
from finetouch.select.scores import ScoreMap, blur, score_map, seen
from finetouch.select.separate import assign, centres, separate
from finetouch.select.vocabulary import INDEX
from finetouch.types import Pixels, Query

PLAIN = 2.0  # a picture whose grey levels spread less shows nothing
LARGE = 0.12  # of the picture's side: a person's piece of this size would show a face or hair
HAIRY = 0.02  # from this share of hair in a piece heads are told by hair, otherwise by skin as well
COLLAR = 0.1  # of the picture's side: how far below its head a body may begin, if what is between was missed
KEEP_PART = 0.6  # components whose best score is below this share of the best one are dropped
ON_A_PERSON = ("garment", "body", "carried")


@dataclass(eq=False)
class Analysis:
    """Everything known about one picture: the network's evidence, and what was worked out for earlier queries."""

    evidence: Evidence
    scores: dict[tuple[str, str], ScoreMap] = field(default_factory=dict)
    cuts: dict[tuple[str, str], Mask] = field(default_factory=dict)
    people: list[Mask] | None = None

    @property
    def small(self) -> Pixels:
        """The picture as the network saw it."""
        return self.evidence.small

    def things(self, query: Query) -> Things:
        """Everything that fits the noun; raises `TargetNotFound`."""
        return things_of(self, query)

    def painted(self, things: Things, candidate: Candidate) -> Mask:
        """A person's clothes, otherwise the thing itself."""
        return attributes.clothes_of(self.evidence, candidate) if things.kind == "person" else candidate.mask

    def worn(self, things: Things, listed: list[Candidate], anchor: Query) -> list[Candidate] | None:
        """Persons scored by how likely they wear the anchor; None when it is no garment."""
        return attributes.wearing(self.evidence, listed, anchor)

    def judged(self, things: Things, listed: list[Candidate], word: str) -> list[float] | None:
        """None: the network cannot judge words that are no colours or sizes."""
        return None

    def not_found(self, message: str) -> TargetNotFound:
        """The error that names what the picture does show."""
        return not_found(self, message)


def find(analysis: Analysis, query: Query, depth: int = 0) -> Found:
    """Candidates of a query, best first; see `finetouch.select.resolve.find`."""
    return resolve.find(analysis, query, depth)


def things_of(analysis: Analysis, query: Query) -> Things:
    """Everything that fits the noun of a query, with scores.

    Raises:
        TargetNotFound: No route to the noun, or it is not in the picture.
    """
    route = _route(analysis, query)
    found = score_of(analysis, route)
    sure = presence(found) if float(analysis.evidence.small.std()) >= PLAIN else 0.0
    kin: list[str] = []
    if sure < least(found) and (wider := _kin_garment(analysis, route)) is not None:
        route, found, sure = wider
        kin.append(f"No certain '{query.noun}'; took the garment that looks most like one.")
    mask = mask_of(analysis, found) if sure >= least(found) else None
    if mask is None or not (mask > masks.HARD).any():
        raise not_found(analysis, f"I do not find '{query.noun}' in this picture (confidence {sure:.0%}).")
    kind = "person" if route.kind == "person" else "worn" if route.kind in ON_A_PERSON else "thing"
    listed = _things(analysis, route, found, mask, sure)
    return Things(
        query.noun or "", route.label, tuple(listed), mask, route.plural, kind, kind != "person", tuple(kin)
    )  # fmt: skip


def _route(analysis: Analysis, query: Query) -> Route:
    route = lexicon.lookup(query.noun or "")
    if route is None:
        raise not_found(analysis, f"The built-in selector does not know what '{query.noun}' looks like.")
    return route


def not_found(analysis: Analysis, message: str) -> TargetNotFound:
    """The error that names what the picture does show."""
    listed = seen(analysis.evidence)
    names = ", ".join(f"{name} {score:.0%}" for name, score in listed[:6])
    shows = f"It does see: {names}. " if names else ""
    hint = f"{shows}Name one of these, or mark the place with --point x,y or --box x0,y0,x1,y1 or --mask FILE."
    return TargetNotFound(message, hint, listed)


def score_of(analysis: Analysis, route: Route) -> ScoreMap:
    """The noun's score map, kept for the next query."""
    key = route.label, route.kind
    if key not in analysis.scores:
        analysis.scores[key] = score_map(analysis.evidence, route)
    return analysis.scores[key]


def mask_of(analysis: Analysis, found: ScoreMap) -> Mask:
    """The noun's mask on the network's grid after GrabCut, stray parts dropped.

    Skin and hair are taken as the network sees them: on the validation photos GrabCut lost more of them than it gained.
    """
    key = found.route.label, found.route.kind
    if key not in analysis.cuts:
        small = analysis.evidence.small
        size = small.shape[1] // 2, small.shape[0] // 2
        score = np.asarray(cv2.resize(found.values, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
        if found.route.kind == "body":
            mask = (score >= found.threshold).astype(np.float32)
        else:
            half = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
            mask = cut_score(half, score, found.threshold)
        analysis.cuts[key] = keep_parts(mask, score)
    return analysis.cuts[key]


def keep_parts(mask: Mask, score: Mask) -> Mask:
    """Drops components that never come near the best score, and crumbs."""
    hard = (mask > masks.HARD).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(hard, connectivity=8)
    if count <= 2:
        return mask
    smooth = blur(score)
    best = float(smooth[hard > 0].max())
    largest = int(stats[1:, cv2.CC_STAT_AREA].max())
    out = mask.copy()
    for i in range(1, count):
        inside = labels == i
        if smooth[inside].max() < KEEP_PART * best or stats[i, cv2.CC_STAT_AREA] < 0.01 * largest:
            out[inside] = 0.0
    return out


def to_grid(analysis: Analysis, mask: Mask) -> Mask:
    """A mask on the grid of the leaf maps, 0 or 1."""
    h, w = analysis.evidence.grid
    return (masks.resize_mask(mask, (w, h)) > masks.HARD).astype(np.float32)


def people(analysis: Analysis) -> list[Mask]:
    """The single persons of the picture on the leaf grid."""
    if analysis.people is None:
        route = lexicon.lookup("person")
        assert route is not None
        found = score_of(analysis, route)
        there = presence(found) >= 0.5 * least(found)
        analysis.people = bodies(analysis, to_grid(analysis, mask_of(analysis, found))) if there else []
    return analysis.people


def _kin_garment(analysis: Analysis, route: Route) -> tuple[Route, ScoreMap, float] | None:
    """A garment under the name of its kin (a jacket that was taken for a cape), when one is clearly worn."""
    if route.kind != "garment" or not route.siblings or not people(analysis):
        return None
    group = tuple(sorted({*route.leaves, *route.siblings}))
    wider = replace(route, label=f"{route.label} or alike", leaves=group, siblings=())
    found = score_of(analysis, wider)
    sure = presence(found)
    return (wider, found, sure) if found.features["peak"] >= 0.6 and sure >= least(found) else None


def _share(where: NDArray[np.bool_], part: Mask) -> float:
    """Share of a piece that lies where something is."""
    return float((where * part).sum()) / max(1.0, float(part.sum()))


def bodies(analysis: Analysis, grid: Mask) -> list[Mask]:
    """The single persons of a mask: a large piece without a head belongs to the body it touches most."""
    parts = separate(analysis.evidence, grid)
    hair = analysis.evidence.leaf[INDEX["hair"]]
    bare = analysis.evidence.leaf[INDEX["skin"]] + hair > 0.4
    least = (LARGE * max(grid.shape)) ** 2
    shares, few = [_share(hair > 0.4, p) for p in parts], 0.01
    if max(shares, default=0.0) < HAIRY:
        shares, few = [_share(bare, p) for p in parts], 0.04
    enough = max(few, 0.2 * max(shares, default=0.0))
    headed = [p for p, s in zip(parts, shares, strict=True) if p.sum() < least or s >= enough]
    if not headed or len(headed) == len(parts):
        return parts
    out = [p.copy() for p in headed]
    for part in parts:
        if any(part is p for p in headed):
            continue
        for reach in (2, round(COLLAR * max(grid.shape))):
            rim = masks.grow(part, reach)
            contact = [float((rim * p).sum()) for p in out]
            best = int(np.argmax(contact))
            if contact[best] > 0:
                break
        head = np.nonzero((bare * out[best]).any(axis=1))[0]
        hangs = head.size > 0 and np.nonzero(part.any(axis=1))[0][0] >= head[0]  # a body hangs below its head
        if contact[best] > 0 and hangs:
            out[best] = np.maximum(out[best], part)
        else:
            out.append(part)
    return sorted(out, key=lambda p: -float(p.sum()))


def _things(analysis: Analysis, route: Route, found: ScoreMap, mask: Mask, sure: float) -> list[Candidate]:
    """Single things of a noun's mask, each scored by its mean probability against the best one."""
    grid = to_grid(analysis, mask)
    if not (grid > masks.HARD).any():
        grid = masks.resize_mask(mask, analysis.evidence.grid[::-1])
        grid = (grid >= grid.max()).astype(np.float32)
    wholes: list[Mask | None]
    if lexicon.is_scenery(route):
        parts, wholes = [grid], [None]
    elif route.kind in ON_A_PERSON and people(analysis):
        parts, wholes = _by_person(analysis, grid)
    else:
        parts = (bodies(analysis, grid) if route.kind == "person" else separate(analysis.evidence, grid)) or [grid]
        wholes = [None] * len(parts)
    means = [float(found.values[p > masks.HARD].mean()) for p in parts]
    top = max(means) if means else 1.0
    return [
        Candidate(p, sure * min(1.0, m / max(top, 1e-6)), route.label, whole, {"presence": round(sure, 3)})
        for p, m, whole in zip(parts, means, wholes, strict=True)
    ]


def _by_person(analysis: Analysis, grid: Mask) -> tuple[list[Mask], list[Mask | None]]:
    """Cuts a garment's, skin's or hair's mask into the pieces of each person; what is near nobody stays apart."""
    persons = people(analysis)
    distances = [cv2.distanceTransform((p < 0.5).astype(np.uint8), cv2.DIST_L2, 3) for p in persons]
    owner = np.argmin(np.stack(distances), axis=0)
    nearest = np.min(np.stack(distances), axis=0)
    on = grid > masks.HARD
    reach = 0.06 * max(grid.shape)
    parts: list[Mask] = []
    wholes: list[Mask | None] = []
    for k, person in enumerate(persons):
        piece = (on & (owner == k) & (nearest <= reach)).astype(np.float32)
        if piece.sum() >= max(4.0, 0.03 * on.sum()):
            parts.append(piece)
            wholes.append(person)
    rest = (on & (nearest > reach)).astype(np.float32)
    for piece in masks.components(rest, min_area=max(4, int(0.1 * on.sum()))):
        parts.append(piece)
        wholes.append(None)
    return (parts, wholes) if parts else ([grid], [None])


def with_mask(candidate: Candidate, mask: Mask) -> Candidate:
    """The candidate with another mask."""
    return replace(candidate, mask=mask)


def nearest_thing(analysis: Analysis, mask: Mask, seed: tuple[float, float]) -> Mask:
    """The single thing of a mask on the leaf grid that a place (grid px) belongs to."""
    seeds = [(x, y) for x, y, _ in centres(analysis.evidence, mask)]
    owner = assign(analysis.evidence, mask, seeds)
    h, w = mask.shape
    x, y = min(w - 1, max(0, int(seed[0]))), min(h - 1, max(0, int(seed[1])))
    if owner[y, x] < 0:
        return mask
    return (owner == owner[y, x]).astype(np.float32)
