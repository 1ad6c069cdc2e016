"""Which test files pytest collected in this process, and why not the others."""

from __future__ import annotations

import pytest

from pytest_edgebench.record.plan import NARROWED

LEAVES_OUT = "lfplugin-collskip"
"""Name of the plugin that pytest's ``--lf`` registers once it leaves files out."""


class Collected:
    """Attributes:
    files: test file → "" where it was collected, else why not.
    failed: files and folders whose collection failed.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.failed: dict[str, None] = {}

    def see(self, collector: pytest.Collector, report: pytest.CollectReport) -> None:
        """Take note of a report of collection."""
        file = collector.nodeid.partition("::")[0] or "."
        if report.failed:
            self.failed[file] = None
        if not isinstance(collector, pytest.File) or self.files.get(file) == "":
            return
        if report.skipped:
            self.files[file] = _reason(report)
        elif report.passed:
            left_out = not report.result and collector.config.pluginmanager.hasplugin(LEAVES_OUT)
            self.files[file] = NARROWED if left_out else ""


def _reason(report: pytest.CollectReport) -> str:
    """Why a module was skipped while it was imported."""
    longrepr = report.longrepr
    text = str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ") or "skipped"
