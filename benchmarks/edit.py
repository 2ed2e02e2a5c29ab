"""Speed and memory of the main job, and quality of hole filling next to other tools.

    python benchmarks/edit.py speed  [--data FOLDER]            times on a 1- and a 24-megapixel photo, cold process
    python benchmarks/edit.py memory                            peak memory of a 50-megapixel edit
    python benchmarks/edit.py fill   [--data FOLDER] [--iopaint EXE]   known pixels are hidden and filled again

Every comparison is made in one run on one machine; read the ratios, not the seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

import finetouch
from finetouch import registry
from finetouch.contracts import Scene
from finetouch.engine.pipeline import Options, Pipeline
from finetouch.imaging import io, masks
from finetouch.imaging.crop import CropZoom
from finetouch.imaging.inpaint import bare_patchmatch
from finetouch.types import EditPlan, EditStep, Picture, Region

REPEATS = 5


def best(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median seconds of several calls after one warm-up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def enlarged(pixels: np.ndarray, megapixels: float) -> np.ndarray:
    """The photo at another size, same aspect."""
    scale = (megapixels * 1e6 / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)


def sample_photo() -> np.ndarray:
    """The coffee photo that scikit-image ships."""
    from skimage import data

    return np.ascontiguousarray(data.coffee())


def surrounded(photo: np.ndarray, megapixels: float) -> np.ndarray:
    """The photo in the middle of a larger one, continued by its mirror images: the same pixels around the middle."""
    height, width = photo.shape[:2]
    grow = (megapixels * 1e6 / (height * width)) ** 0.5 - 1
    rows, columns = round(height * grow / 2), round(width * grow / 2)
    return np.ascontiguousarray(np.pad(photo, ((rows, rows), (columns, columns), (0, 0)), mode="symmetric"))


def disc(shape: tuple[int, int], center: tuple[float, float], diameter: int) -> Region:
    """A round selection."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    inside = (x - center[0] * shape[1]) ** 2 + (y - center[1] * shape[0]) ** 2 <= (diameter / 2) ** 2
    return Region.of(inside, label="disc", source="benchmark")


def speed(console: Console) -> None:
    """Times of the stages; each limit is the project's own."""
    photo = enlarged(sample_photo(), 1.0)
    picture = io.from_array(photo)
    pipeline = Pipeline("embedded")
    words = ["remove the man on the far right in the black top", "make the cup blue", "blur the background"]
    for text in words:
        pipeline.plan(text)
    rows: list[tuple[str, float, str]] = []
    parse = best(lambda: [pipeline.plan(t) for t in words], 50) / len(words)
    rows.append(("parse one instruction", parse, "0.002"))

    def select() -> None:
        finetouch.Editor(picture).select("the cup")

    rows.append(("select, network included", best(select), "0.6"))
    cup = pipeline.select(picture, pipeline.plan("remove the cup").steps[0].query()).region
    cases = {
        "recolor": (EditStep(op="recolor", target="cup", color="blue"), cup),
        "adjust": (EditStep(op="adjust", target="cup", params={"brightness": 0.3}), cup),
        "background blur": (EditStep(op="adjust", target="background", params={"blur": 0.4}), ~cup),
        "background white": (EditStep(op="background", target="background", params={"color": "white"}), ~cup),
    }
    for name, (step, region) in cases.items():
        options = Options(seed=1, region=region, verify=False)
        seconds = best(lambda s=step, o=options: pipeline.run(picture, EditPlan(steps=(s,)), o))  # type: ignore[misc]
        rows.append((f"{name}, after selection", seconds, "1.0"))
    cold = [_cold(photo) for _ in range(3)]
    rows.append(("whole process: recolor, cold", statistics.median(cold), "2.5"))
    table = Table("1-megapixel photo", "seconds", "limit", box=None)
    for name, seconds, limit in rows:
        table.add_row(name, f"{seconds:.4f}", limit)
    console.print(table)
    _removal(console, picture)
    _large(console)


