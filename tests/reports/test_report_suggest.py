"""Suggested budgets: what they say can be declared, and what was measured keeps them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_runs import case, matrix, run

import pytest_edgebench as eb
from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.record.run import CaseResult, Metric, Row, Verdict
from pytest_edgebench.reports.suggest import suggestions


def declared(line: str) -> Any:
    """The budget that a line declares."""
    assert line.startswith("@")
    (budget,) = eval(line[1:], {"eb": eb}).args
    return budget


def measured(*metrics: tuple[str, float, str], higher: bool | None = None) -> CaseResult:
    found = case()
    assert found.observation is not None
    given_ = {name: Metric(value, unit, "host", 9) for name, value, unit in metrics}
    rows: tuple[Row, ...] = ()
    if higher is not None:
        name, value, _ = metrics[0]
        rows = (Row(name, "", "", "0", value, given_[name], Verdict.PASS, "error", "t.py:1", higher),)
    check = replace(found.checks[0], rows=rows)
    return replace(found, observation=replace(found.observation, metrics=given_), checks=(check,))


def test_one_line_a_recipe_and_one_a_profile() -> None:
    found = run(case(bytes_=53_876), case(profile="rpi5", bytes_=54_000, latency=None))
    first, second = suggestions(found)
    assert first == (
        '@eb.budget(models="kws", recipes="int8", size="56.7 kB", macs="2.79 M", accuracy="89.2 %")'
    )
    assert second.startswith('@eb.budget("rpi4", models="kws", recipes="int8", latency="2')
    assert second.endswith(' ms")')


def test_a_variant_is_named() -> None:
    assert 'recipes="pruned.ratio30"' in suggestions(run(case(recipe="pruned", variant="ratio30")))[0]


def test_all_are_kept_by_what_was_measured() -> None:
    found = matrix(96, broken=False)
    lines = suggestions(found)
    assert len(lines) > 40
    for line in lines:
        budget = declared(line)
        for metric, texts in budget.limits.items():
            (text,) = texts
            bound = parse(metric, text).amount
            for one in found.cases:
                if (one.model, one.recipe) != (budget.models[0], budget.recipes[0]):
                    continue
                if budget.profiles and one.profile not in budget.profiles:
                    continue
                assert one.observation is not None
                seen = one.observation.metrics["latency.p50" if metric == "latency" else metric]
                worst = seen.value if seen.high is None else seen.high
                assert bound < worst if metric == "accuracy" else 1.04 * worst < bound < 1.17 * worst


@pytest.mark.parametrize(
    "name, value, unit, higher, line",
    [
        ("accuracy", 0.5, "%", None, 'accuracy="0 %"'),
        ("auc", 0.95, "", None, 'auc="0.94"'),
        ("mae", 2.0, "", None, 'mae="2.02"'),
        ("loud", 2.0, "", False, 'metrics={"loud": "2.02"}'),
        ("loud", 2.0, "", True, 'metrics={"loud": "1.98"}'),
        ("mae", 0.0, "", None, 'mae="0"'),
        ("size", 3.0, "B", None, 'size="4 B"'),
        ("size", 999_999.0, "B", None, 'size="1.05 MB"'),
    ],
)
def test_margins(name: str, value: float, unit: str, higher: bool | None, line: str) -> None:
    (found,) = suggestions(run(measured((name, value, unit), higher=higher)))
    assert found == f'@eb.budget(models="kws", recipes="int8", {line})'
    declared(found)


@given(st.floats(100, 1e12), st.sampled_from(["size", "latency.p50", "mae"]))
def test_any_number_is_written_as_a_limit_that_holds(value: float, name: str) -> None:
    unit = {"size": "B", "mae": ""}.get(name, "s")
    (line,) = suggestions(run(measured((name, value, unit))))
    ((metric, (text,)),) = declared(line).limits.items()
    assert value < parse(metric, text).amount < 1.2 * value


def test_nothing_measured() -> None:
    silent = case(verdict=Verdict.NOT_RUN, reason="flash")
    assert suggestions(run(silent)) == []
    assert suggestions(run(measured(("mae", float("nan"), "")))) == []
