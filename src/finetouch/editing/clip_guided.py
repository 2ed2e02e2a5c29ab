"""CLIP-guided editing: a sampler steered by words inside of a region while squares and LPIPS hold the rest.

Local CLIP-guided diffusion, Blended Diffusion (Avrahami et al., CVPR 2022), Blended Latent Diffusion (SIGGRAPH 2023),
and all of them at once are one code path with two switches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from finetouch import contracts
from finetouch.contracts import EditMethod, EditOutput, EditRequest, Scene, WorkingSize
from finetouch.diffusion import guided
from finetouch.diffusion.codec import Codec, latent_mask
from finetouch.diffusion.distance import Name as Distance
from finetouch.diffusion.guidance import ClipEnergy, Guide, Through, out_of_range
from finetouch.diffusion.perceptual import Perceptual
from finetouch.diffusion.preservation import Preservation, Term
from finetouch.diffusion.preview import Preview
from finetouch.diffusion.prompts import Spoken, note_of
from finetouch.diffusion.sampler import PREVIEWS, Job
from finetouch.diffusion.schedule import course
from finetouch.diffusion.steered import Decoder, Denoiser, Seer, seer
from finetouch.editing import _ranking, _repaint
from finetouch.editing._generators import COARSE, FEATHER, models_of, unet_size
from finetouch.editing.background import NOUNS
from finetouch.errors import BrokenOutput, UsageError
from finetouch.imaging import masks
from finetouch.imaging.color import named_color
from finetouch.registry import editor
from finetouch.types import EditStep, Pixels, Region

if TYPE_CHECKING:
    from finetouch.engine.models import Models

FITS = {"replace": 0.2, "add": 0.2, "recolor": 0.1}
TEMPLATES = ("a photo of {}", "{}")
PIXEL: dict[str, Any] = {  # Blended Diffusion
    "steps": 100, "skip": 25, "lambda_clip": 1000.0, "lambda_lpips": 1000.0, "lambda_l2": 10000.0, "lambda_range": 50.0,
    "balance": False, "sampler": "ddpm", "guidance": 1.0,
}  # fmt: skip
LATENT: dict[str, Any] = {
    "steps": 50, "skip": 0, "lambda_clip": 0.1, "lambda_lpips": 0.05, "lambda_l2": 0.05, "lambda_range": 0.0,
    "balance": True, "sampler": "ddim", "guidance": 7.5,
}  # fmt: skip


class ClipGuidedParams(contracts.Params):
    """How to guide. What is not given is the preset's own value, else that of the papers."""

    prompt: str | None = Field(None, description="words for model and CLIP instead of those made from the instruction")
    negative: str | None = Field(None, description="what must not be seen; for models that hear words")
    variant: guided.Variant = Field(
        "both",
        description="local: background terms; blended: the source put back after every step; both; free: neither",
    )
    lambda_clip: float | None = Field(None, ge=0, le=1e6, description="weight of CLIP inside of the region")
    lambda_lpips: float | None = Field(None, ge=0, le=1e6, description="weight of LPIPS outside of it")
    lambda_l2: float | None = Field(None, ge=0, le=1e6, description="weight of the mean square outside of it")
    lambda_range: float | None = Field(None, ge=0, le=1e6, description="weight of values that no picture has")
    balance: bool | None = Field(
        None, description="lambdas are shares of the noise's length (latents) instead of factors of values (pixels)"
    )
    steps: int | None = Field(None, ge=1, le=1000, description="denoising steps; default 100 on pixels, 50 on latents")
    skip: int | None = Field(None, ge=0, le=999, description="first steps left out: how much of the source stays")
    start: guided.Start = Field("auto", description="auto: from the noised source when steps are skipped, else noise")
    sampler: guided.Sampler | None = Field(None, description="ddim, or ddpm (ancestral)")
    eta: float = Field(0.0, ge=0, le=1, description="DDIM's share of fresh noise")
    guidance: float | None = Field(
        None, ge=0, le=100, description="classifier-free guidance, for models that hear words"
    )
    copies: int | None = Field(None, ge=1, le=64, description="views that CLIP gets of each picture; default 8")
    distance: Distance = Field("spherical", description="spherical or cosine distance of CLIP features")
    through: Through | None = Field(
        None, description="unet: exact slope; frozen: without the model's, three times as fast"
    )
    decoder: Decoder | None = Field(
        None,
        description="what is looked at and differentiated: full, the model's own decoder; small, the one for previews "
        "(else the own one with the slope of a linear fit); linear, the fit alone",
    )
    role: Literal["generate", "inpaint"] | None = Field(
        None, description="whose UNet: the text-to-image model's, or the inpainter's, which sees the surroundings"
    )
    surround: Literal["grey", "source"] = Field("grey", description="what CLIP sees around the region")
    lean: bool = Field(False, description="less memory, a little slower: activations are computed again")
    samples: int = Field(1, ge=1, le=64, description="how many to make; the best by a model other than the guide wins")
    batch: int = Field(1, ge=1, le=64, description="how many are made at a time")
    zoom: bool = Field(True, description="work on a crop around the place; false: on the whole picture, made smaller")
    shape: _repaint.Shape = Field("auto", description="keep the outline, give free room, or decide by the operation")
    size: float | None = Field(None, gt=0, le=1, description="add: height as a share of the picture")