def _cold(photo: np.ndarray) -> float:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.png")
        io.save(io.from_array(photo), source)
        command = [sys.executable, "-m", "finetouch.cli.main", "edit", str(source), "make the cup blue"]
        start = time.perf_counter()
        subprocess.run([*command, "-o", f"{folder}/out.png"], check=True, capture_output=True)
        return time.perf_counter() - start


def _removal(console: Console, picture: Picture) -> None:
    region = disc((picture.height, picture.width), (0.5, 0.45), 240)
    spec = registry.get("editor", "fill")
    method, step = spec.make(), EditStep(op="remove")
    area = method.area(Scene(picture, region, step, method.Params()))
    zoom = CropZoom.around(area.box, picture.size, spec.context, spec.min_context, spec.max_side)
    crop, hole = zoom.cut(picture.pixels), zoom.cut_mask(area.mask) > 0
    ours = best(lambda: _remove(picture, region), 3)
    bare = best(lambda: bare_patchmatch(crop, hole), 3)
    console.print(f"removal of a 240-px disc: {ours:.3f} s; bare PatchMatch call on the same crop: {bare:.3f} s")
    console.print(f"ratio {ours / bare:.2f} (limit 1.3)\n")


def _large(console: Console) -> None:
    photo = enlarged(sample_photo(), 1.0)
    small, large = io.from_array(photo), io.from_array(surrounded(photo, 24.0))
    a, b = (best(lambda p=p, r=r: _remove(p, r), 3) for p, r in ((p, _middle(p)) for p in (small, large)))  # type: ignore[misc]
    console.print(f"removal of a 300-px object: {a:.3f} s on 1 megapixel, {b:.3f} s on 24 megapixels")
    console.print(f"ratio {b / a:.2f} (limit 1.5)\n")


def _middle(picture: Picture) -> Region:
    return disc((picture.height, picture.width), (0.5, 0.5), 300)


def _remove(picture: Picture, region: Region, method: str = "fill", **params: object) -> Picture:
    step = EditStep(op="remove", params=params)
    options = Options(method=method, seed=1, region=region, verify=False)
    return Pipeline("embedded").run(picture, EditPlan(steps=(step,)), options).picture


_MEMORY = """
import resource, sys, numpy as np, finetouch
result = finetouch.edit(sys.argv[1], sys.argv[2], seed=1)
result.save(sys.argv[3], overwrite=True)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, result.seconds, result.outside_change)
"""


def memory(console: Console) -> None:
    """Peak memory of whole processes on a 50-megapixel photo."""
    table = Table("50-megapixel photo", "peak GB", "seconds", "limit GB", box=None)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.jpg")
        io.save(io.from_array(enlarged(sample_photo(), 50.0)), source)
        for words in ("make the cup blue", "remove the cup", "blur the background", "make the picture brighter"):
            command = [sys.executable, "-c", _MEMORY, str(source), words, f"{folder}/out.png"]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            peak, seconds = (float(v) for v in done.stdout.split()[:2])
            table.add_row(words, f"{peak:.2f}", f"{seconds:.1f}", "3.0")
    console.print(table)


