"""Short numbers for reports, and results that are one object for all that share them."""

from __future__ import annotations

import json
import math
from array import array
from dataclasses import replace
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_store import LATENCY, artifact, case, observation, run

from pytest_edgebench.record import store
from pytest_edgebench.record.codec import SharingDecoder, Tables, encode
from pytest_edgebench.record.run import ArtifactRecord, Metric, Observation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_short_numbers() -> None:
    long = Metric(0.028612345678, "s", "host", 12, 0.0279, 0.02912345678)
    seen = replace(observation(), metrics={"latency.p50": long}, series={"latency": (0.0286123, 64_000.0)})
    text = store.dump(run(case(observation=seen)), short=True)
    (kept,) = json.loads(text)["observations"]
    assert kept["metrics"]["latency.p50"]["value"] == 0.028612
    assert kept["metrics"]["latency.p50"]["high"] == 0.029123
    assert kept["series"]["latency"] == [0.02861, 64_000]
    assert "0.028612345678" in store.dump(run(case(observation=seen)))


@given(st.floats())
def test_whole_and_odd_numbers_stay_as_they_are(value: float) -> None:
    short = encode(Metric(value, "B", "static", 1), Tables(short=True))["value"]
    whole = encode(Metric(value, "B", "static", 1))["value"]
    if not math.isfinite(value) or value.is_integer():
        assert short == whole
    else:
        assert short == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize("count, kept", [(1, 1), (30, 30), (31, 16), (90, 30), (91, 23)])
def test_short_lists(count: int, kept: int) -> None:
    values = tuple(float(i) for i in range(count))
    seen = replace(observation(), series={"latency": values})
    short = encode(seen, None)["series"]["latency"]
    assert short == list(range(count))
    (text,) = json.loads(store.dump(run(case(observation=seen)), short=True))["observations"]
    assert len(text["series"]["latency"]) == kept
    assert text["series"]["latency"][-1] == count - 1


def test_shared_results_are_written_once() -> None:
    """Whether they are one object or equal ones."""
    cases = [case(f"kws-{name}-rpi4", artifact=artifact(), observation=observation()) for name in "abc"]
    one = artifact()
    same = [replace(found, artifact=one) for found in cases]
    assert store.dump(run(*cases)) == store.dump(run(*same))
    plain = json.loads(store.dump(run(*cases)))
    assert (len(plain["artifacts"]), len(plain["observations"]), len(plain["cases"])) == (1, 1, 3)


def test_equal_results_are_one_object() -> None:
    decoder = SharingDecoder("x")
    first, second = (decoder.decode(Observation | None, encode(observation()), "") for _ in range(2))
    assert first is second
    assert first.series["latency"] == array("d", observation().series["latency"]), "a quarter of a tuple"
    assert replace(first, series=observation().series) == observation()
    assert encode(first) == encode(observation())
    other = replace(observation(), metrics={"latency.p50": replace(LATENCY, n=13)})
    assert encode(decoder.decode(Observation, encode(other), "")) == encode(other)
    made = [decoder.decode(ArtifactRecord, encode(artifact()), "") for _ in range(2)]
    assert made[0] is made[1]
    assert made[0] == artifact()
    assert decoder.decode(Observation | None, None, "") is None


def test_a_record_in_pieces(tmp_path: Path) -> None:
    found = run(*(case(f"kws-{name}-rpi4", artifact=artifact(), observation=observation()) for name in "ab"))
    assert "".join(store.pieces(found)) == store.dump(found)
    assert sum(1 for _ in store.pieces(found)) > 4
    path = tmp_path / "run.json"
    store.write(path, store.pieces(found))
    assert path.read_text(encoding="utf-8") == store.dump(found)
    store.write(tmp_path / "again.json", store.chunks(path))
    assert store.read(tmp_path / "again.json") == found


def test_pieces_that_end_early_leave_what_was_there(tmp_path: Path) -> None:
    def broken() -> Iterator[str]:
        yield "half"
        raise RuntimeError("killed")

    path = tmp_path / "run.json"
    store.write(path, "whole")
    with pytest.raises(RuntimeError, match="killed"):
        store.write(path, broken())
    assert path.read_text(encoding="utf-8") == "whole"
    assert [found.name for found in tmp_path.iterdir()] == ["run.json"]


def test_pieces_of_a_long_file(tmp_path: Path) -> None:
    path, text = tmp_path / "long.txt", "é\n" * 700_000
    store.write(path, text)
    found = list(store.chunks(path))
    assert len(found) == 2
    assert "".join(found) == text


def test_what_is_nearly_a_plain_value_becomes_one() -> None:
    """An enumeration without text, numpy's text: `json` would refuse or dress them."""

    class Colour(Enum):
        RED = "red"

    assert encode(Colour.RED) == "red"
    text = encode(np.str_("net"))
    assert (text, type(text)) == ("net", str)
    assert list(encode(MappingProxyType({"b": np.int64(1), "a": 2})).items()) == [("a", 2), ("b", 1)]
