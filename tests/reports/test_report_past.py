"""Earlier numbers from the history: which, in what order, of which cases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from report_runs import case, matrix, over, row, run, size

from pytest_edgebench.record import store
from pytest_edgebench.record.history import Slot, SqliteHistory
from pytest_edgebench.record.past import Past
from pytest_edgebench.record.run import Metric, Verdict
from pytest_edgebench.reports import html, trend
from pytest_edgebench.session.history import add, known

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgebench.record.run import CaseResult, Run

SLOT = Slot("kws-int8-rpi4", "size", "", "")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[SqliteHistory]:
    found = SqliteHistory(tmp_path / "history.sqlite", 0.2)
    yield found
    found.close()


def sized(bytes_: int, **more: object) -> CaseResult:
    verdict = Verdict.FAIL if bytes_ > 64_000 else Verdict.PASS
    return case(bytes_=bytes_, rows=(row("size", "", "64 kB", 64e3, size(bytes_), verdict=verdict, **more),))


def at(day: int, *cases: CaseResult, **more: object) -> Run:
    return run(*cases, started=f"2026-03-{day:02}T10:00:00Z", commit=f"{day:02}" * 20, **more)


def remember(path: Path, found: Run) -> tuple[Run, list[str]]:
    """What a session does with a history: it asks what is known of before, then adds this run."""
    dated, told = known(path, found)
    add(path, dated)
    return dated, told


def test_oldest_first_with_what_was_judged(kept: SqliteHistory) -> None:
    kept.add(at(2, sized(65_000), dirty=True))
    kept.add(at(1, sized(60_000)))
    assert kept.past(SLOT, "B", 9) == (
        Past("010101010", "2026-03-01T10:00:00Z", 60_000, failed=False),
        Past("020202020+", "2026-03-02T10:00:00Z", 65_000, failed=True),
    )
    assert [one.value for one in kept.past(SLOT, "B", 1)] == [65_000]


def test_intervals_and_undecided_limits(kept: SqliteHistory) -> None:
    open_ = replace(over(), verdict=Verdict.INCONCLUSIVE)
    kept.add(at(1, case(rows=(open_,))))
    (found,) = kept.past(Slot("kws-int8-rpi4", "latency", "p50", ""), "s", 9)
    assert found.failed is None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


def test_other_slots_and_units_are_other_numbers(kept: SqliteHistory) -> None:
    kept.add(at(1, sized(65_000)))
    assert kept.past(SLOT, "%", 9) == ()
    assert kept.past(replace(SLOT, case="kws-int8-rpi5"), "B", 9) == ()
    (against,) = kept.past(replace(SLOT, reference="baseline"), "B", 9)
    assert (against.value, against.failed) == (65_000, None)  # measured, but not judged so


def test_numbers_that_are_none_are_left_out(kept: SqliteHistory) -> None:
    found = case(accuracy=float("nan"))
    kept.add(at(1, found))
    assert kept.past(Slot(found.key, "accuracy", "", ""), "%", 9) == ()


def test_a_run_gets_the_past_of_what_its_report_draws(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    first, told = remember(path, at(1, sized(60_000)))
    assert (first.cases[0].past, told) == ({}, [])
    second, _ = remember(path, at(2, sized(65_000)))
    assert second.cases[0].past == {
        "size": (Past("010101010", "2026-03-01T10:00:00Z", 60_000, failed=False),)
    }
    assert store.load(store.dump(second), "run.json") == second
    assert store.load(html.render(second), "report.html").cases[0].past == second.cases[0].past


def test_of_a_large_run_few_cases_have_a_past(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    remember(path, replace(matrix(96), started="2026-03-01T10:00:00Z"))
    found, _ = remember(path, replace(matrix(96), started="2026-03-02T10:00:00Z"))
    drawn = [one for one in found.cases if one.past]
    assert 5 < len(drawn) < 15
    assert all(len(one.past) <= trend.MOST_TRENDS for one in drawn)
    assert all(point.failed for one in drawn if "size" in one.past for point in one.past["size"])


def test_no_more_runs_than_are_drawn(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    for day in range(1, 29):
        found, _ = remember(path, at(day, sized(60_000 + day)))
    values = [point.value for point in found.cases[0].past["size"]]
    assert values == [60_000 + day for day in range(28 - trend.MOST_PAST, 28)]


def test_metrics_of_users_are_found(kept: SqliteHistory) -> None:
    found = case()
    assert found.observation is not None
    metrics = {"loud.score": Metric(3.0, "", "host", 10)}
    kept.add(at(1, replace(found, observation=replace(found.observation, metrics=metrics))))
    assert [one.value for one in kept.past(Slot(found.key, "loud.score", "", ""), "", 9)] == [3.0]
