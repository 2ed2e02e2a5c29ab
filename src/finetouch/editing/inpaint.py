"""Repaint a place with a generative model: replace, add, remove, recolour, or put a new scene behind the subject."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene, WorkingSize
from finetouch.diffusion import flux, schedulers
from finetouch.diffusion.prompts import note_of, speak
from finetouch.diffusion.sampler import Job, Noise, Painter
from finetouch.editing import _repaint
from finetouch.editing._generators import FEATHER, best_of, hold_for, models_of, unet_size
from finetouch.editing.background import NOUNS
from finetouch.errors import BrokenOutput, UsageError
from finetouch.imaging import masks
from finetouch.imaging.color import named_color
from finetouch.registry import editor
from finetouch.types import EditStep, Pixels, Region

FAST_STEPS, FAST_GUIDANCE = 6, 1.5
STEPS, GUIDANCE = 30, 7.5
FLUX_STEPS, FLUX_GUIDANCE = 50, 30.0
ERASE_STRENGTH = 0.8
STRENGTH = {"recolor": 0.75}
STRENGTH_XL = 0.99  # SDXL's inpainting weights were not made for a start from nothing but noise
CLASSICAL = {"kind", "blur", "color", "color2", "highlights", "hair", "exact"}


class InpaintParams(contracts.Params):
    """How to repaint."""

    prompt: str | None = Field(None, description="words for the model instead of those made from the instruction")
    negative: str | None = Field(None, description="what must not be seen; default: usual faults, and what is removed")
    steps: int | None = Field(None, ge=1, le=500, description="denoising steps; default 30 (6 when fast)")
    guidance: float | None = Field(None, ge=0, le=100, description="how closely the words are followed; default 7.5")
    strength: float | None = Field(
        None, gt=0, le=1, description="1 forgets what was there, less keeps its shape; default 1 (0.75 to recolour)"
    )
    scheduler: schedulers.Name = Field("auto", description="auto takes DPM++, or the model's own for few-step models")
    candidates: int = Field(1, ge=1, le=16, description="how many to make; the best by CLIP or by looking again wins")
    fast: bool = Field(False, description="few steps with LCM weights, when the preset has them")
    remover: Literal["words", "attention"] = Field(
        "words", description="remove: by an empty prompt, or by hiding the thing from attention"
    )
    zoom: bool = Field(True, description="work on a crop around the place; false: on the whole picture, made smaller")
    shape: _repaint.Shape = Field("auto", description="keep the outline, give free room, or decide by the operation")
    preserve: float = Field(0.0, ge=0, le=1, description="pull towards the picture outside of the area (UNets only)")
    size: float | None = Field(None, gt=0, le=1, description="add: height as a share of the picture")


@dataclass(frozen=True)
class _Player:
    """Who repaints, and how. lora: Add-on weights that are switched on, or None."""

    loaded: Any
    lora: str | None
    steps: int
    guidance: float
    scheduler: str


@editor("inpaint", summary="repaints a place with a diffusion model", roles=("inpaint",),
        ops=("replace", "add", "remove", "recolor", "background"), presets=("lab", "sd15", "sdxl", "flux"),
        extra="diffusion", packages=("torch", "diffusers", "transformers"), context=0.5, min_context=8,
        feather=FEATHER)  # fmt: skip
class Inpaint(EditMethod):
    """Crops around the place, brings it to the model's own size, repaints it and judges the results."""

    Params = InpaintParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """1 to replace, add and remove; less where a method without a model keeps more of the picture."""
        own = set(step.params) <= set(InpaintParams.model_fields)
        if step.op == "background":
            described = bool(step.result) and named_color(step.result) is None and not CLASSICAL & set(step.params)
            return 0.5 if own and described and (step.target or "background").lower() in NOUNS else 0.0
        if step.op == "recolor":
            return 0.4 if own and (step.color or step.result) else 0.0
        return 1.0 if own else 0.0

    def area(self, scene: Scene) -> Region:
        """The thing and a rim, a box for something different, or the place of something new."""
        feather = FEATHER if scene.feather is None else scene.feather
        return _repaint.repaint_area(scene, scene.params.shape, scene.params.size, feather)

    def working_size(self, scene: Scene) -> WorkingSize:
        """The model's own size; sides are multiples of what its autoencoder and UNet divide by."""
        loaded = self._player(scene).loaded
        parts = loaded.parts
        if flux.is_flux(parts):
            own = loaded.facts.get("native_size") or parts["vae"].config.sample_size or 1024
            return WorkingSize(int(own), flux.multiple(parts), not scene.params.zoom)
        return unet_size(loaded, scene.params.zoom)

    def edit(self, request: EditRequest) -> EditOutput:
        """The best of the candidates. Outside of the area it is only nearly the picture."""
        params, step = request.params, request.step
        player = self._player(request.scene)
        said = _repaint.prompt_for(step, params.prompt, params.negative, player.loaded.facts)
        notes: list[str] = []
        facts = {
            "prompt": said.text, "negative": said.negative, "steps": player.steps, "guidance": player.guidance,
            "strength": self._strength(step, params, player.loaded), "model": player.loaded.facts.get("identity", ""),
        }  # fmt: skip

        def one(seed: int, label: str) -> Pixels:
            return self._one(request, player, said, seed, label, notes)

        return best_of(request, self._models(), said.text, said.text, notes, one, facts)

    def _models(self) -> Any:
        return models_of(self, "inpaint")

    def _player(self, scene: Scene) -> _Player:
        """The model for this step: the inpainter, its fast variant, or a plain model for the attention remover."""
        models, params, op = self._models(), scene.params, scene.step.op
        if op == "remove" and params.remover == "attention":
            loaded = models.get("generate" if models.has("generate") else "inpaint")
            if flux.is_flux(loaded.parts) or int(loaded["unet"].config.in_channels) != 4:
                raise UsageError(
                    "The attention remover needs a UNet with four input channels.",
                    "Leave remover=words, or give a text-to-image model: --set generate=PLACE",
                )
            return _Player(loaded, None, params.steps or 50, 1.0, _named(params, "ddim"))
        loaded = models.get("inpaint")
        if flux.is_flux(loaded.parts):
            guidance = params.guidance if params.guidance is not None else loaded.facts.get("guidance", FLUX_GUIDANCE)
            return _Player(loaded, None, params.steps or loaded.facts.get("steps", FLUX_STEPS), guidance, "auto")
        if params.fast:
            return self._fast(loaded, params)
        guidance = params.guidance if params.guidance is not None else loaded.facts.get("guidance", GUIDANCE)
        steps = params.steps or int(loaded.facts.get("steps", STEPS))
        return _Player(loaded, loaded.facts.get("active") or None, steps, float(guidance), params.scheduler)

    def _fast(self, loaded: Any, params: InpaintParams) -> _Player:
        """LCM weights: as an add-on of the inpainter, or a few-step model of its own (four channels, blended)."""
        few: Any = loaded
        lora: str | None = "lcm"
        if lora not in loaded.facts.get("loras", ()):
            models = self._models()
            if not models.has("lcm"):
                raise UsageError(
                    f"The preset '{models.preset.name}' has no few-step weights for fast=true.",
                    "Leave it out, or give a model: --set lcm=PLACE",
                )
            few = models.get("lcm")
            lora = few.facts.get("active") or None
        own = few.facts if few is not loaded else {}
        steps = params.steps or int(own.get("steps", FAST_STEPS))
        guidance = float(own.get("guidance", FAST_GUIDANCE)) if params.guidance is None else params.guidance
        return _Player(few, lora, steps, guidance, _named(params, "lcm"))

    def _strength(self, step: EditStep, params: InpaintParams, loaded: Any) -> float:
        if params.strength is not None:
            return params.strength
        if step.op == "remove" and params.remover == "attention":
            return ERASE_STRENGTH
        usual = STRENGTH.get(step.op, 1.0)
        unet = loaded.get("unet")
        large = unet is not None and getattr(unet.config, "addition_embed_type", None) == "text_time"
        return min(usual, STRENGTH_XL) if large else usual

    def _one(
        self, request: EditRequest, player: _Player, said: _repaint.Prompt, seed: int, label: str, notes: list[str]
    ) -> Pixels:
        """One result; with what it had to say in `notes`."""
        params, loaded = request.params, player.loaded
        mask = (request.area > masks.HARD).astype(np.float32) if (request.area > masks.HARD).any() else request.area
        strength = self._strength(request.step, params, loaded)
        if flux.is_flux(loaded.parts):
            return self._flux(request, player, said.text, seed, label, notes)
        erasing = request.step.op == "remove" and params.remover == "attention"
        text = "" if erasing else said.text
        spoken = speak(loaded.parts, text, said.negative if player.guidance > 1 else "", loaded.device)
        if spoken.cut:
            notes.append(note_of(spoken.cut))
        job = Job(
            request.pixels, mask, spoken, seed, player.steps, player.guidance, strength, player.scheduler, label
        )  # fmt: skip
        parts = loaded.parts
        if loaded.facts.get("offloaded"):  # a preview would send the UNet away at every step
            parts = {n: p for n, p in parts.items() if n != "preview"}
        hold = hold_for(request, self._models(), loaded)
        painter = Painter(parts, request.report, notes, loaded.device, hold)
        if not erasing:
            with loaded.lora(player.lora):
                return painter.paint(job)

        def hide(asked: Job, grid: Any) -> AbstractContextManager[Noise]:
            from finetouch.diffusion.erase import GUIDANCE as PUSH
            from finetouch.diffusion.erase import eraser

            return eraser(loaded.parts, asked, grid, spoken, PUSH if params.guidance is None else params.guidance)

        with loaded.lora(None):
            return painter.paint(job, hide)

    def _flux(
        self, request: EditRequest, player: _Player, prompt: str, seed: int, label: str, notes: list[str]
    ) -> Pixels:
        parts = player.loaded.parts
        strength = self._strength(request.step, request.params, player.loaded)
        cut = flux.cut_words(parts, prompt)
        if cut:
            notes.append(note_of(cut))

        def paint(exact: bool) -> Pixels:
            return flux.paint(
                parts, request.pixels, request.area, prompt, seed, request.report, steps=player.steps,
                guidance=player.guidance, strength=strength, label=label, exact=exact,
            )  # fmt: skip

        try:
            return paint(False)
        except BrokenOutput:
            notes.append("The model's first output was unusable; its autoencoder ran in full precision.")
            return paint(True)


def _named(params: InpaintParams, usual: str) -> str:
    return usual if params.scheduler == "auto" else params.scheduler
