"""The lab's autoencoder: 64 px pictures to 16 x 16 x 4 latents and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from finetouch.train.lab.loop import Batch, Losses, Recipe
from finetouch.train.lab.pool import Pool, cut, random_window, shuffled
from finetouch.train.lab.scale import Scale
from finetouch.train.lab.show import grid, to_pixels, to_tensor

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

KL = 2e-5
_EDGES, _TINT, _TOLD = 0.2, 1.0, 0.3
_STRETCH = 2.0
"""The first three latent channels are drawn to this times the mean colour of their 4 x 4 pixels. Without it small
things lose their colour for thousands of steps, because guessing it from the surroundings is easier; and with it a
preview of unfinished latents needs no decoder."""
_BATCH = 32


def build(scale: Scale) -> AutoencoderKL:
    """An untrained autoencoder of this scale."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=scale.vae, layers_per_block=1, latent_channels=4, norm_num_groups=8,
        sample_size=scale.size, mid_block_add_attention=False,
    )  # fmt: skip


def recipe(scale: Scale, pool: Pool, done: AutoencoderKL | None = None) -> Recipe:
    """How the autoencoder is trained: error of pixels, edges and mean colours, and a weak pull to the normal."""
    model = (done or build(scale)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    shown = torch.stack([to_tensor(cut(pool[i], (0, 0, 128, 128), scale.size)[0]) for i in range(8)])

    def sample(average: nn.Module) -> Image.Image:
        again = average(shown).sample
        return grid([to_pixels(shown), to_pixels(again)], 3)

    def save(average: nn.Module, out: Path) -> None:
        if done is None:
            average.register_to_config(scaling_factor=_scaling(average, pool, scale))  # type: ignore[operator]
        average.half().save_pretrained(out)  # type: ignore[operator]

    return Recipe(
        "vae", model, lambda step: _batches(pool, scale, step), _losses, save,
        sample, steps=scale.steps["vae"], batch_size=_BATCH, rate=1.5e-3, decay=0.0, ema=0.998,
    )  # fmt: skip


def decoder_recipe(scale: Scale, pool: Pool, folder: Path) -> Recipe:
    """The finished autoencoder's decoder alone, longer: its latents stay what the diffusion models have learned."""
    from diffusers import AutoencoderKL

    model = AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32)
    for part in (model.encoder, model.quant_conv):
        part.requires_grad_(False)
    made = recipe(scale, pool, model)
    made.name, made.losses, made.steps, made.rate = "vae-decoder", _decoder_losses, scale.steps["vae-decoder"], 1e-3
    return made


def _batches(pool: Pool, scale: Scale, step: int) -> Iterator[Batch]:
    rng = np.random.default_rng(step)
    order = shuffled(len(pool), step)
    side = pool.pictures.shape[1]
    while True:
        whole = rng.random() < 0.4
        px = scale.size if whole else scale.size // 2
        cuts = []
        for _ in range(_BATCH // 2 if whole else _BATCH):
            picture, _ = cut(pool[next(order)], random_window(rng, side), scale.size)
            x, y = (int(v) for v in rng.integers(0, scale.size - px + 1, 2))
            picture = picture[y : y + px, x : x + px]
            cuts.append(to_tensor(picture[:, ::-1] if rng.random() < 0.5 else picture))
        yield {"pixels": torch.stack(cuts).contiguous(memory_format=torch.channels_last)}


def _losses(model: nn.Module, batch: Batch) -> Losses:
    x = batch["pixels"]
    code = model.encode(x).latent_dist  # type: ignore[operator]
    z = code.mean + torch.exp(0.5 * code.logvar) * torch.randn_like(code.mean)
    y = model.decode(z).sample.float()  # type: ignore[operator]
    near = (y - x).abs().mean() + 2 * F.mse_loss(y, x)
    mean_color = F.avg_pool2d(x, 4)
    tint = (F.avg_pool2d(y, 4) - mean_color).abs().mean()
    told = (code.mean.float()[:, :3] - _STRETCH * mean_color).abs().mean()
    edges = sum((_slope(y, d) - _slope(x, d)).abs().mean() for d in (2, 3))
    mean, spread = code.mean.float(), code.logvar.float()
    kl = 0.5 * (mean**2 + spread.exp() - 1 - spread).sum((1, 2, 3)).mean() / (x.shape[-1] ** 2 / 16)
    psnr = -10 * torch.log10(F.mse_loss(y.detach().clamp(-1, 1), x) / 4)
    return {
        "loss": near + _EDGES * edges + _TINT * tint + _TOLD * told + KL * kl,
        "near": near,
        "tint": tint,
        "told": told,
        "kl": kl,
        "psnr": psnr,
    }


def _slope(x: torch.Tensor, axis: int) -> torch.Tensor:
    return x.diff(dim=axis)


def _decoder_losses(model: nn.Module, batch: Batch) -> Losses:
    x = batch["pixels"]
    with torch.no_grad():
        code = model.encode(x).latent_dist.mean  # type: ignore[operator]
    y = model.decode(code).sample.float()  # type: ignore[operator]
    square = F.mse_loss(y, x)
    near = (y - x).abs().mean()
    edges = sum((_slope(y, d) - _slope(x, d)).abs().mean() for d in (2, 3))
    psnr = -10 * torch.log10(F.mse_loss(y.detach().clamp(-1, 1), x) / 4)
    return {"loss": near + 6 * square + _EDGES * edges, "near": near, "psnr": psnr}


def _scaling(model: nn.Module, pool: Pool, scale: Scale) -> float:
    """One over the spread of the latents, so that the diffusion models see numbers of size 1."""
    codes = []
    with torch.no_grad():
        for at in range(0, 512, 64):
            x = torch.stack([to_tensor(cut(pool[i], (0, 0, 128, 128), scale.size)[0]) for i in range(at, at + 64)])
            codes.append(model.encode(x).latent_dist.mean)  # type: ignore[operator]
    return round(float(1 / torch.cat(codes).std()), 5)
