"""The examples for GitHub and GitLab: checked against the schemas of both, and their commands run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from page_files import MAKERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
FILES = {"github-workflows": ".github/workflows/edgebench.yml", "gitlab-ci": ".gitlab-ci.yml"}
"""Name of a schema → the file of the example."""

WHEEL = "vendor/pytest_edgebench-0.1.0-py3-none-any.whl"
CONFTEST = """
import pytest_edgebench as eb


@eb.model
def model():
    return eb.Model("model.onnx", data="samples.npz", score=eb.top1)


@eb.recipe
def int8(model):
    return eb.quantize(model, "dynamic-int8")
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(size=["16 kB", "baseline + 1 %"])
def test_budget(edge):
    edge.check()
"""


def example(schema: str) -> str:
    """The YAML block of a file."""
    (found,) = re.findall(rf'```yaml title="{re.escape(FILES[schema])}"\n(.*?)```', PAGE, re.DOTALL)
    return str(found)


def commands(schema: str) -> list[str]:
    """The shell commands of an example."""
    from ruamel.yaml import YAML

    job: dict[str, Any] = YAML(typ="safe").load(example(schema))
    if schema == "gitlab-ci":
        found = list(job["edge"]["script"])
    else:
        found = [step["run"] for step in job["jobs"]["edge"]["steps"] if "run" in step]
    return found


def steps_of_the_readme() -> str:
    """The steps in README.md as a workflow."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    steps = "".join(f"      {line}\n" for line in found.splitlines())
    return f"on: pull_request\njobs:\n  edge:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}"


def test_the_steps_of_the_readme_are_those_of_the_workflow(tmp_path: Path) -> None:
    from ruamel.yaml import YAML

    text = steps_of_the_readme()
    found = checked("github-workflows", text, tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    ours, whole = (
        YAML(typ="safe").load(one)["jobs"]["edge"]["steps"] for one in (text, example("github-workflows"))
    )
    assert [step.get("uses") for step in ours] == [step.get("uses") for step in whole]
    runs = [step["run"] for step in ours if "run" in step]
    for line, full in zip(runs, commands("github-workflows"), strict=True):
        assert set(line.split()) <= set(full.split())


def checked(schema: str, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "example.yml"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("schema", FILES)
def test_the_example_keeps_its_schema(schema: str, tmp_path: Path) -> None:
    found = checked(schema, example(schema), tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("schema", "old", "new"),
    [("github-workflows", "runs-on:", "runs-at:"), ("gitlab-ci", "when: always", "when: sometimes")],
)
def test_the_schema_would_tell(schema: str, old: str, new: str, tmp_path: Path) -> None:
    text = example(schema)
    assert old in text
    assert checked(schema, text.replace(old, new), tmp_path).returncode == 1


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose last commit is the baseline, with programs of its own on the path."""
    files = {
        "conftest.py": CONFTEST,
        "test_model.py": TEST,
        "edgebench.toml": '[profiles.pi]\nextends = "raspberry-pi-4"\n',
        ".gitignore": ".pytest_cache\n__pycache__\n",
        "pytest.ini": "[pytest]\naddopts = -p no:randomly\n",
    }
    folder = tmp_path / "project"
    folder.mkdir()
    for made in ("model.onnx", "samples.npz"):
        MAKERS[made](folder)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    programs = {
        "pip": 'echo "$*" >> "$PIP_LOG"',
        "pytest": f'exec "{sys.executable}" -m pytest "$@"',
    }
    (tmp_path / "bin").mkdir()
    for name, line in programs.items():
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)
    git(folder, "init", "-q", "-b", "change")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "accepted")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    return folder


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=tester", "-c", "user.email=tester@example.org"]
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, env=environment(folder), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return done.stdout.strip()


def environment(folder: Path) -> dict[str, str]:
    """As a runner sets it, without what the session around this test was told."""
    other = ("PYTEST_", "GIT_", "GITHUB_", "CI_", "EDGEBENCH_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    path = f"{folder.parent / 'bin'}:{own['PATH']}"
    return {**own, "PATH": path, "PIP_LOG": str(folder.parent / "pip.log"), "CI": "true"}


@pytest.mark.parametrize("schema", FILES)
def test_the_commands_run(schema: str, project: Path) -> None:
    base = git(project, "rev-parse", "HEAD")
    (project / "note.txt").write_text("a change of nothing\n", encoding="utf-8")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "change")
    given = {**environment(project), "CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "GITHUB_BASE_REF": "main"}
    for command in commands(schema):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command], cwd=project, env=given, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert (project.parent / "pip.log").read_text(encoding="utf-8") == f"install {WHEEL} -e .\n"
    assert "1 passed" in done.stdout
    assert "<html" in (project / "report.html").read_text(encoding="utf-8")
    assert "The case is within budget" in (project / "comment.md").read_text(encoding="utf-8")
    # Each file that the job keeps was written by its commands.
    kept = set(re.findall(r"\b[\w-]+\.(?:html|md|xml)\b", example(schema)))
    assert [name for name in kept if not (project / name).is_file()] == []
    assert "baseline" in (project / "report.html").read_text(encoding="utf-8")


def test_the_cache_lies_where_the_example_keeps_it(project: Path) -> None:
    command = commands("gitlab-ci")[-1]
    given = {**environment(project), "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(project, "rev-parse", "HEAD")}
    subprocess.run(["bash", "-c", command], cwd=project, env=given, capture_output=True, check=True)
    (kept,) = re.findall(r"- (\.pytest_cache\S+)", example("gitlab-ci"))
    assert list((project / kept / "artifacts").glob("*/manifest.json"))
