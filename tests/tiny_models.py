"""The real diffusers and transformers classes at tiny random size, written in the hub's folder layout."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import torch

WORDS = ("a", "the", "photo", "of", "red", "green", "blue", "cat", "dog", "cup", "ball", "tree", "house", "background")


def tokenizer(folder: Path) -> Path:
    """A CLIP tokenizer of its own with whole words, saved in `folder`."""
    from transformers import CLIPTokenizer

    letters = [*"abcdefghijklmnopqrstuvwxyz", *(f"{c}</w>" for c in "abcdefghijklmnopqrstuvwxyz")]
    merges = []
    for word in WORDS:
        pieces = [*word[:-1], f"{word[-1]}</w>"]
        while len(pieces) > 1:
            merges.append((pieces[0], pieces[1]))
            pieces = [pieces[0] + pieces[1], *pieces[2:]]
    merges = list(dict.fromkeys(merges))
    tokens = dict.fromkeys([*letters, *("".join(m) for m in merges), "<|startoftext|>", "<|endoftext|>"])
    vocab = {token: number for number, token in enumerate(tokens)}
    CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=16).save_pretrained(str(folder))
    return folder


def text_config(width: int = 16) -> dict[str, int]:
    return {
        "vocab_size": 400, "hidden_size": width, "intermediate_size": 2 * width, "num_hidden_layers": 1,
        "num_attention_heads": 2, "max_position_embeddings": 16, "projection_dim": width,
    }  # fmt: skip


def vision_config(width: int = 16) -> dict[str, int]:
    return {
        "hidden_size": width, "intermediate_size": 2 * width, "num_hidden_layers": 1, "num_attention_heads": 2,
        "image_size": 32, "patch_size": 8, "projection_dim": width,
    }  # fmt: skip


def clip(folder: Path) -> Path:
    """CLIP with tokenizer and image processor."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    torch.manual_seed(1)
    config = CLIPConfig(text_config=text_config(), vision_config=vision_config(), projection_dim=16)
    CLIPModel(config).save_pretrained(str(folder))
    images = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    images.save_pretrained(str(folder))
    return tokenizer(folder)


