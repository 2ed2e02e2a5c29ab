"""The models of a preset by role: loaded once, shared, kept within a memory budget."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import RLock
from typing import TYPE_CHECKING, Any

from finetouch.engine import device as devices
from finetouch.engine.shortage import missing_weights, no_room
from finetouch.errors import DependencyMissing, FinetouchError, OutOfMemory, UsageError
from finetouch.hub import store
from finetouch.hub.presets import Preset, Role, presets
from finetouch.hub.roles import ROLES, check_kind, settle
from finetouch.settings import settings
from finetouch.types import Reporter

if TYPE_CHECKING:
    import torch

    from finetouch.engine.loading import Piece

_LIBRARIES = ("torch", "transformers", "diffusers", "safetensors")


@dataclass
class Loaded:
    """A role, ready to be used.

    Attributes:
        role: Its name.
        parts: "model" with "processor", "tokenizer", "image_processor" where the files have them; for a generator the
            components of its pipeline by name ("unet", "vae", "text_encoder", "tokenizer", "scheduler" ...).
        device: "cpu", "cuda" or "mps"; inputs belong there. dtype: Number format of the weights.
        facts: "pipeline" (class name, "" for a single model), "name", "identity", "loras", "offloaded" (components
            take turns on the device), and what the preset says about the role ("native_size" ...).
    """

    role: str
    parts: dict[str, Any]
    device: str
    dtype: torch.dtype
    facts: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, part: str) -> Any:
        try:
            return self.parts[part]
        except KeyError:
            raise UsageError(
                f"The model for the role '{self.role}' ({self.facts.get('name')}) has no '{part}'.",
                f"It has: {', '.join(self.parts)}. Give another one with --set {self.role}=PLACE",
            ) from None

    def get(self, part: str, default: Any = None) -> Any:
        """A part, or `default` when the model has none of that name."""
        return self.parts.get(part, default)

    @contextlib.contextmanager
    def lora(self, name: str | None) -> Iterator[None]:
        """Switches one of the add-on weights in ``facts["loras"]`` on for a ``with`` block; None: all off."""
        known = self.facts.get("loras", ())
        if name is not None and name not in known:
            raise UsageError(
                f"The model for the role '{self.role}' has no add-on weights '{name}'.",
                f"It has: {', '.join(known) or 'none'}.",
            )
        core = self.parts.get("unet", self.parts.get("transformer"))
        if not known or core is None:
            yield
            return
        _switch(core, name)
        try:
            yield
        finally:
            _switch(core, self.facts.get("active") or None)


class Models:
    """Gives out the models of a preset by role.

    Args:
        preset: Who plays which role.
        device: "auto", "cpu", "cuda" or "mps".
        overrides: Other places: role, or "role.part" → a folder, "org/name" or "org/name@revision".
        offline: Never go online; None asks the settings. (Nothing is ever downloaded here.)
        memory: Bytes all models together may take; None asks the settings, else what the device has free counts.

    Raises:
        UsageError: A role or place does not exist. DeviceError: The device is not there.
    """

    def __init__(
        self,
        preset: Preset,
        device: str = "auto",
        overrides: Mapping[str, str] | None = None,
        offline: bool | None = None,
        memory: int | None = None,
    ) -> None:
        devices.check_device(device, preset.device)
        self.preset = preset
        self.overrides = dict(overrides or {})
        self.offline = store.offline(offline)
        self.roles: Mapping[str, Role] = settle(preset, self.overrides)
        self.used: set[str] = set()
        self._asked = device
        self._device = ""
        self._limit = memory if memory is not None else int(settings().memory)
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._pieces: dict[tuple[Any, ...], Any] = {}
        self._lock = RLock()
        self._holders: list[Callable[[], None]] = []

    @property
    def device(self) -> str:
        """The device that is taken; "auto" is settled when it is first asked for."""
        if not self._device:
            self._device = devices.take_device(self._asked, self.preset.device)
        return self._device

    def took(self) -> str:
        """What "auto" took, as a sentence; "" when the device was named or nothing was loaded."""
        if self._asked != "auto" or not self.used:
            return ""
        if self.device == "cpu":
            return "No GPU that torch can use was found; the models ran on the CPU."
        return f"The models ran on {devices.describe(self.device)}."

    def has(self, role: str) -> bool:
        """True when the preset or an override names a model for the role (its weights may still be missing)."""
        return role in self.roles

    def ready(self, role: str) -> bool:
        """True when the role is played and its weights are on this machine: for helpers one can do without."""
        try:
            self.require((role,), "This edit")
        except FinetouchError:
            return False
        return True

    def require(self, roles: Sequence[str], who: str) -> None:
        """Checks, without loading anything, that all `roles` can be had.

        Raises:
            UsageError: Nobody plays one of them. DependencyMissing: The libraries are not installed.
            ModelMissing: Weights are not on this machine.
        """
        for role in roles:
            if not self.has(role):
                able = ", ".join(p.name for p in presets().values() if role in p.roles)
                does = f" ({ROLES[role].does})" if role in ROLES else ""
                raise UsageError(
                    f"{who} needs a model for the role '{role}'{does}, which the preset '{self.preset.name}' has not.",
                    f"Presets that have one: {able or 'none'}. Or give your own: --set {role}=PLACE",
                )
        for role in roles:
            self._check_here(role, who)

    def get(self, role: str, report: Reporter | None = None) -> Loaded:
        """The model for a role; loaded at the first call, then kept as long as memory allows.

        Raises:
            UsageError: Nobody plays the role, or the files hold something that cannot.
            DependencyMissing, ModelMissing: See `require`.
            OutOfMemory: It does not fit; everything that was loaded is dropped, so the process stays usable.
        """
        report = report or Reporter()
        with self._lock:
            self.used.add(role)
            if role in self._loaded:
                self._loaded.move_to_end(role)
                return self._loaded[role]
            self.require((role,), "This edit")
            try:
                loaded = self._load(self.roles[role], report)
            except BaseException as error:
                self._drop_unused()
                if devices.out_of_memory(error):
                    raise self.memory_error(role) from error
                raise
            self._loaded[role] = loaded
            return loaded

    def identity(self, role: str) -> str:
        """Place and revision of a role's weights, for the provenance: "org/name@1a2b3c4d5e6f"."""
        places = self.roles[role].places if role in self.roles else ()
        return " + ".join(dict.fromkeys(store.identity(p) for p in places)) or "missing"

    def on_shortage(self, forget: Callable[[], None]) -> None:
        """Names a function that lets go of models held elsewhere; called when memory runs short."""
        self._holders.append(forget)

    def clear(self) -> None:
        """Drops all models and gives their memory back."""
        with self._lock:
            for forget in self._holders:
                forget()
            self._loaded.clear()
            self._drop_unused()

    def memory_error(self, role: str | None = None) -> OutOfMemory:
        """Drops everything and returns the error to raise, which names the cheapest setting that would fit."""
        self.clear()
        free = self._limit or devices.free_memory(self.device)
        return no_room(self.preset, self.roles, role, {role} if role else self.used, self.device, free)

    def _check_here(self, role: str, who: str) -> None:
        for package in _LIBRARIES:
            if find_spec(package) is None:
                raise DependencyMissing(package, self.preset.extra or "diffusion", who)
        entry = self.roles[role]
        lacking = [p for p in entry.places if store.locate(p) is None]
        if lacking:
            raise missing_weights(self.preset, entry, lacking, self.overrides)

    def _load(self, role: Role, report: Reporter) -> Loaded:
        import torch

        from finetouch.engine import loading, lora, offload

        if role.place is None and role.parts:
            check_kind(role.name, loading.pipeline_class(role), _name(role))
        dtype = devices.take_dtype(self.device, role.dtype)
        report.update("load", 0, 0, f"{role.name}: {_name(role)} on {devices.describe(self.device)}")
        found = list(loading.pieces(role))
        loras = tuple(n for n, part in role.loras.items() if store.locate(part.place) is not None)
        offloaded = self._make_room(role, {self._key(p, role, dtype, loras): p for p in found})
        parts: dict[str, Any] = {}
        for number, piece in enumerate(found):
            report.update("load", number, len(found), f"{role.name}: {piece.name}")
            key = (*self._key(piece, role, dtype, loras), role.name if offloaded else "")
            if key not in self._pieces:
                made = loading.load(piece, key[2], role.name)
                if key[3]:
                    lora.attach(made, role, loras)
                whole = isinstance(made, torch.nn.Module) and not offloaded
                self._pieces[key] = made.to(self.device) if whole else made
            parts[piece.name] = self._pieces[key]
            if piece.name == "model":
                parts |= loading.processors(piece.folder)
        if offloaded:
            offload.attach(parts, self.device)
        report.update("load", len(found), len(found), f"{role.name}: ready")
        facts = {
            "pipeline": loading.pipeline_class(role), "name": _name(role), "identity": self.identity(role.name),
            "loras": loras, "active": role.active, "offloaded": offloaded, **role.facts,
        }  # fmt: skip
        return Loaded(role.name, parts, self.device, dtype, facts)

    def _key(self, piece: Piece, role: Role, dtype: torch.dtype, loras: tuple[str, ...]) -> tuple[Any, ...]:
        """What makes two pieces the same: class, folder, number format, add-on weights."""
        own = dtype if piece.dtype in ("auto", role.dtype) else devices.take_dtype(self.device, piece.dtype)
        return piece.cls, str(piece.folder), own, loras if piece.name in ("unet", "transformer") else ()

    def _make_room(self, role: Role, wanted: Mapping[tuple[Any, ...], Piece]) -> bool:
        """Drops what was not used for longest until the new role fits.

        Returns:
            True when it fits only with its components taking turns on the accelerator.

        Raises:
            MemoryError: It does not fit at all.
        """
        from finetouch.engine import loading

        sizes = {key: loading.numbers(piece.folder) * key[2].itemsize for key, piece in wanted.items()}
        work = max(0, role.memory - sum(sizes.values())) if self.device != "cpu" else 0
        need = lambda: work + sum(size for key, size in sizes.items() if (*key, "") not in self._pieces)  # noqa: E731
        while self._loaded and self._used_bytes() + need() > self._budget():
            for forget in self._holders:
                forget()
            self._loaded.popitem(last=False)
            self._drop_unused()
        if self._used_bytes() + need() <= self._budget():
            return False
        if (
            self.device != "cpu"
            and work + max(sizes.values()) <= self._budget()
            and need() < devices.free_memory("cpu")
        ):
            return True
        raise MemoryError(f"{role.name}: {need()} bytes")

    def _budget(self) -> int:
        """Bytes all models together may take now."""
        if self._limit:
            return self._limit
        free = devices.free_memory(self.device)
        return self._used_bytes() + int(free * 0.9) if free else 1 << 62

    def _used_bytes(self) -> int:
        return sum(_bytes(made) for made in self._pieces.values())

    def _drop_unused(self) -> None:
        """Forgets the pieces that no loaded role holds any more."""
        held = {id(part) for loaded in self._loaded.values() for part in loaded.parts.values()}
        self._pieces = {key: made for key, made in self._pieces.items() if id(made) in held}
        devices.release(self._device)


def _name(role: Role) -> str:
    return " + ".join(dict.fromkeys(p.name for p in role.places))


def _bytes(made: Any) -> int:
    if not hasattr(made, "parameters"):
        return 0
    tensors = [*made.parameters(), *made.buffers()]
    return sum(t.numel() * t.element_size() for t in tensors)


def _switch(core: Any, name: str | None) -> None:
    if name is None:
        core.disable_adapters()
    else:
        core.enable_adapters()
        core.set_adapter(name)
