"""Real diffusers and transformers classes at tiny size, from folders in the hub's layout, through the public path."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from pathlib import Path
from threading import Event

import pytest

import finetouch
from finetouch.engine import device as devices
from finetouch.engine.models import Models
from finetouch.errors import Cancelled, DependencyMissing, InputError, ModelMissing, OutOfMemory, UsageError
from finetouch.hub.presets import preset, read_presets
from finetouch.settings import settings
from finetouch.types import Progress, Reporter

torch = pytest.importorskip("torch")
load_file, save_file = (getattr(pytest.importorskip("safetensors.torch"), n) for n in ("load_file", "save_file"))

sys.path.append(str(Path(__file__).parents[1] / "select"))
import tiny_vision  # noqa: E402

import tiny_models  # noqa: E402

INPAINT_PARTS = {
    "unet": {"class": "diffusers.UNet2DConditionModel", "folder": "unet"},
    "vae": {"class": "diffusers.AutoencoderKL", "folder": "vae"},
    "text_encoder": {"class": "transformers.CLIPTextModel", "folder": "clip"},
    "tokenizer": {"class": "transformers.CLIPTokenizer", "folder": "clip"},
    "scheduler": {"class": "diffusers.LCMScheduler", "folder": "scheduler"},
}
ROLES = {
    "clip": {"class": "transformers.CLIPModel", "folder": "clip"},
    "grounder": {"class": "transformers.CLIPSegForImageSegmentation", "folder": "seg"},
    "inpaint": {
        "class": "diffusers.StableDiffusionInpaintPipeline", "parts": INPAINT_PARTS,
        "loras": {"lcm": {"folder": "lora"}, "other": {"folder": "lora-peft"}, "absent": {"id": "no/lora"}},
        "facts": {"style": {}},
    },
    "generate": {"class": "diffusers.StableDiffusionPipeline", "folder": "sd4"},
    "lcm": {
        "class": "diffusers.LatentConsistencyModelPipeline", "active": "lcm", "loras": {"lcm": {"folder": "lora"}},
        "parts": INPAINT_PARTS,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    from diffusers import DDIMScheduler

    folder = tmp_path_factory.mktemp("zoo")
    tiny_models.clip(folder / "clip")
    tiny_models.clipseg(folder / "seg")
    tiny_models.stable_diffusion(folder / "sd9", 9)
    tiny_models.stable_diffusion(folder / "sd4", 4, "fp16")
    tiny_models.stable_diffusion_xl(folder / "xl")
    tiny_models.language_model(folder / "words")
    tiny_models.unet(9).save_pretrained(folder / "unet")
    tiny_models.vae().save_pretrained(folder / "vae")
    DDIMScheduler().save_pretrained(folder / "scheduler")
    tiny_models.lora(folder / "lora", tiny_models.unet(9))
    tiny_models.lora(folder / "lora-peft", tiny_models.unet(9), "peft")
    return folder


@pytest.fixture
def entry(zoo, tmp_path, monkeypatch):
    """A preset on these folders; whoever opens a connection fails."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", lambda *a: pytest.fail("somebody went online"))
    roles = {name: {k: v for k, v in row.items() if k != "facts"} for name, row in ROLES.items()}
    return read_presets(tiny_models.preset_text("tiny", roles), zoo)["tiny"]


def test_a_model_comes_with_what_belongs_to_it(entry):
    models = Models(entry, "cpu")
    loaded = models.get("grounder")
    assert type(loaded["model"]).__name__ == "CLIPSegForImageSegmentation" and not loaded["model"].training
    words = loaded["tokenizer"](["a red cat"], return_tensors="pt", padding=True)
    pixels = loaded["image_processor"](torch.zeros(3, 40, 60), return_tensors="pt")
    with torch.no_grad():
        logits = loaded["model"](**words, pixel_values=pixels["pixel_values"]).logits
    assert logits.shape[-2:] == (32, 32) and loaded.device == "cpu" and loaded.dtype == torch.float32
    assert models.get("grounder") is loaded and models.used == {"grounder"}
    assert models.identity("grounder").count("@") == 1 and loaded.facts["pipeline"] == ""
    with pytest.raises(UsageError, match="has no 'unet'") as caught:
        loaded["unet"]
    assert "tokenizer" in caught.value.hint and loaded.get("unet") is None


