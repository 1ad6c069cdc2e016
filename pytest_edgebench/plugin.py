"""The pytest plugin: hooks only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench import hookspecs
from pytest_edgebench.base.names import EDGE, RUN
from pytest_edgebench.session import begin
from pytest_edgebench.session.begin import CHECKS, SESSION
from pytest_edgebench.settings import options

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_edgebench.case.edge import Edge
    from pytest_edgebench.record.run import Check
    from pytest_edgebench.session.session import Session


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    for line in options.MARKERS:
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
    if begin.declared():
        report = begin.begin(collector.config).collection.report(collector, report)
    ours = collector.config.stash.get(SESSION, None)
    if ours is not None:
        ours.collected.see(collector, report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    ours = config.stash.get(SESSION, None)
    every = list(items)
    if ours is not None:
        ours.select(session, items)
    yield
    if ours is not None:
        ours.settle(session, every, items)
        ours.plan(items, broken=bool(session.testsfailed))  # after the filters of all other plugins


@pytest.fixture
def edge(request: pytest.FixtureRequest) -> Generator[Edge, None, None]:
    """One case (model × recipe × variant × hardware profile) in a test."""
    from pytest_edgebench.case.edge import Edge
    from pytest_edgebench.session.texts import TEXTS

    session = request.config.stash[SESSION]
    case_run = session.case_run(request.param, request)
    checks: list[Check] = []
    request.node.stash[CHECKS] = checks
    yield Edge(case_run, request.node, checks, TEXTS, lambda: session.renew(case_run, request.node))
    session.save(case_run)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    ours = item.config.stash.get(SESSION, None) or begin.late(item.config)
    if ours is None:
        return report
    from pytest_edgebench.session import outcome

    undecided_fails = ours.settings.inconclusive == "fail"
    checks = item.stash.get(CHECKS, [])
    report = outcome.finish(
        item,
        call,
        report,
        checks,
        undecided_fails=undecided_fails,
        accept=ours.accept if checks else "",
        skipped=lambda key, skipped: ours.demanded.skipped(item, key, skipped=skipped),
    )
    if call.when != "setup" and ours.ref is None:
        outcome.tell_made(item, report, ours.collection.late)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    if not hasattr(report, "edgebench"):
        return None
    from pytest_edgebench.session import outcome

    return outcome.status(report)


class _Xdist:
    """Hands the run folder to xdist's workers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        from pytest_edgebench.base.errors import EdgebenchError

        try:
            node.workerinput[RUN] = str(self._session.run_folder)
        except EdgebenchError as error:
            raise pytest.UsageError(str(error)) from None
