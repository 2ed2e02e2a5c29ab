"""The networks that propose where a new thing goes and which outline it has.

`MaskPredictor` answers at once with several hypotheses and a score for each; `mask_denoiser` builds a diffusion model
whose samples are masks. Both see the same inputs: the background, the old thing's mask (or its box), a hint (a box or
a point) and words; each of them may be left out.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel

FOLD = 4
"""4 x 4 pixels become the channels of one place of the networks' grid."""


class MaskPredictorConfig(PretrainedConfig):
    """Sizes of a `MaskPredictor`.

    Args:
        size: Pixels per side of pictures and masks. widths: Channels at size/4 and size/8.
        hypotheses: How many masks it proposes. text_width, text_length: Of the words' hidden states.
        heads: Attention heads. depth: Blocks per level. planes: Channels of what it sees, 3 for a picture.
    """

    model_type = "finetouch-mask-predictor"

    def __init__(
        self, size: int = 64, widths: tuple[int, ...] = (64, 128), hypotheses: int = 4, text_width: int = 128,
        text_length: int = 48, heads: int = 4, depth: int = 2, planes: int = 3, **more: Any,
    ) -> None:  # fmt: skip
        self.size, self.widths, self.hypotheses, self.planes = size, tuple(widths), hypotheses, planes
        self.text_width, self.text_length, self.heads, self.depth = text_width, text_length, heads, depth
        super().__init__(**more)


class _Block(nn.Module):
    """Two convolutions around a residual; a condition scales and shifts between them."""

    def __init__(self, channels: int, out: int, cond: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(8, channels), nn.GroupNorm(8, out)
        self.conv1, self.conv2 = nn.Conv2d(channels, out, 3, padding=1), nn.Conv2d(out, out, 3, padding=1)
        self.film = nn.Linear(cond, 2 * out)
        self.skip = nn.Conv2d(channels, out, 1) if channels != out else nn.Identity()
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: torch.Tensor, cond: torch.Tensor) -> torch.Tensor:
        scale, shift = self.film(F.silu(cond))[:, :, None, None].chunk(2, 1)
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.norm2(h) * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(h))


class _Attend(nn.Module):
    """Every place looks at all other places (when there are not too many), then at the words."""

    def __init__(self, channels: int, text: int, heads: int, around: bool = True) -> None:
        super().__init__()
        self.heads, self.around = heads, around
        self.norms = nn.ModuleList([nn.LayerNorm(channels) for _ in range(3 if around else 2)])
        if around:
            self.qkv, self.out = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.q, self.kv = nn.Linear(channels, channels), nn.Linear(text, 2 * channels)
        self.read = nn.Linear(channels, channels)
        self.wide, self.narrow = nn.Linear(channels, 2 * channels), nn.Linear(2 * channels, channels)

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        n, length, width = x.shape
        return x.reshape(n, length, self.heads, width // self.heads).transpose(1, 2)

    def forward(self, x: torch.Tensor, words: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        n, c, h, w = x.shape
        t = x.flatten(2).transpose(1, 2)
        if self.around:
            q, k, v = (self._split(p) for p in self.qkv(self.norms[2](t)).chunk(3, -1))
            t = t + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, h * w, c))
        k, v = (self._split(p) for p in self.kv(words).chunk(2, -1))
        q = self._split(self.q(self.norms[0](t)))
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None])
        t = t + self.read(seen.transpose(1, 2).reshape(n, h * w, c))
        t = t + self.narrow(F.gelu(self.wide(self.norms[1](t))))
        return t.transpose(1, 2).reshape(n, c, h, w)


