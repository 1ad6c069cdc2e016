"""A section of the HTML report from another package, and from a file in the room."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest_edgebench.reports
from pytest_edgebench.base import discovery
from pytest_edgebench.record.run import Run
from pytest_edgebench.reports.html import render

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from other_package import Other

PART = """
PART = "Seconds by <case>"


def rows(run):
    yield "case", "seconds"
    for case in run.cases:
        yield case.key, f"{sum(check.seconds for check in case.checks):.0f}"
"""
EMPTY = Run("2026-01-01T00:00:00Z", 1.0, ("a",), "", "", False, {}, {}, {}, ())


def page(other: Other) -> str:
    ended = other.pytest("--edgebench-report=page.html")
    assert "1 passed" in ended.stdout, ended.stdout
    return (other.project / "page.html").read_text(encoding="utf-8")


def test_a_part_has_its_section(other: Other) -> None:
    other.install("report_parts", "seconds", PART)
    shown = page(other)
    assert "<section id=part-seconds>" in shown
    assert "<h2>Seconds by &lt;case&gt;</h2>" in shown
    assert "<td>net-fp16-board<td>" in shown


def test_a_part_that_fails_harms_nothing_else(other: Other) -> None:
    other.install("report_parts", "seconds", PART.replace("run.cases", "run.nothing"))
    shown = page(other)
    assert (
        "This part failed: AttributeError: &#39;Run&#39; object has no attribute &#39;nothing&#39;" in shown
    )
    assert "<section id=run>" in shown


def test_nothing_to_show_is_no_section(other: Other) -> None:
    other.install("report_parts", "seconds", 'PART = "Nothing"\n\n\ndef rows(run):\n    return []\n')
    assert "part-seconds" not in page(other)


def test_a_file_in_the_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "part-" not in render(EMPTY)
    (tmp_path / "seconds.py").write_text(PART, encoding="utf-8")
    room = pytest_edgebench.reports
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    discovery.files.cache_clear()
    try:
        assert "<section id=part-seconds>" in render(EMPTY)
    finally:
        discovery.files.cache_clear()
        sys.modules.pop("pytest_edgebench.reports.seconds", None)
