"""Every lab recipe at tiny size: trains, stops, goes on, and leaves a folder that from_pretrained opens."""

from __future__ import annotations

import os
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest

pytest.importorskip("diffusers")
torch = pytest.importorskip("torch")

from finetouch.errors import Cancelled, UsageError  # noqa: E402
from finetouch.lab.kinds import KINDS, MORE  # noqa: E402
from finetouch.lab.zoo import Zoo  # noqa: E402
from finetouch.train.lab import judge, segformer  # noqa: E402
from finetouch.train.lab.loop import Pace, train  # noqa: E402
from finetouch.train.lab.pool import COLORS, Pool, boxes, cut, random_window, window_around  # noqa: E402
from finetouch.train.lab.recipes import RECIPES, Workshop, recipe  # noqa: E402
from finetouch.train.lab.scale import SCALES, scale_of  # noqa: E402
from finetouch.train.lab.seeing import RANKS, asked, sights  # noqa: E402
from finetouch.train.lab.taught import Taught  # noqa: E402
from finetouch.train.lab.views import _framed, coarse, stream  # noqa: E402
from finetouch.train.lab.words import make_tokenizer  # noqa: E402
from finetouch.types import Progress, Reporter  # noqa: E402

TINY = replace(
    SCALES["cpu"], name="tiny", pool=600, views=48, vae=(8, 16, 16), unet=(16, 16, 16), segformer=(8, 16, 16, 16),
    width=32, depth=2, steps=dict.fromkeys(RECIPES, 4), batch=dict.fromkeys(RECIPES, 4),
)  # fmt: skip
CLASSES = {
    "vae": "AutoencoderKL", "vae-decoder": "AutoencoderKL", "clip": "CLIPModel",
    "clip-eyes": "CLIPModel", "inpaint": "UNet2DConditionModel", "inpaint-holes": "UNet2DConditionModel",
    "unet": "UNet2DConditionModel",
    "segformer": "SegformerForSemanticSegmentation", "grounder": "CLIPSegForImageSegmentation", "sam": "SamModel",
    "judge": "UperNetForSemanticSegmentation",
}  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("family"), TINY)


@pytest.fixture(scope="module")
def pool(work: Workshop) -> Pool:
    return work.pool()


@pytest.fixture(scope="module")
def trained(work: Workshop) -> dict[str, dict[str, float]]:
    """The last line of every recipe's log; some recipes build on the models of others, so all are made in order."""
    torch.set_num_threads(1)
    pace = Pace(log_every=1, save_every=2, sample_every=3)
    return {name: train(recipe(name, work), work.folder / name, pace) for name in RECIPES}


def test_every_recipe_trains_and_opens_again(work: Workshop, trained: dict[str, dict[str, float]]) -> None:
    for name, last in trained.items():
        assert last["step"] == 4 and np.isfinite(last["loss"])
        assert (work.folder / name / "loss.png").exists() and (work.folder / name / "recipe.json").exists()
        if name in CLASSES:
            Zoo(work.folder).load(CLASSES[name], name)
        else:
            assert (work.folder / name / "model" / "pytorch_lora_weights.safetensors").exists()


@pytest.mark.usefixtures("trained")
def test_bench_measures_every_model(work: Workshop) -> None:
    from finetouch.evaluate.lab.bench import measures, render, run

    rows = run(work.folder, limit=4)
    assert [r.model for r in rows] == list(measures()) and not any(r.missing for r in rows)
    assert all(np.isfinite(v) for r in rows for v in r.figures.values())
    assert render(rows).count("\n") > len(rows)


def test_bench_says_what_is_missing(tmp_path: Path) -> None:
    from finetouch.evaluate.lab.bench import run

    (row,) = run(tmp_path, limit=1, only=("vae",))
    assert "is not in" in row.missing
    with pytest.raises(UsageError, match="no lab model 'gan'"):
        run(tmp_path, limit=1, only=("gan",))


def test_training_goes_on_where_it_was_stopped(work: Workshop, tmp_path: Path, pool: Pool) -> None:
    def losses(steps: list[int]) -> list[str]:
        folder = tmp_path / "-".join(map(str, steps))
        for n in steps:
            made = recipe("segformer", work)
            made.steps = n
            train(made, folder, Pace(log_every=1))
        return [line.split(",")[0] for line in (folder / "log.csv").read_text().splitlines()[1:]]

    assert losses([2, 4]) == ["1", "2", "3", "4"]


def test_cancelling_keeps_the_checkpoint(work: Workshop, tmp_path: Path, pool: Pool) -> None:
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        train(recipe("segformer", work), tmp_path / "s", Pace(log_every=1), Reporter(None, cancel))
    assert (tmp_path / "s" / "checkpoint.pt").exists() and not (tmp_path / "s" / "model").exists()


def test_a_polite_kill_keeps_the_checkpoint(work: Workshop, tmp_path: Path, pool: Pool) -> None:
    def kill(_progress: Progress) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        train(replace(recipe("segformer", work), steps=50), tmp_path, Pace(), Reporter(kill))
    assert (tmp_path / "checkpoint.pt").exists() and signal.getsignal(signal.SIGTERM) is before


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'vae', which is not trained"):
        recipe("inpaint", Workshop(tmp_path, TINY))
    with pytest.raises(UsageError, match="no lab model 'gan'"):
        recipe("gan", Workshop(tmp_path, TINY))
    with pytest.raises(UsageError, match="no scale 'huge'"):
        scale_of("huge")


