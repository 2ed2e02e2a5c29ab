"""``finetouch models`` and ``finetouch doctor``: what is there, what is missing, how to get it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from finetouch.cli.common import print_json, progress_bar, say
from finetouch.cli.options import Json, Offline, SetModel, parse_models

models_app = typer.Typer(help="Weights of the presets: list, download, verify, remove.", no_args_is_help=True)
PresetArgument = Annotated[str, typer.Argument(metavar="PRESET", help="Name of a preset.")]
SomePreset = Annotated[str | None, typer.Argument(metavar="[PRESET]", help="Name of a preset; all without it.")]
RoleList = Annotated[list[str] | None, typer.Option("--role", help="Only this role; repeat it.")]


def add_to(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.add_typer(models_app, name="models")
    app.command("doctor")(doctor)


@models_app.command("list")
def list_models(preset: SomePreset = None, json: Json = False) -> None:
    """List presets with their methods, models, sizes and licences."""
    from finetouch import registry
    from finetouch.hub import care

    rows: list[dict[str, Any]] = []
    for entry in _presets(preset):
        weights = [
            {"role": w.role, "file": w.path.name, "present": w.present, "bytes": w.size, "licence": w.licence}
            for w in entry.weights
        ]
        methods = {s.name: list(s.ops) for s in registry.specs("editor", entry.name)}
        rows.append({
            "preset": entry.name, "summary": entry.summary, "does": entry.does, "extra": entry.extra,
            "methods": methods, "weights": weights, "roles": [care.describe(r) for r in entry.roles.values()],
        })  # fmt: skip
    if json:
        print_json({"presets": rows})
        return
    for row in rows:
        _show_preset(row)


@models_app.command("download")
def download(
    preset: PresetArgument,
    role: RoleList = None,
    set_model: SetModel = None,
    everything: Annotated[bool, typer.Option("--all", help="Also the roles that are seldom needed.")] = False,
    extras: Annotated[bool, typer.Option(help="Also previews and add-on weights.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be downloaded and stop.")] = False,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Download the models of a preset; a download that was cut off goes on where it stopped."""
    from finetouch.engine.shortage import gigabytes
    from finetouch.hub import care
    from finetouch.hub.download import download as fetch
    from finetouch.hub.presets import preset as find
    from finetouch.hub.roles import settle
    from finetouch.types import Reporter

    roles = settle(find(preset), parse_models(set_model))
    plain = [name for name, entry in roles.items() if everything or not entry.ondemand]
    chosen = care.pick_roles(roles, role or plain, preset)
    left = [name for name in roles if name not in plain and not role]
    before = [care.describe(r) for r in chosen]
    lacking = {p["place"]: p for r in before for p in r["places"] if not p["present"] and p["revision"]}
    if not extras:
        lacking = {name: p for name, p in lacking.items() if not p["optional"]}
    size = sum(p["bytes"] for p in lacking.values())
    for name, place in lacking.items():
        known = gigabytes(place["bytes"]) if place["bytes"] else "size not known yet"
        say(f"{name}: {known}, {place['licence'] or 'licence: see its page'}")
    if not dry_run:
        with progress_bar(quiet=json) as (sink, cancel):
            for entry in chosen:
                fetch(entry, Reporter(sink, cancel), offline, extras)
    if left:
        say(f"Left out, seldom needed: {', '.join(left)} (--all, or --role {left[0]})")
    after = [care.describe(r) for r in chosen]
    if json:
        print_json({"preset": preset, "bytes": size, "downloaded": [] if dry_run else list(lacking), "roles": after})
    elif dry_run:
        say(f"To download: {gigabytes(size)}." if lacking else "Everything is here.")
    else:
        say("Everything is here." if not lacking else f"Done: {len(lacking)} downloads.", fg="green")


