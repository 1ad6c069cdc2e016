"""The words of a budget: ``p95 10 ms`` or ``model - 1 points`` → `Limit`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from pytest_edgebench.declare.limit import AGAINST_HOST, METRICS, OF_DRAWS, Kind, Limit
from pytest_edgebench.errors import DeclarationError
from pytest_edgebench.errors import limit as errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.declare.budget import Budget
    from pytest_edgebench.declare.limit import Reference

_FACTORS: Mapping[str, Mapping[str, str]] = {
    "B": {
        "B": "1",
        "kB": "1e3",
        "KiB": "1024",
        "MB": "1e6",
        "MiB": "1048576",
        "GB": "1e9",
        "GiB": "1073741824",
    },
    "s": {"ns": "1e-9", "us": "1e-6", "µs": "1e-6", "μs": "1e-6", "ms": "1e-3", "s": "1"},
    "%": {"%": "1"},
    "count": {"": "1", "k": "1e3", "M": "1e6", "G": "1e9"},
    "plain": {"": "1"},
    "own": {"": "1", "%": "1"},
}
"""Kind of unit → unit as written → its size in the unit that is stored. Both micro signs are accepted."""

_NUMBER = r"(?P<number>[+\-−]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+\-]?\d+)?|[+\-−]?(?:inf|infinity|nan)\b)"
_STATISTIC = r"(?:(?P<statistic>[A-Za-z]\w*)\s+)?"
_ABSOLUTE = re.compile(rf"{_STATISTIC}{_NUMBER}\s*(?P<unit>\S*)", re.IGNORECASE)
_RELATIVE = re.compile(
    rf"{_STATISTIC}(?P<reference>model|baseline)\s*(?P<sign>[+\-−])\s*{_NUMBER}\s*(?P<unit>\S*)",
    re.IGNORECASE,
)
_EXAMPLES = {"instructions": "6 M", "agreement": "99 %", "flips": "0"}
_OWN_SCORE = Kind("", "score", "a score of your own", None)


@dataclass(frozen=True, slots=True)
class Understood:
    """The limits of a budget; or why some cannot be read, and what to think twice about."""

    limits: tuple[Limit, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


def understand(budget: Budget) -> Understood:
    """Read all limits of a budget."""
    limits: dict[tuple[str, str, str], Limit] = {}
    problems = list(budget.problems)
    warnings = []
    for metric, texts in budget.limits.items():
        for text in texts:
            try:
                limit = parse(metric, text, budget.place)
            except DeclarationError as error:
                problems.append(str(error))
                continue
            if limit.slot in limits:
                first = limits[limit.slot].text
                problems.append(str(errors.same_slot(metric, first, text, budget.place)))
            limits[limit.slot] = limit
            if limit.metric == "latency" and limit.reference and abs(limit.amount) < 1:
                warnings.append(errors.narrow(text, budget.place))
    return Understood(tuple(limits.values()), tuple(problems), tuple(warnings))


def parse(metric: str, text: str, place: str = "") -> Limit:
    """Read one limit.

    Args:
        metric: a name in `METRICS`, or that of a user's own score.
        text: ``[statistic] NUMBER UNIT`` or ``(model|baseline) (+|-) NUMBER (%|UNIT|points)``.
        place: ``file:line`` of the budget.

    Raises:
        DeclarationError: a text that means nothing for this metric.
    """
    kind = METRICS.get(metric, _OWN_SCORE)
    written = text.strip()
    if match := _RELATIVE.fullmatch(written):
        return _relative(metric, kind, text, match, place)
    if match := _ABSOLUTE.fullmatch(written):
        return _absolute(metric, kind, text, match, place)
    raise errors.not_understood(metric, text, _example(metric, kind), place)


def _absolute(metric: str, kind: Kind, text: str, match: re.Match[str], place: str) -> Limit:
    statistic = _statistic(metric, kind, text, match["statistic"], place)
    if match["number"][0] in "-−":
        raise errors.negative(metric, text, place)
    unit = match["unit"]
    factor = _factor(metric, kind, text, unit, _units(metric, kind), place)
    amount = _number(metric, text, match["number"], factor, place)
    if kind.unit == "%" and amount > 100:
        raise errors.over_hundred(metric, text, place)
    return Limit(metric, statistic, "", amount, unit if kind is _OWN_SCORE else kind.unit, text)


def _relative(metric: str, kind: Kind, text: str, match: re.Match[str], place: str) -> Limit:
    reference = cast("Reference", match["reference"].lower())
    unit = match["unit"]
    if match["number"][0] in "+-−":
        raise errors.not_understood(metric, text, f"{reference} + 5 %", place)
    if kind.cls == "noisy" and metric != "latency":
        raise errors.not_compared(metric, text, place)
    if metric in AGAINST_HOST:
        raise errors.against_host(metric, text, _example(metric, kind), place)
    if metric == "latency" and match["statistic"]:
        raise errors.relative_statistic(text, f"{reference} {match['sign']} {match['number']} {unit}", place)
    statistic = _statistic(metric, kind, text, match["statistic"], place)
    units: Mapping[str, str]
    if kind.cls == "score":
        if unit == "%":
            suggestion = f"{reference} {match['sign']} {match['number']} points"
            raise errors.percent_of_score(metric, text, suggestion, place)
        units = {"points": "1"}
    elif unit == "points":
        raise errors.points_of_no_score(metric, text, place)
    elif metric == "latency":
        units = {"%": "1"}
    else:
        units = {"%": "1", **_units(metric, kind)}
    factor = _factor(metric, kind, text, unit, units, place)
    sign = -1 if match["sign"] in "-−" else 1
    amount = sign * _number(metric, text, match["number"], factor, place)
    if unit == "%" and amount <= -100:
        raise errors.nothing_left(metric, text, place)
    return Limit(metric, statistic, reference, amount, unit if unit in ("%", "points") else kind.unit, text)


def _statistic(metric: str, kind: Kind, text: str, written: str | None, place: str) -> str:
    if written is None:
        return "p50" if kind.statistics else ""
    if kind.cls == "score" and written in OF_DRAWS:
        return written
    if not kind.statistics:
        raise errors.no_statistics(metric, text, written, place)
    if written not in kind.statistics:
        raise errors.unknown_statistic(metric, text, written, kind.statistics, place)
    return written


def _units(metric: str, kind: Kind) -> Mapping[str, str]:
    if kind is _OWN_SCORE:
        return _FACTORS["own"]
    if kind.unit:
        return _FACTORS[kind.unit]
    return _FACTORS["count" if kind.cls == "exact" else "plain"]


def _factor(metric: str, kind: Kind, text: str, unit: str, units: Mapping[str, str], place: str) -> str:
    try:
        return units[unit]
    except KeyError:
        raise errors.unknown_unit(metric, text, unit, units, _example(metric, kind), place) from None


def _number(metric: str, text: str, written: str, factor: str, place: str) -> float:
    """The nearest float to the number as written, in the stored unit: decimals are scaled exactly."""
    amount = float(Decimal(written.replace("−", "-")) * Decimal(factor))
    if not math.isfinite(amount):
        raise errors.not_finite(metric, text, place)
    return amount


def _example(metric: str, kind: Kind) -> str:
    if metric in ("latency", "load", "first_inference"):
        return "4 ms"
    if metric in _EXAMPLES:
        return _EXAMPLES[metric]
    return {"B": "64 kB", "%": "90 %"}.get(kind.unit, "6 k" if kind.cls == "exact" else "0.9")
