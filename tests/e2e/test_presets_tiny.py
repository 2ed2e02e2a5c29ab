"""Every preset's command on a real photo: its own classes at tiny random size, in a cache, under the names it asks for.

What they paint is noise; that they are found, loaded, fitted together and that nothing else changes is the point.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

TESTS = Path(__file__).parents[1]
sys.path.append(str(TESTS / "select"))
sys.path.append(str(TESTS / "diffusion"))
import tiny_flux  # noqa: E402
import tiny_vision  # noqa: E402

import tiny_editors  # noqa: E402
import tiny_models  # noqa: E402
from finetouch.hub.presets import Place, preset  # noqa: E402


def latent_decoder(folder: Path) -> Path:
    tiny_models.vae(4).save_pretrained(folder)
    return folder


INPAINTERS: dict[str, Callable[[Path], Path]] = {
    "sd15": lambda folder: tiny_models.stable_diffusion(folder, blocks=4),
    "sdxl": lambda folder: tiny_models.stable_diffusion_xl(folder, blocks=4),
    "flux": lambda folder: tiny_flux.flux(folder, blocks=4),
}


def fill(cache: Path, name: str, scratch: Path) -> dict[str, Place]:
    """Lays tiny models where the preset looks for grounder, segmenter and inpainter; returns the places by role."""
    roles = preset(name).roles
    makers = {"grounder": tiny_vision.grounding_dino, "segmenter": tiny_vision.sam2, "inpaint": INPAINTERS[name]}
    for role, make in makers.items():
        place = roles[role].place
        tiny_models.in_cache(cache, place.id, make(scratch / role), place.revision)
        for key, part in roles[role].parts.items():
            if not part.optional:
                tiny_models.in_cache(cache, part.place.id, latent_decoder(scratch / key), part.place.revision)
    return {role: roles[role].place for role in makers}


@pytest.mark.slow
@pytest.mark.parametrize("name", INPAINTERS)
def test_the_command_runs_from_end_to_end(name, tmp_path, coffee):
    places = fill(tmp_path / "cache", name, tmp_path)
    Image.fromarray(coffee).save(tmp_path / "photo.png")
    mask = np.zeros(coffee.shape[:2], np.uint8)
    mask[120:280, 200:390] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "FINETOUCH_"))}
    clean |= {"HF_HUB_CACHE": str(tmp_path / "cache"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "finetouch.cli.main", "edit", "photo.png", "remove the cup", "--preset", name,
         "--mask", "mask.png", "--param", "steps=2", "--seed", "1", "-o", "out.png", "--json", "--device", "cpu"],
        cwd=tmp_path, capture_output=True, env=clean, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    document = json.loads(done.stdout)
    assert document["outside_change"]["count"] == 0 and document["steps"][0]["method"] == "inpaint"
    models = document["provenance"]["models"]
    assert set(models) == {"inpaint", "grounder", "segmenter"}, "the result was looked at again"
    for role, place in places.items():
        assert models[role].startswith(f"{place.id}@")
    before, after = (np.asarray(Image.open(tmp_path / f)) for f in ("photo.png", "out.png"))
    assert (before[mask == 0] == after[mask == 0]).mean() > 0.9 and (before[mask > 0] != after[mask > 0]).any()


INSTRUCTORS: dict[str, Callable[[Path], Path]] = {
    "sd15": lambda folder: tiny_editors.instruct_pix2pix(folder, blocks=4),
    "sdxl": lambda folder: tiny_editors.instruct_pix2pix(folder, blocks=4),
    "flux": lambda folder: tiny_editors.kontext(folder, blocks=4),
    "qwen": tiny_editors.qwen_edit,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", INSTRUCTORS)
def test_the_instruction_editor_of_every_preset_runs(name, tmp_path, coffee):
    place = preset(name).roles["instruct"].place
    tiny_models.in_cache(tmp_path / "cache", place.id, INSTRUCTORS[name](tmp_path / "instruct"), place.revision)
    Image.fromarray(coffee).save(tmp_path / "photo.png")
    mask = np.zeros(coffee.shape[:2], np.uint8)
    mask[120:280, 200:390] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "FINETOUCH_"))}
    clean |= {"HF_HUB_CACHE": str(tmp_path / "cache"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "finetouch.cli.main", "edit", "photo.png", "make the cup wooden", "--preset", name,
               "--mask", "mask.png", "--param", "steps=2", "--seed", "1", "--json", "--device", "cpu"]  # fmt: skip
    run = lambda *more: subprocess.run(  # noqa: E731
        [*command, *more], cwd=tmp_path, capture_output=True, env=clean, timeout=900
    )
    plan = json.loads(run("--dry-run").stdout)
    assert plan["steps"][0]["method"] == "instruct" and plan["download"]["command"] is None
    done = run("-o", "out.png")
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    document = json.loads(done.stdout)
    assert document["outside_change"]["count"] == 0 and document["steps"][0]["method"] == "instruct"
    assert document["provenance"]["models"]["instruct"].startswith(f"{place.id}@")
    before, after = (np.asarray(Image.open(tmp_path / f)) for f in ("photo.png", "out.png"))
    assert (before[mask == 0] == after[mask == 0]).mean() > 0.9 and (before[mask > 0] != after[mask > 0]).any()


@pytest.mark.slow
def test_clip_guidance_runs_on_sd15(tmp_path, coffee):
    roles = preset("sd15").roles
    makers = {
        "generate": lambda folder: tiny_models.stable_diffusion(folder, 4, blocks=4), "clip": tiny_models.clip,
        "semantic": tiny_models.segformer, "guide": tiny_models.clip, "grounder": tiny_vision.grounding_dino,
    }  # fmt: skip
    for role, make in makers.items():
        place = roles[role].place
        tiny_models.in_cache(tmp_path / "cache", place.id, make(tmp_path / role), place.revision)
    Image.fromarray(coffee).save(tmp_path / "photo.png")
    mask = np.zeros(coffee.shape[:2], np.uint8)
    mask[120:280, 200:390] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "FINETOUCH_"))}
    clean |= {"HF_HUB_CACHE": str(tmp_path / "cache"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "finetouch.cli.main", "edit", "--image_path", "photo.png", "--segment-prompt",
               "the cup", "--replace-prompt", "a ball", "--preset", "sd15", "--method", "clip-guided", "--mask",
               "mask.png", "--steps", "2", "--samples", "2", "--seed", "1", "--json", "--device", "cpu", "--no-verify",
               "-o", "out.png"]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env=clean, timeout=900)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    document = json.loads(done.stdout)
    facts = document["steps"][0]["facts"]
    assert document["outside_change"]["count"] == 0 and facts["judge"] == "clip"  # not the guide
    assert len(facts["losses"]) == 2 and {"clip", "l2"} <= set(facts["losses"][0])
    assert facts["guide"].startswith(f"{roles['guide'].place.id}@")
