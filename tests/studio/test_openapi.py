"""Whatever the documented requests hold: the server answers, and never with an error of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from finetouch.studio.app import create_app
from finetouch.studio.settings import StudioSettings

pytestmark = pytest.mark.slow
HEADERS = {"Authorization": "Bearer t"}


@pytest.fixture
def document(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    app = create_app(StudioSettings(folder=folder / "studio", host="0.0.0.0", token="t"))
    app.state.studio.projects.create("0" * 64 + ".png", (4, 4), "one whose picture is gone")
    return schemathesis.openapi.from_asgi("/openapi.json", app, headers=HEADERS).exclude(path_regex="/events$")


def test_no_request_breaks_the_server(document: Any) -> None:
    tried = 0
    for found in document.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def check(case: Any) -> None:
            case.call_and_validate(headers=HEADERS, checks=(not_a_server_error,))

        check()
        tried += 1
    assert tried >= 30