def test_cut_outs_keep_picture_and_labels_together(pool: Pool) -> None:
    rng = np.random.default_rng(0)
    for i in range(20):
        item = pool[i]
        for window in (random_window(rng, 128), window_around(rng, 128, np.array([20, 30, 60, 50]))):
            x0, y0, x1, y1 = window
            assert 0 <= x0 < x1 <= 128 and 0 <= y0 < y1 <= 128 and x1 - x0 == y1 - y0
            picture, labels = cut(item, window, 64)
            assert picture.shape == (64, 64, 3) and labels.shape == (64, 64)
            assert set(np.unique(labels)) <= set(np.unique(item.labels[y0:y1, x0:x1])) | {0}
        found = boxes(item.labels, len(item.facts["things"]))
        for n, (x0, y0, x1, y1) in enumerate(found, 1):
            assert (item.labels == n).sum() == (item.labels[y0:y1, x0:x1] == n).sum()


def test_phrases_mean_what_they_say(pool: Pool) -> None:
    from random import Random

    rng, words = np.random.default_rng(1), Random(1)
    seen = 0
    for sight, _ in zip(sights(pool, 64, 3), range(60), strict=False):
        text, mask = asked(rng, words, sight, TINY.classes)
        kinds = {sight.things[n - 1]["kind"] for n in np.unique(sight.labels[mask]) if n}
        assert all(kind in text for kind in kinds)
        seen += bool(mask.any())
    assert seen > 25


def test_things_among_their_like_are_told_apart(pool: Pool) -> None:
    twins = 0
    for sight, _ in zip(sights(pool, 64, 5, whole=1.0, plain=0.0), range(40), strict=False):
        ranks = sight.ranks()
        said = {(text.split()[0], n) for text, level, n in sight.phrases if level == "position"}
        kinds = Counter(sight.things[n - 1]["kind"] for _, n in said)
        for n in np.unique(sight.labels[sight.labels > 0]):
            (code,) = np.unique(ranks[sight.labels == n])
            assert (code > 0) == (sight.things[n - 1]["kind"] in kinds)
            assert {w for k, w in enumerate(RANKS) if code and code - 1 >> k & 1} == {w for w, m in said if m == n}
        twins += bool(said)
    assert twins == 40 and not ranks[sight.labels == 0].any()


def test_standing_is_learned_where_it_is_known_only() -> None:
    taught = Taught(torch.nn.Identity(), 20, 8, 1, words=8)
    torch.nn.init.zeros_(taught.rank.weight)
    taught.rank.bias.data = torch.tensor([30.0, -30.0, 30.0, -30.0])
    ranks = torch.zeros(1, 8, 8, dtype=torch.long)
    tokens = torch.zeros(1, 16, 8)
    assert float(taught.standing(tokens, ranks).detach()) == 0
    ranks[0, :3, :3] = 1 + 0b0101
    assert float(taught.standing(tokens, ranks).detach()) < 1e-6
    ranks[0, :3, :3] = 1 + 0b0110
    assert float(taught.standing(tokens, ranks).detach()) > 10


def test_framed_boxes_hide_the_whole_thing_and_have_other_proportions() -> None:
    rng = np.random.default_rng(0)
    own = np.zeros((64, 64), np.bool_)
    own[30:45, 20:40] = True
    made = [_framed(rng, own) for _ in range(40)]
    assert all(m[own].all() for m in made)
    ratios = [np.ptp(np.nonzero(m.any(0))) / np.ptp(np.nonzero(m.any(1))) for m in made]
    assert min(ratios) < 0.9 and max(ratios) > 1.8


def test_a_larger_scale_learns_the_larger_world(tmp_path: Path) -> None:
    scale = replace(TINY, larger=True)
    assert scale.classes[: len(TINY.classes)] == TINY.classes and set(scale.classes) == {*KINDS, *MORE}
    assert SCALES["gpu"].larger and not SCALES["cpu"].larger
    many = Workshop(tmp_path, replace(scale, pool=60)).pool()
    assert {t["kind"] for facts in many.facts for t in facts["things"]} & set(MORE)
    words = make_tokenizer(many, scale).get_vocab()
    assert all(f"{name}</w>" in words for name in MORE)
    for model, colors in ((segformer.build(scale), 0), (judge.build(scale), len(COLORS))):
        assert model.config.num_labels == 1 + len(scale.classes) + colors
        assert model.config.id2label[len(scale.classes)] == scale.classes[-1]
    sight = next(s for s in sights(many, 64, 1) if any(t["kind"] in MORE for t in s.things))
    assert sight.classes().max() <= len(scale.classes)


def test_every_scale_says_how_long_everything_is_trained() -> None:
    for scale in SCALES.values():
        assert set(scale.steps) == set(RECIPES)
        assert set(scale.batch) == {"unet", "lcm", "segformer", "grounder", "sam", "judge"}


def test_views_hide_what_their_prompt_is_about(pool: Pool) -> None:
    views = [v for v, _ in zip(stream(pool, 64, 2), range(60), strict=False)]
    assert all(v.mask.any() and v.picture.shape == (64, 64, 3) and all(map(len, (v.whole, v.part))) for v in views)
    for v in views:
        small = coarse(v.mask, 16)
        assert np.repeat(np.repeat(small, 4, 0), 4, 1)[v.mask].all()
