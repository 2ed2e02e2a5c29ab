"""Pairs from the lab: a scene without one thing, and the mask of what stands there, or could stand there instead.

The world is drawn again without the thing, so that a pair itself holds no trace of a removal; traces are put in on
purpose, at decoys as often as at the true place (`finetouch.train.mask_generator.seams`).
"""

from __future__ import annotations

import json
import multiprocessing as mp
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.imaging.masks import Mask
from finetouch.lab.facts import described
from finetouch.lab.kinds import KINDS
from finetouch.lab.render import Rendering, render
from finetouch.lab.rules import ALLOWED, noun_of, plausible
from finetouch.lab.sample import HEAD, fits, new_thing, place_thing, sample_scene
from finetouch.lab.scene import Scene, Thing, seated
from finetouch.lab.splits import allowed, seed_for
from finetouch.plan.describe import Description, describe_mask
from finetouch.types import Reporter

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
LEAST = 10
"""Things of fewer visible pixels are not asked for."""
_SHARD = 200


@dataclass(frozen=True, eq=False)
class Pair:
    """One example.

    Attributes:
        background: ``(S, S, 3) uint8``, the scene without the old thing. target: ``(S, S) bool``, where the new one is.
        old: ``(S, S) bool``, where the old one was. phrase: The new thing. kind: Its class.
        place: Description of the old thing's place. own: Description of the new thing's own place.
        mode: "same" (the old thing itself), "instead" (another thing on the same spot), "elsewhere" (one that belongs
            on another surface).
        seed: Of the scene.
    """

    background: Bytes
    target: Bools
    old: Bools
    phrase: str
    kind: str
    place: Description
    own: Description
    mode: str
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Case:
    """A pair with the scenes it was drawn from. after: the scene with the new thing, whose id is `id`."""

    pair: Pair
    before: Scene
    empty: Scene
    after: Scene
    id: int


def make_case(seed: int, size: int = 64, mode: str | None = None) -> Case | None:
    """An example from a scene; None when this scene gives none.

    Args:
        seed: Of the scene; fixes everything, and decides the split. size: Pixels per side.
        mode: One of `Pair.mode`, or None to let the seed choose.
    """
    scene, rng = sample_scene(seed), Random(seed * 31 + 7)
    if not allowed(scene):
        return None
    free = [t for t in scene.things if not t.sort.fixture and not scene.riders(t.id)]
    if not free:
        return None
    old = rng.choice(free)
    empty = scene.without([old.id])
    mode = mode or rng.choices(("same", "instead", "elsewhere"), (0.4, 0.4, 0.2))[0]
    after = _AFTER[mode](scene, empty, old, rng)
    if after is None or not allowed(after):
        return None
    id = old.id if mode != "elsewhere" else after.things[-1].id
    drawn, new = render(scene, size), render(after, size)
    target, gone = new.visible[id], drawn.visible[old.id]
    if target.sum() < LEAST or gone.sum() < LEAST:
        return None
    thing = after.thing(id)
    bare = render(empty, size)
    pair = Pair(
        bare.picture, target, gone, described(thing), thing.kind, described_place(empty, bare, old, gone),
        described_place(empty, bare, thing, target), mode, seed,
    )  # fmt: skip
    return Case(pair, scene, empty, after, id)


def _same(scene: Scene, empty: Scene, old: Thing, rng: Random) -> Scene | None:
    return scene


def _instead(scene: Scene, empty: Scene, old: Thing, rng: Random) -> Scene | None:
    """Another thing that may be on the same surface, its foot where the old one's was."""
    kinds = [k for k in sorted(ALLOWED[old.surface]) if k != old.kind and not KINDS[k].fixture]
    if not kinds:
        return None
    for _ in range(4):
        made = new_thing(scene, KINDS[rng.choice(kinds)], rng)
        made = replace(made, id=old.id, x=old.x, y=old.y, surface=old.surface, host=old.host, shift=old.shift)
        if old.host is not None:
            host = scene.thing(old.host)
            size = host.size * HEAD[host.kind] if old.surface == "head" else made.size * 0.9
            made = seated(replace(made, size=round(size, 4)), host)
        after = scene.put(made)
        if fits(scene, made) and not plausible(after):
            return after
    return None


def _elsewhere(scene: Scene, empty: Scene, old: Thing, rng: Random) -> Scene | None:
    """A thing that does not belong where the old one was: of a few good places the one nearest to it across."""
    kinds = [k for k in sorted(KINDS) if k not in ALLOWED[old.surface] and not KINDS[k].fixture]
    rng.shuffle(kinds)
    for kind in kinds[:6]:
        tried = (place_thing(empty, kind, rng) for _ in range(4))
        found = [s for s in tried if s is not None and not plausible(s)]
        if found:
            return min(found, key=lambda s: abs(s.things[-1].x - old.x))
    return None


_AFTER = {"same": _same, "instead": _instead, "elsewhere": _elsewhere}


