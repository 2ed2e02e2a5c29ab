"""The lab's promptable segmenter, of the SAM class: points or a box to masks, with a guess of how good they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from finetouch.train.lab.grounder import mask_losses, overlap
from finetouch.train.lab.loop import Batch, Losses, Recipe
from finetouch.train.lab.pool import Pool, boxes
from finetouch.train.lab.scale import Scale
from finetouch.train.lab.seeing import Sight, sights
from finetouch.train.lab.show import grey, grid, to_pixels
from finetouch.train.lab.taught import Taught, pupil_saver, truth_of

_PROMPTS = 4
"""Things asked for per picture; the picture is encoded once for all of them."""


def build(scale: Scale) -> Any:
    """An untrained SAM with 16 x 16 patches and masks of half the picture's side; its encoder fits the grounder's."""
    from transformers import SamConfig, SamModel
    from transformers.models.sam.configuration_sam import SamMaskDecoderConfig, SamPromptEncoderConfig, SamVisionConfig

    inner = scale.width // 2
    vision = SamVisionConfig(
        hidden_size=scale.width, output_channels=inner, num_hidden_layers=scale.depth + 1, num_attention_heads=2,
        image_size=scale.sight, patch_size=scale.sight // 16, mlp_ratio=3.0, mlp_dim=3 * scale.width,
        num_pos_feats=inner // 2, hidden_act="quick_gelu", use_rel_pos=False, window_size=0,
        global_attn_indexes=list(range(scale.depth + 1)),
    )  # fmt: skip
    prompt = SamPromptEncoderConfig(
        hidden_size=inner, image_size=scale.sight, patch_size=scale.sight // 16, mask_input_channels=8,
    )  # fmt: skip
    decoder = SamMaskDecoderConfig(
        hidden_size=inner, mlp_dim=4 * inner, num_attention_heads=4, iou_head_hidden_dim=2 * inner,
    )  # fmt: skip
    model = SamModel(SamConfig(vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder))
    # transformers begins with numbers for a width of 768 and, in the encoder, with almost nothing: far too small here.
    for part in model.modules():
        if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d | nn.Embedding):
            part.reset_parameters()
    # It draws the frequencies of places half the width too high: neighbouring pixels would look unrelated.
    nn.init.normal_(model.shared_image_embedding.positional_embedding)
    return model


@torch.no_grad()
def begin_with(model: Any, other: Any, pixels: torch.Tensor) -> None:
    """Gives the encoder what the grounder's has learned.

    Args:
        model: A `build` model. other: The grounder's vision model, of the same width and depth, one token more.
        pixels: ``(N, 3, S, S)``, some pictures; how far their patches spread stands in for the norm that SAM lacks.
    """
    mine, first, norm = model.vision_encoder, other.embeddings, other.pre_layrnorm
    weight, places = first.patch_embedding.weight, first.position_embedding.weight[1:]
    spread = (first.patch_embedding(pixels).flatten(2).transpose(1, 2) + places).std(-1).mean()
    gain = norm.weight / spread
    side = mine.pos_embed.shape[1]
    mine.patch_embed.projection.weight.copy_(gain[:, None, None, None] * (weight - weight.mean(0)))
    mine.patch_embed.projection.bias.zero_()
    mine.pos_embed.copy_((gain * (places - places.mean(1, keepdim=True)) + norm.bias).view(1, side, side, -1))
    for to, of in zip(mine.layers, other.encoder.layers, strict=True):
        to.layer_norm1.load_state_dict(of.layer_norm1.state_dict())
        to.layer_norm2.load_state_dict(of.layer_norm2.state_dict())
        heads = of.self_attn
        to.attn.qkv.weight.copy_(torch.cat([p.weight for p in (heads.q_proj, heads.k_proj, heads.v_proj)]))
        to.attn.qkv.bias.copy_(torch.cat([p.bias for p in (heads.q_proj, heads.k_proj, heads.v_proj)]))
        to.attn.proj.load_state_dict(heads.out_proj.state_dict())
        to.mlp.lin1.load_state_dict(of.mlp.fc1.state_dict())
        to.mlp.lin2.load_state_dict(of.mlp.fc2.state_dict())


def recipe(scale: Scale, pool: Pool, grounder: Path) -> Recipe:
    """Boxes (half of them a little off) and one to three points, in turn.

    The best of three masks learns from ambiguous points.
    The encoder begins with what the finished grounder's has learned.
    """
    from transformers import CLIPSegForImageSegmentation, SamImageProcessor, SamProcessor

    model = build(scale)
    seeing = CLIPSegForImageSegmentation.from_pretrained(grounder, dtype=torch.float32).clip.vision_model
    begin_with(model, seeing, next(_batches(pool, scale.sight, 16, 5))["pixels"])
    half = [0.5, 0.5, 0.5]
    processor = SamProcessor(SamImageProcessor(
        size={"longest_edge": scale.sight}, mask_size={"longest_edge": scale.size}, image_mean=half, image_std=half,
        pad_size={"height": scale.sight, "width": scale.sight},
        mask_pad_size={"height": scale.size, "width": scale.size},
    ))  # fmt: skip

    def sample(average: nn.Module) -> Image.Image:
        batch = next(b for b in _batches(pool, scale.sight, 3, 777) if "boxes" in b)
        logits = _answer(average.model, batch)[0].float()[:, :, 0]
        found = (F.interpolate(logits, size=scale.sight, mode="bilinear", align_corners=False) > 0).float()
        shown = batch["pixels"].repeat_interleave(_PROMPTS, 0)
        return grid([to_pixels(shown), grey(batch["masks"].flatten(0, 1)), grey(found.flatten(0, 1))], 3)

    size = scale.batch["sam"]
    taught = Taught(model, len(scale.classes), scale.width // 2, 4)
    return Recipe(
        "sam", taught, lambda step: _batches(pool, scale.sight, size, step), _losses,
        pupil_saver(processor),
        sample,
        steps=scale.steps["sam"], batch_size=size, rate=6e-4, decay=0.03, ema=0.998, warm_up=200, plain_attention=True,
    )  # fmt: skip


def _batches(pool: Pool, size: int, count: int, step: int) -> Iterator[Batch]:
    rng = np.random.default_rng(step)
    stream = sights(pool, size, step, whole=0.75, light=0.2)
    turn = step
    while True:
        seen: list[tuple[Sight, list[int]]] = []
        while len(seen) < count:
            sight = next(stream)
            things = [n for n in np.unique(sight.labels) if n and (sight.labels == n).sum() >= 8]
            if things:
                seen.append((sight, [int(n) for n in rng.choice(things, _PROMPTS, len(things) < _PROMPTS)]))
        batch: Batch = {
            "pixels": torch.stack([s.tensor() for s, _ in seen]),
            "masks": torch.from_numpy(np.stack([[s.labels == n for n in ns] for s, ns in seen])).float(),
            "truth": truth_of([s for s, _ in seen]),
        }
        if turn % 2:
            batch["boxes"] = torch.from_numpy(np.stack([_boxes(rng, s, ns, size) for s, ns in seen]))
        else:
            points = int(rng.integers(1, 4))
            batch["points"] = torch.from_numpy(np.stack([_points(rng, s, ns, points) for s, ns in seen]))
        turn += 1
        yield batch


def _boxes(rng: np.random.Generator, sight: Sight, things: list[int], size: int) -> np.ndarray:
    found = boxes(sight.labels, max(things))[[n - 1 for n in things]].astype(np.float32)
    off = rng.normal(0, 0.04, found.shape) * np.tile(found[:, 2:] - found[:, :2], 2)
    off[rng.random(len(off)) < 0.5] = 0
    return np.asarray(np.clip(found + off, 0, size), np.float32)


def _points(rng: np.random.Generator, sight: Sight, things: list[int], count: int) -> np.ndarray:
    out = []
    for n in things:
        rows, columns = np.nonzero(sight.labels == n)
        at = rng.integers(0, len(rows), count)
        out.append(np.stack([columns[at], rows[at]], 1))
    return np.asarray(out, np.float32)


def _answer(model: nn.Module, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    prompts: dict[str, Any] = {"multimask_output": "boxes" not in batch}
    if "boxes" in batch:
        prompts["input_boxes"] = batch["boxes"]
    else:
        prompts["input_points"] = batch["points"]
        prompts["input_labels"] = torch.ones(batch["points"].shape[:3], dtype=torch.long)
    seen = model.vision_encoder(batch["pixels"])[0]  # type: ignore[operator]
    out = model(image_embeddings=seen, **prompts)
    return out.pred_masks, out.iou_scores, seen


def _losses(model: nn.Module, batch: Batch) -> Losses:
    masks, scores, seen = (v.float() for v in _answer(model.model, batch))  # type: ignore[arg-type]
    lesson = model.lesson(seen.flatten(2).transpose(1, 2), batch["truth"])  # type: ignore[operator]
    fine = batch["masks"].shape[-1] // masks.shape[-1]
    want = F.avg_pool2d(batch["masks"], fine)[:, :, None].expand_as(masks)
    shape = masks.shape[:3]
    cross, soft = (v.reshape(shape) for v in mask_losses(masks.flatten(0, 2), want.flatten(0, 2)))
    # Mistakes count by the size of what is asked for: a small thing is as much worth as a large one.
    every = cross / (2 * want.mean((3, 4)) + 0.02) + soft
    best = every.min(2)
    true = overlap(masks.detach().flatten(0, 2), want.flatten(0, 2)).reshape(shape)
    guess = F.mse_loss(scores, true)
    chosen = true.gather(2, scores.detach().argmax(2, keepdim=True)).mean()
    none = torch.tensor(float("nan"))
    return {
        "loss": best.values.mean() + 0.2 * guess + 0.5 * lesson,
        "guess": guess,
        "lesson": lesson,
        "box_iou": chosen if "boxes" in batch else none,
        "point_iou": none if "boxes" in batch else chosen,
    }
