"""What this machine has: device, versions, weights; and the command for what is missing."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from typing import Any

from finetouch._version import __version__
from finetouch.hub.presets import presets
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
        "device": "cpu (the embedded preset needs no GPU)",
    }
    if find_spec("torch") is not None:
        import torch

        cuda = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
        facts["cuda"] = cuda
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
    found = {}
    for preset in presets().values():
        for w in preset.weights:
            state = f"{w.size / 1e6:.1f} MB, {w.identity()}" if w.present else "MISSING: reinstall finetouch"
            found[f"{preset.name}: {w.role}"] = state
    return found
