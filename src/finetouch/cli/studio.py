"""``finetouch studio`` and ``finetouch mcp``: the page in the browser, and tools for agents."""

from __future__ import annotations

import secrets
import socket
import threading
from pathlib import Path
from typing import Annotated

import typer

from finetouch.cli.common import say
from finetouch.cli.options import PresetName
from finetouch.errors import DependencyMissing, InputError, UsageError

Folder = Annotated[Path | None, typer.Option(help="Where projects are kept.")]
DeviceName = Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps.")]


def add_to(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("studio")(studio)
    app.command("mcp")(mcp)


def studio(
    photo: Annotated[str | None, typer.Argument(metavar="[PHOTO|PROJECT]", help="What to open first.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Taken, or the next free one.")] = 7860,
    preset: PresetName = None,
    host: Annotated[str, typer.Option(help="Other than 127.0.0.1: other machines, with a token.")] = "127.0.0.1",
    auth_token: Annotated[str | None, typer.Option(help="Token that clients must have.")] = None,
    device: DeviceName = None,
    folder: Folder = None,
    keep_days: Annotated[
        float, typer.Option(min=0, help="Delete pictures of no project after so many days; 0: never.")
    ] = 30.0,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open the studio: a page in the browser with brush, box, points and history."""
    try:
        import fastapi  # noqa: F401
        import prometheus_client  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise DependencyMissing(error.name or "fastapi", "studio", "The studio") from error
    from finetouch.hub.presets import preset as find
    from finetouch.settings import settings as all_settings
    from finetouch.studio.app import create_app
    from finetouch.studio.settings import StudioSettings, default_folder

    shared = all_settings()
    chosen = find(preset or shared.preset).name
    probe = StudioSettings(host=host)
    token = auth_token or (None if probe.local else secrets.token_urlsafe(24))
    listener = _listen(host, port)
    settings = StudioSettings(
        folder=folder or default_folder(), host=host, port=listener.getsockname()[1], token=token, preset=chosen,
        device=device or shared.device, keep_days=keep_days,
    )  # fmt: skip
    start: dict[str, str] = {}
    app = create_app(settings, start=start)
    if photo is not None:
        start["project"] = _opened(app.state.studio, photo)
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    url = f"http://{shown}:{settings.port}/" + (f"?token={token}" if token else "")
    say(f"The studio is open at {url} (Ctrl-C ends it)", fg="green")
    if browser:
        _open_later(url)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
    uvicorn.Server(config).run(sockets=[listener])


def mcp(preset: PresetName = None, device: DeviceName = None, folder: Folder = None) -> None:
    """Serve the editing tools to an agent over standard input and output."""
    try:
        from finetouch.studio.mcp import server
    except ImportError as error:
        raise DependencyMissing(error.name or "mcp", "studio", "The tools for agents") from error
    from finetouch.settings import settings as all_settings
    from finetouch.studio.service import Studio
    from finetouch.studio.settings import StudioSettings, default_folder

    shared = all_settings()
    place = (folder or default_folder()) / "agent"
    made = Studio(
        StudioSettings(folder=place, preset=preset or shared.preset, device=device or shared.device, token="stdio")
    )
    made.start()
    try:
        server(made, local_files=True).run("stdio")
    finally:
        made.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + 50, 65536)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            return listener
        except OSError as error:
            listener.close()
            if isinstance(error, socket.gaierror):
                raise UsageError(f"'{host}' is no address of this machine.", "Leave --host away.") from None
    raise UsageError(f"No free port from {port} on.", "Choose another with --port.")


def _opened(studio: object, photo: str) -> str:
    from finetouch.studio.service import Studio

    assert isinstance(studio, Studio)
    path = Path(photo)
    if not path.is_file():
        raise InputError(f"There is no file '{photo}'.", "Check the path.")
    data = path.read_bytes()
    if data[:4] == b"PK\x03\x04":
        return studio.projects.unpack(data).id
    added = studio.add_picture(data, path.name)
    return studio.projects.create(added["picture"], tuple(added["size"]), path.name).id


def _open_later(url: str) -> None:
    import webbrowser

    timer = threading.Timer(1.0, webbrowser.open, (url,))
    timer.daemon = True
    timer.start()
