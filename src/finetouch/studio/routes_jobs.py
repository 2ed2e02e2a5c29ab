"""Routes for reading instructions, selecting, editing and following the work."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from finetouch.engine.jobstore import UNFINISHED
from finetouch.errors import InputError
from finetouch.plan.phrase import parse_phrase
from finetouch.studio.schemas import Download, EditRequest, Hand, JobRequest, PhraseRequest, PlanRequest, SelectRequest
from finetouch.studio.service import Studio
from finetouch.studio.strokes import Stored
from finetouch.types import EditPlan
from finetouch.types import Query as FoundQuery

EDITS_FORM = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {
            "type": "object", "required": ["image", "request"],
            "properties": {
                "image": {"type": "string", "format": "binary"},
                "mask": {"type": "string", "format": "binary"},
                "reference": {"type": "string", "format": "binary"},
                "request": {"type": "string", "examples": ['{"instruction": "make the cup blue", "seed": 7}']},
            },
        }}},
    }
}  # fmt: skip


def client_of(request: Request) -> str:
    """Who asks: the address; good enough to keep one client from filling the queue."""
    return request.client.host if request.client else ""


def routes(studio: Studio) -> APIRouter:
    """The routes, bound to a studio."""
    router = APIRouter(prefix="/api/v1", tags=["edits"])
    queue = studio.queue

    @router.post("/plan")
    def plan(body: PlanRequest) -> EditPlan:
        """Reads an instruction into steps; nothing is changed."""
        return studio.plan(body.instruction, body.preset, body.parser)

    @router.post("/phrase")
    def phrase(body: PhraseRequest) -> FoundQuery:
        """Reads words for a thing: noun, attributes, relation, position."""
        return parse_phrase(body.phrase)

    @router.post("/select")
    def select(body: SelectRequest, request: Request) -> dict[str, Any]:
        """Finds what a step, words or marks mean; the answer carries the request's serial."""
        return studio.select(body, client_of(request))

    @router.post("/jobs", status_code=202)
    def add_job(body: JobRequest, request: Request) -> dict[str, Any]:
        """Queues an edit of a project."""
        job = studio.submit(body, client_of(request))
        return {"job": job.id, "position": queue.store.position(job)}

    @router.post("/edits", status_code=202, openapi_extra=EDITS_FORM)
    async def add_edit(request: Request) -> dict[str, Any]:
        """One call for scripts: a form with `image`, optional `mask` and `reference`, and `request` (JSON)."""
        return await _edit(studio, request)

    @router.get("/jobs")
    def jobs(
        project: str | None = None, state: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> dict[str, Any]:
        """The newest jobs."""
        return {"jobs": [j.to_json() for j in queue.store.list(project, state, limit)]}

    @router.get("/jobs/{job}")
    async def job(job: str, wait: Annotated[float, Query(ge=0, le=60)] = 0) -> dict[str, Any]:
        """The state of a job; with `wait` the answer comes when it has ended, at the latest after so many seconds."""

        def state() -> dict[str, Any]:
            found = queue.get(job)
            return {**found.to_json(), "progress": found.progress, "position": queue.store.position(found)}

        async def ended() -> bool:
            return (await run_in_threadpool(state))["state"] not in UNFINISHED

        if wait:
            await studio.events.ended(job, ended, wait)
        return await run_in_threadpool(state)

    @router.get("/jobs/{job}/result")
    def result(
        job: str, kind: Annotated[str, Query(alias="format", pattern="^(same|png|jpg|webp|tiff|bmp|avif)$")] = "png"
    ) -> Response:
        """The edited picture of a finished job."""
        found = queue.get(job)
        if found.state != "done" or not found.result or "picture" not in found.result:
            raise InputError(f"The job is {found.state}; it has no picture.", "Ask for its state.")
        data, suffix, _ = studio.views.file(found.result["picture"], kind, 95, found.payload["picture"])
        return Response(data, media_type={"jpg": "image/jpeg"}.get(suffix, f"image/{suffix}"))

    @router.get("/jobs/{job}/preview")
    def preview(job: str) -> Response:
        """The latest preview of a running job."""
        data = queue.preview(job)
        if data is None:
            return Response(status_code=204)
        return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    @router.post("/jobs/{job}/cancel")
    def cancel(job: str) -> dict[str, Any]:
        """Stops a job."""
        return queue.cancel(job).to_json()

    @router.post("/jobs/{job}/retry", status_code=202)
    def retry(job: str) -> dict[str, Any]:
        """Queues a job again that failed, was cancelled or interrupted."""
        return queue.retry(job).to_json()

    @router.post("/models/download", status_code=202)
    def download(body: Download, request: Request) -> dict[str, Any]:
        """Fetches the models of a preset."""
        return {"job": studio.download(body.preset, body.roles, client_of(request)).id}

    @router.get("/events")
    async def events(request: Request, project: str | None = None) -> StreamingResponse:
        """Server-sent events; with `Last-Event-ID` those that were missed come first."""
        last = request.headers.get("last-event-id", "")
        after = int(last) if last.isdigit() else None
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(studio.events.stream(project, after), media_type="text/event-stream", headers=headers)

    return router


async def _edit(studio: Studio, request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InputError("An edit is sent as a form.", "Send multipart/form-data with image and request.")
    form = await request.form(max_files=3, max_fields=4, max_part_size=4 << 20)
    files = {k: (await v.read(), v.filename or k) for k, v in form.items() if isinstance(v, UploadFile)}
    if "image" not in files:
        raise InputError("The form has no file 'image'.", "Send the picture in the field 'image'.")
    text = form.get("request")
    body = _parsed(text if isinstance(text, str) else "{}")

    def carry_out() -> dict[str, Any]:
        picture = studio.add_picture(*files["image"])["picture"]
        plan = body.plan or studio.plan(body.instruction or "", body.preset)
        hand = Hand(points=body.points, box=body.box)
        if "mask" in files:
            name = studio.add_mask(picture, files["mask"][0])["mask"]
            hand = hand.model_copy(update={"ops": [Stored(kind="mask", name=name)]})
        reference = studio.add_picture(*files["reference"])["picture"] if "reference" in files else None
        job = studio.submit_single(picture, plan, body.engine(), hand, reference, client_of(request))
        place = studio.queue.store.position(job)
        return {"job": job.id, "position": place, "picture": picture, "plan": plan.model_dump(mode="json")}

    return await run_in_threadpool(carry_out)


def _parsed(text: str) -> EditRequest:
    try:
        body = EditRequest.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        raise InputError(f"request.{where}: {first['msg']}.", "See /openapi.json: EditRequest.") from None
    except (ValueError, RecursionError):
        raise InputError("The field 'request' is not JSON.", 'Send {"instruction": "remove the dog"}') from None
    if (body.instruction is None) == (body.plan is None):
        raise InputError("Give either an instruction or a plan.", 'Send {"instruction": "remove the dog"}')
    return body
