"""Phrase → places: one small adapter per model class that can find what words mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.errors import UsageError
from finetouch.imaging.masks import Mask
from finetouch.select.tensors import IMAGENET, Look, array, batch, planes, tokenizer_of
from finetouch.types import Pixels

FloatBox = tuple[float, float, float, float]

BOX, TEXT = 0.35, 0.25
BOX_AGAIN, TEXT_AGAIN = 0.25, 0.20
OVERLAP = 0.5
MOST_OF_IT = 0.9  # a box above this share of the picture is the picture, not a thing in it
HEAT, HEAT_AGAIN = 0.4, 0.2
HEAT_EDGE = 0.5  # share of its own maximum from which a place belongs to a heat map's thing
WEAK_PART = 0.6  # parts of a heat map that stay below this share of its maximum are noise
LEAST_CELLS = 3
CRUMB = 0.12  # parts below this share of the largest one's area are noise, too


@dataclass(frozen=True, eq=False)
class Spot:
    """One place where a phrase may be.

    Attributes:
        box: ``(x0, y0, x1, y1)`` px of the picture. score: 0..1. label: The words it answers to.
        heat: ``(h, w)`` 0..1 over the whole picture, only this place's part of it; None when there are only boxes.
    """

    box: FloatBox
    score: float
    label: str
    heat: Mask | None = None


class Grounder(Protocol):
    """Finds phrases in one picture at a time."""

    def look(self, pixels: Pixels) -> Any:
        """What depends on the picture alone; to be kept."""
        ...

    def ask(self, view: Any, phrases: Sequence[str], again: bool = False) -> list[list[Spot]]:
        """The places of every phrase, best first; `again` takes less certain ones too."""
        ...


def make_grounder(model: Any, parts: dict[str, Any]) -> Grounder:
    """The adapter for the class that was loaded; raises `UsageError` for others."""
    name = type(model).__name__
    if name not in _ADAPTERS:
        raise UsageError(f"A {name} cannot find phrases.", f"Known: {', '.join(_ADAPTERS)}.")
    return _ADAPTERS[name](model, parts)


def caption(phrases: Sequence[str]) -> str:
    """Phrases as Grounding DINO reads them: lower case, each ended by a dot ("a cat. dogs.")."""
    words = [" ".join(p.lower().replace(".", " ").split()) for p in phrases]
    return " ".join(f"{w}." for w in words if w)


def segments(ids: Sequence[int], dot: int, special: Sequence[int]) -> NDArray[np.int64]:
    """For every token the number of the dot-ended phrase it belongs to; -1 for dots and special tokens."""
    out, current = np.full(len(ids), -1, np.int64), 0
    for i, token in enumerate(ids):
        if token == dot:
            current += 1
        elif token not in special:
            out[i] = current
    return out


def detections(
    logits: NDArray[np.float32], boxes: NDArray[np.float32], phrase_of: NDArray[np.int64], threshold: float
) -> list[tuple[int, int, float]]:
    """``(query, phrase, score)`` of queries above `threshold`; the phrase is that of the surest token.

    Args:
        logits: ``(queries, tokens)``. boxes: ``(queries, 4)``; queries with a box that is no number are dropped.
        phrase_of: ``(tokens,)``, see `segments`.
    """
    n = min(logits.shape[1], len(phrase_of))
    p = 1.0 / (1.0 + np.exp(-np.clip(logits[:, :n], -60, 60)))
    p = np.where(phrase_of[:n] >= 0, p, 0.0)
    best = p.argmax(axis=1)
    score = p[np.arange(len(p)), best]
    kept = np.flatnonzero((score > threshold) & np.isfinite(boxes).all(axis=1))
    return [(int(q), int(phrase_of[best[q]]), float(score[q])) for q in kept]


def box_iou(a: FloatBox, b: FloatBox) -> float:
    """Intersection over union of two boxes."""
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(0.0, w) * max(0.0, h)
    total = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
    return both / total if total > 0 else 0.0


def suppress(spots: Sequence[Spot], most: float = OVERLAP) -> list[Spot]:
    """Best first, without those that overlap a better one by more than `most`."""
    kept: list[Spot] = []
    for s in sorted(spots, key=lambda s: -s.score):
        if all(box_iou(s.box, k.box) <= most for k in kept):
            kept.append(s)
    return kept


def drop_whole(spots: Sequence[Spot], width: int, height: int) -> list[Spot]:
    """Without boxes that cover nearly the whole picture, unless there is nothing else."""
    small = [s for s in spots if (s.box[2] - s.box[0]) * (s.box[3] - s.box[1]) <= MOST_OF_IT * width * height]
    return small or list(spots)


@dataclass(frozen=True, eq=False)
class _View:
    size: tuple[int, int]
    tensor: Any
    memory: Any = None


class DinoGrounder:
    """Grounding DINO (Liu et al. 2023): a caption of phrases → boxes."""

    def __init__(self, model: Any, parts: dict[str, Any]) -> None:
        self._model, self._tokenizer = model, tokenizer_of(parts)
        self._how = Look.of(parts, Look(shortest=800, longest=1333))
        self._room = int(getattr(model.config, "max_text_len", 256))

    def look(self, pixels: Pixels) -> _View:
        """The picture as the model wants it; its layers mix picture and text, so no more can be kept."""
        height, width = pixels.shape[:2]
        w, h = self._how.size(width, height)
        w, h = max(32, w), max(32, h)
        return _View((width, height), batch(planes(pixels, self._how, (w, h)), self._model))

    def ask(self, view: _View, phrases: Sequence[str], again: bool = False) -> list[list[Spot]]:
        """Boxes of every phrase. Phrases that do not fit into one caption are asked in several."""
        out: list[list[Spot]] = []
        for part in self._captions(phrases):
            out += self._one(view, part, *((BOX_AGAIN, TEXT_AGAIN) if again else (BOX, TEXT)))
        return out

    def _captions(self, phrases: Sequence[str]) -> list[list[str]]:
        lists: list[list[str]] = []
        used = self._room
        for phrase in phrases:
            length = len(self._tokenizer(caption([phrase]), add_special_tokens=False)["input_ids"])
            if used + length > self._room - 2 or not lists:
                lists.append([])
                used = 0
            lists[-1].append(phrase)
            used += length
        return lists

    def _one(self, view: _View, phrases: list[str], box: float, text: float) -> list[list[Spot]]:
        import torch

        tokens = self._tokenizer(
            caption(phrases), return_tensors="pt", truncation=True, max_length=self._room, return_token_type_ids=True
        )
        ids = tokens["input_ids"].to(view.tensor.device)
        with torch.inference_mode():
            out = self._model(
                pixel_values=view.tensor,
                input_ids=ids,
                attention_mask=tokens["attention_mask"].to(ids.device),
                token_type_ids=tokens["token_type_ids"].to(ids.device),
            )
        plain = [int(i) for i in ids[0]]
        dot = int(self._tokenizer.convert_tokens_to_ids("."))
        owner = segments(plain, dot, self._tokenizer.all_special_ids)
        logits, boxes = array(out.logits[0]), array(out.pred_boxes[0])
        return self._spots(view, phrases, plain, owner, logits, boxes, (box, text))

    def _spots(
        self,
        view: _View,
        phrases: list[str],
        ids: list[int],
        owner: NDArray[np.int64],
        logits: NDArray[np.float32],
        boxes: NDArray[np.float32],
        thresholds: tuple[float, float],
    ) -> list[list[Spot]]:
        width, height = view.size
        found: list[list[Spot]] = [[] for _ in phrases]
        for query, phrase, score in detections(logits, boxes, owner, thresholds[0]):
            if phrase >= len(phrases):
                continue
            cx, cy, w, h = (float(v) for v in boxes[query])
            corners = ((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height)
            inside = clip_box(corners, width, height)
            if inside is not None:
                found[phrase].append(Spot(inside, score, self._words(ids, owner, phrase, logits[query], thresholds[1])))
        return [suppress(drop_whole(spots, width, height)) for spots in found]

    def _words(
        self, ids: list[int], owner: NDArray[np.int64], phrase: int, logits: NDArray[np.float32], text: float
    ) -> str:
        least = float(np.log(text / (1.0 - text)))
        chosen = [t for t, o, z in zip(ids, owner, logits, strict=False) if o == phrase and z > least]
        return str(self._tokenizer.decode(chosen)).strip()


def clip_box(box: FloatBox, width: int, height: int) -> FloatBox | None:
    """The box inside of the picture; None when less than a pixel of it is."""
    x0, y0, x1, y1 = max(0.0, box[0]), max(0.0, box[1]), min(float(width), box[2]), min(float(height), box[3])
    return (x0, y0, x1, y1) if x1 - x0 >= min(1.0, width) and y1 - y0 >= min(1.0, height) else None


class HeatGrounder:
    """CLIPSeg (Lüddecke and Ecker 2022): a phrase → a heat map over the picture."""

    def __init__(self, model: Any, parts: dict[str, Any]) -> None:
        self._model, self._tokenizer = model, tokenizer_of(parts)
        side = int(model.config.vision_config.image_size)
        self._how = Look.of(parts, Look(side, side, mean=IMAGENET[0], std=IMAGENET[1])).square()

    def look(self, pixels: Pixels) -> _View:
        """The picture's features; asking for a phrase then costs only the small decoder."""
        import torch

        tensor = batch(planes(pixels, self._how), self._model)
        with torch.inference_mode():
            seen = self._model.clip.get_image_features(
                pixel_values=tensor, interpolate_pos_encoding=True, output_hidden_states=True
            )
            layers = [seen.hidden_states[i + 1] for i in self._model.extract_layers]
        return _View((pixels.shape[1], pixels.shape[0]), tensor, layers)

    def maps(self, view: _View, phrases: Sequence[str]) -> NDArray[np.float32]:
        """``(phrases, h, w)`` probabilities over the whole picture."""
        import torch

        tokens = self._tokenizer(
            [p.lower().strip() for p in phrases], padding=True, truncation=True, return_tensors="pt",
            max_length=int(self._model.config.text_config.max_position_embeddings),
        )  # fmt: skip
        device = view.tensor.device
        with torch.inference_mode():
            words = self._model.clip.get_text_features(
                tokens["input_ids"].to(device), attention_mask=tokens["attention_mask"].to(device)
            ).pooler_output
            layers = [a.expand(len(phrases), -1, -1) for a in view.memory]
            logits = array(self._model.decoder(layers, words.to(view.tensor.dtype)).logits)
        logits = logits.reshape(len(phrases), *logits.shape[-2:])
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -60, 60))), dtype=np.float32)

    def ask(self, view: _View, phrases: Sequence[str], again: bool = False) -> list[list[Spot]]:
        """The connected parts of every phrase's heat map."""
        least = HEAT_AGAIN if again else HEAT
        return [heat_spots(m, p, view.size, least) for m, p in zip(self.maps(view, phrases), phrases, strict=True)]


