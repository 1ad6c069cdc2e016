"""CONTRIBUTING.md describes the repository as it is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGED = {"compressors", "docs", "reports", "suites"}
"""Folders at the top that are installed into the package."""


def test_the_table_has_every_room_and_no_other() -> None:
    rooms = {path.parent.name for path in (ROOT / "pytest_edgebench").glob("*/__init__.py")} | PACKAGED
    listed = re.findall(r"^\| `(\w+)/` \|", TEXT, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == rooms - {"docs", "suites"}  # these two are in the text below it
    assert "`suites/`" in TEXT
    assert "`docs/`" in TEXT


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^):]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_no_file_is_longer_than_it_says() -> None:
    found = re.search(r"(\d+) lines? is the end|; (\d+) is the end", TEXT)
    assert found
    limit = int(found[1] or found[2])
    folders = ("pytest_edgebench", "compressors", "docs", "reports", "suites", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    long = [str(p) for p in files if len(p.read_text(encoding="utf-8").splitlines()) > limit]
    assert long == []


def test_each_way_to_add_something_is_tried() -> None:
    row = r"^\| ([\w ]+) \| `[^|]+` \| `(pytest_edgebench\.\w+)` \|.*\| `(test_add_\w+\.py)` \|$"
    rows = re.findall(row, TEXT, re.MULTILINE)
    kinds = {"metric", "runtime", "target", "step", "engine", "rule", "command", "report part"}
    assert {kind for kind, _, _ in rows} == kinds
    for kind, group, test in rows:
        article = "an" if kind == "engine" else "a"
        assert f"### How to add {article} {kind}\n" in TEXT
        tried = (ROOT / "tests" / "contributing" / test).read_text(encoding="utf-8")
        assert f'install("{group.removeprefix("pytest_edgebench.")}"' in tried
    tests = {path.name for path in (ROOT / "tests" / "contributing").glob("test_add_*.py")}
    assert tests >= {test for _, _, test in rows}
