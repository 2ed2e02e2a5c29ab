"""What the studio can do, as plain functions; HTTP routes and agent tools only translate."""

from __future__ import annotations

import logging
import secrets
import shutil
import sqlite3
import threading
import time
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from finetouch import registry
from finetouch.engine.history import Node, Project, Projects
from finetouch.engine.jobs import JobQueue
from finetouch.engine.jobstore import Job
from finetouch.engine.vault import Vault
from finetouch.errors import FinetouchError, InputError, UsageError
from finetouch.hub.presets import preset as find_preset
from finetouch.hub.presets import presets
from finetouch.imaging import io
from finetouch.studio.events import Broadcaster
from finetouch.studio.schemas import Engine, Hand, JobRequest, SelectRequest
from finetouch.studio.settings import StudioSettings
from finetouch.studio.strokes import Op, rasterise
from finetouch.studio.sweep import Sweeper, Swept, sweep
from finetouch.studio.views import SUFFIX, Views, kind_of
from finetouch.studio.work import gray_png, mask_png, outline, read_mask
from finetouch.types import EditPlan

_LOG = logging.getLogger(__name__)
HANDLER = "finetouch.studio.work:Work"
SELECT_SECONDS = 300.0
_KEPT_NAMES = 10_000
SAMPLES = {"cup": "coffee", "cat": "chelsea", "astronaut": "astronaut"}