class MaskPredictor(PreTrainedModel):
    """Several masks for a new thing, with a score each (multiple-choice learning, Guzman-Rivera et al., 2012).

    A small U-Net over the picture folded 4 x 4; words come in by attention, and as a summary that scales and shifts
    every block. On the way up each hypothesis goes its own way.
    """

    config_class = MaskPredictorConfig
    base_model_prefix = "mask_predictor"
    main_input_name = "pixels"

    def __init__(self, config: MaskPredictorConfig) -> None:
        super().__init__(config)
        (a, b), k, text, heads = config.widths, config.hypotheses, config.text_width, config.heads
        self.summary = nn.Sequential(nn.Linear(text, b), nn.SiLU(), nn.Linear(b, b))
        self.stem = nn.Conv2d((config.planes + 4) * FOLD**2, a, 3, padding=1)
        self.down = nn.ModuleList([_Block(a, a, b) for _ in range(config.depth)])
        self.look = _Attend(a, text, heads, around=False)
        self.shrink = nn.Conv2d(a, b, 3, 2, 1)
        self.deep = nn.ModuleList([_Block(b, b, b) for _ in range(config.depth)])
        self.think = nn.ModuleList([_Attend(b, text, heads) for _ in range(config.depth)])
        self.score = nn.Sequential(nn.Linear(2 * b, b), nn.SiLU(), nn.Linear(b, k))
        self.grow = nn.Conv2d(b, a, 1)
        self.up = _Block(2 * a, a, b)
        self.choices = nn.Parameter(torch.randn(k, b))
        self.own = _Block(a, a, b)
        self.head = nn.Conv2d(a, FOLD**2, 3, padding=1)
        self.box = nn.Linear(a, 4)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Layers keep the initial values they were made with."""

    def forward(
        self, pixels: torch.Tensor, old: torch.Tensor, hint: torch.Tensor, words: torch.Tensor, mask: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Masks for a batch.

        Args:
            pixels: ``(N, planes, S, S)`` in -1..1. old: ``(N, 1, S, S)``, 1 in the old thing's mask or 0.5 in
                its box, 0 when unknown. hint: ``(N, 1, S, S)``, 0.5 in a box, a bump of height 1 at a point.
            words: ``(N, L, width)`` hidden states. mask: ``(N, L)`` bool, True for real tokens (at least one).

        Returns:
            "masks" ``(N, K, S, S)`` logits, "boxes" ``(N, K, 4)`` (middle x, y as shares, log width, log height),
            "scores" ``(N, K)`` logits: which hypothesis is the best.
        """
        weight = mask[..., None].to(words.dtype)
        cond = self.summary((words * weight).sum(1) / weight.sum(1).clamp(min=1))
        x = folded(torch.cat([pixels, old, hint, _grid(pixels)], 1))
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        for block in self.down:
            x = block(x, cond)
        first = x = self.look(x, words, mask)
        x = self.shrink(x)
        for block, attend in zip(self.deep, self.think, strict=True):
            x = attend(block(x, cond), words, mask)
        scores = self.score(torch.cat([x.mean((2, 3)), cond], 1))
        x = F.interpolate(self.grow(x), scale_factor=2.0, mode="nearest")
        x = self.up(torch.cat([x, first], 1), cond)
        return {**self._apart(x, cond), "scores": scores.float()}

    def _apart(self, x: torch.Tensor, cond: torch.Tensor) -> dict[str, torch.Tensor]:
        """The last block once per hypothesis, each with its own condition."""
        n, k = len(x), len(self.choices)
        x = self.own(x.repeat_interleave(k, 0), (cond[:, None] + self.choices).flatten(0, 1))
        boxes = self.box(x.mean((2, 3))).float().reshape(n, k, 4)
        logits = unfolded(self.head(F.silu(x))).float()
        middle, sides = boxes[..., :2].sigmoid(), boxes[..., 2:] - 1.5
        return {"masks": logits.reshape(n, k, *logits.shape[-2:]), "boxes": torch.cat([middle, sides], -1)}


class FactPredictorConfig(MaskPredictorConfig):
    """Sizes of a `FactPredictor`. roles, names: How many of each it knows."""

    model_type = "finetouch-fact-predictor"

    def __init__(self, roles: int = 16, names: int = 256, **more: Any) -> None:
        self.roles, self.names = roles, names
        super().__init__(**more)


class FactPredictor(MaskPredictor):
    """A `MaskPredictor` that is told facts (role and name, "support" and "table") instead of sentences."""

    config_class = FactPredictorConfig  # type: ignore[assignment]

    def __init__(self, config: FactPredictorConfig) -> None:
        super().__init__(config)
        self.role = nn.Embedding(config.roles + 1, config.text_width)
        self.name = nn.Embedding(config.names + 1, config.text_width)

    def forward(  # type: ignore[override]
        self, pixels: torch.Tensor, old: torch.Tensor, hint: torch.Tensor, facts: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Masks for a batch, as of `MaskPredictor`. facts: ``(N, L, 2)`` numbers, the first one real, -1 for none."""
        words = self.role(facts[..., 0] + 1) + self.name(facts[..., 1] + 1)
        return super().forward(pixels, old, hint, words, facts[..., 0] >= 0)


def _grid(x: torch.Tensor) -> torch.Tensor:
    """Coordinates in -1..1 of every pixel, ``(N, 2, H, W)``."""
    n, _, h, w = x.shape
    rows = torch.linspace(-1, 1, h, device=x.device, dtype=x.dtype)[:, None].expand(h, w)
    columns = torch.linspace(-1, 1, w, device=x.device, dtype=x.dtype)[None].expand(h, w)
    return torch.stack([columns, rows]).expand(n, 2, h, w)


def mask_denoiser(size: int = 64, widths: tuple[int, ...] = (64, 96, 96), text_width: int = 128) -> Any:
    """An untrained UNet over masks alone; `conditioned` gives it eyes."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=size // FOLD, in_channels=FOLD**2, out_channels=FOLD**2, block_out_channels=widths,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), layers_per_block=1,
        cross_attention_dim=text_width, attention_head_dim=4, norm_num_groups=16,
    )  # fmt: skip