def test_a_pipeline_folder_and_one_put_together_have_the_same_parts(entry, zoo):
    models = Models(entry, "cpu", {"judge": str(zoo / "words")})
    whole, joined = models.get("generate"), models.get("inpaint")
    assert set(whole.parts) == set(joined.parts) == {"unet", "vae", "text_encoder", "tokenizer", "scheduler"}
    assert type(joined["scheduler"]).__name__ == "LCMScheduler" and joined["unet"].config.in_channels == 9
    assert whole["unet"].dtype == torch.float32, "half-precision files are widened on a CPU"
    assert whole.facts["pipeline"] == "StableDiffusionPipeline"
    assert joined.facts["identity"].count("@") == 4, "the four places, the shared one once"


def test_parts_from_the_same_place_are_loaded_once(entry):
    models = Models(entry, "cpu")
    assert models.get("inpaint")["vae"] is models.get("lcm")["vae"]
    assert models.get("inpaint")["unet"] is not models.get("lcm")["unet"], "their add-on weights differ"


def test_two_text_encoders(entry, zoo):
    loaded = Models(entry, "cpu", {"inpaint": str(zoo / "xl")}).get("inpaint")
    assert loaded.facts["pipeline"] == "StableDiffusionXLInpaintPipeline"
    assert {"text_encoder_2", "tokenizer_2"} <= set(loaded.parts)
    assert type(loaded["text_encoder_2"]).__name__ == "CLIPTextModelWithProjection"


def predict(unet) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    x, words = torch.randn(1, 9, 8, 8, generator=generator), torch.randn(1, 4, 16, generator=generator)
    with torch.no_grad():
        return unet(x, 5, words).sample


def test_add_on_weights_are_off_until_asked_for(entry, zoo):
    models = Models(entry, "cpu")
    loaded = models.get("inpaint")
    assert loaded.facts["loras"] == ("lcm", "other"), "what is not here is left out"
    plain = predict(loaded["unet"])
    with loaded.lora("lcm"):
        fast = predict(loaded["unet"])
    assert not torch.allclose(plain, fast) and torch.equal(predict(loaded["unet"]), plain)
    with loaded.lora("other"):
        torch.testing.assert_close(predict(loaded["unet"]), fast, msg="both forms hold the same weights")
    with pytest.raises(UsageError, match="no add-on weights 'sharp'"), loaded.lora("sharp"):
        pass
    active = models.get("lcm")
    torch.testing.assert_close(predict(active["unet"]), fast)
    with active.lora(None):
        assert torch.equal(predict(active["unet"]), plain)
    torch.testing.assert_close(predict(active["unet"]), fast)


def test_add_on_weights_of_the_older_training_scripts(entry, zoo, tmp_path):
    weights = load_file(zoo / "lora" / "pytorch_lora_weights.safetensors")
    old = {}
    for name, value in weights.items():
        module, kind = name.removesuffix(".weight").rsplit(".", 1)
        stem = "lora_unet_" + module.replace(".", "_")
        old[f"{stem}.{'lora_down' if kind == 'lora_A' else 'lora_up'}.weight"] = value
        old[f"{stem}.alpha"] = torch.tensor(4.0)
    folder = tmp_path / "kohya"
    folder.mkdir()
    save_file(old, folder / "pytorch_lora_weights.safetensors")
    with Models(entry, "cpu").get("inpaint").lora("lcm"):
        expected = predict(Models(entry, "cpu").get("lcm")["unet"])
    row = {**ROLES["lcm"], "loras": {"lcm": {"folder": str(folder)}}}
    made = read_presets(tiny_models.preset_text("tiny", {"lcm": row}), zoo)["tiny"]
    torch.testing.assert_close(predict(Models(made, "cpu").get("lcm")["unet"]), expected)


def test_add_on_weights_that_do_not_fit_are_refused(zoo, tmp_path):
    wide = tiny_models.unet(9, width=32)
    tiny_models.lora(tmp_path / "wide", wide)
    row = {**ROLES["lcm"], "loras": {"lcm": {"folder": str(tmp_path / "wide")}}}
    made = read_presets(tiny_models.preset_text("tiny", {"lcm": row}), zoo)["tiny"]
    with pytest.raises(UsageError, match=r"'lcm'.*do not fit"):
        Models(made, "cpu").get("lcm")


