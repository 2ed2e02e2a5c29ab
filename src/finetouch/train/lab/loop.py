"""One training loop for all lab models: resumable, with moving averages, a log, a loss plot and sample sheets."""

from __future__ import annotations

import copy
import csv
import json
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from finetouch.train.lab.plot import loss_plot
from finetouch.types import Reporter

EARLY = 500
"""Before this many steps the average starts anew every ten: what was learned so early only holds it back."""
Batch = dict[str, Any]
Losses = dict[str, torch.Tensor]


@dataclass
class Recipe:
    """How one model is trained.

    Attributes:
        name: Of the model. model: What is trained (on `device`).
        batches: Endless batches, made on the fly.
        losses: Model and batch to named losses; the one called "loss" is minimised.
        save: Writes the averaged model in its final layout into a folder.
        sample: Averaged model (on the processor) to a picture that shows what it can do, or None.
        steps, batch_size, rate, warm_up, decay: The schedule: linear warm-up, cosine down to `floor` x rate.
        ema: Decay of the moving average. clip: Largest gradient norm.
        bf16: Whether forward passes run in bfloat16.
        plain_attention: Attention by matrix products; on processors faster than the fused kernel for few tokens, up
            to twice for the transformers' models in bfloat16.
    """

    name: str
    model: nn.Module
    batches: Callable[[int], Iterator[Batch]]
    losses: Callable[[nn.Module, Batch], Losses]
    save: Callable[[nn.Module, Path], None]
    sample: Callable[[nn.Module], Image.Image] | None = None
    steps: int = 10_000
    batch_size: int = 64
    rate: float = 3e-4
    warm_up: int = 200
    decay: float = 0.01
    floor: float = 0.03
    ema: float = 0.999
    clip: float = 1.0
    bf16: bool = True
    plain_attention: bool = False
    device: str = "cpu"
    facts: dict[str, Any] = field(default_factory=dict)


def saver(*beside: Any) -> Callable[[nn.Module, Path], None]:
    """Writes a model in half precision, and its tokenizer, processor or noise schedule beside it."""

    def save(average: nn.Module, out: Path) -> None:
        for part in (average.half(), *beside):
            part.save_pretrained(out)

    return save


@dataclass(frozen=True)
class Pace:
    """When to stop, write and show.

    Attributes:
        minutes: Stop (resumable) after this long; None runs to the last step.
        log_every, save_every, sample_every: Steps.
    """

    minutes: float | None = None
    log_every: int = 50
    save_every: int = 500
    sample_every: int = 1000


def train(recipe: Recipe, folder: Path, pace: Pace = Pace(), report: Reporter | None = None) -> dict[str, Any]:
    """Trains, or goes on from the last checkpoint in `folder`, and writes the averaged model to ``folder/model``.

    Writes ``log.csv``, ``loss.png`` and ``samples-STEP.png`` as it goes. Stopping (Ctrl-C, cancel, minutes) loses at
    most the work since the last checkpoint; after Ctrl-C and a polite kill (SIGTERM, as batch systems send it) none.

    Returns:
        The last line of the log.
    """
    report = report or Reporter()
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(recipe, folder)
    begun, last = time.monotonic(), {}
    window: list[Losses] = []
    try:
        with _killable():
            for batch in recipe.batches(run.step):
                if run.step >= recipe.steps or (pace.minutes and time.monotonic() - begun > pace.minutes * 60):
                    break
                window.append(run.update(_moved(batch, recipe.device)))
                if run.step % pace.log_every == 0:
                    last = run.log(window)
                    window = []
                if run.step % pace.save_every == 0:
                    run.checkpoint()
                if recipe.sample and run.step % pace.sample_every == 0:
                    run.show()
                report.update(recipe.name, run.step, recipe.steps, message=f"loss {last.get('loss', '...')}")
    finally:
        run.checkpoint()
    run.finish()
    return last


