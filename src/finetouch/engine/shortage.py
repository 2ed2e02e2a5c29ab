"""What to say when weights or memory are lacking: what, how much, and the setting or command that helps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from finetouch.errors import ModelMissing, OutOfMemory
from finetouch.hub import store
from finetouch.hub.presets import Place, Preset, Role, presets


def missing_weights(
    preset: Preset, role: Role, lacking: Sequence[Place], overrides: Mapping[str, str] | None = None
) -> ModelMissing:
    """The error for weights that are not here: which, how large, and the command that brings them."""
    names = ", ".join(dict.fromkeys(p.name for p in lacking))
    if all(p.bundled for p in lacking):
        return ModelMissing(
            f"The weights for the role '{role.name}' ({names}) are part of Finetouch but not of this installation.",
            "Install it again: pip install --force-reinstall 'finetouch[diffusion]'",
        )
    broken = next((p for p in lacking if p.folder is not None), None)
    if broken is not None:
        return ModelMissing(
            f"The folder '{broken.name}' for the role '{role.name}' is not complete: it lacks {_gaps(broken)}.",
            "Finetouch loads safetensors only; save the model again with save_pretrained.",
        )
    given = "".join(f" --set {k}={v}" for k, v in (overrides or {}).items() if k.partition(".")[0] == role.name)
    size = f"{gigabytes(role.total)}, {role.licence}" if role.total else "size not known here"
    return ModelMissing(
        f"The weights for the role '{role.name}' ({names}; {size}) are not on this machine.",
        f"Get them: finetouch models download {preset.name} --role {role.name}{given}",
    )


def no_room(
    preset: Preset, roles: Mapping[str, Role], role: str | None, used: Collection[str], device: str, free: int
) -> OutOfMemory:
    """The error for memory that is used up, naming the cheapest setting that would fit.

    Args:
        preset: The one in use. roles: Its roles as they are played. role: The one that did not fit, None when an
            edit ran out of memory at work.
        used: The roles that have to fit.
        device: Where. free: Bytes there after everything was dropped.
    """
    named = set(used) & set(roles)
    need = max((roles[n].memory for n in named), default=0)
    what = f"The model for the role '{role}'" if role else "This edit"
    size = f" needs about {gigabytes(need)} and" if need and role else ""
    return OutOfMemory(
        f"{what}{size} does not fit into the memory of the device '{device}' ({gigabytes(free)} free).",
        _cheaper(preset, named, device, free),
    )


def gigabytes(size: int) -> str:
    """Bytes for people: "2.1 GB", "34 MB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB" if size else "0 MB"


def _cheaper(preset: Preset, named: set[str], device: str, free: int) -> str:
    """The largest preset that would fit, the other device, or more memory."""
    advice = []
    own = max((preset.roles[n].memory for n in named if n in preset.roles), default=0)
    for other in sorted(presets().values(), key=lambda p: -_need(p, named)):
        need = _need(other, named)
        if other.name != preset.name and 0 < need <= free and (need < own or not own):
            advice.append(f"Would fit: --preset {other.name} (about {gigabytes(need)}).")
            break
    if device != "cpu":
        advice.append("Slower, in the computer's own memory: --device cpu.")
    return " ".join(advice) or (
        "Close other programs, or raise FINETOUCH_MEMORY if it is set; "
        "without a model: --preset embedded removes, recolors, moves and replaces with --reference."
    )


def _need(preset: Preset, named: set[str]) -> int:
    """Bytes the largest of some roles takes in a preset; 0 when it lacks one of them."""
    if not named or not named <= set(preset.roles):
        return 0
    return max(preset.roles[n].memory for n in named)


def _gaps(place: Place) -> str:
    if place.folder is None or not place.folder.is_dir():
        return "everything"
    return ", ".join(store.incomplete(place.folder / place.subfolder, place.without)) or "the subfolder"
