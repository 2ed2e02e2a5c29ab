"""Which method carries out a step: data on the registrations decide, never names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finetouch import registry
from finetouch._version import __version__
from finetouch.contracts import EditMethod
from finetouch.errors import NeedsGenerator, UsageError
from finetouch.hub.presets import Preset, presets
from finetouch.types import EditStep

if TYPE_CHECKING:
    from finetouch.engine.models import Models

_NEEDED = {
    "replace": "Replacing something by something new",
    "add": "Adding something new",
    "text": "Writing or changing lettering",
    "background": "Making up a new background",
    "restyle": "This style",
    "adjust": "Changing the state, pose or material of something",
    "global": "Changing weather, season, time of day or the scene",
}


def choose_editor(
    step: EditStep, preset: Preset, wanted: str | None, has_reference: bool, models: Models | None = None
) -> registry.Spec[EditMethod]:
    """The registration of the method for `step`.

    Args:
        step: What to do.
        preset: Whose methods may be used when none is named.
        wanted: A method by name, or None.
        has_reference: A reference picture was given.
        models: Who plays which role; a method whose roles were given by hand counts as one of the preset's.

    Raises:
        UsageError: The named method does not exist or cannot do this, or a reference picture is missing.
        NeedsGenerator: No method of the preset can do it.
    """
    if wanted is not None:
        spec = registry.get("editor", wanted)
        if step.op not in spec.ops:
            able = ", ".join(s.name for s in registry.specs("editor") if step.op in s.ops) or "none"
            raise UsageError(f"The method '{wanted}' cannot do '{step.op}'.", f"Methods that can: {able}.")
        if spec.needs_reference and not has_reference:
            raise UsageError(f"The method '{wanted}' needs a reference picture.", "Give it with --reference FILE.")
        return spec
    able_specs = [s for s in registry.specs("editor") if step.op in s.ops and _belongs(s, preset, models)]
    fitting = [(s.cls.fits(step), s) for s in able_specs]
    usable = [(score, s) for score, s in fitting if score > 0 and (has_reference or not s.needs_reference)]
    if usable:
        return max(usable, key=lambda pair: (pair[0], pair[1].needs_reference, pair[1].name))[1]
    raise NeedsGenerator(*_no_method(step, preset, with_reference=any(s.needs_reference for _, s in fitting)))


def _no_method(step: EditStep, preset: Preset, with_reference: bool) -> tuple[str, str]:
    what = _NEEDED.get(step.op, f"'{step.op}'")
    asked = " ".join(filter(None, [step.op, step.target, f"-> {step.result}" if step.result else ""]))
    message = f"{what} ({asked}) needs a generative model, which the preset '{preset.name}' does not have."
    hints = []
    if with_reference:
        hints.append("With a picture of the new thing it works here: add --reference FILE.")
    hints.append(_where_it_works(step))
    return message, " ".join(hints)


def _belongs(spec: registry.Spec[EditMethod], preset: Preset, models: Models | None) -> bool:
    """Whether a method may be chosen: all its roles are played, and it is the preset's or a role was given by hand."""
    played = set(preset.roles) if models is None else set(models.roles)
    given = set() if models is None else set(models.overrides)
    if not set(spec.roles) <= played:
        return False
    return preset.name in spec.presets or bool(spec.roles and set(spec.roles) & given)


def _where_it_works(step: EditStep) -> str:
    """The presets that have a method for the step, and how to get one of them."""
    able = {
        name
        for s in registry.specs("editor")
        for name in s.presets
        if step.op in s.ops and s.roles and name in presets() and set(s.roles) <= set(presets()[name].roles)
        if s.cls.fits(step) > 0
    }
    names = [name for name in presets() if name in able]
    if not names:
        return f"No preset of version {__version__} has a method for it yet."
    bundled = {n for n in names if all(p.bundled for r in presets()[n].roles.values() for p in r.places)}
    download = next((n for n in names if n not in bundled), None)
    get = f", then: finetouch models download {download}" if download else ""
    extra = f" ({', '.join(n for n in names if n in bundled)} comes with it)" if bundled and download else ""
    return f"Presets that can: {', '.join(names)}. Install: pip install 'finetouch[diffusion]'{extra}{get}"