def conditioned(base: Any, extra: int = FOLD**2 * 5) -> Any:
    """The same UNet with `extra` more input channels whose weights are zero, so that it gives the same at first."""
    old = base.conv_in
    wide = nn.Conv2d(old.in_channels + extra, old.out_channels, old.kernel_size, padding=old.padding)
    with torch.no_grad():
        wide.weight.zero_()
        wide.weight[:, : old.in_channels] = old.weight
        wide.bias.copy_(old.bias)
    base.conv_in = wide
    base.register_to_config(in_channels=old.in_channels + extra)
    return base


def folded(x: torch.Tensor) -> torch.Tensor:
    """``(N, C, S, S)`` to ``(N, 16 C, S/4, S/4)``."""
    return F.pixel_unshuffle(x, FOLD)


def unfolded(x: torch.Tensor) -> torch.Tensor:
    """Inverse of `folded`."""
    return F.pixel_shuffle(x, FOLD)


@torch.no_grad()
def sample_masks(
    unet: Any, noise: Any, sight: torch.Tensor, words: torch.Tensor, blank: torch.Tensor, generator: torch.Generator,
    steps: int = 25, guidance: float = 3.0,
) -> torch.Tensor:  # fmt: skip
    """Soft masks ``(N, 1, S, S)`` in 0..1 by DDIM with guidance towards the words.

    Args:
        unet: A conditioned denoiser (v-prediction). noise: Its scheduler. sight: ``(N, 5, S, S)`` picture, old, hint.
        words: ``(N, L, width)``. blank: ``(1, L, width)``, the empty text.
        generator: Of the noise. steps, guidance: As in other diffusion models.
    """
    noise.set_timesteps(steps)
    seen = folded(sight)
    x = torch.randn((len(seen), FOLD**2, *seen.shape[2:]), generator=generator, device=generator.device).to(seen)
    both = torch.cat([blank.expand_as(words), words])
    for t in noise.timesteps:
        shown = torch.cat([x, seen], 1)
        plain, told = unet(torch.cat([shown, shown]), t, both).sample.chunk(2)
        x = noise.step(plain + guidance * (told - plain), t, x).prev_sample
    return ((unfolded(x) + 1) / 2).clamp(0, 1)


def real_tokens(ids: torch.Tensor, end: int) -> torch.Tensor:
    """True up to and with the first end mark of every text, ``(N, L)``; what follows is padding."""
    after = (ids == end).int().cumsum(1)
    return (after == 0) | ((after == 1) & (ids == end))


def noise_schedule() -> Any:
    """Cosine noise, v-prediction."""
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction", clip_sample=False, set_alpha_to_one=False,
        steps_offset=1, timestep_spacing="trailing", rescale_betas_zero_snr=False,
    )  # fmt: skip


class Reader:
    """Texts to hidden states of a frozen CLIP text encoder, with the mask of real tokens.

    Args:
        encoder, tokenizer: Of a CLIP text model. length: Tokens; longer texts are cut.
    """

    def __init__(self, encoder: Any, tokenizer: Any, length: int = 48) -> None:
        self.encoder, self.tokenizer = encoder.eval().requires_grad_(False), tokenizer
        self.length = min(length, int(encoder.config.max_position_embeddings))

    @torch.no_grad()
    def __call__(self, texts: list[str], full: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        """``(N, L, width)`` float32 and ``(N, L)`` bool; L is that of the longest text, with `full` always the same."""
        ids = self.tokenizer(
            texts, padding="max_length" if full else "longest", truncation=True, max_length=self.length,
            return_tensors="pt",
        ).input_ids  # fmt: skip
        states = self.encoder(ids.to(self.encoder.device)).last_hidden_state.float()
        return states, real_tokens(ids, int(self.tokenizer.eos_token_id)).to(states.device)
