"""Which device and number format a run takes, and how much memory there is."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetouch.errors import DependencyMissing, DeviceError, UsageError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def check_device(asked: str, preset_device: str) -> None:
    """Raises when the device asked for is not there; loads torch only when it has to be asked.

    Args:
        asked: "auto", "cpu", "cuda" or "mps".
        preset_device: "cpu" for a preset that runs there only, or "auto".

    Raises:
        UsageError: There is no such device. DeviceError: It is not on this machine.
    """
    if asked not in DEVICES:
        raise UsageError(f"There is no device called '{asked}'.", f"Available: {', '.join(DEVICES)}.")
    if asked in ("auto", "cpu"):
        return
    if preset_device == "cpu":
        raise DeviceError(f"This preset runs on the CPU only, not on '{asked}'.", "Give --device auto or --device cpu.")
    if find_spec("torch") is None:
        raise DependencyMissing("torch", "diffusion", f"--device {asked}")
    if not _there(asked):
        what = "a CUDA device that this build of torch can use" if asked == "cuda" else "an Apple GPU (MPS)"
        raise DeviceError(
            f"--device {asked}: there is no {what.removeprefix('a ').removeprefix('an ')} on this machine.",
            "Give --device cpu or --device auto; finetouch doctor shows what is here.",
        )


def take_device(asked: str, preset_device: str) -> str:
    """The device a run takes: the one asked for, or the best that is here for "auto"."""
    check_device(asked, preset_device)
    if asked != "auto":
        return asked
    if preset_device == "cpu" or find_spec("torch") is None:
        return "cpu"
    return next((name for name in ("cuda", "mps") if _there(name)), "cpu")


def describe(device: str) -> str:
    """The device for people: "cuda (NVIDIA H200)"."""
    if device != "cuda":
        return device
    import torch

    return f"cuda ({torch.cuda.get_device_name(0)})"


def take_dtype(device: str, wanted: str = "auto") -> torch.dtype:
    """The number format for weights: float32 on a CPU, half precision on an accelerator.

    Args:
        device: Where it runs.
        wanted: "float32" holds everywhere; "float16", "bfloat16" or "auto" choose the half precision of accelerators.

    Raises:
        UsageError: There is no such format.
    """
    import torch

    if wanted not in ("auto", "float32", "float16", "bfloat16"):
        raise UsageError(f"There is no number format '{wanted}'.", "Available: auto, float32, float16, bfloat16.")
    if device == "cpu" or wanted == "float32":
        return torch.float32
    bf16 = device != "cuda" or torch.cuda.is_bf16_supported()
    if wanted == "float16" or (wanted == "auto" and device != "cuda") or not bf16:
        return torch.float16
    return torch.bfloat16


def free_memory(device: str) -> int:
    """Bytes that can still be taken on a device; 0 when the machine does not say."""
    if device == "cuda":
        import torch

        free, _ = torch.cuda.mem_get_info()
        return int(free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated())
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        table = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
        return min(table["MemAvailable"], _cgroup_free())
    except (OSError, KeyError, ValueError, IndexError):
        return _free_elsewhere()


def release(device: str) -> None:
    """Gives memory of dropped models back to the device."""
    import gc

    gc.collect()
    if device == "cuda":
        import torch

        torch.cuda.empty_cache()


def out_of_memory(error: BaseException) -> bool:
    """True for the errors by which torch and Python say that memory is used up; does not import torch."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    words = str(error)
    return isinstance(error, RuntimeError) and ("out of memory" in words or "can't allocate memory" in words)


def _there(name: str) -> bool:
    import torch

    return bool(torch.cuda.is_available() if name == "cuda" else torch.backends.mps.is_available())


def _cgroup_free() -> int:
    """Bytes left below the limit of this container, cached files counted as free; a huge number without a limit."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit = int((folder / "memory.max").read_text())
        taken = int((folder / "memory.current").read_text())
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        files = int(stat.get("active_file", 0)) + int(stat.get("inactive_file", 0))
        return max(0, limit - taken + files)
    except (OSError, ValueError):
        return 1 << 62


def _free_elsewhere() -> int:
    if find_spec("psutil") is not None:
        import psutil  # type: ignore[import-untyped]

        return int(psutil.virtual_memory().available)
    names: Any = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" in names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return 0
