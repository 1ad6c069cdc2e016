"""Byte quantities and percentages as people write them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.profiles.quantities import BYTE_UNITS, format_bytes, parse_bytes, parse_percent


@pytest.mark.parametrize(
    "text, expected",
    [
        ("512 kB", 512_000),
        ("512 KiB", 524_288),
        ("1.5 MiB", 1_572_864),
        ("1.1 kB", 1100),  # 1.1 * 1000 is not 1100 in floating point
        ("640KiB", 655_360),
        (" 3 B ", 3),
        ("2 GB", 2_000_000_000),
    ],
)
def test_bytes(text: str, expected: int) -> None:
    assert parse_bytes(text) == expected


@pytest.mark.parametrize("unit", BYTE_UNITS)
def test_bytes_as_budgets_read_them(unit: str) -> None:
    assert (
        parse_bytes(f"12.5 {unit}" if unit != "B" else "12 B")
        == parse("size", f"12.5 {unit}" if unit != "B" else "12 B").amount
    )


@pytest.mark.parametrize(
    "text, said",
    [
        ("512", "'512' has no unit; known units: B, kB, MB, GB, KiB, MiB, GiB"),
        ("512 KB", "'KB' in '512 KB' is read both ways: kB is 1000 bytes, KiB is 1024"),
        ("512 kib", "'kib' in '512 kib' is not a unit of bytes; did you mean 'KiB'?"),
        ("512 ms", "'ms' in '512 ms' is not a unit of bytes; known units: B, kB"),
        ("lots", "'lots' is not a number with a unit"),
        ("", "'' is not a number with a unit"),
        ("-1 kB", "'-1 kB' is not a number with a unit"),
        ("1,5 kB", "'1,5 kB' has a comma; decimals take a point, and thousands nothing"),
        ("0 kB", "'0 kB' is not a whole number of bytes above 0"),
        ("1.5 B", "'1.5 B' is not a whole number of bytes above 0"),
        ("１ kB", "'１ kB' is not a number with a unit"),
    ],
)
def test_bytes_that_mean_nothing(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
        parse_bytes(text)


@given(st.integers(min_value=1, max_value=10**13))
def test_shown_bytes_are_read_back(count: int) -> None:
    assert parse_bytes(format_bytes(count)) == count


def test_bytes_are_shown_in_the_unit_they_were_written_in() -> None:
    assert [format_bytes(count) for count in (512_000, 524_288, 2 * 1024**2, 1)] == [
        "512 kB",
        "512 KiB",
        "2 MiB",
        "1 B",
    ]


def test_percent() -> None:
    assert parse_percent("3 %") == 3.0
    assert parse_percent("0.25%") == 0.25


@pytest.mark.parametrize(
    "text, said", [("3", "not a percentage"), ("3 kB", "not a percentage"), ("%", "not a number")]
)
def test_percent_that_means_nothing(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_percent(text)
