"""The HTTP API: the whole way of an edit, and what is refused."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from files import ADDRESS, pixels, png
from skimage import data

from finetouch.engine.history import Node, Project
from finetouch.errors import UsageError
from finetouch.studio import schemas
from finetouch.studio.app import create_app
from finetouch.studio.settings import StudioSettings

Finished = Callable[[str], dict[str, Any]]
BRIGHTER = {"steps": [{"op": "global", "params": {"brightness": 0.4}}], "instruction": "brighter"}


def opened(client: TestClient, array: np.ndarray, name: str = "a.png") -> tuple[str, dict[str, Any]]:
    picture = client.post(f"/api/v1/pictures?name={name}", content=png(array)).json()["picture"]
    return picture, client.post("/api/v1/projects", json={"picture": picture, "name": name}).json()


def test_an_edit_with_a_drawn_mask_becomes_a_state(client: TestClient, finished: Finished, scene: np.ndarray) -> None:
    _, project = opened(client, scene)
    plan = client.post("/api/v1/plan", json={"instruction": "make the ball green"}).json()
    assert plan["steps"][0]["op"] == "recolor" and plan["steps"][0]["color"] == "green"
    hand = {"ops": [{"kind": "box", "xyxy": [10, 10, 50, 55]}]}
    body = {"project": project["id"], "plan": plan, "hands": [hand], "engine": {"seed": 7}}
    sent = client.post("/api/v1/jobs", json=body)
    assert sent.status_code == 202
    done = finished(sent.json()["job"])
    assert done["state"] == "done", done["error"]
    tree = client.get(f"/api/v1/projects/{project['id']}").json()
    node = next(n for n in tree["nodes"] if n["id"] == tree["head"])
    assert node["parent"] == project["head"] and node["outside_change"] == 0 and node["seed"] == 7
    assert node["hands"][0]["ops"][0]["kind"] == "box"
    after = pixels(client.get(f"/api/v1/pictures/{node['picture']}/file?format=png").content)
    outside = pixels(client.get(f"/api/v1/masks/{node['mask']}?max=65536").content)[..., 0] == 0
    assert outside[:, 60:].all(), "what may change stays near the drawing"
    assert (after[outside] == scene[outside]).all() and (after != scene).any()
    again = client.get(f"/api/v1/jobs/{sent.json()['job']}/result").content
    assert (pixels(again) == after).all()


def test_a_done_edit_is_the_head_at_once(
    client: TestClient, scene: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entering a result is made slow here, as it is on a busy machine: nobody may see 'done' meanwhile."""
    slow = Project.add

    def add(project: Project, node: Node, checkout: bool = True) -> Node:
        time.sleep(0.4)
        return slow(project, node, checkout)

    monkeypatch.setattr(Project, "add", add)
    _, project = opened(client, scene)
    job = client.post("/api/v1/jobs", json={"project": project["id"], "plan": BRIGHTER}).json()["job"]
    end = time.monotonic() + 120
    while client.get(f"/api/v1/jobs/{job}").json()["state"] != "done":
        assert time.monotonic() < end
        time.sleep(0.01)
    tree = client.get(f"/api/v1/projects/{project['id']}").json()
    assert tree["head"] != project["head"] and tree["nodes"][-1]["job"] == job


def test_waiting_for_a_job_needs_one_request(client: TestClient, scene: np.ndarray) -> None:
    _, project = opened(client, scene)
    body = {"project": project["id"], "plan": BRIGHTER}
    first, second = (client.post("/api/v1/jobs", json=body).json()["job"] for _ in range(2))
    assert client.get(f"/api/v1/jobs/{second}?wait=60").json()["state"] == "done"
    assert client.get(f"/api/v1/jobs/{first}?wait=60").json()["state"] == "done", "it had ended before"
    assert client.get("/api/v1/jobs/none?wait=1").status_code == 404
    assert client.get(f"/api/v1/jobs/{first}?wait=1000").status_code == 422


