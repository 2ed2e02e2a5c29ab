"""Pairs from labelled photographs: a thing is taken out of a photo, and its mask is what has to be found again.

The folder is one of ``meta.jsonl``, ``images`` and ``masks``, as ``finetouch bench select`` reads it. A removal leaves
traces, so that every photo gets removals at decoys too (Paint by Inpaint, Wasserman et al., 2024, backwards); half of
the decoys are the hole itself, shifted sideways. What is kept is a layout, not the picture.
"""

from __future__ import annotations

import json
import multiprocessing as mp
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from finetouch.editing._photo_sight import SIDE, layout, leaf_plane
from finetouch.errors import InputError
from finetouch.evaluate.select_data import noun_of
from finetouch.evaluate.select_split import bucket, excluded, is_validation, labelled
from finetouch.imaging.inpaint import Mode, fill_hole
from finetouch.plan.describe import SURFACES, Description, describe_mask
from finetouch.select.lexicon import lookup
from finetouch.train.mask_generator.seams import decoy, widened, worn
from finetouch.types import Reporter

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
SMALLEST, LARGEST = 0.003, 0.35
"""Share of a photo that a thing may cover."""
MOST_PER_PHOTO = 8
VIDEO_EVERY = 4
LOOK = 384
"""Long side at which the selector looks."""
TELEA = 0.3
CARRIED = ("hat", "bag", "purse", "sunglasses", "glasses", "scarf", "necklace", "tie")
"""Of clothed people's belongings these are taken out one by one."""
PERSON_EVERY = 3
"""Of so many photos of clothed people the whole person is taken out in one."""
CUT = 0.25
"""Things whose contact with the frame's left, right or upper edge is longer than this share of their size are left."""
SAID = {"bicyclist": "bicycle", "black swan": "swan", "horse and rider": "horse", "person on scooter": "scooter",
        "motocross rider and motorcycle": "motorcycle", "person riding a bmx bike": "bicycle"}  # fmt: skip
"""Categories that are named here otherwise than where selections are scored."""
STREET = ("car", "pedestrian", "bicyclist")


@dataclass(frozen=True, eq=False)
class Thing:
    """A thing that is taken out. mask: ``(H, W) bool``."""

    noun: str
    mask: Bools


@dataclass(frozen=True, eq=False)
class PhotoPair:
    """One example.

    Attributes:
        sight: ``(PLANES, SIDE, SIDE) uint8``, 255 is 1: the layout without the thing, its support, its neighbour.
        target: ``(SIDE, SIDE) bool``. decoys: The other holes. noun: The thing. place: Its description.
        photo: File.
    """

    sight: Bytes
    target: Bools
    decoys: Bools
    noun: str
    place: Description
    photo: str


def rows(folder: Path, split: str) -> list[dict[str, Any]]:
    """The labelled photos of a split ("train" or "validation") that show things of known kinds.

    Photos that must not be trained on are left out of both.
    """
    drop = excluded(folder)
    listed = [r for r in labelled(folder) if r["set"] in _READ and is_validation(r) == (split == "validation")]
    listed = [r for r in listed if r["file"] not in drop]
    videos = [r for r in listed if r["set"] in ("camvid_street", "davis_objects")]
    late = {id(r) for i, r in enumerate(videos) if i % VIDEO_EVERY}
    return [r for r in listed if id(r) not in late]


def _noun(instance: dict[str, Any]) -> str:
    return SAID.get(instance["category"]) or noun_of(instance["category"])


def _coco(row: dict[str, Any], ids: NDArray[Any]) -> Iterator[Thing]:
    for i in row["instances"]:
        if i["isthing"] and not i.get("iscrowd"):
            yield Thing(_noun(i), ids == i["id"])


def _street(row: dict[str, Any], ids: NDArray[Any]) -> Iterator[Thing]:
    for i in row["instances"]:
        if i["category"] in STREET:
            count, parts, stats, _ = cv2.connectedComponentsWithStats((ids == i["id"]).astype(np.uint8))
            for k in range(1, count):
                if stats[k, cv2.CC_STAT_AREA] >= SMALLEST * ids.size:
                    yield Thing(_noun(i), parts == k)


def _clothed(row: dict[str, Any], ids: NDArray[Any]) -> Iterator[Thing]:
    if bucket(row["file"]) % PERSON_EVERY == 0:
        yield Thing("person", ids > 0)
    for i in row["instances"]:
        if i["category"] in CARRIED:
            yield Thing(i["category"], ids == i["id"])


_READ = {"coco_panoptic": _coco, "davis_objects": _coco, "camvid_street": _street, "ccp_clothing": _clothed}


