"""The models that look: autoencoder, CLIP, Segformer, grounder, promptable segmenter, judge."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from finetouch.evaluate.lab.judge import Judge
from finetouch.imaging.masks import iou
from finetouch.lab import caption, expressions, render, sample_scene, seed_for
from finetouch.lab.facts import described
from finetouch.lab.scene import Scene
from finetouch.lab.zoo import Zoo
from finetouch.train.lab.show import to_tensors
from finetouch.types import Reporter

Figures = dict[str, float]
SMALLEST = 12 / 64**2
"""Things that show on a smaller share of the picture are not asked for: at 64 px nobody could say what they are."""


@dataclass(frozen=True)
class Case:
    """A test scene at the family's size: scene, picture, and the visible mask of every thing large enough."""

    scene: Scene
    picture: NDArray[np.uint8]
    masks: dict[int, NDArray[np.bool_]]


@cache
def cases(count: int, size: int = 64) -> tuple[Case, ...]:
    """The first `count` test scenes, `size` pixels a side."""
    out = []
    for i in range(count):
        scene = sample_scene(seed_for("test", i))
        drawn = render(scene, size)
        masks = {t.id: drawn.visible[t.id] for t in scene.things if drawn.visible[t.id].mean() >= SMALLEST}
        out.append(Case(scene, drawn.picture, masks))
    return tuple(out)


def tensors(pictures: list[NDArray[np.uint8]]) -> torch.Tensor:
    """Pictures as ``(N, 3, H, W)`` in -1..1."""
    return to_tensors(np.stack(pictures))


@torch.no_grad()
def vae(zoo: Zoo, count: int, report: Reporter) -> Figures:
    """Peak signal-to-noise ratio of pictures that went through the autoencoder, in dB."""
    model = zoo.load("AutoencoderKL", "vae")
    ratios = []
    for part in _parts(cases(count), 32, "vae", report):
        x = tensors([c.picture for c in part])
        y = model.decode(model.encode(x).latent_dist.mean).sample.clamp(-1, 1)
        ratios += (-10 * torch.log10(((x - y) / 2).pow(2).mean((1, 2, 3)))).tolist()
    return {"PSNR dB": float(np.mean(ratios))}


@torch.no_grad()
def clip(zoo: Zoo, count: int, report: Reporter) -> Figures:
    """Share of captions whose scene comes first among 100, and of single things named right among all that differ."""
    from transformers import CLIPTokenizer

    model, tokenizer = zoo.load("CLIPModel", "clip"), CLIPTokenizer.from_pretrained(zoo.path("clip"))
    hits, right = [], []
    for part in _parts(cases(count), 100, "clip", report):
        texts = [caption(c.scene) for c in part]
        scores = _similarity(model, tokenizer, texts, tensors([c.picture for c in part]))
        hits += (scores.argmax(1) == torch.arange(len(part))).tolist()
        things = [(described(c.scene.thing(i)), _around(c.picture, m)) for c in part for i, m in c.masks.items()]
        names = sorted({n for n, _ in things})
        scores = _similarity(model, tokenizer, names, tensors([p for _, p in things]))
        right += [names[k] == n for k, (n, _) in zip(scores.argmax(0).tolist(), things, strict=True)]
    return {"caption finds scene, of 100": float(np.mean(hits)), "cut-out named right": float(np.mean(right))}


