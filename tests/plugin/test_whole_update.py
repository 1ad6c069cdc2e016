"""The bytes of an update from the accepted file: budgets, what is missing, and no comparison of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from plugin_project import CONFTEST, Project

if TYPE_CHECKING:
    from pathlib import Path

TEST = """
import pytest_edgebench as eb


@eb.budget(update="{limit}")
def test_budget(edge):
    edge.check()
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write({"test_net.py": TEST.format(limit="300 B")})
    return made


def test_an_update_is_a_patch_from_the_accepted_file(project: Project) -> None:
    accepted = project.run("--edgebench-update-baseline").calm()
    assert accepted.outcomes == {"inconclusive": 2}, accepted.text
    kept = json.loads((project.folder / ".edgebench" / "baseline.json").read_text())
    assert all("size" in case["metrics"] and "update" not in case["metrics"] for case in kept["cases"])
    same = project.run().calm()
    assert same.outcomes == {"passed": 2}, same.text
    assert project.metrics("net-int8-board")["update"]["value"] == 0
    project.edit("conftest.py", '"dynamic-int8")', '"weight-int8")')
    changed = project.run().calm()
    assert changed.status == 1
    assert "update" in changed.text
    found = project.metrics("net-int8-board")["update"]
    assert found["unit"] == "B"
    assert found["evidence"] == "static"
    assert found["value"] > 300
    assert found["note"].startswith("patch of bsdiff4 ")
    assert project.metrics("net-fp16-board")["update"]["value"] == 0
    more = "\n\n@eb.recipe\ndef int8_too(net):\n    return eb.quantize(net, 'weight-int8')\n"
    project.write({"conftest.py": CONFTEST + more})
    new = project.run().calm()
    assert new.outcomes == {"passed": 2, "inconclusive": 1}, new.text


def test_without_a_baseline_it_is_told(project: Project) -> None:
    ran = project.run().calm()
    assert ran.status == 1
    assert "no baseline to compare with: none was given" in ran.text
    project.write({"test_net.py": TEST.format(limit="1 kB").replace("edge.check()", "edge.update")})
    assert "no baseline to update from" in project.run().calm().text


def test_it_is_measured_on_request_alone_and_is_no_reference(project: Project) -> None:
    project.write({"test_net.py": TEST.format(limit="1 kB").replace('update="1 kB"', 'size="20 kB"')})
    project.run("--edgebench-update-baseline").calm()
    project.run().calm()
    assert "update" not in project.metrics("net-int8-board")
    project.write({"test_net.py": TEST.format(limit="baseline + 5 %")})
    ran = project.run().calm()
    assert "test_net.py:5: " in ran.text
    assert "update compares the file with the accepted one, not with another model" in ran.text
