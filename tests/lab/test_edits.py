"""Edits, drags, export and commands."""

from __future__ import annotations

import importlib
import io
import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from finetouch.cli import lab as lab_cli
from finetouch.errors import DependencyMissing, OutputError, UsageError
from finetouch.imaging import masks
from finetouch.lab import (
    EDIT_KINDS,
    NoSuchEdit,
    Scene,
    expressions,
    make_drag,
    make_edit,
    plausible,
    possible_edits,
    relations,
    render,
    sample_scene,
    seed_for,
)
from finetouch.lab.export import records, write
from finetouch.lab.splits import allowed
from finetouch.types import EditPlan

seeds = st.integers(0, 10**6)


@given(seeds, st.sampled_from(EDIT_KINDS), st.integers(0, 9), st.sampled_from([32, 64, 96, 150]))
def test_outside_the_gold_mask_nothing_changes(seed: int, kind: str, which: int, size: int) -> None:
    try:
        edit = make_edit(sample_scene(seed), kind, which)
    except NoSuchEdit:
        return
    p = edit.render(size)
    changed = (p.before.picture != p.after.picture).any(-1)
    assert not (changed & ~p.mask).any()
    assert changed.any()
    if kind in ("remove", "add", "recolor"):
        assert changed.sum() >= 0.4 * p.mask.sum()


def test_every_kind_occurs_with_varied_words_and_stays_plausible() -> None:
    words: dict[str, set[str]] = {k: set() for k in EDIT_KINDS}
    plain = Counter()
    for seed in range(250):
        scene = sample_scene(seed)
        for e in possible_edits(scene):
            words[e.kind].add(e.instruction.split(" ")[0].lower())
            assert allowed(e.after)
            assert e.plan.instruction == e.instruction
            assert EditPlan.model_validate_json(e.plan.model_dump_json()) == e.plan
            if e.after.place.name == "plain":
                plain["plain"] += 1
            elif e.kind == "background":
                plain["place"] += 1
            if e.after.place.name != "plain":
                assert plausible(e.after) == [], e.instruction
    assert all(len(words[k]) >= 3 for k in EDIT_KINDS), words
    assert plain["plain"] > 20
    assert plain["place"] > 10


@given(seeds, st.sampled_from(EDIT_KINDS))
def test_edits_are_reproducible(seed: int, kind: str) -> None:
    scene = sample_scene(seed)
    try:
        a = make_edit(scene, kind, 1)
    except NoSuchEdit:
        return
    b = make_edit(sample_scene(seed), kind, 1)
    assert (a.instruction, a.plan, a.after) == (b.instruction, b.plan, b.after)


@given(seeds, st.integers(0, 5))
def test_the_plan_says_what_was_done(seed: int, which: int) -> None:
    scene = sample_scene(seed)
    for kind in EDIT_KINDS:
        try:
            e = make_edit(scene, kind, which)
        except NoSuchEdit:
            continue
        (step,) = e.plan.steps
        assert step.op == kind
        before, after = {t.id: t for t in e.before.things}, {t.id: t for t in e.after.things}
        changed = {i for i in before.keys() | after.keys() if before.get(i) != after.get(i)}
        if kind in ("background", "global"):
            assert e.id is None and before.keys() == after.keys()
            continue
        assert changed == {e.id}
        if kind == "remove":
            assert step.result is None and before.keys() - after.keys() == {e.id}
        if kind == "add":
            assert step.target is None and after[e.id].kind in (step.result or "")
            facts = relations(e.after)
            r = step.relation
            assert r is not None and any(f.type == r.type and e.id in (f.subject, f.anchor) for f in facts)
        if kind == "replace":
            assert after[e.id].kind in (step.result or "") and after[e.id].kind != before[e.id].kind
        if kind == "recolor":
            assert step.color == after[e.id].color != before[e.id].color
        if kind == "move":
            sign = -1 if step.params["direction"] == "left" else 1
            assert np.isclose(after[e.id].x - before[e.id].x, sign * step.params["amount"], atol=1e-3)
        if kind == "resize":
            assert np.isclose(after[e.id].size / before[e.id].size, step.params["scale"], atol=1e-2)
        if kind in ("remove", "replace", "resize"):
            phrase = {(x.fields["target"], x.fields["attributes"], x.fields["relation"], x.position)
                      for x in expressions(e.before) if x.target == e.id}  # fmt: skip
            assert (step.target, step.attributes, step.relation, step.position) in phrase


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError):
        make_edit(sample_scene(1), "explode")


