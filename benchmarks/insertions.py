"""Ten insertions into real photos, to be looked at: ``python benchmarks/insertions.py OUT [--photos FOLDER]``.

Without a folder the photos are those that scikit-image ships; FOLDER is one of demo photos that are not part of the
repository. References are cut out of other photos by the bundled selector. Every panel is the result with what the
stages said; nothing is left out.
"""

from __future__ import annotations

import argparse
import textwrap
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from finetouch.engine.pipeline import Options, Pipeline
from finetouch.errors import FinetouchError
from finetouch.imaging import io, masks
from finetouch.plan.phrase import parse_phrase
from finetouch.types import Picture

SHIPPED = {
    "coffee": data.coffee, "cat": data.chelsea, "astronaut": data.astronaut, "rocket": data.rocket,
    "motorcycle": lambda: data.stereo_motorcycle()[0],
}  # fmt: skip
OWN_CASES = (
    ("motorcycle", "add a cup on the bench", "coffee", "cup"),
    ("motorcycle", "add a cat", "cat", "cat"),
    ("motorcycle", "add a person", "astronaut", "person"),
    ("motorcycle", "replace the motorcycle with a rocket", "rocket", "rocket"),
    ("rocket", "add a motorcycle", "motorcycle", "motorcycle"),
    ("rocket", "add a person left of the rocket", "astronaut", "person"),
    ("coffee", "replace the cup with a cat", "cat", "cat"),
    ("coffee", "add a rocket on the table", "rocket", "rocket"),
    ("astronaut", "add a cup", "coffee", "cup"),
    ("cat", "add a cup", "coffee", "cup"),
)
CASES = (
    ("beach_horses", "add a dog", "dog_bench", "dog"),
    ("cake_and_tea", "add a teacup", "pink_teacup", "cup"),
    ("bedroom", "add a vase on the table", "flower_vase", "vase and flowers"),
    ("man_and_car", "add a motorcycle", "motorbike", "motorcycle"),
    ("snow_landscape", "add a bear", "brown_bear", "bear"),
    ("snow_landscape", "add a bus", "school_bus", "bus"),
    ("beach_horses", "add a car", "sports_car", "car"),
    ("dog_bench", "replace the dog with a vase", "flower_vase", "vase and flowers"),
    ("coffee_cup", "replace the cup with a teacup", "pink_teacup", "cup"),
    ("skier", "replace the skier with a bear", "brown_bear", "bear"),
)
WIDE, HIGH = 360, 250


def cut_out(pipeline: Pipeline, photo: Picture, phrase: str) -> Picture:
    """A thing of a photo with everything else transparent."""
    try:
        region = pipeline.select(photo, parse_phrase(phrase)).region
    except FinetouchError:
        region = pipeline.select(photo, parse_phrase(phrase.split(" and ")[0])).region
    alpha = np.rint(masks.feather(masks.shrink(region.mask, 1), 1.5) * 255).astype(np.uint8)
    return Picture(photo.pixels, alpha, name=photo.name)


def panel(number: int, words: str, picture: np.ndarray, lines: list[str]) -> Image.Image:
    """A result with its words under it."""
    high = round(WIDE * picture.shape[0] / picture.shape[1])
    out = Image.new("RGB", (WIDE, HIGH + 116), (250, 250, 248))
    shown = Image.fromarray(picture).resize((WIDE, high), Image.Resampling.LANCZOS)
    shown.thumbnail((WIDE, HIGH))
    out.paste(shown, ((WIDE - shown.width) // 2, HIGH - shown.height))
    draw, font = ImageDraw.Draw(out), ImageFont.load_default(11)
    rows = textwrap.wrap(f"{number}. {words}", 62) + [r for line in lines for r in textwrap.wrap(line, 66)]
    for k, row in enumerate(rows[:8]):
        draw.text((4, HIGH + 3 + 14 * k), row, fill=(28, 28, 30), font=font)
    return out


def main() -> None:
    """Makes the sheet."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("out")
    ask.add_argument("--photos", type=Path)
    ask.add_argument("--source", choices=("auto", "rules", "network"), default="auto", help="who proposes places")
    args = ask.parse_args()
    pipeline, panels = Pipeline("embedded"), []

    def photo(name: str) -> Picture:
        if args.photos is None:
            return io.from_array(np.ascontiguousarray(SHIPPED[name]()))
        return io.load(args.photos / f"{name}.jpg")

    for number, (name, words, source, phrase) in enumerate(OWN_CASES if args.photos is None else CASES, 1):
        picture = photo(name)
        begun = time.perf_counter()
        try:
            reference = cut_out(pipeline, photo(source), phrase)
            options = Options(method="two-stage", reference=reference, seed=number, verify=False)
            plan = pipeline.plan(words)
            steps = tuple(t.model_copy(update={"params": {**t.params, "proposer": args.source}}) for t in plan.steps)
            result = pipeline.run(picture, plan.model_copy(update={"steps": steps}), options)
            pixels, lines = result.picture.pixels, list(result.steps[0].notes)
        except FinetouchError as error:
            pixels, lines = picture.pixels, [f"FAILED: {error.message}"]
        print(number, words, f"{time.perf_counter() - begun:.1f} s", *lines, sep="\n   ")
        panels.append(panel(number, words, pixels, lines))
    columns = 4
    sheet = Image.new("RGB", (columns * (WIDE + 8), -(-len(panels) // columns) * panels[0].height), (250, 250, 248))
    for k, p in enumerate(panels):
        sheet.paste(p, (k % columns * (WIDE + 8), k // columns * p.height))
    sheet.save(args.out, quality=62, method=6)


if __name__ == "__main__":
    main()
