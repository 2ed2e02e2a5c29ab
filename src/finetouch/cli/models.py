"""``finetouch models`` and ``finetouch doctor``: what is there, what is missing, how to get it."""

from __future__ import annotations

from typing import Any

import typer

from finetouch.cli.common import print_json
from finetouch.cli.edit import Json

models_app = typer.Typer(help="Weights of the presets.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.add_typer(models_app, name="models")
    app.command("doctor")(doctor)


@models_app.command("list")
def list_models(json: Json = False) -> None:
    """List presets with their methods and weights."""
    from finetouch import registry
    from finetouch.hub.presets import presets

    rows: list[dict[str, Any]] = []
    for preset in presets().values():
        weights = [
            {"role": w.role, "file": w.path.name, "present": w.present, "bytes": w.size, "licence": w.licence}
            for w in preset.weights
        ]
        methods = {s.name: list(s.ops) for s in registry.specs("editor", preset.name)}
        rows.append({"preset": preset.name, "summary": preset.summary, "methods": methods, "weights": weights})
    if json:
        print_json({"presets": rows})
        return
    for row in rows:
        typer.secho(f"{row['preset']}: {row['summary']}", bold=True)
        for name, ops in row["methods"].items():
            typer.echo(f"  {name:<12} {', '.join(ops)}")
        for w in row["weights"]:
            state = f"{w['bytes'] / 1e6:.1f} MB, bundled" if w["present"] else "missing"
            typer.echo(f"  {w['role']:<12} {w['file']} ({state})")


def doctor(json: Json = False) -> None:
    """Check this machine: device, versions, weights, and the exact command for what is missing."""
    from finetouch.hub.doctor import examine

    found = examine()
    if json:
        print_json(found)
        return
    for section, values in found.items():
        typer.secho(section, bold=True)
        for name, value in values.items():
            typer.echo(f"  {name:<26} {value}")
