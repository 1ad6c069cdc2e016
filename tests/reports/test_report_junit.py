"""JUnit properties."""

from __future__ import annotations

from dataclasses import replace

from report_runs import case, metric, over, row

from pytest_edgebench.record.run import Check, Metric, Row, Verdict
from pytest_edgebench.reports.junit import properties


def of(*rows: Row, verdict: Verdict = Verdict.PASS) -> dict[str, str]:
    found = properties("kws-int8-rpi4", Check("t.py::test", verdict, rows), None)
    assert len(dict(found)) == len(found)  # no name twice
    assert all(isinstance(value, str) for _, value in found)
    return dict(found)


def test_an_absolute_budget() -> None:
    measured = over().measured
    assert measured is not None
    assert of(over(), verdict=Verdict.FAIL) == {
        "edgebench.case": "kws-int8-rpi4",
        "edgebench.verdict": "FAIL",
        "edgebench.latency.p50": "0.0286 s",
        "edgebench.latency.p50.evidence": "host",
        "edgebench.latency.p50.n": str(measured.n),
        "edgebench.latency.p50.budget": "22.6 ms",
        "edgebench.latency.p50.verdict": "FAIL",
    }


def test_absolute_and_relative_budgets_of_one_metric() -> None:
    change = Metric(-1.2, "points", "host", 1000, -2.0, -0.4)
    absolute = row("accuracy", "", "90 %", 90.0, Metric(90.2, "%", "host", 1000), higher_is_better=True)
    relative = replace(absolute, reference="model", limit="model - 2 points", change=change)
    found = of(absolute, relative)
    assert found["edgebench.accuracy"] == "90.2 %"
    assert found["edgebench.accuracy.budget"] == "90 %"
    assert found["edgebench.accuracy.model.budget"] == "model - 2 points"
    assert found["edgebench.accuracy.model.delta"] == "-1.2 points"
    assert "edgebench.accuracy.delta" not in found


def test_a_warning_is_marked() -> None:
    assert of(replace(over(), level="warn"))["edgebench.level"] == "warn"
    assert of(replace(over(), level="warn"))["edgebench.latency.p50.level"] == "warn"
    passed = of(replace(over(), level="warn", verdict=Verdict.PASS))
    assert "edgebench.level" not in passed


def test_unjudged_numbers_come_from_the_observation() -> None:
    given = case(rows=(over(),))
    found = dict(properties(given.key, given.checks[0], given.observation))
    assert found["edgebench.size"] == "53876 B"
    assert found["edgebench.macs"] == "2656768"
    assert found["edgebench.latency.p50"] == "0.0286 s"  # as judged, not as observed
    assert found["edgebench.memory.evidence"] == "host"


def test_no_number_and_odd_names() -> None:
    found = of(
        replace(over(), measured=None), row("my score <x>", "", "1", 1.0, metric(float("inf"), "", half=None))
    )
    assert "edgebench.latency.p50" not in found
    assert found["edgebench.latency.p50.budget"] == "22.6 ms"
    assert found["edgebench.my_score_x_"] == "inf"
