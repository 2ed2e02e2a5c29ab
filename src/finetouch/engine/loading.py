"""Reads models from folders in the hub's layout: plain `from_pretrained`, safetensors, no network, no foreign code."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetouch.errors import DependencyMissing, ModelMissing, UsageError
from finetouch.hub import store
from finetouch.hub.presets import Part, Place, Role
from finetouch.hub.roles import check_kind
from finetouch.settings import settings

if TYPE_CHECKING:
    import torch

_PROCESSORS = ("processor", "tokenizer", "image_processor")
_STANDS_FOR = {
    "transformers.Sam2VideoModel": "transformers.Sam2Model",
    "transformers.MaskPredictor": "finetouch.diffusion.mask_net.MaskPredictor",
}
"""Architectures under the class that loads them: their files also hold it, or it is Finetouch's own."""


@dataclass(frozen=True)
class Piece:
    """One thing to load.

    Attributes:
        name: Its name among the parts ("unet", "model"). cls: Dotted class.
        folder: Where its files are. dtype: What the preset wants it to be in.
    """

    name: str
    cls: str
    folder: Path
    dtype: str = "auto"


def folder_of(place: Place) -> Path:
    """The folder of a place that is on this machine; raises `ModelMissing` otherwise."""
    found = store.locate(place)
    if found is None:
        raise ModelMissing(f"The weights '{place.name}' are not on this machine.", "See: finetouch models list")
    return found


def pieces(role: Role) -> Iterator[Piece]:
    """What has to be loaded for a role, in a good order; checks that the architecture can play it.

    Raises:
        UsageError: The files hold something that cannot play the role, or code of their own.
        ModelMissing: They are not here, or there are no safetensors among them.
    """
    if role.place is not None:
        folder = folder_of(role.place)
        if (folder / "model_index.json").is_file():
            yield from _pipeline_pieces(role, folder)
        else:
            yield Piece("model", _model_class(role, folder), folder, role.dtype)
    for name, part in role.parts.items():
        if not part.optional or store.locate(part.place) is not None:
            yield _part_piece(role, name, part)


def pipeline_class(role: Role) -> str:
    """Name of the diffusers pipeline a role stands for, without its module; "" for a single model."""
    if role.place is not None:
        index = folder_of(role.place) / "model_index.json"
        if index.is_file():
            return str(store.read_json(index).get("_class_name", ""))
        return ""
    return role.cls.rpartition(".")[2]


def load(piece: Piece, dtype: torch.dtype, role: str) -> Any:
    """The object itself: a module in evaluation mode on the CPU, or a tokenizer, scheduler, processor."""
    from safetensors import SafetensorError

    own = _own_code(piece)
    cls = _import(f"transformers.{own}" if own else piece.cls, f"The role '{role}'")
    options: dict[str, Any] = {"local_files_only": True}
    module = bool(own) or _is_module(cls)
    if module and not store.weight_files(piece.folder):
        raise ModelMissing(f"There are no safetensors in '{piece.folder}'.", "Finetouch loads nothing else.")
    if module:
        options |= {"use_safetensors": True, "output_loading_info": True}
        options["torch_dtype" if piece.cls.startswith("diffusers.") else "dtype"] = dtype
        if variant := _variant(piece.folder, half=dtype.itemsize == 2):
            options["variant"] = variant
    if own:
        options["trust_remote_code"] = True
    try:
        with quiet():
            made = cls.from_pretrained(str(piece.folder), **options)
    except ImportError as error:
        if piece.name == "processor" and (piece.folder / "preprocessor_config.json").is_file():
            from finetouch.engine.picture_words import PictureWords

            return PictureWords.from_pretrained(piece.folder)
        package = "torchvision" if "torchvision" in str(error).lower() else error.name or "transformers"
        raise DependencyMissing(package, "", f"The role '{role}' ({piece.cls})") from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        if "memory" in str(error):
            raise
        raise UsageError(
            f"'{piece.folder}' cannot be read as {piece.cls.rpartition('.')[2]} for the role '{role}': {_first(error)}",
            "Check that the folder is complete (finetouch models verify) and fits the role.",
        ) from error
    if not module:
        return made
    made, info = made
    _check_complete(made, info, piece, role)
    if piece.cls.startswith("diffusers.") and all(p.ndim < 5 for p in made.parameters()):
        import torch

        made.to(memory_format=torch.channels_last)  # convolutions of autoencoders become up to half as fast again
    return made.eval()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps the libraries' own progress bars and remarks off the terminal; what matters is checked here."""
    import diffusers
    import transformers

    loggers = (transformers.utils.logging, diffusers.utils.logging)
    levels = [log.get_verbosity() for log in loggers]
    bars = transformers.utils.logging.is_progress_bar_enabled(), diffusers.utils.logging.is_progress_bar_enabled()
    for log in loggers:
        log.set_verbosity(log.CRITICAL)
        log.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, level, bar in zip(loggers, levels, bars, strict=True):
            log.set_verbosity(level)
            if bar:
                log.enable_progress_bar()


def processors(folder: Path) -> dict[str, Any]:
    """Processor, tokenizer and image processor of a transformers folder, those that it has and that load here."""
    from transformers import AutoImageProcessor, AutoProcessor, AutoTokenizer, PreTrainedTokenizerBase, ProcessorMixin

    found: dict[str, Any] = {}
    has_images = any((folder / f).is_file() for f in ("preprocessor_config.json", "processor_config.json"))
    has_words = any((folder / f).is_file() for f in ("tokenizer_config.json", "tokenizer.json", "vocab.json"))
    attempts: list[tuple[str, Any]] = []
    if has_images:
        attempts.append(("processor", AutoProcessor))
    if has_words:
        attempts.append(("tokenizer", AutoTokenizer))
    if has_images:
        attempts.append(("image_processor", AutoImageProcessor))
    for name, auto in attempts:
        if name in found:
            continue
        try:
            with quiet():
                made = auto.from_pretrained(str(folder), local_files_only=True)
        except (ImportError, OSError, ValueError, KeyError):
            continue
        if isinstance(made, ProcessorMixin):
            found["processor"] = made
            found |= {p: getattr(made, p) for p in _PROCESSORS[1:] if getattr(made, p, None) is not None}
        elif name != "processor":
            found[name] = made
        elif isinstance(made, PreTrainedTokenizerBase):
            found["tokenizer"] = made
    return found


