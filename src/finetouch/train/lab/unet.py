"""The lab's diffusion models: inpainting with nine channels, and text to image, which is the same with all hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from finetouch.train.lab.loop import Batch, Losses, Recipe, saver
from finetouch.train.lab.scale import Scale
from finetouch.train.lab.show import grid, to_pixels
from finetouch.train.lab.views import Views
from finetouch.train.lab.words import encode as tokens

GAMMA = 5.0
"""Largest signal-to-noise ratio that still weighs more (Hang et al., Min-SNR, 2023)."""
LEAST = 0.15
"""What nearly clean latents weigh at least: with less, pictures keep a cobbled noise."""
DROP = 0.12
"""Share of prompts left out, for classifier-free guidance."""
SHOWN_WEIGHT = 0.3
"""How much the noise counts where the picture is known anyway."""
SHOWN = ("a red ball", "a blue cat", "a yellow house", "a green car", "a pink flower", "a purple cup in a room",
          "an orange boat at the lake shore", "a white dog on a green meadow")  # fmt: skip


def build(scale: Scale, channels: int) -> Any:
    """An untrained UNet with this many input channels."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=scale.size // 4, in_channels=channels, out_channels=4, block_out_channels=scale.unet,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), layers_per_block=1,
        cross_attention_dim=scale.width, attention_head_dim=4, norm_num_groups=16,
    )  # fmt: skip


def noise_scheduler() -> Any:
    """The noise schedule of Stable Diffusion 1, with noise as the prediction."""
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


def plain_from(folder: Path, vae: Any, scale: Scale) -> Any:
    """A text-to-image UNet with four channels out of an inpainting one: what "all hidden" adds becomes a bias."""
    from diffusers import UNet2DConditionModel

    full = UNet2DConditionModel.from_pretrained(folder, torch_dtype=torch.float32)
    small = build(scale, 4)
    state = full.state_dict()
    kernel, bias = state["conv_in.weight"], state["conv_in.bias"]
    grey = all_hidden(vae, scale.size).mean((0, 2, 3))
    told = torch.cat([torch.ones(1), grey])
    state["conv_in.weight"] = kernel[:, :4].clone()
    state["conv_in.bias"] = bias + (kernel[:, 4:].sum((2, 3)) * told).sum(1)
    small.load_state_dict(state)
    return small