@dataclass(eq=False)
class _Work:
    """All that one edit needs, put together once. settled: Parameters with the defaults filled in."""

    request: EditRequest
    denoiser: Denoiser
    seer: Seer | None
    perceptual: Perceptual | None
    spoken: Spoken | None
    words: str
    settled: dict[str, Any]
    notes: list[str] = field(default_factory=list)


@editor("clip-guided", summary="steers a diffusion model by CLIP inside of a region and holds the rest",
        roles=("generate", "clip"), uses=("inpaint", "guide", "perceptual", "grounder"), selector="segformer-clip",
        ops=("replace", "add", "recolor", "background"), presets=("lab", "sd15", "sdxl"), extra="diffusion",
        packages=("torch", "diffusers", "transformers"), context=0.5, min_context=8, feather=FEATHER)  # fmt: skip
class ClipGuided(EditMethod):
    """Samples a crop around the place under the slope of CLIP, LPIPS and squares, and ranks the results."""

    Params = ClipGuidedParams

    @classmethod
    def fits(cls, step: EditStep) -> float:
        """Less than the inpainters: it is slower and meant to be asked for."""
        if not set(step.params) <= set(ClipGuidedParams.model_fields):
            return 0.0
        if step.op == "background":
            described = bool(step.result) and named_color(step.result) is None
            return 0.1 if described and (step.target or "background").lower() in NOUNS else 0.0
        return FITS.get(step.op, 0.0) if step.result or step.color or step.params.get("prompt") else 0.0

    def area(self, scene: Scene) -> Region:
        """The thing and a rim, a box for something different, or the place of something new."""
        feather = FEATHER if scene.feather is None else scene.feather
        return _repaint.repaint_area(scene, scene.params.shape, scene.params.size, feather)

    def working_size(self, scene: Scene) -> WorkingSize:
        """The model's own size; sides are multiples of what its autoencoder and UNet divide by."""
        models = models_of(self, "clip-guided")
        loaded = models.get(sampler_role(models, scene.params.role))
        if loaded.get("vae") is not None:
            return unet_size(loaded, scene.params.zoom)
        config = loaded["unet"].config
        size = config.sample_size
        side = int(loaded.facts.get("native_size") or (max(size) if isinstance(size, (list, tuple)) else size or 256))
        return WorkingSize(side, 2 ** (len(config.block_out_channels) - 1), not scene.params.zoom)

    def edit(self, request: EditRequest) -> EditOutput:
        """The best of the samples. Outside of the area it is as near to the picture as the variant keeps it."""
        work = self._prepared(request)
        settled, notes = work.settled, work.notes
        if request.scale < COARSE:
            notes.append(
                f"The area is large: the model worked at {100 * request.scale:.0f} % of its size, so its new part is "
                "softer than the picture."
            )
        seeds = [int(s) for s in request.rng.integers(2**31 - 1, size=request.params.samples)]
        made: list[Pixels] = []
        logs: list[list[dict[str, float]]] = []
        for at in range(0, len(seeds), request.params.batch):
            part = tuple(seeds[at : at + request.params.batch])
            pictures, log = self._batch(work, part, f"{at + 1} of {len(seeds)}" if len(seeds) > 1 else "")
            made += pictures
            logs += [log] * len(pictures)
        models = models_of(self, "clip-guided")
        best, judge, scores = _ranking.rank(models, made, request.area, request.step, work.words, request.report)
        if judge:
            notes.append(f"Made {len(made)} results; number {best + 1} was taken, judged by {judge}.")
        elif len(made) > 1:
            notes.append(f"Made {len(made)} results; no model but the guide could judge them, took the first.")
        facts = {
            "prompt": work.words, **settled, "seed": seeds[best], "scale": round(request.scale, 3),
            "working_size": [made[0].shape[1], made[0].shape[0]], "guide": models.identity(_ranking.guide_of(models)),
            "model": models.get(settled["role"]).facts.get("identity", ""), "losses": logs[best],
        }  # fmt: skip
        if judge:
            facts |= {"judge": judge, "scores": scores}
        return EditOutput(made[best], notes=tuple(dict.fromkeys(notes)), facts=facts)

    def _prepared(self, request: EditRequest) -> _Work:
        params, models = request.params, models_of(self, "clip-guided")
        role = sampler_role(models, params.role)
        loaded = models.get(role, request.report)
        if "unet" not in loaded.parts:
            raise UsageError(
                "CLIP guidance works with a UNet; this model has a transformer.", "Take --preset lab, sd15 or sdxl."
            )
        if loaded.facts.get("offloaded"):
            raise UsageError(
                "CLIP guidance needs the whole model on the device at once, and there is no room for it.",
                "Free memory, or take the processor: --device cpu",
            )
        denoiser = Denoiser(loaded.parts, loaded.device)
        settled = settle(params, _numbers(models), pixels=denoiser.codec is None) | {"role": role}
        said = _repaint.prompt_for(request.step, params.prompt, params.negative, loaded.facts)
        notes: list[str] = []
        spoken = denoiser.speak(said.text, said.negative if settled["guidance"] > 1 else "")
        if spoken is not None and spoken.cut:
            notes.append(note_of(spoken.cut))
        eyes = perceptual = None
        if settled["lambda_clip"] > 0:
            guide = models.get(_ranking.guide_of(models), request.report)
            eyes = seer(guide["model"], guide.parts)
        if params.variant in ("both", "local") and settled["lambda_lpips"] > 0:
            if models.ready("perceptual"):
                perceptual = Perceptual.of(models.get("perceptual", request.report))
            else:
                notes.append("The preset has no model for the role 'perceptual'; squares alone hold the background.")
        return _Work(request, denoiser, eyes, perceptual, spoken, said.text, settled, notes)

    def _batch(self, work: _Work, seeds: tuple[int, ...], label: str) -> tuple[list[Pixels], list[dict[str, float]]]:
        """Pictures for some seeds and the log of their losses; once more in full precision when they are broken."""
        try:
            return _sampled(work, seeds, label, exact=False)
        except BrokenOutput:
            work.notes.append("The model's first output was unusable; its autoencoder ran in full precision.")
        return _sampled(work, seeds, label, exact=True)


