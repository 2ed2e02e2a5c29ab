"""Words → what the denoiser listens to: one or two text encoders, and what did not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 512  # some tokenizers claim no limit


@dataclass(frozen=True, eq=False)
class Spoken:
    """Encoded prompts.

    Attributes:
        states: ``(2, tokens, width)``: negative prompt first, then the prompt.
        pooled: ``(2, width)`` for models that want one vector too (SDXL), or None.
        cut: Words at the end of the prompt that did not fit, or "".
    """

    states: Any
    pooled: Any
    cut: str


def speak(parts: Mapping[str, Any], prompt: str, negative: str = "", device: str = "cpu") -> Spoken:
    """Encodes a prompt and a negative prompt with the text encoders of a pipeline.

    Args:
        parts: "tokenizer" and "text_encoder", for SDXL also "tokenizer_2" and "text_encoder_2".
        prompt, negative: Words. device: Where the encoders are.
    """
    import torch

    two = parts.get("text_encoder_2") is not None
    names = [s for s in ("", "_2") if parts.get(f"text_encoder{s}") is not None]
    states, pooled, cut = [], None, ""
    for suffix in names:
        tokenizer, encoder = parts[f"tokenizer{suffix}"], parts[f"text_encoder{suffix}"]
        room = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings), MOST)
        ids = tokenizer([negative, prompt], padding="max_length", max_length=room, truncation=True, return_tensors="pt")
        mask = ids["attention_mask"].to(device) if getattr(encoder.config, "use_attention_mask", False) else None
        with torch.inference_mode():
            out = encoder(ids["input_ids"].to(device), attention_mask=mask, output_hidden_states=two)
        states.append(out.hidden_states[-2] if two else out[0])
        if two and out[0].ndim == 2:
            pooled = out[0]
        cut = cut or left_out(tokenizer, prompt, room)
    joined = torch.cat(states, dim=-1)
    if two and not negative:
        # SDXL was trained with zeros for "no words".
        joined = torch.stack([torch.zeros_like(joined[1]), joined[1]])
        pooled = None if pooled is None else torch.stack([torch.zeros_like(pooled[1]), pooled[1]])
    return Spoken(joined, pooled, cut)


def left_out(tokenizer: Any, prompt: str, room: int) -> str:
    """The words at the end of a prompt that a model with `room` tokens never hears."""
    ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    special = len(tokenizer("")["input_ids"])
    rest = ids[max(0, room - special) :]
    return str(tokenizer.decode(rest)).strip() if rest else ""


def note_of(cut: str) -> str:
    """The sentence that says what was left out of a prompt."""
    return f"The prompt is longer than the model can read; left out: '{cut}'."
