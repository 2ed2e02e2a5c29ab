"""The page in a real browser: the flows a person goes through, and what happens when things break."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from browser import CHROMIUM, REQUIRED, Person, Server, choose_preset, shoot, wait_for
from files import pixels
from wanted import on_a_photo, on_a_scene

if not REQUIRED and CHROMIUM is None:
    pytest.skip("no chromium on this machine", allow_module_level=True)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["embedded", "lab"])
def test_the_whole_way(visit: Callable[..., Person], server: Server, photo: Path, tmp_path: Path, name: str) -> None:
    job = on_a_photo(photo) if name == "embedded" else on_a_scene(tmp_path)
    me = visit(server)
    choose_preset(me, job.preset)
    me.open(job.photo)
    shoot(me, f"{name}-1-opened")
    me.say(job.words)
    assert me.page.locator(".card").count() == 1
    assert job.noun in me.page.locator(".card input[aria-label='Which thing']").input_value()
    assert me.state["regions"] and me.state["ops"][0]["kind"] == "region"
    shoot(me, f"{name}-2-planned")
    me.key("b")
    me.drag(*job.stroke)
    me.key("e")
    me.drag(job.stroke[0], job.stroke[1])
    assert [op["kind"] for op in me.state["ops"]] == ["region", "stroke", "stroke"]
    me.key("w")
    me.click(*job.click)
    x, y = (pytest.approx(v, abs=1) for v in job.click)
    assert me.state["points"] == [{"x": x, "y": y, "positive": True}]
    shoot(me, f"{name}-3-corrected")
    me.ask("studio.seen = []; studio.store.on(['job'], (s) => s.job && studio.seen.push(s.job.stage)); 1")
    root = me.head
    me.apply()
    assert "edit" in me.ask("studio.seen"), "progress was shown"
    first, first_picture = me.head, me.picture
    node = server.get(f"/projects/{me.ask('studio.s.project.id')}")["nodes"][-1]
    assert node["outside_change"] == 0 and [op["kind"] for op in node["hands"][0]["ops"]][:1] == ["region"]
    assert node["provenance"]["preset"] == job.preset
    me.key("y")
    assert me.state["compare"] == 0.5 and me.page.locator("#slider").is_visible()
    shoot(me, f"{name}-4-compared")
    me.key("y", "Control+z")
    me.until(f"studio.head.id === {root!r}")
    me.settle()
    kinds = [op["kind"] for op in node["hands"][0]["ops"]]
    wait_for(lambda: [op["kind"] for op in me.state["ops"]] == kinds, 20, lambda: "the strokes do not come back")
    me.key("Control+Shift+z")
    me.until(f"studio.head.id === {first!r}")
    me.page.click(f"[data-node='{root}'] .state")
    me.until(f"studio.head.id === {root!r}")
    me.settle()
    me.say("make the picture darker")
    me.apply()
    assert me.ask("studio.head.parent") == root, "a branch"
    shoot(me, f"{name}-5-branched")
    second, second_picture = me.head, me.picture
    with me.page.expect_download() as waiting:
        me.page.get_by_role("button", name="Save project").click()
    saved = tmp_path / "saved.finetouch"
    waiting.value.save_as(saved)
    me.say(job.again)
    before = me.state["ops"]
    me.until("studio.s.saved")
    me.reload()
    me.until("studio.s.steps.length > 0")
    assert me.head == second and me.state["ops"] == before, "a reload loses nothing"
    old = me.ask("studio.s.project.id")
    me.page.set_input_files("#file", str(saved))
    me.until(f"studio.s.project.id !== {old!r} && !studio.s.busy")
    me.settle()
    assert me.picture == second_picture
    me.page.click(f"[data-node='{first}'] .state")
    me.until(f"studio.head.id === {first!r}")
    assert me.picture == first_picture, "identical after opening again"
    with me.page.expect_download() as waiting:
        me.key("Control+Shift+s")
        me.page.click("#save-picture")
    result = tmp_path / "result.png"
    waiting.value.save_as(result)
    assert waiting.value.suggested_filename == f"{job.photo.stem}-edited.png"
    mask = cv2.imread(str(server.folder / "pictures" / node["mask"]), cv2.IMREAD_GRAYSCALE)
    after, original = pixels(result.read_bytes()), pixels(job.photo.read_bytes())
    assert (after[mask == 0] == original[mask == 0]).all() and (after != original).any()


def test_cancel_in_the_middle(visit: Callable[..., Person], server: Server, huge: Path) -> None:
    me = visit(server)
    me.open(huge)
    me.key("m")
    me.drag((1500, 800), (4500, 3000))
    me.say("remove the cup")
    before = me.head
    me.page.click("#apply")
    me.until("studio.s.job?.stage === 'edit'")
    shoot(me, "6-running")
    me.key("Shift+x")
    me.until("!studio.s.job", 60)
    assert me.head == before and "Cancelled" in me.page.locator("#status").inner_text()
    assert not me.ask("document.querySelector('#apply').disabled"), "the page can be used"
    assert server.get("/jobs?limit=1")["jobs"][0]["state"] == "cancelled"


def test_two_browsers_see_the_same(visit: Callable[..., Person], server: Server, photo: Path) -> None:
    me, you = visit(server), visit(server)
    me.open(photo)
    project = me.ask("studio.s.project.id")
    you.page.goto(f"{server.address}/#project={project}")
    you.reload()
    assert you.ask("studio.s.project.id") == project
    me.say("make the picture brighter")
    me.apply()
    you.until(f"studio.head.id === {me.head!r}")
    you.settle()
    you.say("make the picture darker")
    you.apply()
    me.until(f"studio.head.id === {you.head!r} && studio.s.project.nodes.length === 3")


def test_a_24_megapixel_photo(visit: Callable[..., Person], server: Server, huge: Path) -> None:
    me = visit(server)
    me.open(huge)
    assert me.state["size"] == [6000, 4000]
    me.key("Control+1")
    me.until("Boolean(document.querySelector('ft-canvas').detail)", 60)
    shoot(me, "7-close")
    me.key("Control+0", "m")
    me.drag((100, 100), (400, 300))
    [box] = me.state["ops"]
    scale = me.state["view"]["scale"]
    assert np.allclose(box["xyxy"], (100, 100, 400, 300), atol=1.5 / scale), "full-size pixels are sent"
    me.page.locator(".card select").first.select_option("adjust")
    me.until("studio.s.steps[0].step.op === 'adjust'")
    me.ask("studio.patchStep(0, {step: {...studio.step.step, params: {brightness: 0.5}}})")
    if not me.state["ops"]:
        me.key("m")
        me.drag((100, 100), (400, 300))
    me.apply()
    assert me.ask("studio.head.outside_change") == 0


def test_a_broken_upload_is_explained(
    visit: Callable[..., Person], server: Server, photo: Path, tmp_path: Path
) -> None:
    me = visit(server)
    me.open(photo)
    broken = tmp_path / "broken.png"
    broken.write_bytes(photo.read_bytes()[:5000])
    me.page.set_input_files("#file", str(broken))
    me.until("Boolean(studio.s.error)")
    assert "damaged" in me.page.locator("#error").inner_text()
    shoot(me, "8-broken")
    me.page.locator("#error button[aria-label=Close]").click()
    assert me.page.locator("#error").is_hidden() and me.ask("studio.s.project.name") == photo.name
    me.forgiven = "422"


def test_a_killed_server_loses_nothing(visit: Callable[..., Person], tmp_path: Path, huge: Path) -> None:
    server = Server(tmp_path / "own")
    try:
        me = visit(server)
        me.forgiven = "ERR_"
        me.open(huge)
        me.say("make the picture brighter")
        me.apply()
        finished = me.head
        me.key("m")
        me.drag((1500, 800), (4500, 3000))
        me.page.click("#apply")
        me.until("studio.s.job?.stage === 'edit'")
        server.kill()
        server.start()
        me.until("studio.s.error?.kind === 'Interrupted'")
        shoot(me, "9-interrupted")
        assert me.head == finished and not me.ask("studio.s.job")
        me.page.locator("#error").get_by_role("button", name="Try again").click()
        me.until("studio.s.job?.stage === 'edit'")
        me.key("Shift+x")
        me.until("!studio.s.job", 60)
    finally:
        server.stop()


def test_the_page_and_the_server_draw_the_same(visit: Callable[..., Person], server: Server, photo: Path) -> None:
    me = visit(server)
    me.open(photo)
    me.key("b")
    me.drag((60, 60), (300, 200), (420, 90))
    me.key("l")
    me.drag((350, 250), (500, 260), (480, 360), (360, 340))
    me.key("e")
    me.drag((200, 100), (200, 250))
    me.page.get_by_role("button", name="Grow").click()
    me.until("document.querySelector('ft-canvas').state.ops.length === 4")
    me.page.wait_for_timeout(600)
    shown = me.ask(
        """(async () => { const c = document.querySelector('ft-canvas'); const s = c.bitmap.surface;
        const d = s.getContext('2d').getImageData(0, 0, s.width, s.height).data;
        const on = Array.from({length: s.width * s.height}, (_, i) => d[4 * i + 3] > 127 ? 1 : 0);
        return [s.width, s.height, on.join('')]; })()"""
    )
    page = np.frombuffer(shown[2].encode(), np.uint8).reshape(shown[1], shown[0]) == ord("1")
    name = me.ask("studio.downloadMask()")
    mask = cv2.imread(str(server.folder / "pictures" / name), cv2.IMREAD_GRAYSCALE) > 127
    assert page.shape == mask.shape
    assert (page & mask).sum() / (page | mask).sum() > 0.98
    me.key("Control+z", "Control+z")
    me.until("document.querySelector('ft-canvas').state.ops.length === 2")


def test_pure_modules(visit: Callable[..., Person], server: Server) -> None:
    me = visit(server)
    assert me.ask("import('/js/keys.js').then((m) => new Set(m.KEYS.map(([k]) => k)).size === m.KEYS.length)")
    assert me.ask("""import('/js/canvas/ops.js').then((m) => {
        let d = m.emptyDrawing();
        for (let i = 0; i < 30; i++) d = m.add(d, {kind: 'invert'});
        const ops = d.ops;
        for (let i = 0; i < 12; i++) d = m.undo(d);
        if (d.ops.length !== 18) return false;
        for (let i = 0; i < 20; i++) d = m.redo(d);
        return d.ops === ops && m.undo(m.emptyDrawing()).ops.length === 0;
    })""")
    assert me.ask("""import('/js/canvas/view.js').then((m) => {
        for (let i = 0; i < 500; i++) {
            const view = {scale: 0.03 + Math.random() * 20, x: Math.random() * 900 - 400, y: Math.random() * 900 - 400};
            const at = [Math.random() * 800, Math.random() * 600];
            const [x, y] = m.toPicture(view, at), next = m.zoomAt(view, 0.5 + Math.random() * 2, at);
            const back = m.toScreen(next, [x, y]);
            if (Math.hypot(back[0] - at[0], back[1] - at[1]) > 0.08 * next.scale + 1e-6) return false;
        }
        return true;
    })""")
    assert me.ask("""import('/js/canvas/ops.js').then((m) => {
        const line = Array.from({length: 900}, (_, i) => [i, 40 * Math.sin(i / 60)]);
        const thin = m.simplify(line, 0.5);
        return thin.length < 120 && thin[0] === line[0] && thin.at(-1) === line.at(-1);
    })""")
