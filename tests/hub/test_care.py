"""What is here, is it whole, throw it away."""

from __future__ import annotations

import shutil

import pytest

from finetouch.errors import InputError, UsageError
from finetouch.hub import care, store
from finetouch.hub.presets import Place, preset
from finetouch.types import Reporter

pytest.importorskip("torch")

import tiny_models

CLIP, INPAINT = "openai/clip-vit-large-patch14", "stable-diffusion-v1-5/stable-diffusion-inpainting"


@pytest.fixture(scope="module")
def clip_source(tmp_path_factory):
    return tiny_models.clip(tmp_path_factory.mktemp("clip") / "clip")


@pytest.fixture
def filled(cache, clip_source, sd_source, tmp_path):
    """A cache in which sd15's CLIP and inpainting model lie."""
    shutil.copytree(clip_source, tmp_path / "clip")
    shutil.copytree(sd_source, tmp_path / "sd")
    tiny_models.in_cache(cache, CLIP, tmp_path / "clip")
    role = preset("sd15").roles["inpaint"]
    tiny_models.in_cache(cache, INPAINT, tmp_path / "sd", role.place.revision)
    return cache


def test_where_things_are(filled):
    roles = preset("sd15").roles
    rows = {name: care.describe(role) for name, role in roles.items()}
    assert rows["clip"]["present"] and rows["inpaint"]["present"] and not rows["grounder"]["present"]
    here = rows["clip"]["places"][0]
    assert here["path"].startswith(str(filled)) and 10_000 < here["bytes"] < 10_000_000
    assert rows["grounder"]["bytes"] == roles["grounder"].bytes and rows["grounder"]["licence"] == "Apache-2.0"
    optional = [p for p in rows["inpaint"]["places"] if p["optional"]]
    assert {p["place"] for p in optional} == {"madebyollin/taesd", "latent-consistency/lcm-lora-sdv1-5"}
    with pytest.raises(UsageError, match="no role 'painter'"):
        care.pick_roles(dict(roles), ["painter"], "sd15")


def test_damage_is_found(filled):
    place = preset("sd15").roles["clip"].place
    assert care.verify(place, Reporter()).ok
    weights = store.locate(place) / "model.safetensors"
    whole = weights.read_bytes()
    for broken in (whole[:-100], b"junk", b"\xff" * 64, b""):
        weights.write_bytes(broken)
        check = care.verify(place, Reporter())
        assert not check.ok and "model.safetensors" in check.problems[0]
    weights.unlink()
    assert store.locate(place) is None and "missing" in care.verify(place, Reporter()).problems[0]


def test_damage_is_found_by_hash_where_the_cache_has_one(filled):
    place = preset("sd15").roles["clip"].place
    folder = store.locate(place)
    blobs = store.repository(place) / "blobs"
    blobs.mkdir()
    import hashlib

    path = folder / "model.safetensors"
    data = path.read_bytes()
    blob = blobs / hashlib.sha256(data).hexdigest()
    path.rename(blob)
    path.symlink_to(blob)
    check = care.verify(place, Reporter())
    assert check.ok and check.compared == 1
    blob.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert "model.safetensors is damaged" in care.verify(place, Reporter()).problems
    blob.unlink()
    assert store.locate(place) is None


def test_shards_and_pipelines_have_to_be_complete(filled, sd_source, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(sd_source, folder)
    assert store.incomplete(folder) == []
    shutil.rmtree(folder / "vae")
    assert store.incomplete(folder) == ["vae/(the folder)"] and store.incomplete(folder, ["vae"]) == []
    index = folder / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}')
    (folder / "unet" / "one.safetensors").write_bytes(b"")
    assert store.incomplete(folder, ["vae"]) == ["unet/two.safetensors"]
    (folder / "model_index.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        store.incomplete(folder)


def test_removing_keeps_what_others_use(filled, tmp_path, clip_source):
    sd15, sdxl = preset("sd15"), preset("sdxl")
    gone, kept = care.remove([sd15.roles["inpaint"]], sd15)
    assert [name for name, size in gone] == [INPAINT] and gone[0][1] > 10_000 and not kept
    shutil.copytree(clip_source, tmp_path / "dino")
    tiny_models.in_cache(filled, "IDEA-Research/grounding-dino-base", tmp_path / "dino")
    gone, kept = care.remove(sd15.roles.values(), sd15)
    assert not gone and kept == [(CLIP, "sdxl, flux, qwen")]
    gone, kept = care.remove(sdxl.roles.values(), sdxl)
    assert {name for name, _ in gone} == {CLIP, "IDEA-Research/grounding-dino-base"} and not kept
    assert not list(filled.glob("models--*"))
    assert care.remove(sd15.roles.values(), sd15) == ([], [])


def test_folders_given_by_hand_are_never_deleted(cache, clip_source):
    from finetouch.hub.roles import settle

    roles = settle(preset("sd15"), {"clip": str(clip_source)})
    assert care.remove([roles["clip"]], preset("sd15")) == ([], [])
    assert store.locate(Place(folder=clip_source)) == clip_source


def test_a_folder_is_known_by_its_content(tmp_path, clip_source):
    copy = tmp_path / "mine"
    shutil.copytree(clip_source, copy)
    first = store.identity(Place(folder=copy))
    assert first.startswith(f"{copy}@") and first == store.identity(Place(folder=copy))
    assert first.split("@")[1] == store.identity(Place(folder=clip_source)).split("@")[1]
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert store.identity(Place(folder=copy)) != first
    assert store.identity(Place("no/such")) == "missing"


def test_offline_and_the_cache_have_several_switches(cache, monkeypatch, tmp_path):
    from finetouch.settings import settings

    assert not store.offline() and store.offline(True) and store.cache_dir() == cache
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert store.offline() and store.offline(False)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("FINETOUCH_OFFLINE", "true")
    monkeypatch.setenv("FINETOUCH_CACHE_DIR", str(tmp_path / "own"))
    settings.cache_clear()
    assert store.offline() and store.cache_dir() == tmp_path / "own"
    monkeypatch.delenv("FINETOUCH_CACHE_DIR")
    monkeypatch.delenv("HF_HUB_CACHE")
    settings.cache_clear()
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    assert store.cache_dir() == tmp_path / "home" / "hub"
