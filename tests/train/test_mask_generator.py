"""The mask generator's data, losses, networks and recipes at tiny size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

pytest.importorskip("diffusers")
torch = pytest.importorskip("torch")

import tiny_models  # noqa: E402
from finetouch.diffusion import mask_net  # noqa: E402
from finetouch.diffusion.mask_net import MaskPredictor, MaskPredictorConfig, Reader, real_tokens  # noqa: E402
from finetouch.errors import UsageError  # noqa: E402
from finetouch.lab.rules import plausible  # noqa: E402
from finetouch.lab.splits import held_out, seed_for, split_of  # noqa: E402
from finetouch.train.lab.loop import Pace, train  # noqa: E402
from finetouch.train.mask_generator import batches, losses, seams  # noqa: E402
from finetouch.train.mask_generator.recipe import MODELS, Size, pairs_for, recipe, size_of  # noqa: E402
from finetouch.train.mask_generator.world import Case, Pairs, make_case  # noqa: E402

MODES = ("same", "instead", "elsewhere")


@pytest.fixture(scope="module")
def found() -> list[Case]:
    made = (make_case(seed_for("train", i), 64, mode) for i in range(14) for mode in MODES)
    return [c for c in made if c is not None]


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> Reader:
    from transformers import CLIPTextModel, CLIPTokenizer

    folder = tiny_models.clip(tmp_path_factory.mktemp("clip"))
    return Reader(CLIPTextModel.from_pretrained(folder), CLIPTokenizer.from_pretrained(folder), 16)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> Pairs:
    return Pairs.open(tmp_path_factory.mktemp("pairs"), 24)


def predictor(size: int = 64) -> MaskPredictor:
    torch.manual_seed(0)
    return MaskPredictor(MaskPredictorConfig(size, (16, 32), 4, 16, 16, 2, 1))


# Data.


def test_pairs_are_true(found):
    assert {c.pair.mode for c in found} == set(MODES)
    for c in found:
        p = c.pair
        assert p.target.any() and p.old.any() and plausible(c.after) == []
        assert split_of(p.seed) == "train" and p.kind in p.phrase
        thing = c.after.thing(c.id)
        assert not held_out(thing.kind, thing.color, c.after.place.name), "kept for the test"
        assert c.id not in [t.id for t in c.empty.things]
        assert p.place.words() and p.own.object == p.phrase


def test_what_replaces_stands_where_the_old_thing_stood(found):
    for c in (c for c in found if c.pair.mode == "instead"):
        old, new = c.before.thing(c.id), c.after.thing(c.id)
        assert old.kind != new.kind and old.surface == new.surface
        if old.host is None:
            assert (old.x, old.y) == (new.x, new.y)


def test_pairs_keep_on_disk(pairs):
    first = pairs[0]
    again = Pairs(Path(pairs._masks.filename).parent)[0]
    np.testing.assert_array_equal(first.target, again.target)
    assert first.place == again.place and first.background.shape == (64, 64, 3) and pairs.decoded(0) is None


def test_removals_are_painted_at_decoys_as_at_the_true_place(found):
    rng, traced, decoys = np.random.default_rng(0), [], []
    stamps = [c.pair.target for c in found[:3]]
    for k in range(120):
        c = found[k % len(found)]
        out, where = seams.disguised(rng, c.pair.background, None, c.pair.old, stamps)
        assert out.shape == c.pair.background.shape and out.dtype == np.uint8
        changed = np.abs(out.astype(int) - c.pair.background).sum(2)
        traced.append(changed[c.pair.old].mean())
        decoys.append(changed[where].mean() if where.any() else np.nan)
    assert 0.3 < np.nanmean(decoys) / np.mean(traced) < 3.5
    assert np.mean([d > 0 for d in decoys]) > 0.5 and np.isnan(decoys).mean() == pytest.approx(seams.CLEAN, abs=0.12)


@pytest.mark.parametrize("painter", seams.PAINTERS)
def test_painters_stay_in_the_hole(found, painter):
    p, rng = found[0].pair, np.random.default_rng(1)
    hole = seams.widened(rng, p.old)
    assert hole[p.old].all()
    out = seams.repainted(rng, p.background, p.background[::-1].copy(), hole, painter)
    far = ~seams.widened(np.random.default_rng(9), hole)
    np.testing.assert_array_equal(out[far], p.background[far])


def test_inputs_are_left_out_as_often_as_they_should(pairs):
    rng, words = np.random.default_rng(0), Random(0)
    shown = [batches.example(rng, words, pairs, i % len(pairs)) for i in range(300)]
    share = lambda f: float(np.mean([f(s) for s in shown]))  # noqa: E731
    assert share(lambda s: s.text == "") == pytest.approx(batches.NO_TEXT, abs=0.05)
    assert share(lambda s: not s.old.any()) == pytest.approx(batches.NO_OLD, abs=0.08)
    assert share(lambda s: not s.hint.any()) == pytest.approx(batches.NO_HINT, abs=0.09)
    assert all(s.target.any() and np.isfinite(s.hint).all() and s.hint.max() <= 1 for s in shown)


def test_padding_is_told_apart():
    ids = torch.tensor([[5, 7, 9, 9], [5, 9, 9, 9], [5, 6, 7, 8]])
    want = [[True, True, True, False], [True, True, False, False], [True, True, True, True]]
    assert real_tokens(ids, 9).tolist() == want


# Losses.


def test_a_perfect_mask_costs_least(found):
    target = torch.from_numpy(np.stack([c.pair.target for c in found[:4]]))[:, None].float()
    best = losses.mask_loss((target * 2 - 1) * 12, target)
    moved = losses.mask_loss((target.roll(6, 3) * 2 - 1) * 12, target)
    empty = losses.mask_loss(torch.full_like(target, -12), target)
    assert (best < 0.05).all() and (moved > 10 * best).all() and (empty > 10 * best).all()


def test_only_the_best_hypothesis_has_to_be_right(found):
    target = torch.from_numpy(found[0].pair.target)[None, None].float()
    good, bad = (target * 2 - 1) * 12, torch.full_like(target, -12)
    boxes = losses.box_of(target)[:, None].expand(-1, 2, -1)
    told = {"masks": torch.cat([bad, good], 1), "boxes": boxes, "scores": torch.tensor([[-9.0, 9.0]])}
    right = losses.several(told, target)
    wrong = losses.several({**told, "scores": torch.tensor([[9.0, -9.0]])}, target)
    assert right["best_iou"] == 1 and right["first_iou"] == 1 and wrong["first_iou"] == 0
    assert right["loss"] < 0.3 < wrong["loss"]


def test_boxes_of_masks():
    mask = torch.zeros(1, 1, 64, 64)
    mask[0, 0, 10:30, 20:28] = 1
    x, y, w, h = losses.box_of(mask)[0].tolist()
    assert (x, y) == pytest.approx((24 / 64, 20 / 64)) and (np.exp(w), np.exp(h)) == pytest.approx((8 / 64, 20 / 64))


# Networks.


def batch_of(pairs: Pairs, reader: Reader, count: int = 8, full: bool = False):
    rng, words = np.random.default_rng(3), Random(3)
    return batches.collate([batches.example(rng, words, pairs, i) for i in range(count)], reader, full)


def test_the_predictor_gives_masks_boxes_and_scores(pairs, reader):
    batch = batch_of(pairs, reader)
    out = predictor()(*(batch[n] for n in ("pixels", "old", "hint", "words", "mask")))
    assert out["masks"].shape == (8, 4, 64, 64) and out["boxes"].shape == (8, 4, 4) and out["scores"].shape == (8, 4)
    assert all(torch.isfinite(v).all() for v in out.values())
    out["masks"].mean().backward()


def test_padding_does_not_change_the_answer(pairs, reader):
    net = predictor().eval()
    long, short = batch_of(pairs, reader, 4, full=True), batch_of(pairs, reader, 4)
    names = ("pixels", "old", "hint", "words", "mask")
    with torch.no_grad():
        a, b = net(*(long[n] for n in names)), net(*(short[n] for n in names))
    torch.testing.assert_close(a["masks"], b["masks"], atol=1e-4, rtol=1e-3)


def test_new_channels_start_without_a_say():
    torch.manual_seed(0)
    base = mask_net.mask_denoiser(32, (16, 16, 16), 16).eval()
    x, t, words = torch.randn(2, 16, 8, 8), torch.tensor([7, 400]), torch.randn(2, 5, 16)
    with torch.no_grad():
        before = base(x, t, words).sample
        wide = mask_net.conditioned(base)
        sight = mask_net.folded(torch.randn(2, 5, 32, 32))
        after = wide(torch.cat([x, sight], 1), t, words).sample
    torch.testing.assert_close(before, after, atol=1e-6, rtol=1e-5)
    assert wide.config.in_channels == 96


def test_samples_differ_and_the_seed_reproduces():
    torch.manual_seed(0)
    unet = mask_net.conditioned(mask_net.mask_denoiser(32, (16, 16, 16), 16)).eval()
    sight, words, blank = torch.randn(3, 5, 32, 32), torch.randn(3, 5, 16), torch.randn(1, 5, 16)

    def draw() -> torch.Tensor:
        made = torch.Generator().manual_seed(4)
        return mask_net.sample_masks(unet, mask_net.noise_schedule(), sight, words, blank, made, 3)

    a = draw()
    assert a.shape == (3, 1, 32, 32) and a.min() >= 0 and a.max() <= 1
    assert torch.equal(a, draw()) and not torch.equal(a[0], a[1])


def test_folding_loses_nothing():
    x = torch.randn(2, 3, 16, 16)
    assert torch.equal(mask_net.unfolded(mask_net.folded(x)), x)


def test_the_predictor_learns_eight_masks(pairs, reader):
    """Loss falls to where eight masks are nearly known: the path from loss to every part is sound."""
    torch.set_num_threads(1)
    net, batch = predictor(), batch_of(pairs, reader)
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3)
    names = ("pixels", "old", "hint", "words", "mask")
    for _ in range(110):
        found = losses.several(net(*(batch[n] for n in names)), batch["target"])
        optimizer.zero_grad()
        found["loss"].backward()
        optimizer.step()
    assert found["best_iou"] > 0.7, float(found["best_iou"])


@pytest.mark.slow
def test_the_diffusion_model_learns_eight_masks(pairs, reader):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    unet, noise = mask_net.conditioned(mask_net.mask_denoiser(64, (32, 32, 32), 16)), mask_net.noise_schedule()
    batch = batch_of(pairs, reader, full=True)
    x, sight = mask_net.folded(batch["target"] * 2 - 1), torch.cat([batch[n] for n in ("pixels", "old", "hint")], 1)
    optimizer = torch.optim.AdamW(unet.parameters(), 3e-3)
    for step in range(900):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * (1 - step / 900) + 1e-5
        twice = x.repeat(2, 1, 1, 1)
        eps, t = torch.randn_like(twice), torch.randint(0, 1000, (16,))
        noisy = torch.cat([noise.add_noise(twice, eps, t), mask_net.folded(sight).repeat(2, 1, 1, 1)], 1)
        found = unet(noisy, t, batch["words"].repeat(2, 1, 1)).sample
        loss = (found - noise.get_velocity(twice, eps, t)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    blank = reader([""], full=True)[0]
    made = mask_net.sample_masks(
        unet.eval(), noise, sight, batch["words"], blank, torch.Generator().manual_seed(1), 25, 1.0
    )
    hard, wanted = made > 0.5, batch["target"] > 0.5
    iou = (hard & wanted).sum((1, 2, 3)) / (hard | wanted).sum((1, 2, 3))
    assert iou.mean() > 0.7, iou


# Recipes.


@pytest.mark.parametrize("model", MODELS)
def test_every_recipe_trains_goes_on_and_opens_again(model, pairs, reader, tmp_path):
    torch.set_num_threads(1)
    size = Size(pairs=24, widths=(16, 32) if model == "predictor" else (16, 16, 16), depth=1, steps=4, batch=4)
    pace = Pace(log_every=1, save_every=2, sample_every=2)
    half = train(recipe(model, pairs, reader, replace(size, steps=2)), tmp_path, pace)
    last = train(recipe(model, pairs, reader, size), tmp_path, pace)
    assert half["step"] == 2 and last["step"] == 4 and np.isfinite(last["loss"])
    assert (tmp_path / "samples-000002.png").exists() and (tmp_path / "recipe.json").exists()
    if model == "predictor":
        opened = MaskPredictor.from_pretrained(tmp_path / "model")
        assert opened.config.hypotheses == 4
    else:
        from diffusers import UNet2DConditionModel

        assert UNet2DConditionModel.from_pretrained(tmp_path / "model").config.in_channels == 96


def test_sizes_have_names(tmp_path):
    assert size_of("cpu", "predictor").side == 64
    for scale, model in (("huge", "predictor"), ("cpu", "oracle")):
        with pytest.raises(UsageError, match=scale if scale == "huge" else model):
            size_of(scale, model)


def test_pairs_are_drawn_once(tmp_path):
    size = Size(pairs=3, side=32)
    first = pairs_for(tmp_path, size)
    stamp = (tmp_path / "pairs-32" / "pictures.npy").stat().st_mtime_ns
    assert len(first) == 3 == len(pairs_for(tmp_path, size))
    assert (tmp_path / "pairs-32" / "pictures.npy").stat().st_mtime_ns == stamp


def test_the_card_says_what_was_measured():
    from finetouch.train.mask_generator.card import card

    recipe_facts = {"steps": 10, "batch_size": 4, "rate": 0.1, "ema": 0.9, "seconds": 3600, "parameters": 1234}
    row = {"row": "generator: description (with its box)", "best_of_4": 0.7, "plausible": 0.95}
    measured = {"masks": [row], "cases": 30, "leaks": {"decoy_iou": 0.02, "picks_true_hole": 0.5, "chance_margin": 0.1}}
    text = card(recipe_facts, measured)
    assert "0.700" in text and "0.950" in text and "0.020" in text and "not measured" in text and "1,234" in text
