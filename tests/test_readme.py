"""The README's five-minute example, run as it stands, and the failure it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section {heading!r}"
    return found[1]


@pytest.fixture
def example(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with the files of the example."""
    files = re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)```", section("Five minutes"), re.MULTILINE | re.DOTALL)
    assert {name for name, _ in files} == {"blobs.py", "conftest.py", "test_blobs.py", "edgebench.toml"}
    for name, text in files:
        (pytester.path / name).write_text(text, encoding="utf-8")
    return pytester


def test_the_example_passes_and_writes_its_report(example: pytest.Pytester) -> None:
    (command,) = re.findall(r"^\$ pytest (.*)$", section("Five minutes"), re.MULTILINE)
    assert "Five tests pass" in section("Five minutes")
    result = example.runpytest_subprocess(*command.split(), "-pno:randomly")
    result.assert_outcomes(passed=5)
    report = (example.path / "report.html").read_text(encoding="utf-8")
    for case in ("blobs-int8-laptop", "blobs-int8-pi", "blobs-fp16-laptop"):
        assert case in report


def test_the_failure_is_the_one_shown(example: pytest.Pytester) -> None:
    told = section("What a failure looks like")
    tightened = re.search(r'With `(size="[^"]+")` in line (\d+)', told)
    assert tightened
    path = example.path / "test_blobs.py"
    lines = path.read_text(encoding="utf-8").splitlines()
    number = int(tightened[2]) - 1
    lines[number] = re.sub(r'size="[^"]+"', tightened[1], lines[number])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (command,) = re.findall(r"^\$ pytest (.*)$", told, re.MULTILINE)
    result = example.runpytest_subprocess(*command.split(), "-pno:randomly")
    assert result.ret == 1
    printed = result.stdout.str()
    (shown,) = re.findall(r"```text\n(.*?)```", told, re.DOTALL)
    assert re.sub(r"\d+(\.\d+)?", "0", shown.strip()) in re.sub(r"\d+(\.\d+)?", "0", printed)


def test_what_is_linked_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (Path(__file__).parents[1] / link).is_file(), link
