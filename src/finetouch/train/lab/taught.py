"""A teacher for picture encoders made of patches: every patch also has to say which class and colour its pixels are.

A patch of an encoder that reads with words also has to say whether its thing is the leftmost, rightmost, largest or
smallest of its kind: comparing things needs the whole picture, and what follows the encoder is too narrow for it.

From phrases alone a transformer needs very long to find out what a cat looks like; told pixel by pixel it learns that
within minutes. The teacher is thrown away after training.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import nn

from finetouch.train.lab.loop import saver
from finetouch.train.lab.pool import COLORS
from finetouch.train.lab.seeing import RANKS, Sight

Phase = Literal["encoder", "rest", "both"]


class Taught(nn.Module):
    """A model and the head that teaches its picture encoder.

    Args:
        model: What is trained and saved. kinds: How many classes there are. width: Of its encoder.
        patch: What a patch is told of: patch x patch points.
        words: Width of the phrases' embeddings, for a model that reads; 0 for one that does not.
        alone: First training steps, in which only the encoder learns, which is cheaper.
        apart: Training steps after those, in which only what follows the encoder learns; then everything does.
    """

    steps: torch.Tensor

    def __init__(
        self, model: nn.Module, kinds: int, width: int, patch: int, words: int = 0, alone: int = 0, apart: int = 0
    ) -> None:
        super().__init__()
        self.alone, self.apart = alone, apart
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))
        self.model, self.patch, self.kinds = model, patch, kinds + 1
        self.head = nn.Linear(width, patch * patch * (self.kinds + len(COLORS) + 1))
        self.meant = nn.Linear(width, words) if words else None
        self.rank = nn.Linear(width, len(RANKS)) if words else None

    def phase(self) -> Phase:
        """Which parts learn now; counts the training steps."""
        if self.training:
            self.steps += 1
        done = int(self.steps)
        return "encoder" if done <= self.alone else "rest" if done <= self.alone + self.apart else "both"

    def lesson(self, tokens: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """The loss of the teacher.

        Args:
            tokens: ``(N, rows * columns, width)`` from the encoder. truth: ``(N, 2, S, S)`` classes and colours; taken
                at every so many pixels that each patch has its points.
        """
        n, count, _ = tokens.shape
        side = round(count**0.5)
        p = self.patch
        said = self.head(tokens).float().view(n, side, side, p, p, -1)
        said = said.permute(0, 5, 1, 3, 2, 4).reshape(n, -1, side * p, side * p)
        every = truth.shape[-1] // (side * p)
        truth = truth[:, :, every // 2 :: every, every // 2 :: every]
        kinds, tints = said[:, : self.kinds], said[:, self.kinds :]
        return F.cross_entropy(kinds, truth[:, 0]) + 0.5 * F.cross_entropy(tints, truth[:, 1])

    def standing(self, tokens: torch.Tensor, ranks: torch.Tensor) -> torch.Tensor:
        """The loss of patches that do not know how their thing stands among its like; 0 without such things.

        Args:
            tokens: ``(N, rows * columns, width)``. ranks: ``(N, S, S)`` as `Sight.ranks` has them.
        """
        assert self.rank is not None
        said = self.rank(tokens).float()
        side, bits = round(tokens.shape[1] ** 0.5), torch.arange(len(RANKS), device=ranks.device)
        known = (ranks > 0)[..., None]
        want = ((ranks[..., None] - 1) >> bits & 1) * known
        both = torch.cat([known, want], -1).permute(0, 3, 1, 2).float()
        share, *facts = F.adaptive_avg_pool2d(both, side).flatten(2).unbind(1)
        right = torch.stack(facts, -1) / share.clamp(min=1e-6)[..., None]
        wrong = F.binary_cross_entropy_with_logits(said, right.clamp(0, 1), reduction="none").mean(-1)
        return (wrong * share).sum() / share.sum().clamp(min=1)

    def meeting(self, tokens: torch.Tensor, words: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """The loss of pictures and phrases that do not meet: a patch and a phrase agree where the phrase means it.

        Args:
            tokens: ``(N, rows * columns, width)``. words: ``(N * P, words)``. masks: ``(N * P, S, S)`` in 0..1.
        """
        assert self.meant is not None
        seen = F.normalize(self.meant(tokens).float(), dim=-1).repeat_interleave(len(words) // len(tokens), 0)
        agree = 12 * torch.einsum("nkd,nd->nk", seen, F.normalize(words.float(), dim=-1)) - 4
        want = F.adaptive_avg_pool2d(masks[:, None], round(tokens.shape[1] ** 0.5)).flatten(1)
        both, sum_ = (agree.sigmoid() * want).sum(1), agree.sigmoid().sum(1) + want.sum(1)
        return 4 * F.binary_cross_entropy_with_logits(agree, want) + 0.5 * (1 - (2 * both + 0.1) / (sum_ + 0.1)).mean()


def pupil_saver(*beside: Any) -> Callable[[nn.Module, Path], None]:
    """Like `saver`, for a model that was taught: the teacher is left out."""
    save = saver(*beside)

    def without_teacher(average: nn.Module, out: Path) -> None:
        assert isinstance(average, Taught)
        save(average.model, out)

    return without_teacher


def ranks_of(seen: list[Sight]) -> torch.Tensor:
    """``(N, S, S)`` standing of things among their like."""
    return torch.stack([torch.from_numpy(s.ranks().astype("int64")) for s in seen])


def truth_of(seen: list[Sight]) -> torch.Tensor:
    """``(N, 2, S, S)`` classes and colours of cut-outs."""
    both: list[Any] = [
        torch.stack([torch.from_numpy(a.astype("int64")) for a in (s.classes(), s.colors())]) for s in seen
    ]
    return torch.stack(both)
