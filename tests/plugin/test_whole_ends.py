"""How sessions end early, and what is never a silent pass."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest
from plugin_project import BARE, CONFTEST, Project, ended, wait_for

if TYPE_CHECKING:
    from pathlib import Path

SLOW = """
import time
from pathlib import Path
import pytest_edgebench as eb

@eb.budget(size=eb_limit)
def test_a(edge):
    edge.check()

@eb.cases(recipes="int8")
def test_b(edge):
    Path("begun").touch()
    time.sleep(seconds)
    edge.check()
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def slow(limit: str, seconds: float) -> dict[str, str]:
    return {"test_net.py": SLOW.replace("eb_limit", repr(limit)).replace("seconds)", f"{seconds})")}


def test_after_x_the_rest_is_not_run(project: Project) -> None:
    project.write(slow("10 B", 0))
    ran = project.run("-x", "--edgebench-report=report.html").calm()
    assert (ran.status, ran.outcomes) == (1, {"failed": 1})
    assert project.verdicts() == {"net-fp16-board": {"FAIL"}, "net-int8-board": {"NOT RUN"}}
    page = (project.folder / "report.html").read_text(encoding="utf-8")
    assert "net-int8-board" in page
    assert "the session ended before it" in page


def test_after_ctrl_c_the_rest_is_not_run(project: Project) -> None:
    """And what was found until then is in report and record."""
    project.write(slow("20 kB", 60))
    process = project.start("--edgebench-report=report.html")
    wait_for(project.folder / "begun", process)
    os.kill(process.pid, signal.SIGINT)
    ran = ended(process, 20)
    assert ran.status == pytest.ExitCode.INTERRUPTED
    assert "INTERNALERROR" not in ran.text
    assert project.verdicts() == {"net-fp16-board": {"PASS"}, "net-int8-board": {"PASS", "NOT RUN"}}
    assert project.metrics("net-fp16-board")["accuracy"]["n"] == 40
    assert "net-fp16-board" in (project.folder / "report.html").read_text(encoding="utf-8")


def test_ctrl_c_while_a_runtime_works(tmp_path: Path) -> None:
    """The worker ends with the session."""
    from plugin_project import STRANGE

    project = Project(tmp_path)
    project.write(
        {
            "conftest.py": CONFTEST + HOOK.replace("STRANGE", repr(str(STRANGE))),
            "edgebench.toml": '[profiles.odd]\ntarget = "host"\nruntime = "strange"\n'
            'runtime_options = {do = "hang", at = "load"}\n',
        }
    )
    process = project.start()
    workers = project.cache / "runs"
    wait_for(workers, process)
    end = time.monotonic() + 30
    while not (found := children(process.pid)):
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    ran = ended(process, 20)
    assert ran.status == pytest.ExitCode.INTERRUPTED
    assert "passed" not in ran.outcomes
    assert [pid for pid in found if alive(pid)] == []


HOOK = """

def pytest_edgebench_runtimes():
    from pathlib import Path

    return {"strange": Path(STRANGE)}
"""


def children(pid: int) -> list[int]:
    """Processes started by one, from /proc."""
    from pathlib import Path

    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


def alive(pid: int) -> bool:
    from pathlib import Path

    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_budget_that_no_test_looks_at(project: Project) -> None:
    project.edit("test_net.py", "    edge.check()", "    assert edge.size.value")
    ran = project.run().calm()
    assert ran.status == 1
    assert ran.outcomes["passed"] == 2
    assert "test_net.py:5" in ran.text
    assert "edge.check()" in ran.text
    assert project.record()["problems"]


def test_collecting_measures_nothing(project: Project) -> None:
    ran = project.run("--collect-only", "-q").calm()
    assert ran.status == 0
    assert "test_net.py::test_budget[net-int8-board]" in ran.text
    assert not (project.cache / "cache").exists()
    assert not (project.folder / "run.json").exists()


def test_filters_deselect_and_judge_the_rest(project: Project) -> None:
    ran = project.run("-k", "int8 and board").calm()
    assert (ran.status, ran.outcomes) == (0, {"passed": 1, "deselected": 1})
    assert project.verdicts() == {"net-int8-board": {"PASS"}}


def test_without_the_plugin_other_tests_run(project: Project) -> None:
    """conftest.py still imports, and tests of cases fail rather than pass."""
    project.write({"pytest.ini": BARE, "test_other.py": "def test_other():\n    pass\n"})
    ran = project.run("-p", "no:edgebench", "-W", "error", "--strict-markers", record=False).calm()
    assert ran.status == 1
    assert ran.outcomes == {"passed": 1, "errors": 1}
    assert "fixture 'edge' not found" in ran.text


def test_a_project_without_cases_is_left_alone(tmp_path: Path) -> None:
    project = Project(tmp_path, plain=True)
    project.write({"pytest.ini": BARE, "test_other.py": "def test_other():\n    pass\n"})
    for arguments in ((), ("-p", "no:edgebench"), ("-n", "1")):
        ran = project.run(*arguments, record=False).calm()
        assert (ran.status, ran.outcomes) == (0, {"passed": 1})
        assert "= edgebench =" not in ran.text
        assert not list(project.cache.glob("runs/*/*"))


def test_without_pytests_cache_nothing_is_left(project: Project) -> None:
    ran = project.run("-p", "no:cacheprovider", environment={"TMPDIR": str(project.folder / "tmp")}).calm()
    assert ran.outcomes == {"passed": 2}
    assert not project.cache.exists()
    assert list(project.folder.glob("tmp/*")) == []
