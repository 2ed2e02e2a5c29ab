"""What somebody wants done in the tests of the page: on a photo, and on a scene of the lab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from files import png

from finetouch.hub import care
from finetouch.hub.presets import preset

LAB_ROLES = ("grounder", "segmenter", "semantic", "clip", "inpaint")


@dataclass(frozen=True)
class Job:
    """What somebody wants done to a photo, and where to correct the selection by hand (picture pixels)."""

    preset: str
    photo: Path
    words: str
    noun: str
    stroke: tuple[tuple[float, float], ...]
    click: tuple[float, float]
    again: str


def on_a_photo(photo: Path) -> Job:
    """The cup, with what is built in."""
    stroke = ((60, 340), (120, 350), (160, 345))
    return Job("embedded", photo, "make the cup blue", "cup", stroke, (300, 90), "make the cup green")


def on_a_scene(folder: Path) -> Job:
    """One thing of a picture-book scene becomes another, with the models of the lab."""
    pytest.importorskip("diffusers", reason="the extra [diffusion] is not installed")
    roles = preset("lab").roles
    lacking = [name for name in LAB_ROLES if name not in roles or not care.describe(roles[name])["present"]]
    if lacking:
        pytest.skip(f"not trained yet: {', '.join(lacking)} (finetouch models list)")
    from finetouch.lab import make_edit, possible_edits, sample_scene

    scenes = (sample_scene(seed) for seed in range(19, 4000, 20))
    scene = next(s for s in scenes if "replace" in {e.kind for e in possible_edits(s)})
    edit = make_edit(scene, "replace")
    pictures = edit.render(256)
    path = folder / "scene.png"
    path.write_bytes(png(pictures.before.picture))
    ys, xs = np.nonzero(pictures.mask > 0.5)
    near = int(np.argmin((xs - xs.mean()) ** 2 + (ys - ys.mean()) ** 2))
    noun = edit.plan.steps[0].target
    assert noun is not None
    stroke = ((20.0, 236.0), (40.0, 240.0), (60.0, 236.0))
    return Job("lab", path, edit.instruction, noun, stroke, (float(xs[near]), float(ys[near])), f"remove the {noun}")
