"""Removal without words: self-attention that cannot look at the thing (after Attentive Eraser, Sun et al. 2025).

The UNet predicts the noise twice: as it always does, and with the thing's keys hidden from all self-attention in its
later layers. What differs between the two is what the thing contributes, and is pushed away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from finetouch.diffusion.prompts import Spoken
from finetouch.diffusion.sampler import Job, Noise, size_facts

GUIDANCE = 9.0
SHARE = 0.5  # the later half of the self-attention layers, in the order they run
DULL_STEPS = 9  # first steps of 50 in which the hole's own similarities are dampened ...
DULL = 0.3  # ... by this factor
OF_STEPS = 50


class HidingAttention:
    """An attention processor whose keys inside of the mask get no attention.

    Args:
        mask: ``(1, 1, h, w)``, 1 where the thing is, on the latents' grid.
        dull: Factor on the similarities of the queries inside of the mask.
    """

    def __init__(self, mask: Any, dull: float = 1.0) -> None:
        self._mask, self.dull = mask, dull

    def __call__(self, attn: Any, hidden_states: Any, *args: Any, **kwargs: Any) -> Any:
        """The attention layer's output; for ``(N, tokens, width)`` hidden states."""
        states = hidden_states
        n, tokens, _ = states.shape
        heads = attn.heads
        query, key, value = attn.to_q(states), attn.to_k(states), attn.to_v(states)
        query, key, value = (x.view(n, tokens, heads, -1).transpose(1, 2) for x in (query, key, value))
        out = (self.weights(query, key, tokens).to(value.dtype) @ value).transpose(1, 2).reshape(n, tokens, -1)
        out = attn.to_out[1](attn.to_out[0](out))
        return (out + states if attn.residual_connection else out) / attn.rescale_output_factor

    def weights(self, query: Any, key: Any, tokens: int) -> Any:
        """``(N, heads, tokens, tokens)`` attention; 0 for hidden keys unless everything is hidden."""
        import torch

        scores = (query.float() @ key.float().transpose(-1, -2)) * query.shape[-1] ** -0.5
        inside = self.inside(tokens).to(scores.device)
        if self.dull != 1.0:
            scores = torch.where(inside[None, None, :, None], scores * self.dull, scores)
        if not bool(inside.all()):
            scores = scores.masked_fill(inside[None, None, None, :], float("-inf"))
        return scores.softmax(dim=-1)

    def inside(self, tokens: int) -> Any:
        """``(tokens,)`` bool: the mask at this layer's resolution, any part of a cell counts."""
        import torch

        h, w = self._mask.shape[-2:]
        size = (h, w)
        while size[0] * size[1] > tokens:
            size = (-(-size[0] // 2), -(-size[1] // 2))
        if size[0] * size[1] != tokens:  # no layer of ours
            return torch.zeros(tokens, dtype=torch.bool)
        return torch.nn.functional.adaptive_max_pool2d(self._mask.float(), size).flatten() > 0.5


def self_attention_names(unet: Any) -> list[str]:
    """Names of the self-attention processors in the order they run: down, middle, up."""
    names = [n for n in unet.attn_processors if ".attn1." in n]
    return sorted(
        names, key=lambda n: ("down", "mid_", "up_b").index(n[:4]) if n[:4] in ("down", "mid_", "up_b") else 3
    )


@contextmanager
def eraser(parts: Mapping[str, Any], job: Job, grid: Any, empty: Spoken, guidance: float = GUIDANCE) -> Iterator[Noise]:
    """The erasing prediction of the noise; the UNet is as before when the context is left.

    Args:
        parts: The pipeline's parts; its UNet must have four input channels. job: What is done.
        grid: Latent mask. empty: Encoded empty prompt. guidance: How hard the thing is pushed away.
    """
    unet = parts["unet"]
    before = dict(unet.attn_processors)
    names = self_attention_names(unet)
    later = set(names[int(len(names) * SHARE) :])
    hiding = HidingAttention(grid)
    states = empty.states[1:]
    more = size_facts(unet, job, empty, both=False)
    done = 0
    dull_until = max(1, round(DULL_STEPS * job.steps / OF_STEPS))

    def ask(latents: Any, t: Any) -> Any:
        return unet(
            latents, t, encoder_hidden_states=states.to(latents.dtype), added_cond_kwargs=more, return_dict=False
        )[0]

    def predict(latents: Any, t: Any) -> Any:
        nonlocal done
        hiding.dull = DULL if done < dull_until else 1.0
        done += 1
        plain = ask(latents, t)
        unet.set_attn_processor({n: hiding if n in later else p for n, p in before.items()})
        try:
            hidden = ask(latents, t)
        finally:
            unet.set_attn_processor(dict(before))
        return plain + guidance * (hidden - plain)

    yield predict
