"""The drawing styles as plain functions of pixels.

Each takes ``(H, W, 3) uint8`` RGB, the picture's side in px (so that strokes have the same size on every crop) and
the random generator, and returns pixels of the same shape.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.imaging import color

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def _u8(values: NDArray) -> Pixels:  # type: ignore[type-arg]
    return np.asarray(np.clip(values + 0.5, 0, 255), dtype=np.uint8)


def _grey(pixels: Pixels) -> Floats:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _blur(values: NDArray, sigma: float) -> Floats:  # type: ignore[type-arg]
    return np.asarray(cv2.GaussianBlur(values, (0, 0), max(0.3, sigma)), dtype=np.float32)


def _grain(shape: tuple[int, ...], rng: np.random.Generator, sigma: float, amount: float) -> Floats:
    noise = rng.standard_normal(shape[:2], dtype=np.float32)
    if sigma > 0:
        noise = _blur(noise, sigma)
        noise /= max(1e-6, float(noise.std()))
    return np.asarray(noise * np.float32(amount), dtype=np.float32)


def _s_curve(values: Floats, amount: float) -> Floats:
    unit = np.clip(values / 255, 0, 1)
    return np.asarray(255 * ((1 - amount) * unit + amount * unit * unit * (3 - 2 * unit)), dtype=np.float32)


def _ramp(values: Floats, stops: list[tuple[float, color.RGB]]) -> Floats:
    """Grey levels mapped to colours through the stops, in Lab so that the middle tones stay even."""
    places = [p for p, _ in stops]
    labs = np.array([color.lab_of(c) for _, c in stops])
    table = np.stack([np.interp(np.arange(256), places, labs[:, i]) for i in range(3)], axis=-1).astype(np.float32)
    rgb = color.lab_to_srgb(table[None])[0]
    return rgb[np.clip(values, 0, 255).astype(np.uint8)].astype(np.float32)


def black_and_white(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Black and white film: skin a little brighter, sky a little darker, gentle contrast."""
    r, g, b = (pixels[..., i].astype(np.float32) for i in range(3))
    grey = _s_curve(0.4 * r + 0.45 * g + 0.15 * b, 0.45)
    return _u8(np.repeat(grey[..., None], 3, axis=-1))


