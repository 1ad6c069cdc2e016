"""A pytest plugin, under coverage: which test runs which line, and how long each takes.

Writes ``{test: seconds}`` to the file that ``MUTATION_SECONDS`` names.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import coverage
import pytest

SECONDS: dict[str, float] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Count what follows as run by this test, also what an earlier one left in a cache of results."""
    for name, module in list(sys.modules.items()):
        if name.startswith("pytest_edgebench.judge."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
    measured = coverage.Coverage.current()
    assert measured is not None
    measured.switch_context(item.nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    SECONDS[report.nodeid] = SECONDS.get(report.nodeid, 0.0) + report.duration


def pytest_sessionfinish() -> None:
    Path(os.environ["MUTATION_SECONDS"]).write_text(json.dumps(SECONDS), encoding="utf-8")
