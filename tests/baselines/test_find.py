"""Which accepted state is found, and what is said of it; and waivers that nothing needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from test_update import SIZE, case, entry, run

from pytest_edgebench.base.names import COMMITTED
from pytest_edgebench.baselines import find, stale_waivers
from pytest_edgebench.record import baseline
from pytest_edgebench.record.baseline import Baseline
from pytest_edgebench.record.errors import BaselineError
from pytest_edgebench.record.run import Row, Verdict
from pytest_edgebench.settings.resolve import Settings
from pytest_edgebench.settings.waivers import Waiver

if TYPE_CHECKING:
    from pathlib import Path

HOST = {"host": "pi", "cpu": "A72", "cpu_features": "asimd", "load_average": "0.1"}


def saved(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / baseline.FILE).write_text(baseline.dump(Baseline(folder, cases={"a": entry("a")})))
    return folder


def test_the_committed_one(tmp_path: Path) -> None:
    settings = Settings(tmp_path, {}, ())
    assert find.listed(settings, tmp_path / "elsewhere") is None
    (tmp_path / COMMITTED).touch()
    with pytest.raises(BaselineError) as caught:
        find.listed(settings, tmp_path / "elsewhere")
    assert caught.value.where == str(tmp_path / COMMITTED)
    (tmp_path / COMMITTED).unlink()
    saved(tmp_path / COMMITTED)
    found = find.listed(settings, tmp_path / "elsewhere")
    assert found is not None
    assert (found.kind, found.name, list(found.cases)) == ("committed", ".edgebench/baseline.json", ["a"])


def test_one_that_was_named_is_seen_from_where_the_user_is(tmp_path: Path) -> None:
    saved(tmp_path / "project" / COMMITTED)
    settings = Settings(tmp_path / "project", {}, (), baseline="kept")
    assert find.listed(settings, tmp_path) is None, "a git ref, perhaps; never the committed one"
    folder = saved(tmp_path / "kept")
    found = find.listed(settings, tmp_path)
    assert found is not None
    assert (found.kind, found.name, found.folder) == ("folder", "kept", folder)
    (folder / baseline.FILE).write_text("[]")
    with pytest.raises(BaselineError, match="this is not a baseline"):
        find.listed(settings, tmp_path)


def test_other_processes_are_told(tmp_path: Path) -> None:
    assert find.found(tmp_path) is None
    told = baseline.load(saved(tmp_path / "kept"), kind="ref", name="main")
    find.tell(told, tmp_path)
    assert find.found(tmp_path) == told


def test_what_a_record_says_of_it(tmp_path: Path) -> None:
    one = Baseline(tmp_path, "2026-01-01", "9c41e07", HOST, kind="ref", name="main")
    told = {"kind": "ref", "name": "main", "commit": "9c41e07", "made": "2026-01-01"}
    busy = {**HOST, "load_average": "3.0"}
    assert find.header(one, busy) == {**told, "host": "this machine"}
    assert find.header(one, {**HOST, "cpu": "A53"}) == {**told, "host": "A72", "was cpu": "A72"}
    bare = replace(one, host={"host": "other"})
    assert find.header(bare, HOST) == {**told, "host": "another machine", "was host": "other"}


def test_notes(tmp_path: Path) -> None:
    one = Baseline(tmp_path, host=HOST, name="kept")
    assert find.notes(one, HOST) == []
    (note,) = find.notes(one, {**HOST, "cpu": "A53"})
    assert note.startswith("the baseline kept was made on another machine (A72; here A53): ")
    of_cases = replace(one, cases={"a": entry("a", host=HOST), "b": entry("b", host={**HOST, "cpu": "M7"})})
    (note,) = find.notes(of_cases, HOST)
    assert "(M7; here A72)" in note
    for of_ref in (replace(of_cases, kind="ref"), replace(one, kind="ref", broken={"a": "why"})):
        (note,) = find.notes(of_ref, HOST)
        assert note.startswith("the baseline kept was built by that commit's recipes")
    (note,) = find.notes(replace(one, kind="ref"), HOST)
    assert "kept was collected without an error and declares no model and no budget" in note


# Waivers

WAIVER = Waiver("a", "size", "70 kB", date(2026, 3, 1), "why", "edgebench.toml:3")
ROW = Row("size", "", "", "64 kB", 64_000, SIZE, Verdict.FAIL, "warn", waiver="edgebench.toml:3")
IN_TIME, LATER = date(2026, 3, 1), date(2026, 3, 2)


def test_a_waiver_that_is_needed() -> None:
    result = run(case("a", Verdict.PASS, ROW))
    assert stale_waivers.problems([WAIVER], result, IN_TIME, unfiltered=True) == []
    (late,) = stale_waivers.problems([WAIVER], result, LATER, unfiltered=True)
    assert late.startswith("edgebench.toml:3: the waiver of size for a ended on 2026-03-01: delete it")


@pytest.mark.parametrize(
    ("cases", "unfiltered", "told"),
    [
        ([case("a", Verdict.PASS, replace(ROW, waiver=""))], False, True),
        ([case("b", Verdict.PASS, replace(ROW, waiver=""))], False, False),
        ([case("b", Verdict.PASS, replace(ROW, waiver=""))], True, True),
        ([case("a", Verdict.NOT_RUN)], False, False),
        ([case("a", Verdict.NOT_RUN)], True, True),
    ],
)
def test_a_waiver_that_nothing_needs(cases: list, unfiltered: bool, told: bool) -> None:  # type: ignore[type-arg]
    found = stale_waivers.problems([WAIVER], run(*cases), IN_TIME, unfiltered=unfiltered)
    said = "edgebench.toml:3: the waiver of size for a waives nothing any more: delete it"
    assert found == ([said] if told else [])
