"""The main job on two real photos that scikit-image ships; writes results and before / mask / after sheets.

Run it with ``make demo`` or ``python examples/demo.py [FOLDER]``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from skimage import data

import finetouch

EDITS: list[tuple[str, str, dict[str, Any]]] = [
    ("motorcycle", "blur the background", {}),
    ("motorcycle", "make the motorcycle blue", {}),
    ("coffee", "remove the spoon", {"box": (312, 190, 414, 334)}),
    ("coffee", "turn the picture into an oil painting", {}),
]
PHOTOS = {"motorcycle": lambda: data.stereo_motorcycle()[0], "coffee": data.coffee}


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    folder.mkdir(parents=True, exist_ok=True)
    editors = {name: finetouch.Editor(photo()) for name, photo in PHOTOS.items()}
    for number, (name, words, marks) in enumerate(EDITS, 1):
        editor = editors[name]
        result = editor.apply(words, seed=1, **marks)
        stem = f"{number}-{name}"
        result.save(folder / f"{stem}.png", overwrite=True)
        result.save_sheet(folder / f"{stem}-sheet.png", overwrite=True)
        print(f'{name}: "{words}"')
        for line in result.report:
            print(f"   {line}")
        editor.undo()
    print(f"\nResults and before / mask / after sheets: {folder.resolve()}/")


if __name__ == "__main__":
    main()
