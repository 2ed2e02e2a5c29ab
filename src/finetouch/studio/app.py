"""The web application: routes, page, guard, life cycle."""

from __future__ import annotations

import contextlib
import mimetypes
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from finetouch._version import __version__
from finetouch.engine.jobstore import STATES
from finetouch.errors import UsageError
from finetouch.studio import problems, routes_jobs, routes_pictures, routes_projects
from finetouch.studio.security import Guard
from finetouch.studio.service import HANDLER, Studio
from finetouch.studio.settings import StudioSettings

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")


class _Page(StaticFiles):
    """Files of the page; the browser asks each time whether they changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app(settings: StudioSettings, handler: str = HANDLER, start: dict[str, str] | None = None) -> FastAPI:
    """The studio as an ASGI application.

    Args:
        settings: Where, for whom, how much.
        handler: Who does the work in the worker processes.
        start: What the page opens first: ``{"project": id}``.

    Raises:
        UsageError: It would listen to other machines without a token.
    """
    if not settings.local and not settings.token:
        raise UsageError(f"Listening on {settings.host} needs a token.", "Give --auth-token TOKEN.")
    studio = Studio(settings, handler)
    mcp, session = _agents(studio)

    @contextlib.asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        studio.start()
        async with session():
            yield
        studio.close()

    app = FastAPI(
        title="Finetouch studio", version=__version__, lifespan=life, docs_url=None, redoc_url=None,
        summary="Edit pictures from words, brush strokes and points; every other pixel stays bit-identical.",
    )  # fmt: skip
    app.state.studio = studio
    problems.add_to(app)
    for module in (routes_pictures, routes_jobs, routes_projects):
        app.include_router(module.routes(studio))
    app.include_router(_meta(studio, start or {}))
    if mcp is not None:
        app.mount("/mcp", mcp)
    web = Path(str(files("finetouch.studio") / "web"))

    @app.get("/", include_in_schema=False)
    def index() -> Response:
        return FileResponse(web / "index.html", headers={"Cache-Control": "no-cache"})

    app.mount("/", _Page(directory=web), name="web")
    app.add_middleware(Guard, settings=settings)
    return app


def _agents(studio: Studio) -> tuple[Any, Any]:
    """The tools for agents as a sub-application, when the package is there."""
    try:
        from finetouch.studio.mcp import server
    except ImportError:
        return None, contextlib.AsyncExitStack
    made = server(studio)
    host = studio.settings.host
    app = made.streamable_http_app(stateless_http=True, json_response=True, streamable_http_path="/", host=host)
    return app, made.session_manager.run


def _meta(studio: Studio, start: dict[str, str]) -> APIRouter:
    router = APIRouter(tags=["about"])

    @router.get("/healthz")
    def health() -> dict[str, Any]:
        """Says that the server lives."""
        return {"ok": True, "version": __version__}

    @router.get("/metrics", response_class=Response)
    def metrics() -> Response:
        """Numbers for Prometheus."""
        return Response(_metrics(studio), media_type="text/plain; version=0.0.4; charset=utf-8")

    @router.get("/api/v1/about")
    def about() -> dict[str, Any]:
        """What the page has to know first."""
        s = studio.settings
        last = next((p["id"] for p in studio.projects.list() if "picture" in p), None)
        return {
            "version": __version__, "preset": s.preset, "device": s.device, "max_upload": s.max_upload,
            "max_pixels": s.max_pixels, "start": start.get("project"), "last": last,
        }  # fmt: skip

    @router.get("/api/v1/methods")
    def methods(preset: str | None = None) -> dict[str, Any]:
        """Editing methods with their options as JSON schema."""
        return {"methods": studio.methods(preset)}

    @router.get("/api/v1/models")
    def models() -> dict[str, Any]:
        """Presets, and which of their models are here."""
        return {"presets": studio.models()}

    return router


def _metrics(studio: Studio) -> bytes:
    from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

    registry = CollectorRegistry()
    jobs = Gauge("finetouch_jobs", "Jobs by state", ["state"], registry=registry)
    counts = studio.queue.store.counts()
    for state in STATES:
        jobs.labels(state).set(counts[state])
    Counter("finetouch_edits_accepted", "Edits accepted", registry=registry).inc(studio.accepted)
    Counter("finetouch_jobs_finished", "Jobs finished well", registry=registry).inc(studio.finished)
    Gauge("finetouch_event_streams", "Open pages", registry=registry).set(studio.events.listeners)
    return generate_latest(registry)
