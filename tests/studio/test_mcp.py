"""The tools for agents: small answers, errors as data, nothing outside of what they are for."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from files import png

pytest.importorskip("mcp", reason="the extra [studio] is not installed")

from mcp.client import Client

from finetouch.studio.mcp import server
from finetouch.studio.service import Studio
from finetouch.studio.settings import StudioSettings


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    made = Studio(StudioSettings(folder=tmp_path / "studio"))
    made.start()
    yield made
    made.close()


def ask(studio: Studio, *calls: tuple[str, dict[str, Any]], local: bool = True) -> list[dict[str, Any]]:
    """The answers of some tool calls; "$picture" stands for the picture of the first answer."""

    async def talk() -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        async with Client(server(studio, local_files=local)) as client:
            for tool, values in calls:
                known = {"$picture": answers[0]["picture"]} if answers and "picture" in answers[0] else {}
                known |= {f"${k}": answers[-1][k] for k in ("mask",) if answers and k in answers[-1]}
                known |= {"$after": answers[-1]["picture"]} if answers and "picture" in answers[-1] else {}
                filled = {k: known.get(v, v) if isinstance(v, str) else v for k, v in values.items()}
                answers.append((await client.call_tool(tool, filled)).structured_content)
        return answers

    return anyio.run(talk)


def test_open_select_apply_compare_save(studio: Studio, cat: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png(cat))
    out = str(tmp_path / "out.png")
    _, found, edit, difference, saved = ask(
        studio,
        ("open_picture", {"path": str(tmp_path / "cat.png")}),
        ("select_region", {"picture": "$picture", "phrase": "the cat"}),
        ("apply_edit", {"picture": "$picture", "instruction": "make the cat grey", "seed": 3}),
        ("compare", {"before": "$picture", "after": "$after", "mask": "$mask"}),
        ("save_picture", {"picture": "$picture", "path": out}),
    )
    assert found["regions"][0]["label"] == "cat" and len(json.dumps(found)) < 40_000
    assert edit["pixels_changed_outside"] == 0 and edit["seed"] == 3 and edit["report"]
    assert difference["changed"] > 1000 and difference["changed_outside_mask"] == 0
    assert saved["path"] == out and Path(out).is_file()


def test_errors_come_as_data_with_a_hint(studio: Studio, cat: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png(cat))
    answers = ask(
        studio,
        ("open_picture", {"path": str(tmp_path / "cat.png")}),
        ("apply_edit", {"picture": "$picture", "instruction": "make the bus grey"}),
        ("apply_edit", {"picture": "../../etc/passwd", "instruction": "make the bus grey"}),
        ("open_picture", {"path": "/nowhere.png"}),
        ("save_picture", {"picture": "$picture", "path": str(tmp_path / "cat.png")}),
    )
    for answer in answers[1:]:
        assert answer["error"] and answer["hint"]
    assert answers[1]["type"] == "TargetNotFound"


def test_over_the_network_no_file_of_the_machine_can_be_named(studio: Studio) -> None:
    async def names() -> list[Any]:
        return list(await server(studio).list_tools())

    tools = {t.name: t for t in anyio.run(names)}
    assert {"plan_edit", "select_region", "apply_edit", "compare", "list_models"} <= set(tools)
    assert "save_picture" not in tools and "path" not in json.dumps(tools["open_picture"].input_schema)
    data = base64.b64encode(png(np.zeros((4, 4, 3), np.uint8))).decode()
    first, bad = ask(studio, ("open_picture", {"data": data}), ("open_picture", {"data": "%%%"}), local=False)
    assert first["size"] == [4, 4] and bad["error"]
