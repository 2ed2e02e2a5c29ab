"""The model card of a trained mask generator, from its recipe and from what was measured."""

from __future__ import annotations

from typing import Any

_TEXT = """---
license: apache-2.0
library_name: transformers
---
# Finetouch lab: mask_generator

Proposes where a new thing goes and which outline it has, from a background, words, and optionally the old thing's
mask, a box or a point. Opens with `from_pretrained` of `finetouch.diffusion.mask_net.MaskPredictor`; its words are read
by the text half of the lab's `clip`, which must be the one it was trained with.

- **Data**: pairs from scenes of `finetouch.lab` drawn from training seeds: the scene without one thing, and the mask
  of that thing or of another one that may stand there. Test seeds and held-out combinations are never seen. No
  photographs. Backgrounds carry traces of removals at random decoys as often as at the true place.
- **Recipe**: `finetouch train mask-generator --data lab` (`src/finetouch/train/mask_generator`): {steps} steps of
  {batch}, peak learning rate {rate}, moving average {ema}, {hours:.1f} h on the processor; {parameters:,} parameters.
- **Measured** on {cases} cases of synthetic test scenes (`finetouch bench two-stage`): best-of-4 IoU {with_box} from
  the old thing's description without its mask, {words} from words of the new thing's own place alone, {text} from the
  name alone; plausible place {plausible}.
- **Leak tests**: overlap with decoys {decoy} (to stay below 0.1); picks the true hole before a decoy in {hole} of the
  cases (chance is 0.5 within {margin}).
- **Limits**: knows the drawn world of `finetouch.lab` only; useless on photographs. Thin parts are lost at 64 px.
- **Licence**: Apache-2.0, as the rest of Finetouch.
"""


def card(recipe: dict[str, Any], measured: dict[str, Any]) -> str:
    """The card in Markdown.

    Args:
        recipe: ``recipe.json`` of the run. measured: ``finetouch bench two-stage --json``.
    """
    rows = {r["row"]: r for r in measured["masks"]}

    def value(row: str, key: str = "best_of_4") -> str:
        found = rows.get(row, {}).get(key)
        return "not measured" if found is None else f"{found:.3f}"

    leaks = measured.get("leaks") or {}
    shown = "generator: description (with its box)"
    return _TEXT.format(
        steps=recipe["steps"], batch=recipe["batch_size"], rate=recipe["rate"], ema=recipe["ema"],
        hours=recipe["seconds"] / 3600, parameters=recipe["parameters"], cases=measured["cases"],
        with_box=value(shown), words=value("generator: its own place in words"), text=value("generator: text only"),
        plausible=value(shown, "plausible"), decoy=_figure(leaks.get("decoy_iou")),
        hole=_figure(leaks.get("picks_true_hole")), margin=_figure(leaks.get("chance_margin")),
    )  # fmt: skip


def _figure(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