def sampler_role(models: Models, asked: str | None = None) -> str:
    """Whose UNet samples: as asked for, else as the preset says, else the text-to-image model's."""
    said = "generate" if "generate" in models.overrides else _numbers(models).get("role", "generate")
    return asked or str(said)


def _numbers(models: Models) -> dict[str, Any]:
    """What the preset says about this method."""
    return dict(dict(models.roles["generate"].facts).get("clip_guided", {}))


def settle(params: ClipGuidedParams, numbers: dict[str, Any], pixels: bool) -> dict[str, Any]:
    """The numbers that count: the user's, else the preset's (``clip_guided`` in its facts), else the papers'."""
    usual = {**(PIXEL if pixels else LATENT), "through": "unet", "decoder": "full", "copies": 8}
    usual |= numbers
    given = {k: getattr(params, k) for k in usual if getattr(params, k, None) is not None}
    settled = {k: v for k, v in {**usual, **given}.items() if k in ClipGuidedParams.model_fields}
    if "balance" in given and "balance" not in numbers and given["balance"] != usual["balance"]:
        # Weights of the other kind would mean something else.
        other = LATENT if given["balance"] else PIXEL
        settled |= {k: other[k] for k in other if k.startswith("lambda_") and k not in given}
    settled["skip"] = min(settled["skip"], settled["steps"] - 1)
    settled |= {k: getattr(params, k) for k in ("variant", "start", "eta", "distance", "surround", "lean")}
    return settled


