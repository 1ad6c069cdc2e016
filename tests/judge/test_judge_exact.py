"""Exact metrics: fractions, not floats; one byte is seen."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_edgebench.declare.limit import Limit, Reference
from pytest_edgebench.judge.exact import (
    as_written,
    bound_of,
    breaks,
    change_percent,
    difference_text,
    over_text,
)


def limit(amount: float, unit: str, reference: Reference = "model") -> Limit:
    return Limit("size", "", reference, amount, unit, "as written")


@pytest.mark.parametrize(
    ("reference", "amount", "unit", "most"),
    [
        (100, 5.0, "%", 105),
        (100, 10.0, "%", 110),
        (1000, 0.1, "%", 1001),
        (70, 30.0, "%", 91),
        (64, -3.0, "B", 61),
    ],
)
def test_relative_bounds_are_exact(reference: int, amount: float, unit: str, most: int) -> None:
    bound = bound_of(limit(amount, unit), Fraction(reference))
    assert bound == most
    assert not breaks(Fraction(most), bound)
    assert breaks(Fraction(most + 1), bound)


def test_floats_would_get_it_wrong() -> None:
    assert 100 * 1.1 != 110
    assert as_written(0.1) == Fraction(1, 10)
    assert as_written(-0.0) == 0
    assert as_written(64000.0) == 64000


@given(st.integers(1, 10**9), st.integers(0, 1000))
def test_a_bound_in_percent_is_whole_number_arithmetic(reference: int, tenths: int) -> None:
    bound = bound_of(limit(tenths / 10, "%"), Fraction(reference))
    assert bound == Fraction(reference * (1000 + tenths), 1000)


def test_absolute_and_missing_reference() -> None:
    assert bound_of(limit(64000.0, "B", "")) == 64000
    with pytest.raises(ValueError, match="needs the reference's value"):
        bound_of(limit(5.0, "%"))


def test_direction() -> None:
    assert breaks(Fraction(1), Fraction(2), higher_is_better=True)
    assert not breaks(Fraction(2), Fraction(2), higher_is_better=True)


def test_change() -> None:
    assert change_percent(110, 100) == 10.0
    assert change_percent(0, 0) == 0.0
    assert change_percent(3, 0) is None
    assert change_percent(100, 100) == 0.0


@pytest.mark.parametrize(
    ("value", "reference", "text"),
    [
        (64001, 64000, "1 B more than the baseline"),
        (70400, 64000, "6.40 kB more than the baseline (+10.0 %)"),
        (63000, 64000, "1.00 kB less than the baseline (-1.56 %)"),
        (64000, 64000, "the same as the baseline"),
        (5, 0, "5 B more than the baseline"),
    ],
)
def test_differences_for_people(value: int, reference: int, text: str) -> None:
    assert difference_text(value, reference, "B", "the baseline") == text


def test_over() -> None:
    assert over_text(64001, Fraction(64000), "B") == "1 B over the limit of 64.0 kB"
    assert over_text(3, Fraction(0), "") == "3 over the limit of 0"
    assert over_text(91, Fraction(10, 3), "B") == "87.7 B over the limit of 3.33 B"