def things(row: dict[str, Any], ids: NDArray[Any]) -> list[Thing]:
    """What can be taken out of a photo: whole things of known kinds that are neither tiny nor most of the picture."""
    kept = []
    least = SMALLEST / 4 if row["set"] == "ccp_clothing" else SMALLEST
    for thing in _READ[row["set"]](row, ids):
        m = thing.mask
        contact = int(m[0].sum() + m[:, 0].sum() + m[:, -1].sum())
        if least < m.mean() < LARGEST and contact < CUT * np.sqrt(m.sum()) and lookup(thing.noun) is not None:
            kept.append(thing)
    if len(kept) > MOST_PER_PHOTO:
        order = np.random.default_rng(ids.size + len(kept)).permutation(len(kept))
        kept = [kept[i] for i in order[:MOST_PER_PHOTO]]
    return kept


def surroundings(row: dict[str, Any], ids: NDArray[Any], thing: Thing) -> Description:
    """Where a thing is, from the labels of the photo."""
    others: list[tuple[str, Any]] = []
    surfaces: dict[str, Any] = {}
    if row["set"] == "ccp_clothing":
        if thing.noun != "person":
            others.append(("person", ((ids > 0) & ~thing.mask).astype(np.float32)))
        return describe_mask(thing.mask.astype(np.float32), thing.noun, others)
    for i in row["instances"]:
        area = ((ids == i["id"]) & ~thing.mask).astype(np.float32)
        route = lookup(_noun(i))
        if route is None or area.mean() < 0.003:
            continue
        name = route.label
        if name in SURFACES:
            surfaces[name] = np.maximum(surfaces[name], area) if name in surfaces else area
        elif i["isthing"]:
            others.append((name, area))
    return describe_mask(thing.mask.astype(np.float32), thing.noun, others[:12], list(surfaces.items()))


def emptied(rng: np.random.Generator, picture: Bytes, thing: Thing, stamps: list[Bools]) -> tuple[Bytes, Bools]:
    """The photo with the thing and one to three decoys painted over, and where the decoys are."""
    hole, decoys = widened(rng, thing.mask), np.zeros(thing.mask.shape, np.bool_)
    for _ in range(int(rng.integers(1, 4))):
        spot = shifted(rng, thing.mask) if rng.random() < 0.5 else _fitted(rng, stamps, thing.mask.shape)
        if not (spot & hole).any():
            decoys |= spot
    both = hole | widened(rng, decoys) if decoys.any() else hole
    out = _filled(picture, both, "fast" if rng.random() < TELEA else "patchmatch", int(rng.integers(1 << 30)))
    return worn(rng, out) if out.shape[0] == out.shape[1] else _jpeg(rng, out), decoys


def _filled(picture: Bytes, hole: Bools, mode: Mode, seed: int) -> Bytes:
    """Filled at half size, which is finer than any layout."""
    size = picture.shape[1], picture.shape[0]
    half = size[0] // 2, size[1] // 2
    small = cv2.resize(picture, half, interpolation=cv2.INTER_AREA)
    gone = cv2.resize(hole.view(np.uint8), half, interpolation=cv2.INTER_AREA) > 0
    new = cv2.resize(fill_hole(small, gone, seed=seed, mode=mode).pixels, size, interpolation=cv2.INTER_CUBIC)
    return np.where(hole[..., None], new, picture).astype(np.uint8)


def shifted(rng: np.random.Generator, mask: Bools) -> Bools:
    """The same outline elsewhere in the same rows, mirrored or not."""
    own = mask[:, ::-1] if rng.random() < 0.5 else mask
    xs = np.flatnonzero(own.any(0))
    at = int(rng.integers(0, mask.shape[1] - (xs[-1] - xs[0])))
    out = np.zeros_like(mask)
    out[:, at : at + xs[-1] - xs[0] + 1] = own[:, xs[0] : xs[-1] + 1]
    return out


def _fitted(rng: np.random.Generator, stamps: list[Bools], shape: tuple[int, ...]) -> Bools:
    stamp = stamps[int(rng.integers(len(stamps)))]
    side = min(stamp.shape)
    square = cv2.resize(stamp.view(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST) > 0
    spot = decoy(rng, square) if square.any() else square
    return np.asarray(cv2.resize(spot.view(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) > 0)


def _jpeg(rng: np.random.Generator, picture: Bytes) -> Bytes:
    if rng.random() < 0.5:
        return picture
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 96))])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def read(file: Path, how: int) -> Bytes:
    """A picture file; `how` as in ``cv2.imread``."""
    found = cv2.imread(str(file), how)
    if found is None:
        raise InputError(f"{file} cannot be read.", "Copy the folder again.")
    return np.asarray(found, np.uint8)