def holes(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Three blobs of the size of removable things, about 5 % of the photo."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width]
    out = np.zeros(shape, dtype=np.float32)
    for _ in range(3):
        cx, cy = rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height
        angle = np.arctan2(y - cy, x - cx)
        waves = sum(rng.normal(0, 0.12) * np.cos(k * angle + rng.uniform(0, 6.3)) for k in (2, 3, 5))
        out[np.hypot(x - cx, y - cy) < 0.07 * min(shape) * (1 + waves) * rng.uniform(0.8, 1.6)] = 1
    return out


def seam(pixels: np.ndarray, mask: np.ndarray) -> float:
    """Mean jump of brightness across the hole's rim, over the mean jump of the photo just outside (1 = no seam)."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    jump = np.abs(cv2.Sobel(gray, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    rim = (masks.grow(mask, 1) > 0) & (masks.shrink(mask, 1) < 1)
    ring = (masks.grow(mask, 8) > 0) & (masks.grow(mask, 2) == 0)
    return float((jump[rim].mean() + 1) / (jump[ring].mean() + 1))


def detail(filled: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Mean gradient inside the hole over that of the hidden pixels: 1 as detailed as the photo, 0 a smear."""
    inside = masks.shrink(mask, 2) > 0.5

    def gradient(pixels: np.ndarray) -> float:
        gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return float(
            (np.abs(cv2.Sobel(gray, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(gray, cv2.CV_32F, 0, 1)))[inside].mean()
        )

    return (gradient(filled) + 1) / (gradient(truth) + 1)


def fill(console: Console, data: Path, iopaint: str | None) -> None:
    """Known pixels are hidden and filled again: how close, how smooth, how long."""
    from skimage.metrics import structural_similarity
    from skimage.restoration import inpaint_biharmonic

    photos = sorted((data / "demo").glob("*.jpg"))[:20]
    if not photos:
        raise SystemExit(f"no photos in {data / 'demo'}; give --data FOLDER")

    def ours(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return _remove(io.from_array(pixels), Region(mask, source="benchmark"), "fill", shadow=False).pixels

    def telea(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return cv2.inpaint(pixels, (mask > 0.5).astype(np.uint8), 5, cv2.INPAINT_TELEA)

    def biharmonic(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
        filled = inpaint_biharmonic(pixels, mask > 0.5, split_into_regions=True, channel_axis=2)
        return np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8)

    tools: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
        "finetouch fill": ours, "OpenCV Telea": telea, "scikit-image biharmonic": biharmonic,
    }  # fmt: skip
    if iopaint:
        tools["IOPaint cv2, its CLI"] = lambda pixels, mask: _iopaint(iopaint, pixels, mask)
    table = Table(
        "tool", "photos", "PSNR in the hole", "SSIM", "seam (1 = none)", "detail (1 = photo)", "median s", box=None
    )
    for name, tool in tools.items():
        scores = []
        for number, path in enumerate(photos):
            pixels = io.load(path).pixels
            mask = holes(pixels.shape[:2], np.random.default_rng(number))
            hidden = pixels.copy()
            hidden[mask > 0.5] = 127
            start = time.perf_counter()
            filled = tool(hidden, mask)
            seconds = time.perf_counter() - start
            error = float(np.mean((filled[mask > 0.5].astype(float) - pixels[mask > 0.5]) ** 2))
            _, ssim = structural_similarity(pixels, filled, channel_axis=2, full=True)
            psnr = 10 * np.log10(255**2 / max(error, 1e-9))
            numbers = (seam(filled, mask), detail(filled, pixels, mask), seconds)
            scores.append((psnr, float(ssim[mask > 0.5].mean()), *numbers))
        psnr, ssim, rim, fine, _ = np.mean(scores, axis=0)
        middle = statistics.median(s[4] for s in scores)
        row = (f"{psnr:.2f} dB", f"{ssim:.3f}", f"{rim:.2f}", f"{fine:.2f}", f"{middle:.2f}")
        table.add_row(name, str(len(photos)), *row)
    console.print(table)
    if not iopaint:
        console.print("IOPaint was not measured: give --iopaint with the path of its executable.")


def _iopaint(executable: str, pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        source, hole, out = Path(folder, "a.png"), Path(folder, "m.png"), Path(folder, "out")
        io.save(io.from_array(pixels), source)
        io.save_gray(mask, str(hole))
        command = [executable, "run", "--model", "cv2", "--device", "cpu", "--image", source, "--mask", hole]
        subprocess.run(
            [*command, "--output", out], check=True, capture_output=True, env={**os.environ, "COLUMNS": "200"}
        )
        return io.load(next(out.glob("*.png"))).pixels


def main() -> None:
    default = Path(os.environ.get("FINETOUCH_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "memory", "fill"])
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--iopaint")
    args = parser.parse_args()
    console = Console(width=120)
    if args.what == "fill":
        fill(console, args.data, args.iopaint)
    else:
        {"speed": speed, "memory": memory}[args.what](console)


if __name__ == "__main__":
    main()
