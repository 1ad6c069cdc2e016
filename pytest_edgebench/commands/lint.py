"""``edgebench lint``: what is known to go wrong with the recipes of a project."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base import printed
from pytest_edgebench.declare.items import case_of
from pytest_edgebench.session.begin import SESSION

if TYPE_CHECKING:
    import argparse

    from pytest_edgebench.lint.findings import Finding

HELP = "tell what is known to go wrong, and build nothing"
NONE, SOME, WRONG = 0, 1, 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="tests to look at; default: as pytest has it"
    )
    parser.add_argument("--rules", action="store_true", help="print all rules instead")


def run(arguments: argparse.Namespace) -> int:
    """Collect the tests, make their recipes, and print what the rules find; no test runs, nothing is built.

    Returns:
        the exit status: 0 when nothing is found, 1 when something is, 2 when it could not be looked for.
    """
    if arguments.rules:
        from pytest_edgebench.docs.generated import lint as rules_page

        printed.out(rules_page.page())
        return NONE
    here = ["-qq", "--no-header", "--no-summary", "--edgebench-lint=warn"]
    if importlib.util.find_spec("xdist") is not None:
        here.append("-n0")  # other processes would know nothing of this and run the tests
    lint = _Lint()
    status = pytest.main([*here, *arguments.paths], plugins=[lint])
    for one in lint.found:
        printed.out(f"{one.text}\n")
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or lint.failed:
        return WRONG
    printed.out(f"{lint.cases} cases, {len(lint.found)} findings\n")
    return SOME if lint.found else NONE


class _Lint:
    """Keeps one test of each case and runs none: the linter looks when the fixture `edge` is made.

    Attributes:
        found: findings, in the order of the cases.
        cases: how many were looked at.
        failed: whether a fixture failed.
    """

    def __init__(self) -> None:
        self.found: tuple[Finding, ...] = ()
        self.cases = 0
        self.failed = False

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        firsts: dict[str, pytest.Item] = {}
        for item in items:
            planned = case_of(item)
            if planned is not None:
                firsts.setdefault(planned.case.key, item)
        items[:] = list(firsts.values())
        self.cases = len(items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        # There is no run to judge or to keep.
        controller = session.config.pluginmanager.get_plugin("edgebench-controller")
        if controller is not None:
            session.config.pluginmanager.unregister(controller)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self) -> tuple[str, str, str]:
        return "", "", ""  # no dots for tests that do not run

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = True
            printed.out(f"{report.nodeid}: {report.longreprtext}\n")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        ours = session.config.stash.get(SESSION, None)
        self.found = tuple(ours.findings) if ours is not None else ()
