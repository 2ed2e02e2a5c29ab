"""Downloading from a real server: what is chosen, resumed, refused, and said."""

from __future__ import annotations

import shutil
from threading import Event

import pytest

pytest.importorskip("huggingface_hub")

from hub_server import COMMIT

from finetouch.errors import Cancelled, FinetouchError, ModelMissing, UsageError
from finetouch.hub import care, download, store, transfer
from finetouch.hub.download import Remote, choose
from finetouch.hub.presets import Part, Place, Role
from finetouch.types import Progress, Reporter

SD = Role("inpaint", place=Place("tiny/sd"), dtype="float32")


def test_only_what_is_needed_comes_and_it_is_whole(hub, cache, sd_source):
    hub.repos["tiny/sd"] = sd_source
    seen: list[Progress] = []
    (folder,) = download.download(SD, Reporter(seen.append))
    got = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert "unet/diffusion_pytorch_model.safetensors" in got and "tokenizer/tokenizer.json" in got
    assert not [f for f in got if "fp16" in f or f.endswith((".bin", ".ckpt", ".png", ".py"))]
    assert "sd-v1-5.safetensors" not in got
    assert store.locate(SD.place) == folder and store.identity(SD.place) == f"tiny/sd@{COMMIT[:12]}"
    assert all(p.stage == "download" for p in seen) and "done" in seen[-1].message
    check = care.verify(SD.place, Reporter())
    assert check.ok and check.compared == check.files > 5
    before = len(hub.asked)
    download.download(SD, Reporter())
    assert len(hub.asked) == before, "what is here is not asked for again"


def test_half_precision_is_preferred_where_it_is_wanted(hub, cache, sd_source):
    hub.repos["tiny/sd"] = sd_source
    half = Role("inpaint", place=Place("tiny/sd"), dtype="float16")
    (folder,) = download.download(half, Reporter())
    assert [p.name for p in (folder / "unet").glob("*.safetensors")] == ["diffusion_pytorch_model.fp16.safetensors"]


def test_a_component_from_elsewhere_is_left_out(hub, cache, sd_source, tmp_path):
    hub.repos["tiny/sd"] = sd_source
    vae = tmp_path / "vae"
    shutil.copytree(sd_source / "vae", vae)
    role = Role(
        "inpaint", place=Place("tiny/sd", without=("vae",)), parts={"vae": Part("", Place(folder=vae))}, dtype="float32"
    )
    (folder,) = download.download(role, Reporter())
    assert not (folder / "vae").exists() and store.locate(role.place) == folder
    assert store.locate(SD.place) is None, "for somebody who needs all of it, it is not complete"


def test_a_connection_that_breaks_is_taken_up_again(hub, cache, sd_source, monkeypatch):
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    monkeypatch.setattr(transfer, "CHUNK", 2048)
    hub.repos["tiny/sd"] = sd_source
    name = "unet/diffusion_pytorch_model.safetensors"
    hub.cut.add(name)
    download.download(SD, Reporter())
    ranges = [r for method, path, r in hub.asked if method == "GET" and path.endswith(name)]
    assert len(ranges) == 2 and ranges[0] is None and ranges[1] not in (None, "bytes=0-")
    assert care.verify(SD.place, Reporter()).ok


def test_a_cancelled_download_goes_on_where_it_stopped(hub, cache, sd_source, monkeypatch):
    monkeypatch.setattr(transfer, "CHUNK", 2048)
    hub.repos["tiny/sd"] = sd_source
    name = "unet/diffusion_pytorch_model.safetensors"
    cancel, chunks = Event(), []

    def stop(progress: Progress) -> None:
        if name in progress.message:
            chunks.append(progress)
            if len(chunks) == 6:
                cancel.set()

    with pytest.raises(Cancelled):
        download.download(SD, Reporter(stop, cancel))
    assert store.locate(SD.place) is None, "half a download does not pass for a model"
    sent = len(hub.downloads())
    download.download(SD, Reporter())
    again = hub.downloads()[sent:]
    assert name in again and "tokenizer/tokenizer.json" not in again
    taken_up = [r for method, path, r in hub.asked if method == "GET" and path.endswith(name)]
    assert taken_up[-1] is not None and taken_up[-1] != "bytes=0-"
    assert care.verify(SD.place, Reporter()).ok


def leave_part(hub, source, data: bytes) -> None:
    """A download that an earlier process did not finish."""
    row = next(r for r in hub.files("tiny/sd") if r["rfilename"] == "unet/diffusion_pytorch_model.safetensors")
    blobs = store.repository(SD.place) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{row['lfs']['sha256']}.part").write_bytes(data)


