"""Picture and words → inputs of a Qwen-VL model, where its own processor cannot be loaded (it wants torchvision)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

IMAGE = "<|image_pad|>"


class PictureWords:
    """Does for pictures what the processor of Qwen2-VL and Qwen2.5-VL does; videos are not known.

    Args:
        tokenizer: The model's. image_processor: The model's, of a kind that needs no torchvision.
    """

    def __init__(self, tokenizer: Any, image_processor: Any) -> None:
        self.tokenizer, self.image_processor = tokenizer, image_processor
        self.image_token = getattr(tokenizer, "image_token", None) or IMAGE

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> PictureWords:
        """Reads both parts from a processor's folder."""
        from transformers import AutoImageProcessor, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        return cls(tokenizer, AutoImageProcessor.from_pretrained(str(folder), local_files_only=True))

    def save_pretrained(self, folder: str | Path) -> None:
        """Writes both parts into one folder."""
        self.tokenizer.save_pretrained(str(folder))
        self.image_processor.save_pretrained(str(folder))

    def apply_chat_template(self, *args: Any, **kwargs: Any) -> Any:
        """The conversation as text; see the tokenizer's method of that name."""
        return self.tokenizer.apply_chat_template(*args, **kwargs)

    def __call__(
        self, text: str | Sequence[str], images: Any = None, padding: bool = True, return_tensors: str = "pt"
    ) -> Any:
        """Tensors: ``input_ids``, ``attention_mask``, and with pictures ``pixel_values`` and ``image_grid_thw``.

        Args:
            text: With one image token for every picture. images: A picture or a list of them, or None.
            padding, return_tensors: As everywhere in transformers.
        """
        from transformers import BatchFeature

        texts = [text] if isinstance(text, str) else list(text)
        found: dict[str, Any] = {}
        if images is not None:
            found = dict(self.image_processor(images=images, return_tensors=return_tensors))
            merge = int(self.image_processor.merge_size) ** 2
            counts = iter([int(grid.prod()) // merge for grid in found["image_grid_thw"]])
            texts = [self._expanded(t, counts) for t in texts]
        words = self.tokenizer(texts, padding=padding, return_tensors=return_tensors)
        return BatchFeature({**words, **found})

    def _expanded(self, text: str, counts: Any) -> str:
        """One image token per place of the picture's grid."""
        first, *rest = text.split(self.image_token)
        return first + "".join(self.image_token * next(counts) + part for part in rest)
