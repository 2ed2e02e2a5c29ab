"""``finetouch edit`` and ``finetouch replay``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finetouch.cli.common import parse_box, parse_params, parse_points, print_json, progress_bar, say
from finetouch.errors import InputError, UsageError

if TYPE_CHECKING:
    from finetouch.engine.result import EditResult
    from finetouch.types import EditPlan, Picture

Image = Annotated[str, typer.Argument(metavar="IMAGE", help="Picture file, or - for standard input.")]
Out = Annotated[str | None, typer.Option("-o", "--out", help="Output file (format by its name), or -.")]
PresetName = Annotated[str | None, typer.Option("--preset", help="Which models and methods to use.")]
Method = Annotated[str, typer.Option(help="Editing method; auto takes the preset's choice.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Fixes all random choices.")]
MaskFile = Annotated[str | None, typer.Option("--mask", help="Mask file: white may change.")]
PointList = Annotated[list[str] | None, typer.Option("--point", metavar="X,Y[,+|-]", help="Click; repeat it.")]
BoxText = Annotated[str | None, typer.Option("--box", metavar="X0,Y0,X1,Y1", help="Box around the thing, px.")]
Reference = Annotated[str | None, typer.Option(help="Picture of the new thing (replace, add).")]
Param = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="Parameter of the method; repeat it.")
]
Grow = Annotated[float | None, typer.Option(metavar="PX", help="Widen what may change.")]
Feather = Annotated[float | None, typer.Option(metavar="PX", help="Soften the rim inwards.")]
SaveMask = Annotated[str | None, typer.Option(metavar="FILE", help="Write the mask of what may change.")]
Sheet = Annotated[str | None, typer.Option(metavar="FILE", help="Write before / mask / after side by side.")]
Device = Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")]
Strip = Annotated[bool, typer.Option("--strip-metadata", help="Do not store how it was made.")]
MaxPixels = Annotated[float | None, typer.Option(help="Largest picture to open, in pixels.")]
NoVerify = Annotated[bool, typer.Option("--no-verify", help="Do not look again afterwards.")]


def add_to(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("edit")(edit)
    app.command("replay")(replay)


def edit(
    image: Image,
    instruction: Annotated[str | None, typer.Argument(help='What to change: "remove the man on the right".')] = None,
    out: Out = None,
    preset: PresetName = None,
    method: Method = "auto",
    seed: Seed = None,
    plan: Annotated[str | None, typer.Option(help="Plan file (JSON) instead of words.")] = None,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Show the plan and stop.")] = False,
    mask: MaskFile = None,
    point: PointList = None,
    box: BoxText = None,
    reference: Reference = None,
    param: Param = None,
    grow: Grow = None,
    feather: Feather = None,
    save_mask: SaveMask = None,
    sheet: Sheet = None,
    device: Device = None,
    json: Json = False,
    overwrite: Overwrite = False,
    strip_metadata: Strip = False,
    max_pixels: MaxPixels = None,
    no_verify: NoVerify = False,
) -> None:
    """Edit a picture from one sentence."""
    if (instruction is None) == (plan is None):
        raise UsageError("Say what to change, either in words or with --plan.", 'finetouch edit photo.jpg "remove ..."')
    marks = {"points": parse_points(point), "box": parse_box(box)}
    from finetouch.engine.pipeline import Pipeline

    pipeline = Pipeline(preset, device)
    steps = read_plan(plan) if plan is not None else pipeline.plan(instruction or "")
    steps = with_params(steps, parse_params(param))
    if plan_only:
        show_plan(steps, json)
        return
    _run(
        pipeline, image, steps, out, marks, json,
        {"method": method, "seed": seed, "grow": grow, "feather": feather, "verify": not no_verify},
        {"mask": mask, "reference": reference, "save_mask": save_mask, "sheet": sheet, "overwrite": overwrite,
         "strip_metadata": strip_metadata, "max_pixels": max_pixels},
    )  # fmt: skip


def replay(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="A file that Finetouch wrote.")],
    image: Annotated[str, typer.Argument(metavar="OTHER_IMAGE", help="Picture to do the same to, or -.")],
    out: Out = None,
    mask: MaskFile = None,
    reference: Reference = None,
    save_mask: SaveMask = None,
    sheet: Sheet = None,
    device: Device = None,
    json: Json = False,
    overwrite: Overwrite = False,
    strip_metadata: Strip = False,
    max_pixels: MaxPixels = None,
) -> None:
    """Do the recorded edits of RESULT to another picture (or to the same one again)."""
    from finetouch.engine.pipeline import Pipeline
    from finetouch.engine.result import read_provenance
    from finetouch.imaging import io

    record = read_provenance(io.load(result, max_pixels))
    pipeline = Pipeline(record.get("preset"), device)
    _run(
        pipeline, image, record["plan"], out, {"points": [], "box": None}, json,
        {"seed": record.get("seed")},
        {"mask": mask, "reference": reference, "save_mask": save_mask, "sheet": sheet, "overwrite": overwrite,
         "strip_metadata": strip_metadata, "max_pixels": max_pixels},
    )  # fmt: skip


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


def _run(
    pipeline: Any,
    image: str,
    plan: EditPlan,
    out: str | None,
    marks: dict[str, Any],
    as_json: bool,
    options: dict[str, Any],
    files: dict[str, Any],
) -> None:
    from finetouch.engine.editor import with_marks
    from finetouch.engine.pipeline import Options, region_from_mask
    from finetouch.imaging import io
    from finetouch.types import Reporter

    target = _output_name(image, out, as_json)
    overwrite = files["overwrite"]
    for extra in (files["save_mask"], files["sheet"]):
        if extra is not None:
            io.check_output(extra, overwrite)
    if out is not None and out != "-":
        io.check_output(out, overwrite)
    picture = io.load(image, files["max_pixels"])
    io.check_output(target, overwrite, picture.format)
    region = None
    mask_path = files["mask"] or next((s.mask for s in plan.steps if s.mask), None)
    if mask_path:
        region = region_from_mask(io.load_mask(mask_path, picture.size))
        steps = tuple(s.model_copy(update={"mask": mask_path}) for s in plan.steps)
        plan = plan.model_copy(update={"steps": steps})
    reference = io.load(files["reference"]) if files["reference"] else None
    with progress_bar(quiet=as_json) as (sink, cancel):
        settled = Options(region=region, reference=reference, **options)
        result = pipeline.run(picture, with_marks(plan, **marks), settled, Reporter(sink, cancel))
    notices = _write(result, target, files)
    _tell(result, picture, target, notices, files, as_json)


def _write(result: EditResult, target: str, files: dict[str, Any]) -> tuple[str, ...]:
    from finetouch.imaging import io

    overwrite = files["overwrite"]
    notices = result.save(target, overwrite=overwrite, strip_metadata=files["strip_metadata"])
    if files["save_mask"]:
        io.save_gray(result.mask, files["save_mask"], overwrite)
    if files["sheet"]:
        result.save_sheet(files["sheet"], overwrite=overwrite)
    return notices


def _tell(
    result: EditResult,
    picture: Picture,
    target: str,
    notices: tuple[str, ...],
    files: dict[str, Any],
    as_json: bool,
) -> None:
    if as_json:
        written = {"output": target, "mask": files["save_mask"], "sheet": files["sheet"]}
        print_json({**written, "notices": [*picture.notices, *notices], **result.to_json()})
        return
    for line in result.report:
        say(line)
    for line in (*picture.notices, *notices):
        say(f"Note: {line}.", fg="yellow")
    for path in (target, files["save_mask"], files["sheet"]):
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
