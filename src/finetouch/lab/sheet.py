"""A contact sheet: scenes above, edits with their instructions below."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from finetouch.errors import UsageError
from finetouch.lab.canvas import Bytes
from finetouch.lab.drag import DragPair, make_drag
from finetouch.lab.edits import EDIT_KINDS, Edit, NoSuchEdit, make_edit
from finetouch.lab.render import render
from finetouch.lab.sample import sample_scene
from finetouch.lab.splits import seed_for

PAPER = (252, 248, 240)
_GAP = 8


def contact_sheet(size: int = 128, columns: int = 6, rows: int = 2, split: str = "train", first: int = 0) -> Bytes:
    """A picture of `rows` x `columns` scenes, then one line per edit kind and one drag: before, mask, after.

    Args:
        size: Pixels per scene, 32..1024. columns: Scenes per row, at least 3. rows: Rows of scenes.
        split: Whose seeds. first: Index of the first scene in the split.
    """
    if not 32 <= size <= 1024 or not 3 <= columns <= 20 or not 1 <= rows <= 20:
        raise UsageError("That sheet cannot be drawn.", "Use a size of 32 to 1024, 3 to 20 columns, 1 to 20 rows.")
    step = size + _GAP
    text = max(30, size // 4)
    per = columns // 3
    examples = _examples(split, first)
    lines = -(-len(examples) // per)
    sheet = Image.new("RGB", (columns * step + _GAP, rows * step + lines * (step + text) + _GAP), PAPER)
    for i in range(rows * columns):
        scene = sample_scene(seed_for(split, first + i))
        at = (_GAP + i % columns * step, _GAP + i // columns * step)
        sheet.paste(Image.fromarray(render(scene, size).picture), at)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(max(9, size // 11))
    for i, (title, *pictures) in enumerate((t, *f(size)) for t, f in examples):
        x, y = _GAP + i % per * 3 * step, _GAP + rows * step + i // per * (step + text)
        for k, pixels in enumerate(pictures):
            sheet.paste(Image.fromarray(pixels), (x + k * step, y))
        width = int(3 * step / max(5.0, font.getlength("n") * 0.98))
        pen.text((x, y + size + 3), "\n".join(textwrap.wrap(title, width)[:2]), (86, 70, 78), font)
    return np.asarray(sheet)


Triple = tuple[Bytes, Bytes, Bytes]


def _examples(split: str, first: int) -> list[tuple[str, Callable[[int], Triple]]]:
    out: list[tuple[str, Callable[[int], Triple]]] = []
    for k, kind in enumerate(EDIT_KINDS):
        edit = _first_edit(split, first + 40 * (k + 1), kind)
        out.append((f"{kind}: {edit.instruction}", partial(_of_edit, edit)))
    pair = _first_drag(split, first)
    out.append((f"drag: {pair.before.thing(pair.id).kind}, {pair.param}", partial(_of_drag, pair)))
    return out


def _first_drag(split: str, index: int) -> DragPair:
    while True:
        try:
            return make_drag(sample_scene(seed_for(split, index)))
        except NoSuchEdit:
            index += 1


def _of_drag(pair: DragPair, size: int) -> Triple:
    return render(pair.before, size).picture, _grey(pair.mask(size)), render(pair.after, size).picture


def _first_edit(split: str, index: int, kind: str) -> Edit:
    while True:
        try:
            return make_edit(sample_scene(seed_for(split, index)), kind)
        except NoSuchEdit:
            index += 1


def _of_edit(edit: Edit, size: int) -> Triple:
    p = edit.render(size)
    return p.before.picture, _grey(p.mask), p.after.picture


def _grey(mask: np.ndarray) -> Bytes:
    return np.where(mask[..., None], (214, 96, 92), (232, 226, 216)).astype(np.uint8)
