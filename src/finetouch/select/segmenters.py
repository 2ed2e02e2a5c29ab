"""Points and boxes → masks with the Segment Anything models; the picture is encoded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.errors import UsageError
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.select.grounders import FloatBox, box_iou
from finetouch.select.tensors import Look, array, batch, planes
from finetouch.types import Pixels, Point

NEARLY = 0.05  # predicted IoUs closer than this are a tie, which the box decides


@dataclass(frozen=True, eq=False)
class Cutout:
    """A mask as the model gives it.

    Attributes:
        logits: ``(h, w)``; above 0 is inside. score: Predicted IoU, 0..1.
        cover: Share ``(x, y)`` of the logits' width and height that shows the picture (the rest is padding).
    """

    logits: NDArray[np.float32]
    score: float
    cover: tuple[float, float] = (1.0, 1.0)

    def at(self, size: tuple[int, int]) -> Mask:
        """The mask, 0 or 1, for the whole picture at ``(width, height)``."""
        h, w = self.logits.shape
        sx, sy = self.cover[0] * w / size[0], self.cover[1] * h / size[1]
        matrix = np.array([[sx, 0, sx / 2 - 0.5], [0, sy, sy / 2 - 0.5]], np.float32)
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        out = cv2.warpAffine(self.logits, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
        return (out > 0).astype(np.float32)

    def box(self, size: tuple[int, int]) -> FloatBox | None:
        """Tight box in px of a picture of ``(width, height)``."""
        h, w = self.logits.shape
        found = masks.box_of(self.logits, 0.0)
        if found is None:
            return None
        kx, ky = size[0] / (w * self.cover[0]), size[1] / (h * self.cover[1])
        return found[0] * kx, found[1] * ky, found[2] * kx, found[3] * ky


@dataclass(frozen=True, eq=False)
class Encoded:
    """A picture's features. size: ``(width, height)``. scale: model px per picture px. cover: see `Cutout`."""

    features: Any
    size: tuple[int, int]
    scale: tuple[float, float]
    cover: tuple[float, float]


class SamSegmenter:
    """SAM (Kirillov et al. 2023) and SAM 2 (Ravi et al. 2024) by transformers.

    SAM sees the picture with its long side filling a padded square; SAM 2 sees it squeezed into a square.

    Args:
        model: `SamModel`, `SamHQModel` or `Sam2Model`. parts: Its processor, when there is one.
        facts: ``multimask`` True or False: what boxes are asked with (default: one mask for a box).
    """

    def __init__(self, model: Any, parts: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> None:
        name = type(model).__name__
        if name not in ("SamModel", "SamHQModel", "Sam2Model"):
            raise UsageError(f"A {name} cannot cut out what a box marks.", "Known: SamModel, SamHQModel, Sam2Model.")
        self._model = model
        self._squeeze = name == "Sam2Model"
        self._side = int(model.config.prompt_encoder_config.image_size)
        self._multimask = bool((facts or {}).get("multimask", False))
        self._how = Look.of(parts, Look(self._side, self._side))

    def encode(self, pixels: Pixels) -> Encoded:
        """The picture's features; the dear part."""
        import torch

        height, width = pixels.shape[:2]
        size = (self._side, self._side)
        if not self._squeeze:
            k = self._side / max(width, height)
            size = max(1, int(width * k + 0.5)), max(1, int(height * k + 0.5))
        values = np.zeros((3, self._side, self._side), np.float32)
        values[:, : size[1], : size[0]] = planes(pixels, self._how, size)
        with torch.inference_mode():
            features = self._model.get_image_embeddings(batch(values, self._model))
        if isinstance(features, tuple) and not self._squeeze:
            features = features[0]
        return Encoded(
            features, (width, height), (size[0] / width, size[1] / height),
            (size[0] / self._side, size[1] / self._side),
        )  # fmt: skip

    def boxes(self, view: Encoded, boxes: Sequence[FloatBox]) -> list[Cutout]:
        """One mask for every box (px of the picture)."""
        if not boxes:
            return []
        out = self._run(view, boxes=[[self._scaled(view, b) for b in boxes]], multimask=self._multimask)
        return [self._best(view, *one, box) for one, box in zip(out, boxes, strict=True)]

    def marks(self, view: Encoded, points: Sequence[Point], box: FloatBox | None) -> Cutout:
        """The mask of clicks, with or without a box."""
        single = box is None and len(points) == 1
        spots = [[[[p.x * view.scale[0], p.y * view.scale[1]] for p in points]]] if points else None
        labels = [[[1 if p.positive else 0 for p in points]]] if points else None
        corners = None if box is None else [[self._scaled(view, box)]]
        multimask = single or self._multimask
        logits, scores = self._run(view, boxes=corners, points=spots, labels=labels, multimask=multimask)[0]
        return self._best(view, logits, scores, box)

    def _scaled(self, view: Encoded, box: FloatBox) -> list[float]:
        sx, sy = view.scale
        return [box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy]

    def _run(
        self, view: Encoded, *, boxes: Any = None, points: Any = None, labels: Any = None, multimask: bool
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """``(logits (n, h, w), predicted IoU (n,))`` for every prompt."""
        import torch

        first = next(self._model.parameters())

        def tensor(values: Any, dtype: Any) -> Any:
            return None if values is None else torch.tensor(values, dtype=dtype, device=first.device)

        with torch.inference_mode():
            out = self._model(
                image_embeddings=view.features,
                input_boxes=tensor(boxes, first.dtype),
                input_points=tensor(points, first.dtype),
                input_labels=tensor(labels, torch.int64),
                multimask_output=multimask,
            )
        logits, scores = array(out.pred_masks[0]), array(out.iou_scores[0])
        return [(one, sure) for one, sure in zip(logits, scores, strict=True)]

    def _best(
        self, view: Encoded, logits: NDArray[np.float32], scores: NDArray[np.float32], box: FloatBox | None
    ) -> Cutout:
        """The mask with the highest predicted IoU; of those nearly as good the one that fills the box best."""
        cuts = [Cutout(np.ascontiguousarray(m), float(s), view.cover) for m, s in zip(logits, scores, strict=True)]
        top = max(c.score for c in cuts)
        close = [c for c in cuts if c.score >= top - NEARLY]
        if box is None or len(close) == 1:
            return max(close, key=lambda c: c.score)

        def fills(c: Cutout) -> float:
            own = c.box(view.size)
            return 0.0 if own is None else box_iou(own, box)

        return max(close, key=lambda c: (round(fills(c), 3), c.score))
