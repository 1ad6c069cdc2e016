"""Under xdist the same project ends the same, and what is lost is told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from plugin_project import CONFTEST, STRANGE, Project

if TYPE_CHECKING:
    from pathlib import Path

TEST = """
import pytest
import pytest_edgebench as eb

@eb.budget(size=["20 kB", "model - 50 %"], accuracy="model - 50 points")
@eb.budget("box", latency="model + 3000 %")
def test_budget(edge):
    edge.check()

@pytest.mark.parametrize("i", range(3))
def test_answers(edge, i):
    assert len(edge.predictions) == 40

@eb.cases(recipes="int8", profiles="box")
def test_timed(edge):
    assert edge.latency.p50.value > 0
"""
PROFILES = """
[profiles.board]
extends = "cortex-a72"
[profiles.box]
target = "host"
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project")
    project.write({"test_net.py": TEST, "edgebench.toml": PROFILES})
    return project


def told(project: Project) -> dict[str, Any]:
    """Verdicts and exact figures of all cases, and what was built."""
    record = project.record()
    exact: dict[str, Any] = {}
    for case in record["cases"]:
        found = record["observations"][case["observation"]]["metrics"]
        exact[case["key"]] = {
            "artifact": record["artifacts"][case["artifact"]],
            "metrics": {
                name: m for name, m in found.items() if m["evidence"] == "static" or name == "accuracy"
            },
            "checks": sorted(
                (
                    check["nodeid"],
                    check["verdict"],
                    [(row["metric"], row["verdict"]) for row in check.get("rows", ())],
                )
                for check in case["checks"]
            ),
        }
    return exact


def test_the_same_in_one_process_and_in_four(tmp_path: Path) -> None:
    found, built = [], []
    for name, processes in (("one", "0"), ("four", "4")):
        project = Project(tmp_path / name)
        project.write({"test_net.py": TEST, "edgebench.toml": PROFILES})
        ran = project.run("-n", processes).calm()
        assert ran.status == 1, ran.text
        found.append(told(project))
        built.append(Counter(project.built()))
        once = project.runs()[-1] / "memo"
        # Each file is built, and each latency that a test asks for measured, by one process for all.
        assert set(built[-1].values()) == {1}
        assert len(list((once / "timed").glob("*.json"))) == 1
    assert found[0] == found[1]
    assert len(found[0]) == 4
    assert built[0] == built[1]


HOOK = """

def pytest_edgebench_runtimes():
    from pathlib import Path

    return {"odd": Path(__file__).with_name("odd.py")}
"""


def test_each_model_is_run_once(project: Project) -> None:
    """Counted by the runtime itself."""
    runtime = f"""
import importlib.util
import os
from pathlib import Path

found = importlib.util.spec_from_file_location("strange_runtime", {str(STRANGE)!r})
strange = importlib.util.module_from_spec(found)
found.loader.exec_module(strange)
describe = strange.describe


def load(path, threads, options):
    with Path({str(project.folder / "loads.txt")!r}).open("a") as file:
        file.write(f"{{Path(path).parent.name}}\\n")
    return strange.load(path, threads, options)
"""
    conftest = CONFTEST.replace("size=(40, 16)", "size=(40, 2)") + HOOK
    project.write(
        {
            "odd.py": runtime,
            "conftest.py": conftest,
            "test_net.py": "def test_a(edge):\n    assert len(edge.predictions) == 40\n\n\n"
            "def test_b(edge):\n    assert edge.accuracy.n == 40\n\n\ndef test_c(edge):\n    edge.check()\n",
            "edgebench.toml": '[profiles.board]\nextends = "cortex-m7"\nruntime = "odd"\n',
        }
    )
    ran = project.run("-n", "3").calm()
    assert ran.outcomes["passed"] == 6, ran.text
    loads = (project.folder / "loads.txt").read_text(encoding="utf-8").split()
    assert sorted(Counter(loads).values()) == [1, 1, 1]  # two recipes and their float parent


def test_a_lost_worker(project: Project) -> None:
    """Its case is an error and the status 1; the other cases are judged."""
    project.write(
        {
            "test_lost.py": "import os\nimport pytest_edgebench as eb\n\n\n"
            '@eb.cases(recipes="original", profiles="board")\ndef test_lost(edge):\n    os._exit(3)\n',
            "test_net.py": TEST.replace(', "model - 50 %"]', "]"),
        }
    )
    ran = project.run("-n", "2", "-k", "board").calm()
    assert ran.status == 1
    verdicts = project.verdicts()
    assert verdicts["net-original-board"] == {"ERROR"}
    assert verdicts["net-int8-board"] == verdicts["net-fp16-board"] == {"PASS"}
    assert "net-original-board was planned, but" in ran.text


def test_all_workers_lost(project: Project) -> None:
    project.write({"test_net.py": "import os\n\n\ndef test_lost(edge):\n    edge.check()\n    os._exit(3)\n"})
    ran = project.run("-n", "2", "--max-worker-restart=0", "-k", "board").calm()
    assert ran.status != 0
    assert "passed" not in ran.outcomes
    assert all("PASS" not in found for found in project.verdicts().values())
