"""Few steps instead of many: latent consistency distillation of the lab's text-to-image UNet into a LoRA.

Luo et al., "Latent Consistency Models" and "LCM-LoRA" (2023): the student learns to land on the same clean latents
from any two neighbouring points of the teacher's guided path.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from finetouch.train.lab.loop import Batch, Losses, Recipe
from finetouch.train.lab.scale import Scale
from finetouch.train.lab.show import grid
from finetouch.train.lab.unet import SHOWN, Reader, all_hidden, decode, draw, noise_scheduler
from finetouch.train.lab.views import Views

RANK = 8
SKIP = 20
"""Training steps between two neighbouring points of the teacher's path (50 points in all)."""
_SIGMA, _SCALING = 0.5, 10.0
_LAYERS = ("to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2", "conv1", "conv2",
           "time_emb_proj", "conv_shortcut", "downsamplers.0.conv", "upsamplers.0.conv")  # fmt: skip


def recipe(scale: Scale, views: Views, unet: Path, clip: Path, vae: Any) -> Recipe:
    """How the LoRA is trained; guidance is drawn from 2 to 5, so that the student needs none."""
    from diffusers import UNet2DConditionModel
    from peft import LoraConfig

    teacher = UNet2DConditionModel.from_pretrained(unet, torch_dtype=torch.float32).eval().requires_grad_(False)
    student = UNet2DConditionModel.from_pretrained(unet, torch_dtype=torch.float32).requires_grad_(False)
    student.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=list(_LAYERS)))
    reader, noise = Reader(clip), noise_scheduler()
    alphas = noise.alphas_cumprod
    blank = reader([""])

    def losses(model: nn.Module, batch: Batch) -> Losses:
        x, states = batch["clean"], batch["states"]
        device = x.device
        teacher.to(device)
        index = torch.randint(1, 1000 // SKIP + 1, (len(x),), device=device)
        late, early = index * SKIP - 1, (index - 1) * SKIP - 1
        noisy = noise.add_noise(x, torch.randn_like(x), late)
        found = consistent(model, noisy, late, states, alphas)
        with torch.no_grad():
            both = teacher(
                torch.cat([noisy, noisy]), torch.cat([late, late]),
                torch.cat([states, blank.to(device).expand_as(states)]),
            ).sample.float()  # fmt: skip
            told, plain = both.chunk(2)
            scale_ = torch.empty(len(x), 1, 1, 1, device=device).uniform_(2, 5)
            guided = plain + scale_ * (told - plain)
            step = ddim_step(noisy, guided, late, early, alphas)
            target = consistent(model, step, early.clamp(min=0), states, alphas)
            target = torch.where((early < 0)[:, None, None, None], x, target)
        error = (found - target).pow(2)
        return {"loss": (torch.sqrt(error + 1e-6) - 1e-3).mean(), "error": error.detach().mean()}

    def batches(step: int) -> Iterator[Batch]:
        return _batches(views, reader, scale.batch["lcm"], step)

    def sample(average: nn.Module) -> Image.Image:
        hidden = all_hidden(vae, scale.size)
        rows = []
        for steps in (2, 4):
            rows.append(decode(vae, draw_few(average, reader(list(SHOWN)), alphas, steps, hidden.shape[-1])))
        rows.append(decode(vae, draw(teacher, noise, reader(list(SHOWN)), blank, None, size=hidden.shape[-1])))
        return grid(rows, 2)

    def save(average: nn.Module, out: Path) -> None:
        from diffusers import StableDiffusionPipeline
        from peft.utils import get_peft_model_state_dict

        layers = {k: v.half().contiguous() for k, v in get_peft_model_state_dict(average).items()}
        StableDiffusionPipeline.save_lora_weights(out, unet_lora_layers=layers)

    return Recipe(
        "lcm", student, batches, losses, save, sample, steps=scale.steps["lcm"], batch_size=scale.batch["lcm"],
        rate=5e-4, decay=0.0, ema=0.995, warm_up=30, plain_attention=True, facts={"rank": RANK, "guidance": [2, 5]},
    )  # fmt: skip


def _batches(views: Views, reader: Reader, size: int, step: int) -> Iterator[Batch]:
    rng = np.random.default_rng(step + 11)
    while True:
        pick = np.sort(rng.choice(len(views), size, replace=False))
        texts = [views.texts[i][0][int(rng.integers(len(views.texts[i][0])))] for i in pick]
        yield {"clean": torch.from_numpy(views.clean[pick].astype(np.float32)), "states": reader(texts)}


def _at(values: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return values.to(t.device)[t][:, None, None, None]


def ddim_step(
    x: torch.Tensor, eps: torch.Tensor, late: torch.Tensor, early: torch.Tensor, alphas: torch.Tensor
) -> torch.Tensor:
    """One deterministic DDIM step from time `late` to `early` (below 0: to the first alpha)."""
    a, b = _at(alphas, late), _at(alphas, early.clamp(min=0))
    clean = (x - (1 - a).sqrt() * eps) / a.sqrt()
    return b.sqrt() * clean + (1 - b).sqrt() * eps


def consistent(
    model: Any, x: torch.Tensor, t: torch.Tensor, states: torch.Tensor, alphas: torch.Tensor
) -> torch.Tensor:
    """The clean latents a consistency model lands on: its guess, and the input itself where t is 0."""
    eps = model(x, t, states).sample.float()
    a = _at(alphas, t)
    clean = (x - (1 - a).sqrt() * eps) / a.sqrt()
    scaled = (t.float() * _SCALING)[:, None, None, None]
    keep = _SIGMA**2 / (scaled**2 + _SIGMA**2)
    new = scaled / (scaled**2 + _SIGMA**2).sqrt()
    return keep * x + new * clean


@torch.no_grad()
def draw_few(
    model: Any, states: torch.Tensor, alphas: torch.Tensor, steps: int, size: int, seed: int = 0
) -> torch.Tensor:
    """Latents in a few steps: land, add noise again, land."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn((len(states), 4, size, size), generator=generator)
    times = np.linspace(1000 // SKIP, 0, steps, endpoint=False).round().astype(int) * SKIP - 1
    for k, t in enumerate(times):
        clean = consistent(model, x, torch.full((len(x),), int(t)), states, alphas)
        if k == len(times) - 1:
            return clean
        a = alphas[int(times[k + 1])]
        x = a.sqrt() * clean + (1 - a).sqrt() * torch.randn(x.shape, generator=generator)
    return x
