"""The words of a budget: ``p95 10 ms`` or ``model - 1 points`` → `Limit`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.declare import errors, slice_errors
from pytest_edgebench.declare.limit import OF_DRAWS, Limit
from pytest_edgebench.declare.slices import OF, statistic_of
from pytest_edgebench.record.metric_info import MetricInfo
from pytest_edgebench.record.metrics_table import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.declare.budget import Budget
    from pytest_edgebench.declare.limit import Reference

FACTORS: Mapping[str, Mapping[str, str]] = {
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
_SLICE = r"worst\s+slice|slice\s+(?:\"[^\"]+\"|'[^']+'|\S.*?)"
_STATISTIC = rf"(?:(?P<statistic>{_SLICE}|[A-Za-z][\w.]*)\s+)?"
_ABSOLUTE = re.compile(rf"{_STATISTIC}{_NUMBER}\s*(?P<unit>\S*)", re.IGNORECASE)
_RELATIVE = re.compile(
    rf"{_STATISTIC}(?P<reference>model|original|baseline)\s*(?P<sign>[+\-−])\s*{_NUMBER}\s*(?P<unit>\S*)",
    re.IGNORECASE,
)
_OWN_SCORE = MetricInfo("", "score", "a score of your own", None)


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
        text: ``[statistic] NUMBER UNIT`` or ``[statistic] (model|original|baseline) (+|-) NUMBER
            (%|UNIT|points|pp)``; "model" and "original" are the same reference, the model before any step.
            The statistic of a score may be ``worst slice`` or ``slice NAME``.
        place: ``file:line`` of the budget.

    Raises:
        DeclarationError: a text that means nothing for this metric.
    """
    info = METRICS.get(metric, _OWN_SCORE)
    written = text.strip()
    if match := _RELATIVE.fullmatch(written):
        return _relative(metric, info, text, match, place)
    if match := _ABSOLUTE.fullmatch(written):
        return _absolute(metric, info, text, match, place)
    raise errors.not_understood(metric, text, example_of(metric, info), place)


def _absolute(metric: str, info: MetricInfo, text: str, match: re.Match[str], place: str) -> Limit:
    statistic = _statistic(metric, info, text, match["statistic"], place)
    if match["number"][0] in "-−":
        raise errors.negative(metric, text, place)
    unit = match["unit"]
    factor = _factor(metric, info, text, unit, _units(metric, info), place)
    amount = _number(metric, text, match["number"], factor, place)
    if not amount and info.unit == "B":
        raise errors.impossible(metric, text, errors.ZERO, example_of(metric, info), place)
    if info.unit == "%" and amount > 100:
        raise errors.over_hundred(metric, text, place)
    return Limit(metric, statistic, "", amount, unit if info is _OWN_SCORE else info.unit, text)


def _relative(metric: str, info: MetricInfo, text: str, match: re.Match[str], place: str) -> Limit:
    word = match["reference"].lower()
    reference: Reference = "baseline" if word == "baseline" else "model"
    unit = "points" if match["unit"] == "pp" else match["unit"]
    if match["number"][0] in "+-−":
        raise errors.not_understood(metric, text, f"{word} + 5 %", place)
    if info.cls == "noisy" and metric != "latency":
        raise errors.not_compared(metric, text, place)
    if info.against_host or info.against_baseline:
        host = "a target with the host on the same file"
        compared = host if info.against_host else "the file with the accepted one"
        raise errors.itself_compared(metric, text, compared, example_of(metric, info), place)
    if metric == "latency" and match["statistic"]:
        raise errors.relative_statistic(text, f"{word} {match['sign']} {match['number']} {unit}", place)
    statistic = _statistic(metric, info, text, match["statistic"], place)
    units: Mapping[str, str]
    if info.cls == "score":
        if unit == "%":
            before = f"{statistic} " if statistic else ""
            suggestion = f"{before}{word} {match['sign']} {match['number']} points"
            raise errors.percent_of_score(metric, text, suggestion, place)
        units = {"points": "1"}
        if unit == info.unit:  # a point of a score in dB is 1 dB
            unit = "points"
    elif unit == "points":
        raise errors.points_of_no_score(metric, text, place)
    elif metric == "latency":
        units = {"%": "1"}
    else:
        units = {"%": "1", **_units(metric, info)}
    factor = _factor(metric, info, text, unit, units, place)
    sign = -1 if match["sign"] in "-−" else 1
    amount = sign * _number(metric, text, match["number"], factor, place)
    ranged = info.cls == "score" and (info.unit == "%" or info.fraction)
    if ranged and (amount <= -100 if info.higher_is_better else amount >= 100):
        raise errors.nothing_left(metric, text, place, "100 points")
    if ranged and abs(amount) >= 100:
        example = f"{word} {match['sign']} 1 points"
        raise errors.impossible(metric, text, errors.MANY_POINTS, example, place)
    if unit == "%" and amount <= -100:
        raise errors.nothing_left(metric, text, place)
    return Limit(metric, statistic, reference, amount, unit if unit in ("%", "points") else info.unit, text)


def _statistic(metric: str, info: MetricInfo, text: str, written: str | None, place: str) -> str:
    if written is None:
        return info.statistics[0] if info.statistics else ""
    of_slices = statistic_of(written)
    if of_slices is not None:
        if info.cls != "score":
            raise slice_errors.of_scores_only(metric, text, place)
        if of_slices == OF:
            raise slice_errors.no_name(metric, text, place)
        if of_slices.endswith((" -", " +", " −")):
            raise slice_errors.no_reference(metric, text, of_slices[len(OF) : -2], place)
        return of_slices
    if info.cls == "score" and written in OF_DRAWS:
        return written
    if not info.statistics:
        raise errors.no_statistics(metric, text, written, place)
    if written not in info.statistics:
        raise errors.unknown_statistic(metric, text, written, info.statistics, place)
    return written


def _units(metric: str, info: MetricInfo) -> Mapping[str, str]:
    if info is _OWN_SCORE:
        return FACTORS["own"]
    if info.units:
        return info.units
    if info.unit:
        return FACTORS[info.unit]
    return FACTORS["count" if info.cls == "exact" else "plain"]


def _factor(metric: str, info: MetricInfo, text: str, unit: str, units: Mapping[str, str], place: str) -> str:
    try:
        return units[unit]
    except KeyError:
        raise errors.unknown_unit(metric, text, unit, units, example_of(metric, info), place) from None


def _number(metric: str, text: str, written: str, factor: str, place: str) -> float:
    """The nearest float to the number as written, in the stored unit: decimals are scaled exactly."""
    amount = float(Decimal(written.replace("−", "-")) * Decimal(factor))
    if not math.isfinite(amount):
        raise errors.not_finite(metric, text, place)
    return amount


def example_of(metric: str, info: MetricInfo) -> str:
    if info.example:
        return info.example
    if info.units:
        return f"1 {next(iter(info.units))}"
    known = {"s": "4 ms", "B": "64 kB", "%": "90 %"}
    return known.get(info.unit, "6 k" if info.cls == "exact" else "0.9")
