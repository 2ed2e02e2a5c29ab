"""The promise of docs/lab.md: a drawn scene, one sentence, the preset lab, nothing from the net."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("diffusers")

from finetouch.lab import render, sample_scene
from finetouch.lab.zoo import Zoo

SEED = 273
pytestmark = pytest.mark.skipif(
    not all(Zoo().has(n) for n in ("grounder", "sam", "inpaint", "vae", "clip")), reason="the family is not complete"
)


def finetouch(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "finetouch.cli.main", *words], cwd=cwd, capture_output=True, text=True, timeout=500,
    )  # fmt: skip


@pytest.mark.slow
def test_a_red_ball_is_replaced_by_a_blue_cup(tmp_path: Path) -> None:
    made = finetouch("lab", "scene", "--seed", str(SEED), "--size", "256", "-o", "scene.png", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    done = finetouch(
        "edit", "scene.png", "replace the red ball with a blue cup", "--preset", "lab", "--offline", "--seed", "1",
        "-o", "out.png", "--save-mask", "mask.png", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outside_change"]["count"] == 0
    assert "UNEXPECTED" not in done.stderr and "Loading weights" not in done.stderr
    before, after, mask = (np.asarray(Image.open(tmp_path / n)) for n in ("scene.png", "out.png", "mask.png"))
    scene = sample_scene(SEED)
    ball = next(t for t in scene.things if (t.kind, t.color) == ("ball", "red"))
    own = render(scene, 256).visible[ball.id]
    changed = (before != after).any(2)
    assert not changed[mask == 0].any()
    assert changed[own].mean() > 0.5, "the ball is what changed"
