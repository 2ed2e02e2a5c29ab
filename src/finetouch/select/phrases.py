"""From a query to a region, the steps that all selectors share: marks, the whole, background, and, except."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np

from finetouch.contracts import Selection, Selector
from finetouch.errors import FinetouchError, InputError, TargetNotFound
from finetouch.imaging import masks
from finetouch.select import aliases, attributes
from finetouch.select.candidates import Candidate
from finetouch.select.resolve import Found, choose, find
from finetouch.types import Picture, Query, Region, Reporter

CANDIDATE_PIXELS = 40_000_000  # full-size masks of the runners-up may hold this many pixels together
MOST_CANDIDATES = 8
UNSURE = 0.65  # below this the subject of a picture is a guess


class PhraseSelector(Selector):
    """A selector whose analysis is an `Eyes`; it only has to cut out what was chosen."""

    source = "words"

    @abstractmethod
    def by_hand(self, picture: Picture, analysis: Any, query: Query, report: Reporter) -> Selection:
        """What points and a box mark."""

    @abstractmethod
    def subject(self, picture: Picture, analysis: Any, report: Reporter) -> Region:
        """What the picture is about: everything that is not its background."""

    @abstractmethod
    def cut(
        self, picture: Picture, analysis: Any, found: Found, chosen: list[Candidate], report: Reporter, *, fine: bool
    ) -> Region:
        """The chosen candidates at full size; `fine` False may be coarser at the edges."""

    def select(self, picture: Picture, analysis: Any, query: Query, report: Reporter) -> Selection:
        """The region a query means, with runners-up and notes.

        Raises:
            TargetNotFound: Not in the picture or not known; names what is there.
            InputError: A point or box outside of the picture, or an empty box.
        """
        report.update("select", message=query.describe())
        if query.by_hand:
            marked = self.by_hand(picture, analysis, query, report)
            ground = (query.noun or "").lower().strip() in aliases.BACKGROUND
            return self._around(replace(marked.region, label="what was marked"), analysis) if ground else marked
        if not query.noun or not query.noun.strip():
            raise InputError("Nothing was named to select.", 'Say what, for example "the dog".')
        noun = query.noun.lower().strip()
        if noun in aliases.WHOLE or noun in aliases.BACKGROUND or noun in aliases.FOREGROUND:
            answer = self._special(picture, analysis, query, noun, report)
        else:
            answer = self._things(picture, analysis, query, report)
        answer = self._and(picture, analysis, query, answer, report)
        return self._without(picture, analysis, query, answer, report)

    def _special(self, picture: Picture, analysis: Any, query: Query, noun: str, report: Reporter) -> Selection:
        height, width = picture.pixels.shape[:2]
        if noun in aliases.WHOLE:
            region = Region.full(height, width, label=noun, source=self.source)
            return Selection(region, (region,))
        if noun in aliases.FOREGROUND:
            region = self.subject(picture, analysis, report)
            return Selection(region, (region,))
        if query.relation is not None:
            subject = self.select(picture, analysis, _phrase(query.relation.anchor), report).region
        else:
            subject = self.subject(picture, analysis, report)
        return self._around(subject, analysis)

    def _around(self, subject: Region, analysis: Any) -> Selection:
        """The background of a subject."""
        rest = (1.0 - subject.mask).astype(np.float32)
        if not (rest > masks.HARD).any():
            raise analysis.not_found(f"There is no background: {subject.label} fills the whole picture.")
        region = Region(rest, "background", subject.score, self.source, {"subject": subject.label})
        notes = [f"Background means everything but: {subject.label}."]
        if subject.score < UNSURE:
            notes.append(
                "What stands out is not clear in this picture; if the wrong thing was kept, mark it with --box."
            )
        return Selection(region, (region,), tuple(notes))

    def _things(self, picture: Picture, analysis: Any, query: Query, report: Reporter) -> Selection:
        found = find(analysis, query)
        chosen, note = choose(found, query)
        notes = (*found.notes, *([note] if note else []))
        region = self.cut(picture, analysis, found, chosen, report, fine=True)
        report.check()
        if region.empty:
            raise analysis.not_found(f"'{query.noun}' is too small in this picture to be cut out.")
        return Selection(region, self._others(picture, analysis, found, chosen, region, report), notes)

    def _others(
        self, picture: Picture, analysis: Any, found: Found, chosen: list[Candidate], region: Region, report: Reporter
    ) -> tuple[Region, ...]:
        """Full-size regions of the candidates, as many as memory allows."""
        if len(found.candidates) == 1:
            return (region,)
        most = int(np.clip(CANDIDATE_PIXELS // max(1, picture.width * picture.height), 1, MOST_CANDIDATES))
        out = []
        for c in found.candidates[:most]:
            if len(chosen) == 1 and c is chosen[0]:
                out.append(region)
            else:
                out.append(self.cut(picture, analysis, found, [c], report, fine=False))
        return tuple(out)

    def _and(self, picture: Picture, analysis: Any, query: Query, answer: Selection, report: Reporter) -> Selection:
        for word in query.attributes:
            if word.startswith("and "):
                more = self.select(picture, analysis, _phrase(word.removeprefix("and ")), report)
                answer = replace(answer, region=answer.region | more.region, notes=(*answer.notes, *more.notes))
        return answer

    def _without(self, picture: Picture, analysis: Any, query: Query, answer: Selection, report: Reporter) -> Selection:
        for phrase in attributes.split(query.attributes)[1]:
            try:
                other = self.select(picture, analysis, _phrase(phrase), report).region
            except TargetNotFound as error:
                raise analysis.not_found(f"The exception '{phrase}' was not found: {error.message}") from error
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
