"""Tools for agents: the studio's functions with small answers (names, numbers, run lengths, addresses)."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer

from finetouch._version import __version__
from finetouch.errors import FinetouchError, InputError
from finetouch.imaging import masks
from finetouch.studio.schemas import Engine, Hand, SelectRequest
from finetouch.studio.service import JobFailed, Studio
from finetouch.studio.strokes import Stored
from finetouch.studio.words import reworded
from finetouch.studio.work import read_mask
from finetouch.types import EditPlan, Point

_EDIT_SECONDS = 600.0
_RLE_SIDE = 256
_MAX_BASE64 = 3 << 20
_INSTRUCTIONS = (
    "Edits pictures from words; outside of the mask every pixel stays bit-identical. Open a picture, look at the plan, "
    "check the region, apply, compare."
)


def server(studio: Studio, local_files: bool = False) -> MCPServer:
    """The tools, bound to a studio.

    Args:
        studio: Whose functions they are.
        local_files: The agent runs on this machine and may name files (never true over HTTP).
    """
    made = MCPServer("finetouch", version=__version__, instructions=_INSTRUCTIONS)
    if local_files:
        _add_files(made, studio)
    else:
        _add_upload(made, studio)
    _add_tools(made, studio)
    return made


def _add_files(made: MCPServer, studio: Studio) -> None:
    @made.tool()
    def open_picture(path: str) -> dict[str, Any]:
        """Opens a picture file of this machine; the answer holds the name that the other tools take."""
        return _told(lambda: studio.add_picture(_read(path), Path(path).name))

    @made.tool()
    def save_picture(picture: str, path: str) -> dict[str, Any]:
        """Writes a picture to a new file; an existing file is never replaced."""
        return _told(lambda: _write(studio, picture, path))


def _add_upload(made: MCPServer, studio: Studio) -> None:
    @made.tool()
    def open_picture(data: str, name: str = "picture") -> dict[str, Any]:
        """Opens a picture sent as base64 (at most 3 MB; upload larger ones to /api/v1/pictures)."""

        def opened() -> dict[str, Any]:
            if len(data) > _MAX_BASE64:
                raise InputError("That is too large for a tool call.", "POST the file to /api/v1/pictures.")
            try:
                content = base64.b64decode(data, validate=True)
            except ValueError:
                raise InputError("The data are not base64.", "Send the file's bytes as base64.") from None
            return studio.add_picture(content, name)

        return _told(opened)


def _add_tools(made: MCPServer, studio: Studio) -> None:
    @made.tool()
    def plan_edit(instruction: str, preset: str | None = None) -> dict[str, Any]:
        """Reads an instruction into steps without changing anything.

        Args:
            instruction: "remove the man on the far right and make the sofa green".
            preset: Which models read it; leave it away for the usual ones.
        """
        return _told(lambda: studio.plan(instruction, preset).model_dump(mode="json"))

    @made.tool()
    def select_region(
        picture: str,
        phrase: str | None = None,
        points: list[Point] | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> dict[str, Any]:
        """Finds a thing: regions with label, score, box, and a small run-length mask (at most 256 px).

        Args:
            picture: The name `open_picture` gave.
            phrase: "the dog on the left".
            points: Clicks in full-size pixels. box: (x0, y0, x1, y1) in full-size pixels.
        """
        request = {"picture": picture, "phrase": phrase, "points": points or [], "box": box}

        def found() -> dict[str, Any]:
            answer = studio.select(SelectRequest.model_validate(request), "agent")
            regions = [_small(studio, r) for r in answer["regions"][:6]]
            return {"regions": regions, "notes": answer.get("notes", []), "seen": answer.get("seen", [])[:12]}

        return _told(found)

    @made.tool()
    def apply_edit(
        picture: str,
        instruction: str | None = None,
        plan: EditPlan | None = None,
        region: str | None = None,
        seed: int | None = None,
        preset: str | None = None,
    ) -> dict[str, Any]:
        """Carries out an instruction or a plan and waits for the result.

        Args:
            picture: The name `open_picture` gave.
            instruction: Words; or give `plan`, for example one that was changed.
            region: Name of a region from `select_region` that all steps shall use.
            seed: Fixes all random choices. preset: Which models do the work.
        """

        def applied() -> dict[str, Any]:
            if (instruction is None) == (plan is None):
                raise InputError("Give either an instruction or a plan.", "Call plan_edit first to get a plan.")
            wanted = plan or studio.plan(instruction or "", preset)
            hand = Hand(ops=[Stored(kind="region", name=region)]) if region else None
            job = studio.submit_single(picture, wanted, Engine(preset=preset, seed=seed), hand, client="agent")
            done = studio.queue.wait(job.id, _EDIT_SECONDS)
            if done.state != "done" or done.result is None:
                raise JobFailed(done.error or {"message": f"The edit was {done.state}."})
            r = done.result
            return {
                "picture": r["picture"], "mask": r["mask"], "size": r["size"], "report": r["report"],
                "pixels_changed_outside": r["outside"], "seed": r["seed"], "seconds": r["seconds"],
                "url": f"/api/v1/pictures/{r['picture']}/file?format=png",
                "preview_url": f"/api/v1/pictures/{r['picture']}/proxy?max=512",
            }  # fmt: skip

        return _told(applied)

    @made.tool()
    def compare(before: str, after: str, mask: str | None = None) -> dict[str, Any]:
        """Measures how two pictures differ: changed pixels, where, and how many outside of a mask."""
        return _told(lambda: difference(studio, before, after, mask))

    @made.tool()
    def list_models() -> dict[str, Any]:
        """The presets, what each can do, and which models are missing here."""
        return _told(lambda: {"presets": studio.models()})


def difference(studio: Studio, before: str, after: str, mask: str | None) -> dict[str, Any]:
    """Changed pixels of two stored pictures; raises `InputError` when their sizes differ."""
    a, b = studio.views.picture(before), studio.views.picture(after)
    if a.size != b.size:
        raise InputError(f"The pictures are {a.width}x{a.height} and {b.width}x{b.height}.", "Compare equal sizes.")
    changed = (a.pixels != b.pixels).any(axis=2)
    box = masks.box_of(changed.astype("float32"))
    found = {"changed": int(changed.sum()), "share": round(float(changed.mean()), 6), "box": list(box) if box else None}
    if mask is not None:
        allowed = read_mask(studio.vault.get(mask))
        if allowed.shape != changed.shape:
            raise InputError("The mask has another size than the pictures.", "Give the mask of this edit.")
        found["changed_outside_mask"] = int((changed & (allowed == 0)).sum())
    return found


def _small(studio: Studio, region: dict[str, Any]) -> dict[str, Any]:
    mask = read_mask(studio.vault.get(region["id"]))
    scale = min(1.0, _RLE_SIDE / max(mask.shape))
    size = max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale))
    hard = (masks.resize_mask(mask, size) > masks.HARD).astype("float32")
    kept = {k: region[k] for k in ("id", "label", "score", "box", "share")}
    return {**kept, "url": f"/api/v1/masks/{region['id']}", "mask": masks.to_rle(hard)}


def _told(work: Any) -> dict[str, Any]:
    """The answer, or the error as data, so that an agent can act on the hint."""
    try:
        answer: dict[str, Any] = work()
    except FinetouchError as error:
        reworded(error)
        return {"error": error.message, "hint": error.hint, "type": getattr(error, "kind", type(error).__name__)}
    return answer


def _read(path: str) -> bytes:
    file = Path(path)
    if not file.is_file():
        raise InputError(f"There is no file '{path}'.", "Check the path.")
    return file.read_bytes()


def _write(studio: Studio, picture: str, path: str) -> dict[str, Any]:
    from finetouch.imaging import io

    kind = io.check_output(path, overwrite=False)
    suffix = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "TIFF": "tiff", "BMP": "bmp", "AVIF": "avif"}.get(kind)
    if suffix is None:
        raise InputError(f"{kind} cannot be written here.", "Use .png, .jpg, .webp, .tiff or .bmp.")
    data, _, notices = studio.views.file(picture, suffix, 95)
    io.write_atomically(path, lambda stream: stream.write(data), overwrite=False)
    return {"path": path, "notices": list(notices)}
