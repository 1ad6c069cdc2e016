"""One error rate for the matrix, Holm, one sentence for what all profiles share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_edgebench.judge.matrix import alpha_per_cell, holm, with_adjusted
from pytest_edgebench.record.run import CaseResult, Check, Row, Verdict

if TYPE_CHECKING:
    from pytest_edgebench.record.schema import Level


def row(verdict: Verdict, p: float | None = None, metric: str = "latency", level: Level = "error") -> Row:
    return Row(metric, "p50" if metric == "latency" else "", "baseline", "x", 1.0, None, verdict, level, p=p)


def case(model: str, recipe: str, profile: str, *rows: Row) -> CaseResult:
    key = f"{model}-{recipe}-{profile}"
    return CaseResult(key, model, recipe, "", profile, "conftest.py:3", (Check("t", Verdict.PASS, rows),))


def test_alpha() -> None:
    assert alpha_per_cell(200) == pytest.approx(5e-5)
    with pytest.raises(ValueError, match="one or more"):
        alpha_per_cell(0)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.01, 0.04], planned=10) == pytest.approx((0.1, 0.36))
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), max_size=30))
def test_holm_keeps_the_order_and_never_lowers(ps: list[float]) -> None:
    adjusted = holm(ps)
    assert all(p <= a <= 1 for p, a in zip(ps, adjusted, strict=True))
    order = np.argsort(ps, kind="stable")
    assert list(np.array(adjusted)[order]) == sorted(adjusted)
    assert all(a <= min(1.0, len(ps) * p) + 1e-12 for p, a in zip(ps, adjusted, strict=True))


def test_the_record_is_adjusted_over_all_cases() -> None:
    first = case("kws", "int8", "rpi4", row(Verdict.FAIL, 0.001), row(Verdict.PASS, None, "size"))
    second = case("kws", "int8", "rpi5", row(Verdict.PASS, 0.4))
    one, two = with_adjusted([first, second], planned=4)
    assert [r.p_adjusted for r in one.checks[0].rows] == [pytest.approx(0.004), None]
    assert two.checks[0].rows[0].p_adjusted == 1.0
    assert one.checks[0].rows[0].p == 0.001


def test_a_comparison_in_two_tests_counts_once() -> None:
    again = Check("t2", Verdict.PASS, (row(Verdict.FAIL, 0.001),))
    first = case("kws", "int8", "rpi4", row(Verdict.FAIL, 0.001))
    twice = CaseResult(first.key, "kws", "int8", "", "rpi4", "", (*first.checks, again))
    (found,) = with_adjusted([twice])
    assert [check.rows[0].p_adjusted for check in found.checks] == [0.001, 0.001]
