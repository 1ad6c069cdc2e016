"""Numbers as a table of pandas, for people's own notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas

NAMES = ("case", "model", "recipe", "variant", "profile")
COLUMNS = (
    *NAMES, "verdict", "of", "metric", "value", "unit", "evidence", "n", "low", "high", "note",
    "artifact_key", "commit", "started",
)  # fmt: skip


class Number(Protocol):
    """A `run.Metric`, as a table reads it; `run` stands on this file, so it is described here."""

    @property
    def value(self) -> float: ...
    @property
    def unit(self) -> str: ...
    @property
    def evidence(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def note(self) -> str: ...


class Seen(Protocol):
    """A `run.Observation`."""

    @property
    def artifact_key(self) -> str: ...
    @property
    def metrics(self) -> Mapping[str, Number]: ...


class Tested(Protocol):
    """A `run.CaseResult`."""

    @property
    def key(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def observation(self) -> Seen | None: ...
    @property
    def parent(self) -> Seen | None: ...


def frame(cases: Iterable[Tested], commit: str = "", started: str = "") -> pandas.DataFrame:
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
        head = {"case": case.key, **names, "verdict": str(case.verdict)}
        for of, seen in (("case", case.observation), ("model", case.parent)):
            lines += [head | {"of": of} | line for line in _lines(seen)]
    return _table([line | {"commit": commit, "started": started} for line in lines])


def of_metrics(
    names: Mapping[str, str], metrics: Mapping[str, Number], artifact_key: str
) -> pandas.DataFrame:
    """The same table for the metrics of one case that is being tested, whose verdict is not known yet.

    Args:
        names: the columns of `NAMES`.
    """
    head = {**names, "verdict": "", "of": "case", "commit": "", "started": ""}
    return _table([head | _line(name, metric, artifact_key) for name, metric in sorted(metrics.items())])


def _lines(seen: Seen | None) -> list[dict[str, object]]:
    if seen is None:
        return []
    return [_line(name, metric, seen.artifact_key) for name, metric in sorted(seen.metrics.items())]


def _line(name: str, metric: Number, artifact_key: str) -> dict[str, object]:
    return {
        "metric": name,
        "value": metric.value,
        "unit": metric.unit,
        "evidence": metric.evidence,
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
