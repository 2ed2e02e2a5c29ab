"""Devices and number formats: nothing is taken silently, nothing that is not there is promised."""

from __future__ import annotations

import numpy as np
import pytest

from finetouch.engine import device as devices
from finetouch.engine.pipeline import Pipeline
from finetouch.errors import DependencyMissing, DeviceError, UsageError

torch = pytest.importorskip("torch")


def test_what_is_not_there_is_refused():
    with pytest.raises(UsageError, match="Available: auto"):
        devices.check_device("abacus", "auto")
    with pytest.raises(DeviceError, match="CPU only"):
        devices.check_device("cuda", "cpu")
    for name, there in (("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available())):
        if there:
            assert devices.take_device(name, "auto") == name
            continue
        with pytest.raises(DeviceError, match="on this machine") as caught:
            Pipeline("sd15", name)
        assert "--device cpu" in caught.value.hint


def test_auto_takes_what_is_here():
    best = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert devices.take_device("auto", "auto") == best
    assert devices.take_device("auto", "cpu") == "cpu" == Pipeline("embedded").device


def test_without_torch_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(devices, "find_spec", lambda name: None)
    assert devices.take_device("auto", "auto") == "cpu"
    with pytest.raises(DependencyMissing) as caught:
        devices.check_device("cuda", "auto")
    assert "finetouch[diffusion]" in caught.value.hint


def test_number_formats_follow_the_device(monkeypatch):
    for wanted in ("auto", "float16", "bfloat16", "float32"):
        assert devices.take_dtype("cpu", wanted) == torch.float32
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert devices.take_dtype("cuda") == torch.bfloat16 == devices.take_dtype("cuda", "bfloat16")
    assert devices.take_dtype("cuda", "float16") == torch.float16 == devices.take_dtype("mps")
    assert devices.take_dtype("cuda", "float32") == torch.float32
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert devices.take_dtype("cuda", "bfloat16") == torch.float16
    with pytest.raises(UsageError, match="int4"):
        devices.take_dtype("cpu", "int4")


def test_memory_is_known_and_its_end_is_recognised():
    assert 0 < devices.free_memory("cpu") < 1 << 50
    with pytest.raises(RuntimeError) as huge:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert devices.out_of_memory(huge.value)
    assert devices.out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    with pytest.raises(MemoryError) as array:
        np.ones(1 << 58, np.uint8)
    assert devices.out_of_memory(array.value)
    assert not devices.out_of_memory(RuntimeError("shapes do not fit")) and not devices.out_of_memory(KeyError("x"))