def described_place(scene: Scene, drawn: Rendering, thing: Thing, mask: Bools) -> Description:
    """Where a thing is, as geometry and the world's own nouns tell it; neighbours are those of `scene`."""
    others: list[tuple[str, Mask]] = [
        (t.kind, drawn.visible[t.id].astype(np.float32)) for t in scene.things
        if t.id != thing.id and drawn.visible[t.id].sum() >= LEAST
    ]  # fmt: skip
    found = describe_mask(mask.astype(np.float32), described(thing), others)
    if thing.host is not None:
        host = scene.thing(thing.host).kind
        return found.model_copy(update={"supported_by": host})
    ground = noun_of(scene, thing.surface)
    return found.model_copy(update={"supported_by": None if ground is None else ground[1]})


class Pairs:
    """Drawn pairs of one split in a folder of flat arrays."""

    def __init__(self, folder: Path) -> None:
        self.facts: list[dict[str, Any]] = [json.loads(s) for s in (folder / "facts.jsonl").read_text().splitlines()]
        self._pictures = np.load(folder / "pictures.npy", mmap_mode="r")
        self._masks = np.load(folder / "masks.npy", mmap_mode="r")
        self._decoded = np.load(folder / "decoded.npy", mmap_mode="r") if (folder / "decoded.npy").exists() else None

    def __len__(self) -> int:
        return len(self.facts)

    def __getitem__(self, i: int) -> Pair:
        f, size = self.facts[i], self._pictures.shape[1]
        both = np.unpackbits(self._masks[i], axis=-1).astype(bool).reshape(2, size, size)
        return Pair(
            np.asarray(self._pictures[i]), both[0], both[1], f["phrase"], f["kind"], Description(**f["place"]),
            Description(**f["own"]), f["mode"], f["seed"],
        )  # fmt: skip

    def decoded(self, i: int) -> Bytes | None:
        """The background after a trip through the autoencoder; None when none was at hand."""
        return None if self._decoded is None else np.asarray(self._decoded[i])

    @classmethod
    def open(
        cls, folder: Path, count: int, size: int = 64, split: str = "train", vae: Any = None,
        report: Reporter | None = None, first: int = 0,
    ) -> Pairs:  # fmt: skip
        """The pairs in this folder; draws them first when they are not there.

        Args:
            folder: Where they lie. count: How many. size: Pixels per side. split: Of the lab's seeds.
            vae: An autoencoder for the backgrounds' other version, or None. report: Progress and cancel.
            first: Index of the split's first seed.
        """
        if not (folder / "facts.jsonl").exists():
            _draw(folder, count, size, split, first, vae, report or Reporter())
        return cls(folder)


def _draw(folder: Path, count: int, size: int, split: str, first: int, vae: Any, report: Reporter) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pictures: list[Bytes] = []
    bits: list[Bytes] = []
    lines: list[str] = []
    jobs = ((split, first + at, size) for at in range(0, 100 * count, _SHARD))
    with mp.get_context("spawn").Pool(1 if count <= 4 * _SHARD else None, cv2.setNumThreads, (1,)) as workers:
        for pair_pictures, pair_bits, facts in workers.imap(_shard, jobs):
            pictures.append(pair_pictures)
            bits.append(pair_bits)
            lines += facts
            report.update("draw pairs", min(len(lines), count), count)
            if len(lines) >= count:
                workers.terminate()
                break
    shown = np.concatenate(pictures)[:count]
    np.save(folder / "pictures.npy", shown)
    np.save(folder / "masks.npy", np.concatenate(bits)[:count])
    if vae is not None:
        np.save(folder / "decoded.npy", decoded(vae, shown, report))
    (folder / "facts.part").write_text("\n".join(lines[:count]))
    (folder / "facts.part").rename(folder / "facts.jsonl")


def _shard(job: tuple[str, int, int]) -> tuple[Bytes, Bytes, list[str]]:
    split, first, size = job
    pictures, bits, lines = [], [], []
    for i in range(first, first + _SHARD):
        case = make_case(seed_for(split, i), size)
        if case is None:
            continue
        p = case.pair
        pictures.append(p.background)
        bits.append(np.packbits(np.stack([p.target, p.old]).reshape(2, -1), axis=-1))
        facts = {
            "phrase": p.phrase, "kind": p.kind, "mode": p.mode, "seed": p.seed,
            "place": p.place.model_dump(mode="json"), "own": p.own.model_dump(mode="json"),
        }  # fmt: skip
        lines.append(json.dumps(facts))
    return np.stack(pictures), np.stack(bits), lines


def decoded(vae: Any, pictures: Bytes, report: Reporter) -> Bytes:
    """Pictures ``(N, S, S, 3)`` after a trip through an autoencoder."""
    import torch

    from finetouch.train.lab.show import to_pixels, to_tensors

    out = np.empty_like(pictures)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for at in range(0, len(pictures), 64):
            report.update("encode backgrounds", at, len(pictures))
            x = to_tensors(pictures[at : at + 64]).contiguous(memory_format=torch.channels_last)
            code = vae.encode(x).latent_dist.sample()
            out[at : at + 64] = to_pixels(vae.decode(code).sample)
    return out
