"""Less memory for gradients through large models: frozen weights, activations computed again, full precision."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def frozen(*modules: Any) -> Iterator[None]:
    """No slopes for the weights of these modules inside of the block; only inputs are differentiated."""
    parameters = [p for m in modules if hasattr(m, "parameters") for p in m.parameters() if p.requires_grad]
    for p in parameters:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in parameters:
            p.requires_grad_(True)


@contextlib.contextmanager
def lean(*modules: Any) -> Iterator[None]:
    """Diffusers modules forget what lies within their blocks and compute it again on the way back."""
    turned = []
    for module in modules:
        able = getattr(module, "_supports_gradient_checkpointing", False)
        if able and not getattr(module, "is_gradient_checkpointing", True):
            module.enable_gradient_checkpointing()
            turned.append(module)
    try:
        yield
    finally:
        for module in turned:
            module.disable_gradient_checkpointing()


@contextlib.contextmanager
def full_precision(module: Any) -> Iterator[None]:
    """The module in float32 inside of the block, when it is kept in less."""
    import torch

    usual = next(module.parameters()).dtype
    if usual.itemsize >= 4:
        yield
        return
    module.to(torch.float32)
    try:
        yield
    finally:
        module.to(usual)
