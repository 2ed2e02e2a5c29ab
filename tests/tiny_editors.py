"""Vision-language models and instruction editors at tiny random size, written in the hub's folder layout."""

from __future__ import annotations

from pathlib import Path

import torch

import tiny_models

SPECIAL = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for part in m['content'] %}{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_tokenizer(image_token: str, picture: str):
    """A byte-level tokenizer that can write anything; `picture` stands for a picture in its chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(letters)}, merges=[]))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|im_end|>", pad_token="<|im_end|>")
    fast.add_special_tokens({"additional_special_tokens": [*SPECIAL, "<image>"]})
    fast.chat_template = CHAT.replace("IMAGE", picture)
    assert fast.convert_tokens_to_ids(image_token) >= len(letters)
    return fast


def _words_config(tokens: int) -> dict:
    return {
        "vocab_size": tokens, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
        "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 16384,
    }  # fmt: skip


def llava(folder: Path, following: bool = False) -> Path:
    """LLaVA 1.5 (or 1.6 with `following`) with its processor."""
    from transformers import (
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaNextConfig,
        LlavaNextForConditionalGeneration,
        LlavaNextImageProcessorPil,
        LlavaNextProcessor,
        LlavaProcessor,
    )

    torch.manual_seed(11)
    tokenizer = byte_tokenizer("<image>", "<image>")
    vision = CLIPVisionConfig(**{**tiny_models.vision_config(), "num_hidden_layers": 2})
    config = {
        "text_config": LlamaConfig(**_words_config(len(tokenizer))), "vision_config": vision,
        "image_token_index": tokenizer.convert_tokens_to_ids("<image>"), "vision_feature_layer": -1,
    }  # fmt: skip
    size = {"crop_size": {"height": 32, "width": 32}, "size": {"shortest_edge": 32}}
    shape = {"patch_size": 8, "vision_feature_select_strategy": "default", "num_additional_image_tokens": 1}
    if following:
        grids = [[32, 64], [64, 32], [64, 64]]
        made = LlavaNextForConditionalGeneration(LlavaNextConfig(**config, image_grid_pinpoints=grids))
        images = LlavaNextImageProcessorPil(**size, image_grid_pinpoints=grids)
        processor = LlavaNextProcessor(images, tokenizer, chat_template=tokenizer.chat_template, **shape)
    else:
        made = LlavaForConditionalGeneration(LlavaConfig(**config))
        images = CLIPImageProcessorPil(**size)
        processor = LlavaProcessor(images, tokenizer, chat_template=tokenizer.chat_template, **shape)
    made.generation_config.eos_token_id = tokenizer.eos_token_id
    made.save_pretrained(str(folder))
    processor.save_pretrained(str(folder))
    return folder


def _qwen_vl(width: int = 16):
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    tokenizer = byte_tokenizer("<|image_pad|>", "<|vision_start|><|image_pad|><|vision_end|>")
    ids = {name: tokenizer.convert_tokens_to_ids(f"<|{name}|>") for name in ("image_pad", "video_pad", "vision_start")}
    text = {**_words_config(len(tokenizer)), "hidden_size": width, "tie_word_embeddings": False}
    text["rope_scaling"] = {"type": "mrope", "rope_type": "default", "mrope_section": [1, 1, 2]}
    vision = {
        "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": width,
        "patch_size": 14, "spatial_merge_size": 2, "window_size": 56, "fullatt_block_indexes": [0],
    }  # fmt: skip
    torch.manual_seed(12)
    config = Qwen2_5_VLConfig(
        text_config=text, vision_config=vision, image_token_id=ids["image_pad"], video_token_id=ids["video_pad"],
        vision_start_token_id=ids["vision_start"],
    )  # fmt: skip
    made = Qwen2_5_VLForConditionalGeneration(config)
    made.generation_config.eos_token_id = tokenizer.eos_token_id
    return made, tokenizer


def _qwen_images():
    from transformers import Qwen2VLImageProcessorPil

    return Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=112 * 112)


def qwen_vl(folder: Path) -> Path:
    """Qwen2.5-VL; its own processor cannot be loaded without torchvision."""
    made, tokenizer = _qwen_vl()
    made.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    _qwen_images().save_pretrained(str(folder))
    return folder


def instruct_pix2pix(folder: Path, blocks: int = 2) -> Path:
    """InstructPix2Pix: a UNet with eight input channels."""
    from diffusers import EulerAncestralDiscreteScheduler, StableDiffusionInstructPix2PixPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(8)
    StableDiffusionInstructPix2PixPipeline(
        vae=tiny_models.vae(blocks), text_encoder=CLIPTextModel(CLIPTextConfig(**tiny_models.text_config())),
        tokenizer=CLIPTokenizer.from_pretrained(str(tiny_models.tokenizer(folder / "words"))), unet=tiny_models.unet(8),
        scheduler=EulerAncestralDiscreteScheduler(), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(str(folder))  # fmt: skip
    return folder


def instruct_pix2pix_xl(folder: Path) -> Path:
    """InstructPix2Pix on SDXL: eight input channels and two text encoders."""
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLInstructPix2PixPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    torch.manual_seed(8)
    words = CLIPTokenizer.from_pretrained(str(tiny_models.tokenizer(folder / "words")))
    core = tiny_models.unet(
        8, 32, outer=False, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 16, transformer_layers_per_block=1, use_linear_projection=True,
    )  # fmt: skip
    StableDiffusionXLInstructPix2PixPipeline(
        vae=tiny_models.vae(), text_encoder=CLIPTextModel(CLIPTextConfig(**tiny_models.text_config())),
        text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**tiny_models.text_config())), tokenizer=words,
        tokenizer_2=words, unet=core, scheduler=EulerDiscreteScheduler(), add_watermarker=False,
    ).save_pretrained(str(folder))  # fmt: skip
    return folder


def kontext(folder: Path, blocks: int = 2) -> Path:
    """FLUX Kontext: plain FLUX that is shown the picture as more tokens."""
    import json

    import tiny_flux

    tiny_flux.flux(folder, fill=False, blocks=blocks)
    index = json.loads((folder / "model_index.json").read_text())
    index["_class_name"] = "FluxKontextPipeline"
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def qwen_edit(folder: Path, plus: bool = True) -> Path:
    """Qwen-Image-Edit with its vision-language encoder; the processor is written as its two parts."""
    import json

    from diffusers import AutoencoderKLQwenImage, FlowMatchEulerDiscreteScheduler, QwenImageTransformer2DModel

    encoder, tokenizer = _qwen_vl()
    torch.manual_seed(13)
    channels = 4
    vae = AutoencoderKLQwenImage(
        base_dim=8, z_dim=channels, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True],
        latents_mean=[0.1] * channels, latents_std=[1.5] * channels,
    )  # fmt: skip
    transformer = QwenImageTransformer2DModel(
        patch_size=2, in_channels=4 * channels, out_channels=channels, num_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=16, axes_dims_rope=(4, 6, 6),
    )  # fmt: skip
    vae.save_pretrained(str(folder / "vae"))
    transformer.save_pretrained(str(folder / "transformer"))
    encoder.save_pretrained(str(folder / "text_encoder"))
    tokenizer.save_pretrained(str(folder / "tokenizer"))
    tokenizer.save_pretrained(str(folder / "processor"))
    _qwen_images().save_pretrained(str(folder / "processor"))
    FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True).save_pretrained(str(folder / "scheduler"))
    parts = {
        "vae": ["diffusers", "AutoencoderKLQwenImage"], "transformer": ["diffusers", "QwenImageTransformer2DModel"],
        "text_encoder": ["transformers", "Qwen2_5_VLForConditionalGeneration"],
        "tokenizer": ["transformers", "Qwen2Tokenizer"], "processor": ["transformers", "Qwen2VLProcessor"],
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    }  # fmt: skip
    name = "QwenImageEditPlusPipeline" if plus else "QwenImageEditPipeline"
    (folder / "model_index.json").write_text(json.dumps({"_class_name": name, **parts}))
    return folder
