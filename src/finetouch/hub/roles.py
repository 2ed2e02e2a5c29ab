"""What a role is: which architectures can play it, and where else a model for it may come from."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from finetouch.errors import UsageError
from finetouch.hub.presets import Part, Place, Preset, Role

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True)
class Kind:
    """One role.

    Attributes:
        does: What it is for, for people.
        accepts: Regular expression of the class names that can play it.
        wants: The same for people.
    """

    does: str
    accepts: str
    wants: str


_SD = r"StableDiffusion(XL)?(Inpaint|Img2Img)?Pipeline|LatentConsistencyModel(Img2Img)?Pipeline"
ROLES: dict[str, Kind] = {
    "grounder": Kind(
        "finds what a phrase means",
        r"(MM)?GroundingDinoForObjectDetection|CLIPSegForImageSegmentation",
        "a Grounding DINO or CLIPSeg model",
    ),
    "segmenter": Kind("cuts out what a point or box marks", r"Sam(2|HQ)?Model", "a SAM or SAM 2 model"),
    "semantic": Kind(
        "names every pixel", r"SegformerForSemanticSegmentation", "a Segformer model for semantic segmentation"
    ),
    "clip": Kind("compares pictures with words", r"CLIPModel", "a CLIP model"),
    "inpaint": Kind(
        "paints a new thing into a hole",
        rf"{_SD}|Flux(Fill|Inpaint|Img2Img)?Pipeline",
        "a Stable Diffusion, SDXL or FLUX pipeline (with 9 or 4 input channels)",
    ),
    "generate": Kind(
        "makes a picture from words", rf"{_SD}|Flux(Img2Img)?Pipeline|DD[PI]MPipeline", "a text-to-image pipeline"
    ),
    "lcm": Kind("makes a picture in a few steps", _SD, "a few-step Stable Diffusion pipeline"),
    "vlm": Kind(
        "reads picture and words",
        r"\w+ForConditionalGeneration|\w+ForImageTextToText",
        "a vision-language model such as LLaVA or Qwen-VL",
    ),
    "instruct": Kind(
        "follows an instruction on a picture",
        r"StableDiffusion(XL)?InstructPix2PixPipeline|FluxKontext(Inpaint)?Pipeline|QwenImageEdit(Plus|Inpaint)?Pipeline",
        "an InstructPix2Pix, FLUX Kontext or Qwen-Image-Edit pipeline",
    ),
    "guide": Kind("steers a sampler towards words", r"CLIPModel", "a CLIP model"),
    "perceptual": Kind(
        "tells how different pictures look",
        r"Vgg16|AlexNet|AutoencoderKL|CLIPModel|SegformerForSemanticSegmentation|UperNetForSemanticSegmentation|\w+Model",
        "a vision model with feature maps, an AutoencoderKL, or VGG or AlexNet weights",
    ),
    "mask_generator": Kind(
        "proposes where a new thing goes, and its outline",
        r"MaskPredictor|UNet2DConditionModel",
        "what finetouch train mask-generator makes",
    ),
    "judge": Kind("scores results", r"\w+", "any model"),
}


def check_kind(role: str, cls: str, where: str) -> None:
    """Raises `UsageError` when a class cannot play a role.

    Args:
        role: The role. cls: Class name without its module. where: The place, for the message.
    """
    kind = ROLES.get(role)
    if kind is not None and not re.fullmatch(kind.accepts, cls):
        raise UsageError(
            f"'{where}' holds a {cls}, which cannot play the role '{role}' ({kind.does}).",
            f"Give {kind.wants}.",
        )


def read_place(text: str) -> Place:
    """A place as users write it: a folder, "org/name", or "org/name@revision".

    Raises:
        UsageError: It is neither an existing folder nor a name the hub could have.
    """
    path = Path(text).expanduser()
    if text.strip() and path.is_dir():
        return Place(folder=path.resolve())
    if path.is_file():
        raise UsageError(f"'{text}' is a single file.", "Give a folder in the hub's layout, or a hub id.")
    looks_local = text.startswith((".", "~", os.sep)) or "\\" in text
    name, _, revision = text.partition("@")
    if looks_local or not _HUB_ID.fullmatch(name) or ".." in name:
        raise UsageError(f"There is no folder '{text}'.", "Give a folder, or a hub id such as org/name.")
    return Place(id=name, revision=revision or "main")


def settle(preset: Preset, overrides: Mapping[str, str]) -> dict[str, Role]:
    """The roles of a preset with other places put in (``{"inpaint": "./mine", "inpaint.vae": "org/vae"}``).

    Raises:
        UsageError: A role does not exist, or a place cannot be read.
    """
    roles = dict(preset.roles)
    for key, text in overrides.items():
        name, _, part = key.partition(".")
        if name not in ROLES and name not in roles:
            raise UsageError(f"There is no role called '{name}'.", f"Roles: {', '.join(ROLES)}.")
        place = read_place(text)
        old = roles.get(name, Role(name))
        if not part:
            roles[name] = Role(name, place=place, dtype=old.dtype)
            continue
        if name not in roles:
            raise UsageError(
                f"The preset '{preset.name}' has no model for the role '{name}' whose '{part}' could be exchanged.",
                f"Give the whole role: --set {name}=PLACE",
            )
        home = None if old.place is None else replace(old.place, without=(*old.place.without, part))
        roles[name] = replace(old, place=home, parts={**old.parts, part: Part("", place)})
    return roles
