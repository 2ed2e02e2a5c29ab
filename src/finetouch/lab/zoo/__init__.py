"""The lab's tiny trained models: real diffusers and transformers classes in the hub's folder layout.

Every folder beside this file opens with plain ``from_pretrained`` of the class that its model card names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetouch.errors import DependencyMissing, ModelMissing

HERE = Path(__file__).parent
MODELS = ("clip", "vae", "unet", "inpaint", "lcm", "segformer", "grounder", "sam", "judge")
"""The family, in the order in which it is trained."""
REFINED = {"vae": "vae-decoder", "clip": "clip-eyes", "inpaint": "inpaint-holes"}
"""Models that are trained once more, wholly or in part, by a recipe of that name."""


@dataclass(frozen=True)
class Zoo:
    """A family of lab models in a folder: the one in the package, or one being trained.

    Attributes:
        folder: With one folder per model, or with ``NAME/model`` as ``finetouch train lab`` leaves it.
    """

    folder: Path = HERE

    def has(self, name: str) -> bool:
        """Whether this model is there."""
        return self._path(name) is not None

    def path(self, name: str) -> Path:
        """Folder of a model; raises `ModelMissing` naming the command that makes it."""
        found = self._path(name)
        if found is None:
            raise ModelMissing(
                f"The lab model '{name}' is not in {self.folder}.", f"Train it: finetouch train lab {name}"
            )
        return found

    def _path(self, name: str) -> Path | None:
        last = REFINED.get(name, name)
        for path in (self.folder / last / "model", self.folder / name / "model", self.folder / name):
            if any(path.glob("*.safetensors")):
                return path
        return None

    def load(self, cls: str, name: str) -> Any:
        """A model by class name of diffusers or transformers, in float32 on the CPU, frozen."""
        try:
            import diffusers
            import torch
            import transformers
        except ImportError as error:
            raise DependencyMissing(error.name or "torch", "diffusion", "The lab's models") from error
        path = self.path(name)
        if hasattr(transformers, cls):
            model = getattr(transformers, cls).from_pretrained(path, dtype=torch.float32)
        else:
            model = getattr(diffusers, cls).from_pretrained(path, torch_dtype=torch.float32)
        return model.eval().requires_grad_(False)
