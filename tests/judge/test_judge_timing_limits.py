"""Limits on latency against another file as ratios."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judge_facts import slot

from pytest_edgebench.judge.rows import timing_limit


def test_timing_limits() -> None:
    percent = slot("latency", 5.0, "%", statistic="p50", reference="baseline").limit
    assert timing_limit(percent) == 1.05
    assert timing_limit(replace(percent, amount=-3.0)) == 0.97
    for wrong in (replace(percent, amount=-100.0), replace(percent, unit="s")):
        with pytest.raises(ValueError, match="is no ratio of latencies"):
            timing_limit(wrong)