def _sampled(
    work: _Work, seeds: tuple[int, ...], label: str, exact: bool
) -> tuple[list[Pixels], list[dict[str, float]]]:
    import torch

    request, settled, denoiser = work.request, work.settled, work.denoiser
    others = [m for m in (work.seer and work.seer.model, work.perceptual and _model(work.perceptual)) if m is not None]
    with denoiser.ready(settled["lean"], exact, *others):
        picture, clean = denoiser.source(request.pixels)
        area = torch.from_numpy(_hard(request.area))[None, None].to(picture)
        grid = area
        if isinstance(denoiser.codec, Codec):
            grid = torch.from_numpy(latent_mask(_hard(request.area), denoiser.codec.factor))[None, None].to(picture)
        views = torch.Generator("cpu").manual_seed(seeds[0] + 1)
        guide = Guide(
            _terms(work, picture, area, views), denoiser.decoder(settled["decoder"], clean),
            settled["balance"], settled["through"], settled["lean"],
        )  # fmt: skip
        steps = course(denoiser.parts["scheduler"], settled["steps"], settled["skip"])
        noisy = settled["start"] == "noise" or (settled["start"] == "auto" and settled["skip"] == 0)
        how = guided.Course(
            steps, seeds, settled["variant"] in ("both", "blended"), settled["sampler"], settled["eta"], noisy
        )  # fmt: skip
        job = Job(request.pixels, request.area, work.spoken, seeds[0]) if work.spoken is not None else None
        predict = denoiser.predict(work.spoken, settled["guidance"], job, _shown(work, picture, area, grid))
        show = _shower(work, clean, len(steps), " ".join(filter(None, [work.words, label])))
        states = guided.sample(predict, clean, grid, guide, how, request.report, show)
        return denoiser.finished(states, request.pixels), guide.log


def _shown(work: _Work, picture: Any, area: Any, grid: Any) -> Any:
    """What an inpainting UNet sees of the picture: all but the area; image to image shows it nothing."""
    import torch

    if work.settled["variant"] == "free":
        area, grid = torch.ones_like(area), torch.ones_like(grid)
    return work.denoiser.shown(picture, area, grid)


def _terms(work: _Work, picture: Any, area: Any, views: Any) -> list[Term]:
    """The energy's parts with their weights."""
    settled, terms = work.settled, []
    if work.seer is not None:
        subject = work.words
        vector = work.seer.words([t.format(subject) for t in TEMPLATES])
        behind = picture if settled["surround"] == "source" else None
        energy = ClipEnergy(
            work.seer.encode, vector, area, work.seer.side, settled["copies"], settled["distance"], behind, views,
            at_once=1 if settled["lean"] else 0,
        )  # fmt: skip
        terms.append(Term("clip", settled["lambda_clip"], energy, settles=False))
    if settled["lambda_range"] > 0:
        terms.append(Term("range", settled["lambda_range"], out_of_range, bare=True))
    if settled["variant"] in ("both", "local"):
        held = Preservation(picture, 1 - area, settled["lambda_l2"], settled["lambda_lpips"], work.perceptual)
        terms += held.terms()
    return terms


def _shower(work: _Work, clean: Any, total: int, label: str) -> Callable[[int, Any, Any], None]:
    """Tells the progress, with a small picture now and then."""
    latent = work.denoiser.codec is not None
    shown = Preview(clean, work.request.pixels, work.denoiser.parts.get("preview")) if latent else None
    every = max(1, total // PREVIEWS)

    def show(number: int, state: Any, guess: Any) -> None:
        picture = None
        if shown is not None and number % every == every - 1:
            picture = shown(guess[:1])
        work.request.report.update("denoise", number + 1, total, label, picture)

    return show


def _hard(area: masks.Mask) -> masks.Mask:
    on = area > masks.HARD
    return on.astype(np.float32) if on.any() else (area > 0).astype(np.float32)


def _model(perceptual: Perceptual) -> Any:
    return getattr(perceptual.maps, "model", None)
