"""The method that docs/extending.md tells a newcomer to write works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
RUN = "import sys; sys.path.insert(0, '.'); import posterize; from finetouch.cli.main import main; main()"


def test_the_example_of_the_page_edits_a_photo(tmp_path: Path) -> None:
    from skimage import data

    text = PAGE.read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    command = re.search(r"\$ finetouch (edit cat\.jpg .*?)\n", text)
    assert code and command
    (tmp_path / "posterize.py").write_text(code.group(1))
    Image.fromarray(data.chelsea()).save(tmp_path / "cat.jpg")
    words = [w.strip('"') for w in re.findall(r'"[^"]*"|\S+', command.group(1))]
    done = subprocess.run([sys.executable, "-c", RUN, *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    before, after = np.asarray(Image.open(tmp_path / "cat.jpg")), np.asarray(Image.open(tmp_path / "out.png"))
    changed = (before != after).any(2)
    assert 0.3 < changed.mean() < 0.95, "the cat, not the picture"
    assert len(np.unique(after[changed])) < len(np.unique(before[changed]))
