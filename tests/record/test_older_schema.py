"""Records, baselines and histories of schema 1 are read; the files in ``schema_1`` were written with it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from test_store import LATENCY, full

from pytest_edgebench.record import baseline, store
from pytest_edgebench.record.errors import RecordError
from pytest_edgebench.record.history import Slot, SqliteHistory
from pytest_edgebench.record.older import with_new_words
from pytest_edgebench.record.run import Metric

OLD = Path(__file__).parent / "schema_1"


def test_a_record() -> None:
    found = store.read(OLD / "record.json")
    seen = found.cases[0].observation
    assert seen is not None
    assert seen.metrics["latency.p50"] == LATENCY
    assert found.schema == 2
    assert store.load(store.dump(found), "again") == found == full()


def test_both_names_in_a_record() -> None:
    text = (OLD / "record.json").read_text().replace('"rung":"host"', '"rung":"host","evidence":"host"', 1)
    with pytest.raises(RecordError, match="has 'rung', which schema 2 has no place for"):
        store.load(text, "record.json")


def test_a_baseline() -> None:
    (entry,) = baseline.load(OLD).cases.values()
    assert entry.metrics["accuracy"] == Metric(98.5, "%", "device", 1000, 97.5, 99.1)
    # As they are written now, so that no comparison reports a rename as a change.
    assert entry.profile_keys["target_options"] == "evidence=device, gives=latency memory"
    assert entry.steps == (
        "QAT(finetune=Fit(epochs=3))",
        "Tucker(ratio=0.5)",
        "PruneSemiStructured(2, 4)",
        "Quantize(static-int8)",
    )


def test_a_baseline_is_written_with_the_present_schema(tmp_path: Path) -> None:
    found = baseline.load(OLD)
    (tmp_path / baseline.FILE).write_text(baseline.dump(found))
    assert json.loads((tmp_path / baseline.FILE).read_text())["schema"] == 2
    assert "rung" not in (tmp_path / baseline.FILE).read_text()
    assert baseline.load(tmp_path).cases == found.cases


def test_a_history(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    database = sqlite3.connect(path)
    database.executescript((OLD / "history.sql").read_text())
    database.close()
    history = SqliteHistory(path)
    assert history.counts() == (1, 2)
    (past,) = history.past(Slot("kws-int8-rpi4", "latency", "p50", ""), "s", 9)
    assert (past.value, past.low, past.high) == (LATENCY.value, LATENCY.low, LATENCY.high)
    history.close()
    database = sqlite3.connect(path)
    assert database.execute("SELECT DISTINCT evidence FROM metrics").fetchall() == [("host",)]
    database.close()


def test_steps_and_targets_of_a_baseline_in_words_of_now() -> None:
    old = {
        "steps": ["Bottleneck(rank=4)", "Quantize()", "PruneNofM(2, 4)"],
        "profile_keys": {"target_options": "rung=device, host=pi", "runtime": "rung=1"},
    }
    assert with_new_words(old) == {
        "steps": ["Tucker(rank=4)", "Quantize()", "PruneSemiStructured(2, 4)"],
        "profile_keys": {"target_options": "evidence=device, host=pi", "runtime": "rung=1"},
    }


@pytest.mark.parametrize(
    "odd", [{}, {"steps": "Bottleneck("}, {"profile_keys": []}, {"profile_keys": {"target_options": 1}}]
)
def test_what_is_damaged_is_left_to_the_reader(odd: dict[str, object]) -> None:
    assert with_new_words(odd) == odd
    assert with_new_words({"steps": [1, "QuantizeTraining()"]}) == {"steps": [1, "QAT()"]}