def test_branch_checkout_label_and_delete(client: TestClient, finished: Finished, scene: np.ndarray) -> None:
    _, project = opened(client, scene)
    root, url = project["head"], f"/api/v1/projects/{project['id']}"

    def edit(base: str | None = None) -> str:
        body = {"project": project["id"], "plan": BRIGHTER, "base": base}
        assert finished(client.post("/api/v1/jobs", json=body).json()["job"])["state"] == "done"
        return client.get(url).json()["head"]

    first = edit()
    client.post(f"{url}/checkout", json={"node": root})
    second = edit()
    nodes = {n["id"]: n for n in client.get(url).json()["nodes"]}
    assert nodes[first]["parent"] == nodes[second]["parent"] == root
    assert client.post(f"{url}/label", json={"node": first, "label": "one"}).status_code == 200
    assert client.delete(f"{url}/nodes/{second}").json()["head"] == root
    assert {n["id"]: n["label"] for n in client.get(url).json()["nodes"]}[first] == "one"
    third = edit(first)
    assert third == root, "an edit of another state than the head does not move the head"


def test_project_file_round_trip(client: TestClient, finished: Finished, scene: np.ndarray) -> None:
    _, project = opened(client, scene, "my photo.png")
    url = f"/api/v1/projects/{project['id']}"
    finished(client.post("/api/v1/jobs", json={"project": project["id"], "plan": BRIGHTER}).json()["job"])
    assert client.put(f"{url}/draft", json={"draft": {"instruction": "and then"}}).status_code == 204
    data = client.get(f"{url}/file")
    assert "my%20photo.finetouch" in data.headers["content-disposition"]
    with zipfile.ZipFile(BytesIO(data.content)) as archive:
        record = json.loads(archive.read("project.json"))
        assert len(record["nodes"]) == 2 and len(archive.namelist()) == 4
    again = client.post("/api/v1/projects/open", content=data.content).json()
    assert again["nodes"] == client.get(url).json()["nodes"] and again["draft"] == {"instruction": "and then"}


def test_a_restarted_server_has_everything(settings: StudioSettings, scene: np.ndarray) -> None:
    with TestClient(create_app(settings), base_url=ADDRESS) as first:
        _, project = opened(first, scene)
        first.put(f"/api/v1/projects/{project['id']}/draft", json={"draft": {"a": 1}})
        before = first.get(f"/api/v1/projects/{project['id']}").json()
    with TestClient(create_app(settings), base_url=ADDRESS) as second:
        assert second.get("/api/v1/about").json()["last"] == project["id"]
        assert second.get(f"/api/v1/projects/{project['id']}").json() == before


def test_select_finds_and_points_work(client: TestClient, cat: np.ndarray) -> None:
    picture, _ = opened(client, cat)
    found = client.post("/api/v1/select", json={"picture": picture, "phrase": "the cat", "serial": 5}).json()
    assert found["serial"] == 5 and found["regions"][0]["label"] == "cat" and found["regions"][0]["outline"]
    mask = pixels(client.get(f"/api/v1/masks/{found['regions'][0]['id']}?max=65536").content)
    assert mask.shape[:2] == cat.shape[:2]
    assert abs((mask[..., 0] > 127).mean() - found["regions"][0]["share"]) < 0.01
    point = {"picture": picture, "points": [{"x": 220, "y": 150, "positive": True}]}
    assert client.post("/api/v1/select", json=point).json()["regions"]
    missing = client.post("/api/v1/select", json={"picture": picture, "phrase": "the bus"}).json()
    assert missing["regions"] == [] and missing["notes"] and missing["seen"]


def test_edits_take_a_form(client: TestClient, finished: Finished, scene: np.ndarray) -> None:
    mask = np.zeros(scene.shape[:2], np.uint8)
    mask[10:55, 10:50] = 255
    files = {"image": ("a.png", png(scene)), "mask": ("m.png", png(mask))}
    answer = client.post(
        "/api/v1/edits", files=files, data={"request": '{"instruction": "make the ball blue", "seed": 1}'}
    )
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]
    done = finished(job)
    assert done["state"] == "done", done["error"]
    after = pixels(client.get(f"/api/v1/jobs/{job}/result").content)
    allowed = pixels(client.get(f"/api/v1/masks/{done['result']['mask']}?max=65536").content)[..., 0] > 0
    assert (after[~allowed] == scene[~allowed]).all() and (after != scene).any() and not allowed[:, 60:].any()


