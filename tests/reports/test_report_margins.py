"""The section on margins, and the line of a case."""

from __future__ import annotations

from dataclasses import replace

from pytest_edgebench.record.margins import Margins, Quantile
from pytest_edgebench.record.run import CaseResult, Observation, Run
from pytest_edgebench.reports import margins

EMPTY = Run("2026-01-01T00:00:00Z", 1.0, ("a",), "", "", False, {}, {}, {}, ())
FOUND = Margins(
    3000,
    Quantile(1.8, 1.7, 1.9),
    Quantile(-0.3, None, -0.1),
    Quantile(2.0, 1.9, 2.1),
    Quantile(-0.2, -0.25, -0.1),
    Quantile(-0.2, -0.25, -0.15),
    Quantile(-0.1, -0.2, -0.05),
    flipped=7,
)


def run(found: Margins | None) -> Run:
    seen = Observation("key", "pi", {}, {}, margins=found)
    return replace(
        EMPTY, cases=(CaseResult("kws-int8-pi", "kws", "int8", "", "pi", "c.py:1", (), None, seen),)
    )


def test_the_section() -> None:
    heads, row = margins.rows(run(FOUND))
    assert heads[0] == "case"
    assert row == (
        "kws-int8-pi",
        "3,000",
        "1.80 [1.70, 1.90]",
        "2.00 [1.90, 2.10]",
        "-0.300",
        "-0.200 [-0.250, -0.100]",
        "margin shrank by 10.0 % [7.50, 12.5]; 5th percentile shrank by 0.100 [0.0500, 0.200]; "
        "7 samples on another side of 0",
    )
    assert list(margins.rows(run(None))) == []


def test_the_change_in_words() -> None:
    grown = replace(
        FOUND, change_median=Quantile(0.2, 0.1, 0.3), change_p5=Quantile(0.1, -0.1, 0.2), flipped=1
    )
    assert margins.change(grown) == (
        "margin grew by 10.0 % [5.00, 15.0]; 5th percentile unchanged [-0.100, 0.200]; "
        "1 sample on another side of 0"
    )
    few = replace(FOUND, change_median=Quantile(0.2), change_p5=Quantile(-0.1))
    assert margins.change(few).startswith("margin changed by +0.2; 5th percentile changed by -0.1;")
    assert margins.change(replace(FOUND, change_p5=None)) == ""
    alone = Margins(9, Quantile(1.0), Quantile(0.5))
    assert list(margins.rows(run(alone)))[1] == ("kws-int8-pi", "9", "1.00", "", "0.500", "", "")
