"""Properties of a JUnit test case."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import plain
from pytest_edgebench.record.run import Verdict

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Check, Metric, Observation, Row

_NAME = re.compile(r"[^\w.-]+")


def properties(case_key: str, check: Check, observation: Observation | None) -> list[tuple[str, str]]:
    """What a JUnit reader can plot and filter by, as (name, value).

    ``edgebench.<metric>.<statistic>`` holds a number in its base unit (``0.0286 s``), ``.evidence`` its
    kind of evidence, ``.n`` of how many samples, calls or loads, where it was not just counted;
    ``.budget``, ``.delta`` and ``.verdict`` are those of an absolute budget, and of a relative one under
    ``edgebench.<metric>.<statistic>.model`` or ``.baseline``. ``edgebench.level`` is ``warn`` for a check
    that passes although a budget of that level is broken.

    Args:
        case_key: ``model-recipe-profile``.
        check: with its rows.
        observation: of the case; numbers that no budget judges are taken from it.
    """
    found = {"edgebench.case": case_key, "edgebench.verdict": check.verdict.value}
    if any(row.level == "warn" and row.verdict is Verdict.FAIL for row in check.rows):
        found["edgebench.level"] = "warn"
    for row in check.rows:
        name = _name(row.metric, row.statistic)
        if row.measured is not None:
            found.setdefault(name, _value(row.measured))
            _evidence(found, name, row.measured)
        found.update(_judgement(f"{name}.{row.reference}" if row.reference else name, row))
    for key, metric in (observation.metrics if observation is not None else {}).items():
        found.setdefault(_name(key), _value(metric))
        _evidence(found, _name(key), metric)
    return [(name, plain(value)) for name, value in found.items()]


def _evidence(found: dict[str, str], name: str, metric: Metric) -> None:
    found.setdefault(f"{name}.evidence", metric.evidence)
    if metric.evidence != "static":
        found.setdefault(f"{name}.n", str(metric.n))


def _judgement(name: str, row: Row) -> dict[str, str]:
    found = {f"{name}.budget": row.limit, f"{name}.verdict": row.verdict.value}
    if row.change is not None:
        found[f"{name}.delta"] = f"{row.change.value:+.3g} {row.change.unit}".strip()
    if row.level == "warn":
        found[f"{name}.level"] = "warn"
    return found


def _name(*parts: str) -> str:
    """A property name: a user's own score may be called anything."""
    return ".".join(["edgebench", *(_NAME.sub("_", part) for part in parts if part)])


def _value(metric: Metric) -> str:
    whole = metric.low is None and float(metric.value).is_integer()
    number = f"{metric.value:.0f}" if whole else f"{metric.value:.6g}"
    return f"{number} {metric.unit}".strip()
