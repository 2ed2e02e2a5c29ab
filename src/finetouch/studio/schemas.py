"""What comes in over HTTP; plans, steps and points are the library's own classes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from finetouch.studio.strokes import OpList
from finetouch.types import EditPlan, EditStep, Point

Name = Annotated[str, Field(max_length=80, pattern=r"^[0-9a-f]{64}\.[a-z]{3,4}$")]
ID = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
Words = Annotated[str, Field(max_length=2000)]
Coordinate = Annotated[float, Field(ge=-1e5, le=2e5, allow_inf_nan=False)]
Xyxy = tuple[Coordinate, Coordinate, Coordinate, Coordinate]
_NAME = "0" * 64 + ".png"
_STROKE: dict[str, Any] = {"kind": "stroke", "radius": 24.0, "points": [[120.5, 80.0], [160.0, 92.5]]}
_PLAN: dict[str, Any] = {"steps": [{"op": "remove", "target": "lamp"}], "instruction": "remove the lamp"}


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Engine(_In):
    """Who does the work, and how: the same options as on the command line."""

    preset: str | None = Field(default=None, max_length=40)
    device: Literal["auto", "cpu", "cuda", "mps"] | None = None
    method: str = Field(default="auto", max_length=40)
    seed: int | None = Field(default=None, ge=0, lt=2**53)
    grow: float | None = Field(default=None, ge=-500, le=500)
    feather: float | None = Field(default=None, ge=0, le=500)
    verify: bool = True


class PlanRequest(_In):
    """Words to read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"instruction": "remove the man on the far right"}]})

    instruction: Words
    preset: str | None = Field(default=None, max_length=40)
    parser: str | None = Field(default=None, max_length=40)


class SelectRequest(_In):
    """What to look for: a step of a plan, or words and marks, in a picture."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"picture": _NAME, "phrase": "the red cup"}]})

    picture: Name
    step: EditStep | None = None
    phrase: Words | None = None
    points: list[Point] = Field(default_factory=list, max_length=200)
    box: Xyxy | None = None
    serial: int = 0
    engine: Engine = Field(default_factory=Engine)


class PhraseRequest(_In):
    """Words for a thing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phrase": "the red cup on the left"}]})

    phrase: Words


class Hand(_In):
    """What a person drew for one step."""

    ops: OpList = Field(default_factory=list)
    points: list[Point] = Field(default_factory=list, max_length=200)
    box: Xyxy | None = None


class RasterRequest(_In):
    """A drawing to turn into a mask."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"picture": _NAME, "ops": [_STROKE, {"kind": "grow", "px": 6}]}]}
    )

    picture: Name
    ops: OpList


class EditRequest(Engine):
    """An edit without a project: words or a plan, and the options of the command line."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"instruction": "make the cup blue", "seed": 7}]})

    instruction: Words | None = None
    plan: EditPlan | None = None
    points: list[Point] = Field(default_factory=list, max_length=200)
    box: Xyxy | None = None

    def engine(self) -> Engine:
        """The options as the studio's own class."""
        return Engine(**{name: getattr(self, name) for name in Engine.model_fields})


class JobRequest(_In):
    """An edit of the head (or another state) of a project."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"project": "0" * 16, "plan": _PLAN, "hands": [{"ops": [_STROKE]}], "engine": {"seed": 7}}]
        }
    )

    project: ID
    base: ID | None = None
    plan: EditPlan
    hands: list[Hand | None] = Field(default_factory=list, max_length=100)
    reference: Name | None = None
    engine: Engine = Field(default_factory=Engine)
    adopt: bool = True


class NewProject(_In):
    """A project around an uploaded picture."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"picture": _NAME, "name": "holiday.jpg"}]})

    picture: Name
    name: str = Field(default="Untitled", max_length=200)


class NodeRef(_In):
    """A state of a project."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"node": "0" * 16}]})

    node: ID


class Label(_In):
    """A new name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"node": "0" * 16, "label": "without the lamp"}]})

    node: ID | None = None
    label: str = Field(max_length=400)


class Draft(_In):
    """Unsent work of the page, kept as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"draft": {"instruction": "remove the lamp"}}]})

    draft: dict[str, Any]


class Download(_In):
    """Models to fetch."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"preset": "sd15", "roles": ["inpaint"]}]})

    preset: str = Field(max_length=40)
    roles: list[str] = Field(default_factory=list, max_length=40)