def test_fifty_edits_at_once_are_neither_lost_nor_mixed_up(client: TestClient, finished: Finished) -> None:
    def send(number: int) -> tuple[int, str]:
        array = np.full((8 + number, 20, 3), 10 + number, np.uint8)
        files = {"image": (f"{number}.png", png(array))}
        answer = client.post("/api/v1/edits", files=files, data={"request": json.dumps({"plan": BRIGHTER})})
        assert answer.status_code == 202, answer.text
        return number, answer.json()["job"]

    with ThreadPoolExecutor(10) as pool:
        jobs = list(pool.map(send, range(50)))
    assert len({job for _, job in jobs}) == 50
    for number, job in jobs:
        assert finished(job)["state"] == "done"
        after = pixels(client.get(f"/api/v1/jobs/{job}/result").content)
        assert after.shape == (8 + number, 20, 3) and after.mean() > 10 + number
    text = client.get("/metrics").text
    assert "finetouch_edits_accepted_total 50.0" in text and 'finetouch_jobs{state="done"} 50.0' in text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/plan", {"instruction": "xyzzy blorp"}), ("/api/v1/plan", {}), ("/api/v1/plan", {"instruction": 5}),
        ("/api/v1/select", {"picture": "../../etc/passwd"}), ("/api/v1/projects", {"picture": "0" * 64 + ".png"}),
        ("/api/v1/jobs", {"project": "0" * 16, "plan": BRIGHTER}), ("/api/v1/jobs/none/cancel", {}),
        ("/api/v1/models/download", {"preset": "nothing"}),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(client: TestClient, path: str, body: dict[str, Any]) -> None:
    answer = client.post(path, json=body)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["detail"] and problem["hint"] and problem["status"] == answer.status_code


def test_a_failed_edit_keeps_its_reason_and_can_be_tried_again(
    client: TestClient, finished: Finished, cat: np.ndarray
) -> None:
    _, project = opened(client, cat)
    plan = {"steps": [{"op": "remove", "target": "bus"}]}
    job = client.post("/api/v1/jobs", json={"project": project["id"], "plan": plan}).json()["job"]
    failed = finished(job)
    assert failed["state"] == "failed" and failed["error"]["type"] == "TargetNotFound" and failed["error"]["hint"]
    assert client.post(f"/api/v1/jobs/{job}/retry").status_code == 202
    assert finished(job)["tries"] == 2
    assert len(client.get(f"/api/v1/projects/{project['id']}").json()["nodes"]) == 1


def test_uploads_are_checked_before_they_are_decoded(client: TestClient, settings: StudioSettings) -> None:
    too_long = client.post("/api/v1/pictures", content=b"\x89PNG\r\n\x1a\n" + b"0" * (settings.max_upload + 70_000))
    assert too_long.status_code == 413
    lied = client.post(
        "/api/v1/pictures", content=(b"0" * 100_000 for _ in range(40)), headers={"content-type": "image/png"}
    )
    assert lied.status_code == 413
    too_large = client.post("/api/v1/pictures", content=png(np.zeros((1100, 1000, 3), np.uint8)))
    assert too_large.status_code == 422 and "megapixel" in too_large.json()["detail"]
    for content in (
        b"GIF89a....",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.4",
        b"\x89PNG\r\n\x1a\nbroken",
        b"",
    ):
        refused = client.post("/api/v1/pictures", content=content)
        assert refused.status_code == 422 and refused.json()["hint"]
    assert not list((settings.folder / "pictures").iterdir())


@pytest.mark.parametrize("name", ["../../evil.png", "..\\..\\evil.png", "/etc/evil.png", "evil\0.png", "e" * 500])
def test_names_of_clients_never_become_paths(client: TestClient, settings: StudioSettings, name: str) -> None:
    picture = png(np.zeros((4, 4, 3), np.uint8))
    answer = client.post("/api/v1/pictures", files={"image": (name, picture)})
    assert answer.status_code == 201
    assert "/" not in answer.json()["name"] and "\\" not in answer.json()["name"] and len(answer.json()["name"]) <= 120
    assert not [p for p in settings.folder.parent.rglob("*") if "evil" in p.name]
    headers = client.get(f"/api/v1/pictures/{answer.json()['picture']}/file", params={"name": name[:200]}).headers
    assert ".." not in headers["content-disposition"]


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "x.png", "%00.png", "a" * 64 + ".png"])
def test_names_that_are_none_are_not_found(client: TestClient, name: str) -> None:
    for path in (f"/api/v1/pictures/{name}/proxy", f"/api/v1/masks/{name}", f"/api/v1/pictures/{name}/file"):
        assert client.get(path).status_code in (404, 422)
    assert client.get(f"/{name}").status_code == 404


