"""The terminal section."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from report_runs import HOSTILE, case, matrix, over, passing_rows, run

from pytest_edgebench.record.run import Metric, Run, Verdict
from pytest_edgebench.reports.terminal import columns, counts, cut, pad, summary


@pytest.fixture(autouse=True)
def _colours_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


def section(found: Run, show: Any = "failing", width: int = 140, **more: Any) -> list[str]:
    return summary(found, show, width, False, **more)


def sample() -> Run:
    slow = replace(
        over(0.0268, 0.0291),
        verdict=Verdict.FAIL,
        level="warn",
        reference="baseline",
        limit="not slower",
        place="",
        change=Metric(15.2, "%", "host", 13, 13.2, 17.2),
    )
    return run(
        case(recipe="int4", profile="wasm-simd", rows=(over(),)),
        case(rows=(slow,)),
        case(profile="x86", rows=passing_rows(0.02, 53_876, 90.2)),
        case(profile="cortex-m7", verdict=Verdict.NOT_RUN, reason="flash"),
    )


def test_failing() -> None:
    assert section(sample(), report="edgebench-report.html") == [
        "✕ kws-int4-wasm-simd  latency p50  28.6 ms  > 22.6 ms  127 %  [28.0, 29.2]  host, n=12  "
        "tests/test_kws.py:6",
        "3 cases: 1 over budget, 1 regressed, 1 pass; 1 not run (cortex-m7: flash)",
        "report: edgebench-report.html   rerun: pytest --lf --edgebench-show=all",
    ]


def test_regressed_are_aligned_with_the_rest() -> None:
    first, second, *_ = section(sample(), "regressed", 200)
    assert first.startswith(
        "✕ kws-int4-wasm-simd  latency p50  28.6 ms  > 22.6 ms               127 %  [28.0, 29.2]"
    )
    assert second.startswith(
        "▲ kws-int8-rpi4       latency p50  26.8 ms  > 29.1 ms (not slower)   92 %  [26.3, 27.3]"
    )
    assert "+15.2 % [+13.2, +17.2] vs baseline" in second


def test_all() -> None:
    text = "\n".join(section(sample(), "all"))
    assert "✓ kws-int8-x86" in text
    assert "– kws-int8-cortex-m7  not run: flash" in text


def test_green_is_two_lines_at_most() -> None:
    assert section(matrix(8, broken=False), report="r.html") == [
        "note: timings were taken on a machine that is not dedicated",
        "8 cases: 8 pass",
        "report: r.html",
    ]


def test_quiet_says_only_failures() -> None:
    assert len(section(sample(), quiet=True)) == 1
    assert section(run(case()), quiet=True) == []


def test_nothing_ran_and_nothing_was_expected() -> None:
    assert section(run()) == []
    assert section(run(problems=("the plan of a worker is missing",))) == [
        "✕ the plan of a worker is missing",
        "0 cases",
    ]


def test_reasons_and_problems() -> None:
    undecided = replace(over(), verdict=Verdict.INCONCLUSIVE, reason="steal time: run again")
    found = run(
        case(rows=(undecided,)),
        case(profile="m7", verdict=Verdict.ERROR, reason="died\nof 11"),
        problems=("p",),
    )
    lines = section(found, "regressed")
    assert "    steal time: run again" in lines
    assert "✕ kws-int8-m7  error: died" in lines
    assert "✕ p" in lines


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_narrow_terminals_cut_names_but_no_number(width: int) -> None:
    found = run(
        *(
            case(recipe="a_recipe_with_a_very_long_name" * 2, profile=f"p{i}", rows=(over(0.0286 + i / 1e3),))
            for i in range(3)
        )
    )
    lines = section(found, width=width)
    for number in (
        "28.6 ms",
        "29.6 ms",
        "30.6 ms",
        "> 22.6 ms",
        "127 %",
        "[28.0, 29.2]",
        "tests/test_kws.py:6",
    ):
        assert number in "\n".join(lines)
    if width >= 80:
        assert max(columns(line) for line in lines) <= width
    assert "…" in lines[0]
    assert lines[0].startswith("✕ kws-a_")


def test_colours_and_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    painted = summary(sample(), "all", 140, True)
    assert painted[0].startswith("\x1b[31m✕ kws-int4-wasm-simd")
    assert [re.sub(r"\x1b\[\d*m", "", line) for line in painted] == section(sample(), "all")
    monkeypatch.setenv("NO_COLOR", "1")
    assert summary(sample(), "all", 140, True) == section(sample(), "all")


def test_hostile_names_stay_on_their_line() -> None:
    found = run(
        *(case(name, name, name, rows=(replace(over(), metric=name, place=name),)) for name in HOSTILE)
    )
    assert all(line.isprintable() for line in section(found, "all"))


def test_many_reasons_are_counted() -> None:
    silent = [
        case(profile=f"p{i}", verdict=Verdict.UNSUPPORTED, reason=f"reason {i} " + "x" * 80) for i in range(6)
    ]
    text = counts(run(*silent))
    assert text.startswith("0 cases; 6 unsupported (p0: reason 0 xxx")
    assert text.endswith("; and 3 other reasons)")


def test_columns() -> None:
    assert columns("日本") == 4
    assert columns("e\u0301") == 1
    assert pad("日", 4) + "|" == "日  |"
    assert pad("1", 3, right=True) == "  1"
    assert cut("kws-pruned-rpi4", 9) == "kws-…rpi4"
    assert columns(cut("日本日本日本日本", 7)) <= 7
    assert cut("short", 9) == "short"
