"""What tests demand of each case, found by collecting them: no test runs, and nothing is built or written."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.declare.items import case_of
from pytest_edgebench.session import errors
from pytest_edgebench.session.begin import SESSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.limit import Planned
    from pytest_edgebench.settings.resolve import Settings


class Planning:
    """What was collected.

    Attributes:
        tests: (node id, case) of each test of a case, in order.
        settings: of the session; None where no test takes `edge`.
    """

    def __init__(self) -> None:
        self.tests: list[tuple[str, Planned]] = []
        self.settings: Settings | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        self.tests = [(item.nodeid, planned) for item in items if (planned := case_of(item)) is not None]
        ours = config.stash.get(SESSION, None)
        self.settings = None if ours is None else ours.settings
        items.clear()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        # There is no run to judge or to keep.
        controller = session.config.pluginmanager.get_plugin("edgebench-controller")
        if controller is not None:
            session.config.pluginmanager.unregister(controller)


def plan(arguments: Sequence[str]) -> Planning:
    """Collect tests as pytest would with these arguments.

    Raises:
        SettingsError: they cannot be collected, or none takes `edge`.
    """
    here = ["-qq", "--no-header", "--no-summary"]
    if importlib.util.find_spec("xdist") is not None:
        here.append("-n0")  # other processes would know nothing of this and run the tests
    found, printed = Planning(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = pytest.main([*here, *arguments], plugins=[found])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise errors.not_collected(printed.getvalue())
    if not found.tests:
        raise errors.no_cases_collected(arguments)
    return found
