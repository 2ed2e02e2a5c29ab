"""``finetouch edit`` and ``finetouch replay``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finetouch.cli.common import parse_box, parse_params, parse_points, print_json, progress_bar, say
from finetouch.cli.guided import Guided, Said
from finetouch.cli.options import (
    BoxText,
    Engine,
    Feather,
    Files,
    Grow,
    Json,
    MaybeImage,
    Method,
    NoVerify,
    Param,
    ParserName,
    PointList,
    PresetName,
    Seed,
    grouped,
)  # fmt: skip
from finetouch.errors import InputError, UsageError

if TYPE_CHECKING:
    from finetouch.engine.pipeline import Pipeline
    from finetouch.engine.result import EditResult
    from finetouch.types import EditPlan, Picture

__all__ = ["Json", "add_to", "edit", "read_plan", "replay", "show_plan", "with_params"]


def add_to(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("edit")(grouped(edit))
    app.command("replay")(grouped(replay))


def edit(
    engine: Engine,
    files: Files,
    said: Said,
    guided: Guided,
    image: MaybeImage = None,
    instruction: Annotated[str | None, typer.Argument(help='What to change: "remove the man on the right".')] = None,
    preset: PresetName = None,
    parser: ParserName = None,
    method: Method = "auto",
    seed: Seed = None,
    plan: Annotated[str | None, typer.Option(help="Plan file (JSON) instead of words.")] = None,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Show the plan and stop.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show plan, methods, models, sizes, licences.")] = False,
    point: PointList = None,
    box: BoxText = None,
    param: Param = None,
    grow: Grow = None,
    feather: Feather = None,
    no_verify: NoVerify = False,
    keep: Annotated[str | None, typer.Option(metavar="DIR", help="two-stage: write what the stages made.")] = None,
    background: Annotated[
        str | None, typer.Option(metavar="FILE", help="two-stage: your own picture without the old thing.")
    ] = None,
    place: Annotated[str | None, typer.Option(metavar="MASK", help="two-stage: your own new mask.")] = None,
) -> None:
    """Edit a picture from one sentence."""
    image, instruction = said.sorted_out(image, instruction)
    prompts = said.plan()
    if sum(given is not None for given in (instruction, plan, prompts)) != 1:
        raise UsageError("Say what to change, either in words or with --plan.", 'finetouch edit photo.jpg "remove ..."')
    marks = {"points": parse_points(point), "box": parse_box(box)}
    pipeline = engine.pipeline(preset)
    source: str | Picture = image
    if plan is not None:
        steps = read_plan(plan)
    elif prompts is not None:
        steps = prompts
    else:
        steps, source = _read(pipeline, instruction or "", parser, image, files)
    steps = with_params(steps, {**parse_params(param), **guided.params()})
    if plan_only:
        show_plan(steps, files.json)
        return
    options: dict[str, Any] = {
        "method": method, "seed": seed, "grow": grow, "feather": feather, "verify": not no_verify,
        "keep": Path(keep) if keep else None,
    }  # fmt: skip
    if background or place:
        from finetouch.imaging import io

        source = io.load(source, files.max_pixels)
        options["given"] = _given(source, background, place)
    if dry_run:
        _rehearse(pipeline, source, steps, method, files)
    else:
        _run(pipeline, image, steps, marks, options, files, source)


def replay(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="A file that Finetouch wrote.")],
    image: Annotated[str, typer.Argument(metavar="OTHER_IMAGE", help="Picture to do the same to, or -.")],
    engine: Engine,
    files: Files,
) -> None:
    """Do the recorded edits of RESULT to another picture (or to the same one again)."""
    from finetouch.engine.result import read_provenance
    from finetouch.imaging import io

    record = read_provenance(io.load(result, files.max_pixels))
    pipeline = engine.pipeline(record.get("preset"), record.get("overrides"))
    _run(pipeline, image, record["plan"], {"points": [], "box": None}, {"seed": record.get("seed")}, files)


def _given(picture: Picture, background: str | None, place: str | None) -> dict[str, Any]:
    """What the user brings along for the stages of a method."""
    from finetouch.engine.pipeline import region_from_mask
    from finetouch.imaging import io

    given: dict[str, Any] = {}
    if background:
        given["background"] = io.load(background)
    if place:
        given["place"] = region_from_mask(io.load_mask(place, picture.size), "place")
    return given


def read_plan(path: str) -> EditPlan:
    """A plan from a JSON file ("-" is standard input): a whole plan, or just ``{"steps": [...]}``."""
    import sys

    from pydantic import ValidationError

    from finetouch.types import EditPlan

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        return EditPlan.model_validate_json(text)
    except OSError as error:
        raise InputError(f"The plan '{path}' cannot be read: {error.strerror}.", "Check the path.") from None
    except UnicodeDecodeError:
        raise InputError(f"The plan '{path}' is not text.", "Give a JSON file.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"]) or "the document"
        raise InputError(
            f"The plan '{path}' does not fit the schema: {where}: {first['msg']}.",
            'See: finetouch plan "remove the dog" --json',
        ) from None


def with_params(plan: EditPlan, values: dict[str, Any]) -> EditPlan:
    """The plan with parameters put into every step."""
    steps = tuple(s.model_copy(update={"params": {**s.params, **values}}) for s in plan.steps)
    return plan.model_copy(update={"steps": steps})


def show_plan(plan: EditPlan, as_json: bool) -> None:
    """Prints a plan, as JSON or as a table for people."""
    if as_json:
        print_json(plan.model_dump(mode="json"))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for name in ("op", "target", "where", "count", "result", "parameters"):
        table.add_column(name)
    for step in plan.steps:
        place = [step.position or ""]
        if step.relation:
            place.append(f"{step.relation.type} {step.relation.anchor}")
        target = " ".join([*step.attributes, step.target or ""]).strip()
        values = ", ".join(f"{k}={v}" for k, v in step.params.items())
        table.add_row(step.op, target, " ".join(place).strip(), str(step.count or ""), step.result or "", values)
    Console().print(table)
    if plan.unknown:
        say("Not understood: " + ", ".join(plan.unknown), fg="yellow")
    for warning in plan.warnings:
        say(f"Note: {warning}", fg="yellow")


def _read(
    pipeline: Pipeline, instruction: str, parser: str | None, image: str, files: Files
) -> tuple[EditPlan, str | Picture]:
    """The plan, and the picture when the parser looked at it (standard input can be read only once)."""
    from finetouch.imaging import io
    from finetouch.types import Reporter

    if not pipeline.looks(parser):
        return pipeline.plan(instruction, parser), image
    picture = io.load(image, files.max_pixels)
    with progress_bar(quiet=files.json) as (sink, cancel):
        return pipeline.plan(instruction, parser, picture, Reporter(sink, cancel)), picture


def _rehearse(pipeline: Pipeline, image: str | Picture, plan: EditPlan, method: str, files: Files) -> None:
    from finetouch.engine.dryrun import rehearse, render
    from finetouch.imaging import io

    io.load(image, files.max_pixels)
    found = rehearse(pipeline, plan, method, files.reference is not None, files.mask is not None)
    if files.json:
        print_json(found)
        return
    show_plan(plan, False)
    for line in render(found):
        typer.echo(line)


def _run(
    pipeline: Pipeline, image: str, plan: EditPlan, marks: dict[str, Any], options: dict[str, Any], files: Files,
    source: str | Picture | None = None,
) -> None:  # fmt: skip
    from finetouch.engine.editor import with_marks
    from finetouch.engine.pipeline import Options, region_from_mask
    from finetouch.imaging import io
    from finetouch.types import Reporter

    target = _output_name(image, files.out, files.json)
    for extra in (files.save_mask, files.sheet):
        if extra is not None:
            io.check_output(extra, files.overwrite)
    if files.out is not None and files.out != "-":
        io.check_output(files.out, files.overwrite)
    picture = io.load(image if source is None else source, files.max_pixels)
    io.check_output(target, files.overwrite, picture.format)
    region = None
    mask_path = files.mask or next((s.mask for s in plan.steps if s.mask), None)
    if mask_path:
        region = region_from_mask(io.load_mask(mask_path, picture.size))
        steps = tuple(s.model_copy(update={"mask": mask_path}) for s in plan.steps)
        plan = plan.model_copy(update={"steps": steps})
    reference = io.load(files.reference) if files.reference else None
    with progress_bar(quiet=files.json) as (sink, cancel):
        settled = Options(region=region, reference=reference, **options)
        marked = with_marks(plan, marks["points"], marks["box"])
        result = pipeline.run(picture, marked, settled, Reporter(sink, cancel))
    notices = _write(result, target, files)
    _tell(result, picture, target, notices, files)


def _write(result: EditResult, target: str, files: Files) -> tuple[str, ...]:
    from finetouch.imaging import io

    notices = result.save(target, overwrite=files.overwrite, strip_metadata=files.strip_metadata)
    if files.save_mask:
        io.save_gray(result.mask, files.save_mask, files.overwrite)
    if files.sheet:
        result.save_sheet(files.sheet, overwrite=files.overwrite)
    return notices


def _tell(result: EditResult, picture: Picture, target: str, notices: tuple[str, ...], files: Files) -> None:
    if files.json:
        written = {"output": target, "mask": files.save_mask, "sheet": files.sheet}
        print_json({**written, "notices": [*picture.notices, *notices], **result.to_json()})
        return
    for line in result.report:
        say(line)
    for line in (*picture.notices, *notices):
        say(f"Note: {line}.", fg="yellow")
    for path in (target, files.save_mask, files.sheet):
        if path and path != "-":
            say(f"Wrote {path}", fg="green")
    say(f"{result.seconds:.1f} s, seed {result.provenance.seed}, {result.provenance.device}")


def _output_name(image: str, out: str | None, as_json: bool) -> str:
    if out == "-" and as_json:
        raise UsageError("Picture and JSON cannot both go to standard output.", "Give -o FILE together with --json.")
    if out is not None:
        return out
    if image == "-":
        raise UsageError("A picture from standard input needs an output.", "Give -o FILE or -o -")
    return str(Path(image).with_name(Path(image).stem + "-edited.png"))
