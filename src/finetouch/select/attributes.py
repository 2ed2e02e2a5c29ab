"""Words that describe a thing: colours rank by pixels, sizes by area, garments by what a person wears."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from finetouch.imaging import masks
from finetouch.imaging.color import named_color, term_share
from finetouch.imaging.masks import Mask
from finetouch.select import lexicon
from finetouch.select.candidates import Candidate
from finetouch.select.network import Evidence
from finetouch.select.scores import head_map, with_siblings
from finetouch.select.vocabulary import GARMENTS, INDEX
from finetouch.types import Pixels, Query

if TYPE_CHECKING:
    from finetouch.select.resolve import Eyes, Things

LEAST_SHARE = 0.08  # of the pixels, for "the red car" to be a red car
BIGGER = {"big", "large", "huge", "giant", "biggest", "largest", "tall"}
SMALLER = {"small", "little", "tiny", "smallest", "mini", "short"}


def split(attributes: tuple[str, ...]) -> tuple[list[str], list[str], list[str]]:
    """Colours, phrases after "except", and the rest."""
    colours, without, rest = [], [], []
    for a in attributes:
        text = a.strip().lower()
        if text.startswith("except"):
            without.append(text.removeprefix("except").removeprefix(" for").strip())
        elif text.startswith("and "):
            continue
        elif named_color(text) is not None:
            colours.append(text)
        else:
            rest.append(text)
    return colours, without, rest


def color_share(small: Pixels, mask: Mask, name: str) -> float:
    """Share of a grid mask's pixels in the named colour, rim left out; `small` is the whole picture, any size."""
    full = np.asarray(cv2.resize(mask, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)
    core = masks.shrink((full > masks.HARD).astype(np.float32), 2)
    use = core if core.sum() > 40 else full
    if not (use > masks.HARD).any():
        return 0.0
    box = masks.box_of(use, masks.HARD) or (0, 0, small.shape[1], small.shape[0])
    window = slice(box[1], box[3]), slice(box[0], box[2])
    return term_share(small[window], use[window], name)


def apply(eyes: Eyes, things: Things, listed: list[Candidate], query: Query) -> tuple[list[Candidate], list[str]]:
    """Scores multiplied by colour and size words; notes for words that could not be used."""
    colours, _, rest = split(query.attributes)
    notes: list[str] = []
    for colour in colours:
        shares = [color_share(eyes.small, eyes.painted(things, c), colour) for c in listed]
        if max(shares) < LEAST_SHARE:
            return [], notes
        top = max(shares)
        listed = [c.times(0.02 + s / top, colour) for c, s in zip(listed, shares, strict=True) if s >= 0.3 * top]
    for word in rest:
        if word in BIGGER or word in SMALLER:
            areas = [c.area for c in listed]
            edge = max(areas) if word in BIGGER else min(areas)
            ratio = [(a / edge) if word in BIGGER else (edge / max(a, 1e-9)) for a in areas]
            listed = [c.times(r, word) for c, r in zip(listed, ratio, strict=True)]
        elif (fits := eyes.judged(things, listed, word)) is not None:
            listed = [c.times(0.1 + 0.9 * f, word) for c, f in zip(listed, fits, strict=True)]
        elif len(listed) > 1:
            notes.append(f"The selector cannot judge '{word}'.")
    return listed, notes


def clothes_of(evidence: Evidence, c: Candidate) -> Mask:
    """A person's clothes, or the whole person when none are seen."""
    worn = evidence.leaf[[INDEX[g] for g in GARMENTS]].sum(0)
    clothes = c.mask * (worn > 0.4)
    return np.asarray(clothes if clothes.sum() > 12 else c.mask, dtype=np.float32)


def wearing(evidence: Evidence, persons: list[Candidate], anchor: Query) -> list[Candidate] | None:
    """Persons scored by how likely they wear the garment, in its colour; None when the anchor is no garment.

    An anchor that is only a colour ("the woman in red") is about all of the person's clothes.
    """
    colours, _, _ = split(anchor.attributes)
    noun = anchor.noun or ""
    route = lexicon.lookup(noun)
    if (route is None or route.kind not in ("garment", "carried", "body")) and named_color(noun) is not None:
        route = lexicon.lookup("clothes")
        colours = [*colours, noun]
    if route is None or route.kind not in ("garment", "carried", "body"):
        return None
    own = with_siblings(evidence, route, head_map(evidence, route))
    out = []
    for person in persons:
        reach = masks.grow(person.mask, 2)
        inside = own * reach
        strength = float(np.clip(np.percentile(inside[reach > masks.HARD], 97), 0.0, 1.0))
        part = (inside >= max(0.5 * strength, 0.1)).astype(np.float32)
        share = 1.0
        for colour in colours:
            share *= color_share(evidence.small, part, colour) if part.any() else 0.0
        out.append(person.times((0.05 + strength) * (0.02 + share), f"wearing {anchor.describe()}"))
    return out
