"""What an edit gives back: the picture, what was done where, the proof and the way to do it again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from pydantic import ValidationError

from finetouch._version import __version__
from finetouch.errors import InputError
from finetouch.imaging import io, metadata
from finetouch.imaging.stitch import OutsideChange
from finetouch.types import EditPlan, EditStep, Picture, Region


@dataclass(frozen=True)
class StepResult:
    """One step as it was carried out.

    Attributes:
        step: The step with its seed and method filled in.
        region: What was selected; None when nothing had to be.
        area: What was allowed to change; None when the picture's geometry changed.
        method, selector: Who did it.
        notes: For the user. facts: Measured values.
        seconds: Time of the stages "select", "edit", "verify".
    """

    step: EditStep
    region: Region | None
    area: Region | None
    method: str
    selector: str | None
    notes: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """JSON without the masks themselves."""
        region = self.region
        return {
            "step": self.step.model_dump(mode="json"),
            "method": self.method,
            "selector": self.selector,
            "region": None
            if region is None
            else {
                "label": region.label, "score": round(float(region.score), 4), "source": region.source,
                "box": region.box, "share": round(region.share, 5),
            },
            "notes": list(self.notes),
            "facts": self.facts,
            "seconds": {k: round(v, 4) for k, v in self.seconds.items()},
        }  # fmt: skip


@dataclass(frozen=True)
class Provenance:
    """How it was made, enough to do it again.

    Attributes:
        plan: With methods and seeds filled in.
        versions: Of Finetouch and the libraries that made pixels.
        models: Role → identity of the weights that were used. overrides: Models given in place of the preset's.
        seed: The run's seed. device: Where it ran. preset: Which preset.
        input_sha256: Hash of the source file. input_name: Its name. created: UTC, ISO 8601.
    """

    plan: EditPlan
    versions: dict[str, str]
    models: dict[str, str]
    seed: int
    device: str
    preset: str
    input_sha256: str
    input_name: str
    created: str
    overrides: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The JSON document that is stored in the file."""
        return {**asdict(self), "plan": self.plan.model_dump(mode="json")}


@dataclass(frozen=True, eq=False)
class EditResult:
    """The edited picture with everything known about the edit.

    Attributes:
        picture: The result. before: The input.
        steps: What was done, in order.
        outside_change: What changed outside of the masks; max and count must be 0. None when a step changed the
            picture's geometry (crop, rotate), where "outside" has no meaning.
        provenance: How it was made.
        report: Plain sentences: what was done, whether it worked.
        seconds: Whole time of the edit.
    """

    picture: Picture
    before: Picture
    steps: tuple[StepResult, ...]
    outside_change: OutsideChange | None
    provenance: Provenance
    report: tuple[str, ...]
    seconds: float

    @property
    def regions(self) -> tuple[Region, ...]:
        """The selections, one per step that needed one."""
        return tuple(s.region for s in self.steps if s.region is not None)

    @property
    def mask(self) -> np.ndarray:
        """Everything that was allowed to change, as ``(H, W) float32``; all ones after a geometry change."""
        mask = np.zeros((self.before.height, self.before.width), dtype=np.float32)
        for done in self.steps:
            if done.area is None or done.area.mask.shape != mask.shape:
                return np.ones_like(mask)
            np.maximum(mask, done.area.mask, out=mask)
        return mask

    def to_json(self) -> dict[str, Any]:
        """One JSON document: report, steps, proof and provenance (no pixels)."""
        return {
            "size": list(self.picture.size),
            "report": list(self.report),
            "steps": [s.to_json() for s in self.steps],
            "outside_change": None if self.outside_change is None else asdict(self.outside_change),
            "seconds": round(self.seconds, 4),
            "provenance": self.provenance.to_json(),
        }

    def parameters(self) -> str:
        """The line that A1111-style viewers show."""
        p = self.provenance
        facts = {
            "Method": " + ".join(dict.fromkeys(s.method for s in self.steps)),
            "Seed": p.seed,
            "Size": f"{self.picture.width}x{self.picture.height}",
            "Preset": p.preset,
            "Version": f"finetouch {__version__}",
        }
        return f"{p.plan.instruction}\n" + ", ".join(f"{k}: {v}" for k, v in facts.items())

    def save(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, quality: int = 95, strip_metadata: bool = False,
        quick: bool = False,
    ) -> tuple[str, ...]:  # fmt: skip
        """Writes the picture with its provenance; the format follows the name. Returns notices for the user."""
        return io.save(
            self.picture,
            path,
            overwrite=overwrite,
            info={"finetouch": __version__, **self.provenance.to_json()},
            parameters=self.parameters(),
            quality=quality,
            strip=strip_metadata,
            quick=quick,
        )

    def sheet(self) -> Picture:
        """Before, mask and after side by side, with the instruction and the report under it."""
        from finetouch.engine.sheet import sheet

        return sheet(self)

    def save_sheet(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Writes `sheet` to a file."""
        io.save(self.sheet(), path, overwrite=overwrite)


def read_provenance(picture: Picture) -> dict[str, Any]:
    """The stored document of an earlier result; raises `InputError` when the file holds none."""
    document = picture.text.get(metadata.KEY)
    if not document:
        raise InputError(
            f"'{picture.name}' does not say how it was made.",
            "Only files that Finetouch wrote (without --strip-metadata) can be replayed.",
        )
    try:
        data = json.loads(document)
        data["plan"] = EditPlan.model_validate(data["plan"])
        data["overrides"] = {str(role): str(place) for role, place in (data.get("overrides") or {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise InputError(f"The edit record in '{picture.name}' is damaged: {error}.") from None
    return data
