"""The model card of the bundled generator of masks for photographs."""

from __future__ import annotations

from typing import Any

_TEXT = """---
license: apache-2.0
---
# Finetouch: photo_masks

Proposes where a new thing goes in a photograph and roughly which outline it has. `finetouch propose-mask`, `add` and
the two-stage method use it in every preset that names no mask generator of its own.

- **Sees** no pixels, but the layout that the bundled selector makes of a photo (how much sky, floor, table, person ...
  is where, 64 x 64), and is told facts: the thing's category, usual height and proportions, the described place. It
  may be shown the old thing's outline, a box or a point.
- **Data**: {pairs} pairs from labelled photographs. A thing is painted over together with decoys, and its mask has to
  be found again. COCO (annotations CC BY 4.0, photos under their Flickr licences), Clothing Co-Parsing, CamVid and
  DAVIS, the same training photos as the photo selector's; the photos are not part of Finetouch. {everyday} different
  everyday things and {others} people, bags, hats, cars: the data is small, and it shows.
- **Recipe**: `finetouch train mask-generator --data DIR` (`src/finetouch/train/mask_generator`): {steps} steps of
  {batch}, peak learning rate {rate}, moving average {ema}, seed 1, {hours:.1f} h on the processor; {parameters:,}
  parameters, the large weights stored in one byte (`train/mask_generator/export.py`).
- **Measured** on {cases} things of photographs nobody trained on (`finetouch bench propose DIR`), best of 4 proposals,
  overlap with where the thing really was:

{table}

  The place a thing was taken from is one of many good ones, so the rows tell more when compared than alone.
- **Leak tests**: a removal of the same shape beside the true place changes how much of the masks lies there from
  {untouched} to {removed} ({decoys} photos); the first mask's overlap with it is {decoy} (to stay below 0.1). More of
  the masks lies at the true place than at that twin in {picked} of the photos; that is more than chance because a
  hat's place is on a head and not beside it.
- **Limits**: outlines are blobs with the right proportions, no contours; thin parts are lost at 64 px. Kinds that were
  rare in the data (most animals, furniture, tools) get a usual size and place for their family. Knows no depth. For
  `paste` the outline of the reference replaces the proposed one.
- **Licence**: Apache-2.0, as the rest of Finetouch.
"""


def card(recipe: dict[str, Any], measured: dict[str, Any]) -> str:
    """The card in Markdown.

    Args:
        recipe: ``recipe.json`` of the run. measured: ``finetouch bench propose --json``.
    """
    keys = ("best_of_4", "first", "centre", "log_area")
    head = "  | proposer | best of 4 | first | centre / diagonal | log area error |\n  |---|---|---|---|---|\n"
    rows = [f"  | {r['row']} | " + " | ".join(f"{r[k]:.3f}" for k in keys) + " |" for r in measured["rows"]]
    leaks = measured["leaks"]
    return _TEXT.format(
        pairs=f"{recipe['pairs']:,}", everyday=recipe["everyday"], others=recipe["others"], steps=recipe["steps"],
        batch=recipe["batch_size"], rate=recipe["rate"], ema=recipe["ema"], hours=recipe["seconds"] / 3600,
        parameters=recipe["parameters"], cases=measured["rows"][0]["cases"], table=head + "\n".join(rows),
        untouched=_figure(leaks["at_twin_untouched"]), removed=_figure(leaks["at_twin_removed"]),
        decoys=leaks["decoys"], decoy=_figure(leaks["decoy_iou"]), picked=_figure(leaks["picks_true_place"]),
    )  # fmt: skip


def _figure(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