@pytest.mark.parametrize(
    ("role", "folder", "words"),
    [
        ("inpaint", "words", "LlamaForCausalLM, which cannot play the role 'inpaint'"),
        ("inpaint", "clip", "CLIPModel, which cannot play the role 'inpaint'"),
        ("inpaint", "unet", "UNet2DConditionModel, which cannot play"),
        ("grounder", "sd9", "StableDiffusionInpaintPipeline, which cannot play the role 'grounder'"),
        ("clip", "seg", "CLIPSegForImageSegmentation, which cannot play"),
        ("inpaint", "lora", "neither model_index.json nor config.json"),
    ],
)
def test_what_cannot_play_a_role_is_refused_by_name(entry, zoo, role, folder, words):
    with pytest.raises(UsageError) as caught:
        Models(entry, "cpu", {role: str(zoo / folder)}).get(role)
    assert words in caught.value.message and caught.value.hint


def test_four_channels_may_paint_too(entry, zoo):
    assert Models(entry, "cpu", {"inpaint": str(zoo / "sd4")}).get("inpaint")["unet"].config.in_channels == 4


def test_a_video_segmenter_holds_the_one_for_pictures(entry, tmp_path):
    from transformers import Sam2VideoConfig, Sam2VideoModel

    folder = tmp_path / "video"
    backbone = {
        "model_type": "sam2_hiera_det_model", "hidden_size": 8, "image_size": [64, 64],
        "blocks_per_stage": [1, 1, 1, 1], "embed_dim_per_stage": [8, 16, 32, 64],
        "num_attention_heads_per_stage": [1, 1, 2, 2],
        "window_size_per_stage": [4, 2, 4, 2], "global_attention_blocks": [2],
        "window_positional_embedding_background_size": [2, 2],
    }  # fmt: skip
    config = Sam2VideoConfig(
        vision_config={
            "backbone_config": backbone, "backbone_channel_list": [64, 32, 16, 8], "fpn_hidden_size": 32,
            "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]],
        },
        prompt_encoder_config={"hidden_size": 32, "image_size": 64, "mask_input_channels": 4},
        mask_decoder_config={"hidden_size": 32, "mlp_dim": 32, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
        image_size=64, memory_attention_hidden_size=32, memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=32, memory_attention_num_attention_heads=1,
        memory_encoder_hidden_size=32, memory_encoder_output_channels=16, mask_downsampler_embed_dim=32,
        memory_fuser_num_layers=1, memory_fuser_embed_dim=32, memory_fuser_intermediate_dim=32,
    )  # fmt: skip
    Sam2VideoModel(config).save_pretrained(folder)
    loaded = Models(entry, "cpu", {"segmenter": str(folder)}).get("segmenter")
    assert type(loaded["model"]).__name__ == "Sam2Model"


def test_one_part_can_be_exchanged(entry, zoo):
    models = Models(entry, "cpu", {"generate.vae": str(zoo / "sd9"), "inpaint.unet": str(zoo / "sd4")})
    assert models.get("generate")["vae"] is not None and models.get("inpaint")["unet"].config.in_channels == 4
    assert str(zoo / "sd9") in models.identity("generate") and "sd4@" in models.identity("generate")


def test_what_is_not_here_is_named_with_size_and_command(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    models = Models(preset("sd15"), "cpu")
    with pytest.raises(ModelMissing) as caught:
        models.get("inpaint")
    assert "stable-diffusion-inpainting" in caught.value.message and "2.3 GB" in caught.value.message
    assert caught.value.hint == "Get them: finetouch models download sd15 --role inpaint"
    with pytest.raises(ModelMissing, match="size not known") as caught:
        Models(preset("sd15"), "cpu", {"inpaint": "me/mine"}).get("inpaint")
    assert caught.value.hint.endswith("sd15 --role inpaint --set inpaint=me/mine")
    with pytest.raises(UsageError, match="which the preset 'embedded' has not") as caught:
        Models(preset("embedded")).require(("inpaint",), "The method 'x'")
    assert "sdxl" in caught.value.hint and "--set inpaint=PLACE" in caught.value.hint
    assert not models.ready("clip") and not Models(preset("embedded")).ready("clip")


def test_folders_that_are_broken_are_refused(entry, zoo, tmp_path):
    def copy(name: str):
        target = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(zoo / name, target)
        return target

    empty = copy("sd9")
    (empty / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(ModelMissing, match=r"lacks unet/\*\.safetensors"):
        Models(entry, "cpu", {"inpaint": str(empty)}).get("inpaint")
    pickled = copy("clip")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(ModelMissing, match="safetensors"):
        Models(entry, "cpu", {"clip": str(pickled)}).get("clip")
    cut = copy("clip")
    whole = (zoo / "clip" / "model.safetensors").read_bytes()
    for data, words in ((whole[:2000], "cut off"), (b"", "cut off"), (whole[:-500], "cannot be read as CLIPModel")):
        (cut / "model.safetensors").write_bytes(data)
        with pytest.raises(InputError, match=words):
            Models(entry, "cpu", {"clip": str(cut)}).get("clip")
    partial = copy("clip")
    weights = load_file(partial / "model.safetensors")
    save_file({k: v for k, v in weights.items() if "visual" not in k}, partial / "model.safetensors", {"format": "pt"})
    with pytest.raises(UsageError, match="does not hold a whole CLIPModel"):
        Models(entry, "cpu", {"clip": str(partial)}).get("clip")


def test_foreign_code_is_not_run_unless_asked_for(entry, zoo, tmp_path, monkeypatch):
    from transformers import dynamic_module_utils

    folder = tmp_path / "foreign"
    shutil.copytree(zoo / "words", folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"architectures": ["OwnForConditionalGeneration"], "auto_map": {"AutoModel": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text("raise ValueError('foreign code ran')")
    with pytest.raises(UsageError, match="brings Python code of its own"):
        Models(entry, "cpu", {"vlm": str(folder)}).get("vlm")
    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("FINETOUCH_REMOTE_CODE", "1")
    settings.cache_clear()
    with pytest.raises(UsageError, match="foreign code ran"):
        Models(entry, "cpu", {"vlm": str(folder)}).get("vlm")
    monkeypatch.delenv("FINETOUCH_REMOTE_CODE")
    settings.cache_clear()
    piped = tmp_path / "piped"
    shutil.copytree(zoo / "sd9", piped)
    index = json.loads((piped / "model_index.json").read_text())
    index["unet"] = ["own_unet", "OwnUNet"]
    (piped / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(UsageError, match="code of its own"):
        Models(entry, "cpu", {"inpaint": str(piped)}).get("inpaint")


def test_memory_is_kept_by_dropping_what_was_not_used(entry):
    sizes = {}
    for role in ("clip", "grounder", "generate"):
        models = Models(entry, "cpu")
        models.get(role)
        sizes[role] = models._used_bytes()
    budget = sizes["grounder"] + max(sizes["clip"], sizes["generate"]) + 100
    models = Models(entry, "cpu", memory=budget)
    forgotten: list[bool] = []
    models.on_shortage(lambda: forgotten.append(True))
    clip = models.get("clip")
    models.get("grounder")
    models.get("generate")
    assert models._used_bytes() <= budget and forgotten and list(models._loaded) == ["grounder", "generate"]
    assert models.get("clip") is not clip, "it was dropped and is loaded again"


def test_what_does_not_fit_names_what_would(entry, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    models = Models(entry, "cpu", memory=1000)
    with pytest.raises(OutOfMemory, match="'clip'") as caught:
        models.get("clip")
    assert caught.value.hint and models._used_bytes() == 0
    models._limit = 0
    assert models.get("clip"), "the process stays usable"
    big = Models(preset("sdxl"), "cpu", memory=6_000_000_000).memory_error("inpaint")
    assert "10.0 GB" in big.message and "--preset sd15 (about 4.0 GB)" in big.hint
    tired = Models(preset("sdxl"), "cpu", memory=6_000_000_000)
    tired.used = {"inpaint", "grounder", "segmenter"}
    assert "--preset sd15 (about 4.0 GB)" in tired.memory_error().hint
    assert "--preset embedded" in Models(preset("sd15"), "cpu", memory=10**6).memory_error().hint


def test_running_out_of_memory_while_loading_is_caught(entry, monkeypatch):
    from finetouch.engine import loading

    models = Models(entry, "cpu")
    models.get("clip")
    real = loading.load

    def full(piece, dtype, role):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(loading, "load", full)
    with pytest.raises(OutOfMemory):
        models.get("generate")
    assert models._used_bytes() == 0
    monkeypatch.setattr(loading, "load", real)
    assert models.get("generate")


def test_taking_turns_on_the_device_gives_the_same(entry):
    from finetouch.engine import offload

    apart, plain = Models(entry, "cpu").get("generate"), Models(entry, "cpu").get("generate")
    offload.attach(apart.parts, "cpu")
    x = torch.zeros(1, 3, 32, 32)
    with torch.no_grad():
        a, b = (m["vae"].decode(m["vae"].encode(x).latent_dist.mode()).sample for m in (apart, plain))
    torch.testing.assert_close(a, b)
    assert hasattr(apart["unet"], "_hf_hook") and not hasattr(plain["unet"], "_hf_hook")


def test_progress_is_told_and_cancel_leaves_nothing(entry):
    seen: list[Progress] = []
    cancel = Event()

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if progress.step == 2:
            cancel.set()

    models = Models(entry, "cpu")
    with pytest.raises(Cancelled):
        models.get("generate", Reporter(stop, cancel))
    assert {p.stage for p in seen} == {"load"} and "on cpu" in seen[0].message
    assert models._used_bytes() == 0 and not models._loaded
    assert models.get("generate", Reporter(seen.append))["unet"] is not None and "ready" in seen[-1].message


def test_without_the_libraries_the_extra_is_named(entry, monkeypatch):
    from finetouch.engine import models as module

    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "diffusers" else object())
    with pytest.raises(DependencyMissing) as caught:
        Models(entry, "cpu").get("clip")
    assert caught.value.hint == "Install it with: pip install 'finetouch[diffusion]'"


def test_the_budget_can_be_set_from_outside(entry, monkeypatch):
    monkeypatch.setenv("FINETOUCH_MEMORY", "1000")
    settings.cache_clear()
    try:
        with pytest.raises(OutOfMemory):
            Models(entry, "cpu").get("clip")
    finally:
        monkeypatch.delenv("FINETOUCH_MEMORY")
        settings.cache_clear()
    assert devices.free_memory("cpu") > 1000


def lab_zoo(zoo: Path) -> None:
    """The lab's family at tiny size, in the folders the preset names."""
    from diffusers import DDIMScheduler, StableDiffusionPipeline
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict
    from transformers import ResNetConfig, SegformerImageProcessorPil, UperNetConfig, UperNetForSemanticSegmentation

    from finetouch.diffusion.mask_net import MaskPredictor, MaskPredictorConfig

    tiny_models.clip(zoo / "clip")
    tiny_models.clipseg(zoo / "grounder")
    tiny_vision.sam(zoo / "sam")
    tiny_vision.segformer(zoo / "segformer")
    tiny_models.vae().half().save_pretrained(zoo / "vae")
    tiny_models.unet(9).half().save_pretrained(zoo / "inpaint")
    core = tiny_models.unet(4)
    core.half().save_pretrained(zoo / "unet")
    DDIMScheduler().save_pretrained(zoo / "scheduler")
    core.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=["to_q"], init_lora_weights=False))
    StableDiffusionPipeline.save_lora_weights(zoo / "lcm", unet_lora_layers=get_peft_model_state_dict(core))
    backbone = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], out_features=["stage1", "stage2"])
    judge = UperNetConfig(backbone_config=backbone, hidden_size=8, pool_scales=[1, 2], use_auxiliary_head=False)
    UperNetForSemanticSegmentation(judge).save_pretrained(zoo / "judge")
    SegformerImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(zoo / "judge")
    places = MaskPredictorConfig(size=16, widths=(16, 16), text_width=16, heads=2, depth=1)
    MaskPredictor(places).half().save_pretrained(zoo / "mask_generator")


def test_the_lab_preset_fits_the_layout_it_names(tmp_path, monkeypatch):
    lab_zoo(tmp_path / "lab" / "zoo")
    monkeypatch.setattr(socket.socket, "connect", lambda *a: pytest.fail("somebody went online"))
    text = (Path(finetouch.__file__).parent / "hub" / "presets.toml").read_text(encoding="utf-8")
    models = Models(read_presets(text, tmp_path)["lab"], "cpu")
    for role in models.roles:
        loaded = models.get(role)
        assert loaded.dtype == torch.float32 and "missing" not in loaded.facts["identity"]
    assert models.get("lcm").facts["active"] == "lcm" and models.get("judge")["image_processor"] is not None
    assert models.get("inpaint")["unet"].config.in_channels == 9 and models.get("inpaint").facts["native_size"] == 64
    assert models.get("generate")["text_encoder"] is models.get("inpaint")["text_encoder"]
    assert models.identity("grounder").startswith("zoo/grounder@")


@pytest.mark.parametrize("role", list(preset("lab").roles))
def test_the_bundled_models_load(role, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *a: pytest.fail("somebody went online"))
    models = Models(preset("lab"), "cpu")
    if not models.ready(role):
        pytest.skip(f"the weights for {role} are not in this checkout")
    loaded = models.get(role)
    assert loaded.parts and loaded.dtype == torch.float32 and "missing" not in models.identity(role)
    assert ("model" in loaded.parts) or {"unet", "vae", "text_encoder", "tokenizer", "scheduler"} <= set(loaded.parts)
