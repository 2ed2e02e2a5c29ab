"""Trains the heads on the cache.

python train/selector/train.py --passes 4 --out train/cache/heads.pt
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from cache import LENGTH, SHAPES, SHARD
from data import IGNORE, LEAVES, WORK, all_sets
from encoder import CHANNELS
from instances import instance_loss, instance_targets
from model import Heads
from torch import Tensor
from torch.nn import functional as F

GRID = 80


class Cache:
    """Random access to all complete shards of one or several crop folders."""

    def __init__(self, folders: list[Path]) -> None:
        labels = sorted(p for f in folders for p in f.glob("labels_*.npy"))
        self.labels = [np.load(p, mmap_mode="r") for p in labels]
        self.features = [np.load(p.with_name(p.name.replace("labels", "features")), mmap_mode="r") for p in labels]

    def __len__(self) -> int:
        return SHARD * len(self.labels)

    def batch(self, indices: np.ndarray) -> tuple[tuple[Tensor, ...], np.ndarray]:
        """Taps as float tensors, labels ``(N, 3, 80, 80)``."""
        flat = torch.from_numpy(np.stack([self.features[i // SHARD][i % SHARD] for i in indices])).float()
        taps, at = [], 0
        for shape in SHAPES:
            n = math.prod(shape)
            taps.append(flat[:, at : at + n].reshape(-1, *shape).contiguous(memory_format=torch.channels_last))
            at += n
        assert at == LENGTH
        return tuple(taps), np.stack([self.labels[i // SHARD][i % SHARD] for i in indices])


def statistics(cache: Cache, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel over 400 crops."""
    taps, _ = cache.batch(rng.choice(len(cache), min(400, len(cache)), replace=False))
    mean = torch.cat([t.mean((0, 2, 3)) for t in taps])
    std = torch.cat([t.std((0, 2, 3)) for t in taps])
    return mean, std.clamp_min(0.05)


