"""``finetouch tune`` and ``finetouch ablate``: searching for parameters, and showing what each of them is good for."""

from __future__ import annotations

from typing import Annotated

import typer

from finetouch.cli.common import parse_params, print_json, progress_bar, say
from finetouch.cli.options import Json, Param, SetModel, parse_models

tune_app = typer.Typer(help="Search for good parameters of a method.", no_args_is_help=True)
ablate_app = typer.Typer(help="Show what each part of a method is good for.", no_args_is_help=True)
Preset = Annotated[str, typer.Option("--preset", help="Whose models are used; it needs a judge.")]


def add_to(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.add_typer(tune_app, name="tune")
    app.add_typer(ablate_app, name="ablate")


@tune_app.callback()
def tuning() -> None:
    """Search for good parameters of a method."""


@ablate_app.callback()
def ablating() -> None:
    """Show what each part of a method is good for."""


@tune_app.command("clip-guided")
def clip_guided(
    preset: Preset = "lab",
    trials: Annotated[int, typer.Option(min=1, help="Finished trials wanted, earlier runs included.")] = 40,
    storage: Annotated[
        str, typer.Option(help="Where the study is kept; run again to go on.")
    ] = "sqlite:///clip-guided.db",
    edits: Annotated[int, typer.Option(min=1, help="Validation edits per trial.")] = 12,
    steps: Annotated[int, typer.Option(min=2, help="Sampling steps.")] = 20,
    variant: Annotated[str, typer.Option(help="local, blended or both.")] = "local",
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the storage.")] = 1,
    limit: Annotated[float, typer.Option(min=0, help="Background LPIPS that the choice should stay below.")] = 0.05,
    plot: Annotated[str | None, typer.Option(metavar="PNG", help="Write the trade-off as a picture.")] = None,
    set_model: SetModel = None,
    param: Param = None,
    json: Json = False,
) -> None:
    """Search the lambdas: success inside against distance outside before the final paste."""
    from pathlib import Path

    from finetouch.tune import clip_guided as tuning
    from finetouch.tune.study import best_trials, chosen
    from finetouch.types import Reporter

    job = tuning.Job(
        preset, parse_models(set_model), edits, steps, variant, storage, trials=trials, limit=limit,
        fixed=parse_params(param),
    )  # fmt: skip
    with progress_bar(quiet=json or workers > 1) as (sink, cancel):
        done = tuning.run(job, workers, Reporter(sink, cancel))
    best = chosen(done, limit)
    values = {} if best is None else tuning.defaults(best, job)
    if plot:
        tuning.picture(done, best, Path(plot))
    if json:
        rows = [{"number": t.number, "success": t.good, "outside": t.cost, **t.params} for t in best_trials(done)]
        print_json({"trials": len(done), "front": rows, "chosen": values, "storage": storage})
        return
    for t in best_trials(done):
        shown = ", ".join(f"{k} {v:.3g}" for k, v in t.params.items())
        typer.echo(f"#{t.number:3d}  success {t.good:.3f}  outside {t.cost:.4f}  {shown}")
    if best is not None:
        say(f"Chosen: #{best.number}. For presets.toml:", fg="green")
        typer.echo(tuning.toml(job, values))


@ablate_app.command("clip-guided")
def ablate_clip_guided(
    out: Annotated[str, typer.Argument(metavar="DIR", help="Folder for table, plot and contact sheet.")],
    preset: Preset = "lab",
    limit: Annotated[int, typer.Option(min=1, help="Edits per setting.")] = 20,
    steps: Annotated[int, typer.Option(min=2, help="Sampling steps.")] = 25,
    only: Annotated[list[str] | None, typer.Option(help="Only this setting; may be repeated.")] = None,
    set_model: SetModel = None,
    json: Json = False,
) -> None:
    """Compare settings of CLIP-guided editing one at a time: terms, views, skip, blending, distance, slopes."""
    from pathlib import Path

    from finetouch.evaluate.clip_guided import ablate
    from finetouch.types import Reporter

    with progress_bar(quiet=json) as (sink, cancel):
        table = ablate(
            preset, limit, Path(out), Reporter(sink, cancel), parse_models(set_model), steps, tuple(only or ())
        )  # fmt: skip
    if json:
        print_json({"preset": preset, "edits": limit, "synthetic": True, "folder": out, **table.to_json()})
    else:
        typer.echo(table.render())
