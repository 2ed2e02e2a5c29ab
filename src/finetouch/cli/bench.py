"""``finetouch bench``: scores against ground truth."""

from __future__ import annotations

from typing import Annotated

import typer

from finetouch.cli.common import print_json, write_png
from finetouch.cli.options import Json, SetModel, parse_models

bench_app = typer.Typer(help="Score parts of Finetouch against ground truth.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.add_typer(bench_app, name="bench")


@bench_app.command("parse")
def parse(
    file: Annotated[str, typer.Argument(metavar="FILE.jsonl", help="Instructions with gold plans.")],
    parser: Annotated[str, typer.Option(help="Which parser.")] = "grammar",
    errors: Annotated[int, typer.Option(min=0, help="Show this many mistakes.")] = 0,
    json: Json = False,
) -> None:
    """Score a parser: op, target, color, relation, position, count; result by token F1."""
    from finetouch.evaluate.parse import score_file

    score = score_file(file, parser=parser)
    if json:
        print_json(score.to_json(errors))
    else:
        typer.echo(score.render(errors))


@bench_app.command("select")
def select(
    dataset: Annotated[str, typer.Argument(metavar="DATASET_DIR", help="Folder with meta.jsonl and masks.")],
    split: Annotated[str, typer.Option(help="validation (photos not trained on) or all.")] = "validation",
    limit: Annotated[int | None, typer.Option(min=1, help="Only this many photos.")] = None,
    json: Json = False,
) -> None:
    """Score the photo selector and its baselines: IoU per group, instances, refusals."""
    from finetouch.cli.common import progress_bar
    from finetouch.evaluate.select import score_dir
    from finetouch.types import Reporter

    with progress_bar(quiet=json) as (sink, cancel):
        score = score_dir(dataset, split=split, limit=limit, report=Reporter(sink, cancel))
    if json:
        print_json(score.to_json())
    else:
        typer.echo(score.table())


@bench_app.command("lab")
def lab(
    models: Annotated[
        str | None, typer.Option(metavar="DIR", help="Models to measure; default: those built in.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this model; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Test scenes.")] = 400,
    sheet: Annotated[
        str | None, typer.Option(metavar="FILE", help="Instead: a contact sheet of what they make.")
    ] = None,
    json: Json = False,
) -> None:
    """Score the lab's tiny models on synthetic test scenes, with the independent judge."""
    from pathlib import Path

    from finetouch.cli.common import progress_bar
    from finetouch.evaluate.lab.bench import render, run
    from finetouch.lab.zoo import Zoo
    from finetouch.types import Reporter

    folder = Path(models) if models else None
    if sheet:
        from finetouch.evaluate.lab.sheet import family_sheet

        with progress_bar(quiet=json) as (sink, cancel):
            picture = family_sheet(Zoo(folder) if folder else Zoo(), report=Reporter(sink, cancel))
        write_png(picture, sheet)
        return
    with progress_bar(quiet=json) as (sink, cancel):
        rows = run(folder, limit, tuple(only or ()), Reporter(sink, cancel))
    if json:
        print_json({"scenes": limit, "synthetic": True, "rows": [r.to_json() for r in rows]})
    else:
        typer.echo(render(rows))


@bench_app.command("zero-shot")
def zero_shot(
    preset: Annotated[str, typer.Option(help="Whose selector and inpainter are measured.")] = "lab",
    only: Annotated[list[str] | None, typer.Option(help="Only this variant; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=4, help="Edits per variant.")] = 200,
    json: Json = False,
) -> None:
    """Score find, select and inpaint end to end on synthetic test scenes, beside baselines."""
    from finetouch.cli.common import progress_bar
    from finetouch.evaluate.zero_shot import render, run
    from finetouch.types import Reporter

    with progress_bar(quiet=json) as (sink, cancel):
        rows = run(preset, limit, Reporter(sink, cancel), tuple(only or ()))
    if json:
        print_json({"preset": preset, "edits": limit, "synthetic": True, "rows": rows})
    else:
        typer.echo(render(rows))


@bench_app.command("two-stage")
def two_stage(
    preset: Annotated[str, typer.Option(help="Whose mask generator and painter are measured.")] = "lab",
    limit: Annotated[int, typer.Option(min=3, help="Cases for the masks.")] = 150,
    pictures: Annotated[int, typer.Option(min=0, help="Finished pictures per row; 0 leaves them out.")] = 40,
    set_model: SetModel = None,
    json: Json = False,
) -> None:
    """Score mask proposals and two-stage replacement on synthetic test scenes, with leak tests and baselines."""
    from finetouch.cli.common import progress_bar
    from finetouch.evaluate.two_stage import render, run
    from finetouch.types import Reporter

    with progress_bar(quiet=json) as (sink, cancel):
        table = run(preset, limit, pictures, Reporter(sink, cancel), parse_models(set_model))
    if json:
        print_json({"preset": preset, "cases": limit, "synthetic": True, **table.to_json()})
    else:
        typer.echo(render(table))


@bench_app.command("propose")
def propose(
    dataset_dir: Annotated[str, typer.Argument(help="Labelled photos, as for bench select.")],
    limit: Annotated[int, typer.Option(min=2, help="How many things are taken out.")] = 150,
    json: Json = False,
) -> None:
    """Score proposed masks on labelled photographs: a thing is taken out, and where do proposals put it?"""
    from pathlib import Path

    from finetouch.cli.common import progress_bar
    from finetouch.evaluate.photo_masks import run
    from finetouch.types import Reporter

    with progress_bar(quiet=json) as (sink, cancel):
        table = run(Path(dataset_dir), limit, Reporter(sink, cancel))
    if json:
        print_json({"folder": dataset_dir, "things": limit, "synthetic": False, **table.to_json()})
    else:
        typer.echo(table.render())


@bench_app.command("clip-guided")
def clip_guided(
    preset: Annotated[str, typer.Option(help="Whose models are measured; it needs a judge.")] = "lab",
    only: Annotated[
        list[str] | None, typer.Option(help="Only this variant, or choice, or cost; may be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option(min=2, help="Edits per variant, and scenes for the choice of masks.")] = 60,
    steps: Annotated[int | None, typer.Option(min=2, help="Sampling steps; default: the preset's.")] = None,
    set_model: SetModel = None,
    json: Json = False,
) -> None:
    """Score CLIP-guided editing on synthetic test scenes: masks, success, background, cost, beside baselines."""
    from finetouch.cli.common import progress_bar
    from finetouch.evaluate.clip_guided import run
    from finetouch.types import Reporter

    with progress_bar(quiet=json) as (sink, cancel):
        table = run(preset, limit, Reporter(sink, cancel), parse_models(set_model), tuple(only or ()), steps)
    if json:
        print_json({"preset": preset, "edits": limit, "synthetic": True, **table.to_json()})
    else:
        typer.echo(table.render())
