"""The selector that asks: a vision-language model picks among numbered regions, or draws a box that is cut out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from finetouch import registry
from finetouch.contracts import Selection, Selector
from finetouch.errors import Cancelled, FinetouchError, NoAnswer, TargetNotFound
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.plan._vlm_answer import BadAnswer
from finetouch.plan._vlm_talk import Talker, Turn, talker_for
from finetouch.select import _vlm_marks as marks
from finetouch.select import aliases, attributes, lexicon
from finetouch.select.grounded import GroundedSelector
from finetouch.select.grounders import FloatBox
from finetouch.select.photo import PhotoSelector
from finetouch.select.phrases import PhraseSelector
from finetouch.select.refine import clean
from finetouch.select.sight import HOLE, ISLAND, Sight, phrase_of
from finetouch.types import Picture, Point, Query, Region, Reporter

T = TypeVar("T")
GRID = 5  # points per side that proposals are asked for
PROPOSALS = 12
LEAST_SHARE, MOST_SHARE = 0.0005, 0.98
SAME = 0.75
INSIDE = 0.6  # of a cut-out that has to lie in the box it was asked for


@dataclass(frozen=True, eq=False)
class _View:
    """What is known of a picture: another selector's analysis of it."""

    inner: PhraseSelector
    analysis: Any


@dataclass(frozen=True, eq=False)
class _Mark:
    """One numbered region. mask: At any size. full: Makes it at the picture's own size."""

    mask: Mask
    full: Callable[[], Region]


@registry.selector("vlm", presets=("sd15", "sdxl", "flux", "qwen"), uses=("vlm", "grounder", "segmenter"))
class VlmSelector(Selector):
    """Asks a vision-language model which of the numbered regions is meant; boxes it draws are checked and cut out."""

    source = "vlm"

    def analyse(self, picture: Picture, report: Reporter) -> _View:
        """What the selector for words makes of the picture: grounder and segmenter, or the bundled network."""
        grounded = self.models is not None and self.models.ready("grounder")
        inner: PhraseSelector = GroundedSelector() if grounded else PhotoSelector()
        inner.models = self.models
        return _View(inner, inner.analyse(picture, report))

    def select(self, picture: Picture, analysis: _View, query: Query, report: Reporter) -> Selection:
        """The region meant; what the model cannot say is decided by the rules, and a note says so.

        Raises:
            TargetNotFound: Neither finds it. InputError: Marks outside of the picture, or nothing named.
        """
        report.update("select", message=query.describe())
        noun = (query.noun or "").lower().strip()
        special = noun in aliases.WHOLE or noun in aliases.BACKGROUND or noun in aliases.FOREGROUND
        if query.by_hand or not noun or special:
            return analysis.inner.select(picture, analysis.analysis, query, report)
        others, without = [w for w in query.attributes if w.startswith("and ")], attributes.split(query.attributes)[1]
        if not others and not without:
            return self._things(picture, analysis, query, report)
        kept = tuple(w for w in query.attributes if not w.startswith(("and ", "except ")))
        answer = self._things(picture, analysis, query.model_copy(update={"attributes": kept}), report)
        for phrase in (w.removeprefix("and ") for w in others):
            more = self.select(picture, analysis, _query(phrase), report)
            answer = replace(answer, region=answer.region | more.region, notes=(*answer.notes, *more.notes))
        for phrase in without:
            region = answer.region - self.select(picture, analysis, _query(phrase), report).region
            answer = replace(answer, region=region, candidates=(region,))
        return answer

    def _things(self, picture: Picture, view: _View, query: Query, report: Reporter) -> Selection:
        try:
            talker = talker_for(self.models)
            return self._asked(talker, picture, view, query, report)
        except (Cancelled, TargetNotFound):
            raise
        except FinetouchError as error:
            answer = view.inner.select(picture, view.analysis, query, report)
            reason = str(error).replace("\n", " ")
            note = f"The vision-language model did not choose, the rules of '{view.inner.source}' did. {reason}"
            return replace(answer, notes=(note, *answer.notes))

    def _asked(self, talker: Talker, picture: Picture, view: _View, query: Query, report: Reporter) -> Selection:
        """Picked among regions that have the name; else among regions of any kind; else a box."""
        several = query.count not in (None, "one", 1) or (query.count is None and lexicon.is_plural(query.noun or ""))
        phrase = _said(query)
        named = self._named(picture, view, query, report)
        if len(named) == 1 and query == Query(noun=query.noun, count=query.count):
            return _selection(talker, [named[0].full()], named, query, "the only one of that name")
        found = named or self._proposals(picture, view, report)
        if found:
            shown = marks.numbered(picture.pixels, [m.mask for m in found])
            question = marks.mark_question(phrase, len(found), several)
            picked = _ask(talker, question, shown, marks.mark_schema(len(found)),
                          lambda text: marks.read_marks(text, len(found)), report)  # fmt: skip
            if picked:
                regions = [found[i - 1].full() for i in picked[: _most(query, several)]]
                listed = ", ".join(str(i) for i in picked[: len(regions)])
                return _selection(talker, regions, found, query, f"number {listed} of {len(found)}")
        boxes = _ask(talker, marks.box_question(phrase, several), picture.pixels, marks.box_schema(),
                     lambda text: marks.read_boxes(text, picture.size), report)  # fmt: skip
        if not boxes:
            raise view.analysis.not_found(f"The vision-language model does not see '{phrase}' in this picture.")
        regions = [self._cut(picture, view, box, report) for box in boxes[: _most(query, several)]]
        return _selection(talker, regions, [], query, "a box it drew")

    def _named(self, picture: Picture, view: _View, query: Query, report: Reporter) -> list[_Mark]:
        """Everything that has the query's noun, whatever else is said of it."""
        try:
            found = view.inner.select(picture, view.analysis, Query(noun=query.noun, count="all"), report)
        except TargetNotFound:
            return []
        regions = found.candidates or (found.region,)
        return [_Mark(r.mask, lambda r=r: r) for r in regions if _sane(r.mask)]  # type: ignore[misc]

    def _proposals(self, picture: Picture, view: _View, report: Reporter) -> list[_Mark]:
        """Regions of any kind by a grid of clicks, largest first; none without a segmenter."""
        sight = view.analysis
        if not isinstance(sight, Sight) or sight.segmenter is None or sight.encoded is None:
            return []
        cuts: list[tuple[Mask, Any]] = []
        steps = (np.arange(GRID) + 0.5) / GRID
        for x, y in ((float(x), float(y)) for y in steps for x in steps):
            report.check()
            point = Point(x=x * picture.width, y=y * picture.height)
            cut = sight.segmenter.marks(sight.encoded, [point], None)
            mask = cut.at(sight.grid)
            if _sane(mask) and all(masks.iou(mask, other) < SAME for other, _ in cuts):
                cuts.append((mask, cut))
        cuts.sort(key=lambda pair: -float(pair[0].sum()))

        def whole(cut: Any) -> Region:
            mask = clean(cut.at(picture.size), ISLAND, HOLE)
            return Region(mask, "", float(np.clip(cut.score, 0.0, 1.0)), self.source)

        return [_Mark(mask, lambda cut=cut: whole(cut)) for mask, cut in cuts[:PROPOSALS]]  # type: ignore[misc]

    def _cut(self, picture: Picture, view: _View, box: FloatBox, report: Reporter) -> Region:
        """What a box holds; the box itself when the cut-out has little to do with it.

        Raises:
            NoAnswer: Nothing can be cut out there.
        """
        try:
            region = view.inner.select(picture, view.analysis, Query(box=box), report).region
        except Cancelled:
            raise
        except FinetouchError as error:
            raise NoAnswer(f"Nothing could be cut out at the box it drew: {error.message}") from error
        x0, y0, x1, y1 = (round(v) for v in box)
        inside = np.zeros_like(region.mask)
        inside[y0:y1, x0:x1] = 1.0
        total = float(region.mask.sum())
        if not total or float(np.minimum(region.mask, inside).sum()) < INSIDE * total:
            raise NoAnswer("What was cut out does not lie in the box it drew.")
        kept = region.with_mask(np.minimum(region.mask, inside))
        return kept if (kept.mask > masks.HARD).any() else region


