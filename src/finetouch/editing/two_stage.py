"""Replace a thing by one of another outline: remove it, find place and outline for the new one, then paint that."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene
from finetouch.editing import _stages
from finetouch.errors import InputError
from finetouch.imaging import masks
from finetouch.registry import editor
from finetouch.types import EditStep, Region

NAME = "two-stage"


class TwoStageParams(contracts.Params):
    """How the stages work."""

    remover: str | None = Field(None, description="method for the background; default: the preset's for removals")
    painter: str | None = Field(None, description="method for the new thing; default: paste, or the preset's own")
    proposer: Literal["auto", "rules", "network"] = Field("auto", description="who proposes places")
    places: int = Field(4, ge=1, le=16, description="how many places are proposed")
    pick: int | None = Field(None, ge=1, le=16, description="take this one of the places instead of the best")
    tries: int = Field(1, ge=1, le=8, description="paint this many of the best places, keep the best result")
    old_mask: bool = Field(True, description="show the old outline to whoever proposes")
    vlm: bool = Field(True, description="ask a vision-language model about the surroundings, where there is one")
    strict: bool = Field(True, description="stop when the old thing is still found in the background")
    check: bool = Field(True, description="look for the old thing again at all")
    name_support: bool = Field(False, description="tell the remover what lies behind (empty table)")
    size: float | None = Field(None, gt=0, le=1, description="height of the new thing as a share of the picture's")
    prompt: str | None = Field(None, description="words for the painter instead of those from the instruction")
    negative: str | None = Field(None, description="what must not be seen")
    steps: int | None = Field(None, ge=1, le=500, description="denoising steps of remover and painter")
    guidance: float | None = Field(None, ge=0, le=100, description="how closely the words are followed")
    candidates: int | None = Field(None, ge=1, le=16, description="results per place of a painter that can judge them")
    fast: bool | None = Field(None, description="few steps, when the preset has weights for it")
    flip: bool | None = Field(None, description="reference: mirror the thing")
    harmony: float | None = Field(None, ge=0, le=1, description="reference: how much its light follows the scene")

    @property
    def own_name(self) -> str:
        """This method, which no stage may call again."""
        return NAME


@editor(NAME, summary="removes the old thing, finds place and outline for the new one, paints it",
        ops=("replace", "add"), presets=("lab", "sd15", "sdxl", "flux"),
        uses=("mask_generator", "inpaint", "clip", "vlm"), context=0.0, min_context=0)  # fmt: skip
class TwoStage(EditMethod):
    """For replacements whose outlines differ; with a reference picture it needs no model at all."""

    Params = TwoStageParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """Below the one-stage methods: it is taken when it is asked for."""
        return 0.3 if set(step.params) <= set(TwoStageParams.model_fields) else 0.0

    def __init__(self) -> None:
        self.work: _stages.Work | None = None

    def area(self, scene: Scene) -> Region:
        """Everything the stages changed; they are carried out here, because only they know where."""
        work = self._done(scene)
        area = (work.area > 0).astype(np.float32)
        if scene.feather:  # the stages have feathered already; here the rim must not let the old picture through
            area = masks.grow(area, scene.feather + 1)
        return scene.region.with_mask(area, label=scene.step.result or scene.region.label)

    def edit(self, request: EditRequest) -> EditOutput:
        """The finished picture's crop, with what every stage had to say."""
        work = self._done(request.scene)
        result = work.result
        assert result is not None
        h, w = request.pixels.shape[:2]
        x, y = request.origin
        cut = slice(y, y + h), slice(x, x + w)
        pixels = np.ascontiguousarray(result.pixels[cut])
        alpha = None if result.alpha is None else result.alpha[cut]
        facts = {"stages": work.stages, "place": work.proposals[work.chosen].to_json()}
        return EditOutput(pixels, alpha, tuple(dict.fromkeys(work.notes)), facts)

    def _done(self, scene: Scene) -> _stages.Work:
        if self.work is None or self.work.scene is not scene:
            self.work = carry_out(scene, self)
        return self.work


def carry_out(scene: Scene, method: EditMethod) -> _stages.Work:
    """All five stages for a scene.

    Raises:
        StageFailed: A stage could not do its part; it is named, and what was made before it is kept.
        NeedsGenerator: There is neither a generator nor a reference picture.
    """
    if not scene.step.result and scene.reference is None:
        raise InputError("It is not said what the new thing is.", 'For example: "replace the dog with a cap"')
    work = _stages.Work(scene, method.models)
    _stages.spec_for(work, EditStep(op="add", result=scene.step.result), scene.params.painter).make(method.models)
    if scene.reference is not None:
        from finetouch.editing.paste import PasteParams, reference_sprite

        params = PasteParams.model_validate({"flip": bool(scene.params.flip)})
        work.shape = reference_sprite(scene.reference, params).alpha
    for stage in (_stages.look, _stages.clear, _stages.place, _stages.paint):
        scene.report.check()
        stage(work)
    return work
