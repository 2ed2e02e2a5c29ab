"""What this machine has: device, versions, weights; and the command for what is missing."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from typing import Any

from finetouch._version import __version__
from finetouch.engine import device as devices
from finetouch.engine.shortage import gigabytes
from finetouch.hub import store
from finetouch.hub.presets import Preset, presets
from finetouch.settings import settings

_PROBES = {"diffusion": ("torch", "diffusers", "transformers"), "studio": ("fastapi", "uvicorn"), "scale": ("ray",)}


def examine() -> dict[str, dict[str, Any]]:
    """Sections of name → value, ready to print or to dump as JSON."""
    return {
        "machine": _machine(),
        "packages": _packages(),
        "optional": _optional(),
        "weights": _weights(),
        "settings": {k: str(v) for k, v in settings().model_dump().items()},
    }


def _machine() -> dict[str, Any]:
    facts: dict[str, Any] = {
        "finetouch": __version__,
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "memory free": gigabytes(devices.free_memory("cpu")),
    }
    if find_spec("torch") is None:
        return {**facts, "device": "cpu (the embedded preset needs no GPU)"}
    import torch

    taken = devices.take_device("auto", "auto")
    facts["cuda"] = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    facts["device"] = f"{devices.describe(taken)} is what 'auto' takes; the embedded preset needs no GPU"
    facts["number format"] = str(devices.take_dtype(taken)).removeprefix("torch.")
    if taken == "cuda":
        facts["memory free on cuda"] = gigabytes(devices.free_memory("cuda"))
    return facts


def _packages() -> dict[str, str]:
    found = {}
    for line in requires("finetouch") or []:
        if "extra ==" in line:
            continue
        name = line.split(";")[0].split(">")[0].split("<")[0].split("=")[0].split("[")[0].strip()
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "MISSING: pip install finetouch"
    return found


def _optional() -> dict[str, str]:
    found = {}
    for extra, packages in _PROBES.items():
        missing = [p for p in packages if find_spec(p) is None]
        found[extra] = "ready" if not missing else f"not installed: pip install 'finetouch[{extra}]'"
    found["HEIC files"] = "ready" if find_spec("pillow_heif") else "not installed: pip install pillow-heif"
    return found


def _weights() -> dict[str, str]:
    said = "offline: downloads are off" if store.offline() else "downloads are on"
    found = {"folder": f"{store.cache_dir()} ({said})"}
    for preset in presets().values():
        for w in preset.weights:
            state = f"{w.size / 1e6:.1f} MB, {w.identity()}" if w.present else "MISSING: reinstall finetouch"
            found[f"{preset.name}: {w.role}"] = state
        if preset.roles:
            found[f"{preset.name}: models"] = _models(preset)
    return found


def _models(preset: Preset) -> str:
    """How many roles of a preset are ready, and the command for the rest."""
    ready = [name for name, role in preset.roles.items() if all(store.locate(p) is not None for p in role.places)]
    lacking = [role for name, role in preset.roles.items() if name not in ready]
    here = f"{len(ready)} of {len(preset.roles)} here"
    if not lacking:
        return here
    if all(p.bundled for role in lacking for p in role.places):
        return f"{here}; MISSING from this installation: {', '.join(r.name for r in lacking)}"
    wanted = [role for role in lacking if not role.ondemand]
    size = f" ({gigabytes(sum(r.total for r in wanted))})" if wanted else ""
    chosen = "" if wanted else " --all"
    return f"{here}; the rest: finetouch models download {preset.name}{chosen}{size}"
