"""How wrong a proposed mask is, for one hypothesis and for several of which only one has to be right."""

from __future__ import annotations

import torch
import torch.nn.functional as F

EDGE, BOX, MEAN, SCORE = 0.1, 0.5, 0.05, 0.2
"""Weights of outline and box, of the mean over all hypotheses beside the best one, and of the score head."""


def mask_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy, Dice and outline, ``(N, K)``.

    Args:
        logits: ``(N, K, S, S)``. target: ``(N, 1, S, S)`` of 0 and 1.
    """
    wanted = target.expand_as(logits)
    entropy = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean((2, 3))
    p = logits.sigmoid()
    return 4 * entropy + _dice(p, wanted) + EDGE * _dice(edges(p), edges(target).expand_as(p))


def _dice(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    both = (p * q).sum((2, 3))
    return 1 - (2 * both + 1) / (p.sum((2, 3)) + q.sum((2, 3)) + 1)


def edges(p: torch.Tensor) -> torch.Tensor:
    """Soft outline: largest minus smallest value in 3 x 3 pixels."""
    return F.max_pool2d(p, 3, 1, 1) + F.max_pool2d(-p, 3, 1, 1)


def box_of(target: torch.Tensor) -> torch.Tensor:
    """Middle x and y as shares, log width and log height of masks ``(N, 1, S, S)``, ``(N, 4)``."""
    size = target.shape[-1]
    out = []
    for axis in (2, 1):
        on = (target[:, 0] > 0.5).any(axis - 1 if axis == 2 else 2)
        index = torch.arange(size, device=target.device)
        low = torch.where(on, index, size).amin(1)
        high = torch.where(on, index, -1).amax(1) + 1
        out.append(((low + high) / (2 * size), ((high - low).clamp(min=1) / size).log()))
    (x, w), (y, h) = out
    return torch.stack([x, y, w, h], 1).float()


def several(found: dict[str, torch.Tensor], target: torch.Tensor) -> dict[str, torch.Tensor]:
    """Multiple-choice loss: the best hypothesis counts, all a little, and the scores have to say which it was.

    Args:
        found: What a `MaskPredictor` returns. target: ``(N, 1, S, S)``.
    """
    boxes = box_of(target)[:, None].expand_as(found["boxes"])
    each = mask_loss(found["masks"], target)
    each = each + BOX * 4 * F.smooth_l1_loss(found["boxes"], boxes, reduction="none", beta=0.2).mean(2)
    best, which = each.min(1)
    score = F.cross_entropy(found["scores"], which)
    loss = (best + MEAN * each.mean(1)).mean() + SCORE * score
    with torch.no_grad():
        hard, wanted = found["masks"] > 0, target > 0.5
        iou = (hard & wanted).sum((2, 3)) / (hard | wanted).sum((2, 3)).clamp(min=1)
        first = iou.gather(1, found["scores"].argmax(1, keepdim=True)).mean()
    return {"loss": loss, "best_iou": iou.amax(1).mean(), "first_iou": first, "score": score.detach()}
