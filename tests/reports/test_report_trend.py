"""The past of a case: what is drawn, what is said, and that nothing is where nothing is known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsed import parse
from report_runs import BASELINE, case, metric, over, passing_rows, remembered, row, run, size

from pytest_edgebench.record.past import Past
from pytest_edgebench.record.run import Metric, Verdict
from pytest_edgebench.reports.html import render
from pytest_edgebench.reports.summary import brief
from pytest_edgebench.reports.trend import MOST_TRENDS, name, slots, trend, trends, turned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import Row


def exact(*values: float, failed: Sequence[bool] = ()) -> list[Past]:
    flags = failed or [False] * len(values)
    return [
        Past(f"c{i}", f"2026-02-{i + 1:02}T10:00:00Z", value, failed=flag)
        for i, (value, flag) in enumerate(zip(values, flags, strict=True))
    ]


def sized(bytes_: float, verdict: Verdict = Verdict.PASS, **more: object) -> Row:
    return row("size", "", "64 kB", 64_000.0, size(bytes_), verdict=verdict, **more)


def said(found: Row, past: Sequence[Past]) -> str:
    return trend(case(rows=(found,)), found, past).words


def test_what_is_drawn() -> None:
    """What is broken or moved, at most two; else the tightest budget; nothing of what has no number."""
    assert [name(found) for found in slots(brief(case(rows=(over(), *passing_rows(None, 5, 90.0)))))] == [
        "latency.p50"
    ]
    green = case(rows=passing_rows(0.029, 53_876, 90.2))
    assert [name(found) for found in slots(brief(green))] == ["latency.p50"]
    change = Metric(-8.4, "%", "host", 13, -9.9, -7.0)
    better = row("latency", "p50", "not slower", 0.03, metric(0.02), reference="baseline", change=change)
    both = (better, sized(65_000, Verdict.FAIL), over())
    assert len(slots(brief(case(rows=both)))) == MOST_TRENDS
    assert name(better) == "latency.p50 vs baseline"
    assert slots(brief(case(rows=(better,)))) == (better,)
    assert slots(brief(case(rows=(replace(over(), measured=None),)))) == ()
    assert slots(brief(case(rows=(replace(over(), measured=metric(float("nan"))),)))) == ()
    assert slots(brief(case())) == ()


def test_the_first_run_of_a_streak() -> None:
    ok, bad = exact(1.0, 1.0, 2.0), exact(1.0, 2.0, 2.0, failed=[False, True, True])
    assert turned(bad) == 1
    assert turned(ok) == 2
    assert turned(exact(3.0, 3.0)) is None
    assert turned(exact(3.0, 4.0, failed=[True, True])) is None
    assert turned([*bad, *exact(1.5)]) == 3  # mended
    noisy = [replace(point, low=0.9 * point.value, high=1.1 * point.value) for point in exact(1.0, 5.0)]
    assert turned(noisy) is None


def test_words() -> None:
    broken = sized(65_000, Verdict.FAIL)
    past = exact(60_000, 65_000, failed=[False, True])
    assert said(broken, past) == (
        "size in 2 earlier runs and this one: its limit is broken since c1 (2026-02-02), "
        "kept at c0 (2026-02-01)"
    )
    assert said(
        replace(broken, since="failing for 2 runs (first seen c1, 2026-02-02), passed at c0"), past
    ) == ("size in 2 earlier runs and this one: failing for 2 runs (first seen c1, 2026-02-02), passed at c0")
    assert said(broken, exact(65_000, failed=[True])).endswith("its limit was broken in all of them")
    assert said(broken, exact(60_000)).endswith("its limit is broken since this run, kept at c0 (2026-02-01)")
    assert said(sized(60_000), exact(60_000, 60_000)).endswith("always 60.0 kB")
    assert said(sized(60_001), exact(60_000)).endswith(
        "60,000 B until c0 (2026-02-01), 60,001 B since this run"
    ) or ("60.000 kB until c0 (2026-02-01), 60.001 kB since this run" in said(sized(60_001), exact(60_000)))
    time = row("latency", "p50", "30 ms", 0.03, metric(0.02))
    assert said(time, [Past("c0", "2026-02-01", 0.021, 0.02, 0.022, False)]) == (
        "latency p50 in 1 earlier run and this one: between 20.0 ms and 21.0 ms"
    )
    assert "since a run (2026-02-02)" in said(broken, [past[0], replace(past[1], commit="")])


def test_figure() -> None:
    (found,) = trends(brief(remembered(case(rows=(over(),)))))
    root = ElementTree.fromstring(found.figure)
    assert root.get("role") == "img"
    assert root.find("title").text == "latency p50 of kws-int8-rpi4 over 8 runs"  # type: ignore[union-attr]
    assert root.find("desc").text == found.words  # type: ignore[union-attr]
    paths = {path.get("class"): path.get("d") or "" for path in root.iter("path")}
    assert paths["kept"].count("M") == 5
    assert paths["broken"].count("l6 6") == 3  # two earlier runs and this one
    assert len(re.findall("[LH]", paths["line"])) == 7
    assert paths["bars"].count("V") == 8
    texts = [text.text for text in root.iter("text")]
    assert {"≤ 22.6 ms", "05050505 2026-02-06", "this run", "ms"} <= set(texts)
    assert not re.search(r"\d\.\d\d", re.sub(r"<(title|desc|text).*?</\1>", "", found.figure))
    at = re.match(r"M([\d.]+) ", paths["turn"])
    assert at is not None
    assert f"L{at[1]} " in paths["line"]
    assert len(found.figure) < 2_500


def test_a_lower_bound_is_marked_so() -> None:
    score = row("accuracy", "", "90 %", 90.0, Metric(91.0, "%", "host", 1000), higher_is_better=True)
    figure = trend(case(rows=(score,)), score, exact(90.5)).figure
    assert "≥ 90.0 %" in figure


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)),
)
def test_odd_numbers(values: list[float], bound: float | None) -> None:
    found = row("loud", "", "3", bound, Metric(values[-1], "", "host", 1), place="t.py:1")
    figure = trend(case(rows=(found,)), found, exact(*values)).figure
    ElementTree.fromstring(figure)
    assert "nan" not in figure.partition("</desc>")[2]
    assert "inf" not in figure.partition("</desc>")[2]


# The page


def test_no_past_nothing_drawn() -> None:
    page = parse(render(run(case(rows=(over(),)))))
    assert not page.find("svg", "trend")
    assert "No earlier run is known." in page.by_id("history").text
    assert "Earlier runs" not in page.by_id("all").text


def test_the_history_shows_the_past_of_a_case() -> None:
    page = parse(render(run(remembered(case(rows=(over(),))), case(recipe="fp16"))))
    (figure,) = page.by_id("history").find("svg", "trend")
    assert figure.above is not None
    assert figure.above.find("figcaption")[0].text == (
        "latency p50 in 7 earlier runs and this one: its limit is broken since 05050505 (2026-02-06), "
        "kept at 04040404 (2026-02-05)"
    )
    assert len(figure.find("rect", "band")) == 1
    assert len(page.find("svg", "trend")) == 1
    assert "Earlier runs: History" in page.by_id("case=kws-int8-rpi4").text


@pytest.mark.parametrize("commit", ["<b>", "\u202eevil", "x" * 300])
def test_hostile_commits(commit: str) -> None:
    past = {"latency.p50": (Past(commit, commit, 0.02, failed=False),)}
    text = render(run(replace(case(rows=(over(),)), past=past)))
    assert parse(text).find("svg", "trend")
    assert "<b>" not in parse(text).by_id("history").find("svg", "trend")[0].find("title")[0].text
    assert "\u202e" not in text


# What this run moved


def test_an_arrow_leads_from_the_baseline() -> None:
    """A grey dot where the baseline is, and a line to where this run is."""
    grown = [
        row(
            metric, "", "baseline + 9 %", None, value, reference="baseline", reference_value=old,
            change=Metric(1.0, "%", "static", 1), higher_is_better=metric == "accuracy",
        )
        for metric, value, old in (
            ("size", size(53_876), 30_000.0), ("accuracy", Metric(90.2, "%", "host", 1000), 92.0)
        )
    ]  # fmt: skip
    found = run(case(rows=tuple(grown)), case(recipe="fp16", bytes_=90_000), baseline=BASELINE)
    figure = parse(render(found)).by_id("tradeoff").find("svg")[0]
    (dot,) = figure.find("circle", "was")
    (arrow,) = figure.find("path", "move")
    assert arrow.attrs["d"].startswith(f"M{dot.attrs['cx']} {dot.attrs['cy']}L")
    still = parse(render(run(case(rows=(over(),)), case(recipe="fp16", bytes_=90_000))))
    assert not still.by_id("tradeoff").find("circle", "was")
