"""Models of a preset put together for guided sampling: a denoiser of pictures or latents, with what looks at it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from finetouch.diffusion import savers
from finetouch.diffusion.codec import Codec, checked_pixels, to_tensor
from finetouch.diffusion.distance import unit
from finetouch.diffusion.guidance import Predict
from finetouch.diffusion.linear_decoder import LinearDecoder
from finetouch.diffusion.prompts import Spoken, speak
from finetouch.diffusion.sampler import Job, size_facts
from finetouch.diffusion.schedule import At
from finetouch.errors import BrokenOutput, UsageError
from finetouch.select.tensors import BICUBIC, CLIP, Look, tokenizer_of
from finetouch.types import Pixels

Decoder = Literal["full", "small", "linear"]


@dataclass(frozen=True, eq=False)
class Seer:
    """A CLIP model as guidance needs it.

    Attributes:
        encode: Pictures ``(N, 3, S, S)`` in 0..1 to features, with gradients. side: S. model: The `CLIPModel`.
        words: Texts to their mean unit vector ``(1, D)``.
    """

    encode: Callable[[Any], Any]
    side: int
    words: Callable[[list[str]], Any]
    model: Any


def seer(model: Any, parts: Mapping[str, Any]) -> Seer:
    """What CLIP sees and reads.

    Args:
        model: A `CLIPModel`. parts: Its tokenizer and image processor.
    """
    import torch

    side, first = int(model.config.vision_config.image_size), next(model.parameters())
    look = Look.of(parts, Look(side, side, mean=CLIP[0], std=CLIP[1], resample=BICUBIC))
    tokenizer = tokenizer_of(parts)

    def encode(pictures: Any) -> Any:
        mean = torch.tensor(look.mean, device=pictures.device, dtype=pictures.dtype)[:, None, None]
        std = torch.tensor(look.std, device=pictures.device, dtype=pictures.dtype)[:, None, None]
        seen = model.get_image_features(((pictures - mean) / std).to(first.dtype))
        return getattr(seen, "pooler_output", seen).to(pictures.dtype)

    def words(texts: list[str]) -> Any:
        most = int(model.config.text_config.max_position_embeddings)
        ids = tokenizer(texts, padding=True, truncation=True, max_length=most, return_tensors="pt").to(first.device)
        with torch.no_grad():
            read = model.get_text_features(ids["input_ids"], attention_mask=ids["attention_mask"])
        read = getattr(read, "pooler_output", read).float()
        return unit(unit(read).mean(0, keepdim=True))

    return Seer(encode, side, words, model)


@dataclass(eq=False)
class Denoiser:
    """A UNet with its autoencoder (latents) or without one (pictures), ready to be guided.

    Attributes:
        parts: "unet" and "scheduler"; "vae", "text_encoder", "tokenizer" for a latent model.
        device: Where they are.
    """

    parts: Mapping[str, Any]
    device: str = "cpu"

    def __post_init__(self) -> None:
        unet = self.parts["unet"]
        channels = int(unet.config.in_channels)
        latent = 0 if self.codec is None else self.codec.channels
        able = (latent, 2 * latent + 1) if latent else (3,)
        if channels not in able:
            raise UsageError(
                f"CLIP guidance needs a UNet with {' or '.join(map(str, able))} input channels, not {channels}.",
                "Give a text-to-image model (or a DDPM one that makes pictures): --set generate=PLACE",
            )
        if self.codec is None and hasattr(unet.config, "cross_attention_dim"):
            raise UsageError("This model has neither an autoencoder nor works on pixels.", "Give a complete model.")

    @property
    def codec(self) -> Codec | None:
        """Pictures to latents; None for a model of pictures."""
        return Codec(self.parts["vae"]) if self.parts.get("vae") is not None else None

    @property
    def modules(self) -> list[Any]:
        """All networks that take part."""
        return [self.parts[n] for n in ("unet", "vae", "preview") if self.parts.get(n) is not None]

    def speak(self, prompt: str, negative: str) -> Spoken | None:
        """The prompts as the model hears them; None for one that hears nothing."""
        if self.parts.get("text_encoder") is None:
            return None
        said = speak(self.parts, prompt, negative, self.device)
        pooled = None if said.pooled is None else said.pooled.clone()
        return Spoken(said.states.clone(), pooled, said.cut)

    def source(self, pixels: Pixels) -> tuple[Any, Any]:
        """The picture ``(1, 3, H, W)`` in -1..1, and what the sampler works on, both in float32."""
        import torch

        picture = to_tensor(pixels, torch.zeros(1, device=self.device, dtype=torch.float32))
        if self.codec is None:
            return picture, picture
        latents = self.codec.encode(picture).clone()
        if not bool(torch.isfinite(latents).all()):
            raise BrokenOutput("The autoencoder gave values that are no numbers.")
        return picture, latents

    def shown(self, picture: Any, area: Any, grid: Any) -> Any:
        """What an inpainting UNet is told besides the noise, ``(1, C + 1, h, w)``; None for all others.

        Args:
            picture: ``(1, 3, H, W)`` in -1..1. area: ``(1, 1, H, W)``, 1 is hidden. grid: The same on the latents.
        """
        import torch

        if self.codec is None or int(self.parts["unet"].config.in_channels) == self.codec.channels:
            return None
        return torch.cat([grid, self.codec.encode(picture * (1 - area)).clone()], dim=1)

    def predict(
        self, spoken: Spoken | None, guidance: float, job: Job | None = None, shown: Any = None
    ) -> Predict:  # fmt: skip
        """The model's output, with classifier-free guidance when it hears words and `guidance` is above 1.

        Args:
            spoken: The prompts. guidance: How closely they are followed. job: The picture's size, for SDXL.
            shown: See `shown`.
        """
        import torch

        unet = self.parts["unet"]
        first = next(unet.parameters())
        if spoken is None:
            return lambda x, at: unet(x.to(first.dtype), _time(at, x), return_dict=False)[0].to(x.dtype)
        both = guidance > 1
        rows = 2 if both else 1
        states = (spoken.states if both else spoken.states[1:]).to(first.device, first.dtype)
        more = None if job is None else size_facts(unet, job, spoken, both)

        def told(x: Any, at: At) -> Any:
            n = len(x)
            seen = x if shown is None else torch.cat([x, shown.to(x).expand(n, -1, -1, -1)], dim=1)
            seen = seen.to(first.dtype).repeat(rows, 1, 1, 1)
            extra = None if more is None else {k: v.repeat_interleave(n, 0) for k, v in more.items()}
            out = unet(
                seen, _time(at, x), encoder_hidden_states=states.repeat_interleave(n, 0), added_cond_kwargs=extra,
                return_dict=False,
            )[0].to(x.dtype)  # fmt: skip
            if not both:
                return out
            without, with_ = out.chunk(2)
            return without + guidance * (with_ - without)

        return told

    def decoder(self, kind: Decoder, clean: Any) -> Callable[[Any], Any] | None:
        """States to pictures with gradients; None when states are pictures.

        Args:
            kind: "full", the model's own; "small", the preset's decoder for previews, without one the model's own with
                the slope of a linear one fitted to it; "linear", that fit alone.
            clean: Latents of the picture at hand.
        """
        codec, tiny = self.codec, self.parts.get("preview")
        if codec is None:
            return None
        if kind == "full":
            return codec.decode_with_slope
        if kind == "linear" or tiny is None:
            fitted = LinearDecoder(codec.decode_with_slope, clean, codec.factor)
            return fitted.rough if kind == "linear" else fitted
        first = next(tiny.parameters())
        return lambda z: tiny.decode(z.to(first.dtype)).sample.to(z.dtype)

    def finished(self, states: Any, before: Pixels) -> list[Pixels]:
        """Pictures of the last states; raises `BrokenOutput` for what is no picture."""
        codec = self.codec
        made = states if codec is None else codec.decode(states)
        return [checked_pixels(one[None], before) for one in made]

    @contextlib.contextmanager
    def ready(self, lean: bool, exact: bool, *others: Any) -> Iterator[None]:
        """Weights frozen, activations kept or not, the autoencoder in full precision when `exact` or it asks for it."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(savers.frozen(*self.modules, *others))
            vae = self.parts.get("vae")
            if vae is not None and (exact or bool(getattr(vae.config, "force_upcast", False))):
                stack.enter_context(savers.full_precision(vae))
            if lean:
                stack.enter_context(savers.lean(*self.modules))
            yield


def _time(at: At, x: Any) -> Any:
    import torch

    return torch.tensor(at.t, device=x.device)
