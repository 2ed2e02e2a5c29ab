"""Training crops: augmented pieces of labelled photos, and composites of cut-outs with exact instance labels."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from data import IGNORE, OWN, Photo, label_maps, load, photos

SIZE = 320
GRID = SIZE // 4
MIX = {
    "coco_panoptic": 0.26, OWN: 0.22, "composite": 0.21, "ccp_clothing": 0.14, "davis_objects": 0.06,
    "camvid_street": 0.04, "facade": 0.03, "bsds_regions": 0.04,
}  # fmt: skip
FARTHEST, NEAREST = 0.75, {"coco_panoptic": 2.4, OWN: 2.4, "camvid_street": 2.6}
"""Smallest and largest size of a photo, in crops; 1.9 for other sets."""


@lru_cache(maxsize=1)
def pools() -> dict[str, tuple[list[Photo], np.ndarray]]:
    """Training photos and drawing probabilities of every set."""
    out = {}
    for kind in {p.kind for p in photos()}:
        members = [p for p in photos() if p.kind == kind and not p.validation]
        w = np.array([p.weight for p in members])
        out[kind] = (members, w / w.sum())
    return out


def draw(kind: str, rng: np.random.Generator) -> Photo:
    members, p = pools()[kind]
    return members[int(rng.choice(len(members), p=p))]


def jitter(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brightness ±25 % and ±20, contrast ±25 %, saturation ×0.6..1.4, per-channel shift ±10."""
    x = image.astype(np.float32)
    x = x * rng.uniform(0.75, 1.25) + rng.uniform(-20, 20)
    mean = x.mean()
    x = (x - mean) * rng.uniform(0.75, 1.25) + mean
    grey = x.mean(axis=2, keepdims=True)
    x = (x - grey) * rng.uniform(0.6, 1.4) + grey + rng.uniform(-10, 10, size=3).astype(np.float32)
    return np.clip(x, 0, 255)


def scaled(photo: Photo, scale: float, aspect: float) -> tuple[np.ndarray, np.ndarray]:
    """Image and ``(3, h, w)`` labels at long side `scale` px."""
    image, ids = load(photo.file, photo.mask)
    h, w = ids.shape
    k = scale / max(h, w)
    size = (max(16, round(w * k * aspect**0.5)), max(16, round(h * k / aspect**0.5)))
    how = cv2.INTER_AREA if k < 0.85 else cv2.INTER_LINEAR
    labels = label_maps(photo, cv2.resize(ids, size, interpolation=cv2.INTER_NEAREST))
    return cv2.resize(image, size, interpolation=how), labels


