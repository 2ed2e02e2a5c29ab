"""The command line as a stranger uses it: real processes, real photo, every kind of bad input."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from finetouch.imaging import io as images

FINETOUCH = [sys.executable, "-m", "finetouch.cli.main"]


def run(*args: object, stdin: bytes | None = None, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*FINETOUCH, *map(str, args)], input=stdin, capture_output=True, env={**os.environ, **env}, timeout=120
    )


@pytest.fixture(scope="module")
def photo(tmp_path_factory, coffee) -> Path:
    path = tmp_path_factory.mktemp("photo") / "coffee.jpg"
    Image.fromarray(coffee).save(path, quality=95)
    return path


@pytest.fixture(scope="module")
def mask(tmp_path_factory, coffee) -> Path:
    """The cup, roughly, drawn by hand."""
    area = np.zeros(coffee.shape[:2], np.float32)
    area[110:300, 190:400] = 1
    path = tmp_path_factory.mktemp("mask") / "mask.png"
    images.save_gray(area, str(path))
    return path


def test_help_and_version():
    assert b"edit" in run("--help").stdout and run("--version").stdout.startswith(b"finetouch ")
    for command in ("edit", "plan", "select", "replay", "info", "doctor"):
        assert run(command, "--help").returncode == 0


def test_edit_by_words_proves_that_nothing_else_changed(photo, tmp_path):
    out, mask_out, sheet = tmp_path / "out.png", tmp_path / "m.png", tmp_path / "s.png"
    done = run("edit", photo, "make the cup blue", "-o", out, "--save-mask", mask_out, "--sheet", sheet, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["outside_change"]["count"] == 0 and document["output"] == str(out)
    assert document["steps"][0]["method"] == "recolor"
    before, after, area = images.load(photo), images.load(out), images.load(mask_out)
    outside = area.pixels[..., 0] == 0
    assert (before.pixels[outside] == after.pixels[outside]).all()
    assert (before.pixels[~outside] != after.pixels[~outside]).any()
    assert images.load(sheet).width > before.width


def test_replay_and_info(photo, mask, tmp_path):
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    assert run("edit", photo, "remove the cup", "--mask", mask, "-o", first, "--seed", 7).returncode == 0
    shown = run("info", first)
    assert b"remove the cup" in shown.stdout and b"seed 7" in shown.stdout
    assert json.loads(run("info", first, "--json").stdout)["plan"]["steps"][0]["op"] == "remove"
    again = run("replay", first, photo, "-o", second)
    assert again.returncode == 0, again.stderr
    assert (images.load(first).pixels == images.load(second).pixels).all()


def test_pipes(photo):
    done = run("edit", "-", "make the picture brighter", "-o", "-", stdin=photo.read_bytes())
    assert done.returncode == 0, done.stderr
    assert Image.open(io.BytesIO(done.stdout)).format == "JPEG"
    both = run("edit", "-", "make it brighter", "-o", "-", "--json", stdin=photo.read_bytes())
    assert both.returncode == 2


def test_plan_prints_the_contract():
    document = json.loads(run("plan", "replace the dog on the left with a cat", "--json").stdout)
    step = document["steps"][0]
    assert step["op"] == "replace" and step["target"] == "dog" and step["position"] == "leftmost"
    assert step["result"] == "cat" and step["relation"] is None
    assert b"replace" in run("plan", "replace the dog with a cat").stdout


def test_a_plan_file_instead_of_words(photo, tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text('{"steps": [{"op": "global", "params": {"rotate": 90}}]}')
    out = tmp_path / "out.png"
    assert run("edit", photo, "--plan", plan, "-o", out).returncode == 0
    assert images.load(out).size == (400, 600)
    shown = run("edit", photo, "remove the dog", "--plan-only", "--json")
    assert json.loads(shown.stdout)["steps"][0]["op"] == "remove"
    for text in ("{", '{"steps": [{"op": "explode"}]}', "[]"):
        plan.write_text(text)
        assert run("edit", photo, "--plan", plan, "-o", tmp_path / "no.png").returncode == 2


def test_select_writes_mask_and_overlay(photo, tmp_path):
    out, overlay = tmp_path / "m.png", tmp_path / "o.png"
    done = run("select", photo, "the cup", "-o", out, "--overlay", overlay, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert 0.02 < document["share"] < 0.5 and document["region"]["mask"]["size"] == [400, 600]
    assert images.load_mask(str(out), (600, 400))[190, 300] > 0.5 or document["share"] > 0.02
    by_point = run("select", photo, "--point", "295,200", "-o", out, "--overwrite", "--json")
    assert by_point.returncode == 0 and images.load_mask(str(out), (600, 400))[200, 295] > 0.5


def test_doctor_and_models():
    document = json.loads(run("doctor", "--json").stdout)
    assert "numpy" in document["packages"] and "diffusion" in document["optional"]
    listed = json.loads(run("models", "list", "--json").stdout)
    assert listed["presets"][0]["preset"] == "embedded" and "fill" in listed["presets"][0]["methods"]


BAD = {
    "missing file": (["nothing.jpg", "remove the dog"], b"no file"),
    "unreadable": (["{text}", "remove the dog"], b"not a picture"),
    "truncated": (["{truncated}", "remove the cup"], b"truncated"),
    "bomb": (["{photo}", "remove the cup", "--max-pixels", "1000"], b"--max-pixels"),
    "empty mask": (["{photo}", "remove the cup", "--mask", "{black}"], b"selects nothing"),
    "mask of another size": (["{photo}", "remove the cup", "--mask", "{small}"], b"size of the picture"),
    "missing mask": (["{photo}", "remove the cup", "--mask", "no.png"], b"no file"),
    "point outside": (["{photo}", "remove the cup", "--point", "9000,20"], b"outside"),
    "not a point": (["{photo}", "remove the cup", "--point", "left"], b"x,y"),
    "not a box": (["{photo}", "remove the cup", "--box", "1,2,3"], b"x0,y0,x1,y1"),
    "empty box": (["{photo}", "remove the cup", "--box", "50,50,50,90"], b"empty"),
    "nan point": (["{photo}", "remove the cup", "--point", "nan,20"], b"outside"),
    "unknown preset": (["{photo}", "remove the cup", "--preset", "magic"], b"Available: embedded"),
    "unknown method": (["{photo}", "remove the cup", "--method", "magic"], b"Available:"),
    "method of another op": (["{photo}", "remove the cup", "--method", "recolor"], b"Methods that can: fill"),
    "unknown device": (["{photo}", "remove the cup", "--device", "abacus"], b"Available: auto"),
    "device not there": (["{photo}", "remove the cup", "--device", "cuda"], b"CPU only"),
    "empty words": (["{photo}", ""], b""),
    "meaningless words": (["{photo}", "qwxz plfh"], b""),
    "no words": (["{photo}"], b"--plan"),
    "not in the picture": (["{photo}", "remove the giraffe"], b"giraffe"),
    "unknown format": (["{photo}", "remove the cup", "-o", "out.xyz"], b"Unknown output format"),
    "missing folder": (["{photo}", "remove the cup", "-o", "no/out.png"], b"does not exist"),
    "bad extra output": (["{photo}", "remove the cup", "--sheet", "sheet.xyz"], b"Unknown output format"),
    "missing reference": (["{photo}", "replace the cup with a vase", "--reference", "no.png"], b"no file"),
    "needs a reference": (["{photo}", "replace the cup with a vase"], b"--reference"),
    "needs a generator": (["{photo}", "make it winter"], b"generative model"),
    "grow out of range": (["{photo}", "remove the cup", "--grow", "99999"], b"out of range"),
    "not a parameter": (["{photo}", "remove the cup", "--param", "fast"], b"NAME=VALUE"),
    "unknown parameter": (["{photo}", "remove the cup", "--param", "speed=3"], b"Known parameters: mode"),
    "bad parameter value": (["{photo}", "remove the cup", "--param", "mode=magic"], b"patchmatch"),
    "stdin without output": (["-", "remove the cup"], b"-o FILE"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_advice_and_leaves_nothing(name, photo, tmp_path):
    Path(tmp_path / "text.jpg").write_text("hello")
    Path(tmp_path / "cut.jpg").write_bytes(photo.read_bytes()[:9000])
    images.save_gray(np.zeros((400, 600), np.float32), str(tmp_path / "black.png"))
    images.save_gray(np.ones((4, 6), np.float32), str(tmp_path / "small.png"))
    there = {"photo": photo, "text": "text.jpg", "truncated": "cut.jpg", "black": "black.png", "small": "small.png"}
    args, expected = BAD[name]
    before = sorted(os.listdir(tmp_path))
    filled = [str(there[a[1:-1]]) if a.startswith("{") else a for a in args]
    if "-o" not in filled and name != "stdin without output":
        filled += ["-o", "out.png"]
    done = subprocess.run([*FINETOUCH, "edit", *filled], cwd=tmp_path, capture_output=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert expected in done.stderr.replace(b"\n", b" "), done.stderr
    assert b"Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) >= 2, "no advice was given"
    assert sorted(os.listdir(tmp_path)) == before


def test_existing_output_needs_overwrite(photo, tmp_path):
    out = tmp_path / "out.png"
    out.write_bytes(b"precious")
    done = run("edit", photo, "make it brighter", "-o", out)
    assert done.returncode == 2 and b"--overwrite" in done.stderr and out.read_bytes() == b"precious"
    assert run("edit", photo, "make it brighter", "-o", out, "--overwrite").returncode == 0
    assert images.load(out).size == (600, 400)


def test_errors_are_json_too_when_asked(photo):
    done = run("edit", photo, "remove the giraffe", "--json", "-o", "/tmp/never.png")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["type"] == "TargetNotFound"


def test_files_without_a_record_cannot_be_replayed(photo, tmp_path):
    for command in (["info", photo], ["replay", photo, photo, "-o", tmp_path / "x.png"]):
        done = run(*command)
        assert done.returncode == 2 and b"does not say how it was made" in done.stderr
