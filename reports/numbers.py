"""Numbers for people: three significant digits, one unit a column, kB = 1000 bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import duration as duration
from pytest_edgebench.base.text import plural as plural
from pytest_edgebench.record.units import scales as declared

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_edgebench.record.run import Metric

_SCALES: dict[str, tuple[tuple[float, str], ...]] = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "B": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
    "": ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")),
}
_WHOLE_BELOW = 10_000
"""Counts and bytes below this are printed in full: 1,234 operations, not 1.23 k."""


MOST_PLACES = 15
"""A number of more digits before its point is written with an exponent."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a stored number is divided by, and the sign that then follows it."""

    factor: float
    sign: str

    def text(self, value: float, digits: int = 3) -> str:
        """The number with its sign, e.g. ``28.6 ms``."""
        return f"{self.bare(value, digits)} {self.sign}".rstrip()

    def bare(self, value: float, digits: int = 3) -> str:
        """The number alone, for a column whose head has the sign."""
        whole = self.sign in ("", "B") and self.factor == 1.0 and abs(value) < 10.0**MOST_PLACES
        if whole and value == int_or_none(value):
            return f"{int(value):,}"
        return significant(value / self.factor, digits)


def int_or_none(value: float) -> int | None:
    """The integer a number is equal to, if there is one."""
    return int(value) if math.isfinite(value) and value == int(value) else None


def unit_for(values: Iterable[float], unit: str) -> Unit:
    """The unit in which the median of some stored numbers reads best.

    Args:
        values: in `unit`; one number, or a whole column.
        unit: as stored: "B", "s", "" for counts; others as their metric's source declares them.
    """
    sizes = sorted(abs(value) for value in values if value and math.isfinite(value))
    middle = sizes[len(sizes) // 2] if sizes else 0.0
    whole = unit in ("", "B") and all(value == int(value) for value in sizes)
    scales = _SCALES.get(unit) or declared(unit)
    if unit == "" and not whole:
        return Unit(1.0, "")  # a plain score, not a count
    if (whole and middle < (_WHOLE_BELOW if unit == "" else 1000)) or not middle:
        return Unit(1.0, unit)
    fitting = [scale for scale in scales if middle >= scale[0] * 0.9995]
    return Unit(*(fitting[0] if fitting else scales[-1]))


def number(value: float, unit: str) -> str:
    """One number in the unit that suits it, e.g. ``28.6 ms`` for 0.0286 "s"."""
    return unit_for([value], unit).text(value)


def of_metric(metric: Metric) -> str:
    """A metric's number, as `at_least` where the true one may be larger."""
    text = number(metric.value, metric.unit)
    return at_least(text) if metric.floor else text


def at_least(text: str) -> str:
    """A number that is only a least one."""
    return f"≥ {text}"


def significant(value: float, digits: int = 3) -> str:
    """A plain number with so many significant digits, thousands separated; never ``-0``."""
    if not math.isfinite(value):
        return "no number" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    decimals = max(0, digits - 1 - exponent)
    if round(abs(value), decimals) >= 10 ** (exponent + 1):  # 9.999 rounds up to 10.0
        decimals = max(0, decimals - 1)
    if decimals > 9 or exponent > MOST_PLACES:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{decimals}f}"


def apart(first: float, second: float, unit: str, scale: Unit | None = None) -> tuple[str, str]:
    """Two numbers in one unit, with as many digits as it takes to tell them apart.

    64,020 bytes over a budget of 64 kB must not read "64.0 kB > 64.0 kB".

    Args:
        unit: as stored. scale: in which they are shown; None for the one that suits the first.
    """
    scale = scale or unit_for([first or second], unit)
    for digits in range(3, 17):
        shown = scale.text(first, digits), scale.text(second, digits)
        if shown[0] != shown[1] or first == second:
            return shown
    return shown


def share(value: float) -> str:
    """A share of a budget, e.g. ``127 %`` for 1.27; never "100 %" for what is not 1."""
    percent = value * 100
    if not math.isfinite(percent):
        return "∞ %"
    if percent >= 10.0**MOST_PLACES:
        return f"{percent:.2e} %"
    for decimals in range(3):
        text = f"{percent:,.{decimals}f}"
        if float(text.replace(",", "")) != 100 or value == 1:
            return f"{text} %"
    return "> 100 %" if value > 1 else "< 100 %"


def change(value: float, unit: str) -> str:
    """A change with its sign, two decimals at most: ``+39.5 %``, ``-1.30 points``, never ``-0.0 %``."""
    if not math.isfinite(value):
        return f"{significant(value)} {unit}".rstrip()
    size = abs(value)
    if size >= 10.0**MOST_PLACES:
        return f"{value:+.2e} {unit}".rstrip()
    places = 0 if size >= 99.95 else 1 if size >= 9.995 else 2
    text = f"{value:+,.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = "0.0"
    return f"{text} {unit}".rstrip()


def p_value(value: float) -> str:
    """A p-value, e.g. ``p = 0.012`` or ``p < 0.0001``."""
    return "p < 0.0001" if value < 1e-4 else f"p = {value:.2g}"
