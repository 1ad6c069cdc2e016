"""TFLite: signatures and subgraphs, free lengths, codes in the old field, state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tflite_written
from ai_edge_litert import schema_py_generated as schema

from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.base.errors import BuildError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_chosen_signature_is_counted(tmp_path: Path) -> None:
    path = tflite_written.signed(tmp_path / "m.tflite")
    one, two, both = (inspect(path, None, name) for name in ("decode", "prefill", ""))
    assert (one.macs, two.macs, both.macs) == (32, 96, 128)
    assert [counts.ops["FULLY_CONNECTED"] for counts in (one, two, both)] == [1, 1, 2]
    assert one.parameters == two.parameters == both.parameters == 32  # they share the weight
    with pytest.raises(BuildError, match=r"(?s)no signature 'x'.*decode, prefill"):
        inspect(path, None, "x")


def test_state_is_no_weight(tmp_path: Path) -> None:
    counts = inspect(tflite_written.recurrent(tmp_path / "m.tflite"))
    assert (counts.macs, counts.parameters) == (8 * 4 + 8 * 8, 8 * 4 + 8 * 8 + 8)


@pytest.mark.parametrize("stored", [1, 5])
def test_free_lengths_are_those_of_the_call(stored: int, tmp_path: Path) -> None:
    path = tflite_written.free_convolution(tmp_path / "m.tflite", stored=stored)
    counts = inspect(path, {"x": np.zeros((1, 10, 12, 2), np.float32)})
    assert (counts.macs, counts.guessed, counts.uncounted) == (8 * 10 * 5 * 18, False, {})
    assert inspect(path).guessed


def test_codes_in_the_old_field(tmp_path: Path) -> None:
    counts = inspect(tflite_written.free_convolution(tmp_path / "m.tflite", stored=5, old=True))
    assert counts.ops == {"CONV_2D": 1}
    assert counts.macs == 9 * 5 * 18


def test_an_operator_newer_than_the_schema_is_not_counted_as_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema.BuiltinOperator, "FROM_THE_FUTURE", 1000, raising=False)
    file = tflite_written.File()
    graph = tflite_written.Graph(file)
    x, y = graph.add("x", (1, 4)), graph.add("y", (1, 4))
    graph.run("FROM_THE_FUTURE", [x], [y])
    path = file.write(tmp_path / "m.tflite", [graph.finish([x], [y])])
    monkeypatch.undo()
    counts = inspect(path)
    assert list(counts.uncounted) == ["CUSTOM:operator 1000"]