@pytest.mark.parametrize("whole", [False, True], ids=["with ranges", "without ranges"])
def test_what_an_earlier_process_left_is_used(whole, hub, cache, sd_source):
    hub.repos["tiny/sd"], hub.whole = sd_source, whole
    data = (sd_source / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()
    leave_part(hub, sd_source, data[:70_000])
    download.download(SD, Reporter())
    asked = [r for _, path, r in hub.asked if path.endswith("unet/diffusion_pytorch_model.safetensors") and r]
    assert asked == ["bytes=70000-"] and care.verify(SD.place, Reporter()).ok


def test_a_damaged_rest_is_noticed_and_fetched_anew(hub, cache, sd_source):
    hub.repos["tiny/sd"] = sd_source
    leave_part(hub, sd_source, b"x" * 70_000)
    with pytest.raises(ModelMissing, match="not what the hub announced"):
        download.download(SD, Reporter())
    assert store.locate(SD.place) is None
    download.download(SD, Reporter())
    assert care.verify(SD.place, Reporter()).ok


def test_a_busy_hub_is_asked_again_but_not_for_ever(hub, cache, sd_source, monkeypatch):
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    hub.repos["tiny/sd"], hub.busy = sd_source, 3
    download.download(SD, Reporter())
    assert care.verify(SD.place, Reporter()).ok
    shutil.rmtree(store.repository(SD.place))
    hub.busy = 100
    with pytest.raises(ModelMissing, match="could not be downloaded"):
        download.download(SD, Reporter())
    assert 100 - hub.busy <= transfer.TRIES + 1


@pytest.mark.parametrize(
    ("prepare", "kind", "words", "advice"),
    [
        (lambda hub: hub.repos.clear(), UsageError, "no model 'tiny/sd'", "spelling"),
        (lambda hub: hub.gated.add("tiny/sd"), ModelMissing, "gated", "hf auth login"),
        (lambda hub: hub.gone.add("unet/config.json"), ModelMissing, "lacks a file", "later"),
        (
            lambda hub: setattr(hub, "url", "down"),
            ModelMissing,
            "could not be downloaded",
            "run the same command again",
        ),
    ],
    ids=["unknown", "gated", "file missing", "hub down"],
)
def test_what_goes_wrong_is_said(prepare, kind, words, advice, hub, cache, sd_source, monkeypatch):
    hub.repos["tiny/sd"] = sd_source
    prepare(hub)
    if hub.url == "down":
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(kind) as caught:
        download.download(SD, Reporter())
    assert words in caught.value.message and advice in caught.value.hint
    assert store.locate(SD.place) is None


def test_a_revision_that_is_not_there(hub, cache, sd_source):
    hub.repos["tiny/sd"] = sd_source
    with pytest.raises(UsageError, match="no revision 'v9'"):
        download.download(Role("inpaint", place=Place("tiny/sd", "v9")), Reporter())


def test_offline_is_honoured(hub, cache, sd_source, monkeypatch):
    hub.repos["tiny/sd"] = sd_source
    for switch in ("argument", "HF_HUB_OFFLINE"):
        if switch != "argument":
            monkeypatch.setenv(switch, "1")
        with pytest.raises(UsageError, match="Offline"):
            download.download(SD, Reporter(), offline=switch == "argument")
    assert hub.asked == []


def test_pickled_weights_are_refused(hub, cache, tmp_path):
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "config.json").write_text('{"architectures": ["CLIPModel"]}')
    (folder / "pytorch_model.bin").write_bytes(b"\x80" * 2_000_000)
    hub.repos["tiny/pickled"] = folder
    with pytest.raises(UsageError, match="pickled"):
        download.download(Role("clip", place=Place("tiny/pickled")), Reporter())
    assert "pytorch_model.bin" not in hub.downloads()


def test_shards_come_with_their_index():
    files = [Remote(n, 10) for n in (
        "config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors", "model.safetensors.index.fp16.json",
        "model.fp16-00001-of-00001.safetensors", "onnx/model.onnx", "consolidated.safetensors", "chat_template.jinja",
    )]  # fmt: skip
    full = [f.path for f in choose(files, [""], Place("a/b"), half=False)]
    assert full == [
        "config.json", "chat_template.jinja", "model.safetensors.index.json", "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ]  # fmt: skip
    half = [f.path for f in choose(files, [""], Place("a/b"), half=True)]
    assert half[2:] == ["model.safetensors.index.fp16.json", "model.fp16-00001-of-00001.safetensors"]
    only = choose(files, [""], Place("a/b", files=("config.json",)), half=False)
    assert [f.path for f in only] == ["config.json"]


def test_a_full_disk_is_noticed_before_the_download(hub, cache, sd_source, monkeypatch):
    hub.repos["tiny/sd"] = sd_source
    usage = shutil.disk_usage(cache)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    with pytest.raises(FinetouchError, match="are free in") as caught:
        download.download(SD, Reporter())
    assert "FINETOUCH_CACHE_DIR" in caught.value.hint
    assert not any(name.endswith(".safetensors") for name in hub.downloads())
