"""The studio's canvas as a Gradio component: a picture to draw on with brush, eraser, lasso, box and points.

    import gradio as gr
    from finetouch.gradio import Canvas

    with gr.Blocks() as demo:
        canvas = Canvas("photo.jpg")
        words = gr.Textbox("remove this")
        words.submit(edit, [canvas, words], canvas, show_progress="hidden")

A handler gets a `Drawing`: the picture in full size and the mask that was painted. Give events that write to the canvas
``show_progress="hidden"``: Gradio otherwise covers it while they run. Hide it with ``visible="hidden"``, not ``False``.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pydantic import TypeAdapter, ValidationError

from finetouch.errors import DependencyMissing, InputError
from finetouch.imaging import io
from finetouch.imaging.masks import as_mask
from finetouch.studio.strokes import OpList, rasterise
from finetouch.types import Picture, Point

try:
    import gradio as gr
    from gradio.processing_utils import save_bytes_to_cache
except ImportError as error:
    raise DependencyMissing(error.name or "gradio", "gradio", "The Gradio component") from error

_MODULES = ("bitmap", "ops", "render", "tools", "view", "element", "embedded")
_OPS: TypeAdapter[Any] = TypeAdapter(OpList)
_POINTS: TypeAdapter[list[Point]] = TypeAdapter(list[Point])
_PROXY = 2048
# Every module becomes a blob address, so that the component needs no route of its own.
_SCRIPT = """
const texts = MODULES, made = {};
const imports = /(from|import) "\\.\\/(\\w+)\\.js"/g;
const linked = (name) => texts[name].replace(imports, (_, how, other) => `${how} "${address(other)}"`);
const address = (name) => made[name] ??= URL.createObjectURL(new Blob([linked(name)], { type: "text/javascript" }));
const opened = async (file) => createImageBitmap(await (await fetch(file.url)).blob());
const root = element.querySelector(".finetouch-canvas");
(globalThis.finetouchCanvas ??= import(address("embedded"))).then(({ mount }) => {
  const { show } = mount(root, (drawing) => {
    props.value = { ...props.value, ...drawing };
    trigger("change");
  }, (name) => opened(props.value.stored[name]));
  const shown = () => props.value?.proxy && show({ ...props.value, proxy: () => opened(props.value.proxy) });
  watch("value", shown);
  return shown();
});
"""


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a handler gets from a `Canvas`, and may give back.

    Attributes:
        picture: The picture in full size.
        mask: ``(H, W) float32`` in 0..1, what was painted; None when nothing was.
        points: Clicks in full-size pixels; those with Alt have ``positive=False``.
    """

    picture: Picture
    mask: np.ndarray | None = None
    points: tuple[Point, ...] = field(default=())

    @property
    def pixels(self) -> np.ndarray:
        """``(H, W, 3) uint8``."""
        return self.picture.pixels


class Canvas(gr.HTML):
    """A picture that can be drawn on. Value: a `Drawing`, or any picture (path, array, Pillow image, `Picture`).

    Args:
        value: What is shown first.
        height: In px.
        **more: As for `gradio.HTML`.
    """

    EVENTS = [gr.events.Events.change]  # noqa: RUF012

    def __init__(self, value: Any = None, *, height: int = 560, **more: Any) -> None:
        folder = files("finetouch.studio") / "web" / "js" / "canvas"
        texts = {name: (folder / f"{name}.js").read_text("utf-8") for name in _MODULES}
        super().__init__(
            value,
            html_template=f"<div class='finetouch-canvas' style='height:{int(height)}px'></div>",
            css_template=f".finetouch-canvas {{ height: {int(height)}px }}",
            js_on_load=_SCRIPT.replace("MODULES", json.dumps(texts), 1),
            apply_default_css=False,
            **more,
        )

    def postprocess(self, value: Any) -> dict[str, Any] | None:  # type: ignore[override]
        """A picture or a `Drawing` → what the page gets: addresses of files, never pixels."""
        if value is None:
            return None
        drawing = value if isinstance(value, Drawing) else Drawing(io.load(value))
        picture = drawing.picture
        stored, ops = {}, []
        if drawing.mask is not None:
            name = f"{secrets.token_hex(8)}.png"
            stored[name] = self._kept(cv2.imencode(".png", cv2.convertScaleAbs(drawing.mask, alpha=255))[1], name)
            ops.append({"kind": "mask", "name": name})
        points = [p.model_dump(mode="json") for p in drawing.points]
        proxy, full = self._files(picture)
        return {
            "id": full["path"], "serial": secrets.token_hex(4), "size": list(picture.size), "picture": full,
            "proxy": proxy, "stored": stored, "ops": ops, "points": points,
        }  # fmt: skip

    def preprocess(self, payload: dict[str, Any] | None) -> Drawing | None:  # type: ignore[override]
        """What the page sends → a `Drawing`; raises `gradio.Error` for what no canvas would send."""
        if not payload:
            return None
        try:
            picture = io.load(self._inside(payload["picture"]))
            ops = _OPS.validate_python(payload["ops"])
            stored = payload["stored"]
            mask = rasterise(ops, picture.size, lambda name: _gray(self._inside(stored[name]))) if ops else None
            return Drawing(picture, mask, tuple(_POINTS.validate_python(payload["points"])))
        except (InputError, ValidationError, KeyError, TypeError, OSError) as error:
            raise gr.Error(f"The drawing cannot be read: {error}") from error

    def api_info(self) -> dict[str, Any]:
        """For clients without a page."""
        return {"type": "object", "description": "picture, stored, ops, points: see finetouch.gradio.Canvas"}

    def example_payload(self) -> Any:
        """Nothing drawn on nothing."""
        return None

    def example_value(self) -> Any:
        """Nothing drawn on nothing."""
        return None

    def _files(self, picture: Picture) -> tuple[dict[str, Any], dict[str, Any]]:
        image = io.to_pillow(picture)
        full = self._kept(_png(image), "picture.png")
        if max(picture.size) <= _PROXY:
            return full, full
        image.thumbnail((_PROXY, _PROXY))
        return self._kept(_png(image), "proxy.png"), full

    def _kept(self, data: Any, name: str) -> dict[str, Any]:
        path = save_bytes_to_cache(bytes(data), name, self.GRADIO_CACHE)
        return {"path": path, "url": None, "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def _inside(self, file: dict[str, Any]) -> str:
        """The path of a file that this component wrote; the page may name no other."""
        path = Path(file["path"]).resolve()
        if not path.is_relative_to(Path(self.GRADIO_CACHE).resolve()):
            raise InputError("This file does not belong to the canvas.", "Open the picture again.")
        return str(path)


def _png(image: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _gray(path: str) -> np.ndarray:
    values = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if values is None:
        raise InputError("The stored mask is damaged.", "Draw it again.")
    return as_mask(np.asarray(values, np.uint8))
