"""The lab's language: a tokenizer learned from it, and the ways a prompt for one thing can be worded."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import TYPE_CHECKING, Any

import torch

from finetouch.lab.edits import possible_edits
from finetouch.lab.facts import article
from finetouch.lab.kinds import sort_of
from finetouch.lab.palette import NAMES
from finetouch.lab.sample import sample_scene
from finetouch.lab.splits import seed_for
from finetouch.train.lab.pool import Pool
from finetouch.train.lab.scale import Scale

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

LENGTH = 48
"""Longest text in tokens, with the two marks around it."""
_BEGIN, _END = "<|startoftext|>", "<|endoftext|>"
_VOCABULARY = 1024


def make_tokenizer(pool: Pool, scale: Scale) -> CLIPTokenizer:
    """A CLIP tokenizer whose merges were learned from captions, phrases and instructions of the lab."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

    learner = Tokenizer(models.BPE(unk_token=_END, end_of_word_suffix="</w>", continuing_subword_prefix=""))
    learner.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    words = Regex(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(words, "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY, special_tokens=[_BEGIN, _END], end_of_word_suffix="</w>", show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    learner.train_from_iterator(_texts(pool, scale), trainer)
    table = learner.get_vocab()
    for letter in pre_tokenizers.ByteLevel.alphabet():
        table.setdefault(f"{letter}</w>", len(table))
    state: dict[str, Any] = _state(learner)
    return CLIPTokenizer(vocab=table, merges=[tuple(m) for m in state["merges"]], model_max_length=LENGTH)


def _state(learner: Any) -> dict[str, Any]:
    import json

    return dict(json.loads(learner.to_str())["model"])


def _texts(pool: Pool, scale: Scale) -> Iterable[str]:
    for facts in pool.facts[:4000]:
        yield from facts["caption"]
        yield from (text for text, _, _ in facts["phrases"])
    for k in range(1500):
        yield from (e.instruction for e in possible_edits(sample_scene(seed_for("train", k), larger=scale.larger)))
    for kind in map(sort_of, scale.classes):
        yield from (f"{kind.name} {kind.plural}" for _ in range(20))
    for color in NAMES:
        yield from (f"a picture of something {color}" for _ in range(20))
    yield from ["nothing, empty background, drawing, image, photo, blurry, low quality"] * 50


def encode(tokenizer: Any, texts: list[str]) -> torch.Tensor:
    """Token ids ``(N, LENGTH)``, padded and cut."""
    ids = tokenizer(texts, padding="max_length", truncation=True, max_length=LENGTH, return_tensors="pt")
    return torch.as_tensor(ids["input_ids"])


_ALONE = ("{}", "{}", "a picture of {}", "a drawing of {}", "an image of {}")


def prompt_for(rng: Random, phrase: str) -> str:
    """A prompt for one thing: "red ball", "a red ball", "a picture of a red ball"."""
    named = phrase if rng.random() < 0.35 else article(phrase)
    return rng.choice(_ALONE).format(named)