def sample(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """``(N, count)`` cells of the 80 × 80 grid, drawn with weight (region size)^−0.6."""
    out = np.zeros((len(labels), count), np.int64)
    for n, maps in enumerate(labels):
        sets, regions = maps[0].ravel().astype(np.int64), maps[1].ravel().astype(np.int64)
        known = (sets != IGNORE) | (regions != IGNORE)
        key = sets * 256 + regions
        _, inverse, size = np.unique(key, return_inverse=True, return_counts=True)
        weight = np.where(known, size[inverse].astype(np.float64) ** -0.6, 0.0)
        total = weight.cumsum()
        if total[-1] > 0:
            out[n] = np.searchsorted(total, rng.random(count) * total[-1], side="right").clip(0, GRID * GRID - 1)
    return out


def set_weights(cache: Cache, rng: np.random.Generator, count: int) -> Tensor:
    """Weight of every label set: (0.02 / its share of the drawn pixels)^0.35 within 0.4..4, 0.5 for backgrounds."""
    picked = rng.choice(len(cache), min(600, len(cache)), replace=False)
    labels = np.stack([cache.labels[i // SHARD][i % SHARD] for i in picked])
    cells = sample(labels, count, rng)
    drawn = np.take_along_axis(labels[:, 0].reshape(len(picked), -1), cells, 1)
    share = np.bincount(drawn.ravel(), minlength=256)[: len(all_sets())] / drawn.size
    weight = np.clip((0.02 / np.maximum(share, 1e-5)) ** 0.35, 0.4, 4.0)
    weight[[len(s) > 60 for s in all_sets()]] = 0.5
    return torch.tensor(weight, dtype=torch.float32)


def at_cells(x: Tensor, cells: Tensor) -> Tensor:
    """Bilinear values of a stride-8 map at cells of the 80 × 80 grid: ``(N, C, count, 1)``."""
    ix, iy = cells % GRID, cells // GRID
    grid = torch.stack([(ix + 0.5) / GRID * 2 - 1, (iy + 0.5) / GRID * 2 - 1], -1).float()
    return F.grid_sample(x, grid[:, :, None], mode="bilinear", padding_mode="border", align_corners=False)


def category_loss(logits: Tensor, sets: Tensor, allowed: Tensor, weights: Tensor) -> Tensor:
    """−log of the summed probability of the allowed leaves, weighted per label set."""
    known = sets != IGNORE
    picked, which = logits[known], sets[known]
    inside = torch.logsumexp(picked.masked_fill(~allowed[which], -1e9), 1)
    loss = torch.logsumexp(picked, 1) - inside
    w = weights[which]
    return (loss * w).sum() / w.sum().clamp_min(1.0)


def embedding_loss(e: Tensor, regions: Tensor, same: Tensor) -> Tensor:
    """Same region or not, for all pairs of drawn pixels of a crop; two background pixels say nothing."""
    distance = (e[:, :, None] - e[:, None]).square().sum(-1)
    a, b = regions[:, :, None], regions[:, None]
    valid = (a != IGNORE) & (b != IGNORE) & ~((a == 0) & (b == 0))
    target = (a == b).float()
    logit = same[0] - F.softplus(same[1]) * distance
    loss = F.binary_cross_entropy_with_logits(logit, target, reduction="none") * (1 + target)
    return (loss * valid).sum() / valid.sum().clamp_min(1)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--crops", nargs="+", default=["crops_0"], help="folders below the cache")
    ask.add_argument("--passes", type=float, default=4.0)
    ask.add_argument("--batch", type=int, default=24)
    ask.add_argument("--pixels", type=int, default=128)
    ask.add_argument("--rate", type=float, default=2e-3)
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--only-pixels", action="store_true", help="keep context and instance head, train the pixel part")
    ask.add_argument("--only-instances", action="store_true", help="train the instance head alone, all else as it is")
    ask.add_argument("--start", help="weights to start from")
    ask.add_argument("--out", default=str(WORK / "heads.pt"))
    args = ask.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    cache = Cache([WORK / c for c in args.crops])
    net = Heads(len(LEAVES), *statistics(cache, rng)).to(memory_format=torch.channels_last)
    if args.start:
        net.load_state_dict(torch.load(args.start)["net"])
    fit(net, cache, rng, args)


def pixel_losses(
    net: Heads, taps: list[Tensor], context: Tensor, labels: np.ndarray, count: int, allowed: Tensor, weights: Tensor,
    rng: np.random.Generator,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Category and embedding loss of `count` pixels drawn per crop."""
    cells = sample(labels, count, rng)
    flat = torch.from_numpy(np.take_along_axis(labels.reshape(len(labels), 3, -1), cells[:, None], 2).astype(np.int64))
    where = torch.from_numpy(cells)
    with torch.autocast("cpu", torch.bfloat16):
        h = net.hidden([at_cells(t, where) for t in taps], taps[-1].mean((2, 3)))
        xy = torch.stack([(where % GRID + 0.5) / GRID * 2 - 1, (where // GRID + 0.5) / GRID * 2 - 1], 1)[..., None]
        logits, e = net.pixels(h, at_cells(context, where), xy.float())
    logits = logits.float()[..., 0].permute(0, 2, 1).reshape(-1, len(LEAVES))
    one = category_loss(logits, flat[:, 0].reshape(-1), allowed, weights)
    two = embedding_loss(e.float()[..., 0].permute(0, 2, 1), flat[:, 1], net.same)
    return one, two


def spatial(net: Heads) -> torch.nn.ModuleList:
    """The parts that work on dense maps."""
    return torch.nn.ModuleList([net.near, net.narrow, net.spread, net.instance, net.centre])


def freeze_spatial(net: Heads) -> None:
    """Leaves context and instance head as they are: a step then costs a third."""
    spatial(net).requires_grad_(False)


def fit(net: Heads, cache: Cache, rng: np.random.Generator, args: argparse.Namespace) -> None:
    """The loop: AdamW, 50 warm-up steps, cosine to 1 %."""
    weights = set_weights(cache, rng, args.pixels)
    allowed = torch.zeros(len(all_sets()), len(LEAVES), dtype=torch.bool)
    for i, s in enumerate(all_sets()):
        allowed[i, list(s)] = True
    steps = int(args.passes * len(cache) / args.batch)
    if args.only_pixels:
        freeze_spatial(net)
    if args.only_instances:
        net.requires_grad_(False)
        torch.nn.ModuleList([net.instance, net.centre]).requires_grad_(True)
    trained = [p for p in net.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=args.rate, weight_decay=0.03)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min((s + 1) / 50, 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * s / steps)))
    )
    order = np.concatenate([rng.permutation(len(cache)) for _ in range(math.ceil(args.passes) + 1)])
    sums, began = np.zeros(4), time.time()
    print(f"{len(cache)} crops, {steps} steps, {sum(CHANNELS)} channels", flush=True)
    net.train()
    if args.only_pixels:
        spatial(net).eval()
    if args.only_instances:
        net.eval()
        torch.nn.ModuleList([net.instance, net.centre]).train()
    for step in range(steps):
        taps, labels = cache.batch(order[step * args.batch : (step + 1) * args.batch])
        with torch.autocast("cpu", torch.bfloat16):
            taps = net.standard(taps)
            c = net.context(taps)
            centre = None if args.only_pixels else net.centres(c)
        one = two = torch.zeros(())
        if not args.only_instances:
            one, two = pixel_losses(net, taps, c, labels, args.pixels, allowed, weights, rng)
        heat = offset = torch.zeros(())
        if centre is not None:
            heat, offset = instance_loss(centre.float(), *instance_targets(labels[:, 2]))
        loss = one + 0.3 * two + heat + offset
        optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, 5.0)
        if torch.isfinite(norm):
            optimiser.step()
        else:
            print(f"step {step + 1} skipped: {[one.item(), two.item(), heat.item(), offset.item()]}", flush=True)
        rate.step()
        sums += np.nan_to_num([one.item(), two.item(), heat.item(), offset.item()])
        if (step + 1) % 100 == 0:
            speed = (step + 1) / (time.time() - began)
            print(
                f"{step + 1}: category, embedding, heat, offset {np.round(sums / 100, 3)} ({speed:.2f} steps/s)",
                flush=True,
            )
            sums[:] = 0
        if (step + 1) % 500 == 0 or step + 1 == steps:
            torch.save({"net": net.state_dict(), "leaves": LEAVES, "step": step + 1, "args": vars(args)}, args.out)


if __name__ == "__main__":
    main()
