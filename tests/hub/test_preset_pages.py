"""Every preset has a page that says what it needs, and what it says agrees with the table of checkpoints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from finetouch.hub.presets import presets

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", presets())
def test_the_page_has_hardware_licences_a_command_and_what_is_untested(name):
    page = (DOCS / "presets" / f"{name}.md").read_text(encoding="utf-8")
    for part in ("| hardware |", "| licence", "```console", "**Good at:**"):
        assert part in page, part
    assert f"--preset {name}" in page or name == "embedded"
    assert "**Untested here:**" in page or name in ("embedded", "lab")
    assert f"(presets/{name}.md)" in (DOCS / "models.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\((\.\./[\w./-]+?)(?:#[\w-]+)?\)|\]\(([\w-]+\.md)(?:#[\w-]+)?\)", page):
        assert (DOCS / "presets" / next(filter(None, link))).is_file(), link


@pytest.mark.parametrize("name", [n for n in presets() if n not in ("embedded", "lab")])
def test_the_sizes_on_the_page_are_those_of_the_table(name):
    page = (DOCS / "presets" / f"{name}.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| download |"))
    said = [float(v) for v in re.findall(r"([\d.]+) GB", row)]
    roles = presets()[name].roles
    size = lambda r: sum(p.bytes for p in [roles[r], *roles[r].parts.values(), *roles[r].loras.values()]) / 1e9  # noqa: E731
    plain = sum(size(r) for r in roles if not roles[r].ondemand)
    rest = said[:-1] if "vlm" in roles else said
    assert sum(rest) == pytest.approx(plain, rel=0.03), "what a plain download brings"
    assert said[-1] == pytest.approx(size("vlm"), rel=0.02)
    for licence in (roles[r].licence.split(" (")[0] for r in roles if not roles[r].ondemand):
        assert licence in page, licence
