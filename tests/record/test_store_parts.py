"""Records that lie beside a report or are packed in it, and what is read off a case."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from test_store import ROW, case

from pytest_edgebench.base.folder_lock import own
from pytest_edgebench.record import store
from pytest_edgebench.record.errors import RecordError
from pytest_edgebench.record.run import Verdict

if TYPE_CHECKING:
    from pathlib import Path


def test_a_report_whose_record_lies_beside_it() -> None:
    with pytest.raises(RecordError, match="whose record is in a file of its own") as caught:
        store.load(store.pointer("run.json"), "report.html")
    assert "run.json" in str(caught.value.fix)


def test_a_packed_record_of_nothing() -> None:
    plain = json.loads(store.pack(""))
    with pytest.raises(RecordError, match=r"cannot be unpacked \(nothing is in it\)"):
        store.load(json.dumps(plain), "report.html")


def test_a_case_with_a_broken_limit_that_only_warns() -> None:
    check = case().checks[0]
    assert not replace(case(), checks=(check,)).warned
    assert not replace(case(), checks=(replace(check, rows=()),)).warned
    for level, verdict, warned in (("warn", "FAIL", True), ("warn", "PASS", False), ("error", "FAIL", False)):
        rows = (ROW, replace(ROW, level=level, verdict=Verdict(verdict)))  # type: ignore[arg-type]
        assert replace(case(), checks=(replace(check, rows=rows),)).warned == warned


def test_what_a_killed_writer_left_goes_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".run.json.dead.tmp", tmp_path / ".run.json.alive.tmp"
    others = [tmp_path / ".other.json.dead.tmp", tmp_path / ".run.json.kept"]
    for path in (dead, *others):
        path.write_text("half")
    with own(alive):
        store.write(tmp_path / "run.json", "whole")
    assert {path.name for path in tmp_path.iterdir()} == {"run.json", alive.name, *(p.name for p in others)}
    assert (tmp_path / "run.json").read_text() == "whole"
