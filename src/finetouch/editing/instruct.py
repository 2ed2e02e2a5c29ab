"""Follow an instruction with a model that edits whole pictures, held to the region that may change."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene, WorkingSize
from finetouch.diffusion import flux, instruct, kontext, schedulers
from finetouch.diffusion.prompts import note_of, speak
from finetouch.editing import _repaint
from finetouch.editing._generators import FEATHER, best_of, hold_for, models_of, unet_size
from finetouch.editing._instruct import instruction_for
from finetouch.editing.background import NOUNS
from finetouch.errors import BrokenOutput, UsageError
from finetouch.imaging.color import named_color
from finetouch.registry import editor
from finetouch.types import EditStep, Pixels, Region

STEPS, GUIDANCE = 50, 7.5
FITS = {"replace": 0.5, "add": 0.5, "recolor": 0.3, "restyle": 0.5, "adjust": 0.5, "global": 0.5, "text": 0.5}


class InstructParams(contracts.Params):
    """How to follow the instruction."""

    instruction: str | None = Field(None, description="the command for the model instead of the one made from the step")
    negative: str | None = Field(None, description="what must not be seen (not for FLUX Kontext)")
    steps: int | None = Field(
        None, ge=1, le=500, description="denoising steps; default 50 (Kontext 28, Qwen-Image-Edit 40)"
    )
    guidance: float | None = Field(
        None, ge=0, le=100, description="how closely the words are followed; default 7.5 (Kontext 2.5, Qwen 4)"
    )
    image_guidance: float = Field(
        instruct.IMAGE_GUIDANCE, ge=0, le=20, description="InstructPix2Pix: how closely the picture is kept, 1 to 2.2"
    )
    scheduler: schedulers.Name = Field("auto", description="InstructPix2Pix: auto takes ancestral Euler")
    preserve: float = Field(
        0.0, ge=0, le=1, description="InstructPix2Pix: pull towards the picture outside of the region"
    )
    candidates: int = Field(1, ge=1, le=16, description="how many to make; the best by CLIP or by looking again wins")
    zoom: bool = Field(True, description="work on a crop around the place; false: on the whole picture, made smaller")
    shape: _repaint.Shape = Field("auto", description="keep the outline, give free room, or decide by the operation")
    size: float | None = Field(None, gt=0, le=1, description="add: height as a share of the picture")
    style: str | None = Field(None, description="restyle: the style, when the step does not say it as its result")


@editor("instruct", summary="follows an instruction with InstructPix2Pix, FLUX Kontext or Qwen-Image-Edit",
        roles=("instruct",), ops=("replace", "add", "recolor", "background", "restyle", "adjust",
        "global", "text"), presets=("sd15", "sdxl", "flux", "qwen"), extra="diffusion",
        packages=("torch", "diffusers", "transformers"), context=0.5, min_context=8, feather=FEATHER)  # fmt: skip
class Instruct(EditMethod):
    """Shows the model a crop around the place, and keeps of its answer what lies in the region."""

    Params = InstructParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """Half as well as a method made for the operation: it is taken for what no other can do."""
        if not set(step.params) <= set(InstructParams.model_fields):
            return 0.0
        if step.op == "background":
            described = bool(step.result) and named_color(step.result) is None
            return 0.4 if described and (step.target or "background").lower() in NOUNS else 0.0
        said = bool(step.result or step.color or step.params.get("instruction") or step.params.get("style"))
        return FITS.get(step.op, 0.0) if said or step.op == "text" else 0.0

    def area(self, scene: Scene) -> Region:
        """The thing and a rim, a box for something different, the place of something new, or the whole picture."""
        if scene.region.mask.size and float(scene.region.mask.min()) >= 1.0 and scene.step.op != "add":
            return scene.region
        feather = FEATHER if scene.feather is None else scene.feather
        return _repaint.repaint_area(scene, scene.params.shape, scene.params.size, feather)

    def working_size(self, scene: Scene) -> WorkingSize:
        """The model's own size; sides are multiples of what its autoencoder and denoiser divide by."""
        loaded = self._models().get("instruct")
        parts, params = loaded.parts, scene.params
        if "transformer" in parts:
            return WorkingSize(int(loaded.facts.get("native_size") or 1024), kontext.multiple(parts), not params.zoom)
        return unet_size(loaded, params.zoom)

    def edit(self, request: EditRequest) -> EditOutput:
        """The best of the candidates. Outside of the area it is only nearly the picture."""
        params, step = request.params, request.step
        loaded = self._models().get("instruct", request.report)
        words = params.instruction or instruction_for(step)
        steps, guidance = self._pace(loaded, params)
        notes: list[str] = []
        if step.op == "text" and "unet" in loaded.parts:
            raise UsageError(
                "InstructPix2Pix cannot write letters.", "Take a preset whose editor can: --preset flux or qwen."
            )
        facts: dict[str, Any] = {
            "instruction": words, "negative": params.negative or "", "steps": steps, "guidance": guidance,
            "model": loaded.facts.get("identity", ""),
        }  # fmt: skip
        if "unet" in loaded.parts:
            facts["image_guidance"] = params.image_guidance

        def one(seed: int, label: str) -> Pixels:
            return self._one(request, loaded, words, seed, steps, guidance, label, notes)

        return best_of(request, self._models(), words, _wanted(step), notes, one, facts)

    def _models(self) -> Any:
        return models_of(self, "instruct")

    def _pace(self, loaded: Any, params: InstructParams) -> tuple[int, float]:
        """Steps and guidance: the user's, the preset's, or what the model was published with."""
        usual = (STEPS, GUIDANCE)
        if "transformer" in loaded.parts:
            qwen = kontext.is_qwen(loaded.parts)
            usual = (kontext.QWEN_STEPS, kontext.QWEN_GUIDANCE) if qwen else (kontext.FLUX_STEPS, kontext.FLUX_GUIDANCE)
        steps = params.steps or int(loaded.facts.get("steps", usual[0]))
        guidance = params.guidance if params.guidance is not None else float(loaded.facts.get("guidance", usual[1]))
        return steps, guidance

    def _one(
        self, request: EditRequest, loaded: Any, words: str, seed: int, steps: int, guidance: float, label: str,
        notes: list[str],
    ) -> Pixels:  # fmt: skip
        """One result; with what it had to say in `notes`."""
        if "transformer" in loaded.parts:
            return _by_pipeline(request, loaded, words, seed, steps, guidance, label, notes)
        params, parts = request.params, loaded.parts
        spoken = speak(parts, words, params.negative or "", loaded.device)
        if spoken.cut:
            notes.append(note_of(spoken.cut))
        if loaded.facts.get("offloaded"):  # a preview would send the UNet away at every step
            parts = {n: p for n, p in parts.items() if n != "preview"}
        few = type(parts["scheduler"]).__name__ in schedulers.KEPT
        scheduler = params.scheduler if params.scheduler != "auto" or few else "euler_a"
        job = instruct.job_for(request.pixels, spoken, seed, steps, guidance, scheduler, label)
        hold = hold_for(request, self._models(), loaded)
        return instruct.follow(parts, job, params.image_guidance, request.report, notes, loaded.device, hold)


def _by_pipeline(
    request: EditRequest, loaded: Any, words: str, seed: int, steps: int, guidance: float, label: str,
    notes: list[str],
) -> Pixels:  # fmt: skip
    parts = loaded.parts
    if not kontext.is_qwen(parts):
        cut = flux.cut_words(parts, words)
        if cut:
            notes.append(note_of(cut))
        if request.params.negative:
            notes.append("FLUX Kontext takes no negative prompt; it was left out.")

    def follow(exact: bool) -> Pixels:
        return kontext.follow(
            parts, loaded.facts.get("pipeline", ""), request.pixels, words, request.params.negative or "", seed,
            request.report, steps=steps, guidance=guidance, label=label, exact=exact,
        )  # fmt: skip

    try:
        made = follow(False)
    except BrokenOutput:
        notes.append("The model's first output was unusable; its autoencoder ran in full precision.")
        made = follow(True)
    if made.shape != request.pixels.shape:
        raise BrokenOutput(f"The model gave a picture of {made.shape[1]} x {made.shape[0]} px for another size.")
    return np.ascontiguousarray(made)


def _wanted(step: EditStep) -> str:
    """What should be seen afterwards, for the judge."""
    return _repaint.prompt_for(step).text or step.result or "a photo"
