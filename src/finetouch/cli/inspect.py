"""``finetouch plan``, ``select`` and ``info``: look at what passes between the steps."""

from __future__ import annotations

from typing import Annotated

import typer

from finetouch.cli.common import parse_box, parse_points, print_json, progress_bar, say
from finetouch.cli.edit import show_plan
from finetouch.cli.options import (
    BoxText,
    Engine,
    Image,
    Json,
    MaxPixels,
    Overwrite,
    ParserName,
    PointList,
    PresetName,
    grouped,
    parse_models,
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("plan")(grouped(plan))
    app.command("select")(grouped(select))
    app.command("info")(info)


def plan(
    instruction: Annotated[str, typer.Argument(help="What to change, in words.")],
    engine: Engine,
    parser: ParserName = None,
    image: Annotated[str | None, typer.Option(metavar="IMAGE", help="Picture it is about, for --parser vlm.")] = None,
    preset: PresetName = None,
    json: Json = False,
    max_pixels: MaxPixels = None,
) -> None:
    """Show what an instruction would do; no picture is needed."""
    from finetouch.imaging import io
    from finetouch.types import Reporter

    pipeline = engine.pipeline(preset)
    picture = None if image is None else io.load(image, max_pixels)
    with progress_bar(quiet=json or not pipeline.looks(parser)) as (sink, cancel):
        found = pipeline.plan(instruction, parser, picture, Reporter(sink, cancel))
    show_plan(found, json)


def select(
    image: Image,
    engine: Engine,
    phrase: Annotated[str | None, typer.Argument(help='What to find: "the woman on the left".')] = None,
    out: Annotated[
        str | None, typer.Option("-o", "--out", metavar="MASK", help="Write the mask (white: found).")
    ] = None,
    overlay: Annotated[str | None, typer.Option(metavar="FILE", help="Write the picture with the mask shown.")] = None,
    point: PointList = None,
    box: BoxText = None,
    preset: PresetName = None,
    json: Json = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = None,
) -> None:
    """Find something in a picture: words, points or a box to a mask."""
    points, corners = parse_points(point), parse_box(box)
    from finetouch.engine.editor import Editor, make_query
    from finetouch.imaging import io

    make_query(phrase, points, corners)
    for path in (out, overlay):
        if path is not None:
            io.check_output(path, overwrite)
    picture = io.load(image, max_pixels)
    with progress_bar(quiet=json) as (sink, cancel):
        editor = Editor(
            picture, preset=preset, device=engine.device, models=parse_models(engine.set_model), offline=engine.offline,
            progress=sink, cancel=cancel, selector=engine.selector,
        )  # fmt: skip
        found = editor.select(phrase, points=points, box=corners)
    region = found.region
    if out is not None:
        io.save_gray(region.mask, out, overwrite)
    if overlay is not None:
        from finetouch.engine.sheet import overlay as draw

        io.save(picture.with_pixels(draw(picture.pixels, region.mask)), overlay, overwrite=overwrite)
    if json:
        brief = [{k: v for k, v in c.to_json().items() if k != "mask"} for c in found.candidates]
        print_json({"region": region.to_json(), "share": region.share, "candidates": brief, "notes": list(found.notes)})
        return
    say(
        f"{region.label or phrase}: {100 * region.share:.1f} % of the picture, "
        f"box {region.box}, score {region.score:.2f}"
    )
    for number, candidate in enumerate(found.candidates, 1):
        say(f"  {number}. {candidate.label} box {candidate.box} score {candidate.score:.2f}")
    for note in found.notes:
        say(f"Note: {note}", fg="yellow")
    for path in (out, overlay):
        if path and path != "-":
            say(f"Wrote {path}", fg="green")
    if out is None and overlay is None:
        say("Give -o MASK or --overlay FILE to write the result.")


def info(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="A file that Finetouch wrote.")],
    json: Json = False,
    max_pixels: MaxPixels = None,
) -> None:
    """Show how a result was made."""
    from finetouch.engine.result import read_provenance
    from finetouch.imaging import io

    picture = io.load(result, max_pixels)
    record = read_provenance(picture)
    if json:
        print_json({**record, "plan": record["plan"].model_dump(mode="json")})
        return
    typer.echo(f'"{record["plan"].instruction}"')
    typer.echo(f"made {record['created']} from {record['input_name']} (sha256 {record['input_sha256'][:12]})")
    typer.echo(
        f"finetouch {record['finetouch']}, preset {record['preset']}, device {record['device']}, seed {record['seed']}"
    )
    for role, identity in record["models"].items():
        typer.echo(f"{role}: {identity}")
    show_plan(record["plan"], False)
    typer.echo(f"again: finetouch replay {result} OTHER_IMAGE -o out.png")