def sepia(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Brown-toned print."""
    stops = [(0.0, (28, 18, 10)), (90.0, (112, 80, 50)), (180.0, (206, 172, 128)), (255.0, (255, 242, 218))]
    return _u8(_ramp(_s_curve(_grey(pixels), 0.25), stops))


def vintage(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Faded colour print: lifted blacks, warm lights, fine grain."""
    image = pixels.astype(np.float32)
    grey = _grey(pixels)[..., None]
    image = grey + 0.7 * (image - grey)
    lifted = image * np.array([0.86, 0.82, 0.68], np.float32) + np.array([34, 28, 42], np.float32)
    return _u8(_s_curve(lifted, 0.15) + _grain(pixels.shape, rng, size / 1400, 5.0)[..., None])


def cinematic(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Teal shadows, warm lights, stronger contrast."""
    lab = color.srgb_to_lab(pixels)
    unit = np.clip(lab[..., 0] / 100, 0, 1)
    lab[..., 0] = 100 * (0.55 * unit + 0.45 * unit * unit * (3 - 2 * unit))
    lab[..., 1] = 0.95 * lab[..., 1] + 7 * (unit - 0.5)
    lab[..., 2] = 0.95 * lab[..., 2] + 22 * (unit - 0.45)
    return color.lab_to_srgb(lab)


def negative(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Every colour inverted."""
    return np.asarray(255 - pixels, dtype=np.uint8)


def emboss(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Relief lit from the upper left."""
    grey = _blur(_grey(pixels), size / 900)
    kernel = np.array([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]], np.float32)
    relief = 128 + 0.9 * cv2.filter2D(grey, -1, kernel, borderType=cv2.BORDER_REFLECT)
    return _u8(np.repeat(relief[..., None], 3, axis=-1))


def _pencil(pixels: Pixels, size: float) -> Floats:
    """Strokes on white paper, 0..255: dodged grey plus the finest edges."""
    grey = _grey(pixels)
    flat = cv2.bilateralFilter(pixels, 5, 30, 5)
    grey = 0.5 * grey + 0.5 * _grey(np.asarray(flat, np.uint8))
    wide = _blur(255 - grey, size / 70)
    fine = _blur(255 - grey, size / 300)
    dodge = np.minimum(grey * 255 / np.maximum(255 - wide, 1), 255)
    lines = np.minimum(grey * 255 / np.maximum(255 - fine, 1), 255)
    strokes = 255 * (dodge / 255) ** 0.9 * (lines / 255) ** 1.6
    shade = 0.82 + 0.18 * np.clip(grey / 140, 0, 1)
    return np.asarray(strokes * shade, dtype=np.float32)


def sketch(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Pencil drawing on white paper."""
    paper = _grain(pixels.shape, rng, 0.8, 1.0)
    strokes = _pencil(pixels, size)
    out = strokes + paper * (2 + 10 * (1 - strokes / 255))
    return _u8(np.repeat(out[..., None], 3, axis=-1))


def color_sketch(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Coloured pencils: pale colour under pencil strokes."""
    lab = color.srgb_to_lab(np.asarray(cv2.bilateralFilter(pixels, 9, 45, 9), np.uint8))
    strokes = _pencil(pixels, size) + _grain(pixels.shape, rng, 0.8, 6.0)
    lab[..., 0] = np.clip(0.35 * lab[..., 0] + 0.65 * strokes / 2.55, 0, 100)
    lab[..., 1:] *= 1.05
    return color.lab_to_srgb(lab)


def charcoal(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Charcoal on rough paper: broad dark strokes, smudged tones."""
    grey = _grey(pixels)
    smooth = _blur(grey, size / 350)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    edges = _blur(np.hypot(gx, gy), size / 700)
    tones = 90 + 0.62 * _s_curve(smooth, 0.6)
    paper = _grain(pixels.shape, rng, 1.0, 1.0)
    dark = np.clip(edges * 1.8, 0, 210)
    out = tones - dark + paper * (6 + 14 * np.clip((255 - tones) / 160, 0, 1))
    return _u8(np.repeat(np.clip(out, 12, 250)[..., None], 3, axis=-1))


def _flat(pixels: Pixels, rounds: int) -> Pixels:
    out = pixels
    for _ in range(rounds):
        out = cv2.bilateralFilter(out, 7, 32, 7)
    return np.asarray(out, dtype=np.uint8)


def _ink(pixels: Pixels, size: float, gain: float) -> Floats:
    """Ink lines 0 (ink) .. 1 by an extended difference of Gaussians (Winnemöller, 2011)."""
    lightness = _grey(pixels) / 255
    sigma = max(0.6, size / 900)
    sharp = _blur(lightness, sigma) * (1 + gain) - gain * _blur(lightness, sigma * 1.6)
    return np.asarray(np.where(sharp > 0.32, 1, 1 + np.tanh(9 * (sharp - 0.32))), dtype=np.float32)


def cartoon(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Flat colours in soft steps with dark outlines."""
    flat = _flat(pixels, 4)
    lab = color.srgb_to_lab(flat)
    step = 100 / 9
    level = lab[..., 0] / step
    base = np.floor(level) + 0.5
    lab[..., 0] = step * (base + 0.5 * np.tanh(6 * (level - base)) * 0.55 + 0.22 * (level - base))
    lab[..., 1:] *= 1.35
    flat = color.lab_to_srgb(lab)
    ink = _ink(_flat(pixels, 2), size, 14.0)
    return _u8(flat * (0.12 + 0.88 * ink)[..., None])


def poster(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Screen print with six levels of light and strong colour."""
    lab = color.srgb_to_lab(_flat(pixels, 3))
    lab[..., 0] = np.round(lab[..., 0] / 18) * 18 + 4
    lab[..., 1:] = np.round(lab[..., 1:] * 1.5 / 14) * 14
    return np.asarray(cv2.medianBlur(color.lab_to_srgb(lab), 5), dtype=np.uint8)


def pop_art(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Four bold colours by lightness with dots in the middle tones."""
    grey = _s_curve(cv2.createCLAHE(2.0, (4, 4)).apply(_u8(_grey(_flat(pixels, 2)))).astype(np.float32), 0.4)
    palette = np.array([[28, 20, 78], [226, 40, 104], [250, 178, 34], [255, 246, 204]], np.float32)
    dots = _screen(pixels.shape, max(4.0, size / 130), 45.0)
    level = np.clip(np.floor(grey / 64 + (dots - 0.5) * 0.7), 0, 3).astype(np.int64)
    ink = _ink(pixels, size, 12.0)[..., None]
    return _u8(palette[level] * (0.2 + 0.8 * ink))


def duotone(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Two inks: deep blue shadows, warm light."""
    return _u8(
        _ramp(_s_curve(_grey(pixels), 0.4), [(0.0, (24, 24, 82)), (140.0, (206, 84, 118)), (255.0, (255, 232, 190))])
    )


def _screen(shape: tuple[int, ...], cell: float, angle: float) -> Floats:
    """A print screen: 0..1, high in the middle of each dot."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    rad = np.radians(angle)
    u, v = (x * np.cos(rad) + y * np.sin(rad)) / cell, (y * np.cos(rad) - x * np.sin(rad)) / cell
    return np.asarray(0.5 + 0.25 * (np.cos(2 * np.pi * u) + np.cos(2 * np.pi * v)), dtype=np.float32)


def halftone(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Newspaper print: black dots on off-white paper."""
    cell = max(3.0, size / 160)
    grey = _s_curve(_blur(_grey(pixels), cell / 4), 0.3) / 255
    ink = np.clip(0.5 + 3.5 * (grey - _screen(pixels.shape, cell, 45.0)), 0, 1)
    paper, black = np.array([246, 240, 226], np.float32), np.array([26, 24, 26], np.float32)
    return _u8(black + ink[..., None] * (paper - black))


def mosaic(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Small square stones with joints and slightly different tones."""
    cell = max(4, round(size / 75))
    h, w = pixels.shape[:2]
    grid = (-(-w // cell), -(-h // cell))
    padded = cv2.copyMakeBorder(pixels, 0, grid[1] * cell - h, 0, grid[0] * cell - w, cv2.BORDER_REPLICATE)
    stones = cv2.resize(padded, grid, interpolation=cv2.INTER_AREA).astype(np.float32).reshape(grid[1], grid[0], 3)
    stones = stones * (1 + 0.05 * rng.standard_normal((grid[1], grid[0], 1), dtype=np.float32))
    big = np.repeat(np.repeat(stones, cell, axis=0), cell, axis=1)[:h, :w]
    y, x = np.arange(h) % cell, np.arange(w) % cell
    joint = (y < max(1, cell // 8))[:, None] | (x < max(1, cell // 8))[None]
    return _u8(np.where(joint[..., None], 0.45 * big + 20, big))


def pointillism(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Dabs of pure colour on a light ground, larger ones first."""
    h, w = pixels.shape[:2]
    smooth = _u8(_blur(pixels, size / 250))
    lab = color.srgb_to_lab(smooth)
    lab[..., 1:] *= 1.35
    out = color.lab_to_srgb(_wide(lab, size))
    for share in (1.0, 0.65, 0.45):
        radius = max(1.2, share * size / 130)
        cell = radius * 1.35
        xs = np.arange(0, w + cell, cell)
        ys = np.arange(0, h + cell, cell)
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        spots = grid + rng.uniform(-0.5, 0.5, grid.shape) * cell
        spots = rng.permutation(np.clip(spots, 0, [w - 1, h - 1]))
        picked = lab[spots[:, 1].astype(int), spots[:, 0].astype(int)]
        picked = picked + rng.normal(0, 1, picked.shape).astype(np.float32) * np.array([4, 6, 6], np.float32)
        inks = color.lab_to_srgb(picked[None])[0]
        for (x, y), ink in zip(spots, inks, strict=True):
            centre = (round(float(x) * 16), round(float(y) * 16))
            cv2.circle(out, centre, round(radius * 16), [int(c) for c in ink], -1, cv2.LINE_AA, 4)
    return out


def _wide(lab: Floats, size: float) -> Floats:
    return _blur(lab, size / 60)


def watercolor(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Washes of colour that pool at their edges, on paper with a tooth."""
    flat = cv2.edgePreservingFilter(np.ascontiguousarray(pixels), flags=1, sigma_s=50, sigma_r=0.45)
    flat = np.asarray(cv2.medianBlur(flat, 5), np.uint8)
    lab = color.srgb_to_lab(flat)
    lightness = lab[..., 0]
    gx, gy = cv2.Sobel(lightness, cv2.CV_32F, 1, 0), cv2.Sobel(lightness, cv2.CV_32F, 0, 1)
    pool = np.clip(_blur(np.hypot(gx, gy), size / 900) / 60, 0, 1)
    wash = _grain(pixels.shape, rng, size / 45, 3.0) + _grain(pixels.shape, rng, 1.0, 1.6)
    lab[..., 0] = np.clip(100 - (100 - lightness) * 0.86 - 16 * pool + wash, 0, 99)
    lab[..., 1:] *= (1.15 + 0.2 * pool)[..., None]
    return color.lab_to_srgb(lab)


def oil(pixels: Pixels, size: float, rng: np.random.Generator) -> Pixels:
    """Oil paint: short strokes along the forms with a little relief (anisotropic Kuwahara idea, eight sectors)."""
    radius = int(np.clip(round(size / 160), 2, 7))
    best, least = None, None
    image = pixels.astype(np.float32)
    for k in range(8):
        kernel = _sector(radius, k)
        mean = cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT)
        square = cv2.filter2D(image * image, -1, kernel, borderType=cv2.BORDER_REFLECT)
        spread = np.maximum((square - mean * mean).sum(axis=-1), 0)
        weight = 1 / (1 + (spread / 60) ** 4)[..., None]
        best = mean * weight if best is None else best + mean * weight
        least = weight if least is None else least + weight
    assert best is not None and least is not None
    flat = _u8(best / np.maximum(least, 1e-8))
    lab = color.srgb_to_lab(flat)
    strokes = _strokes(lab[..., 0], size, rng)
    lab[..., 0] = np.clip(lab[..., 0] + strokes, 0, 100)
    lab[..., 1:] *= 1.2
    return color.lab_to_srgb(lab)


def _sector(radius: int, index: int) -> Floats:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32)
    angle = np.arctan2(y, x) - index * np.pi / 4
    turn = np.abs((angle + np.pi) % (2 * np.pi) - np.pi)
    inside = (np.hypot(x, y) <= radius + 0.3) & ((turn <= np.pi / 6) | ((x == 0) & (y == 0)))
    kernel = inside.astype(np.float32) * np.exp(-(x * x + y * y) / (radius * radius))
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def _strokes(lightness: Floats, size: float, rng: np.random.Generator) -> Floats:
    """Brush relief: noise smeared along the direction of the forms, lit from the upper left."""
    smooth = _blur(lightness, size / 200)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    jxx, jyy, jxy = (_blur(v, size / 90) for v in (gx * gx, gy * gy, gx * gy))
    along = 0.5 * np.arctan2(2 * jxy, jxx - jyy) + np.pi / 2
    h, w = lightness.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    noise = _grain(lightness.shape, rng, 0.9, 1.0)
    dx, dy = np.cos(along).astype(np.float32), np.sin(along).astype(np.float32)
    total = np.zeros_like(noise)
    reach = max(3, round(size / 110))
    for t in np.linspace(-reach, reach, 9):
        total += cv2.remap(noise, x + np.float32(t) * dx, y + np.float32(t) * dy, cv2.INTER_LINEAR,
                           borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    relief = total / max(1e-6, float(total.std()))
    lit = cv2.filter2D(relief, -1, np.array([[-1, -0.5, 0], [-0.5, 0, 0.5], [0, 0.5, 1]], np.float32))
    return np.asarray(np.clip(1.4 * lit, -6, 6), dtype=np.float32)
