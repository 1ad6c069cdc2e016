"""Numbers as tables for notebooks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from small_project import run as shell
from small_project import write
from test_store import LATENCY, case, full, observation, run

import pytest_edgebench as eb
from pytest_edgebench.record import store
from pytest_edgebench.record.errors import RecordError
from pytest_edgebench.record.frame import COLUMNS, of_metrics
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from pathlib import Path


def test_a_line_for_every_number() -> None:
    found = full().frame()
    assert list(found.columns) == list(COLUMNS)
    assert list(found["case"]) == ["kws-int8-rpi4", "kws-int8-rpi4", "kws-fp16-rpi4", "kws-fp16-rpi4"]
    first = found.iloc[0].to_dict()
    assert first == {
        "case": "kws-int8-rpi4",
        "model": "kws",
        "recipe": "int8",
        "variant": "",
        "profile": "rpi4",
        "verdict": "FAIL",
        "of": "case",
        "metric": "latency.p50",
        "value": LATENCY.value,
        "unit": "s",
        "evidence": "host",
        "n": 12,
        "low": LATENCY.low,
        "high": LATENCY.high,
        "note": "",
        "artifact_key": "ab" * 32,
        "commit": "9c41e07",
        "started": "2026-03-02T10:00:00+00:00",
    }
    assert list(found["of"]) == ["case", "model"] * 2


def test_an_exact_number_has_no_interval() -> None:
    seen = replace(observation(), metrics={"size": Metric(4_321, "B", "static", 1)})
    found = run(case(observation=seen)).frame()
    assert math.isnan(found["low"][0])
    assert found["value"][0] == 4_321


def test_no_case() -> None:
    found = run().frame()
    assert (len(found), list(found.columns)) == (0, list(COLUMNS))
    assert found["value"].dtype == full().frame()["value"].dtype


def test_load_run(tmp_path: Path) -> None:
    store.write(tmp_path / "run.json", store.dump(full()))
    assert eb.load_run(tmp_path / "run.json") == full()
    assert len(eb.load_run(str(tmp_path / "run.json")).frame()) == 4
    with pytest.raises(RecordError, match=r"none\.json: run record not found"):
        eb.load_run(tmp_path / "none.json")


def test_frame_of_edge_is_that_of_the_record(tmp_path: Path) -> None:
    project = write(tmp_path / "project")
    (project / "test_net.py").write_text(
        "def test_net(edge):\n    edge.check()\n    edge.frame().to_csv(f'{edge.key}.csv', index=False)\n"
    )
    result = shell(project, "pytest", "--edgebench-json=run.json", "--edgebench-profile=left")
    assert result.returncode == 0, result.stdout
    import pandas

    measured = pandas.read_csv(project / "net-fp16-left.csv", keep_default_na=False)
    recorded = eb.load_run(project / "run.json").frame()
    recorded = recorded[recorded["of"] == "case"].reset_index(drop=True)
    assert len(measured) > 3
    for name in ("case", "model", "recipe", "profile", "metric", "unit", "evidence", "n", "artifact_key"):
        assert list(measured[name]) == list(recorded[name]), name
    assert list(measured["value"].astype(float)) == list(recorded["value"])


def test_of_a_case_that_is_being_tested() -> None:
    names = {"case": "kws-int8-rpi4", "model": "kws", "recipe": "int8", "variant": "", "profile": "rpi4"}
    found = of_metrics(names, {"size": Metric(10, "B", "static", 1), "latency.p50": LATENCY}, "ab")
    assert list(found.columns) == list(COLUMNS)
    assert list(found["metric"]) == ["latency.p50", "size"]
    first = found.iloc[0].to_dict()
    assert (first["case"], first["of"], first["verdict"]) == ("kws-int8-rpi4", "case", "")
    assert (first["value"], first["artifact_key"]) == (LATENCY.value, "ab")


def test_the_old_name_of_evidence_warns() -> None:
    with pytest.warns(DeprecationWarning, match=r"Metric\.rung is deprecated: write \.evidence"):
        assert LATENCY.rung == "host"
