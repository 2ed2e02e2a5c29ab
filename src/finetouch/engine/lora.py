"""Small add-on weights (LoRA) for a denoiser: read, checked, switched off until somebody asks for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finetouch.engine.loading import folder_of, quiet
from finetouch.errors import ModelMissing, UsageError
from finetouch.hub import store
from finetouch.hub.presets import Role


def attach(core: Any, role: Role, names: Sequence[str]) -> None:
    """Loads the add-ons `names` of `role` into the denoiser `core` and leaves on only the role's active one.

    Takes folders that peft or diffusers wrote, and single files in the layout of the older training scripts.

    Raises:
        UsageError: The weights do not fit this denoiser.
    """
    for name in names:
        part = role.loras[name]
        folder = folder_of(part.place)
        try:
            with quiet():
                _load(core, name, folder)
        except (ValueError, KeyError, RuntimeError) as error:
            raise UsageError(
                f"The add-on weights '{name}' ({part.place.name}) do not fit the model for the role '{role.name}': "
                f"{' '.join(str(error).split())[:200]}",
                "They have to be made for this denoiser.",
            ) from error
    if role.active:
        core.set_adapter(role.active)
    else:
        core.disable_adapters()


def _load(core: Any, name: str, folder: Path) -> None:
    from safetensors.torch import load_file

    files = store.weight_files(folder)
    if not files:
        raise ModelMissing(f"There are no safetensors in '{folder}'.", "Only safetensors are loaded.")
    weights = load_file(files[0])
    config = folder / "adapter_config.json"
    if config.is_file():
        stem = "base_model.model."
        plain = {k.removeprefix(stem): v for k, v in weights.items()}
        facts = json.loads(config.read_text(encoding="utf-8"))
        keys = ("r", "lora_alpha", "target_modules", "use_rslora", "rank_pattern", "alpha_pattern", "lora_dropout")
        metadata = {k: facts[k] for k in keys if k in facts}
        core.load_lora_adapter(plain, prefix=None, adapter_name=name, metadata=metadata)
        return
    if any(k.startswith("lora_unet_") for k in weights):
        from diffusers import StableDiffusionXLPipeline

        weights, alphas = StableDiffusionXLPipeline.lora_state_dict(weights, unet_config=core.config)
        core.load_lora_adapter(weights, prefix="unet", adapter_name=name, network_alphas=alphas)
        return
    prefix = next((p for p in ("unet", "transformer") if any(k.startswith(f"{p}.") for k in weights)), None)
    core.load_lora_adapter(
        str(folder), weight_name=files[0].name, prefix=prefix, adapter_name=name, local_files_only=True
    )
