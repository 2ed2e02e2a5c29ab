"""``finetouch propose-mask`` and the two-stage options of ``finetouch edit``, as a stranger would type them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from finetouch.cli.main import app
from finetouch.errors import FinetouchError
from finetouch.imaging import io

runner = CliRunner()


@pytest.fixture(scope="module")
def photo(tmp_path_factory, coffee) -> str:
    path = tmp_path_factory.mktemp("photo") / "coffee.png"
    Image.fromarray(coffee[::2, ::2]).save(path)
    return str(path)


@pytest.fixture(scope="module")
def cap(tmp_path_factory) -> str:
    y, x = np.mgrid[0:40, 0:80]
    inside = ((x - 40) / 40) ** 2 + ((y - 40) / 40) ** 2 <= 1
    pixels = np.dstack([np.full((40, 80, 3), (30, 60, 200), np.uint8), np.where(inside, 255, 0).astype(np.uint8)])
    path = tmp_path_factory.mktemp("cap") / "cap.png"
    Image.fromarray(pixels).save(path)
    return str(path)


def ok(*words: str):
    done = runner.invoke(app, list(words))
    assert done.exit_code == 0, (done.output, done.exception)
    return done


def fails(*words: str) -> FinetouchError:
    done = runner.invoke(app, list(words))
    assert isinstance(done.exception, FinetouchError), (done.output, done.exception)
    return done.exception


def test_masks_overview_and_json(photo, tmp_path):
    out = tmp_path / "masks"
    done = ok("propose-mask", photo, "an apple on the table", "-o", str(out), "--json")
    told = json.loads(done.stdout)
    assert told["what"] == "apple" and told["relation"]["anchor"] == "table" and told["room"]
    width, height = Image.open(photo).size
    for number, p in enumerate(told["proposals"], 1):
        mask = io.load_mask(str(out / f"mask-{number}.png"), (width, height))
        assert (mask > 0.5).any() and 0 <= p["score"] <= 1 and p["why"]
    assert (out / "overview.png").exists() and json.loads((out / "proposals.json").read_text()) == told["proposals"]
    assert "holds masks already" in fails("propose-mask", photo, "an apple", "-o", str(out)).message


def test_marks(photo, tmp_path):
    told = json.loads(ok("propose-mask", photo, "a spoon", "--box", "20,30,90,120", "--json").stdout)
    x0, y0, x1, y1 = told["proposals"][0]["box"]
    assert x0 >= 19 and x1 <= 91 and y0 >= 29 and y1 <= 121


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["  !! "], "not said what"),
        (["an apple", "--box", "900,900,950,950"], "outside of the picture"),
        (["an apple", "--point", "9999,3"], "outside of the picture"),
        (["an apple", "--size", "7"], "out of range"),
        (["an apple", "--proposer", "magic"], "no proposer"),
    ],
)
def test_bad_input_is_answered(photo, words, message):
    assert message in fails("propose-mask", photo, *words).message


def test_a_file_in_the_way(photo, tmp_path):
    (tmp_path / "x").write_text("here")
    assert "is a file" in fails("propose-mask", photo, "an apple", "-o", str(tmp_path / "x")).message


def test_two_stage_with_pieces_of_ones_own(photo, cap, tmp_path):
    width, height = Image.open(photo).size
    place = np.zeros((height, width), np.float32)
    place[150:190, 20:100] = 1
    io.save_gray(place, str(tmp_path / "place.png"))
    old = np.zeros((height, width), np.float32)
    old[10:140, 80:220] = 1
    io.save_gray(old, str(tmp_path / "old.png"))
    told = json.loads(ok(
        "edit", photo, "replace the cup with a cap", "--method", "two-stage", "--reference", cap, "--mask",
        str(tmp_path / "old.png"), "--background", photo, "--place", str(tmp_path / "place.png"), "--keep",
        str(tmp_path / "kept"), "-o", str(tmp_path / "out.png"), "--seed", "3", "--json",
    ).stdout)  # fmt: skip
    facts = told["steps"][0]["facts"]
    assert [s["name"] for s in facts["stages"]] == ["mask", "describe", "background", "propose", "paint"]
    assert facts["place"]["box"] == [20, 150, 100, 190] and told["outside_change"]["count"] == 0
    assert (tmp_path / "kept" / "5-result.png").exists()
    before, after = np.asarray(Image.open(photo)), np.asarray(Image.open(tmp_path / "out.png"))
    np.testing.assert_array_equal(before[:145], after[:145])
    assert after[178, 60, 2] > 120


def test_two_stage_needs_a_painter(photo, tmp_path):
    error = fails("edit", photo, "replace the cup with a cap", "--method", "two-stage", "-o", str(tmp_path / "o.png"))
    assert "--reference" in (error.hint or "") and not Path(tmp_path / "o.png").exists()


def test_training_and_bench_are_listed():
    assert "mask-generator" in ok("train", "--help").output and "two-stage" in ok("bench", "--help").output
    pytest.importorskip("torch")
    assert "no folder 'moon'" in fails("train", "mask-generator", "--data", "moon").message
    refused = fails("train", "mask-generator", "--data", ".", "--model", "diffusion")
    assert "learns from the lab only" in refused.message
