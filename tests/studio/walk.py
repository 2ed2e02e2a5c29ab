"""Somebody removes an object, corrects its mask and saves: how long it takes, step by step.

    python tests/studio/walk.py [--pictures FOLDER]

The script finds everything by the words on the screen, as somebody would who sees the page for the first time. What the
machine needs is measured; what hands and head need is added by the keystroke-level model of Card, Moran and Newell
(1980): 0.28 s per key, 1.1 s to point, 0.1 s per press of a button, 0.4 s to change between mouse and keyboard, 1.35 s
to think before each step.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browser import CHROMIUM, FLAGS, Person, Server
from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

KEY, POINT, PRESS, HOME, THINK = 0.28, 1.1, 0.1, 0.4, 1.35
CLICK = POINT + 2 * PRESS
WORDS = "remove the spoon"
# Too much is found (the saucer as well): it is cleared, a box drawn around the spoon (smart selection), its rim painted
BOX = ((312, 190), (414, 334))
STROKE = ((345, 328), (370, 334), (398, 322))


class Walk:
    """The steps with their times, and pictures of the page on the way."""

    def __init__(self, me: Person) -> None:
        self.me = me
        self.rows: list[tuple[str, float, float]] = []
        self.frames: list[tuple[Image.Image, int]] = []

    def step(self, name: str, human: float, act: Callable[[], Any], shown: int = 1400) -> None:
        """Does something, measures it, and keeps a picture of what is seen then."""
        start = time.perf_counter()
        act()
        self.rows.append((name, THINK + human, time.perf_counter() - start))
        self.look(shown)

    def look(self, shown: int) -> None:
        """Keeps a picture of the page, shown for some milliseconds."""
        self.me.page.wait_for_timeout(200)
        self.frames.append((Image.open(io.BytesIO(self.me.page.screenshot())).convert("RGB"), shown))

    def table(self) -> Table:
        """What took how long."""
        table = Table("step", "hand and head s", "machine s", box=None)
        for name, human, machine in self.rows:
            table.add_row(name, f"{human:.1f}", f"{machine:.1f}")
        human, machine = (sum(r[i] for r in self.rows) for i in (1, 2))
        table.add_row("together", f"{human:.1f}", f"{machine:.1f}")
        table.add_row("from the empty page to the saved picture", f"{human + machine:.1f}", "")
        return table

    def save(self, folder: Path) -> None:
        """One still and one moving picture: ``walk-page.webp`` and ``walk.webp``."""
        folder.mkdir(parents=True, exist_ok=True)
        small = [f.resize((960, 540), Image.Resampling.LANCZOS) for f, _ in self.frames]
        times = [t for _, t in self.frames]
        small[0].save(
            folder / "walk.webp", save_all=True, append_images=small[1:], duration=times, loop=0, quality=60, method=6
        )  # fmt: skip
        planned = next(f for f, t in self.frames if t == 2000)
        planned.save(folder / "walk-page.webp", quality=80, method=6)


def walk_through(me: Person) -> Walk:
    """Open, say, correct, apply, compare, save."""
    page, walk = me.page, Walk(me)
    walk.look(1200)
    walk.step("open a photo", CLICK, lambda: (page.get_by_role("button", name="a cup").click(), me.settle()))
    page.get_by_label("What to change").fill(WORDS)
    walk.look(900)
    walk.step("say what to change", CLICK + HOME + (len(WORDS) + 1) * KEY, lambda: me.say(WORDS))

    def correct() -> None:
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name="Smart select (W)").click()
        me.drag(*BOX)
        walk.look(700)
        page.get_by_role("button", name="Brush (B)").click()
        me.drag(*STROKE)

    drag = POINT + 2 * PRESS
    line = drag + 0.9 * (len(STROKE) - 1)
    walk.step("correct the selection", HOME + 3 * CLICK + POINT + drag + POINT + line, correct, 2000)
    walk.step("apply", CLICK, me.apply, 1600)
    walk.step("compare", CLICK, lambda: page.get_by_role("button", name="Compare before and after").click(), 1800)

    def save() -> None:
        page.get_by_role("button", name="Save picture").first.click()
        walk.look(1000)
        with page.expect_download() as waiting:
            page.locator("#save-picture").click()
        assert Path(waiting.value.path()).stat().st_size > 10_000

    walk.step("save", 2 * CLICK, save, 1500)
    return walk


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "files")
        try:
            context = playwright.chromium.launch_persistent_context(
                str(Path(folder) / "profile"), executable_path=CHROMIUM, headless=True, args=FLAGS,
                accept_downloads=True, viewport={"width": 1280, "height": 720}, color_scheme="light",
            )  # fmt: skip
            me = Person(context.pages[0], server.address)
            made = walk_through(me)
            context.close()
        finally:
            server.stop()
    Console(width=100).print(made.table())
    if given.pictures:
        made.save(given.pictures)


if __name__ == "__main__":
    main()