def test_other_sites_and_hosts_are_refused(client: TestClient) -> None:
    body = {"instruction": "remove the dog"}
    assert client.post("/api/v1/plan", json=body, headers={"origin": "http://evil.example"}).status_code == 403
    assert client.post("/api/v1/plan", json=body, headers={"origin": "null"}).status_code == 403
    assert client.post("/api/v1/plan", json=body, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 421
    assert client.post("/api/v1/plan", json=body, headers={"origin": ADDRESS}).status_code == 200
    assert "access-control-allow-origin" not in client.get("/healthz").headers


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_forms_of_other_pages_are_refused(client: TestClient, kind: str) -> None:
    answer = client.post("/api/v1/plan", content='{"instruction": "x"}', headers={"content-type": kind})
    assert answer.status_code == 415


def test_a_large_json_body_is_refused(client: TestClient) -> None:
    assert client.post("/api/v1/plan", json={"instruction": "x" * (5 << 20)}).status_code == 413


def test_other_hosts_need_the_token(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="token"):
        create_app(StudioSettings(folder=tmp_path, host="0.0.0.0"))
    app = create_app(StudioSettings(folder=tmp_path, host="0.0.0.0", token="s3cret"))
    with TestClient(app, base_url="http://studio.example:7860") as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == client.get("/api/v1/about").status_code == 401
        assert client.get("/api/v1/about", headers={"authorization": "Bearer wrong"}).status_code == 401
        assert client.get("/api/v1/about", headers={"authorization": "Bearer s3cret"}).status_code == 200
        page = client.get("/?token=s3cret")
        assert "HttpOnly" in page.headers["set-cookie"] and "SameSite=Strict" in page.headers["set-cookie"]
        assert client.get("/api/v1/about").status_code == 200, "the cookie lets the page work"


def test_quota_of_one_client(tmp_path: Path, scene: np.ndarray) -> None:
    app = create_app(StudioSettings(folder=tmp_path / "s", quota=0))
    with TestClient(app, base_url=ADDRESS) as client:
        _, project = opened(client, scene)
        refused = client.post("/api/v1/jobs", json={"project": project["id"], "plan": BRIGHTER})
        assert refused.status_code == 429 and refused.json()["hint"]


def test_the_page_asks_nobody_else(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200 and "default-src 'self'" in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", "")
    script = client.get("/js/main.js")
    assert (
        script.headers["content-type"].startswith("text/javascript") and script.headers["cache-control"] == "no-cache"
    )
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
    document = client.get("/openapi.json").json()
    assert "/api/v1/edits" in document["paths"] and "cdn" not in json.dumps(document)


def test_formats_and_views(client: TestClient, scene: np.ndarray) -> None:
    picture, _ = opened(client, scene)
    url = f"/api/v1/pictures/{picture}"
    for kind, media in (("png", "png"), ("jpg", "jpeg"), ("webp", "webp"), ("tiff", "tiff"), ("same", "png")):
        answer = client.get(f"{url}/file?format={kind}")
        assert answer.status_code == 200 and answer.headers["content-type"] == f"image/{media}"
        assert pixels(answer.content).shape == scene.shape
    assert pixels(client.get(f"{url}/proxy?max=48").content).shape == (32, 48, 3)
    assert pixels(client.get(f"{url}/crop?x=60&y=20&w=24&h=24").content).shape == (24, 24, 3)
    assert pixels(client.get(f"{url}/crop?x=9000&y=20&w=24&h=24").content).shape[2] == 3
    assert client.get(f"{url}/crop?x=0&y=0&w=0&h=1").status_code == 422


def test_methods_describe_their_forms(client: TestClient) -> None:
    methods = client.get("/api/v1/methods?preset=embedded").json()["methods"]
    fill = next(m for m in methods if m["name"] == "fill")
    assert fill["available"] and fill["schema"]["properties"]["shadow"]["type"] == "boolean"
    presets = {p["preset"]: p for p in client.get("/api/v1/models").json()["presets"]}
    assert presets["embedded"]["ready"] and "sd15" in presets
    assert client.post("/api/v1/phrase", json={"phrase": "the red cup"}).json()["noun"] == "cup"


def test_samples(client: TestClient) -> None:
    for name in ("cup", "cat", "astronaut"):
        assert client.post(f"/api/v1/samples/{name}").status_code == 201
    assert client.post("/api/v1/samples/lena").status_code == 422


def test_every_request_is_shown_with_an_example_that_is_valid(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    seen = 0
    for path, operations in document["paths"].items():
        for operation in operations.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body is None:
                continue
            name = body["schema"]["$ref"].rpartition("/")[2]
            [example, *_] = document["components"]["schemas"][name]["examples"]
            getattr(schemas, name).model_validate(example)
            seen += 1
            assert operation.get("description"), path
    assert seen >= 10


def test_a_two_stage_edit_shows_its_stages_and_takes_another_place(
    client: TestClient, finished: Finished, scene: np.ndarray
) -> None:
    _, project = opened(client, scene)
    thing = np.zeros((40, 40, 4), np.uint8)
    thing[8:32, 4:36] = (250, 210, 20, 255)
    reference = client.post("/api/v1/pictures?name=thing.png", content=png(thing)).json()["picture"]
    step = {"op": "replace", "target": "ball", "result": "box", "method": "two-stage", "params": {"check": False}}
    hand = {"ops": [{"kind": "box", "xyxy": [10, 10, 50, 55]}]}

    def started(params: dict[str, Any]) -> dict[str, Any]:
        plan = {"steps": [{**step, "params": {**step["params"], **params}}], "instruction": "replace the ball"}
        body = {"project": project["id"], "base": project["head"], "plan": plan, "hands": [hand]}
        body |= {"reference": reference, "engine": {"seed": 3}}
        return finished(client.post("/api/v1/jobs", json=body).json()["job"])

    def edited(params: dict[str, Any]) -> dict[str, Any]:
        done = started(params)
        assert done["state"] == "done", done["error"]
        nodes = client.get(f"/api/v1/projects/{project['id']}").json()["nodes"]
        return next(n for n in nodes if n["job"] == done["id"])

    node = edited({})
    stages = {s["name"]: s for s in node["stages"]}
    assert list(stages) == ["mask", "describe", "background", "propose", "paint"]
    empty = pixels(client.get(f"/api/v1/pictures/{stages['background']['picture']}/file?format=same").content)
    assert empty.shape[:2] == scene.shape[:2]
    choices = stages["propose"]["choices"]
    assert len(choices) > 1 and [c["chosen"] for c in choices] == [True] + [False] * (len(choices) - 1)
    other = edited({"pick": 2})
    assert [c["chosen"] for c in other["stages"][3]["choices"]][:2] == [False, True]
    assert (
        other["picture"] != node["picture"] and client.get(f"/api/v1/pictures/{choices[1]['picture']}/thumb").is_success
    )
    packed = zipfile.ZipFile(BytesIO(client.get(f"/api/v1/projects/{project['id']}/file").content))
    assert f"files/{choices[0]['picture']}" in packed.namelist()
    assert client.post("/api/v1/projects/open", content=packed.fp.getvalue()).is_success
    assert not list(Path(client.app.state.studio.settings.folder).glob("stages-*"))


def test_a_two_stage_edit_that_fails_shows_how_far_it_got(client: TestClient, finished: Finished) -> None:
    photo = np.ascontiguousarray(data.cat()[::2, ::2])
    _, project = opened(client, photo)
    reference = client.post("/api/v1/pictures?name=thing.png", content=png(np.full((40, 40, 4), 200, np.uint8)))
    step = {"op": "replace", "target": "cat", "result": "box", "method": "two-stage"}
    plan = {"steps": [step], "instruction": "replace the cat with a box"}
    strips = [{"kind": "box", "xyxy": [x, 5, x + 8, 148]} for x in range(16, 220, 24)]  # the cat stays between them
    body = {"project": project["id"], "base": project["head"], "plan": plan, "engine": {"seed": 3, "grow": 0}}
    body["hands"] = [{"ops": strips}]
    body["reference"] = reference.json()["picture"]
    failed = finished(client.post("/api/v1/jobs", json=body).json()["job"])
    assert failed["state"] == "failed", failed["result"]["report"]
    assert "'background'" in failed["error"]["message"] and "stages-" not in str(failed["error"])
    [kept] = failed["error"]["pictures"]
    assert pixels(client.get(f"/api/v1/pictures/{kept}/file?format=same").content).shape == photo.shape
