"""The bundled photo selector: a phrase, points or a box → the exact pixels, on a CPU, with nothing downloaded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from finetouch import registry
from finetouch.contracts import Selection, Selector
from finetouch.errors import FinetouchError, InputError, TargetNotFound
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.select import aliases, attributes, network, scores
from finetouch.select.candidates import Candidate
from finetouch.select.finder import Analysis, Found, find, not_found
from finetouch.select.hand import select_by_hand
from finetouch.select.refine import refine
from finetouch.select.special import background, foreground
from finetouch.types import Picture, Query, Region, Reporter

CANDIDATE_PIXELS = 40_000_000  # full-size masks of the runners-up may hold this many pixels together
MOST_CANDIDATES = 8
TOUCH = 2  # grid px


@registry.selector("photo", presets=("embedded",))
class PhotoSelector(Selector):
    """Finds people, clothes, animals, vehicles, food, furniture and scenery in photographs, from words or marks."""

    def analyse(self, picture: Picture, report: Reporter) -> Analysis:
        """Runs the network once on the picture (long side 640 px)."""
        report.update("select", message="looking at the picture")
        return Analysis(network.run(picture.pixels))

    def select(self, picture: Picture, analysis: Analysis, query: Query, report: Reporter) -> Selection:
        """The region a query means, with runners-up and notes.

        Raises:
            TargetNotFound: Not in the picture or not known; names what is there.
            InputError: A point or box outside of the picture, or an empty box.
        """
        report.update("select", message=query.describe())
        if query.by_hand:
            return select_by_hand(picture, analysis, query, report)
        if not query.noun or not query.noun.strip():
            raise InputError("Nothing was named to select.", 'Say what, for example "the dog".')
        noun = query.noun.lower().strip()
        if noun in aliases.WHOLE or (noun in aliases.BACKGROUND or noun in aliases.FOREGROUND):
            answer = self._special(picture, analysis, query, noun, report)
        else:
            answer = self._things(picture, analysis, query, report)
        answer = self._and(picture, analysis, query, answer, report)
        return self._without(picture, analysis, query, answer, report)

    def _special(self, picture: Picture, analysis: Analysis, query: Query, noun: str, report: Reporter) -> Selection:
        height, width = picture.pixels.shape[:2]
        if noun in aliases.WHOLE:
            region = Region.full(height, width, label=noun, source="photo")
            return Selection(region, (region,))
        if noun in aliases.FOREGROUND:
            mask, label, sure = foreground(analysis)
            region = _region(picture, mask, label, sure, report)
            return Selection(region, (region,))
        if query.relation is not None:
            subject = self.select(picture, analysis, _phrase(query.relation.anchor), report).region
            label, sure = subject.label, subject.score
            rest = 1.0 - subject.mask
        else:
            mask, label, sure = background(analysis)
            rest = 1.0 - _region(picture, mask, label, sure, report).mask
        region = Region(rest.astype(np.float32), "background", sure, "photo", {"subject": label})
        return Selection(region, (region,), (f"Background means everything but: {label}.",))

    def _things(self, picture: Picture, analysis: Analysis, query: Query, report: Reporter) -> Selection:
        found = find(analysis, query)
        chosen, note = choose(found, query)
        notes = (*found.notes, *([note] if note else []))
        mask = union(chosen, found.mask, whole=len(chosen) == len(found.candidates))
        region = _region(picture, mask, found.route.label, max(c.score for c in chosen), report, chosen[0].facts)
        report.check()
        if region.empty:
            raise not_found(analysis, f"'{query.noun}' is too small in this picture to be cut out.")
        return Selection(region, self._others(picture, found, chosen, region, report), notes)

    def _others(
        self, picture: Picture, found: Found, chosen: list[Candidate], region: Region, report: Reporter
    ) -> tuple[Region, ...]:
        """Full-size regions of the candidates, as many as memory allows."""
        if len(found.candidates) == 1:
            return (region,)
        most = int(np.clip(CANDIDATE_PIXELS // max(1, picture.width * picture.height), 1, MOST_CANDIDATES))
        out = []
        for c in found.candidates[:most]:
            if len(chosen) == 1 and c is chosen[0]:
                out.append(region)
                continue
            mask = union([c], found.mask, whole=False)
            full = refine(picture.pixels, mask, align=False, report=report)
            out.append(Region(full, found.route.label, float(c.score), "photo", dict(c.facts)))
        return tuple(out)

    def _and(
        self, picture: Picture, analysis: Analysis, query: Query, answer: Selection, report: Reporter
    ) -> Selection:
        for word in query.attributes:
            if word.startswith("and "):
                more = self.select(picture, analysis, _phrase(word.removeprefix("and ")), report)
                answer = replace(answer, region=answer.region | more.region, notes=(*answer.notes, *more.notes))
        return answer

    def _without(
        self, picture: Picture, analysis: Analysis, query: Query, answer: Selection, report: Reporter
    ) -> Selection:
        for phrase in attributes.split(query.attributes)[1]:
            try:
                other = self.select(picture, analysis, _phrase(phrase), report).region
            except TargetNotFound as error:
                raise not_found(analysis, f"The exception '{phrase}' was not found: {error.message}") from error
            region = answer.region - other
            answer = replace(answer, region=region, candidates=(region,))
        return answer


def _phrase(text: str) -> Query:
    """The query of a phrase such as "the woman on the left"."""
    from finetouch.plan.phrase import parse_phrase

    try:
        return parse_phrase(text)
    except FinetouchError:
        return Query(noun=text)


def choose(found: Found, query: Query) -> tuple[list[Candidate], str]:
    """As many candidates as the count says, and a note when one of several had to be taken."""
    listed = list(found.candidates)
    count = query.count
    if count is None:
        single = not found.route.plural and query.position is None
        count = "one" if single or query.position else "all"
    if count in ("all", "some"):
        if query.position == "background" and len(listed) > 1:
            tallest = max(c.height for c in listed)
            return [c for c in listed if c.height < 0.6 * tallest] or listed[:1], ""
        if query.position == "foreground" and len(listed) > 1:
            tallest = max(c.height for c in listed)
            return [c for c in listed if c.height >= 0.6 * tallest], ""
        return listed, ""
    if count == "one":
        if query.position or query.relation is not None or query.attributes:
            return listed[:1], ""
        taken = listed[:1] if found.route.kind == "person" else touching(listed)
        apart = len(listed) - len(taken)
        return taken, f"{apart + 1} of '{query.noun}' found; took the most prominent one." if apart else ""
    n = int(count)
    note = f"Only {len(listed)} of '{query.noun}' found." if n > len(listed) else ""
    return listed[: max(1, n)], note


def touching(listed: list[Candidate]) -> list[Candidate]:
    """The first candidate and all that touch it: "the motorcycle" is one thing, however many centres were seen."""
    taken, rest = listed[:1], listed[1:]
    reached = masks.grow(listed[0].mask, TOUCH)
    while near := [c for c in rest if float(np.minimum(c.mask, reached).sum()) > 0]:
        taken += near
        rest = [c for c in rest if not any(c is n for n in near)]
        for c in near:
            reached = np.maximum(reached, masks.grow(c.mask, TOUCH))
    return [c for c in listed if any(c is t for t in taken)]


def union(chosen: list[Candidate], cut: Mask, whole: bool) -> Mask:
    """The chosen candidates at the finer resolution of the noun's mask."""
    if whole:
        return cut
    grid = np.maximum.reduce([c.mask for c in chosen])
    size = (cut.shape[1], cut.shape[0])
    near = masks.resize_mask(masks.grow(grid, 1), size) > 0.25
    own = masks.resize_mask(grid, size)
    # Inside the chosen things the finer edge of the noun's own mask counts, but not that of a neighbour.
    return np.asarray(np.where(near, np.minimum(cut, np.clip(own * 1.6, 0, 1)), 0.0), dtype=np.float32)


def _region(
    picture: Picture, mask: Mask, label: str, score: float, report: Reporter, facts: dict[str, float] | None = None
) -> Region:
    full = refine(picture.pixels, mask, report=report)
    return Region(full, label, float(np.clip(score, 0.0, 1.0)), "photo", dict(facts or {}))


def seen(analysis: Analysis) -> tuple[tuple[str, float], ...]:
    """What the picture shows: (name, how sure), for messages and the studio."""
    return scores.seen(analysis.evidence)
