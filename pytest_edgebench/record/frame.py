"""Numbers as a table of pandas, for people's own notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas

    from pytest_edgebench.record.run import CaseResult, Metric, Observation

NAMES = ("case", "model", "recipe", "variant", "profile")
COLUMNS = (
    *NAMES, "verdict", "of", "metric", "value", "unit", "rung", "n", "low", "high", "note", "artifact_key",
    "commit", "started",
)  # fmt: skip


def frame(cases: Iterable[CaseResult], commit: str = "", started: str = "") -> pandas.DataFrame:
    """One line for each number that was measured: in the order of the cases, then by name.

    Args:
        commit, started: of the run, for two last columns.

    Returns:
        the columns of `COLUMNS`. `of` is "case", or "model" for the uncompressed model on the same profile;
        `metric` is e.g. "size" or "latency.p50"; `value`, `low` and `high` are in `unit`: bytes "B", seconds
        "s", "%" or plain numbers, NaN where an exact number has no interval.
    """
    lines = []
    for case in cases:
        names = {name: getattr(case, name) for name in NAMES[1:]}
        head = {"case": case.key, **names, "verdict": case.verdict.value}
        for of, seen in (("case", case.observation), ("model", case.parent)):
            lines += [head | {"of": of} | line for line in _lines(seen)]
    return _table([line | {"commit": commit, "started": started} for line in lines])


def of_metrics(
    names: Mapping[str, str], metrics: Mapping[str, Metric], artifact_key: str
) -> pandas.DataFrame:
    """The same table for the metrics of one case that is being tested, whose verdict is not known yet.

    Args:
        names: the columns of `NAMES`.
    """
    head = {**names, "verdict": "", "of": "case", "commit": "", "started": ""}
    return _table([head | _line(name, metric, artifact_key) for name, metric in sorted(metrics.items())])


def _lines(seen: Observation | None) -> list[dict[str, object]]:
    if seen is None:
        return []
    return [_line(name, metric, seen.artifact_key) for name, metric in sorted(seen.metrics.items())]


def _line(name: str, metric: Metric, artifact_key: str) -> dict[str, object]:
    return {
        "metric": name,
        "value": metric.value,
        "unit": metric.unit,
        "rung": metric.rung,
        "n": metric.n,
        "low": metric.low,
        "high": metric.high,
        "note": metric.note,
        "artifact_key": artifact_key,
    }


def _table(lines: list[dict[str, object]]) -> pandas.DataFrame:
    import pandas

    table = pandas.DataFrame(lines, columns=list(COLUMNS))
    # Empty or all-None columns would otherwise have a type of their own, and not join with other tables.
    numbers = dict.fromkeys(("value", "low", "high"), "float64")
    return table.astype({**numbers, "n": "int64"})