@contextmanager
def _killable() -> Iterator[None]:
    """SIGTERM stops the block as Ctrl-C does, so that a checkpoint is written; worker processes end at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    owner = os.getpid()

    def stop(_number: int, _frame: object) -> None:
        if os.getpid() != owner:
            os._exit(143)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _moved(batch: Batch, device: str) -> Batch:
    if device == "cpu":
        return batch
    return {k: v.to(device, non_blocking=True) if torch.is_tensor(v) else v for k, v in batch.items()}


def _eager(model: nn.Module) -> None:
    for part in model.modules():
        config = getattr(part, "config", None)
        if getattr(config, "_attn_implementation", None):
            config._attn_implementation = "eager"  # type: ignore[union-attr]


class _Run:
    """The state of one training: model, optimiser, average, step."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        torch.manual_seed(0)
        self.recipe, self.folder = recipe, folder
        self.model = recipe.model.to(recipe.device)
        if recipe.plain_attention and recipe.device == "cpu":
            _eager(self.model)
        self.average = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema))
        self.average.requires_grad_(False)
        weights = [p for p in self.model.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": recipe.decay},
            {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=recipe.rate, betas=(0.9, 0.99))
        self.step, self.clock, self.seconds = 0, time.monotonic(), 0.0
        self.path = folder / "checkpoint.pt"
        if self.path.exists():
            state = torch.load(self.path, map_location=recipe.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.seconds = state["step"], state["seconds"]
            torch.manual_seed(self.step)

    def rate(self) -> float:
        r = self.recipe
        up = min(1.0, (self.step + 1) / max(1, r.warm_up))
        down = 0.5 * (1 + math.cos(math.pi * min(1.0, self.step / r.steps)))
        return r.rate * up * (r.floor + (1 - r.floor) * down)

    def update(self, batch: Batch) -> Losses:
        r = self.recipe
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        self.model.train()
        kernel = sdpa_kernel(SDPBackend.MATH) if r.plain_attention and r.device == "cpu" else nullcontext()
        with kernel, torch.autocast(r.device.split(":")[0], torch.bfloat16, enabled=r.bf16):
            losses = r.losses(self.model, batch)
        losses["loss"].backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), r.clip)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        if self.step < EARLY and self.step % 10 == 0:
            self.average.n_averaged.zero_()
        self.average.update_parameters(self.model)
        return {k: v.detach() for k, v in losses.items()}

    def log(self, window: list[Losses]) -> dict[str, Any]:
        now = time.monotonic()
        spent, self.clock = now - self.clock, now
        self.seconds += spent
        row: dict[str, Any] = {"step": self.step, "seconds": round(self.seconds), "rate": round(self.rate(), 7)}
        row |= {k: round(float(torch.stack([w[k] for w in window]).nanmean()), 5) for k in window[0]}
        row["per_second"] = round(len(window) * self.recipe.batch_size / spent, 1)
        path = self.folder / "log.csv"
        fresh = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        return row

    def checkpoint(self) -> None:
        state = {
            "model": self.model.state_dict(), "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(), "step": self.step, "seconds": self.seconds,
        }  # fmt: skip
        part = self.path.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.path)
        loss_plot(self.folder / "log.csv", self.folder / "loss.png")

    def show(self) -> None:
        assert self.recipe.sample is not None
        with torch.no_grad():
            picture = self.recipe.sample(self._averaged())
        picture.save(self.folder / f"samples-{self.step:06d}.png")
        self.clock = time.monotonic()

    def _averaged(self) -> nn.Module:
        return copy.deepcopy(self.average.module).to("cpu").eval()

    def finish(self) -> None:
        out = self.folder / "model"
        out.mkdir(exist_ok=True)
        self.recipe.save(self._averaged(), out)
        facts = {
            "model": self.recipe.name, "steps": self.step, "seconds": round(self.seconds),
            "batch_size": self.recipe.batch_size, "rate": self.recipe.rate, "ema": self.recipe.ema,
            "bf16": self.recipe.bf16, "parameters": sum(p.numel() for p in self.recipe.model.parameters()),
            **self.recipe.facts,
        }  # fmt: skip
        (self.folder / "recipe.json").write_text(json.dumps(facts, indent=1))