@models_app.command("verify")
def verify(preset: SomePreset = None, role: RoleList = None, set_model: SetModel = None, json: Json = False) -> None:
    """Check the files of the models on this machine against their hashes."""
    from finetouch.errors import ModelMissing
    from finetouch.hub import care, store
    from finetouch.hub.roles import settle
    from finetouch.types import Reporter

    places: dict[Any, str] = {}
    for entry in _presets(preset):
        for r in care.pick_roles(settle(entry, parse_models(set_model)), role if preset else None, entry.name):
            places |= {p: entry.name for p in (*r.places, *r.extras) if preset or store.root(p) is not None}
            places = {p: name for p, name in places.items() if p not in r.extras or store.root(p) is not None}
    with progress_bar(quiet=json) as (sink, cancel):
        checks = [care.verify(place, Reporter(sink, cancel)) for place in places]
    if json:
        print_json({"places": [{**vars(c), "ok": c.ok} for c in checks], "ok": all(c.ok for c in checks)})
    else:
        for check in checks:
            compared = f", {check.compared} compared with their hash" if check.compared else ""
            state = "whole" if check.ok else "; ".join(check.problems)
            say(f"{check.name}: {state} ({check.files} files{compared})", fg="green" if check.ok else "red")
        if not checks:
            say("No models are on this machine.")
    bad = next((c for c in checks if not c.ok), None)
    if bad is not None:
        again = f"finetouch models remove {preset or 'PRESET'}, then finetouch models download {preset or 'PRESET'}"
        raise ModelMissing(f"'{bad.name}' is not whole: {bad.problems[0]}.", f"Get it again: {again}")


@models_app.command("remove")
def remove(preset: PresetArgument, role: RoleList = None, json: Json = False) -> None:
    """Delete the downloads of a preset; what other presets on this machine use is kept."""
    from finetouch.engine.shortage import gigabytes
    from finetouch.hub import care
    from finetouch.hub.presets import preset as find

    entry = find(preset)
    gone, kept = care.remove(care.pick_roles(dict(entry.roles), role, preset), entry)
    if json:
        print_json({"removed": dict(gone), "kept": dict(kept)})
        return
    for name, size in gone:
        say(f"Removed {name} ({gigabytes(size)})", fg="green")
    for name, who in kept:
        say(f"Kept {name}: {who} uses it")
    if not gone and not kept:
        say("There was nothing to remove.")


@models_app.command("where")
def where(preset: SomePreset = None, role: RoleList = None, json: Json = False) -> None:
    """Show the folders of the models on this machine."""
    from finetouch.hub import care, store

    rows = []
    for entry in _presets(preset):
        for r in care.pick_roles(dict(entry.roles), role if preset else None, entry.name):
            rows += [{"preset": entry.name, "role": r.name, **p} for p in care.describe(r)["places"]]
    if json:
        print_json({"cache": str(store.cache_dir()), "places": rows})
        return
    say(f"Downloads go to {store.cache_dir()}")
    for row in rows:
        typer.echo(f"{row['preset']:<9} {row['role']:<10} {row['place']}: {row['path'] or 'not here'}")


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


def _presets(name: str | None) -> list[Any]:
    from finetouch.hub.presets import preset, presets

    return [preset(name)] if name else list(presets().values())


def _show_preset(row: dict[str, Any]) -> None:
    from finetouch.engine.shortage import gigabytes

    extra = f" [pip install 'finetouch[{row['extra']}]']" if row["extra"] else ""
    typer.secho(f"{row['preset']}: {row['summary']}{extra}", bold=True)
    for name, ops in row["methods"].items():
        typer.echo(f"  {name:<14} {', '.join(ops)}")
    for w in row["weights"]:
        state = f"{gigabytes(w['bytes'])}, bundled" if w["present"] else "missing"
        typer.echo(f"  {w['role']:<14} {w['file']} ({state})")
    for r in row["roles"]:
        for p in r["places"]:
            state = "here" if p["present"] else "not here"
            state = "bundled" if p["bundled"] and p["present"] else "missing" if p["bundled"] else state
            size = gigabytes(p["bytes"]) if p["bytes"] else "?"
            typer.echo(f"  {r['role']:<14} {p['place']} ({size}, {p['licence']}): {state}")
    if any(not p["present"] and not p["bundled"] for r in row["roles"] for p in r["places"]):
        typer.echo(f"  get them: finetouch models download {row['preset']} [--role ROLE]")
