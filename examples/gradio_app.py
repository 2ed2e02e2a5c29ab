"""The studio's canvas in a Gradio app of your own: paint on the photo, say what to change, press Enter.

pip install 'finetouch[gradio]'
python examples/gradio_app.py [PHOTO]
"""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr

import finetouch
from finetouch.errors import FinetouchError
from finetouch.gradio import Canvas, Drawing


def edit(drawing: Drawing | None, words: str) -> tuple[Any, str]:
    """Edits the picture where it was painted; without paint, where the words say."""
    if drawing is None:
        raise gr.Error("Open a photo first.")
    points = [(p.x, p.y, p.positive) for p in drawing.points] or None
    try:
        result = finetouch.edit(drawing.picture, words, region=drawing.mask, points=points)
    except FinetouchError as error:
        raise gr.Error(str(error)) from error
    return result.picture, "\n".join(result.report)


def app(photo: Any = None) -> gr.Blocks:
    """The page."""
    with gr.Blocks(title="Finetouch") as page:
        canvas = Canvas(photo)
        with gr.Row():
            words = gr.Textbox(label="What to change", placeholder="remove this", scale=4)
            opened = gr.UploadButton("Open a photo", file_types=["image"], scale=1)
        report = gr.Textbox(label="What was done", interactive=False)
        opened.upload(lambda path: path, opened, canvas, show_progress="hidden")
        words.submit(edit, [canvas, words], [canvas, report], show_progress="hidden")
    return page


if __name__ == "__main__":
    if len(sys.argv) > 1:
        start: Any = sys.argv[1]
    else:
        from skimage import data

        start = data.coffee()
    app(start).launch()
