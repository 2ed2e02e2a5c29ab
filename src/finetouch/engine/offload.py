"""Large pipelines on small accelerators: every component waits in the computer's memory until it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ORDER = ("text_encoder", "text_encoder_2", "text_encoder_3", "image_encoder", "unet", "transformer", "vae")


def attach(parts: Mapping[str, Any], device: str) -> None:
    """Lets each module of `parts` move to `device` when it is called, and back when the next one is.

    Args:
        parts: Components by name, on the CPU; what is no module is left alone.
        device: Where they work.
    """
    import torch
    from accelerate import cpu_offload_with_hook  # type: ignore[import-untyped]

    modules = {name: part for name, part in parts.items() if isinstance(part, torch.nn.Module)}
    ordered = [n for n in _ORDER if n in modules] + [n for n in modules if n not in _ORDER]
    before = None
    for name in ordered:
        _, before = cpu_offload_with_hook(modules[name], device, before)
