"""The canvas as a Gradio component: what goes to the page and back, and the example app in a real browser."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import CHROMIUM, FLAGS, wait_for
from files import png

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
pytest.importorskip("gradio", reason="the extra [gradio] is not installed")

import gradio as gr

from finetouch.gradio import Canvas, Drawing
from finetouch.imaging import io
from finetouch.types import Point

STATE = "document.querySelector('ft-canvas')?.state"
FILE = {"meta": {"_type": "gradio.FileData"}}


def test_a_drawing_comes_back_as_it_was_given(scene: np.ndarray) -> None:
    mask = np.zeros(scene.shape[:2], np.float32)
    mask[10:50, 12:60] = 1
    given = Drawing(io.from_array(scene), mask, (Point(x=3, y=4, positive=False),))
    sent = Canvas().postprocess(given)
    assert sent is not None and sent["size"] == [96, 64] and sent["proxy"] == sent["picture"]
    back = Canvas().preprocess(sent)
    assert back is not None and back.mask is not None
    assert (back.pixels == scene).all() and (back.mask == mask).all() and back.points == given.points


def test_strokes_are_drawn_in_full_size_and_large_photos_get_a_proxy() -> None:
    canvas = Canvas(height=300)
    sent = canvas.postprocess(np.full((500, 4000, 3), 90, np.uint8))
    assert sent is not None and sent["proxy"] != sent["picture"]
    assert io.load(sent["proxy"]["path"]).size == (2048, 256)
    sent["ops"] = [{"id": "o1", "layer": "mask", "mode": "add", "kind": "box", "xyxy": [1000, 10, 3000, 400]}]
    back = canvas.preprocess(sent)
    assert back is not None and back.mask is not None and back.picture.size == (4000, 500)
    assert back.mask.sum() == 2000 * 390
    assert canvas.preprocess(None) is None and canvas.postprocess(None) is None


@pytest.mark.parametrize(
    "change",
    [
        {"picture": {"path": "/etc/passwd"}}, {"picture": None}, {"ops": [{"kind": "circle"}]}, {"ops": 5},
        {"ops": [{"kind": "mask", "name": "none.png"}]}, {"points": [{"x": "a"}]},
        {"ops": [{"kind": "mask", "name": "m"}], "stored": {"m": {"path": "/etc/passwd"}}},
    ],
)  # fmt: skip
def test_what_no_canvas_would_send_is_refused(scene: np.ndarray, change: dict[str, Any]) -> None:
    canvas = Canvas()
    with pytest.raises(gr.Error):
        canvas.preprocess({**(canvas.postprocess(scene) or {}), **change})


@pytest.fixture
def example() -> Any:
    path = Path(__file__).resolve().parents[2] / "examples" / "gradio_app.py"
    spec = importlib.util.spec_from_file_location("gradio_app", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gradio_app"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def page(example: Any, coffee: np.ndarray, tmp_path: Path) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    app = example.app(coffee)
    _, address, _ = app.launch(prevent_thread_lock=True, quiet=True)
    complaints: list[str] = []
    own = (address, "blob:", "data:")
    with playwright.sync_playwright() as running:
        context = running.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=CHROMIUM, headless=True, args=FLAGS,
            viewport={"width": 1280, "height": 900},
        )  # fmt: skip
        made = context.pages[0]
        made.on("pageerror", lambda e: complaints.append(str(e)))
        made.on("request", lambda r: complaints.append(r.url) if not r.url.startswith(own) else None)
        made.goto(address)
        yield made
        context.close()
    app.close()
    assert complaints == []


@pytest.mark.slow
def test_the_example_app_in_a_browser(page: Any, scene: np.ndarray, tmp_path: Path) -> None:
    def state() -> dict[str, Any]:
        return page.evaluate(STATE) or {}

    def at(x: float, y: float) -> tuple[float, float]:
        box, view = page.locator("ft-canvas").bounding_box(), state()["view"]
        return box["x"] + view["x"] + x * view["scale"], box["y"] + view["y"] + y * view["scale"]

    wait_for(lambda: state().get("ready"), 60, lambda: "no picture is shown")
    assert state()["size"] == [600, 400]
    page.get_by_role("button", name="Box").click()
    page.mouse.move(*at(140, 60))
    page.mouse.down()
    page.mouse.move(*at(470, 330), steps=5)
    page.mouse.up()
    wait_for(lambda: len(state()["ops"]) == 1, 10)
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: state()["ops"] == [], 10)
    page.get_by_role("button", name="Redo").click()
    wait_for(lambda: len(state()["ops"]) == 1, 10)
    page.get_by_label("What to change").fill("make the cup blue")
    page.keyboard.press("Enter")
    report = page.get_by_label("What was done")
    wait_for(lambda: "0 of" in report.input_value(), 120, lambda: "no edit came back")
    wait_for(lambda: state()["ops"] == [], 20, lambda: "the new picture does not replace the drawing")
    other = tmp_path / "scene.png"
    other.write_bytes(png(scene))
    page.set_input_files("input[type=file]", str(other))
    wait_for(lambda: state()["size"] == [96, 64], 60, lambda: "another photo is not shown")