def _ask(
    talker: Talker, question: str, pixels: Any, schema: dict[str, Any], read: Callable[[str], T], report: Reporter
) -> T:
    """A checked answer; a bad one is shown to its author once. Raises `NoAnswer`."""
    turns = [Turn("system", marks.SYSTEM), Turn("user", question, pixels)]
    wrong = ""
    for _ in range(2):
        report.update("select", message="asking the vision-language model")
        text = talker.ask(turns, schema, report)
        try:
            return read(text)
        except BadAnswer as error:
            wrong = str(error)
            again = f"{wrong} Answer again, with the corrected JSON object only."
            turns = [*turns, Turn("assistant", text[:500] or "(nothing)"), Turn("user", again)]
    raise NoAnswer(f"Two answers of {talker.identity} could not be used. {wrong}")


def _selection(talker: Talker, regions: list[Region], found: list[_Mark], query: Query, how: str) -> Selection:
    """The answer, with the regions it was picked from as the runners-up."""
    mask = regions[0].mask if len(regions) == 1 else np.maximum.reduce([r.mask for r in regions])
    score = float(np.mean([r.score for r in regions]))
    label = regions[0].label or query.noun or ""
    region = Region(
        np.asarray(mask, np.float32), label, score, VlmSelector.source, {"vlm": talker.identity, "how": how}
    )
    same_size = [m.mask for m in found if m.mask.shape == mask.shape]
    others = [Region(m, label, score, VlmSelector.source) for m in same_size if masks.iou(m, mask) < SAME]
    return Selection(region, (region, *others), (f"Chosen by {talker.identity}: {how}.",))


def _sane(mask: Mask) -> bool:
    """Neither a speck nor everything."""
    share = float((mask > masks.HARD).mean())
    return max(LEAST_SHARE, 1.0 / mask.size) <= share <= MOST_SHARE


def _most(query: Query, several: bool) -> int:
    if isinstance(query.count, int):
        return max(1, query.count)
    return marks.MOST_BOXES if several else 1


def _said(query: Query) -> str:
    """The whole query in words, with the place that rules would have used."""
    text = phrase_of(query)
    if query.position and query.position not in text:
        text = f"{query.position} {text}" if " " not in query.position else f"{text} ({query.position})"
    if query.count in ("all", "some"):
        text = f"{query.count} {text}"
    return f"the {text}" if not text.startswith(("all ", "some ")) else text


def _query(text: str) -> Query:
    from finetouch.plan.phrase import parse_phrase

    try:
        return parse_phrase(text)
    except FinetouchError:
        return Query(noun=text)
