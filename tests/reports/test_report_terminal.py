"""The terminal section."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from changed_project import changed_run
from report_runs import BASELINE, HOSTILE, case, matrix, over, passing_rows, row, run, size

from pytest_edgebench.base.text import columns, cut
from pytest_edgebench.record.run import Metric, Row, Run, Verdict
from pytest_edgebench.reports.terminal import counts, summary
from pytest_edgebench.reports.terminal_rows import pad


@pytest.fixture(autouse=True)
def _colours_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


def section(found: Run, show: Any = None, width: int = 80, **more: Any) -> list[str]:
    return summary(found, show, width, False, **more)


def slower() -> Row:
    return replace(
        over(0.0268, 0.0291),
        level="warn",
        reference="baseline",
        limit="not slower than the baseline",
        place="",
        reference_value=0.0233,
        change=Metric(15.2, "%", "host", 13, 13.2, 17.2),
    )


def sample() -> Run:
    return run(
        case(recipe="int4", profile="wasm-simd", rows=(over(),)),
        case(rows=(slower(),)),
        case(profile="x86", rows=passing_rows(0.02, 53_876, 90.2)),
        case(profile="cortex-m7", verdict=Verdict.NOT_RUN, reason="flash"),
    )


def test_a_changed_model_fits_on_a_screen() -> None:
    """The whole record of 18 cases, 16 of which fail."""
    lines = section(changed_run(), report="report.html")
    assert len(lines) <= 30
    assert max(columns(line) for line in lines) <= 80
    assert lines[0].startswith("✕ digits grew: parameters +19.9 to +20.0 %")
    assert lines[0].endswith("16 cases, new")
    assert lines[1].split() == ["size", "≤", "baseline", "+", "1", "%", "test_digits.py:6"]
    assert lines[3].split() == ["rank", "laptop-ort,", "pi", "37.5", "kB", "31.7", "kB", "+19.3", "%"]


def test_failing() -> None:
    assert section(sample(), report="edgebench-report.html") == [
        "✕ kws int4 on wasm-simd: latency p50 28.6 ms, limit 22.6 ms               1 case",
        "  latency p50 28.6 ms > 22.6 ms                              tests/test_kws.py:6",
        "▲ kws int8 on rpi4: latency p50 26.8 ms, limit 29.1 ms        1 case warned, new",
        "  latency p50 +15.2 % (1 case)",
        "not run: kws int8 on cortex-m7: flash",
        "not measured: ram on wasm-simd, rpi4, x86: no evidence: a static memory plan or",
        "    a device run is needed",
        "1 failed · 2 passed · 1 not run · 1 warning                                 42 s",
        "accept    raise the limit at tests/test_kws.py:6 (1 case)",
        "rerun     pytest --lf    report    edgebench-report.html",
    ]


def test_verbosity_and_show() -> None:
    found = changed_run()
    brief, listed, everything = (section(found, verbosity=level) for level in (0, 1, 2))
    assert len(brief) < len(listed) < len(everything)
    assert any(line.startswith("    int8    laptop-ort, pi ") for line in listed)
    assert any("▲ digits fp16 on laptop-litert: latency p50" in line for line in listed)
    assert not any(line.startswith("✓") for line in listed)
    assert any(line.startswith("✓") for line in everything)
    # What was asked for by name goes before -q and -v.
    assert section(found, "failing", verbosity=2) == section(found, "failing", verbosity=-1) == brief
    assert section(found, "regressed", verbosity=-1) == listed
    assert section(found, "all") == everything


def test_quiet_is_one_line() -> None:
    assert section(changed_run(), verbosity=-1) == [
        "✕ 16 of 18 cases fail: digits grew: parameters +19.9 to +20.0 %, MACs +19.9 to +20.0 %; "
        "and 1 other cause"
    ]
    assert section(run(case()), verbosity=-1) == []


def test_quiet_says_what_warns() -> None:
    """`pytest -q` ended in "1 warned", and nothing said of what."""
    (line,) = section(run(case(rows=(slower(),))), verbosity=-1)
    assert line == (
        "▲ 1 case passes, 1 with warnings: "
        "kws int8 on rpi4: latency p50 26.8 ms, limit 29.1 ms; latency p50 +15.2 % (1 case)"
    )


def test_green() -> None:
    assert section(matrix(8, broken=False), report="r.html") == [
        "not measured: ram on rpi4, rpi5, x86-avx2, wasm-simd, cortex-m4, cortex-m7: no",
        "    evidence: a static memory plan or a device run is needed + 1 more (-v)",
        "note: timings were taken on a machine that is not dedicated",
        "0 failed · 8 passed                                                         42 s",
        "report    r.html",
    ]


def test_nothing_ran_and_nothing_was_expected() -> None:
    assert section(run()) == []
    assert section(run(problems=("the plan of a worker is missing",)))[:2] == [
        "✕ the plan of a worker is missing",
        "0 failed · 0 passed                                                         42 s",
    ]


def test_reasons_and_problems() -> None:
    undecided = replace(over(), verdict=Verdict.INCONCLUSIVE, reason="steal time: run again")
    found = run(
        case(rows=(undecided,)),
        case(profile="m7", verdict=Verdict.ERROR, reason="died\nof 11"),
        problems=("p",),
    )
    lines = section(found)
    assert "✕ kws int8 on m7: died                                                    1 case" in lines
    assert "? int8 rpi4: latency p50 28.6 ms, limit 22.6 ms: too close to decide" in lines
    assert "✕ p" in lines
    assert "    steal time: run again" in section(found, "all")


def test_the_unit_of_a_limit_is_the_users() -> None:
    limit = row("latency", "p50", "2 ms", 0.002, size(0), verdict=Verdict.FAIL)
    found = run(case(rows=(replace(limit, measured=Metric(0.00315, "s", "host", 12)),)))
    assert "  latency p50 3.15 ms > 2 ms" in section(found)[1]
    fine = replace(limit, limit="500 us", bound=0.0005, measured=Metric(0.0012, "s", "host", 12))
    assert "1,200 us > 500 us" in section(run(case(rows=(fine,))))[1]


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_what_differs_in_names_is_not_cut(width: int) -> None:
    """Four recipes had one and the same shortened name."""
    found = run(
        *(
            case(recipe=f"a_recipe_with_a_very_long_name_{i}_of_many_others", rows=(over(0.0286 + i / 1e3),))
            for i in range(3)
        )
    )
    lines = section(found, "regressed", width=width)
    text = "\n".join(lines)
    for number in ("28.6 ms", "29.6 ms", "30.6 ms", "22.6 ms", "tests/test_kws.py:6"):
        assert number in text
    table = [line for line in lines if line.startswith("    ") and " rpi4 " in line]
    assert len({line.split()[0] for line in table}) == 3
    if width >= 80:
        assert max(map(columns, table)) <= width


def test_counts_agree_and_are_kept_apart() -> None:
    assert counts(changed_run()) == (
        "16 failed · 0 passed · 2 unsupported · 60 warnings · 1 inconclusive check"
    )


def test_a_folder_that_is_compared_with_is_named_again() -> None:
    worse = replace(over(), reference="baseline", limit="baseline + 3 %", reference_value=0.02)
    found = run(case(rows=(worse,)), baseline={**BASELINE, "kind": "folder", "name": "base line"})
    text = "\n".join(section(found))
    assert "accept    pytest --edgebench-save-baseline='base line' (1 case)" in text
    assert "rerun     pytest --lf --edgebench-baseline='base line'" in text
    of_ref = "\n".join(section(run(case(rows=(worse,)), baseline=BASELINE)))
    assert "accept    raise the limit at tests/test_kws.py:6 (1 case)" in of_ref
    assert "update-baseline" not in of_ref


def test_colours_and_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    painted = summary(sample(), "all", 140, True)
    assert painted[0].startswith("\x1b[31m✕ kws int4 on wasm-simd")
    assert [re.sub(r"\x1b\[\d*m", "", line) for line in painted] == section(sample(), "all", 140)
    monkeypatch.setenv("NO_COLOR", "1")
    assert summary(sample(), "all", 140, True) == section(sample(), "all", 140)


def test_hostile_names_stay_on_their_line() -> None:
    found = run(
        *(case(name, name, name, rows=(replace(over(), metric=name, place=name),)) for name in HOSTILE)
    )
    assert all(line.isprintable() for line in section(found, "all"))


@pytest.mark.parametrize("failing", [False, True])
def test_what_became_looser_is_wrapped(failing: bool) -> None:
    line = "loosened: tests/test_nets.py:7: size: limit 80 kB (was 64 kB): " + ", ".join(["a-int8-board"] * 5)
    found = section(replace(sample(), loosened=(line,), problems=(line,) if failing else ()))
    (at,) = (number for number, text in enumerate(found) if "loosened: " in text)
    told = found[at : at + 2]
    assert " ".join(" ".join(told).split()) == f"{'✕ ' if failing else ''}{line}"
    assert max(map(columns, told)) <= 80


def test_columns() -> None:
    assert columns("日本") == 4
    assert columns("e\u0301") == 1
    assert pad("日", 4) + "|" == "日  |"
    assert pad("1", 3, right=True) == "  1"
    assert cut("kws-pruned-rpi4", 9) == "kws-…rpi4"
    assert columns(cut("日本日本日本日本", 7)) <= 7
    assert cut("short", 9) == "short"