class JobFailed(FinetouchError):
    """A job that was waited for did not end well; `kind` is the class of the error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error.get("message", "It failed."), error.get("hint"))
        self.kind = error.get("type", "Failure")


class QuotaReached(FinetouchError):
    """One client has too much unfinished work."""


class Studio:
    """One running studio: files, projects, jobs and events.

    Args:
        settings: Where, for whom and how much.
        handler: Who does the work (tests put their own here).
    """

    def __init__(self, settings: StudioSettings, handler: str = HANDLER) -> None:
        self.settings = settings
        folder = settings.folder
        folder.mkdir(parents=True, exist_ok=True)
        self.vault = Vault(folder / "pictures")
        self.views = Views(self.vault, folder / "views", settings.max_pixels)
        self.projects = Projects(folder / "projects", self.vault)
        self.events = Broadcaster()
        self.queue = JobQueue(folder, handler, enter=self._enter)
        self.queue.listen(self._on_event)
        self._sweeper = Sweeper(self.clean_up)
        self.accepted = self.finished = 0
        self._lock = threading.Lock()
        self._pipelines: dict[str, Any] = {}
        self._names: OrderedDict[str, str] = OrderedDict()

    def start(self) -> None:
        """Picks up where the last run stopped: finished results become states, unfinished jobs are marked."""
        for path in self.settings.folder.glob("scratch-*.png"):
            path.unlink(missing_ok=True)
        for path in self.settings.folder.glob("stages-*"):
            shutil.rmtree(path, ignore_errors=True)
        self.queue.start()
        if self.settings.keep_days > 0:
            self._sweeper.start()

    def close(self) -> None:
        """Ends streams and workers."""
        self._sweeper.stop()
        self.events.close()
        self.queue.close()

    def clean_up(self) -> Swept:
        """Deletes pictures and masks that no project and no young job refers to, when they are old enough."""
        try:
            return sweep(self.settings.folder, self.queue.store, self.settings.keep_days)
        except (OSError, sqlite3.Error):
            _LOG.exception("the clean-up failed")
            return Swept()

    def add_picture(self, data: bytes, name: str = "picture") -> dict[str, Any]:
        """Keeps a picture after looking at it; raises `InputError` when it is none, or too large."""
        if len(data) > self.settings.max_upload:
            raise InputError("The file is too large.", f"At most {self.settings.max_upload >> 20} MB.")
        suffix = kind_of(data)
        try:
            picture, size = io.check(data, self.settings.max_pixels)
        except InputError as error:
            error.message = error.message.replace("'bytes'", f"“{clean_name(name)}”")
            raise
        stored = self.vault.put(data, suffix)
        self.views.know(stored, size)
        self._names[stored] = clean_name(name)
        if len(self._names) > _KEPT_NAMES:
            self._names.popitem(last=False)
        return {
            "picture": stored, "size": list(size), "format": picture.format, "name": clean_name(name),
            "has_alpha": picture.alpha is not None, "notices": list(picture.notices),
        }  # fmt: skip

    def add_sample(self, name: str) -> dict[str, Any]:
        """One of the photos that scikit-image ships, for trying things out."""
        if name not in SAMPLES:
            raise InputError(f"There is no sample '{name[:40]}'.", f"Available: {', '.join(SAMPLES)}.")
        from skimage import data

        buffer = BytesIO()
        io.to_pillow(io.from_array(getattr(data, SAMPLES[name])())).save(buffer, "PNG")
        return self.add_picture(buffer.getvalue(), f"{name}.png")

    def plan(self, instruction: str, preset: str | None = None, parser: str | None = None) -> EditPlan:
        """Reads an instruction."""
        name = preset or self.settings.preset
        with self._lock:
            if name not in self._pipelines:
                from finetouch.engine.pipeline import Pipeline

                self._pipelines[name] = Pipeline(name, "cpu" if find_preset(name).device == "cpu" else None)
            pipeline = self._pipelines[name]
        return pipeline.plan(instruction, parser)

    def select(self, request: SelectRequest, client: str = "") -> dict[str, Any]:
        """Regions for a step, words or marks; waits for the worker."""
        self.vault.path(request.picture)
        payload = {**request.model_dump(mode="json"), "engine": self.engine(request.engine)}
        job = self.queue.submit("select", payload, self._lane(payload["engine"]), client, priority=0)
        done = self.queue.wait(job.id, SELECT_SECONDS)
        self.queue.store.delete(job.id)
        if done.state != "done":
            raise JobFailed(done.error or {"message": "The selection was cancelled."})
        return {"serial": request.serial, **(done.result or {})}

    def rasterise(self, picture: str, ops: list[Op]) -> dict[str, Any]:
        """A drawing as a stored mask with its share and outline."""
        size = self.views.size(picture)
        mask = rasterise(ops, size, lambda name: read_mask(self.vault.get(name)))
        name = self.vault.put(mask_png(mask), "png")
        return {"mask": name, "size": list(size), "coverage": float(mask.mean()), "outline": outline(mask)}

    def add_mask(self, picture: str, data: bytes, stretch: bool = False) -> dict[str, Any]:
        """Keeps a mask somebody painted elsewhere; it must have the picture's size unless `stretch`."""
        from finetouch.imaging.masks import resize_mask

        if kind_of(data) not in ("png", "webp", "bmp", "tiff", "jpg"):
            raise InputError("A mask has to be a PNG, WebP, BMP, TIFF or JPEG.", "Save it as PNG.")
        found = io.load(data, self.settings.max_pixels)
        size = self.views.size(picture)
        if found.size != size and not stretch:
            raise InputError(
                f"The mask is {found.width}x{found.height}, the picture is {size[0]}x{size[1]}.",
                "A mask must have the size of the picture (or send ?fit=stretch).",
            )
        gray = io.gray_of(found)
        if found.size != size:
            gray = np.rint(resize_mask(gray.astype(np.float32) / np.float32(255), size) * 255).astype(np.uint8)
        name = self.vault.put(gray_png(gray), "png")
        return {"mask": name, "size": list(size), "coverage": float(gray.mean() / 255)}

    def submit(self, request: JobRequest, client: str = "") -> Job:
        """Queues an edit of a project's state; its result becomes a new state."""
        project = self.projects.get(request.project)
        base = project.node(request.base) if request.base else project.head
        payload = {
            "picture": base.picture, "base": base.id, "plan": request.plan.model_dump(mode="json"),
            "hands": [None if h is None else h.model_dump(mode="json") for h in request.hands],
            "reference": self._there(request.reference), "engine": self.engine(request.engine), "adopt": request.adopt,
            "name": project.document.name,
        }  # fmt: skip
        return self._queue(payload, client, project.id)

    def submit_single(
        self, picture: str, plan: EditPlan, engine: Engine, hand: Hand | None = None, reference: str | None = None,
        client: str = "",
    ) -> Job:  # fmt: skip
        """Queues an edit that belongs to no project."""
        from finetouch.engine.editor import with_marks

        hands: list[Any] = [hand.model_dump(mode="json") if hand and hand.ops else None] * len(plan.steps)
        if hand and (hand.points or hand.box):
            plan = with_marks(plan, [(p.x, p.y, p.positive) for p in hand.points], hand.box)
        payload = {
            "picture": self._there(picture), "plan": plan.model_dump(mode="json"), "hands": hands,
            "reference": self._there(reference), "engine": self.engine(engine), "name": self._names.get(picture),
        }  # fmt: skip
        return self._queue(payload, client, "")

    def download(self, preset: str, roles: list[str], client: str = "") -> Job:
        """Queues the download of a preset's models."""
        find_preset(preset)
        return self.queue.submit("download", {"preset": preset, "roles": roles}, "network", client)

    def engine(self, asked: Engine) -> dict[str, Any]:
        """The options with defaults filled in and checked; raises `UsageError` for what does not exist."""
        found = asked.model_dump()
        found["preset"] = found["preset"] or self.settings.preset
        known = find_preset(found["preset"])
        found["device"] = found["device"] or ("cpu" if known.device == "cpu" else self.settings.device)
        if found["device"] == "cuda" and known.device == "cpu":
            raise UsageError(f"The preset '{known.name}' works on the CPU.", "Choose device auto or cpu.")
        if found["method"] != "auto":
            registry.get("editor", found["method"])
        return found

    def methods(self, preset: str | None = None) -> list[dict[str, Any]]:
        """Every editing method with its options as a JSON schema, for forms."""
        from importlib.util import find_spec

        rows = []
        for spec in registry.specs("editor", preset):
            lacking = [p for p in spec.packages if find_spec(p) is None]
            rows.append({
                "name": spec.name, "summary": spec.summary, "ops": list(spec.ops), "presets": list(spec.presets),
                "anywhere": not spec.roles,
                "needs_reference": spec.needs_reference, "needs_region": spec.needs_region,
                "schema": spec.cls.Params.model_json_schema(), "available": not lacking,
                "install": f"pip install 'finetouch[{spec.extra}]'" if lacking and spec.extra else None,
            })  # fmt: skip
        return rows

    def models(self) -> list[dict[str, Any]]:
        """Every preset with what is here and what is missing."""
        from finetouch.hub import care

        rows = []
        for entry in presets().values():
            roles = [care.describe(r) for r in entry.roles.values()]
            lacking = [r["role"] for r in roles if not r["present"]]
            rows.append({
                "preset": entry.name, "summary": entry.summary, "does": entry.does, "device": entry.device,
                "missing": lacking, "bytes": sum(r["bytes"] for r in roles if not r["present"]),
                "ready": not lacking and all(w.present for w in entry.weights),
                "command": f"finetouch models download {entry.name}" if lacking else None,
            })  # fmt: skip
        return rows

    def _queue(self, payload: dict[str, Any], client: str, project: str) -> Job:
        if self.queue.store.waiting(client) >= self.settings.quota:
            raise QuotaReached("Too many edits are waiting.", "Wait until some are finished, or cancel them.")
        self.accepted += 1
        return self.queue.submit("edit", payload, self._lane(payload["engine"]), client, project)

    def _there(self, name: str | None) -> str | None:
        if name is not None:
            self.vault.path(name)
        return name

    @staticmethod
    def _lane(engine: dict[str, Any]) -> str:
        return "cpu" if engine["device"] == "cpu" else "accelerator"

    def _enter(self, job: Job) -> dict[str, Any]:
        node = self._adopt(job)
        return {} if node is None else {"node": node.id}

    def _on_event(self, event: dict[str, Any]) -> None:
        if event.get("kind") == "select":
            return
        if event["type"] == "job.done":
            self.finished += 1
        if event.get("result"):
            event = {**event, "result": {k: event["result"].get(k) for k in ("picture", "mask", "outside", "seed")}}
        self.events.send(event)
        if event.get("node"):
            self.events.send({"type": "history.changed", "project": event["project"], "node": event["node"]})

    def _adopt(self, job: Job) -> Node | None:
        """Makes a finished job a state of its project, once."""
        if not job.project or job.result is None or job.kind != "edit":
            return None
        try:
            return self._grown(self.projects.get(job.project), job, job.result)
        except InputError:
            return None  # the project or the state it started from was deleted meanwhile

    @staticmethod
    def _grown(project: Project, job: Job, result: dict[str, Any]) -> Node:
        plan = EditPlan.model_validate(result["provenance"]["plan"])
        known = next((n for n in project.document.nodes.values() if n.job == job.id), None)
        node = known or Node(
            id=secrets.token_hex(8), parent=job.payload["base"], picture=result["picture"], mask=result["mask"],
            label=(plan.instruction or " then ".join(s.op for s in plan.steps))[:400], size=tuple(result["size"]),
            plan=plan, hands=[h or {} for h in job.payload["hands"]], seed=result["seed"], seconds=result["seconds"],
            report=result["report"], provenance=result["provenance"], outside_change=result["outside"], job=job.id,
            created=job.ended or time.time(), stages=result.get("stages") or [],
        )  # fmt: skip
        moved = job.payload.get("adopt", True) and project.document.head == job.payload["base"]
        return project.add(node, checkout=moved)


def clean_name(name: str) -> str:
    """A client's file name, good for showing only; it never becomes a path."""
    plain = Path(name.replace("\\", "/")).name
    return "".join(c for c in plain if c.isprintable())[:120] or "picture"


__all__ = ["SUFFIX", "JobFailed", "QuotaReached", "Studio", "clean_name"]
