"""Tests that run again, and tests that catch a broken budget's exception."""

from __future__ import annotations

import importlib.util
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from plugin_project import Project

from pytest_edgebench.session.messages import Outcomes

if TYPE_CHECKING:
    from pathlib import Path

NODE = "test_net.py::test_budget[net-int8-board]"


def report(when: str, outcome: str, verdict: str = "", worker: str = "") -> pytest.TestReport:
    made = pytest.TestReport(NODE, ("test_net.py", 1, ""), {}, "passed", None, "call")
    made.when, made.outcome = when, outcome  # type: ignore[assignment]
    if worker:
        made.worker_id = worker  # type: ignore[attr-defined]
    if verdict:
        check = {"nodeid": NODE, "verdict": verdict, "rows": []}
        made.edgebench = {"key": "k", "judged": True, "check": check}  # type: ignore[attr-defined]
    return made


def heard(*reports: pytest.TestReport) -> str:
    outcomes = Outcomes()
    for one in reports:
        outcomes.hear(one)
    ((_, found),) = outcomes.nodes()
    return str(found.check()["verdict"])


def test_the_last_attempt_counts() -> None:
    first = [report("setup", "passed"), report("call", "rerun", "FAIL")]
    again = [report("setup", "passed"), report("call", "passed", "PASS"), report("teardown", "passed")]
    assert heard(*first, *again) == "PASS"
    worse = [report("setup", "passed"), report("call", "failed", "FAIL")]
    assert heard(*again, *worse) == "FAIL"
    assert heard(*first, report("setup", "failed", "ERROR")) == "ERROR"


def test_a_failing_teardown_belongs_to_its_attempt() -> None:
    one = [report("setup", "passed"), report("call", "passed", "PASS"), report("teardown", "failed", "ERROR")]
    assert heard(*one) == "ERROR"


def test_of_one_test_in_several_processes_the_first_failure_counts() -> None:
    def ran(worker: str, outcome: str, verdict: str) -> list[pytest.TestReport]:
        return [report("setup", "passed", worker=worker), report("call", outcome, verdict, worker)]

    assert heard(*ran("gw0", "failed", "FAIL"), *ran("gw1", "passed", "PASS")) == "FAIL"
    assert heard(*ran("gw0", "passed", "PASS"), *ran("gw1", "failed", "FAIL")) == "FAIL"


SWALLOWED = """
import contextlib
import pytest
import pytest_edgebench as eb

SMALL = eb.budget(size="1 kB")


@SMALL
@eb.cases(recipes="int8")
def test_caught(edge):
    with contextlib.suppress(BaseException):
        edge.check()


@SMALL
@eb.cases(recipes="int8")
def test_skipped(edge):
    with contextlib.suppress(BaseException):
        edge.check()
    pytest.skip("flaky")


@pytest.mark.xfail
@SMALL
@eb.cases(recipes="int8")
def test_xfail(edge):
    with contextlib.suppress(BaseException):
        edge.check()


@pytest.mark.xfail(raises=eb.BudgetExceeded)
@SMALL
@eb.cases(recipes="int8")
def test_expected(edge):
    edge.check()


@pytest.fixture
def late(edge):
    yield edge
    with contextlib.suppress(BaseException):
        edge.check()


@SMALL
@eb.cases(recipes="int8")
def test_late(late):
    pass


@pytest.fixture
def early(edge):
    with contextlib.suppress(BaseException):
        edge.check()


@SMALL
@eb.cases(recipes="int8")
def test_early(early, edge):
    pass


@eb.budget(size="1 kB", level="warn")
@eb.cases(recipes="int8")
def test_warned(edge):
    edge.check()


@SMALL
@eb.cases(recipes="int8")
def test_raised(edge):
    edge.check()
"""


