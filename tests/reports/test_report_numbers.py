"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_edgebench.reports import numbers


@pytest.mark.parametrize(
    "value, unit, text",
    [
        (0.0286, "s", "28.6 ms"),
        (0.0000302, "s", "30.2 µs"),
        (1.5, "s", "1.50 s"),
        (0.0009996, "s", "1.00 ms"),
        (3e-10, "s", "0.300 ns"),
        (0, "s", "0 s"),
        (53_876, "B", "53.9 kB"),
        (64_000, "B", "64.0 kB"),
        (999, "B", "999 B"),
        (31_400_000, "B", "31.4 MB"),
        (90.2, "%", "90.2 %"),
        (90, "%", "90.0 %"),
        (100, "%", "100 %"),
        (9.999, "%", "10.0 %"),
        (0.9431, "", "0.943"),
        (1_234, "", "1,234"),
        (2_656_768, "", "2.66 M"),
        (-3, "", "-3"),
        (12_345, "J", "12,345 J"),
        (math.inf, "%", "∞ %"),
        (-math.inf, "", "-∞"),
        (math.nan, "%", "no number %"),
    ],
)
def test_number(value: float, unit: str, text: str) -> None:
    assert numbers.number(value, unit) == text


def test_one_unit_for_a_column() -> None:
    unit = numbers.unit_for([0.0004, 0.003, 0.155], "s")
    assert [unit.text(value) for value in (0.0004, 0.003, 0.155)] == ["0.400 ms", "3.00 ms", "155 ms"]
    assert numbers.unit_for([], "s").sign == "s"


def test_numbers_that_differ_look_different() -> None:
    assert numbers.apart(64_020, 64_000, "B") == ("64.02 kB", "64.00 kB")
    assert numbers.apart(64_000, 64_000, "B") == ("64.0 kB", "64.0 kB")
    assert numbers.apart(64_000_001, 64_000_000, "B") == ("64.000001 MB", "64.000000 MB")


@given(st.integers(1, 10**9), st.integers(1, 1000))
def test_a_byte_over_is_seen(bound: int, over: int) -> None:
    first, second = numbers.apart(bound + over, bound, "B")
    assert first != second


@pytest.mark.parametrize(
    "value, text",
    [
        (1.265, "126 %"),
        (0.92, "92 %"),
        (1.0, "100 %"),
        (1.003, "100.3 %"),
        (1.00001, "> 100 %"),
        (0.99999, "< 100 %"),
        (math.inf, "∞ %"),
        (0.9999, "99.99 %"),
        (0.0, "0 %"),
        (12.5, "1,250 %"),
    ],
)
def test_share(value: float, text: str) -> None:
    assert numbers.share(value) == text


@pytest.mark.parametrize(
    "value, unit, text",
    [
        (39.54, "%", "+39.5 %"),
        (-0.0001, "%", "0.0 %"),
        (0.004, "%", "0.0 %"),
        (-1.3, "points", "-1.30 points"),
        (1234.5, "%", "+1,234 %"),
        (9.996, "%", "+10.0 %"),
        (0.0, "", "0.0"),
        (math.inf, "%", "∞ %"),
    ],
)
def test_change(value: float, unit: str, text: str) -> None:
    assert numbers.change(value, unit) == text


def test_small_things() -> None:
    assert numbers.p_value(0.0124) == "p = 0.012"
    assert numbers.p_value(1e-9) == "p < 0.0001"
    assert [numbers.duration(s) for s in (0.42, 42.4, 185, 3720)] == [
        "0.4 s",
        "42 s",
        "3 min 5 s",
        "1 h 2 min",
    ]
    assert numbers.plural(1, "case") == "1 case"
    assert numbers.plural(1_200, "case") == "1,200 cases"


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(["s", "B", "%", "", "points"]))
def test_any_number_has_a_text(value: float, unit: str) -> None:
    text = numbers.number(value, unit)
    assert text
    assert not text.startswith("-0 ")
    assert numbers.change(value, unit)
    assert numbers.share(value)