def window(image: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A SIZE × SIZE window at a random place, grey where the photo ends, half the time mirrored."""
    h, w = image.shape[:2]
    out = np.full((SIZE, SIZE, 3), 127, np.float32)
    lab = np.full((3, SIZE, SIZE), IGNORE, np.uint8)
    x = int(rng.integers(min(0, w - SIZE), max(0, w - SIZE) + 1))
    y = int(rng.integers(min(0, h - SIZE), max(0, h - SIZE) + 1))
    sx, sy, dx, dy = max(0, x), max(0, y), max(0, -x), max(0, -y)
    n, m = min(SIZE - dx, w - sx), min(SIZE - dy, h - sy)
    out[dy : dy + m, dx : dx + n] = jitter(image, rng)[sy : sy + m, sx : sx + n]
    lab[:, dy : dy + m, dx : dx + n] = labels[:, sy : sy + m, sx : sx + n]
    if rng.random() < 0.5:
        out, lab = out[:, ::-1], lab[:, :, ::-1]
    return out, lab


def simple(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One augmented window of one photo of that set."""
    photo = draw(kind, rng)
    scale = SIZE * float(np.exp(rng.uniform(np.log(FARTHEST), np.log(NEAREST.get(kind, 1.9)))))
    if kind == "ccp_clothing":
        scale *= 1.1
    return window(*scaled(photo, scale, rng.uniform(0.9, 1.1)), rng)


def cutout(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """A whole object cut from a photo: image, ``(3, h, w)`` labels, matte; None when the draw was unusable."""
    kind = str(rng.choice(["ccp_clothing", "davis_objects", "coco_panoptic", OWN], p=[0.5, 0.1, 0.22, 0.18]))
    photo = draw(kind, rng)
    image, ids = load(photo.file, photo.mask)
    labels = label_maps(photo, ids)
    inst = labels[2]
    found = [i for i in np.unique(inst) if 0 < i < IGNORE and (inst == i).sum() >= 900]
    if not found:
        return None
    pick = int(found[int(rng.integers(len(found)))])
    on = inst == pick
    if kind == "ccp_clothing":
        on = on | ((labels[2] == IGNORE) & (ids > 0))  # the bag comes along
    ys, xs = np.nonzero(on)
    box = slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1)
    part = np.where(on[box], labels[(slice(None), *box)], IGNORE)
    return jitter(image[box], rng), part, on[box].astype(np.float32)


def paste(
    image: np.ndarray, labels: np.ndarray, piece: tuple[np.ndarray, ...], centre: float, height: float, floor: float,
    first: int, rng: np.random.Generator,
) -> None:  # fmt: skip
    """Puts a cut-out of that height with its feet at `floor` onto image and labels, in place."""
    part, lab, matte = piece
    k = height / part.shape[0]
    size = (max(4, round(part.shape[1] * k)), max(4, round(height)))
    if size[0] > 1.6 * SIZE:
        return
    how = cv2.INTER_AREA if k < 0.85 else cv2.INTER_LINEAR
    part, matte = cv2.resize(part, size, interpolation=how), cv2.resize(matte, size, interpolation=how)
    lab = np.stack([cv2.resize(c, size, interpolation=cv2.INTER_NEAREST) for c in lab])
    if rng.random() < 0.5:
        part, matte, lab = part[:, ::-1], matte[:, ::-1], lab[:, :, ::-1]
    x, y = round(centre - size[0] / 2), round(floor - size[1])
    x0, y0, x1, y1 = max(0, x), max(0, y), min(SIZE, x + size[0]), min(SIZE, y + size[1])
    if x1 - x0 < 8 or y1 - y0 < 8:
        return
    src = slice(y0 - y, y1 - y), slice(x0 - x, x1 - x)
    dst = slice(y0, y1), slice(x0, x1)
    soft = cv2.GaussianBlur(matte, (0, 0), 0.8)[src]
    image[dst] = image[dst] * (1 - soft[..., None]) + part[src] * soft[..., None]
    hard = matte[src] > 0.5
    new = lab[(slice(None), *src)].copy()
    known = (new[1] > 0) & (new[1] < IGNORE)
    new[1] = np.where(known, np.minimum(new[1].astype(int) + first, 250), IGNORE).astype(np.uint8)
    new[2] = np.where((new[2] > 0) & (new[2] < IGNORE), first, IGNORE)
    for c in range(3):
        labels[c][dst][hard] = new[c][hard]


def composite(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A photo with one to four cut-outs in it, side by side and overlapping."""
    kind = str(rng.choice(["coco_panoptic", "camvid_street", "facade", "bsds_regions"], p=[0.66, 0.12, 0.1, 0.12]))
    image, labels = simple(kind, rng)
    image, labels = image.copy(), labels.copy()
    count = int(rng.choice([1, 2, 3, 4], p=[0.2, 0.36, 0.27, 0.17]))
    height = SIZE * rng.uniform(0.35, 1.15)
    floor = rng.uniform(0.7, 1.1) * SIZE if height < 0.8 * SIZE else rng.uniform(0.95, 1.35) * SIZE
    gap = height * rng.uniform(0.16, 0.5)
    start = SIZE / 2 - gap * (count - 1) / 2 + rng.uniform(-40, 40)
    for n in rng.permutation(count):
        piece = cutout(rng)
        if piece is not None:
            where = start + gap * n + rng.normal(0, 0.06 * height)
            tall = height * rng.uniform(0.85, 1.15) * (1.0 if piece[0].shape[0] > piece[0].shape[1] else 0.6)
            paste(image, labels, piece, where, tall, floor + rng.normal(0, 6), 60 + 45 * int(n), rng)
    return image, labels


def crop(index: int, seed: int = 0, kinds: tuple[str, ...] = tuple(MIX)) -> tuple[np.ndarray, np.ndarray, str]:
    """Crop number `index`: ``(3, 320, 320) float32`` RGB, ``(3, 80, 80) uint8`` labels at stride 4, its kind."""
    rng = np.random.default_rng([seed, index])
    share = np.array([MIX[k] for k in kinds])
    kind = str(rng.choice(kinds, p=share / share.sum()))
    image, labels = composite(rng) if kind == "composite" else simple(kind, rng)
    return np.ascontiguousarray(image.transpose(2, 0, 1)), np.ascontiguousarray(labels[:, 2::4, 2::4]), kind
