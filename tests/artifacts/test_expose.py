"""A copy of a file that answers what lies between its operators."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from pytest_edgebench.artifacts.expose import expose
from pytest_edgebench.measure.divergence import first

needs_data = pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")


def answers(
    path: Path, x: np.ndarray[tuple[int, ...], np.dtype[np.int8]]
) -> list[np.ndarray[tuple[int, ...], np.dtype[np.int8]]]:
    """All outputs of a file for one sample, by LiteRT as it comes."""
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()
    interpreter.set_tensor(given["index"], x)
    interpreter.invoke()
    return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]


@pytest.fixture
def keywords() -> tuple[Path, np.ndarray[tuple[int, ...], np.dtype[np.int8]]]:
    data = Path(os.environ["EDGEBENCH_DATA"])
    return data / "models/mlperf_tiny/kws_int8.tflite", np.load(data / "kws/kws_inputs.npz")["x"][:1]


@needs_data
def test_the_answers_are_the_same_and_more(
    keywords: tuple[Path, np.ndarray[tuple[int, ...], np.dtype[np.int8]]], tmp_path: Path
) -> None:
    """13 operators: the last makes the output, the others an inner tensor each, in order."""
    path, x = keywords
    inner = expose(path, tmp_path / "copy.tflite")
    assert [tensor.step for tensor in inner] == list(range(1, 14))
    assert [tensor.operator for tensor in inner][:2] == ["CONV_2D", "DEPTHWISE_CONV_2D"]
    assert [tensor.output for tensor in inner] == [*range(1, 13), 0]
    (alone,), shown = answers(path, x), answers(tmp_path / "copy.tflite", x)
    np.testing.assert_array_equal(shown[0], alone)
    assert len(shown) == 13


@needs_data
@pytest.mark.parametrize("step", [1, 6, 13])
def test_the_first_tensor_that_differs(
    step: int, keywords: tuple[Path, np.ndarray[tuple[int, ...], np.dtype[np.int8]]], tmp_path: Path
) -> None:
    """From an operator on, the last bit of everything is another: that operator is named."""
    path, x = keywords
    (alone,) = answers(path, x)

    def off(copy: Path, sample: object) -> list[np.ndarray[tuple[int, ...], np.dtype[np.int8]]]:
        found = answers(copy, x)
        order = [*range(1, 13), 0] if len(found) == 13 else [0]
        return [value ^ 1 if i in order[step - 1 :] else value for i, value in enumerate(found)]

    told = first(path, {"x": x}, lambda copy, sample: answers(copy, x), off, (alone, alone ^ 1), tmp_path)
    assert f"operator {step} of 13): " in told
    count = answers(path, x)[0].size if step == 13 else None
    assert told.endswith("values differ, by up to 1")
    if count:
        assert f"{count} of {count} values differ" in told


@needs_data
def test_a_copy_that_behaves_otherwise_tells_nothing(
    keywords: tuple[Path, np.ndarray[tuple[int, ...], np.dtype[np.int8]]], tmp_path: Path
) -> None:
    path, x = keywords
    (alone,) = answers(path, x)

    def same(copy: Path, sample: object) -> list[np.ndarray[tuple[int, ...], np.dtype[np.int8]]]:
        return answers(copy, x)

    assert first(path, {"x": x}, same, same, (alone, alone ^ 1), tmp_path) == ""
