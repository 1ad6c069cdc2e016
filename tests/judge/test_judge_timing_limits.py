"""Limits on latency against another file as ratios."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judge_facts import facts, latency, slot

from pytest_edgebench.judge.measurements import Reference
from pytest_edgebench.judge.rows import judge_slot, timing_limit
from pytest_edgebench.record.run import Metric, Verdict


def test_timing_limits() -> None:
    percent = slot("latency", 5.0, "%", statistic="p50", reference="baseline").limit
    assert timing_limit(percent) == 1.05
    assert timing_limit(replace(percent, amount=-3.0)) == 0.97
    for wrong in (replace(percent, amount=-100.0), replace(percent, unit="s")):
        with pytest.raises(ValueError, match="is no ratio of latencies"):
            timing_limit(wrong)


@pytest.mark.parametrize("metrics", [{}, {"latency.p50": latency(2e-3)}])
def test_same_bytes_need_no_timing(metrics: dict[str, Metric]) -> None:
    same = facts(metrics, baseline=Reference({}, same_bytes=True))
    row = judge_slot(slot("latency", 5.0, "%", statistic="p50", reference="baseline"), same)
    assert row.verdict is Verdict.PASS
    assert row.reason == "same bytes"
    gain = judge_slot(slot("latency", -3.0, "%", statistic="p50", reference="baseline"), same)
    assert gain.verdict is Verdict.FAIL
    assert gain.reason == "same bytes as the baseline, so there is no gain; the limit demands one"
