"""What a parser, a selector and an editing method have to be: three base classes and what passes between them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict

from finetouch.imaging.masks import Mask
from finetouch.types import EditPlan, EditStep, Picture, Pixels, Query, Region, Reporter

if TYPE_CHECKING:
    from finetouch.engine.models import Models


class Params(BaseModel):
    """Parameters of a method: the fields are the documentation, the check and the studio's form."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Parser(ABC):
    """Words → plan. Decorate the class with `finetouch.registry.parser`.

    Attributes:
        models: The models of the preset by role; None when it was made without a pipeline.
        sees: True when it reads better with the picture at hand.
        identity: Which model gave the last plan, for the record; "" for a parser that needs none.
    """

    sees: ClassVar[bool] = False
    models: Models | None = None
    identity: str = ""

    @abstractmethod
    def parse(self, instruction: str) -> EditPlan:
        """Reads one instruction; raises `NotUnderstood` naming the words when nothing can be made of it."""

    def read(self, instruction: str, picture: Picture | None = None, report: Reporter | None = None) -> EditPlan:
        """The same with the picture that is to be edited; parsers that know only words do not look at it."""
        return self.parse(instruction)


@dataclass(frozen=True)
class Selection:
    """What a selector found.

    Attributes:
        region: The answer (several things in one mask when the count says so).
        candidates: All that could be meant, best first; each a single thing.
        notes: What the user should know ("two dogs found, took the larger").
    """

    region: Region
    candidates: tuple[Region, ...] = ()
    notes: tuple[str, ...] = ()


class Selector(ABC):
    """Query → region. Decorate the class with `finetouch.registry.selector`.

    `analyse` does what depends on the picture alone; its answer is kept by the `Editor`, so a second
    selection on the same picture is cheap.

    Attributes:
        models: The models of the preset by role; None when it was made without a pipeline.
    """

    models: Models | None = None

    @abstractmethod
    def analyse(self, picture: Picture, report: Reporter) -> Any:
        """Everything about the picture that does not depend on the query."""

    @abstractmethod
    def select(self, picture: Picture, analysis: Any, query: Query, report: Reporter) -> Selection:
        """The region meant; raises `TargetNotFound` naming what is there instead of guessing."""


@dataclass(frozen=True)
class Scene:
    """The whole picture as a method may look at it before its crop is made.

    Attributes:
        picture: The picture as it is before this step, full size.
        region: What was selected (the thing itself, not grown).
        step: The step. params: The method's own, already checked parameters.
        reference: Picture given with ``--reference``, or None.
        select: Finds another thing in the same picture ("the same colour as the sofa").
        grow, feather: What the user asked for in px, None when left to the method.
        find: Finds a thing in any picture (one that a method made on the way), or None.
        seed: Of this step; a method that works in several stages gives each its own chance from it.
        report: Progress and cancel for what is done before the crops are made.
        given: What the user brings along for a stage, by name ("background": `Picture`, "place": `Region`).
        keep: Folder for the results between the stages, or None.
        propose: A `finetouch.editing.mask_proposals.Wish` to places for it, best first, or None.
    """

    picture: Picture
    region: Region
    step: EditStep
    params: Any
    reference: Picture | None = None
    select: Callable[[str], Region] | None = None
    grow: float | None = None
    feather: float | None = None
    find: Callable[[Picture, str], Region] | None = None
    seed: int = 0
    report: Reporter = field(default_factory=Reporter)
    given: Mapping[str, Any] = field(default_factory=dict)
    keep: Path | None = None
    propose: Callable[[Any], list[Any]] | None = None


@dataclass(frozen=True)
class EditRequest:
    """What a method gets to work on: a crop around the area that may change, at working resolution.

    Attributes:
        pixels: ``(h, w, 3) uint8`` RGB of the crop.
        area: ``(h, w) float32``, what may change (as `EditMethod.area` said).
        target: ``(h, w) float32``, the selected thing itself.
        alpha: ``(h, w) uint8`` or None.
        scene: The whole picture and the step.
        origin: ``(x, y)`` of the crop in the picture, px. scale: crop pixels per picture pixel (above 1: zoomed up).
        rng: The only source of chance a method may use.
        report: Progress and cancel.
        prepared: What `EditMethod.prepare` returned, the same for all tiles of one area.
    """

    pixels: Pixels
    area: Mask
    target: Mask
    alpha: Pixels | None
    scene: Scene
    origin: tuple[int, int]
    scale: float
    rng: np.random.Generator
    report: Reporter
    prepared: Any = None

    @property
    def step(self) -> EditStep:
        """The step that is carried out."""
        return self.scene.step

    @property
    def params(self) -> Any:
        """The method's own parameters."""
        return self.scene.params


@dataclass(frozen=True)
class EditOutput:
    """New pixels for the crop.

    Attributes:
        pixels: Same shape as the request's (any shape for a method with ``geometry=True``).
        alpha: New alpha of the same shape, or None to keep the picture's.
        notes: What the user should know. facts: measured values for the report.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    notes: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkingSize:
    """What crops are brought to for a model: about ``side * side`` px, both sides multiples of `multiple`.

    With `whole` there is no crop: the model sees the whole picture at that size.
    """

    side: int
    multiple: int = 8
    whole: bool = False


class EditMethod(ABC):
    """New pixels for a crop. Decorate the class with `finetouch.registry.editor`.

    Crop, growth, seam, paste-back, seeding and metadata are done around it, once, for all methods.

    Attributes:
        models: The models of the preset by role; None when it was made without a pipeline.
    """

    models: Models | None = None

    Params: ClassVar[type[Params]] = Params

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """How well this method suits a step of one of its ops: 0 cannot, 1 can, more is better than others."""
        return 1.0

    def area(self, scene: Scene) -> Region:
        """The pixels that may change, full size; by default the selection, grown when the user asked for it.

        A method that needs more (shadow, destination of a move) returns it here; outside of this mask the
        result stays bit-identical whatever `edit` returns.
        """
        return scene.region.grow(scene.grow or 0)

    def working_size(self, scene: Scene) -> WorkingSize | None:
        """The size its model was made for; None: the crop keeps its size (down to `Spec.max_side`)."""
        return None

    def prepare(self, scene: Scene) -> Any:
        """What has to be known about the whole picture before the crops are made (colour statistics, a depth map).

        A large area is cut into tiles (`Spec.max_pixels`); anything measured here is the same for all of them.
        """
        return None

    @abstractmethod
    def edit(self, request: EditRequest) -> EditOutput:
        """The edited crop. Outside of `request.area` the pixels returned are ignored."""