class Reader:
    """Prompts to hidden states with the frozen text half of the lab's CLIP."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        from transformers import CLIPTextModel, CLIPTokenizer

        self.tokenizer = CLIPTokenizer.from_pretrained(folder)
        self.model = CLIPTextModel.from_pretrained(folder, dtype=torch.float32).to(device).eval().requires_grad_(False)
        self._kept: dict[str, torch.Tensor] = {}

    @torch.no_grad()
    def __call__(self, texts: list[str]) -> torch.Tensor:
        """``(N, LENGTH, width)``; texts read before are remembered."""
        new = [t for t in dict.fromkeys(texts) if t not in self._kept]
        if len(self._kept) > 30_000:
            self._kept.clear()
            new = list(dict.fromkeys(texts))
        if new:
            states = self.model(tokens(self.tokenizer, new).to(self.model.device)).last_hidden_state
            self._kept.update(zip(new, states.half(), strict=True))
        return torch.stack([self._kept[t] for t in texts]).float()


def recipe(
    name: str, scale: Scale, views: Views, clip: Path, vae: Any, start: Any = None, everything: float = 0.25
) -> Recipe:
    """How a UNet is trained on encoded views: noise prediction with Min-SNR weights.

    Args:
        name: Of the run. scale: Sizes. views: Training data. clip: Folder of the text encoder. vae: For samples.
        start: A UNet to go on from, or None. everything: Share of examples in which all is hidden; 1 makes a plain
            text-to-image UNet with four channels.
    """
    plain = everything >= 1
    model = start or build(scale, 4 if plain else 9)
    model = model.to(memory_format=torch.channels_last)
    reader, noise = Reader(clip), noise_scheduler()
    ratios = noise.alphas_cumprod / (1 - noise.alphas_cumprod)
    hidden = all_hidden(vae, scale.size)

    def losses(unet: nn.Module, batch: Batch) -> Losses:
        x = batch["clean"]
        eps, t = torch.randn_like(x), torch.randint(0, 1000, (len(x),), device=x.device)
        noisy = noise.add_noise(x, eps, t)
        if not plain:
            noisy = torch.cat([noisy, batch["mask"], batch["masked"]], 1)
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        found = unet(noisy, t, batch["states"]).sample.float()
        error = F.mse_loss(found, eps, reduction="none").mean(1, keepdim=True)
        matters = batch["mask"] + SHOWN_WEIGHT * (1 - batch["mask"])
        error = (error * matters).sum((1, 2, 3)) / matters.sum((1, 2, 3))
        weight = (GAMMA / ratios.to(t.device)[t]).clamp(LEAST, 1.0)
        return {"loss": (weight * error).mean(), "error": error.detach().mean()}

    def batches(step: int) -> Iterator[Batch]:
        return _batches(views, reader, hidden, scale.batch["unet"], everything, step)

    def sample(average: nn.Module) -> Image.Image:
        return _sample(average, vae, reader, noise, hidden, None if plain else views)

    return Recipe(
        name, model, batches, losses, saver(noise), sample, steps=scale.steps[name], batch_size=scale.batch["unet"],
        rate=8e-4, decay=0.01, ema=0.9985, warm_up=200, plain_attention=True,
    )  # fmt: skip


def holes_recipe(scale: Scale, views: Views, clip: Path, vae: Any, folder: Path) -> Recipe:
    """More of what an inpainting model is for, once it can draw: other views, hardly any with everything hidden."""
    from diffusers import UNet2DConditionModel

    start = UNet2DConditionModel.from_pretrained(folder, torch_dtype=torch.float32)
    made = recipe("inpaint-holes", scale, views, clip, vae, start, everything=0.05)
    made.rate = 4e-4
    return made


@torch.no_grad()
def all_hidden(vae: Any, size: int) -> torch.Tensor:
    """Latents ``(1, C, h, w)`` of a picture that is grey all over."""
    return vae.encode(torch.zeros(1, 3, size, size)).latent_dist.mean * vae.config.scaling_factor


def _batches(
    views: Views, reader: Reader, hidden: torch.Tensor, size: int, everything: float, step: int
) -> Iterator[Batch]:
    rng, words = np.random.default_rng(step), Random(step)
    while True:
        order = rng.permutation(len(views))
        for at in range(0, len(order) - size + 1, size):
            pick = np.sort(order[at : at + size])
            clean = torch.from_numpy(views.clean[pick].astype(np.float32))
            masked = torch.from_numpy(views.masked[pick].astype(np.float32))
            mask = torch.from_numpy(views.masks[pick].astype(np.float32))[:, None]
            full = torch.from_numpy(rng.random(size) < everything)
            mask[full], masked[full] = 1.0, hidden
            texts = [words.choice(views.texts[i][0 if f else 1]) for i, f in zip(pick, full.tolist(), strict=True)]
            texts = ["" if words.random() < DROP else t for t in texts]
            yield {"clean": clean, "masked": masked, "mask": mask, "states": reader(texts)}


@torch.no_grad()
def draw(
    unet: Any, noise: Any, states: torch.Tensor, blank: torch.Tensor, known: torch.Tensor | None, seed: int = 0,
    steps: int = 25, guidance: float = 4.0, size: int = 16, eta: float = 0.0,
) -> torch.Tensor:  # fmt: skip
    """Latents from noise by DDIM with guidance; `known` are mask and masked latents ``(N, 5, h, w)`` or None."""
    noise.set_timesteps(steps)
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn((len(states), 4, size, size), generator=generator)
    both = torch.cat([blank.expand_as(states), states])
    for t in noise.timesteps:
        shown = x if known is None else torch.cat([x, known], 1)
        plain, told = unet(torch.cat([shown, shown]), t, both).sample.float().chunk(2)
        x = noise.step(plain + guidance * (told - plain), t, x, eta=eta, generator=generator).prev_sample
    return x


def decode(vae: Any, latents: torch.Tensor) -> np.ndarray:
    """Latents to ``(N, H, W, 3) uint8``."""
    with torch.no_grad():
        return to_pixels(vae.decode(latents / vae.config.scaling_factor).sample)


def _sample(
    unet: Any, vae: Any, reader: Callable[[list[str]], torch.Tensor], noise: Any, hidden: torch.Tensor,
    views: Views | None,
) -> Image.Image:  # fmt: skip
    blank, rows = reader([""]), []
    for seed in range(2):
        states = reader(list(SHOWN))
        known = None if views is None else torch.cat([torch.ones_like(hidden[:, :1]), hidden], 1).expand(8, -1, -1, -1)
        rows.append(decode(vae, draw(unet, noise, states, blank, known, seed, size=hidden.shape[-1])))
    if views is not None:
        pick = np.arange(8)
        masked = torch.from_numpy(views.masked[pick].astype(np.float32))
        mask = torch.from_numpy(views.masks[pick].astype(np.float32))[:, None]
        known = torch.cat([mask, masked], 1)
        rows.append(decode(vae, masked))
        for prompts in ([views.texts[i][1][0] for i in pick], list(SHOWN)):
            rows.append(decode(vae, draw(unet, noise, reader(prompts), blank, known, 1, size=hidden.shape[-1])))
    return grid(rows, 2)
