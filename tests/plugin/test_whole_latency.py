"""What is asked of the worker under a budget in milliseconds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from plugin_project import CONFTEST, Project

if TYPE_CHECKING:
    from pathlib import Path

LISTEN = """

def pytest_configure(config):
    import os
    from pytest_edgebench.workers.process import Process

    ask = Process.ask

    def heard(self, message, *rest, **terms):
        test = os.environ.get("PYTEST_CURRENT_TEST", "").split("::")[-1].split("[")[0]
        with open("asked.txt", "a") as file:
            file.write(f"{test} {message['ask']}\\n")
        return ask(self, message, *rest, **terms)

    Process.ask = heard
"""
HOST = '[profiles.here]\ntarget = "host"\n'
HEAD = "import pytest_edgebench as eb\n"
MET = """

@eb.cases(recipes="fp16")
@eb.budget(latency="1 s")
def test_met(edge):
    edge.check()


@eb.cases(recipes="int8")
@eb.budget(latency=["1 s", "model + 900 %"])
def test_read_too(edge):
    edge.check()
    assert edge.latency.p50.n > 12
"""
OPEN = """

@eb.cases(recipes="fp16")
@eb.budget(latency="1 us")
def test_missed(edge):
    edge.check()


@eb.cases(recipes="int8")
@eb.budget(latency=["1 s", "p99 1 s"])
def test_with_a_tail(edge):
    edge.check()


@eb.cases(recipes="original")
@eb.budget(latency="1 s")
def test_alone(edge):
    edge.check()
"""


def project(folder: Path, tests: str) -> Project:
    made = Project(folder)
    made.write(
        {"conftest.py": CONFTEST + LISTEN, "test_net.py": HEAD + tests, "edgebench.toml": HOST}
    )  # fmt: skip
    return made


def asked(project: Project) -> dict[str, Counter[str]]:
    """Test → requests to the worker and how often, without those that ask who runs there."""
    found: dict[str, Counter[str]] = {}
    for line in (project.folder / "asked.txt").read_text(encoding="utf-8").splitlines():
        test, _, what = line.partition(" ")
        if what in {"pairs", "time"}:
            found.setdefault(test, Counter())[what] += 1
    return found


def latency(project: Project, case: str) -> dict[str, dict[str, object]]:
    """The rows of the written budgets on latency in milliseconds, by statistic."""
    (found,) = [each for each in project.record()["cases"] if each["key"] == case]
    rows = [row for check in found["checks"] for row in check.get("rows", ())]
    return {row["statistic"]: row for row in rows if row["metric"] == "latency" and row.get("place")
            and not row["reference"]}  # fmt: skip


def test_a_comparison_that_shows_the_budget_met_is_all_that_is_timed(tmp_path: Path) -> None:
    mine = project(tmp_path, MET)
    mine.run().calm()
    found = asked(mine)
    assert found["test_met"]["pairs"] >= 1
    assert found["test_met"]["time"] == 0
    # What a test reads is measured in full, and only what it reads.
    assert found["test_read_too"]["time"] == 1
    row = latency(mine, "net-fp16-here")["p50"]
    assert row["verdict"] == "PASS"
    assert "by the first 6 loads of a comparison" in str(row["reason"])
    told = mine.metrics("net-fp16-here")
    assert {name for name in told if name.startswith("latency")} == {"latency.p50"}
    assert told["latency.p50"]["note"] == "from the loads of the comparison with the float model"
    assert row["measured"] == told["latency.p50"]
    assert latency(mine, "net-int8-here")["p50"]["verdict"] == "PASS"
    assert "latency.p99" in mine.metrics("net-int8-here")


def test_what_a_comparison_leaves_open_is_measured_in_full(tmp_path: Path) -> None:
    mine = project(tmp_path, OPEN)
    mine.run().calm()
    found = asked(mine)
    assert found["test_missed"]["time"] == 2  # once more in a fresh process, for the FAIL
    assert found["test_with_a_tail"]["time"] == 1
    assert found["test_alone"] == Counter(time=1)
    missed = latency(mine, "net-fp16-here")["p50"]
    assert missed["verdict"] == "FAIL"
    assert "confirmed in a fresh process" in str(missed["reason"])
    for case in ("net-int8-here", "net-original-here"):
        row = latency(mine, case)["p50"]
        assert row["verdict"] == "PASS"
        assert "comparison" not in str(row["reason"])
    assert latency(mine, "net-int8-here")["p99"]["verdict"] == "PASS"
