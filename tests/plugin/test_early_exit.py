"""`os._exit(0)` while a session runs: nothing was judged, so it is no pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from plugin_project import BARE, Project

if TYPE_CHECKING:
    from pathlib import Path

TEST = "import os\n\n\ndef test_lost(edge):\n    os._exit(0)\n"
FORKED = """
import os


def test_forked(edge):
    child = os.fork()
    if not child:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    os._exit(3)
"""
AT_END = "import os\n\n\ndef pytest_unconfigure(config):\n    os._exit(0)\n"
CONFTEST = """
import numpy as np
import pytest_edgebench as eb

X = np.zeros((4, 16), "float32")


@eb.model
def net():
    return eb.Model("net.onnx", data=(X, X[:, 0] > 0), score=eb.top1)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write({"pytest.ini": BARE, "conftest.py": CONFTEST, "test_net.py": TEST})
    return made


@pytest.mark.parametrize("capture", ["fd", "no"])
def test_in_a_test(project: Project, capture: str) -> None:
    ran = project.run(f"--capture={capture}", record=False)
    assert ran.status == 1
    assert "ERROR: test_net.py:5: os._exit(0) would end a session that has not passed" in ran.text
    assert str(project.folder) not in ran.text.partition("ERROR: ")[2]


def test_other_statuses_and_children_keep_the_real_one(project: Project) -> None:
    project.write({"test_net.py": FORKED})
    ran = project.run(record=False)
    assert ran.status == 3
    assert "os._exit" not in ran.text


def test_at_the_end_only_of_a_session_that_passed(project: Project) -> None:
    project.write({"conftest.py": CONFTEST + AT_END, "test_net.py": "def test_size(edge):\n    pass\n"})
    assert project.run(record=False).status == 0
    project.write({"test_net.py": "def test_size(edge):\n    raise AssertionError\n"})
    ran = project.run(record=False)
    assert ran.status == 1
    assert "conftest.py:15: os._exit(0) would end" in ran.text


def test_in_a_worker_of_xdist(project: Project) -> None:
    pytest.importorskip("xdist")
    ran = project.run("-n", "1", "--max-worker-restart=0")
    assert ran.status == 1
    assert project.verdicts() == {"net-original-board": {"ERROR"}}
    (problem,) = project.record()["problems"]
    assert "was planned, but test_net.py::test_lost[net-original-board] never reported" in problem
