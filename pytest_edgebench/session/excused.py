"""Which marks keep a collected test from failing, whatever its case does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_edgebench.baselines.terms import Excuse

MARKS = ("skip", "skipif", "xfail")


def excuse(item: pytest.Item) -> Excuse:
    """ "skip" for a test that does not run here, "xfail" for one that may break its budgets, "" for others.

    A condition that cannot be evaluated excuses nothing: pytest fails the test for it.
    """
    if any(getattr(part, "__unittest_skip__", False) for part in (getattr(item, "obj", None), _class(item))):
        return "skip"
    if not any(item.get_closest_marker(name) for name in MARKS):
        return ""
    from _pytest.skipping import evaluate_skip_marks, evaluate_xfail_marks  # pytest tells it in no public way

    try:
        if evaluate_skip_marks(item) is not None:
            return "skip"
        expected = None if item.config.getoption("runxfail") else evaluate_xfail_marks(item)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - a condition is any code
        return ""
    if expected is None:
        return ""
    return "xfail" if expected.run else "skip"


def _class(item: pytest.Item) -> object:
    return getattr(item, "cls", None)
