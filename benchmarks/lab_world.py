"""How many lab scenes per second: sampling, drawing, all masks. Usage: python benchmarks/lab_world.py [--json]"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import os
import time

import cv2

from finetouch.lab import edge_map, make_edit, render, sample_scene
from finetouch.lab.edits import NoSuchEdit
from finetouch.lab.export import truth


def _setup() -> None:
    cv2.setNumThreads(1)


def _scenes(job: tuple[int, int, int]) -> tuple[int, float]:
    first, count, size = job
    start = time.process_time()
    for seed in range(first, first + count):
        render(sample_scene(seed), size)
    return count, time.process_time() - start


def _full(job: tuple[int, int, int]) -> tuple[int, float]:
    first, count, size = job
    start = time.process_time()
    for seed in range(first, first + count):
        scene = sample_scene(seed)
        truth(scene, size)
        edge_map(scene, size)
    return count, time.process_time() - start


def _edits(job: tuple[int, int, int]) -> tuple[int, float]:
    first, count, size = job
    start, done = time.process_time(), 0
    kinds = ("remove", "replace", "add", "recolor", "move", "resize", "background", "global")
    for seed in range(first, first + count):
        try:
            make_edit(sample_scene(seed), kinds[seed % 8]).render(size)
            done += 1
        except NoSuchEdit:
            continue
    return done, time.process_time() - start


def main() -> None:
    """Prints rates over the wall clock and per second of processor time (what an idle machine would give)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    with mp.get_context("spawn").Pool(args.processes, _setup) as pool:
        pool.map(_scenes, [(0, 5, 64)] * args.processes)
        for name, work, size, count in (
            ("scene + masks", _scenes, 64, args.count),
            ("scene + masks", _scenes, 128, args.count // 2),
            ("scene + masks", _scenes, 512, args.count // 12),
            ("all ground truth", _full, 64, args.count // 2),
            ("edit: both pictures, masks", _edits, 64, args.count // 2),
        ):
            step = max(1, count // (args.processes * 4))
            start = time.perf_counter()
            done = pool.map(work, [(i, step, size) for i in range(0, count, step)])
            wall = time.perf_counter() - start
            n, cpu = sum(d[0] for d in done), sum(d[1] for d in done)
            rows.append({
                "what": name, "size": size, "per_second": round(n / wall, 1),
                "per_second_idle": round(n / cpu * args.processes, 1), "processes": args.processes,
            })  # fmt: skip
    if args.json:
        print(json.dumps({"cores": os.cpu_count(), "load": os.getloadavg()[0], "rows": rows}))
        return
    for r in rows:
        print(
            f"{r['what']:28} {r['size']:4} px  {r['per_second']:8.1f}/s  ({r['per_second_idle']:.1f}/s on idle cores)"
        )


if __name__ == "__main__":
    main()
