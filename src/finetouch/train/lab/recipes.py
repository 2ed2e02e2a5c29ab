"""Every recipe of the family by name, and what each of them builds on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from finetouch.errors import UsageError
from finetouch.train.lab import clip, eyes, grounder, judge, lcm, sam, segformer, unet, vae
from finetouch.train.lab.loop import Recipe
from finetouch.train.lab.pool import Pool
from finetouch.train.lab.scale import Scale
from finetouch.train.lab.views import Views
from finetouch.types import Reporter

_JUDGED = 2_000_000
"""First scene of the judge's own training pool; no other model comes near it."""


class Workshop:
    """The folder in which a family is trained: pools, views, checkpoints, finished models.

    Args:
        folder: Where. scale: Sizes. device: To train on. report: Progress of everything that has to be prepared.
    """

    def __init__(self, folder: Path, scale: Scale, device: str = "cpu", report: Reporter | None = None) -> None:
        self.folder, self.scale, self.device, self.report = folder, scale, device, report or Reporter()

    def pool(self, first: int = 0, count: int | None = None) -> Pool:
        """Training scenes, as large as any model sees them."""
        side = self.scale.sight
        name = f"pool-{side}" if first == 0 else f"pool-{side}-{first}"
        return Pool.open(
            self.folder / name, count or self.scale.pool, side, first=first, report=self.report,
            larger=self.scale.larger,
        )  # fmt: skip

    def model(self, name: str) -> Path:
        """Folder of a finished model; raises `UsageError` naming the command that makes it."""
        path = self.folder / name / "model"
        if not path.exists():
            command = f"finetouch train lab {name} --scale {self.scale.name} --out {self.folder}"
            raise UsageError(f"This needs the lab's '{name}', which is not trained yet.", f"First run: {command}")
        return path

    def vae(self) -> Any:
        """The finished autoencoder, frozen."""
        import torch
        from diffusers import AutoencoderKL

        found = AutoencoderKL.from_pretrained(self.model("vae"), torch_dtype=torch.float32)
        return found.eval().requires_grad_(False)

    def views(self, framed: float = 0.0) -> Views:
        """Encoded examples for the diffusion models; with `framed` others, see `make_view`."""
        vae_model, name, seed = self.vae().to(self.device), *(("views-framed", 2) if framed else ("views", 1))
        return Views.open(
            self.folder / name, self.pool(), vae_model, self.scale.views, self.scale.size, seed, framed, self.report
        )


def _inpaint(work: Workshop) -> Recipe:
    return unet.recipe("inpaint", work.scale, work.views(), work.model("clip"), work.vae())


def _holes(work: Workshop) -> Recipe:
    return unet.holes_recipe(work.scale, work.views(framed=0.6), work.model("clip"), work.vae(), work.model("inpaint"))


def _generate(work: Workshop) -> Recipe:
    vae_model = work.vae()
    start = unet.plain_from(work.model("inpaint"), vae_model, work.scale)
    return unet.recipe("unet", work.scale, work.views(), work.model("clip"), vae_model, start, everything=1.0)


RECIPES: dict[str, Callable[[Workshop], Recipe]] = {
    "vae": lambda w: vae.recipe(w.scale, w.pool()),
    "vae-decoder": lambda w: vae.decoder_recipe(w.scale, w.pool(), w.model("vae")),
    "clip": lambda w: clip.recipe(w.scale, w.pool()),
    "clip-eyes": lambda w: eyes.recipe(w.scale, w.pool(), w.model("clip")),
    "inpaint": _inpaint,
    "inpaint-holes": _holes,
    "unet": _generate,
    "lcm": lambda w: lcm.recipe(w.scale, w.views(), w.model("unet"), w.model("clip"), w.vae()),
    "segformer": lambda w: segformer.recipe(w.scale, w.pool()),
    "grounder": lambda w: grounder.recipe(w.scale, w.pool(), w.model("clip")),
    "sam": lambda w: sam.recipe(w.scale, w.pool(), w.model("grounder")),
    "judge": lambda w: judge.recipe(w.scale, w.pool(_JUDGED, w.scale.pool // 4)),
}
"""Name to what makes its recipe, in the order in which a family is trained."""


def recipe(name: str, work: Workshop) -> Recipe:
    """The recipe of one model; raises `UsageError` for an unknown name."""
    if name not in RECIPES:
        raise UsageError(f"There is no lab model '{name}'.", f"Choose one of: {', '.join(RECIPES)}.")
    made = RECIPES[name](work)
    made.device = work.device
    return made
