"""Proposals by a trained mask generator: the direct predictor, or a diffusion model whose samples are masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from finetouch.editing._mask_fit import RELATION, WHERE, fitted, marks, sureness
from finetouch.editing._repaint import with_article
from finetouch.editing.mask_proposals import Proposal, Wish, with_hidden
from finetouch.errors import UsageError
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.plan.describe import Looker
from finetouch.types import Picture, Reporter

if TYPE_CHECKING:
    import torch

    from finetouch.engine.models import Loaded, Models

STEPS, GUIDANCE = 25, 3.0


def told(wish: Wish) -> str:
    """What the network is told: the thing, where the words want it, else where the old thing was."""
    thing = with_article(wish.what)
    if wish.relation is not None:
        return f"{thing}, {RELATION[wish.relation.type]} the {wish.relation.anchor}"
    if wish.position in WHERE:
        return f"{thing}, {WHERE[wish.position]}"
    if wish.place is None:
        return thing
    return f"{thing}, {wish.place.words()}"


def proposals(
    picture: Picture, wish: Wish, count: int, models: Models | None, looker: Looker, report: Reporter, seed: int
) -> list[Proposal]:
    """Masks for a wish with scores; see `finetouch.editing.mask_proposals.propose`.

    Raises:
        UsageError: There is nobody to play the role, or its words cannot be read.
    """
    if models is None:
        raise UsageError("A trained mask generator comes with a preset.", "Choose one with --preset, e.g. lab.")
    loaded = models.get("mask_generator", report)
    side = _side(loaded)
    sight = _sight(picture, wish, side)
    text = told(wish)
    report.update("propose", message=text)
    diffusion = not hasattr(loaded["model"], "choices")
    words = _words(loaded, models, [text, ""] if diffusion else [text], full=diffusion)
    found, scores = (_drawn if diffusion else _predicted)(loaded, sight, words, count, seed)
    report.check()
    out, most = [], max(scores)
    for soft, chance in zip(found, scores, strict=True):
        made = fitted(soft, picture.size, wish)
        if made is None:
            continue
        mask, why = made
        score = sureness(soft) * (0.5 + 0.5 * chance / max(most, 1e-6))
        out.append(
            with_hidden(
                Proposal(mask, float(score), why, "network", facts={"told": text, "chance": round(float(chance), 4)}),
                wish,
                looker,
            )
        )
    return out


def _side(loaded: Loaded) -> int:
    config = loaded["model"].config
    if hasattr(config, "size"):
        return int(config.size)
    from finetouch.diffusion.mask_net import FOLD

    return int(config.sample_size) * FOLD


def _sight(picture: Picture, wish: Wish, side: int) -> torch.Tensor:
    """Picture, old mask and hint at the network's size, ``(1, 5, S, S)``."""
    import torch

    down = picture.width * picture.height > side * side
    small = cv2.resize(picture.pixels, (side, side), interpolation=cv2.INTER_AREA if down else cv2.INTER_LINEAR)
    pixels = torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1))).float() / 127.5 - 1
    old, hint = (torch.from_numpy(m)[None] for m in marks(picture, wish, side))
    return torch.cat([pixels, old, hint])[None]


def _words(loaded: Loaded, models: Models, texts: list[str], full: bool) -> Any:
    """Hidden states and token masks, by the generator's own text encoder or that of the preset's CLIP."""
    from finetouch.diffusion.mask_net import Reader

    encoder, tokenizer = loaded.get("text_encoder"), loaded.get("tokenizer")
    if encoder is None and models.has("clip"):
        clip = models.get("clip")
        encoder, tokenizer = clip["model"].text_model, tokenizer or clip["tokenizer"]
    if encoder is None or tokenizer is None:
        raise UsageError(
            f"The mask generator of {loaded.facts.get('name')} has no text encoder to read the words.",
            "Give one with --set mask_generator.text_encoder=PLACE and mask_generator.tokenizer=PLACE",
        )
    config = loaded["model"].config
    wanted = int(getattr(config, "text_width", 0) or config.cross_attention_dim)
    if int(encoder.config.hidden_size) != wanted:
        raise UsageError(
            f"The mask generator reads words of width {wanted}, its text encoder gives {encoder.config.hidden_size}.",
            "Both have to come from the same training.",
        )
    return Reader(encoder, tokenizer)(texts, full=full)


def _predicted(
    loaded: Loaded, sight: torch.Tensor, words: Any, count: int, seed: int
) -> tuple[list[Mask], list[float]]:
    import torch

    model = loaded["model"]
    weight = next(model.parameters())
    pixels, old, hint = (p.to(weight) for p in sight.split((3, 1, 1), 1))
    states, real = words
    with torch.inference_mode():
        found = model(pixels, old, hint, states.to(weight), real.to(weight.device))
    soft = found["masks"][0].float().sigmoid().cpu().numpy()
    return list(soft.astype(np.float32)), found["scores"][0].float().softmax(0).tolist()


def _drawn(loaded: Loaded, sight: torch.Tensor, words: Any, count: int, seed: int) -> tuple[list[Mask], list[float]]:
    """Samples, scored by how well each agrees with the others."""
    import torch

    from finetouch.diffusion.mask_net import noise_schedule, sample_masks

    model = loaded["model"]
    weight = next(model.parameters())
    states, _ = words
    generator = torch.Generator().manual_seed(seed)
    told_states, blank = states[:1].to(weight).expand(count, -1, -1), states[1:].to(weight)
    found = sample_masks(
        model, noise_schedule(), sight.to(weight).expand(count, -1, -1, -1), told_states, blank, generator, STEPS,
        GUIDANCE,
    )  # fmt: skip
    soft = [m.astype(np.float32) for m in found[:, 0].float().cpu().numpy()]
    scores = [float(np.mean([masks.iou(a, b) for b in soft if b is not a] or [1.0])) for a in soft]
    return soft, scores
