"""Clean-up: what nothing refers to goes when it is old; nobody's work ever goes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from files import ADDRESS, png

from finetouch.engine.jobstore import JobStore
from finetouch.studio.app import create_app
from finetouch.studio.settings import StudioSettings
from finetouch.studio.sweep import DAY, sweep

Finished = Callable[[str], dict[str, Any]]


def aged(folder: Path, days: float = 60) -> None:
    """Makes every file look as if nobody had touched it for long."""
    then = time.time() - days * DAY
    for file in folder.rglob("*"):
        if file.is_file() and "jobs.sqlite" not in file.name:
            os.utime(file, (then, then))


def test_nobodys_work_is_deleted(
    client: TestClient, settings: StudioSettings, finished: Finished, scene: np.ndarray
) -> None:
    def upload(level: int) -> str:
        return client.post("/api/v1/pictures", content=png(np.full((9, 9, 3), level, np.uint8))).json()["picture"]

    photo = client.post("/api/v1/pictures", content=png(scene)).json()["picture"]
    project = client.post("/api/v1/projects", json={"picture": photo}).json()
    region, drafted = (
        client.post("/api/v1/masks/raster", json={"picture": photo, "ops": [{"kind": "box", "xyxy": box}]}).json()[
            "mask"
        ]
        for box in ([10, 10, 50, 50], [1, 1, 9, 9])
    )
    plan = {"steps": [{"op": "recolor", "target": "ball", "color": "green"}]}
    hands = [{"ops": [{"kind": "region", "name": region}]}]
    body = {"project": project["id"], "plan": plan, "hands": hands}
    assert finished(client.post("/api/v1/jobs", json=body).json()["job"])["state"] == "done"
    url = f"/api/v1/projects/{project['id']}"
    client.put(f"{url}/draft", json={"draft": {"steps": [{"ops": [{"kind": "mask", "name": drafted}]}]}})
    used_by_job, lost, damaged, deleted, young = (upload(level) for level in range(1, 6))
    (settings.folder / "projects" / f"{'d' * 16}.json").write_text(f'{{"half a docum {damaged}')
    second = client.post("/api/v1/projects", json={"picture": deleted}).json()["id"]
    client.get(f"/api/v1/pictures/{lost}/thumb")
    store = JobStore(settings.folder / "jobs.sqlite")
    store.add("edit", {"picture": used_by_job}, lane="nobody")
    tree = client.get(url).json()
    aged(settings.folder)
    os.utime(settings.folder / "pictures" / young)
    client.delete(f"/api/v1/projects/{second}")
    pictures = settings.folder / "pictures"
    before = {f.name for f in pictures.iterdir()}
    old_views = len(list((settings.folder / "views").iterdir()))

    swept = sweep(settings.folder, store, 30)

    assert before - {f.name for f in pictures.iterdir()} == {lost} and swept.files == 1 and swept.size > 0
    assert len(list((settings.folder / "views").iterdir())) == old_views - 1
    assert client.get(url).json() == tree
    for node in tree["nodes"]:
        for name in filter(None, (node["picture"], node["mask"])):
            assert (pictures / name).is_file()
    assert (pictures / region).is_file() and (pictures / drafted).is_file()
    assert client.get(f"{url}/file").status_code == 200
    later = sweep(settings.folder, store, 30, time.time() + 31 * DAY)
    assert {f.name for f in pictures.iterdir()} == before - {lost, deleted, young} and later.files == 2
    assert store.list(state="done") == [] and store.waiting() == 1, "old jobs are forgotten, waiting ones stay"


def test_a_photo_that_is_sent_again_counts_as_new(client: TestClient, settings: StudioSettings) -> None:
    data = png(np.full((5, 5, 3), 9, np.uint8))
    name = client.post("/api/v1/pictures", content=data).json()["picture"]
    aged(settings.folder)
    client.post("/api/v1/pictures", content=data)
    assert sweep(settings.folder, JobStore(settings.folder / "jobs.sqlite"), 30).files == 0
    assert (settings.folder / "pictures" / name).is_file()


@pytest.mark.parametrize(("days", "left"), [(30.0, 0), (0.0, 1)])
def test_the_studio_cleans_up_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: float, left: int
) -> None:
    settings = StudioSettings(folder=tmp_path / "studio", keep_days=days)
    with TestClient(create_app(settings), base_url=ADDRESS) as client:
        client.post("/api/v1/pictures", content=png(np.full((5, 5, 3), 9, np.uint8)))
    aged(settings.folder)
    monkeypatch.setattr("finetouch.studio.sweep.FIRST", 0.05)
    with TestClient(create_app(settings), base_url=ADDRESS):
        end = time.monotonic() + 3
        while len(list((settings.folder / "pictures").iterdir())) != left or (left and time.monotonic() < end - 2):
            assert time.monotonic() < end
            time.sleep(0.05)
