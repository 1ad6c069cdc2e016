"""One judgement in one line."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_runs import metric, over, row, size

from pytest_edgebench.record.run import Metric, Verdict
from pytest_edgebench.reports import status
from pytest_edgebench.reports.row_text import command, plain, reason_line, row_line, use_in_words, used


def line(**more: object) -> str:
    return row_line("kws-int4-rpi4", replace(over(), **more))  # type: ignore[arg-type]


def test_a_broken_budget() -> None:
    assert line(measured=Metric(0.0286, "s", "host", 12, 0.0279, 0.0291)) == (
        "✕ kws-int4-rpi4  latency p50  28.6 ms  > 22.6 ms   127 %  [27.9, 29.1]  host, n=12  "
        "tests/test_kws.py:6"
    )


def test_a_pass() -> None:
    passed = row("size", "", "64 kB", 64_000.0, size(53_876))
    assert (
        row_line("a-b-c", passed) == "✓ a-b-c  size  53.9 kB  <= 64.0 kB    84 %  static  tests/test_kws.py:6"
    )


def test_a_score_against_its_model() -> None:
    change = Metric(-2.4, "points", "host", 1000, -3.1, -1.7)
    worse = row(
        "accuracy",
        "",
        "model - 1 points",
        90.4,
        Metric(89.0, "%", "host", 1000),
        verdict=Verdict.FAIL,
        reference="model",
        reference_value=91.4,
        higher_is_better=True,
        change=change,
        p=0.0004,
    )
    assert row_line("a-b-c", worse) == (
        "✕ a-b-c  accuracy  89.0 %  < 90.4 % (model - 1 points)  1.40 pp below limit  "
        "-2.40 points [-3.10, -1.70] vs model  "
        "p = 0.0004  host, n=1,000  tests/test_kws.py:6"
    )


@pytest.mark.parametrize(
    "measured, unit, told",
    [
        (91.2, "%", "0.80 pp above limit"),
        (90.4, "%", "0 pp above limit"),
        (90.398, "%", "0.0020 pp below limit"),
        (0.0, "%", "90.40 pp below limit"),
        (91.0, "", "0.60 above limit"),
        (math.nan, "%", ""),
        (math.inf, "%", "∞ pp above limit"),
    ],
)
def test_what_is_left_of_a_lower_bound(measured: float, unit: str, told: str) -> None:
    score = Metric(measured, unit, "host", 1000)
    found = row("accuracy", "", "90.4 %", 90.4, score, higher_is_better=True)
    assert used(found) == use_in_words(found) == told


def test_use_of_an_upper_bound_in_words() -> None:
    assert (used(over()), use_in_words(over())) == ("127 %", "127 % of the budget")
    assert use_in_words(replace(over(), place="")) == "127 % of the limit"
    assert used(replace(over(), bound=None)) == use_in_words(replace(over(), measured=None)) == ""


def test_a_default_check_is_called_so() -> None:
    assert line(place="", limit="not 3 % slower", reference="model").endswith("  host, n=12  default check")
    assert "> 22.6 ms (not 3 % slower)" in line(place="", limit="not 3 % slower", reference="model")


def test_a_warning_and_its_message() -> None:
    warned = line(level="warn", message="what the audio driver leaves")
    assert warned.startswith("▲ kws-int4-rpi4  ")
    assert warned.endswith("tests/test_kws.py:6  “what the audio driver leaves”")


def test_no_number() -> None:
    assert line(measured=None, reason="a device run is needed") == (
        "✕ kws-int4-rpi4  latency p50  no number  limit 22.6 ms  tests/test_kws.py:6  a device run is needed"
    )


def test_undecided_says_why() -> None:
    text = line(verdict=Verdict.INCONCLUSIVE, reason="steal time 4 %")
    assert text.startswith("? kws-int4-rpi4  latency p50  28.6 ms  vs 22.6 ms")
    assert text.endswith("steal time 4 %")


def test_a_caveat_of_the_number() -> None:
    assert line(measured=replace(metric(0.0286), note="accuracy of the host run")).endswith(
        "(accuracy of the host run)"
    )


def test_one_line_whatever_it_is_called() -> None:
    text = row_line("a\nb\x1b[31m\u202e", replace(over(), place="x\ty", message="1\r\n2"))
    assert text.splitlines() == [text]
    assert text.isprintable()


def test_a_failure_without_a_row() -> None:
    text = reason_line("a-b-c", status.ERROR, "\n  the worker died\n  of signal 11")
    assert text == "✕ a-b-c  error: the worker died"
    assert reason_line("a-b-c", status.FAILED, " ") == "✕ a-b-c  failed: no reason was recorded"


@pytest.mark.parametrize(
    "nodeid", ["t.py::test[a-b-c]", 't.py::test["]', "t.py::test[$HOME`id`]", "t.py::test[it's !]"]
)
def test_command_is_one_argument_to_a_shell(nodeid: str) -> None:
    assert shlex.split(command(nodeid)) == ["pytest", nodeid]


def test_usual_command() -> None:
    assert command("t.py::test[a-b-c]") == 'pytest "t.py::test[a-b-c]"'


@given(st.text())
def test_plain_is_one_line(text: str) -> None:
    assert len(plain(text).splitlines()) <= 1


def test_a_limit_in_another_unit_is_not_compared() -> None:
    """A score of 0.9 and a limit of 15 %: the line says why nothing was compared, without a sign between."""
    reason = "the score 'top5' is a plain number, the limit '15 %' is in %: write e.g. top5=\"0.9\""
    told = row_line(
        "kws-int8-rpi4",
        row("top5", "", "15 %", None, Metric(0.9, "", "host", 100), verdict=Verdict.FAIL, reason=reason),
    )
    assert "0.900  limit 15 %" in told
    assert reason in told
    assert ">" not in told
