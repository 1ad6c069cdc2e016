"""The Pythons that CI runs, that mypy checks and that the page on support names are the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import typecheck

ROOT = Path(__file__).parents[1]
CONFIG: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CHECKED = (CONFIG["tool"]["mypy"]["python_version"], *typecheck.VERSIONS)
WORKFLOW = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")


def workflow() -> dict[str, Any]:
    from ruamel.yaml import YAML

    loaded: dict[str, Any] = YAML(typ="safe").load(WORKFLOW)
    return loaded


def test_the_workflow_runs_each_version_that_mypy_checks() -> None:
    assert tuple(workflow()["jobs"]["tests"]["strategy"]["matrix"]["python"]) == CHECKED


def test_the_page_tells_of_each_version() -> None:
    page = (ROOT / "docs" / "support.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (3\.\d+) \| (.*?) \| checked \|$", page, re.MULTILINE)
    assert tuple(version for version, _ in rows) == CHECKED


def test_only_versions_that_were_run_are_classifiers() -> None:
    page = (ROOT / "docs" / "support.md").read_text(encoding="utf-8")
    run = re.findall(r"^\| (3\.\d+) \| tests \|", page, re.MULTILINE)
    found = re.findall(r"Python :: (3\.\d+)", "\n".join(CONFIG["project"]["classifiers"]))
    assert run == found
    assert CONFIG["project"]["requires-python"] == f">={CHECKED[0]}"


def test_the_workflow_may_only_read_and_pins_its_actions_by_commit() -> None:
    assert workflow()["permissions"] == {"contents": "read"}
    uses = re.findall(r"uses: (\S+)", WORKFLOW)
    assert uses
    assert [action for action in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)] == []


def test_the_workflow_runs_what_ci_runs() -> None:
    steps = workflow()["jobs"]["tests"]["steps"]
    assert ".ci/run" in [step.get("run") for step in steps]
    (installed,) = [step["run"] for step in steps if "apt-get install" in step.get("run", "")]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for line in re.findall(r"--no-install-recommends ([^|\\\n]+)", script):
        assert set(line.split()) <= set(installed.split())
