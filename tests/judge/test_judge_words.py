"""Numbers for people."""

from __future__ import annotations

import math

import pytest

from pytest_edgebench.judge.formatting import level, number, percent, positive_zero, quantity, ratio


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0040213, "s", "4.02 ms"),
        (0.9999, "s", "1.00 s"),
        (999.96e-6, "s", "1.00 ms"),
        (45.2e-6, "s", "45.2 µs"),
        (3.0e-9, "s", "3.00 ns"),
        (0.0, "s", "0 ns"),
        (64000, "B", "64.0 kB"),
        (64321, "B", "64.3 kB"),
        (999, "B", "999 B"),
        (1.5, "B", "1.50 B"),
        (12_300_000, "B", "12.3 MB"),
        (90.25, "%", "90.2 %"),
        (90.0, "%", "90 %"),
        (12345, "", "12,345"),
        (0.91234, "", "0.912"),
        (1234.5, "", "1,234"),
        (-0.0, "points", "0 points"),
        (0.5, "points", "0.500 points"),
        (math.inf, "s", "unknown"),
    ],
)
def test_quantity(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.519, "+3.52 %"), (-12.04, "-12.0 %"), (-0.0, "0.0 %"), (-0.001, "0.0 %"), (250.2, "+250 %"),
     (9.999, "+10.0 %"), (99.97, "+100 %"), (math.nan, "unknown")],
)  # fmt: skip
def test_percent(value: float, text: str) -> None:
    assert percent(value) == text


def test_others() -> None:
    assert ratio(math.log(1.05)) == "+5.00 %"
    assert ratio(math.inf) == "unknown"
    assert level(0.0341) == "0.034"
    assert level(0.0) == "< 1e-12"
    assert number(1234567.0) == "1,234,567"
    assert number(0.2) == "0.200"
    assert number(-1e-9) == "-0.00000000100"
    assert math.copysign(1, positive_zero(-0.0)) == 1


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_is_unknown(value: float) -> None:
    assert number(value) == "unknown"
    assert quantity(value, "s") == "unknown"
