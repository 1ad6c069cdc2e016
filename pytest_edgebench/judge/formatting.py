"""Numbers for people: three significant digits, a unit, no minus zero."""

from __future__ import annotations

import math

from pytest_edgebench.record.units import scales

_SCALES = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "B": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
}


def number(value: float, digits: int = 3) -> str:
    """A plain number with `digits` significant digits, thousands separated, never an exponent.

    Whole numbers are given in full: a count of 1,234 is not 1,230.
    """
    if math.isinf(value) or math.isnan(value):
        return "unknown"
    if float(value).is_integer():
        return f"{int(value):,}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def quantity(value: float, unit: str) -> str:
    """A value with its unit: "4.02 ms", "64.3 kB", "999 B", "90.2 %", "12,345"."""
    if math.isinf(value) or math.isnan(value):
        return "unknown"
    known = _SCALES.get(unit) or scales(unit)
    if len(known) > 1:
        scale, name = next(((s, n) for s, n in known if _rounded(abs(value) / s) >= 1), known[-1])
        scaled = value / scale
        whole = scale == 1.0 and float(value).is_integer()
        return f"{number(value) if whole else _significant(scaled)} {name}"
    text = number(value) if float(value).is_integer() else _significant(value)
    return f"{text} {unit}" if unit else text


def percent(value: float) -> str:
    """A signed change in %: "+3.52 %", "-12.0 %", "0.0 %"; two decimals at most."""
    if math.isinf(value) or math.isnan(value):
        return "unknown"
    size = abs(value)
    places = 0 if size >= 99.95 else 1 if size >= 9.995 else 2
    text = f"{value:+,.{places}f}"
    return "0.0 %" if float(text.replace(",", "")) == 0 else f"{text} %"


def ratio(log_ratio: float) -> str:
    """The logarithm of a ratio as a signed change in %."""
    return percent(100.0 * math.expm1(log_ratio)) if log_ratio < 500 else "unknown"


def level(p: float) -> str:
    """A p-value: "0.034", "1.2e-05", "< 1e-12"."""
    if p < 1e-12:
        return "< 1e-12"
    return f"{p:.2g}"


def positive_zero(value: float) -> float:
    """The value, with -0.0 made 0.0."""
    return value + 0.0


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _significant(value: float) -> str:
    """Three significant digits with trailing zeros kept: "4.00", "64.3", "123", "1,230"."""
    size = _rounded(abs(value))
    if size == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(size)))
    return f"{value:,.{places}f}"
