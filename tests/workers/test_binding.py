from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_edgebench.workers.values import adapt, join, lone, named, whole

if TYPE_CHECKING:
    from pytest_edgebench.runtimes.protocol import Tensor


def tensor(dtype: str, scale: float | None = None, zero_point: int = 0, name: str = "x") -> Tensor:
    return {"name": name, "shape": [None, 1], "dtype": dtype, "scale": scale, "zero_point": zero_point}


def column(*values: float, dtype: str = "float32") -> np.ndarray[Any, np.dtype[Any]]:
    return np.array(values, dtype).reshape(-1, 1)


def test_quantizes_to_the_nearest_even_step() -> None:
    found, raw = adapt(tensor("int8", 0.5, 3), column(0, 0.25, 0.75, -0.25, 1e9, -1e9), 1)
    assert found.ravel().tolist() == [3, 3, 5, 3, 127, -128]
    assert found.dtype == np.int8
    assert not raw


@given(st.floats(1e-4, 1e3), st.integers(-128, 127), st.integers(-128, 127))
def test_quantizing_undoes_dequantizing(scale: float, zero_point: int, stored: int) -> None:
    quantized = tensor("int8", scale, zero_point)
    real = join(quantized, [column(stored, dtype="int8")], 1, 1, raw=False)
    assert real.dtype == np.float32
    assert adapt(quantized, real, 1)[0].item() == stored


def test_doubles_are_quantized_too() -> None:
    found, _ = adapt(tensor("uint8", 0.1, 128), column(0.1, -0.1, dtype="float64"), 1)
    assert found.ravel().tolist() == [129, 127]


def test_raw_only_for_a_quantized_input() -> None:
    assert adapt(tensor("int8", 0.5), column(1, dtype="int8"), 1)[1]
    assert not adapt(tensor("int32"), column(1, dtype="int32"), 1)[1]


def test_raw_outputs_stay() -> None:
    stored = [column(7, dtype="int8")]
    assert join(tensor("int8", 0.5, 3), stored, 1, 1, raw=True).dtype == np.int8
    assert join(tensor("int8", 0.5, 3), stored, 1, 1, raw=False).item() == 2
    assert join(tensor("int64"), [column(7, dtype="int64")], 1, 1, raw=False).dtype == np.int64


def test_not_contiguous() -> None:
    found, _ = adapt(tensor("float32"), np.zeros((4, 2), np.float32)[:, :1], 1)
    assert found.flags["C_CONTIGUOUS"]


def test_matches_names_before_positions() -> None:
    tensors = [tensor("float32", name=name) for name in ("a", "b", "c")]
    one, two, three = column(1), column(2), column(3)
    assert named(tensors, {"c": three, "p": one, "q": two}) == [("p", one), ("q", two), ("c", three)]
    assert named(tensors, {"p": one, "q": two, "r": three}) == [("p", one), ("q", two), ("r", three)]


@pytest.mark.parametrize(
    ("parts", "batch", "count"),
    [
        ([np.zeros((1, 2)), np.zeros((1, 3))], 1, 2),
        ([np.zeros((2, 2)), np.zeros((3, 2))], 1, 2),
        ([np.zeros(7), np.zeros(7)], 2, 4),
    ],
)
def test_outputs_that_do_not_join(parts: list[np.ndarray[Any, Any]], batch: int, count: int) -> None:
    with pytest.raises(ValueError, match="output_shape"):
        join(tensor("float32"), parts, batch, count, raw=False)


def test_whole_numbers_for_a_constant_or_a_state() -> None:
    """0 and 1 as Python writes them are real numbers, also for a quantized input."""
    assert whole(tensor("float32"), np.array(2)).dtype == np.float32
    assert whole(tensor("int8", 0.5, 3), np.array(1), 1, 0).tolist() == [[5]]
    assert whole(tensor("int8", 0.5, 3), np.array([[1]], np.int8), 1, 0).tolist() == [[1]]
    assert whole(tensor("int64"), np.array(7)).tolist() == [[7]]


def test_samples_that_fill_a_file_without_an_axis_for_them() -> None:
    wave: Tensor = {"name": "x", "shape": [5], "dtype": "float32", "scale": None, "zero_point": 0}
    assert lone(wave, np.zeros((3, 5), np.float32))
    assert adapt(wave, np.zeros((3, 5), np.float32), 1)[0].shape == (3, 5)
    with pytest.raises(ValueError, match="shape"):
        adapt(wave, np.zeros((3, 5), np.float32), 2)
    free: Tensor = {**wave, "shape": [None]}
    with pytest.raises(ValueError, match="shape"):
        adapt(free, np.zeros((3, 5), np.float32), 1)
