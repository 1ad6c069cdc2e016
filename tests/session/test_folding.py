"""Many failures in pytest's own summary: told by their causes, or as another pytest has them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.terminal import TerminalReporter

from pytest_edgebench.base.names import OVER
from pytest_edgebench.record.run import Run
from pytest_edgebench.session.folding import Folding

if TYPE_CHECKING:
    from collections.abc import Callable

NODES = [f"test_digits.py::test_budget[digits-int8-board{i}]" for i in range(6)]
RUN = Run("2026-03-02T10:00:00Z", 1.0, (), "", "", False, {}, {}, {}, ())


@pytest.fixture
def reporter(pytestconfig: pytest.Config) -> TerminalReporter:
    """Pytest's own, writing to a text, after six failures for broken budgets."""
    found = TerminalReporter(pytestconfig, io.StringIO())
    for node in NODES:
        report = pytest.TestReport(
            node, ("test_digits.py", 3, "test"), {}, "failed", "size 17 > 15 kB", "call"
        )
        setattr(report, OVER, True)
        found.stats.setdefault("failed", []).append(report)
    return found


def printed(reporter: TerminalReporter) -> list[str]:
    reporter.short_test_summary()
    written: Any = reporter._tw._file
    return [line for line in written.getvalue().splitlines() if line.startswith("FAILED")]


def test_the_worst_and_how_many_more(reporter: TerminalReporter) -> None:
    Folding().shorten(RUN, reporter)
    lines = printed(reporter)
    assert len(lines) == 2
    assert lines[0].startswith(f"FAILED {NODES[0]} - size 17 > 15 kB"[:60])
    assert lines[1] == "FAILED 5 more, of the causes above (-v lists them)"


def _none(report: Any) -> Any:
    raise AttributeError("id")


def _other(report: Any) -> Any:
    return report.nodeid


@pytest.mark.parametrize("identity", [_none, _other])
def test_another_pytest_prints_as_it_does(
    identity: Callable[[Any], Any], reporter: TerminalReporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reports have no `id`, or one that is no dataclass: nothing is folded and nothing raises."""
    before = list(reporter.stats["failed"])
    with monkeypatch.context() as patched:
        patched.setattr(pytest.TestReport, "id", property(identity))
        Folding().shorten(RUN, reporter)
    assert reporter.stats["failed"] == before
    assert [line.partition(" - ")[0] for line in printed(reporter)] == [f"FAILED {node}" for node in NODES]


def test_reports_that_take_no_mark(reporter: TerminalReporter, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(report: Any, name: str, value: Any) -> None:
        raise AttributeError(name)

    with monkeypatch.context() as patched:
        patched.setattr(pytest.TestReport, "__setattr__", refuse)
        Folding().fold(reporter)
    assert len(reporter.getreports("failed")) == len(NODES)
    Folding().fold(reporter)
    assert reporter.getreports("failed") == []
