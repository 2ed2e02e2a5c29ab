"""Makes the pictures of the README and of docs/limits.md again, from photos that scikit-image ships.

    python examples/gallery.py [--only NAME] [--out docs/img]

Each line of GALLERY is what one would type; the command is printed with the result's report.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from skimage import data

import finetouch
from finetouch.errors import FinetouchError

PHOTOS = {
    "coffee": data.coffee,
    "cat": data.chelsea,
    "astronaut": data.astronaut,
    "rocket": data.rocket,
    "motorcycle": lambda: data.stereo_motorcycle()[0],
}
Entry = tuple[str, str, dict[str, object]]
GALLERY: dict[str, Entry] = {
    "blur": ("motorcycle", "blur the background", {}),
    "recolor": ("motorcycle", "make the motorcycle blue", {}),
    "spoon": ("coffee", "remove the spoon", {"box": (312, 190, 414, 334)}),
    "rocket": ("rocket", "remove the rocket", {"box": (285, 105, 365, 420), "grow": 12}),
    "background": ("astronaut", "make the background light blue", {}),
    "helmet": ("astronaut", "make the helmet red", {"box": (300, 335, 500, 512)}),
    "sky": ("rocket", "make the sky much brighter and more saturated", {}),
    "hair": ("astronaut", "make the hair blue", {}),
    "sketch": ("cat", "turn the picture into a pencil sketch", {}),
    "geometry": ("coffee", "flip the image and crop the bottom", {}),
}
LIMITS: dict[str, Entry] = {
    "limit-cup": ("coffee", "remove the cup", {}),
    "limit-helmet": ("astronaut", "remove the helmet", {"box": (300, 335, 500, 512)}),
}


def make(name: str, entry: Entry, folder: Path) -> bool:
    """One edit: saves its sheet and prints the command and the report."""
    photo, words, options = entry
    pixels = np.ascontiguousarray(PHOTOS[photo]())
    box: Any = options.get("box")
    points: Any = options.get("points", [])
    marks = f" --box {','.join(map(str, box))}" if box else ""
    marks += "".join(f" --point {x},{y}" for x, y in points)
    marks += f" --grow {options['grow']}" if "grow" in options else ""
    print(f'{name}: finetouch edit {photo}.png "{words}"{marks}')
    try:
        result = finetouch.edit(pixels, words, seed=1, **options)  # type: ignore[arg-type]
    except FinetouchError as error:
        print(f"   refused: {error.message}")
        return False
    for line in result.report:
        print(f"   {line}")
    from finetouch.engine.sheet import sheet

    Image.fromarray(sheet(result, side=360).pixels).save(folder / f"{name}.webp", quality=80, method=6)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "img")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    entries = {**GALLERY, **LIMITS}
    chosen = {k: v for k, v in entries.items() if args.only in (None, k)}
    if not chosen:
        sys.exit(f"no picture called '{args.only}'; there are: {', '.join(entries)}")
    made = [make(name, entry, args.out) for name, entry in chosen.items()]
    print(f"{sum(made)} pictures in {args.out}")


if __name__ == "__main__":
    main()
