"""``edgebench docs``: the pages, offline."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_edgebench.__main__ import main

PAGES = Path(__file__).parents[2] / "docs"
WRITTEN = sorted(path.stem for path in PAGES.glob("*.md"))
GENERATED = sorted(
    path.stem.replace("_", "-")
    for path in (PAGES / "generated").glob("*.py")
    if "\nHEADING = " in path.read_text(encoding="utf-8")
)
NAMES = sorted([*WRITTEN, *GENERATED])
Captured = pytest.CaptureFixture[str]


def test_without_a_page_all_are_listed_by_name_and_heading(capsys: Captured) -> None:
    assert main(["docs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    for line, name in zip(lines, NAMES, strict=True):
        assert main(["docs", name]) == 0
        heading = capsys.readouterr().out.splitlines()[0]
        assert heading.startswith("# ")
        assert line.split(maxsplit=1)[1] == heading.removeprefix("# ")


@pytest.mark.parametrize("name", WRITTEN)
def test_a_page_is_printed_as_it_stands(name: str, capsys: Captured) -> None:
    assert main(["docs", name]) == 0
    assert capsys.readouterr().out == (PAGES / f"{name}.md").read_text(encoding="utf-8")


def test_a_name_is_accepted_as_links_write_it(capsys: Captured) -> None:
    assert main(["docs", "gate.md"]) == 0
    assert capsys.readouterr().out.startswith("# The gate in detail\n")


@pytest.mark.parametrize(
    ("given", "hint"),
    [("gates", "; did you mean 'gate'?"), ("Targets", "; did you mean 'targets'?"), ("zzz", "")],
)
def test_an_unknown_page_names_those_that_are_near(given: str, hint: str, capsys: Captured) -> None:
    assert main(["docs", given]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"unknown page '{given}'{hint}\n  fix: choose one of: {', '.join(NAMES)}\n"


def test_a_reader_who_stops_early_sees_no_traceback() -> None:
    """As `docs gate | head` may; here the pipe is closed before anything is written."""
    command = [sys.executable, "-m", "pytest_edgebench", "docs", "gate"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 0
    process.stderr.close()


def test_messages_name_pages_that_exist() -> None:
    package = PAGES.parent / "pytest_edgebench"
    named = {
        name
        for path in package.rglob("*.py")
        for name in re.findall(r"edgebench docs ([a-z-]+)", path.read_text(encoding="utf-8"))
    }
    assert "targets" in named
    assert named <= set(NAMES)
