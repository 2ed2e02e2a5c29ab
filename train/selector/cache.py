"""Builds the cache of crops: frozen encoder features (float16) and labels. Can be stopped and started again.

python train/selector/cache.py --crops 20000 --workers 2
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import time
from pathlib import Path

import numpy as np
from crops import MIX, crop
from data import WORK

SHARD = 500
SHAPES = ((24, 40, 40), (40, 40, 40), (112, 20, 20), (1280, 10, 10))
LENGTH = sum(int(np.prod(s)) for s in SHAPES)


def shard(folder: Path, number: int) -> tuple[Path, Path]:
    """Feature and label file of one shard of 500 crops."""
    return folder / f"features_{number:04d}.npy", folder / f"labels_{number:04d}.npy"


def build(folder: str, numbers: list[int], seed: int, kinds: tuple[str, ...]) -> None:
    """Makes the shards with these numbers; a shard that is complete is skipped."""
    import cv2

    cv2.setNumThreads(1)
    from encoder import session

    net = session(Path(folder), threads=1)
    for number in numbers:
        paths = shard(Path(folder), number)
        if paths[1].exists():
            continue
        began = time.time()
        features = np.empty((SHARD, LENGTH), np.float16)
        labels = np.empty((SHARD, 3, 80, 80), np.uint8)
        for i in range(SHARD):
            image, labels[i], _ = crop(number * SHARD + i, seed, kinds)
            taps = net.run(None, {"x": image[None]})
            features[i] = np.concatenate([t.ravel() for t in taps]).astype(np.float16)
        np.save(paths[0], features)
        np.save(paths[1], labels)
        print(f"shard {number}: {SHARD / (time.time() - began):.1f} crops/s", flush=True)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--crops", type=int, default=20000)
    ask.add_argument("--workers", type=int, default=2)
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--kinds", nargs="+", choices=list(MIX), default=list(MIX), help="crops of these sets only")
    args = ask.parse_args()
    folder = WORK / f"crops_{args.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    from encoder import session

    session(folder, 1)
    numbers = list(range(args.crops // SHARD))
    kinds = tuple(args.kinds)
    jobs = [
        mp.Process(target=build, args=(str(folder), numbers[w :: args.workers], args.seed, kinds))
        for w in range(args.workers)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()


if __name__ == "__main__":
    main()