def numbers(folder: Path) -> int:
    """How many numbers the weights of a component folder hold, read from the headers alone."""
    half = _variant(folder, half=True)
    files = store.weight_files(folder)
    chosen = [f for f in files if f".{half}" in f.name] if half else [f for f in files if ".fp16" not in f.name]
    return sum(_count(f) for f in chosen or files)


def _pipeline_pieces(role: Role, folder: Path) -> Iterator[Piece]:
    index = store.read_json(folder / "model_index.json")
    check_kind(role.name, str(index.get("_class_name", "nothing known")), str(folder))
    for name, (library, cls) in store.components(folder).items():
        if role.place is not None and name in role.place.without:
            continue
        if library not in ("diffusers", "transformers"):
            raise UsageError(
                f"'{folder}': the component '{name}' is code of its own ({library}.{cls}).",
                "Finetouch runs no code that comes with weights; use a model of diffusers and transformers classes.",
            )
        yield Piece(name, f"{library}.{cls}", folder / name, role.dtype)


def _part_piece(role: Role, name: str, part: Part) -> Piece:
    folder = folder_of(part.place)
    cls = part.cls
    if not cls:
        nested = folder / name
        if (folder / "model_index.json").is_file() and nested.is_dir():
            library, short = store.components(folder)[name]
            return Piece(name, f"{library}.{short}", nested, part.dtype)
        cls = _architecture(folder, role.name)
    return Piece(name, cls, folder, part.dtype if part.dtype != "auto" else role.dtype)


def _model_class(role: Role, folder: Path) -> str:
    """The class for a single-model role: what the preset says, else what the files say."""
    if role.cls:
        return role.cls
    cls = _architecture(folder, role.name)
    cls = _STANDS_FOR.get(cls, cls)
    check_kind(role.name, cls.rpartition(".")[2], str(folder))
    return cls


def _architecture(folder: Path, role: str) -> str:
    """The dotted class that ``config.json`` names."""
    if not (folder / "config.json").is_file():
        raise UsageError(
            f"'{folder}' is not a model in the hub's layout: it has neither model_index.json nor config.json.",
            f"Give a folder that save_pretrained wrote, or a hub id, for the role '{role}'.",
        )
    config = store.read_json(folder / "config.json")
    if "_class_name" in config:
        return f"diffusers.{config['_class_name']}"
    names = config.get("architectures") or []
    if not names:
        raise UsageError(
            f"'{folder}' does not say which architecture it holds.", "Its config.json has to name its architectures."
        )
    return f"transformers.{names[0]}"


def _check_complete(made: Any, info: dict[str, Any], piece: Piece, role: str) -> None:
    """Raises `UsageError` when tensors of the model were not in the files: it would work with random numbers."""
    missing = sorted(map(str, info.get("missing_keys") or ()))
    known = {name for name, _ in made.named_parameters()}
    lacking = [name for name in missing if name in known]
    if lacking or info.get("mismatched_keys"):
        odd = lacking or [str(k) for k in info["mismatched_keys"]]
        raise UsageError(
            f"'{piece.folder}' does not hold a whole {type(made).__name__} for the role '{role}': "
            f"{len(odd)} tensors are missing or of another size ({odd[0]} ...).",
            "Check the folder (finetouch models verify), or give another model.",
        )


def _import(dotted: str, who: str) -> Any:
    module, _, name = dotted.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise DependencyMissing(module.split(".")[0], "diffusion", who) from error
    if found is None:
        raise UsageError(
            f"The installed {module.split('.')[0]} has no class '{name}'.",
            f"Update it: pip install -U {module.split('.')[0]}",
        )
    return found


def _is_module(cls: Any) -> bool:
    import torch

    return isinstance(cls, type) and issubclass(cls, torch.nn.Module)


def _own_code(piece: Piece) -> str:
    """The auto class that reaches the files' own code, "" when they bring none; refuses what was not allowed."""
    config = piece.folder / "config.json"
    module, _, name = piece.cls.rpartition(".")
    if module != "transformers" or not config.is_file() or hasattr(importlib.import_module(module), name):
        return ""
    names = store.read_json(config).get("auto_map") or {}
    if not names:
        return ""
    if not settings().remote_code:
        raise UsageError(
            f"'{piece.folder}' brings Python code of its own, which is not run unless you ask for it.",
            "If you trust its author: FINETOUCH_REMOTE_CODE=1",
        )
    return next((n for n in names if n.startswith("AutoModel")), "AutoModel")


def _variant(folder: Path, half: bool) -> str | None:
    """ "fp16" when those weights are there and wanted, or are the only ones."""
    names = [p.name for p in store.weight_files(folder)]
    fp16 = any(".fp16" in n for n in names)
    plain = any(".fp16" not in n and ".non_ema" not in n for n in names)
    return "fp16" if fp16 and (half or not plain) else None


def _count(path: Path) -> int:
    header, _ = store.header(path)
    total = 0
    for name, entry in header.items():
        if name != "__metadata__":
            size = 1
            for side in entry["shape"]:
                size *= side
            total += size
    return total


def _first(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) < 240 else text[:239] + "…"
