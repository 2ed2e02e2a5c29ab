"""The bundled network on real photos that scikit-image ships, and on odd pictures."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest

from finetouch import registry
from finetouch.errors import Cancelled, InputError, TargetNotFound
from finetouch.imaging import masks
from finetouch.plan.phrase import parse_phrase
from finetouch.select import network
from finetouch.select.photo import PhotoSelector
from finetouch.select.vocabulary import LEAVES
from finetouch.types import Picture, Query, Region, Reporter

Ask = tuple[Picture, object]


def look(pixels: np.ndarray) -> Ask:
    picture = Picture(np.ascontiguousarray(pixels))
    return picture, PhotoSelector().analyse(picture, Reporter())


def select(ask: Ask, phrase: str) -> Region:
    return PhotoSelector().select(*ask, parse_phrase(phrase), Reporter()).region


@pytest.fixture(scope="module")
def cat() -> Ask:
    from skimage import data

    return look(data.chelsea())


@pytest.fixture(scope="module")
def astronaut() -> Ask:
    from skimage import data

    return look(data.astronaut())


def test_registered_for_the_embedded_preset() -> None:
    spec = registry.get("selector", "photo")
    assert "embedded" in spec.presets and not spec.packages


def test_woman(astronaut: Ask) -> None:
    region = select(astronaut, "the woman")
    truth = np.zeros((512, 512), np.float32)
    truth[30:200, 170:285] = 1  # head and neck
    inside = float((region.mask * truth).sum() / region.mask.sum())
    assert region.mask[100, 220] == 1 and region.mask[400, 150] == 1
    assert region.mask[60, 40] == 0 and region.mask[60, 440] == 0 and region.mask[400, 460] == 0
    assert 0.25 < region.share < 0.75 and inside < 0.5 and region.label


def test_a_part_of_one_of_two_is_not_taken_of_both() -> None:
    from skimage import data

    one = data.astronaut()[:300, 100:330]
    ask = look(np.hstack([one, one[:, ::-1]]))
    every, left = select(ask, "all hair"), select(ask, "the left woman's hair")
    half = one.shape[1]
    assert every.mask[:, :half].sum() > 500 and every.mask[:, half:].sum() > 500
    assert left.mask[:, :half].sum() > 0.7 * every.mask[:, :half].sum() and left.mask[:, half:].sum() == 0


def test_hair_is_a_part_of_the_woman(astronaut: Ask) -> None:
    hair, woman = select(astronaut, "the woman's hair"), select(astronaut, "woman")
    assert 0.005 < hair.share < 0.15
    x, y = hair.centroid
    assert 150 < x < 300 and 0 < y < 170
    assert float(np.minimum(hair.mask, masks.grow(woman.mask, 8)).sum() / hair.mask.sum()) > 0.9


def test_cat(cat: Ask) -> None:
    region = select(cat, "the cat")
    assert region.mask[120, 200] == 1 and region.share > 0.25


def test_cup(coffee: np.ndarray) -> None:
    region = select(look(coffee), "cup")
    x, y = region.centroid
    assert 180 < x < 460 and 60 < y < 320 and 0.04 < region.share < 0.5


def test_masks_are_hard_with_a_thin_rim(astronaut: Ask) -> None:
    mask = select(astronaut, "woman").mask
    assert mask.dtype == np.float32 and mask.min() >= 0 and mask.max() == 1
    assert float(((mask > 0.05) & (mask < 0.95)).mean()) < 0.05


def test_everything_background_and_exceptions(astronaut: Ask) -> None:
    assert select(astronaut, "everything").mask.min() == 1
    subject, rest = select(astronaut, "the subject"), select(astronaut, "background")
    assert np.allclose(subject.mask + rest.mask, 1.0)
    woman = select(astronaut, "woman")
    assert np.allclose(select(astronaut, "everything except the woman").mask, 1.0 - woman.mask, atol=1e-5)


def test_marks_with_background_mean_the_subject(cat: Ask) -> None:
    box = (80.0, 20.0, 330.0, 280.0)
    marked = PhotoSelector().select(*cat, Query(box=box), Reporter()).region
    found = PhotoSelector().select(*cat, Query(noun="background", box=box), Reporter())
    assert np.allclose(found.region.mask, 1.0 - marked.mask) and "what was marked" in found.notes[0]


@pytest.mark.parametrize("phrase", ["elephant", "pizza", "bus", "guitar", "the zebra on the left"])
def test_absent_on_a_real_photo(cat: Ask, phrase: str) -> None:
    with pytest.raises(TargetNotFound) as error:
        select(cat, phrase)
    assert "--point" in str(error.value)


@pytest.mark.parametrize("noun", ["dog", "person", "car", "lion", "cup"])
@pytest.mark.parametrize("value", [0, 127, 255])
def test_absent_on_a_plain_picture(noun: str, value: int) -> None:
    with pytest.raises(TargetNotFound):
        select(look(np.full((120, 160, 3), value, np.uint8)), noun)


def test_nothing_named(cat: Ask) -> None:
    with pytest.raises(InputError):
        PhotoSelector().select(*cat, Query(), Reporter())


@pytest.mark.parametrize(("h", "w"), [(64, 64), (600, 150), (1, 5000), (5000, 1), (1, 1), (4000, 6000)])
def test_odd_pictures(h: int, w: int) -> None:
    rng = np.random.default_rng(0)
    ask = look(np.repeat(rng.integers(0, 255, (h, 1, 3), dtype=np.uint8), w, axis=1))
    evidence = ask[1].evidence  # type: ignore[attr-defined]
    assert np.isfinite(evidence.leaf).all() and evidence.leaf.shape[0] == len(LEAVES)
    assert (
        max(evidence.small.shape) == network.LONG_SIDE
        and evidence.small.shape[0] % 32 == evidence.small.shape[1] % 32 == 0
    )
    try:
        mask = select(ask, "sky").mask
        assert mask.shape == (h, w) and np.isfinite(mask).all()
    except TargetNotFound:
        pass


def test_same_answer_twice(cat: Ask) -> None:
    again = look(cat[0].pixels)
    assert np.array_equal(select(cat, "cat").mask, select(again, "cat").mask)


def test_cancel(cat: Ask) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        PhotoSelector().select(*cat, Query(noun="cat"), Reporter(cancel=stop))


def test_facts_fit_the_weights() -> None:
    facts = network.facts()
    assert len(facts["photos"]) == len(LEAVES) and set(facts["presence"]) >= {"person", "garment", "thing", "stuff"}
    leaf = network.run(np.zeros((40, 60, 3), np.uint8)).leaf
    assert np.allclose(leaf.sum(0), 1.0, atol=1e-3)


def test_two_looks_are_averaged_one_of_them_closer_and_mirrored(cat: Ask) -> None:
    both = network.run(cat[0].pixels)
    far = network.run(cat[0].pixels, twice=False)
    mirrored = np.ascontiguousarray(cat[0].pixels[:, ::-1])
    near = network.run(mirrored, round(network.CLOSER * network.LONG_SIDE), twice=False)
    assert near.leaf.shape[1] > far.leaf.shape[1]
    seen = np.stack([network.enlarge(np.ascontiguousarray(m[:, ::-1]), far.grid) for m in near.leaf])
    assert np.abs(both.leaf - (far.leaf + seen) / 2).max() < 1e-4
    assert np.abs(both.leaf.sum(0) - 1).max() < 1e-3
    back = network.run(mirrored)
    assert np.abs(both.offset[0] + back.offset[0][..., ::-1]).max() < 0.5


PHRASES = [
    ("dog_bench", "the white dog", (256, 200)), ("three_women", "the woman on the left", (140, 500)),
    ("snow_landscape", "sky", (200, 60)), ("man_and_car", "man", (360, 300)), ("school_bus", "bus", (400, 250)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "phrase", "at"), PHRASES)
def test_demo_photos(data_dir, name: str, phrase: str, at: tuple[int, int]) -> None:
    from PIL import Image

    region = select(look(np.asarray(Image.open(data_dir / "demo" / f"{name}.jpg").convert("RGB"))), phrase)
    assert region.mask[at[1], at[0]] == 1
