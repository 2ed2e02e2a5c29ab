"""What several commands share: reading points and boxes, the progress bar, JSON on stdout."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import typer

from finetouch.errors import InputError

if TYPE_CHECKING:
    from finetouch.types import ProgressSink


def parse_points(values: list[str] | None) -> list[tuple[float, float, bool]]:
    """``["120,80", "40,60,-"]`` as (x, y, positive); raises `InputError` for anything else."""
    points = []
    for text in values or []:
        parts = [p.strip() for p in text.split(",")]
        sign = parts[2] if len(parts) == 3 else "+"
        try:
            x, y = float(parts[0]), float(parts[1])
            if len(parts) not in (2, 3) or sign not in ("+", "-"):
                raise ValueError
        except (ValueError, IndexError):
            raise InputError(f"--point {text} is not a point.", "Write x,y or x,y,- (not this), e.g. 120,80") from None
        points.append((x, y, sign == "+"))
    return points


def parse_box(text: str | None) -> tuple[float, float, float, float] | None:
    """``"10,20,200,240"`` as numbers; raises `InputError` for anything else."""
    if text is None:
        return None
    try:
        x0, y0, x1, y1 = (float(p) for p in text.split(","))
    except ValueError:
        raise InputError(f"--box {text} is not a box.", "Write x0,y0,x1,y1, e.g. 10,20,200,240") from None
    return x0, y0, x1, y1


def parse_params(values: list[str] | None) -> dict[str, Any]:
    """``["mode=fast", "shadow=false"]`` as a dictionary; values that are JSON are read as JSON."""
    found: dict[str, Any] = {}
    for text in values or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InputError(f"--param {text} is not a parameter.", "Write NAME=VALUE, e.g. --param mode=fast")
        try:
            found[name.strip()] = json.loads(value)
        except ValueError:
            found[name.strip()] = value
    return found


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def say(text: str, **style: Any) -> None:
    """A line for people, on standard error so that pipes stay clean."""
    typer.secho(text, err=True, **style)


@contextmanager
def progress_bar(quiet: bool = False) -> Iterator[tuple[ProgressSink | None, Event]]:
    """A progress line on standard error while the work runs, and an event that Ctrl-C sets."""
    cancel = Event()

    def stop(_number: int, _frame: Any) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    old = signal.signal(signal.SIGINT, stop)
    try:
        if quiet or not sys.stderr.isatty():
            yield None, cancel
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("starting", total=None)

            def show(progress: Any) -> None:
                text = f"{progress.stage}: {progress.message}" if progress.message else progress.stage
                bar.update(task, description=text, completed=progress.step, total=progress.total or None)

            yield show, cancel
    finally:
        signal.signal(signal.SIGINT, old)


def write_png(picture: Any, path: str) -> None:
    """Writes a picture ``(H, W, 3) uint8`` or a Pillow image as PNG, whole or not at all; replaces what was there."""
    from PIL import Image

    from finetouch.errors import OutputError
    from finetouch.imaging import io

    if not path.lower().endswith(".png"):
        raise OutputError(f"'{path}' is no PNG.", "Give a file name that ends in .png.")
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    io.write_atomically(path, lambda file: image.save(file, "PNG"), overwrite=True)
