"""What a session writes at its end: one file that fails, or a kill in it, costs none of the others a byte."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_project import run, write

ARGUMENTS = (
    "-pdisturb_writers", "--edgebench-json=run.json", "--edgebench-report=page.html",
    "--edgebench-markdown=comment.md",
    "--edgebench-save-baseline=saved", "--edgebench-update-baseline", "--edgebench-history=rows.sqlite",
)  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of each disturbance of each writer."""
    folder = write(tmp_path_factory.mktemp("writers") / "project")
    shutil.copy(Path(__file__).with_name("disturb_writers.py"), folder)
    done = run(folder, "pytest", *ARGUMENTS)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return found


def of(told: dict[str, Any], *ways: str) -> list[dict[str, Any]]:
    return [each for each in told["told"] if each["way"] in ways]


def own(name: str, path: str) -> bool:
    """Whether a writer makes a file, or a folder in which it lies."""
    mine = Path(name.removeprefix("history: "))
    return Path(path) == mine or mine in Path(path).parents


def test_every_writer_is_disturbed_in_every_way(told: dict[str, Any]) -> None:
    names = {Path(each["name"].removeprefix("history: ")).name for each in told["told"]}
    assert names >= {"run.json", "page.html", "comment.md", "summary.md", "saved", "rows.sqlite"}
    assert len(told["told"]) == 3 * 8
    for name in ("run.json", "page.html", "comment.md", "summary.md", "rows.sqlite"):
        assert name in {Path(path).name for path in told["whole"]}


def test_a_failure_costs_no_other_file_a_byte(told: dict[str, Any]) -> None:
    for each in of(told, "at once", "at rename"):
        assert each["signal"] == 0
        others = [path for path in each["differ"] if not own(each["name"], path)]
        assert not others, (each["name"], each["way"], others)


def test_a_failure_is_told_once_and_fails_the_session_where_the_file_was_asked_for(
    told: dict[str, Any],
) -> None:
    for each in of(told, "at once", "at rename"):
        lines, failed, status = each["ended"]
        assert failed == [each["name"]]
        assert status is each["asked"]
        about = [line for line in lines if line.startswith(f"✕ {each['name']}: ")]
        assert len(about) == 1, lines
        assert "No space left on device" in about[0]


def test_a_kill_leaves_whole_files_before_it_and_none_after(told: dict[str, Any]) -> None:
    for each in of(told, "killed"):
        assert each["signal"] == 9
        for path in each["differ"]:
            assert not any(own(name, path) for name in each["before"]), (each["name"], path)


def test_no_failure_leaves_a_temporary_file(told: dict[str, Any]) -> None:
    for each in of(told, "at once", "at rename"):
        assert each["extra"] == [], each["name"]
