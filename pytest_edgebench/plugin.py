"""The pytest plugin: hooks only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench import collection, hookspecs, options
from pytest_edgebench.errors import EdgebenchError
from pytest_edgebench.session import CHECKS, RUN, SESSION, Session

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_edgebench.edge import Edge
    from pytest_edgebench.record.run import Check


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    collection.add_markers(config)
    session = config.stash[SESSION] = Session(config)
    if not session.worker:
        from pytest_edgebench.controller import Controller

        config.pluginmanager.register(Controller(session), "edgebench-controller")
    if config.pluginmanager.hasplugin("xdist") and not session.worker:
        config.pluginmanager.register(_Xdist(session), "edgebench-xdist")
    if session.settings.selftest:
        from pytest_edgebench.selftest import SelfTest

        config.pluginmanager.register(SelfTest(session), "edgebench-selftest")


def pytest_unconfigure(config: pytest.Config) -> None:
    if SESSION in config.stash:
        config.stash[SESSION].close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.config.stash[SESSION].collection.generate(metafunc)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return collector.config.stash[SESSION].collection.report(collector, report)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    ours = config.stash[SESSION]
    ours.collection.check(session, items)
    settings = ours.settings
    if tuple(settings.selected) != tuple(settings.profiles):
        collection.deselect(config, items, settings.selected)
    yield
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
        try:
            node.workerinput[RUN] = str(self._session.run_folder)
        except EdgebenchError as error:
            raise pytest.UsageError(str(error)) from None