@given(seeds, st.integers(0, 5))
def test_drag_pairs_change_only_their_thing_and_continuously(seed: int, which: int) -> None:
    scene = sample_scene(seed)
    try:
        pair = make_drag(scene, which)
    except NoSuchEdit:
        return
    assert pair.at(0) == scene.settled()
    assert pair.at(1) == pair.after
    assert pair.handles()
    a, b = render(pair.before, 64).picture, render(pair.after, 64).picture
    assert not ((a != b).any(-1) & ~pair.mask(64)).any()
    path = [np.array(list(pair.at(t).thing(pair.id).keys.values())) for t in np.linspace(0, 1, 17)]
    whole = np.abs(path[-1] - path[0]).max()
    steps = [np.abs(q - p).max() for p, q in pairwise(path)]
    assert max(steps) < 0.35 * max(whole, 0.05)


def test_folder_export_round_trip(tmp_path) -> None:
    counts = write(tmp_path / "set", 4, "validation", 48)
    assert counts["scenes"] == 4
    rows = [json.loads(x) for x in (tmp_path / "set/scenes.jsonl").read_text().splitlines()]
    for i, row in enumerate(rows):
        scene = sample_scene(seed_for("validation", i))
        assert Scene.from_json(row["scene"]) == scene
        assert row["split"] == "validation"
        drawn = render(scene, 48)
        assert np.array_equal(np.asarray(Image.open(tmp_path / "set" / row["image"])), drawn.picture)
        labels = np.asarray(Image.open(tmp_path / "set" / row["labels"]))
        for n, thing in enumerate(row["things"], 1):
            assert np.array_equal(masks.from_rle(thing["visible"]) > 0.5, drawn.visible[thing["id"]])
            assert np.array_equal(labels == n, drawn.visible[thing["id"]])
    edits = [json.loads(x) for x in (tmp_path / "set/edits.jsonl").read_text().splitlines()]
    assert len(edits) == counts["edits"]
    for row in edits:
        before, after, mask = (np.asarray(Image.open(tmp_path / "set" / row[c])) for c in ("before", "after", "mask"))
        assert not ((before != after).any(-1) & (mask == 0)).any()
        again = render(Scene.from_json(row["after_scene"]), 48).picture
        assert np.array_equal(again, after)
        EditPlan.model_validate(row["plan"])
    with pytest.raises(OutputError):
        write(tmp_path / "set", 1)


def test_bad_arguments_of_export(tmp_path) -> None:
    for bad in ({"split": "dev"}, {"form": "zip"}, {"count": 0}, {"size": 5}):
        with pytest.raises(UsageError):
            write(tmp_path / "x", **{"count": 1, **bad})
    assert not (tmp_path / "x").exists()


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch) -> None:
    real = importlib.import_module

    def refuse(name: str, *args):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(DependencyMissing, match=r"finetouch\[lab\]"):
        write(tmp_path / "p", 1, form="parquet")
    assert not (tmp_path / "p").exists()


def test_parquet_round_trip(tmp_path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    counts = write(tmp_path / "p", 3, "test", 32, "parquet")
    for table, n in counts.items():
        got = pq.read_table(tmp_path / "p" / f"{table}-test.parquet")
        assert got.num_rows == n
        features = json.loads(got.schema.metadata[b"huggingface"])["info"]["features"]
        assert set(features) == set(got.column_names)
        wanted = [(name, row, pics) for t, name, row, pics in records(3, "test", 32) if t == table]
        for have, (name, row, pictures) in zip(got.to_pylist(), wanted, strict=True):
            assert have["id"] == name
            assert set(have) == {"id", *row, *pictures}
            for c, p in pictures.items():
                assert np.array_equal(np.asarray(Image.open(io.BytesIO(have[c]["bytes"]))), p)


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    lab_cli.add_to(made)
    made.command("other")(lambda: None)
    return made


def test_commands(tmp_path, app) -> None:
    run = CliRunner().invoke
    made = run(app, ["lab", "make", str(tmp_path / "a"), "--count", "2", "--split", "train", "--size", "32", "--json"])
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["rows"]["scenes"] == 2
    sheet = run(app, ["lab", "sheet", str(tmp_path / "s.png"), "--size", "32", "--rows", "1"])
    assert sheet.exit_code == 0, sheet.output
    assert np.asarray(Image.open(tmp_path / "s.png")).std() > 10
    one = run(app, ["lab", "scene", "--seed", "7", "-o", str(tmp_path / "7.png"), "--size", "64", "--json"])
    assert one.exit_code == 0, one.output
    assert Scene.from_json(json.loads(one.stdout)["scene"]) == sample_scene(7)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "7.png")), render(sample_scene(7), 64).picture)
