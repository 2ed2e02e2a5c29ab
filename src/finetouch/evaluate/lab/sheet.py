"""A contact sheet of the family: real test scenes, and what the models that make pictures make."""

from __future__ import annotations

import textwrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from finetouch.evaluate.lab.making import Painter, filled, generated, holes, orders
from finetouch.evaluate.lab.seeing import cases
from finetouch.lab.sheet import PAPER
from finetouch.lab.zoo import Zoo
from finetouch.types import Pixels, Reporter

_SIDE, _GAP, _TEXT, _LEFT = 128, 6, 30, 92
Row = tuple[str, list[tuple[Pixels, str]]]


def family_sheet(zoo: Zoo, columns: int = 8, report: Reporter | None = None) -> Image.Image:
    """Rows of pictures with the words they were made from, chosen by nothing but the order of the test seeds.

    Args:
        zoo: Where the models are; rows of models that are missing are left out. columns: Pictures per row.
        report: Progress and cancel.
    """
    report = report or Reporter()
    rows: list[Row] = [("real", [(c.picture, "") for c in cases(columns)])]
    if zoo.has("vae"):
        painter = Painter(zoo)
        if zoo.has("inpaint"):
            asked = holes(columns)
            rows.append(("hole", [(_hidden(h.picture, h.mask), "") for h in asked]))
            made = filled(painter, asked, report)
            rows.append(("inpainted", [(p, h.order.prompt) for p, h in zip(made, asked, strict=True)]))
            made = filled(painter, asked, report, [""] * columns)
            rows.append(("inpainted, no words", [(p, "") for p in made]))
        prompts = orders(2 * columns)[::2]
        for name, few in (("generated", False), ("in four steps", True)):
            if zoo.has("unet") and (zoo.has("lcm") or not few):
                made = generated(painter, prompts, report, few)
                rows.append((name, [(p, o.prompt) for p, o in zip(made, prompts, strict=True)]))
    return _drawn(rows, columns)


def _hidden(picture: Pixels, mask: np.ndarray) -> Pixels:
    return np.where(mask[..., None], np.uint8(128), picture)


def _drawn(rows: list[Row], columns: int) -> Image.Image:
    heights = [_SIDE + _GAP + (_TEXT if any(t for _, t in row) else 0) for _, row in rows]
    sheet = Image.new("RGB", (_LEFT + columns * (_SIDE + _GAP) + _GAP, sum(heights) + _GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    y = _GAP
    for (name, row), height in zip(rows, heights, strict=True):
        pen.text((_GAP, y + _SIDE // 2 - 8), "\n".join(textwrap.wrap(name, 13)), (86, 70, 78), font)
        for k, (picture, words) in enumerate(row):
            x = _LEFT + k * (_SIDE + _GAP)
            large = Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
            sheet.paste(large, (x, y))
            pen.text((x, y + _SIDE + 2), "\n".join(textwrap.wrap(words, 22)[:2]), (86, 70, 78), font)
        y += height
    return sheet
