"""What could be meant, without being told: the connected regions of a semantic segmentation (Segformer)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.select.refine import clean
from finetouch.select.tensors import Look, array, batch, planes
from finetouch.types import Box, Pixels

GRID = 256  # px of the longer side on which regions are kept
LEAST, MOST = 0.001, 0.9  # share of the picture
JOIN = 2  # grid px between parts of one thing that something thin divides
CLOSER = 0.6  # border around a region when it is looked at again, as a share of its longer side
AGREES = 0.4  # overlap of the second look with the first one
Maps = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Proposal:
    """One region.

    Attributes:
        mask: ``(h, w)`` of the grid, 0 or 1. label: Number of its class (of its largest part). share: Of the picture.
        classes: All classes it is made of.
    """

    mask: Mask
    label: int
    share: float
    classes: frozenset[int] = frozenset()


class Namer:
    """A Segformer: a class for every pixel.

    Args:
        model: `SegformerForSemanticSegmentation`. parts: Its image processor.
    """

    def __init__(self, model: Any, parts: dict[str, Any]) -> None:
        self._model = model
        self._look = Look.of(parts, Look(512, 512)).square()
        self.names = {int(i): str(n).lower().replace("_", " ") for i, n in model.config.id2label.items()}

    def shares(self, pixels: Pixels, size: tuple[int, int]) -> Maps:
        """``(classes, h, w)`` probabilities at ``size`` = (width, height): logits enlarged first, then the softmax."""
        import torch

        with torch.inference_mode():
            logits = array(self._model(pixel_values=batch(planes(pixels, self._look), self._model)).logits[0])
        large = np.stack([cv2.resize(m, size, interpolation=cv2.INTER_LINEAR).reshape(size[::-1]) for m in logits])
        large -= large.max(axis=0)
        np.exp(large, out=large)
        return np.asarray(large / large.sum(axis=0), dtype=np.float32)


def grid_of(width: int, height: int, longest: int = GRID) -> tuple[int, int]:
    """``(width, height)`` of the grid for a picture; never larger than the picture."""
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def propose(
    labels: NDArray[np.integer[Any]], least: float = LEAST, most: float = MOST, scenery: frozenset[int] | None = None
) -> list[Proposal]:
    """Connected regions of a class map ``(h, w)``, largest first.

    Parts of one class that nearly touch are one region. What touches without being scenery is proposed as a whole
    too: a thing whose parts were given several names is still one thing.

    Args:
        labels: The class map. least, most: Shares of the picture between which a region counts.
        scenery: Classes that are no things; None proposes single classes only.
    """
    found = []
    for label in np.unique(labels):
        for mask in _connected(labels == label):
            found.append(Proposal(mask, int(label), float(mask.mean()), frozenset({int(label)})))
    if scenery is not None:
        for mask in _connected(~np.isin(labels, sorted(scenery))):
            names, counts = np.unique(labels[mask > 0], return_counts=True)
            if len(names) > 1:
                main = int(names[int(np.argmax(counts))])
                found.append(Proposal(mask, main, float(mask.mean()), frozenset(int(n) for n in names)))
    return sorted((p for p in found if least <= p.share <= most), key=lambda p: -p.share)


def _connected(where: NDArray[np.bool_]) -> list[Mask]:
    """Connected parts; those that nearly touch are one."""
    own = where.astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * JOIN - 1, 2 * JOIN - 1))
    joined = cv2.morphologyEx(np.pad(own, JOIN), cv2.MORPH_CLOSE, kernel)[JOIN:-JOIN, JOIN:-JOIN]
    count, parts = cv2.connectedComponents(joined, connectivity=8)
    return [((parts == number) & where).astype(np.float32) for number in range(1, count)]


def closer(namer: Namer, pixels: Pixels, proposal: Proposal) -> Mask:
    """A region's outline at the picture's own size, from a second look at a crop around it.

    When the second look does not agree with the first one, the first one is enlarged instead.
    """
    height, width = pixels.shape[:2]
    coarse = (masks.resize_mask(proposal.mask, (width, height)) > masks.HARD).astype(np.float32)
    x0, y0, x1, y1 = crop_box(coarse, CLOSER)
    if (x1 - x0) * (y1 - y0) > 0.6 * width * height:
        return clean(coarse)
    part = namer.shares(np.ascontiguousarray(pixels[y0:y1, x0:x1]), (x1 - x0, y1 - y0))
    classes = sorted(proposal.classes or {proposal.label})
    own = np.isin(part.argmax(axis=0), classes).astype(np.uint8)
    before = coarse[y0:y1, x0:x1]
    count, parts = cv2.connectedComponents(own, connectivity=8)
    kept = np.zeros_like(before)
    for number in range(1, count):
        piece = parts == number
        if before[piece].mean() > 0.25:
            kept[piece] = 1.0
    if masks.iou(kept, before) < AGREES:
        return clean(coarse)
    full = np.zeros_like(coarse)
    full[y0:y1, x0:x1] = kept
    return clean(full)


def crop_box(mask: Mask, pad: float) -> Box:
    """``(x0, y0, x1, y1)`` around a mask with a border of `pad` times its longer side, inside of the picture."""
    x0, y0, x1, y1 = masks.box_of(mask, masks.HARD) or (0, 0, mask.shape[1], mask.shape[0])
    border = round(pad * max(x1 - x0, y1 - y0))
    return max(0, x0 - border), max(0, y0 - border), min(mask.shape[1], x1 + border), min(mask.shape[0], y1 + border)
