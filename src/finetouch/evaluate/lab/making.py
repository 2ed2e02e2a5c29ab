"""The models that make pictures, judged by a model that had no part in making them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from finetouch.evaluate.lab.judge import Judge
from finetouch.evaluate.lab.seeing import Figures, cases
from finetouch.imaging.inpaint import seam_score
from finetouch.lab import wording
from finetouch.lab.facts import SETTING, article
from finetouch.lab.kinds import KINDS
from finetouch.lab.rules import ALLOWED
from finetouch.lab.scene import Scene, Thing
from finetouch.lab.zoo import Zoo
from finetouch.types import Pixels, Reporter

STEPS, GUIDANCE = 25, 7.5
_BATCH = 25


@dataclass(frozen=True)
class Order:
    """A picture to be made: prompt, and what should be seen in it."""

    prompt: str
    kind: str
    color: str


def orders(count: int, seed: int = 5) -> list[Order]:
    """Prompts for one thing each, every class equally often, in colours and places that class can have."""
    rng = Random(seed)
    kinds = [k for k in KINDS if k != "hat"]
    out = []
    for i in range(count):
        kind = KINDS[kinds[i % len(kinds)]]
        color = rng.choice(kind.colors)
        out.append(Order(article(wording.new(kind.name, color)), kind.name, color))
    return out


class Painter:
    """Text to image, few-step text to image and inpainting with the lab's models, through diffusers' own pipelines.

    Args:
        zoo: Where the weights are.
    """

    def __init__(self, zoo: Zoo) -> None:
        from transformers import CLIPTokenizer

        self.zoo = zoo
        self.shared = {
            "vae": zoo.load("AutoencoderKL", "vae"), "text_encoder": zoo.load("CLIPTextModel", "clip"),
            "tokenizer": CLIPTokenizer.from_pretrained(zoo.path("clip")), "safety_checker": None,
            "feature_extractor": None, "requires_safety_checker": False,
        }  # fmt: skip

    def text_to_image(self, few: bool = False) -> Any:
        """A `StableDiffusionPipeline`; with the consistency LoRA and its scheduler when `few`."""
        from diffusers import DDIMScheduler, LCMScheduler, StableDiffusionPipeline

        scheduler = DDIMScheduler.from_pretrained(self.zoo.path("unet"))
        pipe = StableDiffusionPipeline(
            unet=self.zoo.load("UNet2DConditionModel", "unet"), scheduler=scheduler, **self.shared
        )
        if few:
            pipe.load_lora_weights(str(self.zoo.path("lcm")))
            pipe.scheduler = LCMScheduler.from_config(scheduler.config)
        return _quiet(pipe)

    def inpainting(self) -> Any:
        """A `StableDiffusionInpaintPipeline`."""
        from diffusers import DDIMScheduler, StableDiffusionInpaintPipeline

        scheduler = DDIMScheduler.from_pretrained(self.zoo.path("inpaint"))
        unet = self.zoo.load("UNet2DConditionModel", "inpaint")
        return _quiet(StableDiffusionInpaintPipeline(unet=unet, scheduler=scheduler, **self.shared))


def _quiet(pipe: Any) -> Any:
    pipe.set_progress_bar_config(disable=True)
    return pipe


def generated(painter: Painter, asked: list[Order], report: Reporter, few: bool = False) -> Iterator[Pixels]:
    """A picture per order; with `few`, four steps of the consistency model."""
    pipe = painter.text_to_image(few)
    size = pipe.unet.config.sample_size * 4
    how = {"num_inference_steps": 4, "guidance_scale": 1.0} if few else {
        "num_inference_steps": STEPS, "guidance_scale": GUIDANCE
    }  # fmt: skip
    for at in range(0, len(asked), _BATCH):
        report.update("few steps" if few else "generate", at, len(asked))
        part = asked[at : at + _BATCH]
        generator = torch.Generator().manual_seed(at)
        with torch.no_grad():
            out = pipe([o.prompt for o in part], height=size, width=size, generator=generator, output_type="np", **how)
        yield from (out.images * 255).round().astype(np.uint8)


def generation(zoo: Zoo, count: int, report: Reporter, few: bool = False) -> Figures:
    """Share of generated pictures in which the judge sees the class, and the colour, that was asked for."""
    asked = orders(count)
    verdicts = Judge(zoo).read(np.stack(list(generated(Painter(zoo), asked, report, few))))
    return {
        "class": float(np.mean([v.kind == o.kind for v, o in zip(verdicts, asked, strict=True)])),
        "color": float(np.mean([v.color == o.color for v, o in zip(verdicts, asked, strict=True)])),
    }


@dataclass(frozen=True)
class Hole:
    """A zoomed test picture with a hole where a thing was.

    Attributes:
        picture: ``(S, S, 3) uint8``, the thing still in it. mask: ``(S, S)``, the hole.
        order: What should come into the hole. there: The thing as it was drawn.
        plain: Whether nothing else shows more in the hole than that thing.
    """

    picture: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    order: Order
    there: Thing
    plain: bool


def holes(count: int, size: int = 64, seed: int = 6) -> list[Hole]:
    """Test scenes cut out around one thing, its box hidden; asked for is another thing that may stand there."""
    from finetouch.lab import render

    rng, n = Random(seed), 0
    out: list[Hole] = []
    while len(out) < count:
        case = cases(max(64, 2 * count))[n % max(64, 2 * count)]
        n += 1
        free = [t for t in case.scene.things if t.id in case.masks and not t.sort.fixture and t.surface != "head"]
        if not free:
            continue
        thing = rng.choice(free)
        wanted = _other(rng, case.scene, thing)
        if wanted is None:
            continue
        large = render(case.scene, 4 * size)
        cut = _zoomed(large.picture, large.visible[thing.id], size)
        if cut is None:
            continue
        box = cut[2]
        shows = {i: int(m[box].sum()) for i, m in large.visible.items()}
        out.append(Hole(cut[0], cut[1], wanted, thing, shows[thing.id] == max(shows.values())))
    return out


def _other(rng: Random, scene: Scene, thing: Thing) -> Order | None:
    kinds = [k for k in sorted(ALLOWED[thing.surface]) if k not in (thing.kind, "hat") and not KINDS[k].fixture]
    if not kinds:
        return None
    kind = KINDS[rng.choice(kinds)]
    color = rng.choice(kind.colors)
    return Order(f"{article(wording.new(kind.name, color))} {SETTING[scene.place.name][0]}", kind.name, color)


def _zoomed(
    picture: NDArray[np.uint8], mask: NDArray[np.bool_], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], tuple[slice, slice]] | None:
    x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
    full = picture.shape[0]
    grow = max(w, h) // 8
    x0, y0, x1, y1 = max(0, x - grow), max(0, y - grow), min(full, x + w + grow), min(full, y + h + grow)
    side = min(full, max(2 * max(x1 - x0, y1 - y0), size // 2))
    if min(x1 - x0, y1 - y0) * size < 10 * side:
        return None
    left = int(np.clip((x0 + x1) // 2 - side // 2, 0, full - side))
    top = int(np.clip((y0 + y1) // 2 - side // 2, 0, full - side))
    how = cv2.INTER_AREA if side >= size else cv2.INTER_CUBIC
    small = cv2.resize(picture[top : top + side, left : left + side], (size, size), interpolation=how)
    hole = np.zeros((full, full), np.uint8)
    hole[y0:y1, x0:x1] = 1
    hole = cv2.resize(hole[top : top + side, left : left + side], (size, size), interpolation=cv2.INTER_NEAREST)
    return np.asarray(small, np.uint8), hole > 0, (slice(y0, y1), slice(x0, x1))


def filled(painter: Painter, asked: list[Hole], report: Reporter, prompts: list[str] | None = None) -> Iterator[Pixels]:
    """Every picture with its hole filled by the inpainting pipeline and everything else put back."""
    from PIL import Image

    pipe = painter.inpainting()
    size = asked[0].picture.shape[0]
    for at in range(0, len(asked), _BATCH):
        report.update("inpaint", at, len(asked))
        part = asked[at : at + _BATCH]
        with torch.no_grad():
            out = pipe(
                prompts[at : at + _BATCH] if prompts else [h.order.prompt for h in part],
                image=[Image.fromarray(h.picture) for h in part],
                mask_image=[Image.fromarray(h.mask.astype(np.uint8) * 255) for h in part],
                height=size, width=size, num_inference_steps=STEPS, guidance_scale=GUIDANCE, strength=1.0,
                generator=torch.Generator().manual_seed(at), output_type="np",
            )  # fmt: skip
        made = (out.images * 255).round().astype(np.uint8)
        for h, p in zip(part, made, strict=True):
            yield np.where(h.mask[..., None], p, h.picture)


def inpainting(zoo: Zoo, count: int, report: Reporter) -> Figures:
    """Share of holes in which the judge sees the class, and the colour, asked for; jump across the rim (1: none)."""
    asked = holes(count)
    made = np.stack(list(filled(Painter(zoo), asked, report)))
    verdicts = Judge(zoo).read(made, np.stack([h.mask for h in asked]))
    seams = [seam_score(p, h.mask) for p, h in zip(made, asked, strict=True)]
    return {
        "class": float(np.mean([v.kind == h.order.kind for v, h in zip(verdicts, asked, strict=True)])),
        "color": float(np.mean([v.color == h.order.color for v, h in zip(verdicts, asked, strict=True)])),
        "seam (1 = none)": float(np.median(seams)),
    }
