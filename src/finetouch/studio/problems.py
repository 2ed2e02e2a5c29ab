"""Errors as problem+json: what is wrong, and what to do about it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from finetouch import errors
from finetouch.studio.service import JobFailed, QuotaReached
from finetouch.studio.words import reworded

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (QuotaReached, 429),
    (errors.ModelMissing, 424),
    (errors.DependencyMissing, 424),
    (errors.OutOfMemory, 507),
    (errors.InputError, 422),
)
_MISSING = ("There is no job", "There is no project", "There is no state", "This picture is not here")


def problem(status: int, title: str, detail: str, hint: str | None, **more: Any) -> JSONResponse:
    """One problem document."""
    document = {"title": title, "status": status, "detail": detail, "hint": hint, **more}
    return JSONResponse(document, status, media_type="application/problem+json")


def add_to(app: FastAPI) -> None:
    """Turns every error into a problem document."""

    @app.exception_handler(errors.FinetouchError)
    async def known(_request: Request, error: errors.FinetouchError) -> JSONResponse:
        reworded(error)
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        title = type(error).__name__
        if isinstance(error, JobFailed):
            status, title = (424 if error.kind in ("ModelMissing", "DependencyMissing") else 422), error.kind
        if error.message.startswith(_MISSING):
            status = 404
        return problem(status, title, error.message, error.hint, **error.more())

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0] if error.errors() else {"loc": (), "msg": "not valid"}
        where = ".".join(str(p) for p in first["loc"] if p != "body") or "the request"
        return problem(422, "InvalidRequest", f"{where}: {first['msg']}.", "See /openapi.json for what is expected.")

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> JSONResponse:
        made = problem(error.status_code, "HTTPError", str(error.detail), "See /openapi.json for what there is.")
        made.headers.update(error.headers or {})
        return made

    @app.exception_handler(Exception)
    async def unknown(_request: Request, error: Exception) -> JSONResponse:
        detail = f"Something went wrong inside Finetouch: {type(error).__name__}."
        return problem(500, "Failure", detail, "This is a bug; the server's log says where. Please report it.")
