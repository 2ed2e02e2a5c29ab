"""A vision-language model on this machine, by transformers: LLaVA 1.5 and 1.6, Qwen-VL and their kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from finetouch.errors import NoAnswer, UsageError
from finetouch.plan._vlm_talk import Turn, find_object, shown
from finetouch.types import Reporter

if TYPE_CHECKING:
    from finetouch.engine.models import Loaded, Models

TOKENS = 700
EVERY = 8  # tokens between two looks whether the answer is complete


class LocalModel:
    """The model that plays the role `vlm`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    @property
    def identity(self) -> str:
        """Place and revision of its weights."""
        return self._models.identity("vlm")

    def ask(self, turns: Sequence[Turn], schema: dict[str, Any], report: Reporter) -> str:
        """The answer's text: greedy, begun with the schema's first key, ended where its JSON object is complete.

        Raises:
            NoAnswer: The conversation is longer than the model reads. Cancelled: By the user, after any token.
            FinetouchError: As `Models.get`.
        """
        import torch

        from finetouch.engine import device as devices
        from finetouch.engine.loading import quiet

        loaded = self._models.get("vlm", report)
        begun = _begun(schema)
        try:
            with quiet(), torch.inference_mode():
                inputs = _inputs(loaded, turns, begun)
                length = int(inputs["input_ids"].shape[1])
                most = int(getattr(loaded["model"].config.get_text_config(), "max_position_embeddings", 0) or 0)
                if most and length + 64 > most:
                    raise NoAnswer("The instruction is longer than the vision-language model can read.")
                report.update("plan", 0, 0, "reading the instruction")
                stop = _stopping(loaded, length, begun, report)
                out = loaded["model"].generate(
                    **inputs, max_new_tokens=TOKENS, do_sample=False, num_beams=1, temperature=None, top_p=None,
                    top_k=None, stopping_criteria=stop,
                )  # fmt: skip
        except (MemoryError, RuntimeError) as error:
            if devices.out_of_memory(error):
                raise self._models.memory_error("vlm") from error
            raise
        return begun + _tokenizer(loaded).decode(out[0, length:], skip_special_tokens=True)


def _begun(schema: dict[str, Any]) -> str:
    """The start that every answer of the schema has."""
    key = schema["required"][0]
    return f'{{"{key}": [' if schema["properties"][key].get("type") == "array" else f'{{"{key}": '


def _tokenizer(loaded: Loaded) -> Any:
    return loaded.get("tokenizer") or loaded["processor"].tokenizer


def _inputs(loaded: Loaded, turns: Sequence[Turn], begun: str) -> dict[str, Any]:
    """Tensors for the whole conversation, on the model's device and in its number format."""
    import torch
    from PIL import Image

    from finetouch.engine.picture_words import PictureWords

    processor = loaded.get("processor")
    if processor is None:
        if "Qwen" not in type(loaded["model"]).__name__:
            raise UsageError(
                f"The processor of {loaded.facts.get('name')} cannot be loaded here.",
                "It may want torchvision: pip install torchvision",
            )
        processor = PictureWords(loaded["tokenizer"], loaded["image_processor"])
    pictures = [Image.fromarray(shown(t.picture)) for t in turns if t.picture is not None]
    text = _as_text(processor, turns) + begun
    found = processor(text=[text], images=pictures or None, return_tensors="pt")
    dtype = loaded.dtype
    return {
        name: value.to(loaded.device, dtype if value.is_floating_point() else value.dtype)
        for name, value in found.items()
        if isinstance(value, torch.Tensor)
    }


def _as_text(processor: Any, turns: Sequence[Turn]) -> str:
    """The conversation in the model's own form; LLaVA 1.5's when it brings none."""
    messages = []
    for turn in turns:
        parts: list[dict[str, str]] = [] if turn.picture is None else [{"type": "image"}]
        messages.append({"role": turn.role, "content": [*parts, {"type": "text", "text": turn.text}]})
    has = getattr(processor, "chat_template", None) or getattr(processor.tokenizer, "chat_template", None)
    if has:
        return str(processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))
    image = getattr(processor, "image_token", "<image>")
    names = {"system": "", "user": "USER: ", "assistant": "ASSISTANT: "}
    said = [f"{names[t.role]}{image + chr(10) if t.picture is not None else ''}{t.text}" for t in turns]
    return " ".join(said) + " ASSISTANT: "


def _stopping(loaded: Loaded, length: int, begun: str, report: Reporter) -> Any:
    """Ends the answer when its JSON object is complete; asks for cancel at every token."""
    from transformers import StoppingCriteria, StoppingCriteriaList

    tokenizer = _tokenizer(loaded)

    class Complete(StoppingCriteria):
        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            import torch

            written = int(input_ids.shape[1]) - length
            report.update("plan", written, TOKENS, "reading the instruction")
            done = False
            if written % EVERY == 0:
                try:
                    find_object(begun + tokenizer.decode(input_ids[0, length:], skip_special_tokens=True))
                    done = True
                except ValueError:
                    done = False
            return torch.full((input_ids.shape[0],), done, device=input_ids.device, dtype=torch.bool)

    return StoppingCriteriaList([Complete()])
