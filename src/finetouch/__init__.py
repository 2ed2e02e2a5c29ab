"""Finetouch: say it, point at it, or paint it: exactly that changes, and nothing else.

>>> import finetouch
>>> result = finetouch.edit("photo.jpg", "remove the man on the far right")
>>> result.save("out.png")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from finetouch._version import __version__

if TYPE_CHECKING:
    from finetouch.engine.editor import Editor, edit
    from finetouch.engine.result import EditResult
    from finetouch.errors import FinetouchError
    from finetouch.types import EditPlan, EditStep, Picture, Progress, Query, Region

_WHERE = {
    "Editor": "finetouch.engine.editor",
    "edit": "finetouch.engine.editor",
    "EditResult": "finetouch.engine.result",
    "EditPlan": "finetouch.types",
    "EditStep": "finetouch.types",
    "FinetouchError": "finetouch.errors",
    "Picture": "finetouch.types",
    "Progress": "finetouch.types",
    "Query": "finetouch.types",
    "Region": "finetouch.types",
}

__all__ = [
    "EditPlan",
    "EditResult",
    "EditStep",
    "Editor",
    "FinetouchError",
    "Picture",
    "Progress",
    "Query",
    "Region",
    "__version__",
    "edit",
]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'finetouch' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
