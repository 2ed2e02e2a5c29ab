"""The page in a real browser: candidates, batch, other pictures, sizes, names of controls, keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, REQUIRED, Person, Server, shoot, wait_for
from files import pixels, png

if not REQUIRED and CHROMIUM is None:
    pytest.skip("no chromium on this machine", allow_module_level=True)

pytestmark = pytest.mark.slow


def test_several_candidates_and_the_one_accepted(visit: Callable[..., Person], server: Server, photo: Path) -> None:
    me = visit(server)
    me.open(photo)
    me.key("m")
    me.drag((300, 180), (430, 340))
    root = me.head
    me.page.get_by_label("How many variants").select_option("2")
    me.page.click("#apply")
    me.until("studio.s.project.nodes.length === 3 && !studio.s.job")
    me.settle()
    shown = me.page.locator("#strip button[aria-label^='Result with seed']")
    assert shown.count() == 2 and len({n["seed"] for n in me.ask("studio.s.project.nodes") if n["parent"]}) == 2
    shoot(me, "candidates")
    first = me.head
    shown.nth(1).click()
    me.until(f"studio.head.id !== {first!r}")
    me.settle()
    chosen = me.head
    me.page.get_by_role("button", name="Accept this one").click()
    me.until("studio.s.project.nodes.length === 2")
    assert me.head == chosen and me.page.locator("#strip").is_hidden()
    me.page.get_by_label("How many variants").select_option("1")
    me.key("Shift+r")
    me.until(f"studio.head.id !== {chosen!r} && !studio.s.job && studio.head.parent === {root!r}")
    seeds = [n["seed"] for n in me.ask("studio.s.project.nodes") if n["parent"]]
    assert len(set(seeds)) == 2, "again is with another seed"


def test_the_same_on_other_photos(
    visit: Callable[..., Person], server: Server, photo: Path, cat: np.ndarray, tmp_path: Path
) -> None:
    me = visit(server)
    me.forgiven = "422"
    me.open(photo)
    for words in ("make the picture brighter", "make the picture black and white"):
        me.say(words)
        me.apply()
    me.page.get_by_role("button", name="Save picture").click()
    with me.page.expect_download() as waiting:
        me.page.get_by_role("button", name="Save plan").click()
    waiting.value.save_as(tmp_path / "plan.json")
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert len(plan["steps"]) == 2, "everything done so far"
    me.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    me.page.get_by_role("button", name="Copy picture").click()
    me.until("studio.s.status === 'Copied.'")
    me.page.keyboard.press("Escape")
    others = [tmp_path / f"{i}.png" for i in range(3)]
    for i, path in enumerate(others):
        path.write_bytes(png(np.roll(cat, 40 * i, axis=1)))
    others[1].write_bytes(others[1].read_bytes()[:3000])
    me.page.get_by_role("button", name="Batch").click()
    me.page.locator("#batch").get_by_label("Photos").set_input_files([str(p) for p in others])
    status = me.page.locator("#batch [role=status]")
    wait_for(lambda: status.inner_text() == "2 of 3 done, 1 failed", 120, status.inner_text)
    rows = me.page.locator("#batch tbody tr")
    assert rows.count() == 3 and "damaged" in rows.nth(1).inner_text()
    assert rows.nth(0).locator("img").count() == 2 and rows.nth(1).locator("img").count() == 0
    shoot(me, "batch")
    with me.page.expect_download() as waiting:
        rows.nth(2).get_by_role("link", name="save").click()
    waiting.value.save_as(tmp_path / "out.png")
    out = pixels((tmp_path / "out.png").read_bytes())
    assert out.shape == cat.shape and np.ptp(out.astype(int), axis=2).max() <= 2, "black and white"


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1400, 860, "light"), (1024, 768, "dark"), (390, 844, "light")]
)
def test_every_control_has_a_name_and_fits(
    visit: Callable[..., Person], server: Server, photo: Path, width: int, height: int, scheme: str
) -> None:
    me = visit(server, viewport={"width": width, "height": height}, color_scheme=scheme)
    me.open(photo)
    me.say("make the cup green and blur the background")
    shoot(me, f"size-{width}-{scheme}")
    nameless = me.ask("""[...document.querySelectorAll('button, input:not([type=file]), select, textarea')]
        .filter((e) => !(e.getAttribute('aria-label') || e.innerText?.trim() || e.closest('label') || e.title))
        .map((e) => e.outerHTML)""")
    assert nameless == []
    assert me.ask("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    assert me.page.locator("ft-canvas").bounding_box()["height"] > 120


def test_a_thing_from_another_picture(
    visit: Callable[..., Person], server: Server, photo: Path, cat: np.ndarray
) -> None:
    me = visit(server)
    me.open(photo)
    me.key("m")
    me.drag((300, 180), (430, 340))
    me.say("replace the spoon with a cat")
    other = photo.with_name("cat.png")
    other.write_bytes(png(cat))
    me.page.set_input_files(".card input[type=file]", str(other))
    me.until("Boolean(studio.s.reference) && !studio.s.busy")
    shoot(me, "reference")
    me.apply()
    assert me.ask("studio.head.plan.steps[0].method") == "paste" and me.ask("studio.head.outside_change") == 0


def test_the_keyboard_alone_is_enough(visit: Callable[..., Person], server: Server, photo: Path) -> None:
    me = visit(server)
    me.open(photo)
    me.say("remove the spoon")
    me.open(photo)
    assert me.page.input_value("#words") == "", "another picture begins with an empty instruction"
    me.key("/")
    me.page.keyboard.type("make the cup green")
    me.page.keyboard.press("Enter")
    me.until("studio.s.steps.length === 1 && !studio.s.busy")
    me.key("b", "]", "]", "Shift+ArrowRight", "Enter")
    assert me.state["ops"][-1]["kind"] == "stroke"
    before = me.head
    me.key("Control+Enter")
    me.until(f"studio.head.id !== {before!r} && !studio.s.job")
    me.key("?")
    assert me.page.locator("#help").is_visible()
    shoot(me, "help")
    me.page.keyboard.press("Escape")
    assert me.page.locator("#help").is_hidden()


def test_two_stages_are_shown_and_another_place_is_a_click(
    visit: Callable[..., Person], server: Server, photo: Path, tmp_path: Path
) -> None:
    from skimage import data

    cup = data.coffee()[20:260, 120:440]
    (tmp_path / "cup.png").write_bytes(png(np.ascontiguousarray(cup)))
    me = visit(server)
    me.open(photo)
    me.say("add a cup")
    me.page.locator(".card input[type=file]").set_input_files(str(tmp_path / "cup.png"))
    me.until("studio.s.reference !== null")
    me.page.locator(".card summary").click()
    me.page.locator(".card").get_by_label("Method").select_option("two-stage")
    root = me.head
    me.apply()
    places = me.page.locator("#stages button")
    assert me.page.locator("#stages li").count() == 3 and places.count() > 1
    assert places.nth(0).get_attribute("aria-pressed") == "true"
    me.page.locator("#stages").scroll_into_view_if_needed()
    shoot(me, "stages")
    first = me.picture
    places.nth(1).click()
    me.until(f"studio.head.picture !== {first!r} && studio.head.parent === {root!r} && !studio.s.job")
    me.settle()
    assert me.page.locator("#stages button").nth(1).get_attribute("aria-pressed") == "true"
    shoot(me, "stages-other-place")
