"""One contract for everything that is registered: a new method is held to it without a line of test of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event

import numpy as np
import pytest

import tiny_editors
import tiny_models
from finetouch import registry
from finetouch.engine.choose import choose_editor
from finetouch.engine.models import Models
from finetouch.engine.pipeline import Options, Pipeline, check_params, region_from_mask
from finetouch.errors import Cancelled, FinetouchError, ModelMissing, NotUnderstood, TargetNotFound
from finetouch.hub.presets import preset, presets
from finetouch.imaging import io
from finetouch.registry import Spec
from finetouch.types import EditPlan, EditStep, Picture, Query, Region, Reporter

SAMPLES = {
    "remove": [EditStep(op="remove", target="ball")],
    "replace": [EditStep(op="replace", target="ball", result="cup")],
    "add": [EditStep(op="add", result="cup", position="center")],
    "recolor": [EditStep(op="recolor", target="ball", color="green", result="green ball")],
    "restyle": [EditStep(op="restyle", result="sepia", params={"style": "sepia"})],
    "background": [
        EditStep(op="background", target="background", result="beach"),
        EditStep(op="background", target="background", color="white", params={"kind": "color", "color": "white"}),
        EditStep(op="background", target="background", params={"kind": "transparent"}),
    ],
    "adjust": [
        EditStep(op="adjust", target="ball", result="brighter ball", params={"brightness": 0.35}),
        EditStep(op="adjust", target="background", result="blurred background", params={"blur": 0.35}),
    ],
    "global": [
        EditStep(op="global", result="brighter", params={"brightness": 0.35}),
        EditStep(op="global", result="rotated 90 degrees", params={"rotate": 90}),
    ],
    "move": [EditStep(op="move", target="ball", params={"direction": "right", "amount": 0.2})],
    "resize": [EditStep(op="resize", target="ball", result="smaller ball", params={"scale": 0.7})],
    "duplicate": [EditStep(op="duplicate", target="ball", count=2)],
}
# The real classes at tiny random size, for methods and selectors that need models.
TINY = {
    "inpaint": tiny_models.stable_diffusion, "generate": partial(tiny_models.stable_diffusion, channels=4),
    "grounder": tiny_models.clipseg, "clip": tiny_models.clip, "instruct": tiny_editors.instruct_pix2pix,
    "vlm": tiny_editors.qwen_vl, "semantic": tiny_models.segformer,
}  # fmt: skip
EDITORS = registry.specs("editor")


def quick(spec, step: EditStep) -> EditStep:
    """The step with as few denoising steps as the method allows, and without a second look."""
    fields = spec.cls.Params.model_fields
    fast = {n: v for n, v in (("steps", 2), ("check", False)) if n in fields}
    return step.model_copy(update={"params": {**step.params, **fast}}) if fast else step


CASES = [
    pytest.param(spec, quick(spec, step), id=f"{spec.name}-{step.op}-{i}")
    for spec in EDITORS
    for op in spec.ops
    for i, step in enumerate(SAMPLES.get(op, []))
    if spec.cls.fits(step) > 0
]


def scene(height: int = 61, width: int = 83, alpha: bool = False) -> tuple[Picture, Region]:
    """A textured wall with a red ball, and the ball's mask."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:height, 0:width]
    wall = 120 + 40 * np.sin(x / 3.0) * np.cos(y / 4.0) + rng.normal(0, 6, (height, width))
    pixels = np.clip(np.stack([wall, wall * 0.9, wall * 0.7], axis=2), 0, 255).astype(np.uint8)
    radius = max(1, min(height, width) // 5)
    ball = (x - width // 2) ** 2 + (y - height // 2) ** 2 <= radius**2
    shade = np.clip(1.2 - np.hypot(x - width // 2 + 3, y - height // 2 + 3) / (2 * radius), 0.4, 1.2)
    pixels[ball] = np.clip(np.stack([200 * shade, 40 * shade, 40 * shade], axis=2), 0, 255)[ball]
    see = np.where((x + y) % 7 == 0, 128, 255).astype(np.uint8) if alpha else None
    return Picture(pixels, see, name="ball.png"), Region.of(ball, label="ball", source="test")


@pytest.fixture(scope="session")
def places(tmp_path_factory) -> Callable[[Spec], dict[str, str]]:
    """Folders with tiny models for the roles that a registration needs, each made once."""
    made: dict[str, str] = {}

    def of(spec: Spec) -> dict[str, str]:
        for role in spec.roles:
            if role not in made:
                pytest.importorskip("torch")
                made[role] = str(TINY[role](tmp_path_factory.mktemp(role)))
        return {role: made[role] for role in spec.roles}

    return of


def run(models, spec, step, picture: Picture, region: Region, seed: int = 3, report: Reporter | None = None):
    reference = io.load(scene(40, 30)[0]) if spec.needs_reference or not spec.roles else None
    options = Options(method=spec.name, seed=seed, region=region, reference=reference, verify=False)
    return Pipeline("embedded", models=models).run(
        picture, EditPlan(steps=(step,), instruction="test"), options, report
    )


def target_of(step: EditStep, region: Region) -> Region:
    return ~region if step.target == "background" else region


def test_every_method_is_covered_by_a_case():
    covered = {case.values[0].name for case in CASES}
    assert covered == {s.name for s in EDITORS}, "add a sample step that the new method fits"


@pytest.mark.parametrize(("spec", "step"), CASES)
@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "alpha"])
def test_size_is_kept_mask_respected_input_untouched(places, spec, step, alpha):
    picture, region = scene(alpha=alpha)
    before = picture.pixels.copy()
    result = run(places(spec), spec, step, picture, target_of(step, region))
    np.testing.assert_array_equal(picture.pixels, before)
    assert result.picture.pixels.dtype == np.uint8
    if spec.geometry:
        assert result.outside_change is None
        return
    assert result.picture.size == picture.size
    assert result.outside_change is not None and result.outside_change.clean
    moved = (result.picture.pixels != before).any()
    cleared = result.picture.alpha is not None and (
        picture.alpha is None or (result.picture.alpha != picture.alpha).any()
    )
    assert moved or cleared, "the method changed nothing"


@pytest.mark.parametrize(("spec", "step"), CASES)
def test_the_seed_reproduces(places, spec, step):
    picture, region = scene()
    a, b = (run(places(spec), spec, step, picture, target_of(step, region), seed=11) for _ in range(2))
    np.testing.assert_array_equal(a.picture.pixels, b.picture.pixels)
    again = run(places(spec), spec, a.provenance.plan.steps[0], picture, target_of(step, region), seed=99)
    np.testing.assert_array_equal(a.picture.pixels, again.picture.pixels)


@pytest.mark.parametrize(("spec", "step"), CASES)
def test_cancel_stops(places, spec, step):
    picture, region = scene()
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        run(places(spec), spec, step, picture, target_of(step, region), report=Reporter(None, cancel))


@pytest.mark.parametrize(("spec", "step"), CASES)
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 3), (17, 64)], ids=str)
def test_odd_sizes_work_or_are_refused_clearly(places, spec, step, size):
    picture, _ = scene(*size)
    region = Region.of(np.ones(size, bool), label="all", source="test")
    try:
        result = run(places(spec), spec, step, picture, region)
    except FinetouchError as error:
        assert error.message
    else:
        assert result.picture.pixels.size > 0


