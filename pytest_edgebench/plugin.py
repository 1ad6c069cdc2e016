"""The pytest plugin: hooks only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench import begin, hookspecs, option_table
from pytest_edgebench.begin import CHECKS, EDGE, SESSION

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_edgebench.edge import Edge
    from pytest_edgebench.record.run import Check
    from pytest_edgebench.session import Session


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    option_table.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    for line in option_table.MARKERS:
        config.addinivalue_line("markers", line)
    if not begin.asked_for(config):
        return
    session = begin.begin(config)
    if config.pluginmanager.hasplugin("xdist") and not session.worker:
        config.pluginmanager.register(_Xdist(session), "edgebench-xdist")


def pytest_unconfigure(config: pytest.Config) -> None:
    if SESSION in config.stash:
        config.stash[SESSION].close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if EDGE in metafunc.fixturenames or begin.declared():
        begin.begin(metafunc.config).collection.generate(metafunc)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return begin.begin(collector.config).collection.report(collector, report) if begin.declared() else report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    ours = config.stash.get(SESSION, None)
    if ours is not None:
        ours.select(session, items)
    yield
    if ours is not None:
        ours.plan(items)  # after the filters of all other plugins


@pytest.fixture
def edge(request: pytest.FixtureRequest) -> Generator[Edge, None, None]:
    """One case (model × recipe × variant × hardware profile) in a test."""
    from pytest_edgebench.edge import Edge

    session = request.config.stash[SESSION]
    examination = session.examine(request.param, request)
    checks: list[Check] = []
    request.node.stash[CHECKS] = checks
    yield Edge(examination, request.node, checks)
    session.save(examination)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if SESSION not in item.config.stash:
        return report
    from pytest_edgebench import outcome

    return outcome.finish(item, call, report)


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    if not hasattr(report, "edgebench"):
        return None
    from pytest_edgebench import outcome

    return outcome.status(report)


class _Xdist:
    """Hands the run folder to xdist's workers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        from pytest_edgebench.errors import EdgebenchError
        from pytest_edgebench.session import RUN

        try:
            node.workerinput[RUN] = str(self._session.run_folder)
        except EdgebenchError as error:
            raise pytest.UsageError(str(error)) from None
