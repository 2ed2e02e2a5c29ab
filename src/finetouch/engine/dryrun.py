"""What an edit would do and need, without doing it: methods, selectors, models, sizes, licences, downloads."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from finetouch import registry
from finetouch.engine.choose import choose_editor
from finetouch.engine.pipeline import Pipeline
from finetouch.engine.shortage import gigabytes
from finetouch.hub import care
from finetouch.settings import settings
from finetouch.types import EditPlan, EditStep


def rehearse(
    pipeline: Pipeline, plan: EditPlan, method: str = "auto", has_reference: bool = False, has_mask: bool = False
) -> dict[str, Any]:
    """Everything that is settled before an edit starts, ready for JSON.

    Args:
        pipeline: Who would do it. plan: What. method: As for the edit.
        has_reference: A reference picture is given. has_mask: The selection is given.

    Raises:
        UsageError: A method does not fit. NeedsGenerator: No method of the preset can do a step.
    """
    steps: list[dict[str, Any]] = []
    users: dict[str, str] = {}
    for step in plan.steps:
        row = _step(pipeline, step, method, has_reference, has_mask)
        steps.append(row)
        for who in ("method", "selector"):
            for role in row["roles"][who]:
                users.setdefault(role, row[who])
    reader = next((s for s in registry.specs("parser") if s.name == plan.parser), None)
    for role in (*reader.roles, *reader.uses) if reader else ():
        if _played(pipeline, role):
            users.setdefault(role, plan.parser)
    models = [{**care.describe(pipeline.models.roles[role]), "used_by": who} for role, who in users.items()]
    return {
        "preset": pipeline.preset.name,
        "device": pipeline.device,
        "plan": plan.model_dump(mode="json"),
        "steps": steps,
        "models": models,
        "weights": [
            {"role": w.role, "file": w.path.name, "present": w.present, "bytes": w.size, "licence": w.licence}
            for w in pipeline.preset.weights
        ],
        "download": _download(pipeline, models),
        "install": _install(pipeline, models),
    }


def render(found: dict[str, Any]) -> list[str]:
    """The answer of `rehearse` as lines for people."""
    lines = [f"preset {found['preset']}, device {found['device']}"]
    for number, step in enumerate(found["steps"], 1):
        finder = f", found by {step['selector']}" if step["selector"] else ""
        lines.append(f"{number}. {step['op']}: by {step['method']} ({step['summary']}){finder}")
    for model in found["models"]:
        need = f", {gigabytes(model['memory'])} of memory at work" if model["memory"] else ""
        lines.append(f"model {model['role']} ({model['class'] or 'given by hand'}) for {model['used_by']}{need}")
        for place in model["places"]:
            here = "bundled" if place["bundled"] and place["present"] else "here" if place["present"] else "NOT HERE"
            size = gigabytes(place["bytes"]) if place["bytes"] else "size not known"
            revision = f"@{place['revision']}" if place["revision"] else ""
            optional = ", optional" if place["optional"] else ""
            lines.append(f"    {place['place']}{revision}: {size}, {place['licence'] or 'own'}, {here}{optional}")
    for weights in found["weights"]:
        lines.append(f"model {weights['role']}: {weights['file']}, {gigabytes(weights['bytes'])}, bundled")
    wanted = found["download"]
    if wanted["places"]:
        size = gigabytes(wanted["bytes"]) if wanted["bytes"] else "of a size not known here"
        lines.append(f"to download: {size} ({', '.join(wanted['places'])}): {wanted['command']}")
    else:
        lines.append("to download: nothing")
    if found["install"]:
        lines.append(f"to install: {found['install']}")
    return lines


def _step(pipeline: Pipeline, step: EditStep, method: str, has_reference: bool, has_mask: bool) -> dict[str, Any]:
    wanted = step.method or (None if method == "auto" else method)
    spec = choose_editor(step, pipeline.preset, wanted, has_reference, pipeline.models)
    query = step.query()
    selecting = not has_mask and (query.by_hand or bool(query.noun and spec.needs_region))
    selector = registry.get("selector", pipeline.selector_for(spec)) if selecting else None
    played = lambda role: _played(pipeline, role)  # noqa: E731
    return {
        "op": step.op,
        "target": step.target,
        "method": spec.name,
        "summary": spec.summary,
        "selector": None if selector is None else selector.name,
        "roles": {
            "method": [*spec.roles, *filter(played, spec.uses)],
            "selector": [] if selector is None else [*selector.roles, *filter(played, selector.uses)],
        },
    }


def _played(pipeline: Pipeline, role: str) -> bool:
    """Whether a model on this machine plays a role; a server of the settings goes before the preset's own model."""
    served = role == "vlm" and bool(settings().vlm_url) and role not in pipeline.models.overrides
    return pipeline.models.has(role) and not served


def _download(pipeline: Pipeline, models: list[dict[str, Any]]) -> dict[str, Any]:
    """What is not here and can be had from the hub, and the command."""
    lacking = {p["place"]: p for m in models for p in m["places"] if not p["present"] and p["revision"]}
    roles = [m["role"] for m in models if any(p["place"] in lacking for p in m["places"])]
    given = "".join(f" --set {k}={v}" for k, v in pipeline.models.overrides.items() if k.partition(".")[0] in roles)
    chosen = "".join(f" --role {r}" for r in roles)
    command = f"finetouch models download {pipeline.preset.name}{chosen}{given}"
    return {
        "places": list(lacking),
        "bytes": sum(p["bytes"] for p in lacking.values()),
        "command": command if lacking else None,
    }


def _install(pipeline: Pipeline, models: list[dict[str, Any]]) -> str | None:
    needed = ("torch", "diffusers", "transformers") if models else ()
    if all(find_spec(name) is not None for name in needed):
        return None
    return f"pip install 'finetouch[{pipeline.preset.extra or 'diffusion'}]'"
