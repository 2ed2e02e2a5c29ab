"""The bundled models open with plain from_pretrained, carry a card, and stay small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from finetouch.errors import ModelMissing
from finetouch.lab.zoo import HERE, MODELS, Zoo

pytest.importorskip("diffusers")

CLASSES = {
    "clip": "CLIPModel", "vae": "AutoencoderKL", "unet": "UNet2DConditionModel", "inpaint": "UNet2DConditionModel",
    "segformer": "SegformerForSemanticSegmentation", "grounder": "CLIPSegForImageSegmentation", "sam": "SamModel",
    "judge": "UperNetForSemanticSegmentation",
}  # fmt: skip
THERE = [name for name in MODELS if Zoo().has(name)]


@pytest.mark.parametrize("name", THERE)
def test_bundled_model_opens_and_has_a_card(name: str) -> None:
    if name in CLASSES:
        model = Zoo().load(CLASSES[name], name)
        assert not model.training and all(np.isfinite(p.detach().numpy()).all() for p in model.parameters())
    card = (HERE / name / "README.md").read_text()
    for part in ("license: apache-2.0", "**Data**", "**Recipe**", "**Measured**", "seed"):
        assert part in card


def test_the_family_stays_small() -> None:
    sizes = {folder: sum(p.stat().st_size for p in (HERE / folder).rglob("*.safetensors")) for folder in MODELS}
    assert sum(sizes.values()) <= 25e6
    assert sum(p.stat().st_size for p in HERE.rglob("*.safetensors")) <= 29e6, "with those of the methods"


def test_missing_model_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        Zoo(tmp_path).path("sam")
    assert "finetouch train lab sam" in (caught.value.hint or "")
