"""A hub on this machine, an empty cache, and tiny models of real classes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import Hub, serve

from finetouch.settings import settings


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that downloads go to."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "FINETOUCH_CACHE_DIR", "FINETOUCH_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    yield folder
    settings.cache_clear()


@pytest.fixture
def hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A running hub without repositories."""
    made = Hub()
    server = serve(made)
    monkeypatch.setenv("HF_ENDPOINT", made.url)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def sd_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Stable Diffusion as the hub keeps it: both precisions, pickles, samples, a single-file checkpoint."""
    pytest.importorskip("torch")
    import tiny_models

    folder = tmp_path_factory.mktemp("source") / "sd"
    tiny_models.stable_diffusion(folder)
    tiny_models.stable_diffusion(folder, variant="fp16")
    for name in ("unet/diffusion_pytorch_model.bin", "sd-v1-5.ckpt", "sd-v1-5.safetensors", "logo.png", "unet/run.py"):
        (folder / name).write_bytes(b"x" * 5000)
    return folder
