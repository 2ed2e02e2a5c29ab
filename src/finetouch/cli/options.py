"""Options that several commands share, written once: aliases, groups, and `grouped`, which spreads a group out."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finetouch.errors import UsageError

if TYPE_CHECKING:
    from finetouch.engine.pipeline import Pipeline

Image = Annotated[str, typer.Argument(metavar="IMAGE", help="Picture file, or - for standard input.")]
MaybeImage = Annotated[str | None, typer.Argument(metavar="IMAGE", help="Picture file, or - for standard input.")]
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
SetModel = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="ROLE=PLACE", help="Another model for a role: a folder or org/name; repeat it."),
]
SelectorName = Annotated[str | None, typer.Option("--selector", help="Another selector than the preset's, e.g. vlm.")]
ParserName = Annotated[
    str | None, typer.Option("--parser", help="Who reads the words: grammar, or vlm, which looks at the picture too.")
]
Offline = Annotated[bool, typer.Option("--offline", help="Never go online.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")]
Strip = Annotated[bool, typer.Option("--strip-metadata", help="Do not store how it was made.")]
MaxPixels = Annotated[float | None, typer.Option(help="Largest picture to open, in pixels.")]
NoVerify = Annotated[bool, typer.Option("--no-verify", help="Do not look again afterwards.")]


@dataclass(frozen=True)
class Engine:
    """Who does the work, and where."""

    device: Device = None
    set_model: SetModel = None
    offline: Offline = False
    selector: SelectorName = None

    def pipeline(self, preset: str | None, recorded: dict[str, str] | None = None) -> Pipeline:
        """The pipeline these options ask for; models `recorded` in a result count unless ``--set`` says otherwise."""
        from finetouch.engine.pipeline import Pipeline

        models = {**(recorded or {}), **parse_models(self.set_model)}
        return Pipeline(preset, self.device, models, self.offline, selector=self.selector)


@dataclass(frozen=True)
class Files:
    """What is read besides the picture, and what is written."""

    out: Out = None
    mask: MaskFile = None
    reference: Reference = None
    save_mask: SaveMask = None
    sheet: Sheet = None
    json: Json = False
    overwrite: Overwrite = False
    strip_metadata: Strip = False
    max_pixels: MaxPixels = None


def parse_models(values: list[str] | None) -> dict[str, str]:
    """``["inpaint=./mine", "inpaint.vae=org/vae"]`` as a dictionary; raises `UsageError` for anything else."""
    found = {}
    for text in values or []:
        role, equals, place = (part.strip() for part in text.partition("="))
        if not (equals and role and place):
            raise UsageError(f"--set {text} is not a model for a role.", "Write ROLE=PLACE, e.g. --set inpaint=./mine")
        found[role] = place
    return found


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Spreads the parameters of `command` that are groups (dataclasses) out into options of their own."""
    hints = typing.get_type_hints(command, include_extras=True)
    own: list[inspect.Parameter] = []
    groups: dict[str, Any] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        kind = hints[name]
        if not dataclasses.is_dataclass(kind):
            own.append(parameter.replace(annotation=kind, kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        groups[name] = kind
        fields = typing.get_type_hints(kind, include_extras=True)
        own += [
            inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=fields[f.name])
            for f in dataclasses.fields(kind)
        ]

    @wraps(command)
    def spread(**values: Any) -> None:
        made = {
            name: kind(**{f.name: values.pop(f.name) for f in dataclasses.fields(kind)})
            for name, kind in groups.items()
        }
        command(**values, **made)

    del spread.__wrapped__  # type: ignore[attr-defined]
    spread.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
    spread.__annotations__ = {p.name: p.annotation for p in own}
    return spread