@pytest.mark.parametrize("spec", EDITORS, ids=lambda s: s.name)
def test_the_registration_says_what_people_need(spec):
    assert spec.summary and spec.ops and set(spec.presets) <= {*presets(), "lab", "sd15", "sdxl", "flux", "qwen"}
    method = spec.make()
    for name, info in method.Params.model_fields.items():
        assert info.description or name in (type(method).Params.__doc__ or ""), f"{spec.name}.{name} is not explained"
    with pytest.raises(FinetouchError, match="no_such_parameter"):
        check_params(method, EditStep(op=spec.ops[0], params={"no_such_parameter": 1}))


@pytest.mark.parametrize(("op", "step"), [(o, s) for o, steps in SAMPLES.items() for s in steps], ids=str)
def test_the_embedded_preset_chooses_a_method_for_every_sample(op, step):
    if op == "background" and step.result == "beach":
        pytest.skip("a described scene needs a generator")
    assert op in choose_editor(step, preset("embedded"), None, has_reference=True).ops


@pytest.mark.parametrize("spec", registry.specs("parser"), ids=lambda s: s.name)
def test_parsers_are_deterministic_and_refuse_nonsense(spec):
    parser = spec.make()
    words = "remove the dog and make the sofa blue"
    assert parser.parse(words) == spec.make().parse(words)
    for nonsense in ("", "   ", "!!!", "qwxz plfh"):
        with pytest.raises(NotUnderstood) as caught:
            parser.parse(nonsense)
        assert caught.value.hint


@pytest.mark.parametrize("spec", registry.specs("selector"), ids=lambda s: s.name)
def test_selectors_refuse_what_is_not_there(places, spec):
    if spec.roles:
        pytest.skip("random weights see things; tests/select/test_grounded.py holds it to this")
    selector = spec.make()
    picture = Picture(np.full((90, 130, 3), 127, np.uint8))
    analysis = selector.analyse(picture, Reporter())
    for noun in ("giraffe", "xylophonist-thingamajig"):
        with pytest.raises(TargetNotFound):
            selector.select(picture, analysis, Query(noun=noun), Reporter())


@pytest.mark.parametrize("spec", registry.specs("selector"), ids=lambda s: s.name)
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (33, 65)], ids=str)
def test_selectors_take_any_size(places, spec, size):
    selector = spec.make(Models(preset("embedded"), overrides=places(spec)))
    picture, _ = scene(*size)
    analysis = selector.analyse(picture, Reporter())
    try:
        found = selector.select(picture, analysis, Query(noun="ball"), Reporter())
    except FinetouchError:
        return
    assert found.region.mask.shape == size and np.isfinite(found.region.mask).all()


@pytest.mark.parametrize("spec", [s for s in registry.specs() if s.roles], ids=lambda s: f"{s.kind}-{s.name}")
def test_absent_models_give_a_clear_error(spec):
    pytest.importorskip("torch")
    with pytest.raises(FinetouchError, match=spec.roles[0]) as caught:
        spec.make(Models(preset("embedded")))
    assert f"--set {spec.roles[0]}=" in caught.value.hint
    for name in spec.presets:
        try:
            spec.make(Models(preset(name), offline=True))
        except ModelMissing as error:
            assert "finetouch models download" in error.hint or "--force-reinstall" in error.hint


def test_masks_from_outside_are_checked():
    with pytest.raises(FinetouchError, match="selects nothing"):
        region_from_mask(np.zeros((4, 4)))
