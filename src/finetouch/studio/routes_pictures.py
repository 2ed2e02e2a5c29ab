"""Routes for pictures and masks."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile

from finetouch.errors import InputError
from finetouch.studio.schemas import RasterRequest
from finetouch.studio.service import Studio, clean_name

Side = Annotated[int, Query(alias="max", ge=16, le=4096)]
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


async def upload_of(request: Request, field: str = "image") -> tuple[bytes, str]:
    """The uploaded bytes and the client's name for them, from a raw body or a form."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        data = await request.body()
        if not data:
            raise InputError("Nothing was sent.", "Send the picture as the body.")
        return data, clean_name(request.query_params.get("name", "picture"))
    form = await request.form(max_files=4, max_fields=20)
    found = form.get(field) or next((v for v in form.values() if isinstance(v, UploadFile)), None)
    if not isinstance(found, UploadFile):
        raise InputError(f"The form has no file '{field}'.", f"Send the picture in the field '{field}'.")
    data = await found.read()
    if not data:
        raise InputError("The file is empty.", "Send a picture.")
    return data, clean_name(found.filename or "picture")


def routes(studio: Studio) -> APIRouter:
    """The routes, bound to a studio."""
    from starlette.concurrency import run_in_threadpool

    router = APIRouter(prefix="/api/v1", tags=["pictures"])

    @router.post("/pictures", status_code=201)
    async def add_picture(request: Request) -> dict[str, Any]:
        """Keeps a picture, sent as raw body or as a form; its name is the hash of its content."""
        data, name = await upload_of(request)
        return await run_in_threadpool(studio.add_picture, data, name)

    @router.post("/samples/{name}", status_code=201)
    def add_sample(name: str) -> dict[str, Any]:
        """One of a few free photos to try things out: cup, cat, astronaut."""
        return studio.add_sample(name)

    @router.get("/pictures/{picture}/proxy")
    def proxy(picture: str, side: Side = 2048) -> Response:
        """The picture in sRGB, at most `max` px."""
        data, media = studio.views.proxy(picture, side)
        return Response(data, media_type=media, headers=FOREVER)

    @router.get("/pictures/{picture}/thumb")
    def thumb(picture: str) -> Response:
        """A small picture for lists."""
        data, media = studio.views.proxy(picture, 240)
        return Response(data, media_type=media, headers=FOREVER)

    @router.get("/pictures/{picture}/crop")
    def crop(
        picture: str,
        x: Annotated[int, Query(ge=0, le=200_000)],
        y: Annotated[int, Query(ge=0, le=200_000)],
        w: Annotated[int, Query(ge=1, le=200_000)],
        h: Annotated[int, Query(ge=1, le=200_000)],
        side: Side = 2048,
    ) -> Response:
        """A part of the picture at full resolution, for looking closely."""
        data, media = studio.views.crop(picture, (x, y, w, h), side)
        return Response(data, media_type=media, headers=FOREVER)

    @router.get("/pictures/{picture}/file")
    def file(
        picture: str,
        kind: Annotated[str, Query(alias="format", pattern="^(same|png|jpg|webp|tiff|bmp|avif)$")] = "same",
        source: str | None = None,
        quality: Annotated[int, Query(ge=1, le=100)] = 95,
        name: Annotated[str, Query(max_length=200)] = "picture",
    ) -> Response:
        """The picture as a file to keep, with metadata and the record of how it was made."""
        data, suffix, notices = studio.views.file(picture, kind, quality, source)
        stem = clean_name(name).rpartition(".")[0] or clean_name(name)
        shown = quote(f"{stem}-edited.{suffix}")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{shown}"}
        if notices:
            headers["X-Finetouch-Notice"] = quote("; ".join(notices))
        media = {"jpg": "image/jpeg"}.get(suffix, f"image/{suffix}")
        return Response(data, media_type=media, headers=headers)

    @router.get("/masks/{mask}")
    def mask(mask: str, side: Annotated[int, Query(alias="max", ge=16, le=65536)] = 2048) -> Response:
        """A mask as 8-bit grey PNG, white where the picture may change."""
        return Response(studio.views.mask(mask, side), media_type="image/png", headers=FOREVER)

    @router.put("/masks", status_code=201)
    async def add_mask(request: Request, picture: str, fit: str = "exact") -> dict[str, Any]:
        """Keeps a mask painted elsewhere (raw body): white may change."""
        data, _ = await upload_of(request, "mask")
        return await run_in_threadpool(studio.add_mask, picture, data, fit == "stretch")

    @router.post("/masks/raster", status_code=201)
    def raster(body: RasterRequest) -> dict[str, Any]:
        """Turns a drawing into a mask at full size."""
        return studio.rasterise(body.picture, body.ops)

    return router
