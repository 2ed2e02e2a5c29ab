"""Models from the command line: dry run, list, download, verify, remove; edits with models from a cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

import tiny_models

sys.path.append(str(Path(__file__).parents[1] / "hub"))
from hub_server import Hub, serve

FINETOUCH = [sys.executable, "-m", "finetouch.cli.main"]
CLIP = "openai/clip-vit-large-patch14"


@pytest.fixture
def here(tmp_path, coffee):
    """A folder with a photo, a mask and an empty cache; returns a function that runs a command there."""
    Image.fromarray(coffee).save(tmp_path / "photo.jpg")
    mask = np.zeros(coffee.shape[:2], np.uint8)
    mask[120:280, 200:390] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")

    def run(*args: object, **env: str) -> subprocess.CompletedProcess[bytes]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "FINETOUCH_"))}
        clean |= {"HF_HUB_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1", **env}
        command = [*FINETOUCH, *map(str, args)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, env=clean, timeout=200)

    return run


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    return {"clip": tiny_models.clip(folder / "clip"), "sd": tiny_models.stable_diffusion(folder / "sd")}


def test_dry_run_says_everything_and_does_nothing(here, tmp_path):
    words = ("edit", "photo.jpg", "replace the cup with a vase", "--preset", "sd15", "--dry-run")
    shown = here(*words)
    assert shown.returncode == 0, shown.stderr
    text = shown.stdout.decode()
    for part in ("by inpaint", "found by grounded", "stable-diffusion-inpainting@8a4288a", "CreativeML OpenRAIL-M",
                 "2.1 GB", "NOT HERE", "models download sd15 --role inpaint --role grounder", "device"):  # fmt: skip
        assert part in text, part
    found = json.loads(here(*words, "--json", "--device", "cpu").stdout)
    assert found["device"] == "cpu" and found["steps"][0]["method"] == "inpaint"
    grounder = next(m for m in found["models"] if m["role"] == "grounder")
    assert grounder["places"][0]["licence"] == "Apache-2.0" and not grounder["present"]
    assert found["download"]["bytes"] > 2e9 and found["plan"]["steps"][0]["op"] == "replace"
    assert sorted(os.listdir(tmp_path)) == ["mask.png", "photo.jpg"]


def test_dry_run_of_the_embedded_preset_needs_nothing(here):
    found = json.loads(here("edit", "photo.jpg", "remove the cup", "--dry-run", "--json").stdout)
    assert found["models"] == [] and found["download"]["places"] == [] and found["weights"][0]["present"]
    assert here("edit", "nothing.jpg", "remove the cup", "--dry-run").returncode == 2


def test_missing_weights_are_an_error_with_the_command(here, tmp_path):
    done = here("edit", "photo.jpg", "remove the cup", "--preset", "sd15", "--mask", "mask.png", "-o", "out.png")
    assert done.returncode == 1 and b"finetouch models download sd15 --role inpaint" in done.stderr
    assert b"2.3 GB" in done.stderr and b"Traceback" not in done.stderr and not (tmp_path / "out.png").exists()


def test_an_edit_with_a_model_given_by_hand(here, sources, tmp_path):
    common = ("--mask", "mask.png", "--set", f"inpaint={sources['sd']}", "--param", "steps=2", "--no-verify")
    done = here("edit", "photo.jpg", "replace the cup with a ball", "-o", "out.png", "--seed", 3, "--json", "--offline",
                *common)  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    record = document["provenance"]
    assert document["outside_change"]["count"] == 0 and document["steps"][0]["method"] == "inpaint"
    assert record["models"]["inpaint"].startswith(str(sources["sd"]) + "@") and "torch" in record["versions"]
    assert record["overrides"] == {"inpaint": str(sources["sd"])} and record["device"] == "cpu"
    assert any("ran on the CPU" in line for line in document["report"])
    again = here("replay", "out.png", "photo.jpg", "-o", "again.png", "--mask", "mask.png")
    assert again.returncode == 0, again.stderr
    first, second = (np.asarray(Image.open(tmp_path / name)) for name in ("out.png", "again.png"))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--set", "inpaint"), b"ROLE=PLACE"),
        (("--set", "painter=a/b"), b"Roles: grounder"),
        (("--set", "inpaint=./nothing"), b"no folder './nothing'"),
        (("--set", "inpaint={clip}"), b"CLIPModel, which cannot play the role 'inpaint'"),
        (("--preset", "sd15", "--device", "cuda"), b"--device cpu"),
        (("--method", "inpaint"), b"Presets that have one: lab, sd15"),
    ],
    ids=["no place", "no role", "no folder", "wrong architecture", "no cuda", "no preset"],
)
def test_bad_models_are_refused(here, sources, options, words):
    given = [o.format(clip=sources["clip"]) for o in options]
    done = here("edit", "photo.jpg", "replace the cup with a ball", "--mask", "mask.png", "-o", "out.png", *given)
    assert done.returncode == 2 and words in done.stderr.replace(b"\n", b" "), done.stderr


def test_a_generator_is_asked_for_where_there_is_one(here):
    done = here("edit", "photo.jpg", "replace the cup with a vase", "-o", "out.png")
    text = done.stderr.decode()
    assert done.returncode == 2 and "sd15" in text and "finetouch models download" in text
    assert "pip install 'finetouch[diffusion]'" in text and "--reference" in text


def test_download_verify_where_remove(here, sources, tmp_path):
    hub = Hub(repos={CLIP: sources["clip"]})
    server = serve(hub)
    try:
        offline = here("models", "download", "sd15", "--role", "clip", "--offline", HF_ENDPOINT=hub.url)
        assert offline.returncode == 2 and b"Offline" in offline.stderr and hub.asked == []
        plan = here("models", "download", "sd15", "--dry-run", HF_ENDPOINT=hub.url)
        assert plan.returncode == 0 and b"Left out, seldom needed: semantic" in plan.stderr and hub.asked == []
        done = here("models", "download", "sd15", "--role", "clip", "--json", HF_ENDPOINT=hub.url)
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        assert document["downloaded"] == [CLIP] and document["roles"][0]["present"]
        unknown = here("models", "download", "sd15", "--role", "clip", "--set", "clip=no/such", HF_ENDPOINT=hub.url)
        assert unknown.returncode == 2 and b"no model 'no/such' on the hub" in unknown.stderr
    finally:
        server.shutdown()
        server.server_close()
    rows = json.loads(here("models", "where", "sd15", "--json").stdout)
    place = next(p for p in rows["places"] if p["place"] == CLIP)
    assert Path(place["path"]).is_dir() and rows["cache"] == str(tmp_path / "cache")
    checked = json.loads(here("models", "verify", "--json").stdout)
    mine = next(p for p in checked["places"] if p["name"].startswith(CLIP))
    assert checked["ok"] and mine["compared"] == mine["files"] > 0
    weights = (Path(place["path"]) / "model.safetensors").resolve()
    weights.write_bytes(weights.read_bytes()[:-9])
    bad = here("models", "verify", "sd15", "--role", "clip")
    assert bad.returncode == 1 and b"damaged" in bad.stderr and b"models download sd15" in bad.stderr
    removed = json.loads(here("models", "remove", "sd15", "--json").stdout)
    assert list(removed["removed"]) == [CLIP] and not Path(place["path"]).exists()
    assert CLIP.encode() not in here("models", "verify", "--json").stdout


def test_list_and_doctor_know_the_presets(here):
    listed = json.loads(here("models", "list", "--json").stdout)["presets"]
    assert [p["preset"] for p in listed] == ["embedded", "lab", "sd15", "sdxl", "flux", "qwen"]
    flux = next(r for p in listed if p["preset"] == "flux" for r in p["roles"] if r["role"] == "inpaint")
    assert "Non-Commercial" in flux["licence"] and flux["memory"] > 3e10 and not flux["present"]
    shown = here("models", "list", "sd15")
    assert b"CreativeML OpenRAIL-M" in shown.stdout and b"finetouch models download sd15" in shown.stdout
    checked = json.loads(here("doctor", "--json", HF_HUB_OFFLINE="1").stdout)
    assert "offline" in checked["weights"]["folder"] and "download sd15" in checked["weights"]["sd15: models"]
    assert "auto" in checked["machine"]["device"]


def test_commands_stay_light():
    code = "import sys, finetouch.cli.main, finetouch.engine.editor, finetouch.hub.download, finetouch.hub.care\n"
    code += "print([m for m in ('torch', 'transformers', 'diffusers', 'huggingface_hub') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_weights_in_the_cache_are_used_without_a_network(here, sources, tmp_path):
    from finetouch.hub.presets import preset

    place = preset("sd15").roles["inpaint"].place
    tiny_models.stable_diffusion(tmp_path / "copy", blocks=4)
    tiny_models.in_cache(tmp_path / "cache", place.id, tmp_path / "copy", place.revision)
    done = here("edit", "photo.jpg", "replace the cup with a ball", "--preset", "sd15", "--mask", "mask.png", "-o",
                "out.png", "--param", "steps=2", "--no-verify", "--json", HF_ENDPOINT="http://127.0.0.1:9")  # fmt: skip
    assert done.returncode == 0, done.stderr
    models = json.loads(done.stdout)["provenance"]["models"]
    assert models["inpaint"] == f"{place.id}@{place.revision[:12]}"
