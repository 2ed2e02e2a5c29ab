"""The presets file: everything in it can be what it says."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from finetouch import registry
from finetouch.errors import UsageError
from finetouch.hub.presets import Place, preset, presets, read_presets
from finetouch.hub.roles import ROLES, check_kind, read_place, settle

CASES = [pytest.param(p, r, id=f"{p.name}-{r.name}") for p in presets().values() for r in p.roles.values()]


@pytest.mark.parametrize(("entry", "role"), CASES)
def test_every_role_is_played_by_something_that_can(entry, role):
    for library in ("diffusers", "transformers"):
        pytest.importorskip(library)
    assert role.name in ROLES
    module, _, name = role.cls.rpartition(".")
    assert hasattr(importlib.import_module(module), name), f"{role.cls} does not exist in the installed versions"
    check_kind(role.name, name, "presets.toml")
    assert role.places and role.licence
    assert role.dtype in ("auto", "float32", "float16", "bfloat16")
    for part in (*role.parts.values(), *role.loras.values()):
        assert not part.cls or hasattr(importlib.import_module(part.cls.rpartition(".")[0]), part.cls.split(".")[-1])
    for place in (*role.places, *role.extras):
        assert place.bundled or read_place(place.name).id == place.id
        assert place.bundled == (place.folder is not None)
    if not all(p.bundled for p in role.places):
        assert role.bytes > 0 and role.memory > 0.2 * role.bytes


@pytest.mark.parametrize("entry", presets().values(), ids=lambda p: p.name)
def test_presets_name_parsers_and_selectors_that_exist(entry):
    assert registry.get("parser", entry.parser) and registry.get("selector", entry.selector)
    assert set(registry.get("selector", entry.selector).roles) <= set(entry.roles)
    assert (entry.extra == "diffusion") == bool(entry.roles)


def test_the_embedded_preset_needs_nothing():
    entry = preset("embedded")
    assert not entry.roles and not entry.extra and all(w.present and w.bundled for w in entry.weights)


def test_no_other_file_names_a_checkpoint():
    ids = {p.id for e in presets().values() for r in e.roles.values() for p in (*r.places, *r.extras) if p.id}
    root = Path(registry.__file__).parent
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not [i for i in ids if i in text], path


def test_places_as_people_write_them(tmp_path):
    assert read_place(str(tmp_path)).folder == tmp_path.resolve()
    assert read_place("org/name") == Place("org/name") and read_place("org/name@v1").revision == "v1"
    file = tmp_path / "x.safetensors"
    file.write_bytes(b"")
    said = {str(file): "single file", "./nothing": "no folder", "name": "no folder", "": "no folder"}
    for bad, words in said.items():
        with pytest.raises(UsageError, match=words):
            read_place(bad)
    for bad in ("a/b/c", "~/x", "../x/y", "a b/c", "org/../name"):
        with pytest.raises(UsageError):
            read_place(bad)


def test_overrides_replace_a_role_or_a_part(tmp_path):
    entry = preset("sdxl")
    whole = settle(entry, {"inpaint": str(tmp_path)})["inpaint"]
    assert whole.place.folder == tmp_path.resolve() and not whole.parts and whole.dtype == "float16"
    part = settle(entry, {"inpaint.unet": "me/unet"})["inpaint"]
    assert part.parts["unet"].place.id == "me/unet" and set(part.place.without) == {"vae", "unet"}
    assert settle(preset("embedded"), {"inpaint": "me/mine"})["inpaint"].place.id == "me/mine"
    with pytest.raises(UsageError, match="no role called 'painter'"):
        settle(entry, {"painter": "me/mine"})
    with pytest.raises(UsageError, match="whole role"):
        settle(preset("embedded"), {"inpaint.vae": "me/mine"})


def test_the_document_is_read_as_written(tmp_path):
    text = """
[mine]
summary = "s"
does = "d"
parser = "grammar"
selector = "photo"
extra = "diffusion"
device = "auto"
[mine.roles.inpaint]
class = "diffusers.StableDiffusionInpaintPipeline"
id = "a/b"
revision = "v2"
files = ["*.json"]
bytes = 5
parts.vae = { class = "diffusers.AutoencoderKL", id = "c/d", bytes = 7 }
parts.preview = { class = "diffusers.AutoencoderTiny", id = "e/f", bytes = 1, optional = true }
loras.lcm = { id = "g/h", bytes = 2 }
"""
    role = read_presets(text, tmp_path)["mine"].roles["inpaint"]
    assert role.place == Place("a/b", "v2", files=("*.json",), without=("vae",))
    assert [p.id for p in role.places] == ["a/b", "c/d"] and [p.id for p in role.extras] == ["e/f", "g/h"]
    assert role.total == 15 and role.loras["lcm"].optional