def _similarity(model: Any, tokenizer: Any, texts: list[str], pixels: torch.Tensor) -> torch.Tensor:
    length = model.config.text_config.max_position_embeddings
    ids = tokenizer(texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt").input_ids
    return torch.as_tensor(model(input_ids=ids, pixel_values=pixels).logits_per_text)


def _around(picture: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    import cv2

    x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
    side = min(picture.shape[0], int(max(w, h) * 1.3) + 2)
    x0 = int(np.clip(x + w / 2 - side / 2, 0, picture.shape[1] - side))
    y0 = int(np.clip(y + h / 2 - side / 2, 0, picture.shape[0] - side))
    cut = picture[y0 : y0 + side, x0 : x0 + side]
    return np.asarray(cv2.resize(cut, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


@torch.no_grad()
def segformer(zoo: Zoo, count: int, report: Reporter) -> Figures:
    """Mean over the classes of intersection over union, all test pixels together."""
    from transformers import AutoImageProcessor

    model = zoo.load("SegformerForSemanticSegmentation", "segformer")
    side = AutoImageProcessor.from_pretrained(zoo.path("segformer")).size["height"]
    ids = {name: i for i, name in model.config.id2label.items()}
    both, either = np.zeros(len(ids)), np.zeros(len(ids))
    for part in _parts(cases(count, side), 32, "segformer", report):
        logits = model(tensors([c.picture for c in part])).logits
        size = part[0].picture.shape[0]
        found = F.interpolate(logits, size=(size, size), mode="bilinear", align_corners=False).argmax(1).numpy()
        for c, seen in zip(part, found, strict=True):
            want = np.zeros_like(seen)
            for i, m in render(c.scene, size).visible.items():
                want[m] = int(ids[c.scene.thing(i).kind])
            for k in np.union1d(np.unique(seen), np.unique(want)):
                both[k] += ((seen == k) & (want == k)).sum()
                either[k] += ((seen == k) | (want == k)).sum()
    return {"mIoU": float((both / np.maximum(either, 1))[either > 0].mean())}


@torch.no_grad()
def grounder(zoo: Zoo, count: int, report: Reporter) -> Figures:
    """Mean intersection over union for phrases that mean one thing, by what it takes to understand them."""
    from transformers import CLIPTokenizer

    model = zoo.load("CLIPSegForImageSegmentation", "grounder")
    tokenizer = CLIPTokenizer.from_pretrained(zoo.path("grounder"))
    length = model.config.text_config.max_position_embeddings
    by_level: dict[str, list[float]] = defaultdict(list)
    for part in _parts(cases(count, model.config.vision_config.image_size), 8, "grounder", report):
        asked = [(c, e) for c in part for e in expressions(c.scene) if e.target in c.masks]
        ids = tokenizer(
            [e.text for _, e in asked], padding="max_length", truncation=True, max_length=length, return_tensors="pt"
        ).input_ids
        logits = model(input_ids=ids, pixel_values=tensors([c.picture for c, _ in asked])).logits
        for (c, e), seen in zip(asked, logits.reshape(len(asked), *logits.shape[-2:]), strict=True):
            by_level[e.level].append(iou(seen.numpy() > 0, c.masks[e.target]))
    every = [v for level in by_level.values() for v in level]
    return {"mIoU": float(np.mean(every)), **{f"mIoU {k}": float(np.mean(v)) for k, v in by_level.items()}}


@torch.no_grad()
def sam(zoo: Zoo, count: int, report: Reporter) -> Figures:
    """Mean intersection over union from a thing's box, and from one point in its middle (best-scored of three)."""
    model = zoo.load("SamModel", "sam")
    from_box, from_point = [], []
    side = model.config.vision_config.image_size
    for part in _parts(cases(count, side), 1, "sam", report):
        masks = list(part[0].masks.values())
        if not masks:
            continue
        seen = model.get_image_embeddings(tensors([part[0].picture]))
        box = torch.tensor([[_box(m) for m in masks]], dtype=torch.float32)
        out = model(image_embeddings=seen, input_boxes=box, multimask_output=False)
        found = _enlarged(out.pred_masks[0, :, 0], side)
        from_box += [iou(p > 0, m) for p, m in zip(found, masks, strict=True)]
        point = torch.tensor([[[_middle(m)] for m in masks]], dtype=torch.float32)
        labels = torch.ones(point.shape[:3], dtype=torch.long)
        out = model(image_embeddings=seen, input_points=point, input_labels=labels, multimask_output=True)
        best = out.iou_scores[0].argmax(1)
        found = _enlarged(out.pred_masks[0, torch.arange(len(best)), best], side)
        from_point += [iou(p > 0, m) for p, m in zip(found, masks, strict=True)]
    return {"IoU from box": float(np.mean(from_box)), "IoU from point": float(np.mean(from_point))}


def judge(zoo: Zoo, count: int, report: Reporter) -> Figures:
    """How often the judge is right about things as they were drawn, in the cut-outs that it later judges inpainted."""
    from finetouch.evaluate.lab.making import holes

    report.update("judge", 0, count)
    real = [h for h in holes(count) if h.plain]
    verdicts = Judge(zoo).read(np.stack([h.picture for h in real]), np.stack([h.mask for h in real]))
    pairs = list(zip(verdicts, [h.there for h in real], strict=True))
    return {
        "class": float(np.mean([v.kind == t.kind for v, t in pairs])),
        "color": float(np.mean([v.color == t.color for v, t in pairs])),
    }


def _enlarged(masks: torch.Tensor, side: int) -> NDArray[np.float32]:
    found = F.interpolate(masks[:, None], size=(side, side), mode="bilinear", align_corners=False)[:, 0]
    return np.asarray(found.numpy(), np.float32)


def _box(mask: NDArray[np.bool_]) -> list[float]:
    rows, columns = np.nonzero(mask)
    return [float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)]


def _middle(mask: NDArray[np.bool_]) -> list[float]:
    import cv2

    depth = cv2.distanceTransform(np.pad(mask.view(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return [float(x), float(y)]


def _parts(all_cases: tuple[Case, ...], size: int, name: str, report: Reporter) -> list[tuple[Case, ...]]:
    out = []
    for at in range(0, len(all_cases), size):
        report.update(name, at, len(all_cases))
        out.append(all_cases[at : at + size])
    return out