def test_a_broken_budget_that_is_caught_fails_all_the_same(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.write({"test_net.py": SWALLOWED})
    ran = project.run("--junitxml=junit.xml", "--edgebench-markdown=comment.md").calm()
    assert ran.status == 1
    assert ran.text.count("the test caught this exception; a broken budget fails the session") >= 4
    failed = set(re.findall(r"(?:FAILED|ERROR) test_net\.py::(\w+)", ran.text))
    assert failed == {"test_caught", "test_skipped", "test_xfail", "test_late", "test_early", "test_raised"}
    assert ran.outcomes == {"failed": 5, "errors": 1, "passed": 1, "warned": 1, "xfailed": 1}
    checks = {check["nodeid"]: check for case in project.record()["cases"] for check in case["checks"]}
    bad = {node.split("::")[1].split("[")[0] for node, check in checks.items() if check.get("failed")}
    assert bad == failed
    suite = ET.parse(project.folder / "junit.xml").getroot()[0]
    assert (suite.get("failures"), suite.get("errors")) == ("5", "1")


FLAKY = """
from pathlib import Path
import pytest_edgebench as eb

TRIES = Path(__file__).with_name("tries")


@eb.cases(recipes="int8")
@eb.budget(size="1 MB")
def test_again(edge):
    edge.check()
    with TRIES.open("a") as file:
        file.write("x")
    assert len(TRIES.read_text()) >= 3
"""


@pytest.mark.skipif(
    importlib.util.find_spec("pytest_rerunfailures") is None, reason="no pytest-rerunfailures"
)
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "-n 1"])
def test_rerun_until_it_passes(tmp_path: Path, workers: tuple[str, ...]) -> None:
    project = Project(tmp_path / "project")
    project.write({"test_net.py": FLAKY})
    comment = project.folder / "comment.md"
    ran = project.run("--reruns", "3", f"--edgebench-markdown={comment}", *workers).calm()
    assert (ran.status, ran.outcomes) == (0, {"passed": 1, "rerun": 2}), ran.text
    assert project.verdicts() == {"net-int8-board": {"PASS"}}
    assert "assert" not in comment.read_text(encoding="utf-8")
    (project.folder / "tries").unlink()
    ran = project.run("--reruns", "1", f"--edgebench-markdown={comment}", *workers).calm()
    assert (ran.status, ran.outcomes) == (1, {"failed": 1, "rerun": 1}), ran.text
    assert project.verdicts() == {"net-int8-board": {"FAIL"}}


@pytest.mark.skipif(importlib.util.find_spec("pytest_repeat") is None, reason="no pytest-repeat")
def test_repeats_are_tests_of_one_case(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.write({"test_net.py": FLAKY})
    ran = project.run("--count", "4").calm()
    assert (ran.status, ran.outcomes) == (1, {"failed": 2, "passed": 2}), ran.text
    assert project.verdicts() == {"net-int8-board": {"FAIL", "PASS"}}


HOOK = """
import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        report.outcome, report.longrepr = {outcome}
    return report
"""


@pytest.mark.parametrize("arguments", [(), ("-n", "1")])
@pytest.mark.parametrize("outcome", ["'passed', None", "'skipped', ('a.py', 1, 'known')"])
def test_a_hook_that_hides_a_broken_budget(tmp_path: Path, outcome: str, arguments: tuple[str, ...]) -> None:
    """As plugins do that keep tests known to be flaky from failing."""
    made = Project(tmp_path)
    text = "import pytest_edgebench as eb\n\n\n@eb.budget(size='1 kB')\ndef test_a(edge):\n    edge.check()\n"
    made.write({"test_net.py": text})
    path = tmp_path / "conftest.py"
    path.write_text(path.read_text(encoding="utf-8") + HOOK.format(outcome=outcome), encoding="utf-8")
    ran = made.run(*arguments).calm()
    assert ran.status == 1, ran.text
    told = " ".join(ran.text.split())
    assert "broke budgets of net-int8-board, but a hook or plugin reported it as not failed" in told


def test_what_hears_the_tests_cannot_be_left_out(tmp_path: Path) -> None:
    ran = Project(tmp_path).run("-p", "no:edgebench-controller", record=False)
    assert ran.status == 4
    assert "-p no:edgebench-controller keeps pytest-edgebench from hearing its tests" in ran.text