def heat_spots(heat: Mask, label: str, size: tuple[int, int], least: float) -> list[Spot]:
    """The things of a heat map: parts above half of its maximum that come near the maximum themselves.

    Args:
        heat: ``(h, w)`` 0..1 over the whole picture. label: For the spots.
        size: ``(width, height)`` of the picture. least: Maximum below which there is nothing.
    """
    peak = float(heat.max(initial=0.0))
    if peak < least:
        return []
    on = (heat >= HEAT_EDGE * peak).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(on, connectivity=8)
    kx, ky = size[0] / heat.shape[1], size[1] / heat.shape[0]
    out = []
    areas = stats[:, cv2.CC_STAT_AREA]
    least_area = max(min(LEAST_CELLS, on.size), CRUMB * float(areas[1:].max()))
    for i in range(1, count):
        own = np.where(labels == i, heat, 0.0).astype(np.float32)
        top = float(own.max())
        if top < WEAK_PART * peak or areas[i] < least_area:
            continue
        x, y, w, h = (int(v) for v in stats[i, :4])
        out.append(Spot((x * kx, y * ky, (x + w) * kx, (y + h) * ky), top, label, own))
    return sorted(out, key=lambda s: -s.score)


_ADAPTERS: dict[str, Any] = {
    "GroundingDinoForObjectDetection": DinoGrounder,
    "MMGroundingDinoForObjectDetection": DinoGrounder,
    "CLIPSegForImageSegmentation": HeatGrounder,
}
