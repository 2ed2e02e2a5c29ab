"""The ``finetouch`` command: wiring only; every command imports what it needs when it runs."""

from __future__ import annotations

import json
import os
import sys

import typer

from finetouch._version import __version__
from finetouch.cli import bench, edit, inspect, lab, models, propose, studio, train, tune
from finetouch.errors import FinetouchError

app = typer.Typer(
    name="finetouch",
    help="Edit pictures from words, brush strokes and points; every other pixel stays bit-identical.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"finetouch {__version__}")
        raise typer.Exit()


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Edit pictures from words; every other pixel stays bit-identical."""


edit.add_to(app)
inspect.add_to(app)
propose.add_to(app)
models.add_to(app)
bench.add_to(app)
lab.add_to(app)
train.add_to(app)
tune.add_to(app)
studio.add_to(app)


def main() -> None:
    """Entry point: runs a command and turns errors into a sentence and an exit code."""
    try:
        app()
    except FinetouchError as error:
        _complain(error.message, error.hint, error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        _complain("Not enough memory for this picture.", "Try a smaller picture, or close other programs.")
        sys.exit(1)
    except Exception as error:
        if os.environ.get("FINETOUCH_DEBUG"):
            raise
        _complain(
            f"Something went wrong inside Finetouch: {type(error).__name__}: {error}",
            "This is a bug. FINETOUCH_DEBUG=1 shows where; please report it with the command you ran.",
        )
        sys.exit(1)


def _complain(message: str, hint: str | None, error: FinetouchError | None = None) -> None:
    typer.secho(f"Error: {message}", fg="red", bold=True, err=True)
    if hint:
        typer.echo(hint, err=True)
    if "--json" in sys.argv:
        document = {"error": {"type": type(error).__name__ if error else "Failure", "message": message, "hint": hint}}
        typer.echo(json.dumps(document, ensure_ascii=False))


if __name__ == "__main__":
    main()