def vae(blocks: int = 2):
    """An autoencoder; 4 blocks make its latents 8 times smaller, as in the large models."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8,) * blocks, norm_num_groups=4, latent_channels=4, sample_size=32,
        down_block_types=("DownEncoderBlock2D",) * blocks, up_block_types=("UpDecoderBlock2D",) * blocks,
    )  # fmt: skip


def unet(channels: int = 4, width: int = 16, outer: bool = True, **more):
    """A denoiser; `outer` puts attention at full resolution too, as SD 1.5 does and SDXL does not."""
    from diffusers import UNet2DConditionModel

    down, up = ("CrossAttnDownBlock2D", "DownBlock2D"), ("UpBlock2D", "CrossAttnUpBlock2D")
    return UNet2DConditionModel(
        in_channels=channels, out_channels=4, sample_size=16, block_out_channels=(8, 16), norm_num_groups=4,
        layers_per_block=1, cross_attention_dim=width, attention_head_dim=4,
        down_block_types=down if outer else down[::-1], up_block_types=up if outer else up[::-1], **more,
    )  # fmt: skip


def stable_diffusion(folder: Path, channels: int = 9, variant: str | None = None, blocks: int = 2) -> Path:
    """A whole Stable Diffusion (inpainting for 9 channels) pipeline, saved by diffusers itself."""
    from diffusers import DDIMScheduler, StableDiffusionInpaintPipeline, StableDiffusionPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(channels)
    words = CLIPTokenizer.from_pretrained(str(tokenizer(folder / "words")))
    kind = StableDiffusionInpaintPipeline if channels == 9 else StableDiffusionPipeline
    made = kind(
        vae=vae(blocks), text_encoder=CLIPTextModel(CLIPTextConfig(**text_config())), tokenizer=words,
        unet=unet(channels),
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip
    (made.to(torch.float16) if variant else made).save_pretrained(str(folder), variant=variant)
    return folder


def stable_diffusion_xl(folder: Path, channels: int = 9, blocks: int = 2) -> Path:
    """SDXL with its two text encoders."""
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLInpaintPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    torch.manual_seed(channels)
    words = CLIPTokenizer.from_pretrained(str(tokenizer(folder / "words")))
    core = unet(
        channels, 32, outer=blocks == 2, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 16, transformer_layers_per_block=1, use_linear_projection=True,
    )  # fmt: skip
    StableDiffusionXLInpaintPipeline(
        vae=vae(blocks), text_encoder=CLIPTextModel(CLIPTextConfig(**text_config())),
        text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**text_config())), tokenizer=words,
        tokenizer_2=words, unet=core, scheduler=EulerDiscreteScheduler(),
    ).save_pretrained(str(folder))  # fmt: skip
    return folder


def clipseg(folder: Path) -> Path:
    """A grounder: CLIPSeg with tokenizer and image processor."""
    from transformers import CLIPSegConfig, CLIPSegForImageSegmentation, ViTImageProcessor

    torch.manual_seed(2)
    config = CLIPSegConfig(
        text_config=text_config(), vision_config={**vision_config(), "num_hidden_layers": 3}, projection_dim=16,
        extract_layers=[1, 2], reduce_dim=8, decoder_num_attention_heads=2, decoder_intermediate_size=16,
    )  # fmt: skip
    CLIPSegForImageSegmentation(config).save_pretrained(str(folder))
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(str(folder))
    return tokenizer(folder)


def segformer(folder: Path) -> Path:
    """Names every pixel with one of five classes."""
    from transformers import SegformerConfig, SegformerForSemanticSegmentation, SegformerImageProcessor

    torch.manual_seed(4)
    names = dict(enumerate(("wall", "ball", "cat", "cup", "tree")))
    config = SegformerConfig(
        depths=[1, 1], num_encoder_blocks=2, hidden_sizes=[8, 16], num_attention_heads=[1, 2], strides=[4, 2],
        sr_ratios=[2, 1], patch_sizes=[7, 3], mlp_ratios=[2, 2], decoder_hidden_size=8, id2label=names,
        label2id={n: i for i, n in names.items()},
    )  # fmt: skip
    SegformerForSemanticSegmentation(config).save_pretrained(str(folder))
    SegformerImageProcessor(size={"height": 32, "width": 32}).save_pretrained(str(folder))
    return folder


def language_model(folder: Path) -> Path:
    """A model that knows only words: fit for no role."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(str(folder))
    return folder


def lora(folder: Path, core, form: str = "diffusers") -> Path:
    """Add-on weights for `core`, as diffusers or as peft writes them."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    config = LoraConfig(r=2, lora_alpha=4, target_modules=["to_q", "to_k"], init_lora_weights=False)
    if form == "peft":
        get_peft_model(core, config).save_pretrained(str(folder))
        return folder
    core.add_adapter(config, adapter_name="made")
    core.save_lora_adapter(str(folder), adapter_name="made")
    return folder


def in_cache(cache: Path, repo: str, source: Path, revision: str = "main") -> Path:
    """Lays a folder into a cache as huggingface_hub would: refs, and a snapshot of one commit."""
    named = re.fullmatch("[0-9a-f]{40}", revision) is not None
    commit = revision if named else hashlib.sha1(f"{repo}@{revision}".encode()).hexdigest()
    top = cache / f"models--{repo.replace('/', '--')}"
    (top / "refs").mkdir(parents=True, exist_ok=True)
    if not named:
        (top / "refs" / revision).write_text(commit)
    target = top / "snapshots" / commit
    target.parent.mkdir(exist_ok=True)
    source.rename(target)
    return target


def preset_text(name: str, roles: dict[str, dict]) -> str:
    """A preset document with the given roles; every value is written as JSON, which TOML reads too."""
    lines = [f"[{name}]"]
    facts = {"summary": "test", "does": "test", "parser": "grammar", "selector": "photo", "extra": "diffusion"}
    lines += [f"{k} = {json.dumps(v)}" for k, v in {**facts, "device": "auto"}.items()]
    for role, row in roles.items():
        tables = {k: v for k, v in row.items() if isinstance(v, dict)}
        lines.append(f"[{name}.roles.{role}]")
        lines += [f"{k} = {json.dumps(v)}" for k, v in row.items() if k not in tables]
        for table, entries in tables.items():
            for key, entry in entries.items():
                lines.append(f"[{name}.roles.{role}.{table}.{key}]")
                lines += [f"{k} = {json.dumps(v)}" for k, v in entry.items()]
    return "\n".join(lines)
