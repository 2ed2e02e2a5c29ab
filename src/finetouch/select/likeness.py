"""Which of several regions fits a phrase: CLIP looks at each of them cut out and in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.select.proposals import crop_box
from finetouch.types import Pixels

TEMPLATES = ("a photo of a {}", "a {}", "the {}", "{}")
PAD = 0.1
PLAIN = 0.5  # what the crop with its surroundings counts, against the one cut out
Floats = NDArray[np.float32]


class Scorer(Protocol):
    """Compares pictures with texts (`finetouch.select.clip.ClipScorer`)."""

    @property
    def sharpness(self) -> float:
        """Factor on similarities before a softmax."""
        ...

    def similarity(self, pictures: Sequence[Pixels], texts: Sequence[str]) -> Floats:
        """``(pictures, texts)`` cosines."""
        ...


class Likeness:
    """Scores of regions for phrases; the regions' cut-outs are made once.

    Args:
        scorer: CLIP. pixels: ``(H, W, 3) uint8``. regions: Masks over the whole picture, of any size.
        names: What else there could be ("distractors"): their mean is taken off every region's score, so that
            regions which CLIP likes for everything win nothing by it.
    """

    def __init__(self, scorer: Scorer, pixels: Pixels, regions: Sequence[Mask], names: Sequence[str]) -> None:
        self._scorer, self._names = scorer, list(dict.fromkeys(names))
        self._cut = [cut_out(pixels, m) for m in regions]
        self._plain = [crop(pixels, m) for m in regions]
        self._known: dict[str, Floats] = {}

    def __len__(self) -> int:
        """Number of regions."""
        return len(self._cut)

    def of(self, phrases: Sequence[str]) -> Floats:
        """``(regions, phrases)``: ``cos(cut out) + 0.5 cos(in place)``, the mean over the templates."""
        new = [p for p in dict.fromkeys(phrases) if p not in self._known]
        if new and self._cut:
            texts = [t.format(p) for p in new for t in TEMPLATES]
            both = self._scorer.similarity([*self._cut, *self._plain], texts)
            n = len(self._cut)
            means = (both[:n] + PLAIN * both[n:]).reshape(n, len(new), len(TEMPLATES)).mean(axis=2)
            self._known |= {p: means[:, i] for i, p in enumerate(new)}
        rows = [self._known.get(p, np.zeros(0, np.float32)) for p in phrases]
        return np.stack(rows, axis=1) if rows else np.zeros((len(self._cut), 0), np.float32)

    def scores(self, phrase: str) -> Floats:
        """``(regions,)``: likeness to the phrase less the mean likeness to all other names."""
        own = self.of([phrase])[:, 0]
        others = [n for n in self._names if n != phrase]
        return np.asarray(own - self.of(others).mean(axis=1), np.float32) if others else own

    def chances(self, phrase: str, before: NDArray[np.float64] | None = None) -> Floats:
        """``(regions,)`` softmax over the regions of `scores`, times what was known `before`; empty without regions."""
        scores = self.scores(phrase)
        if not len(scores):
            return scores
        sharp = np.exp((scores - scores.max()) * self._scorer.sharpness / (1 + PLAIN))
        if before is not None:
            sharp = sharp * before
        return np.asarray(sharp / sharp.sum(), np.float32)

    def named(self, phrase: str, spared: Sequence[str] = ()) -> Floats:
        """``(regions,)`` chance of the phrase against all other names, per region; `spared` names do not compete."""
        others = [n for n in self._names if n != phrase and n not in spared]
        table = self.of([phrase, *others]) * self._scorer.sharpness / (1 + PLAIN)
        table = np.exp(table - table.max(axis=1, keepdims=True))
        return np.asarray(table[:, 0] / table.sum(axis=1), np.float32)


def margin(chances: Floats) -> float:
    """How far the best chance is ahead of the next; 1 for a single region, 0 for none."""
    if len(chances) < 2:
        return float(len(chances))
    best = np.sort(chances)[::-1]
    return float(best[0] - best[1])


def crop(pixels: Pixels, mask: Mask) -> Pixels:
    """The picture around a mask."""
    x0, y0, x1, y1 = _box(pixels, mask)
    return np.ascontiguousarray(pixels[y0:y1, x0:x1])


def cut_out(pixels: Pixels, mask: Mask) -> Pixels:
    """The same with its mean colour outside of the mask (black would pull on CLIP's score)."""
    x0, y0, x1, y1 = _box(pixels, mask)
    out = pixels[y0:y1, x0:x1].copy()
    full = masks.resize_mask(mask, (pixels.shape[1], pixels.shape[0])) > masks.HARD
    off = ~full[y0:y1, x0:x1]
    out[off] = np.round(out.reshape(-1, 3).mean(axis=0)).astype(np.uint8)
    return out


def _box(pixels: Pixels, mask: Mask) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = crop_box(mask, PAD)
    kx, ky = pixels.shape[1] / mask.shape[1], pixels.shape[0] / mask.shape[0]
    left, top = int(x0 * kx), int(y0 * ky)
    return left, top, max(left + 1, int(np.ceil(x1 * kx))), max(top + 1, int(np.ceil(y1 * ky)))
