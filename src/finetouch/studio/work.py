"""What the worker process does: selecting, editing and downloading, with models and pictures kept warm."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pydantic import TypeAdapter

from finetouch.contracts import EditMethod, Selection
from finetouch.engine.pipeline import Options, Pipeline, region_from_mask
from finetouch.engine.result import EditResult
from finetouch.engine.vault import Vault
from finetouch.errors import FinetouchError, InputError, TargetNotFound
from finetouch.imaging import masks
from finetouch.imaging.masks import Mask
from finetouch.plan.phrase import parse_phrase
from finetouch.registry import Spec
from finetouch.settings import settings
from finetouch.studio.shelf import Shelf
from finetouch.studio.stages import kept, leftovers, stages
from finetouch.studio.strokes import Op, rasterise
from finetouch.studio.words import for_page, reworded
from finetouch.types import EditPlan, EditStep, Picture, Query, Region, Reporter

_KEPT_PIXELS = 160e6
_OPS: TypeAdapter[list[Op]] = TypeAdapter(list[Op])
_AT_ONCE = 2e6  # pixels that are checked and saved within a few tenths of a second
_MAX_OUTLINE = 400
_SAME = 0.92  # candidates that overlap more than this are one to the eye


class Work:
    """Carries out the studio's jobs; one per worker process.

    Args:
        folder: The studio's folder with the vault in it.
    """

    def __init__(self, folder: Path) -> None:
        self._vault = Vault(folder / "pictures")
        self._folder = folder
        self._pipelines: dict[tuple[str, str], HandPipeline] = {}
        self._pictures = Shelf(self._vault, _KEPT_PIXELS)

    def __call__(self, kind: str, payload: dict[str, Any], report: Reporter) -> dict[str, Any]:
        """Does one job; the answer is JSON."""
        known = {"edit": self.edit, "select": self.select, "download": self.download}
        try:
            return known[kind](payload, report)
        except FinetouchError as error:
            raise reworded(error) from error.__cause__

    def edit(self, payload: dict[str, Any], report: Reporter) -> dict[str, Any]:
        """Applies a plan; picture and mask go into the vault."""
        report.update("read", 0, 1, "opening the picture")
        picture = self._pictures.get(payload["picture"])
        engine = payload["engine"]
        plan, regions = self._settled(EditPlan.model_validate(payload["plan"]), payload.get("hands") or [], picture)
        reference = self._pictures.get(payload["reference"]) if payload.get("reference") else None
        pipeline = self._pipeline(engine)
        pipeline.by_hand = regions
        with kept(self._folder) as between:
            options = Options(
                method=engine["method"], seed=engine["seed"], grow=engine["grow"], feather=engine["feather"],
                verify=engine["verify"], reference=reference, keep=between,
                hooks={"edit": lambda step, edited: self._show(step is plan.steps[-1], edited, report)},
            )  # fmt: skip
            try:
                result = pipeline.run(picture, plan, options, report)
            except FinetouchError as error:
                error.pictures = leftovers(between, self._vault)
                raise
            finally:
                pipeline.by_hand = {}
            stages_made = stages(result, between, self._vault)
        given = payload.get("name") or picture.name
        result = replace(result, provenance=replace(result.provenance, input_name=given))
        report.update("save", 0, 1, "writing the result")
        with ThreadPoolExecutor(1) as beside:
            mask = beside.submit(self._keep_mask, result.mask)
            name = self._keep(result)
        change = result.outside_change
        return {
            **result.to_json(),
            "report": [for_page(line) for line in result.report],
            "picture": name,
            "mask": mask.result(),
            "seed": result.provenance.seed,
            "outside": None if change is None else change.count,
            "stages": stages_made,
        }

    def _keep(self, result: EditResult) -> str:
        scratch = self._folder / f"scratch-{secrets.token_hex(8)}.png"
        try:
            result.save(scratch, quick=True)
            return self._vault.take(scratch, "png")
        finally:
            scratch.unlink(missing_ok=True)

    @staticmethod
    def _show(last: bool, edited: Picture, report: Reporter) -> None:
        """A preview after a step; not when the result itself is there in a moment."""
        if not last or edited.width * edited.height > _AT_ONCE:
            report.update("edit", 1, 1, preview=edited.pixels)

    def select(self, payload: dict[str, Any], report: Reporter) -> dict[str, Any]:
        """Regions for a step or a phrase: the answer first, then the other candidates."""
        picture = self._pictures.get(payload["picture"])
        query = _query(payload)
        if not query.noun and not query.by_hand:
            return {"regions": [], "notes": [], "whole": True}
        try:
            found = self._pipeline(payload["engine"]).select(picture, query, report)
        except TargetNotFound as error:
            seen = [{"label": label, "score": round(float(score), 3)} for label, score in error.seen]
            notes = [for_page(text) for text in (error.message, error.hint) if text]
            return {"regions": [], "notes": notes, "seen": seen}
        regions = [found.region]
        for other in found.candidates:
            if all(masks.iou(other.mask, r.mask) < _SAME for r in regions):
                regions.append(other)
        return {"regions": [self._described(r) for r in regions[:12]], "notes": [for_page(n) for n in found.notes]}

    def download(self, payload: dict[str, Any], report: Reporter) -> dict[str, Any]:
        """Fetches the models of a preset."""
        from finetouch.hub import care
        from finetouch.hub.download import download
        from finetouch.hub.presets import preset
        from finetouch.hub.roles import settle

        roles = settle(preset(payload["preset"]), {})
        wanted = payload["roles"] or [name for name, r in roles.items() if not r.ondemand]
        for role in care.pick_roles(roles, wanted, payload["preset"]):
            download(role, report, settings().offline, True)
        self._pipelines.clear()
        return {"preset": payload["preset"], "roles": wanted}

    def _settled(
        self, plan: EditPlan, hands: list[dict[str, Any] | None], picture: Picture
    ) -> tuple[EditPlan, dict[int, Region]]:
        """The plan with marks put in, and the drawn region of each step."""
        steps, regions = list(plan.steps), {}
        for number, hand in enumerate(hands[: len(steps)]):
            if not hand:
                continue
            if hand.get("points") or hand.get("box"):
                marks = {"points": hand.get("points") or [], "box": hand.get("box")}
                steps[number] = EditStep.model_validate({**steps[number].model_dump(), **marks})
            if hand.get("ops"):
                mask = rasterise(_OPS.validate_python(hand["ops"]), picture.size, self._mask)
                regions[number] = region_from_mask(mask, "drawing")
                name = self._keep_mask(mask)
                steps[number] = steps[number].model_copy(update={"mask": name})
        taken = {id(step): region for number, region in regions.items() for step in (steps[number],)}
        return plan.model_copy(update={"steps": tuple(steps)}), taken

    def _described(self, region: Region) -> dict[str, Any]:
        return {
            "id": self._keep_mask(region.mask), "label": region.label, "score": round(float(region.score), 3),
            "source": region.source, "box": list(region.box) if region.box else None,
            "share": round(region.share, 5), "outline": outline(region.mask),
        }  # fmt: skip

    def _keep_mask(self, mask: Mask) -> str:
        return self._vault.put(mask_png(mask), "png")

    def _mask(self, name: str) -> Mask:
        return read_mask(self._vault.get(name))

    def _pipeline(self, engine: dict[str, Any]) -> HandPipeline:
        key = engine["preset"], engine["device"]
        if key not in self._pipelines:
            for old in self._pipelines.values():
                old.models.clear()
            self._pipelines.clear()
            self._pipelines[key] = HandPipeline(*key)
        return self._pipelines[key]


class HandPipeline(Pipeline):
    """A pipeline in which single steps can have their selection drawn by hand.

    Attributes:
        by_hand: ``id(step)`` → region, for the steps of the plan that runs next.
    """

    by_hand: Mapping[int, Region] = {}

    def _select_for(
        self, picture: Picture, step: EditStep, spec: Spec[EditMethod], options: Options, report: Reporter
    ) -> Selection:
        region = self.by_hand.get(id(step))
        chosen = options if region is None else replace(options, region=region)
        return super()._select_for(picture, step, spec, chosen, report)


def _query(payload: dict[str, Any]) -> Query:
    if payload.get("step"):
        query = EditStep.model_validate(payload["step"]).query()
    elif payload.get("phrase") and payload["phrase"].strip():
        query = parse_phrase(payload["phrase"])
    else:
        query = Query()
    marks = {"points": payload.get("points") or query.points, "box": payload.get("box") or query.box}
    return Query.model_validate({**query.model_dump(), **marks})


def mask_png(mask: Mask) -> bytes:
    """A mask as an 8-bit grey PNG."""
    return gray_png(cv2.convertScaleAbs(mask, alpha=255))


def gray_png(values: np.ndarray) -> bytes:
    """An 8-bit grey PNG, quickly."""
    return bytes(cv2.imencode(".png", values, [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE])[1])


def read_mask(data: bytes) -> Mask:
    """The inverse of `mask_png`, up to 1/255."""
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if values is None:
        raise InputError("The stored mask is damaged.", "Select it again.")
    return masks.as_mask(np.asarray(values, np.uint8))


def outline(mask: Mask) -> list[list[list[float]]]:
    """The contours of a mask as polygons in full-size pixels, simple enough to draw at any zoom."""
    on = (mask > masks.HARD).astype(np.uint8)
    found, _ = cv2.findContours(on, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    exact = max(0.75, max(mask.shape) / 2000)
    polygons = []
    for contour in sorted(found, key=len, reverse=True)[:40]:
        thin = cv2.approxPolyDP(contour, exact, True)[:, 0]
        if len(thin) >= 3:
            step = max(1, len(thin) // _MAX_OUTLINE)
            polygons.append([[float(x) + 0.5, float(y) + 0.5] for x, y in thin[::step]])
    return polygons
