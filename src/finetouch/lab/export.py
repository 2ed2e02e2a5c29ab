"""Data sets on disk: plain folders (PNG and JSON lines) or parquet files that Hugging Face `datasets` opens."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from finetouch.errors import DependencyMissing, OutputError, UsageError
from finetouch.imaging import masks
from finetouch.lab.drag import make_drag
from finetouch.lab.edits import Edit, NoSuchEdit, possible_edits
from finetouch.lab.facts import caption, questions, relations
from finetouch.lab.language import Expression, expressions
from finetouch.lab.render import Rendering, edge_map, key_points, render
from finetouch.lab.sample import sample_scene
from finetouch.lab.scene import Scene
from finetouch.lab.splits import seed_for, split_of, unseen
from finetouch.types import Reporter

FORMATS = ("folder", "parquet")
Row = dict[str, Any]


def truth(scene: Scene, size: int = 64, drawn: Rendering | None = None) -> Row:
    """Everything known about a scene, as JSON: things with masks and key points, relations, phrases, questions.

    Masks are run lengths (`imaging.masks.from_rle`); boxes are ``[x0, y0, x1, y1]`` px, end-exclusive, or null for a
    hidden thing; key points are ``[x, y]`` px. `scene` rebuilds the scene (`Scene.from_json`).
    """
    drawn = drawn or render(scene, size)
    points = key_points(scene, size)
    things = []
    for t in scene.ordered():
        box = drawn.box(t.id)
        things.append({
            "id": t.id, "kind": t.kind, "color": t.color, "second": t.second if t.sort.second else None,
            "facing": "right" if t.facing > 0 else "left", "tilt": t.tilt, "surface": t.surface, "host": t.host,
            "box": list(box) if box else None,
            "visible": masks.to_rle(drawn.visible[t.id].astype(np.float32)),
            "whole": masks.to_rle(drawn.whole[t.id].astype(np.float32)),
            "parts": {p: masks.to_rle(m.astype(np.float32)) for (i, p), m in drawn.parts.items() if i == t.id},
            "key_points": {k: [round(x, 2), round(y, 2)] for k, (x, y) in points[t.id].items()},
        })  # fmt: skip
    return {
        "seed": scene.seed, "split": split_of(scene.seed), "size": size, "place": scene.place.name,
        "mood": scene.mood, "caption": caption(scene), "unseen": list(unseen(scene)), "things": things,
        "relations": [[f.subject, f.type, f.anchor, f.noun] for f in relations(scene)],
        "expressions": [_phrase(e) for e in expressions(scene)],
        "questions": [
            {"kind": q.kind, "question": q.text, "answer": q.answer, "choices": list(q.choices)}
            for q in questions(scene)
        ],
        "scene": scene.to_json(),
    }  # fmt: skip


def _phrase(e: Expression) -> Row:
    return {"text": e.text, "level": e.level, "target": e.target, "query": e.query().model_dump(mode="json")}


def _edit_row(edit: Edit) -> Row:
    return {
        "seed": edit.before.seed, "split": split_of(edit.before.seed), "kind": edit.kind,
        "instruction": edit.instruction, "plan": edit.plan.model_dump(mode="json"), "thing": edit.id,
        "part": edit.part, "level": edit.level, "caption_before": caption(edit.before),
        "caption_after": caption(edit.after), "after_scene": edit.after.to_json(),
    }  # fmt: skip


Record = tuple[str, str, Row, dict[str, np.ndarray]]
"""Table ("scenes", "edits", "drags"), name, JSON and pictures by column."""


def records(count: int, split: str = "train", size: int = 64, report: Reporter | None = None) -> Iterator[Record]:
    """All records of the first `count` scenes of a split: each scene, its edits and a drag pair."""
    for i in range(count):
        if report is not None:
            report.update("draw", i, count)
        scene = sample_scene(seed_for(split, i))
        drawn = render(scene, size)
        labels = np.zeros((size, size), np.uint8)
        for n, t in enumerate(scene.ordered(), 1):
            labels[drawn.visible[t.id]] = n
        name = f"{scene.seed:08d}"
        shown = {"image": drawn.picture, "labels": labels, "edges": edge_map(scene, size)}
        yield "scenes", name, truth(scene, size, drawn), shown
        for edit in possible_edits(scene):
            p = edit.render(size)
            pictures = {"before": p.before.picture, "after": p.after.picture, "mask": _white(p.mask)}
            yield "edits", f"{name}-{edit.kind}", _edit_row(edit), pictures
        try:
            pair = make_drag(scene)
        except NoSuchEdit:
            continue
        row = {
            "seed": scene.seed, "split": split, "thing": pair.id, "param": pair.param, "start": pair.start,
            "end": pair.end, "points": {k: [list(a), list(b)] for k, (a, b) in pair.points(size).items()},
            "handles": sorted(pair.handles(size)),
        }  # fmt: skip
        after = render(pair.after, size).picture
        yield "drags", f"{name}-drag", row, {"before": drawn.picture, "after": after, "mask": _white(pair.mask(size))}


def _white(mask: np.ndarray) -> np.ndarray:
    return mask.astype(np.uint8) * np.uint8(255)


def write(
    out: str | Path, count: int, split: str = "train", size: int = 64, form: str = "folder",
    report: Reporter | None = None,
) -> dict[str, int]:  # fmt: skip
    """Writes a data set and returns the number of rows per table.

    A folder holds ``scenes.jsonl``, ``edits.jsonl``, ``drags.jsonl`` and PNG files named in them; parquet holds one
    file per table with the pictures inside.

    Args:
        out: New or empty folder.
        count: Number of scenes. split: "train", "validation" or "test". size: Pixels per side, 16..2048.
        form: "folder" or "parquet".
        report: Progress and cancelling.

    Raises:
        UsageError: Unknown split or format, count or size out of range. OutputError: The folder is not empty or
            cannot be written. DependencyMissing: parquet without pyarrow.
    """
    if form not in FORMATS:
        raise UsageError(f"There is no format '{form}'.", f"Choose one of: {', '.join(FORMATS)}.")
    if count < 1 or not 16 <= size <= 2048:
        raise UsageError("Nothing can be drawn with these numbers.", "Use --count from 1 and --size from 16 to 2048.")
    seed_for(split, 0)
    if form == "parquet":
        _pyarrow()
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OutputError(f"'{folder}' is not empty.", "Give a new folder.")
        rows = records(count, split, size, report)
        return _write_folder(folder, rows) if form == "folder" else _write_parquet(folder, rows, split)
    except OSError as error:
        raise OutputError(
            f"'{folder}' cannot be written: {error.strerror or error}.", "Give another folder."
        ) from error


def _write_folder(folder: Path, rows: Iterator[Record]) -> dict[str, int]:
    counts: dict[str, int] = {}
    files = {t: (folder / f"{t}.jsonl").open("w", encoding="utf-8") for t in ("scenes", "edits", "drags")}
    try:
        for table, name, row, pictures in rows:
            counts[table] = counts.get(table, 0) + 1
            (folder / table).mkdir(exist_ok=True)
            paths = {}
            for column, pixels in pictures.items():
                paths[column] = f"{table}/{name}.{column}.png"
                (folder / paths[column]).write_bytes(_png(pixels))
            files[table].write(json.dumps({"id": name, **paths, **row}, ensure_ascii=False) + "\n")
    finally:
        for f in files.values():
            f.close()
    return counts


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _pyarrow() -> tuple[Any, Any]:
    try:
        pyarrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise DependencyMissing("pyarrow", "lab", "Writing parquet") from error
    return pyarrow, parquet


_FLAT = (str, int, float)


def _write_parquet(folder: Path, rows: Iterator[Record], split: str) -> dict[str, int]:
    # Nested values become JSON text: their keys differ from row to row, which a table cannot hold otherwise.
    pa, pq = _pyarrow()
    counts: dict[str, int] = {}
    writers: dict[str, Any] = {}
    waiting: dict[str, list[Row]] = {}

    def flush(table: str) -> None:
        if waiting[table]:
            schema = _schema(pa, table)
            if table not in writers:
                writers[table] = pq.ParquetWriter(folder / f"{table}-{split}.parquet", schema)
            writers[table].write_table(pa.Table.from_pylist(waiting[table], schema=schema))
            waiting[table] = []

    try:
        for table, name, row, pictures in rows:
            counts[table] = counts.get(table, 0) + 1
            flat: Row = {"id": name}
            flat |= {c: {"bytes": _png(p), "path": f"{name}.{c}.png"} for c, p in pictures.items()}
            flat |= {k: v if v is None or isinstance(v, _FLAT) else json.dumps(v) for k, v in row.items()}
            waiting.setdefault(table, []).append(flat)
            if len(waiting[table]) >= 500:
                flush(table)
        for table in waiting:
            flush(table)
    finally:
        for w in writers.values():
            w.close()
    return counts


_COLUMNS: dict[str, dict[str, str]] = {
    "scenes": {
        "id": "string", "image": "image", "labels": "image", "edges": "image", "seed": "int64", "split": "string",
        "size": "int64", "place": "string", "mood": "string", "caption": "string", "unseen": "string",
        "things": "string", "relations": "string", "expressions": "string", "questions": "string", "scene": "string",
    },
    "edits": {
        "id": "string", "before": "image", "after": "image", "mask": "image", "seed": "int64", "split": "string",
        "kind": "string", "instruction": "string", "plan": "string", "thing": "int64", "part": "string",
        "level": "string", "caption_before": "string", "caption_after": "string", "after_scene": "string",
    },
    "drags": {
        "id": "string", "before": "image", "after": "image", "mask": "image", "seed": "int64", "split": "string",
        "thing": "int64", "param": "string", "start": "float64", "end": "float64", "points": "string",
        "handles": "string",
    },
}  # fmt: skip


def _schema(pa: Any, table: str) -> Any:
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    types = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "image": image}
    columns = _COLUMNS[table]
    features = {c: {"_type": "Image"} if k == "image" else {"dtype": k, "_type": "Value"} for c, k in columns.items()}
    meta = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([(c, types[k]) for c, k in columns.items()], metadata=meta)
