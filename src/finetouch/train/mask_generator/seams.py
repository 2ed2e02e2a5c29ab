"""Backgrounds that give nothing away: traces of removals at decoys as often as at the true place.

A network that is shown removals finds their seams instead of learning where things belong: perfect in training, useless
on clean pictures. So some pictures are repainted at the true place and at one to three decoys, some at decoys alone,
some not at all; the repainted parts are larger than the thing by chance or boxes; the painters vary; and the whole
picture goes through an autoencoder, JPEG, blur or resampling at random.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
PAINTERS = ("telea", "stokes", "decoded", "blur", "noise", "patch")
CLEAN = 0.2
"""Share of pictures without any removal."""
ONLY_DECOYS = 0.25
"""Share of the others whose true place is untouched."""
OTHER_PAINTER = 0.3
"""Share of repainted parts that another painter does than the picture's usual one."""
WHOLE_DECODED = 0.35


def disguised(
    rng: np.random.Generator, background: Bytes, decoded: Bytes | None, gone: Bools, stamps: Sequence[Bools]
) -> tuple[Bytes, Bools]:
    """The background with removals painted in, and where the decoys are.

    Args:
        rng: Chance. background: ``(S, S, 3) uint8``, clean. decoded: The same through an autoencoder, or None.
        gone: What was removed, ``(S, S) bool``. stamps: Outlines of other things, for decoys.
    """
    other = background if decoded is None else decoded
    out = other.copy() if decoded is not None and rng.random() < WHOLE_DECODED else background.copy()
    decoys = np.zeros(gone.shape, np.bool_)
    if rng.random() >= CLEAN:
        usual = str(rng.choice(PAINTERS))
        parts = [decoy(rng, s) for s in stamps[: int(rng.integers(1, 4))]]
        for part in parts:
            decoys |= part
        if rng.random() >= ONLY_DECOYS:
            parts.insert(int(rng.integers(len(parts) + 1)), gone)
        for part in parts:
            name = str(rng.choice(PAINTERS)) if rng.random() < OTHER_PAINTER else usual
            out = repainted(rng, out, other, widened(rng, part), name)
    return worn(rng, out), decoys


def decoy(rng: np.random.Generator, stamp: Bools) -> Bools:
    """A thing's outline at another size and place, mirrored or not."""
    size = stamp.shape[0]
    x, y, w, h = cv2.boundingRect(stamp.view(np.uint8))
    scale = float(rng.uniform(0.7, 1.3))
    w2, h2 = (int(np.clip(round(v * scale), 3, size - 1)) for v in (w, h))
    piece = stamp[y : y + h, x : x + w].view(np.uint8)
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    piece = cv2.resize(np.ascontiguousarray(piece), (w2, h2), interpolation=cv2.INTER_NEAREST)
    out = np.zeros(stamp.shape, np.bool_)
    top, left = int(rng.integers(0, size - h2 + 1)), int(rng.integers(0, size - w2 + 1))
    out[top : top + h2, left : left + w2] = piece > 0
    return out


def widened(rng: np.random.Generator, part: Bools) -> Bools:
    """The part grown by a random 1 to 10 % of the side, or its grown box."""
    size = part.shape[0]
    reach = int(rng.integers(1, max(2, round(0.1 * size)) + 1))
    if rng.random() < 0.3:
        x, y, w, h = cv2.boundingRect(part.view(np.uint8))
        out = np.zeros_like(part)
        out[max(0, y - reach) : y + h + reach, max(0, x - reach) : x + w + reach] = True
        return out
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(part.view(np.uint8), kernel) > 0)


def repainted(rng: np.random.Generator, picture: Bytes, decoded: Bytes, hole: Bools, painter: str) -> Bytes:
    """The picture with a hole filled by one of `PAINTERS`."""
    mask = hole.view(np.uint8)
    if painter == "telea":
        return np.asarray(cv2.inpaint(picture, mask, 3, cv2.INPAINT_TELEA), np.uint8)
    if painter == "stokes":
        return np.asarray(cv2.inpaint(picture, mask, 3, cv2.INPAINT_NS), np.uint8)
    if painter == "decoded":
        new = decoded
    elif painter == "blur":
        new = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.7, 2.5)))
    elif painter == "noise":
        speckle = rng.normal(0, float(rng.uniform(2, 14)), picture.shape)
        new = np.clip(picture + speckle, 0, 255).astype(np.uint8)
    else:
        new = np.roll(picture, tuple(int(v) for v in rng.integers(-3, 4, 2)), (0, 1))
    soft = mask.astype(np.float32)
    if rng.random() < 0.5:
        soft = cv2.GaussianBlur(soft, (0, 0), 0.8)
    return np.rint(picture + (new.astype(np.float32) - picture) * soft[..., None]).astype(np.uint8)


def worn(rng: np.random.Generator, picture: Bytes) -> Bytes:
    """The whole picture after JPEG, blur, resampling, noise, or as it is."""
    chance = rng.random()
    size = picture.shape[0]
    if chance < 0.2:
        data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 96))])[1]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    if chance < 0.35:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 0.9))), np.uint8)
    if chance < 0.5:
        side = int(rng.integers(round(0.6 * size), size))
        small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)
    if chance < 0.65:
        noisy = picture + rng.normal(0, float(rng.uniform(1, 6)), picture.shape)
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return picture
