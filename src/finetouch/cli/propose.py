"""``finetouch propose-mask``: where a new thing could go, as masks."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from finetouch.cli.common import parse_box, parse_points, print_json, progress_bar, say
from finetouch.cli.options import (
    BoxText,
    Engine,
    Image,
    Json,
    MaxPixels,
    Overwrite,
    PointList,
    PresetName,
    Reference,
    Seed,
    grouped,
)  # fmt: skip
from finetouch.errors import InputError, OutputError

if TYPE_CHECKING:
    from finetouch.editing.mask_proposals import Proposal, Wish
    from finetouch.engine.pipeline import Pipeline
    from finetouch.types import Picture

_LOW = "There is little room: no place scores {least} or more. The best one is below."


def add_to(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command("propose-mask")(grouped(propose_mask))


def propose_mask(
    image: Image,
    engine: Engine,
    what: Annotated[str, typer.Argument(help='The new thing, and where: "a tall lamp on the table".')],
    out: Annotated[
        str | None, typer.Option("-o", "--out", metavar="DIR", help="Write masks and an overview there.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=16, help="How many proposals.")] = 4,
    point: PointList = None,
    box: BoxText = None,
    reference: Reference = None,
    size: Annotated[float | None, typer.Option(help="Height as a share of the picture's.")] = None,
    proposer: Annotated[
        str, typer.Option(help="auto, network (a trained generator) or rules (what things stand on).")
    ] = "auto",
    preset: PresetName = None,
    seed: Seed = None,
    json: Json = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = None,
) -> None:
    """Propose places and outlines for a new thing, best first."""
    from finetouch.imaging import io
    from finetouch.types import Reporter

    if proposer not in ("auto", "network", "rules"):
        raise InputError(f"There is no proposer '{proposer}'.", "Choose auto, network or rules.")
    source: Literal["auto", "network", "rules"] = proposer  # type: ignore[assignment]
    points, corners = parse_points(point), parse_box(box)
    folder = None if out is None else _folder(out, overwrite)
    picture = io.load(image, max_pixels)
    pipeline = engine.pipeline(preset)
    wish = read_wish(pipeline, what, points, corners, size, None if reference is None else io.load(reference))
    with progress_bar(quiet=json) as (sink, cancel):
        report = Reporter(sink, cancel)
        found = pipeline.propose(picture, wish, count, report, seed or 0, source)
    if folder is not None:
        _write(folder, picture, found)
    _tell(what, wish, found, folder, json)


def read_wish(
    pipeline: Pipeline, what: str, points: list[tuple[float, float, bool]] | None = None, box: Any = None,
    size: float | None = None, reference: Picture | None = None,
) -> Wish:  # fmt: skip
    """The wish in words ("a tall lamp on the table") and marks.

    Raises:
        NotUnderstood: Nothing can be made of the words.
    """
    from finetouch.editing.mask_proposals import Wish

    words = what.strip()
    if not any(c.isalnum() for c in words):
        raise InputError("It is not said what shall be added.", 'For example: "a tall lamp on the table"')
    step = pipeline.plan(f"add {words}").steps[0]
    shape = None
    if reference is not None:
        from finetouch.editing.paste import PasteParams, reference_sprite

        shape = reference_sprite(reference, PasteParams.model_validate({})).alpha
    first = next(((x, y) for x, y, positive in points or () if positive), None)
    return Wish(
        what=step.result or words, relation=step.relation, position=step.position, box=box, point=first, size=size,
        shape=shape,
    )  # fmt: skip


def _folder(out: str, overwrite: bool) -> Path:
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"'{out}' is a file.", "Give a folder with -o DIR.")
    if folder.is_dir() and any(folder.glob("mask-*.png")) and not overwrite:
        raise OutputError(f"'{out}' holds masks already.", "Take another folder, or --overwrite.")
    return folder


def _write(folder: Path, picture: Picture, found: list[Proposal]) -> None:
    from finetouch.imaging import io

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("mask-*.png"):
            old.unlink()
        for number, proposal in enumerate(found, 1):
            io.save_gray(proposal.mask, str(folder / f"mask-{number}.png"), True)
        io.save(picture.with_pixels(overview(picture, found)), folder / "overview.png", overwrite=True, strip=True)
        text = jsonlib.dumps([p.to_json() for p in found], indent=1)
        (folder / "proposals.json").write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"'{folder}' cannot be written: {error.strerror}.", "Choose another folder.") from None


COLORS = ((255, 40, 80), (255, 160, 0), (60, 150, 255), (90, 210, 110), (190, 90, 255), (0, 200, 200))


def overview(picture: Picture, found: list[Proposal]) -> Any:
    """The picture with all proposals tinted, the best one strongest, ``(H, W, 3) uint8``."""
    import cv2
    import numpy as np

    out = picture.pixels.copy()
    width = max(1, round(max(picture.size) / 300))
    for number in reversed(range(len(found))):
        on = (found[number].mask > 0.5).astype(np.uint8)
        color = np.array(COLORS[number % len(COLORS)])
        if number == 0:
            out[on > 0] = (0.55 * out[on > 0] + 0.45 * color).astype(np.uint8)
        lines, _ = cv2.findContours(on, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(out, lines, -1, color.tolist(), width)
        x0, y0, _, _ = found[number].box
        at = (x0 + 2, y0 + 9 * width + 6)
        cv2.putText(out, str(number + 1), at, cv2.FONT_HERSHEY_SIMPLEX, 0.35 * width + 0.2, color.tolist(), width)
    return out


def _tell(what: str, wish: Wish, found: list[Proposal], folder: Path | None, as_json: bool) -> None:
    from finetouch.editing.mask_proposals import LEAST

    low = found[0].score < LEAST
    if as_json:
        document: dict[str, Any] = {
            "what": wish.what, "relation": None if wish.relation is None else wish.relation.model_dump(),
            "room": not low, "folder": None if folder is None else str(folder),
            "proposals": [p.to_json() for p in found],
        }  # fmt: skip
        print_json(document)
        return
    if low:
        say(_LOW.format(least=LEAST), fg="yellow")
    for number, p in enumerate(found, 1):
        say(f"{number}. box {p.box} score {p.score:.2f} ({p.source}): {'; '.join(p.why) or what}")
    if folder is None:
        say("Give -o DIR to write the masks.")
    else:
        say(f"Wrote {len(found)} masks, overview.png and proposals.json to {folder}", fg="green")
