"""A budget on the size of an update, which needs an accepted file."""

from __future__ import annotations

from judge_facts import facts, slot

from pytest_edgebench.judge.measurements import Reference
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.record.run import Metric, Verdict


def test_an_update_without_a_baseline_is_open_or_told() -> None:
    """A case that the baseline does not list yet has none; without any baseline there is no number."""
    demanded = slot("update", 200_000.0, "B")
    new = judge_slot(demanded, facts({}, baseline=Reference(new=True)))
    assert (new.verdict, new.reason.partition(":")[0]) == (Verdict.INCONCLUSIVE, "new")
    assert judge_slot(demanded, facts({})).verdict is Verdict.FAIL
    lacking = facts({}, baseline=Reference({}), missing={"update": "bsdiff4 is not installed"})
    row = judge_slot(demanded, lacking)
    assert row.verdict is Verdict.FAIL
    assert "bsdiff4 is not installed" in row.reason
    seen = facts({"update": Metric(3_000.0, "B", "static", 1)}, baseline=Reference(new=True))
    assert judge_slot(demanded, seen).verdict is Verdict.PASS
