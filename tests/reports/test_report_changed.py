"""The project whose model grew, really run: how much a terminal of 80 columns has to show."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING

import pytest
from changed_project import run_changed, session

from pytest_edgebench.base.text import columns

if TYPE_CHECKING:
    from pathlib import Path

PROGRESS = re.compile(r"edgebench: |-+ generated xml file|(test_digits\.py )?[Fs.]+( +\[ *\d+%\])?$")
"""How far a session is: so many lines as it takes time, and pytest's own line of letters, broken by them."""
MODULES = ("torch", "litert_torch", "ai_edge_quantizer", "tflite_micro", "onnxscript")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    for name in MODULES:
        pytest.importorskip(name)
    place = tmp_path_factory.mktemp("changed")
    status, text = run_changed(place, "--edgebench-report=report.html", "--junitxml=junit.xml")
    return place, status, text


def test_the_whole_output_is_short(folder: tuple[Path, int, str]) -> None:
    _, status, text = folder
    assert status == 1
    told = [line for line in text.splitlines() if not PROGRESS.match(line)]
    assert len(told) <= 40
    assert "16 failed, 2 skipped" in told[-1]
    summary = [line for line in told if line.startswith("FAILED")]
    assert len(summary) == 3
    assert re.search(r" - size [\d.]+ > [\d.]+ kB$", summary[0])
    assert re.search(r" - accuracy [\d.]+ < [\d.]+ % \(\+2 limits\)$", summary[1])
    assert summary[2] == "FAILED 14 more, of the causes above (-v lists them)"
    section = told[next(i for i, line in enumerate(told) if "= edgebench =" in line) :]
    assert [line for line in section if columns(line) > 80 and not line.startswith("FAILED")] == []


def test_junit_has_the_line_of_the_terminal(folder: tuple[Path, int, str]) -> None:
    place, _, _ = folder
    root = ElementTree.parse(place / "junit.xml").getroot()
    failures = list(root.iter("failure"))
    assert len(failures) == 16
    for failure in failures:
        assert re.match(r"(size|accuracy) [\d.]+ [<>] [\d.]+ (kB|%)", failure.get("message") or "")
        assert "help: " in (failure.text or "")


def test_more_with_v_and_one_line_with_q(folder: tuple[Path, int, str]) -> None:
    place, _, _ = folder
    _, quiet = session(place, "-q", "-k", "rank and laptop-ort")
    told = quiet.partition("= edgebench =")[2].splitlines()
    assert told[1].startswith("✕ 1 of 1 case fails: digits grew: ")
    assert told[2].startswith("=")
    # Up to three failures are shown in full, in a section each.
    assert re.search(r"^test_digits.py:\d: digits-rank-laptop-ort: accuracy ", quiet, re.M)
    assert re.search(r"^  4 \| @eb.budget\(accuracy=\[\"90 %\", \"model - 2 points\"\]\)$", quiet, re.M)
    assert re.search(r"^    \| +\^+$", quiet, re.M)
