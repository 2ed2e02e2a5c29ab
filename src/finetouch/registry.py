"""Which parsers, selectors and editing methods there are, and what each of them can do.

One decorated class in one file is enough: it then shows up in the command line, the API, the docs and the contract
test. Capabilities are data on the registration; code never asks for a method by name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from finetouch.contracts import EditMethod, Parser, Selector
from finetouch.errors import DependencyMissing, UsageError

if TYPE_CHECKING:
    from finetouch.engine.models import Models

T = TypeVar("T", bound=Parser | Selector | EditMethod)

PLUGIN_GROUP = "finetouch.plugins"


@dataclass(frozen=True)
class Spec(Generic[T]):
    """One registered class.

    Attributes:
        kind: "parser", "selector" or "editor".
        name: How users call it. summary: One line for lists and help.
        cls: The class; made without arguments.
        presets: Presets it belongs to.
        ops: Operations it can carry out (editors).
        roles: Models it cannot work without; they are looked for before anything is loaded.
        uses: Models it works better with, when the preset has them.
        selector: Selector that an editor works with unless another one is asked for; "" takes the preset's.
        extra: Optional extra it needs, or "". packages: modules that must be importable for it.
        needs_region: False when it works on the whole picture and nothing has to be selected.
        needs_reference: True when it cannot work without a reference picture.
        geometry: True when the result may have another size than the input.
        context: Border around the area that the crop should show, as a share of the area's longer side.
        min_context: The same in px, lower limit.
        max_side: Longest side of the crop it works on; larger crops are scaled down. None: no limit.
        max_pixels: Largest crop in px it can hold; larger areas are cut into tiles. None: no limit.
        feather: Default inside feather in px.
    """

    kind: str
    name: str
    summary: str
    cls: type[T]
    presets: tuple[str, ...] = ()
    ops: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    selector: str = ""
    extra: str = ""
    packages: tuple[str, ...] = ()
    needs_region: bool = True
    needs_reference: bool = False
    geometry: bool = False
    context: float = 0.25
    min_context: int = 16
    max_side: int | None = None
    max_pixels: int | None = None
    feather: float = 0.0

    def make(self, models: Models | None = None) -> T:
        """A working instance that has `models` at hand.

        Raises:
            DependencyMissing: Its extra is not installed.
            UsageError: No model plays a role it needs. ModelMissing: The weights of one are not on this machine.
        """
        for package in self.packages:
            if find_spec(package) is None:
                raise DependencyMissing(package, self.extra, f"The {self.kind} '{self.name}'")
        if models is not None:
            models.require(self.roles, f"The {self.kind} '{self.name}'")
        made = self.cls()
        made.models = models
        return made


_REGISTRY: dict[tuple[str, str], Spec[Any]] = {}


def _register(kind: str, name: str, **facts: Any) -> Callable[[type[T]], type[T]]:
    def add(cls: type[T]) -> type[T]:
        old = _REGISTRY.get((kind, name))
        if old is not None and f"{old.cls.__module__}.{old.cls.__qualname__}" != f"{cls.__module__}.{cls.__qualname__}":
            raise ValueError(f"two {kind}s are called '{name}': {old.cls} and {cls}")
        summary = facts.pop("summary", None) or (cls.__doc__ or "").strip().split("\n")[0]
        _REGISTRY[kind, name] = Spec(kind=kind, name=name, cls=cls, summary=summary, **facts)
        return cls

    return add


def parser(name: str, **facts: Any) -> Callable[[type[T]], type[T]]:
    """Registers a `Parser`; `facts` are fields of `Spec`."""
    return _register("parser", name, **facts)


def selector(name: str, **facts: Any) -> Callable[[type[T]], type[T]]:
    """Registers a `Selector`; `facts` are fields of `Spec`."""
    return _register("selector", name, **facts)


def editor(name: str, **facts: Any) -> Callable[[type[T]], type[T]]:
    """Registers an `EditMethod`; `facts` are fields of `Spec`."""
    return _register("editor", name, **facts)


@cache
def load() -> None:
    """Imports every module of finetouch.plan, .select and .editing, and installed plug-ins, once."""
    for package_name in ("finetouch.plan", "finetouch.select", "finetouch.editing"):
        package = importlib.import_module(package_name)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package_name}.{module.name}")
    for point in entry_points(group=PLUGIN_GROUP):
        point.load()


def specs(kind: str | None = None, preset: str | None = None) -> list[Spec[Any]]:
    """All registrations, sorted by kind and name, optionally of one kind or preset."""
    load()
    found = [s for s in _REGISTRY.values() if kind in (None, s.kind) and (preset is None or preset in s.presets)]
    return sorted(found, key=lambda s: (s.kind, s.name))


def get(kind: str, name: str) -> Spec[Any]:
    """One registration; raises `UsageError` listing the names that exist."""
    load()
    try:
        return _REGISTRY[kind, name]
    except KeyError:
        names = ", ".join(s.name for s in specs(kind))
        raise UsageError(f"There is no {kind} called '{name}'.", f"Available: {names}.") from None