def labels(folder: Path, row: dict[str, Any]) -> Bytes:
    """Which region every pixel of a labelled photo belongs to."""
    ids = read(folder / row["mask"], cv2.IMREAD_UNCHANGED)
    return ids[..., 0] if ids.ndim == 3 else ids


def pairs_of(folder: Path, row: dict[str, Any], seed: int) -> list[PhotoPair]:
    """All examples of one photo."""
    from finetouch.select.network import run

    rng = np.random.default_rng(seed)
    picture = read(folder / row["file"], cv2.IMREAD_COLOR_RGB)
    ids = labels(folder, row)
    listed = things(row, ids)
    out = []
    for thing in listed:
        place = surroundings(row, ids, thing)
        bare, decoys = emptied(rng, picture, thing, [t.mask for t in listed])
        leaf = run(bare, LOOK, twice=False).leaf
        near = place.neighbours[0].name if place.neighbours else None
        planes = np.concatenate([layout(leaf), [leaf_plane(leaf, place.supported_by), leaf_plane(leaf, near)]])
        small, others = (cv2.resize(m.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA) > 0.5
                         for m in (thing.mask, decoys))  # fmt: skip
        if small.sum() >= 6:
            sight = np.rint(planes * 255).astype(np.uint8)
            out.append(PhotoPair(sight, small, others, thing.noun, place, row["file"]))
    return out


class PhotoPairs:
    """Pairs of one split of a folder of photos, kept in arrays."""

    def __init__(self, folder: Path) -> None:
        self.facts: list[dict[str, Any]] = [json.loads(s) for s in (folder / "facts.jsonl").read_text().splitlines()]
        self._sight = np.load(folder / "sight.npy", mmap_mode="r")
        self._masks = np.load(folder / "masks.npy", mmap_mode="r")

    def __len__(self) -> int:
        return len(self.facts)

    def __getitem__(self, i: int) -> PhotoPair:
        f = self.facts[i]
        target, decoys = np.asarray(self._masks[i])
        return PhotoPair(np.asarray(self._sight[i]), target, decoys, f["noun"], Description(**f["place"]), f["photo"])

    def counts(self) -> dict[str, int]:
        """Number of pairs, of different things in everyday photos, and of other different things."""
        different = {(f["photo"], f["noun"], tuple(f["place"]["bbox_norm"])) for f in self.facts}
        everyday = sum(photo.startswith("coco") for photo, _, _ in different)
        return {"pairs": len(self), "everyday": everyday, "others": len(different) - everyday}

    @classmethod
    def open(
        cls, data: Path, folder: Path, split: str = "train", rounds: int = 2, report: Reporter | None = None
    ) -> PhotoPairs:
        """The pairs in `folder`; makes them from the photos first when they are not there.

        Args:
            data: The labelled photos. folder: Where the pairs lie. split: "train" or "validation".
            rounds: How often a thing of an everyday photo is taken out, with other decoys each time.
            report: Progress and cancel.
        """
        if not (folder / "facts.jsonl").exists():
            _make(data, folder, split, rounds, report or Reporter())
        return cls(folder)


def _make(data: Path, folder: Path, split: str, rounds: int, report: Reporter) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    listed = rows(data, split)
    jobs = [
        (data, row, 10_000 * k + n) for k in range(rounds) for n, row in enumerate(listed)
        if k == 0 or row["set"] == "coco_panoptic"
    ]  # fmt: skip
    found: list[PhotoPair] = []
    with mp.get_context("spawn").Pool(None, _one_thread) as workers:
        for n, made in enumerate(workers.imap(_job, jobs)):
            report.update("take things out", n, len(jobs))
            found += made
    if not found:
        raise InputError(f"No photo in {data} shows a thing to learn from.", "See docs/methods/two_stage.md.")
    np.save(folder / "sight.npy", np.stack([p.sight for p in found]))
    np.save(folder / "masks.npy", np.stack([np.stack([p.target, p.decoys]) for p in found]))
    lines = [json.dumps({"noun": p.noun, "place": p.place.model_dump(mode="json"), "photo": p.photo}) for p in found]
    (folder / "facts.part").write_text("\n".join(lines))
    (folder / "facts.part").rename(folder / "facts.jsonl")


def _one_thread() -> None:
    cv2.setNumThreads(1)


def _job(job: tuple[Path, dict[str, Any], int]) -> list[PhotoPair]:
    return pairs_of(*job)
