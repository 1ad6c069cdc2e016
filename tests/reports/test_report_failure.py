"""What pytest shows of one broken budget."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_runs import metric, over, row, size

from pytest_edgebench.record.run import Metric, Row, Verdict
from pytest_edgebench.reports.failure import message, section

ACCEPT = "pytest --edgebench-update-baseline"
SOURCE = ['@eb.budget(latency="22.6 ms")', "def test_budget(edge):"]


def shown(*rows: Row, source: list[str] = SOURCE) -> list[str]:
    return section("kws-int8-rpi4", rows, lambda place: source, ACCEPT)


def test_five_lines() -> None:
    told = replace(over(), reason="28.6 ms is 6.00 ms over the limit")
    assert shown(told) == [
        "tests/test_kws.py:6: kws-int8-rpi4: latency p50 28.6 ms > 22.6 ms",
        '  6 | @eb.budget(latency="22.6 ms")',
        "    |                     ^^^^^^^",
        "  because 28.6 ms is 6.00 ms over the limit",
        "  help: reduce it, or raise the limit at tests/test_kws.py:6",
    ]


def test_a_budget_over_several_lines() -> None:
    source = ["@eb.budget(", '    size="64 kB",', '    latency=["1 s", "p50 22.6 ms"],', ")"]
    lines = shown(replace(over(), limit="p50 22.6 ms", reason="over"), source=source)
    assert lines[1:3] == [
        '  8 | latency=["1 s", "p50 22.6 ms"],',
        "    |                  ^^^^^^^^^^^",
    ]


def test_against_the_baseline_the_command_is_the_help() -> None:
    grew = row(
        "size", "", "baseline + 1 %", 50_500.0, size(56_000), verdict=Verdict.FAIL, reference="baseline",
        change=Metric(12.0, "%", "static", 1), cause="the uncompressed model changed", reason="more",
    )  # fmt: skip
    lines = shown(grew, source=['@eb.budget(size="baseline + 1 %")'])
    assert lines[0].endswith("size 56.0 kB > 50.5 kB (+12.0 % vs baseline)")
    assert "because the uncompressed model changed" in lines[3]
    assert lines[4] == f"  help: if it is intended: {ACCEPT}"


def test_a_default_check_and_a_missing_number() -> None:
    slow = row(
        "latency", "p50", "not slower", 0.02, metric(0.03), verdict=Verdict.FAIL, reference="model", place=""
    )
    assert shown(slow) == [
        "default check: kws-int8-rpi4: latency p50 30.0 ms > 20.0 ms",
        '  help: reduce it, or allow more: @eb.budget(latency="model + … %")',
    ]
    blind = replace(over(), measured=None, reason="not connected")
    assert shown(blind)[0] == "tests/test_kws.py:6: kws-int8-rpi4: latency p50 not available, limit 22.6 ms"
    assert shown(blind)[-1] == "  help: provide the number, or remove the limit at tests/test_kws.py:6"


def test_what_is_better_higher_is_to_be_raised() -> None:
    poor = row(
        "accuracy", "", "90 %", 90.0, Metric(85.0, "%", "host", 1000), verdict=Verdict.FAIL, place="t.py:3",
        higher_is_better=True,
    )  # fmt: skip
    assert shown(poor, source=[])[-1] == "  help: raise it, or lower the limit at t.py:3"
    default = replace(poor, place="", reference="model", limit="not worse")
    assert shown(default, source=[])[-1] == (
        '  help: raise it, or allow more: @eb.budget(accuracy="model - … points")'
    )


def test_the_worst_is_told_in_full_and_the_others_are_named() -> None:
    rows = [over(), over(0.0452), *(over(0.0226 + i / 1e4, place=f"t.py:{i}") for i in range(1, 7))]
    lines = shown(*rows)
    assert "45.2 ms" in lines[0]
    assert lines[-1] == "and 3 more"
    assert sum(line.startswith("and ") for line in lines) == 5
    assert message(rows) == "latency p50 45.2 > 22.6 ms (+7 limits)"
    assert message(rows[:1]) == "latency p50 28.6 > 22.6 ms"
    assert message(rows[:2]) == "latency p50 45.2 > 22.6 ms (+1 limit)"


@pytest.mark.parametrize("source", [[], ["def helper():"]])
def test_without_the_source_the_line_is_left_out(source: list[str]) -> None:
    assert [line[:6] for line in shown(replace(over(), reason="x"), source=source)] == [
        "tests/",
        "  beca",
        "  help",
    ]
