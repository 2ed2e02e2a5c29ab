"""FLUX Fill and plain FLUX at tiny random size, in the hub's folder layout."""

from __future__ import annotations

from pathlib import Path

import torch

import tiny_models


def long_tokenizer(folder: Path) -> Path:
    """A T5 tokenizer with whole words."""
    from transformers import T5Tokenizer

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((f"▁{w}", -1.0) for w in tiny_models.WORDS), ("▁", -2.0)]
    T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=24).save_pretrained(str(folder))
    return folder


def flux(folder: Path, fill: bool = True, blocks: int = 2) -> Path:
    """A whole pipeline, saved by diffusers itself; the guidance is an input of its transformer.

    `blocks` of the autoencoder: 2 make latents half the size, 4 an eighth, as in the large model.
    """
    from diffusers import (
        AutoencoderKL,
        FlowMatchEulerDiscreteScheduler,
        FluxFillPipeline,
        FluxPipeline,
        FluxTransformer2DModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer, T5Config, T5EncoderModel, T5Tokenizer

    torch.manual_seed(9)
    packed, mask = 4 * 4, 4 * 4 ** (blocks - 1)
    transformer = FluxTransformer2DModel(
        patch_size=1, in_channels=2 * packed + mask if fill else packed, out_channels=packed, num_layers=1,
        num_single_layers=1, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=16,
        pooled_projection_dim=16, axes_dims_rope=(4, 4, 8), guidance_embeds=True,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(8,) * blocks, norm_num_groups=4, latent_channels=4, sample_size=32, shift_factor=0.0609,
        scaling_factor=1.5035, use_quant_conv=False, use_post_quant_conv=False,
        down_block_types=("DownEncoderBlock2D",) * blocks, up_block_types=("UpDecoderBlock2D",) * blocks,
    )  # fmt: skip
    t5 = T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    (FluxFillPipeline if fill else FluxPipeline)(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), vae=vae, transformer=transformer,
        text_encoder=CLIPTextModel(CLIPTextConfig(**tiny_models.text_config())),
        tokenizer=CLIPTokenizer.from_pretrained(str(tiny_models.tokenizer(folder / "words"))),
        text_encoder_2=T5EncoderModel(t5), tokenizer_2=T5Tokenizer.from_pretrained(str(long_tokenizer(folder / "t5"))),
    ).save_pretrained(str(folder))  # fmt: skip
    return folder
