"""``finetouch lab``: the picture-book world with ground truth."""

from __future__ import annotations

from typing import Annotated

import typer

from finetouch.cli.common import print_json, write_png
from finetouch.cli.edit import Json

lab_app = typer.Typer(help="A picture-book world in which everything is known exactly.", no_args_is_help=True)
Size = Annotated[int, typer.Option(min=16, max=2048, help="Pixels per side.")]
Split = Annotated[str, typer.Option(help="train, validation or test.")]


def add_to(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.add_typer(lab_app, name="lab")


@lab_app.command("make")
def make(
    out: Annotated[str, typer.Argument(metavar="OUT", help="New folder.")],
    count: Annotated[int, typer.Option(min=1, help="Number of scenes.")] = 100,
    split: Split = "train",
    size: Size = 64,
    form: Annotated[str, typer.Option("--format", help="folder (PNG and JSON lines) or parquet.")] = "folder",
    json: Json = False,
) -> None:
    """Write scenes, edits and drag pairs with their ground truth."""
    from finetouch.cli.common import progress_bar
    from finetouch.lab.export import write
    from finetouch.types import Reporter

    with progress_bar(quiet=json) as (sink, cancel):
        counts = write(out, count, split, size, form, Reporter(sink, cancel))
    if json:
        print_json({"out": out, "split": split, "size": size, "rows": counts})
    else:
        typer.echo(f"{out}: " + ", ".join(f"{n} {table}" for table, n in counts.items()))


@lab_app.command("scene")
def scene(
    out: Annotated[str, typer.Option("--out", "-o", metavar="PNG", help="Where to write the picture.")],
    seed: Annotated[int, typer.Option(min=0, help="Which scene.")] = 0,
    size: Size = 512,
    larger: Annotated[bool, typer.Option("--larger", help="With the further things of the larger world.")] = False,
    json: Json = False,
) -> None:
    """Write one scene; with --json also print everything known about it."""
    from finetouch.lab import caption, render, sample_scene
    from finetouch.lab.export import truth

    made = sample_scene(seed, larger=larger)
    drawn = render(made, size)
    write_png(drawn.picture, out)
    if json:
        print_json(truth(made, size, drawn))
    else:
        typer.echo(f"{out}: {caption(made)}")


@lab_app.command("sheet")
def sheet(
    out: Annotated[str, typer.Argument(metavar="OUT.png", help="Where to write the sheet.")],
    size: Annotated[int, typer.Option(min=32, max=1024, help="Pixels per scene.")] = 128,
    columns: Annotated[int, typer.Option(min=3, max=20, help="Scenes per row.")] = 6,
    rows: Annotated[int, typer.Option(min=1, max=20, help="Rows of scenes.")] = 2,
    split: Split = "train",
    first: Annotated[int, typer.Option(min=0, help="Index of the first scene.")] = 0,
) -> None:
    """Write a contact sheet of scenes and edits."""
    from finetouch.lab.sheet import contact_sheet

    pixels = contact_sheet(size, columns, rows, split, first)
    write_png(pixels, out)
    typer.echo(out)
