"""Routes for projects and their history."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from finetouch.studio.routes_pictures import upload_of
from finetouch.studio.schemas import Draft, Label, NewProject, NodeRef
from finetouch.studio.service import Studio


def routes(studio: Studio) -> APIRouter:
    """The routes, bound to a studio."""
    router = APIRouter(prefix="/api/v1/projects", tags=["projects"])
    projects = studio.projects

    def changed(project: str, node: str) -> None:
        studio.events.send({"type": "history.changed", "project": project, "node": node})

    @router.get("")
    def names() -> dict[str, Any]:
        """All projects, the last changed first."""
        return {"projects": projects.list()}

    @router.post("", status_code=201)
    def create(body: NewProject) -> dict[str, Any]:
        """A new project around a picture."""
        size = studio.views.size(body.picture)
        return projects.create(body.picture, size, body.name).to_json()

    @router.post("/open", status_code=201)
    async def unpack(request: Request) -> dict[str, Any]:
        """Opens a project file."""
        data, _ = await upload_of(request, "project")
        project = await run_in_threadpool(projects.unpack, data)
        return project.to_json()

    @router.get("/{project}")
    def history(project: str) -> dict[str, Any]:
        """The edit tree of a project, with the unsent work of the page."""
        return projects.get(project).to_json()

    @router.delete("/{project}", status_code=204)
    def delete(project: str) -> None:
        """Deletes a project."""
        projects.delete(project)

    @router.post("/{project}/checkout")
    def checkout(project: str, body: NodeRef) -> dict[str, Any]:
        """Goes to a state; the next edit branches there."""
        node = projects.get(project).checkout(body.node)
        changed(project, node.id)
        return {"head": node.id}

    @router.post("/{project}/label")
    def label(project: str, body: Label) -> dict[str, Any]:
        """Renames a state, or the project when no state is named."""
        found = projects.get(project)
        if body.node is None:
            found.rename(body.label)
        else:
            found.label(body.node, body.label)
        changed(project, found.document.head)
        return found.to_json()

    @router.delete("/{project}/nodes/{node}")
    def remove(project: str, node: str) -> dict[str, Any]:
        """Deletes a state with everything made from it."""
        found = projects.get(project)
        gone = found.remove(node)
        changed(project, found.document.head)
        return {"removed": gone, "head": found.document.head}

    @router.put("/{project}/draft", status_code=204)
    def draft(project: str, body: Draft) -> None:
        """Keeps unsent work, so that a closed page loses nothing."""
        projects.get(project).keep_draft(body.draft)

    @router.get("/{project}/file")
    def file(project: str) -> Response:
        """The project as one file: pictures, masks, plans, provenance."""
        found = projects.get(project)
        name = quote(f"{found.document.name.rpartition('.')[0] or found.document.name}.finetouch")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(found.pack(), media_type="application/zip", headers=headers)

    return router
