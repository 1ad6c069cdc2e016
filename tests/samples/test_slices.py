"""Every form that slices can be given in, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.base.errors import DataError
from pytest_edgebench.samples import slices, stream
from pytest_edgebench.samples.data import labelled
from pytest_edgebench.samples.slices import rows_of, slices_of

if TYPE_CHECKING:
    from pytest_edgebench.samples.stream import Samples

X = np.arange(12, dtype="float32").reshape(6, 2)
Y = np.array([0, 1, 0, 1, 10, 2])
BY_CLASS = {"0": [0, 2], "1": [1, 3], "2": [5], "10": [4]}


def samples(data: Any = None) -> Samples:
    return labelled((X, Y) if data is None else data, "conftest.py:7 (m)", Path())


def found(of: Any, data: Any = None) -> dict[str, list[int]]:
    return {name: rows.tolist() for name, rows in rows_of(eb.slices(of), samples(data)).items()}


class Series:
    """As pandas has it."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def __array__(self, *_: Any, **__: Any) -> Any:
        return np.array(self.values, object)


MASK = np.array([True, False, True, False, False, False])
MASKS = {name: np.isin(np.arange(6), rows) for name, rows in BY_CLASS.items()}
FORMS: dict[str, Any] = {
    "array": Y,
    "list": Y.tolist(),
    "floats": Y.astype(float),
    "column": Y[:, None],
    "texts": [str(y) for y in Y],
    "bytes": [str(y).encode() for y in Y],
    "numpy scalars": list(Y),
    "series": Series(Y.tolist()),
    "labels": lambda labels: labels,
    "builtin": np.asarray,
    "inputs and labels": lambda inputs, labels: labels + 0 * inputs[:, 0].astype(int),
    "any arguments": lambda *both: both[1],
    "masks": MASKS,
    "numbers": {name: rows[::-1] for name, rows in BY_CLASS.items()},
    "function to masks": lambda labels: {
        name: np.isin(np.arange(6), rows) for name, rows in BY_CLASS.items()
    },
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_names_the_same_slices(name: str) -> None:
    assert found(FORMS[name]) == BY_CLASS
    assert list(found(FORMS[name])) == list(BY_CLASS)  # 10 after 2


def test_some_samples_are_in_none_and_some_in_several() -> None:
    assert found(["a", None, "", float("nan"), " a ", np.nan]) == {"a": [0, 4]}
    missing = type("NAType", (), {"__eq__": lambda *_: NotImplemented, "__bool__": lambda _: 1 / 0})()
    assert found(["a", missing, "b", "b", "b", "b"]) == {"a": [0], "b": [2, 3, 4, 5]}
    assert found({"a": {3, 1}, "b": range(2)}) == {"a": [1, 3], "b": [0, 1]}
    assert found({"first": MASK, "both": [0, 1]}) == {"first": [0, 2], "both": [0, 1]}


def test_a_field_of_the_data() -> None:
    inputs = {"x": X, "room": np.array([1, 1, 2, 2, 2, 2])}
    assert found("room", (inputs, Y)) == {"1": [0, 1], "2": [2, 3, 4, 5]}
    labels = [{"class": 1, "weather": "rain"}, {"class": 0}, *({"weather": "sun"} for _ in range(4))]
    assert found("weather", (X, labels)) == {"rain": [0], "sun": [2, 3, 4, 5]}
    named = np.array([(1, "a"), (2, "b")] * 3, [("class", "i8"), ("side", "U1")])
    assert found("side", (X, named)) == {"a": [0, 2, 4], "b": [1, 3, 5]}
    with pytest.raises(DataError, match=r"'wether'.*\n.*did you mean 'weather'"):
        found("wether", (X, labels))
    with pytest.raises(DataError, match="no input and no key"):
        found("weather")


def test_a_function_sees_large_data_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHUNK_BYTES", X[:4].nbytes)
    sizes: list[int] = []

    def by_half(inputs: Any, labels: Any) -> Any:
        sizes.append(len(labels))
        return np.where(inputs[:, 0] < 6, "low", "high")

    batches = [(X[:3], Y[:3]), (X[3:], Y[3:])]
    assert found(by_half, batches) == {"high": [3, 4, 5], "low": [0, 1, 2]}
    assert sizes == [4, 2]
    assert found(lambda inputs, labels: {"even": labels % 2 == 0}, batches) == {"even": [0, 2, 4, 5]}
    assert found(lambda inputs, labels: {"all": inputs["a"][:, 0] >= 0}, ({"a": X}, Y)) == {
        "all": [*range(6)]
    }
    for wrong, told in (
        (lambda inputs, labels: {"a": [0]}, "returned sample numbers"),
        (lambda inputs, labels: labels if labels[0] else {"a": labels == 0}, "names for some samples and a"),
        (lambda inputs, labels: ["a"], "slices name 1 samples, and the data has 4"),
    ):
        with pytest.raises(DataError, match=told):
            found(wrong, batches)


class Odd:
    """What numpy makes no array of."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no")


REFUSED: dict[str, tuple[Any, str]] = {
    "too few": (["a", "b"], "slices name 2 samples, and the data has 6"),
    "none": ([None] * 6, "no sample is in a slice"),
    "nothing": (None, "slices are None"),
    "generator": ((name for name in "abcdef"), "slices are a generator"),
    "without a name": ({None: [0], "b": [1]}, "a slice is named None"),
    "a blank name": ({" ": [0]}, "a slice is named ' '"),
    "one name twice": ({1: [0], "1": [1]}, "slices 1 and '1' have the same name"),
    "no such field": ("nosuch", r"eb.slices\('nosuch'\): no input and no key(.|\n)*give eb.slices one name"),
    "no slices": ({}, "no sample is in a slice"),
    "matrix": (np.zeros((6, 2)), r"slices are of shape \(6, 2\)"),
    "odd": (Odd(), "slices are a Odd"),
    "a number": (7, r"slices are of shape \(\)"),
    "fractions": (np.linspace(0, 1, 6), "slices are named by fractions, such as 0.2"),
    "lists": ([["a"]] * 6, "slices are named by a list"),
    "empty": ({"a": [0], "b": np.zeros(6, bool)}, "slice 'b' has no samples"),
    "empty list": ({"a": []}, "slice 'a' has no samples"),
    "mask of others": ({"a": [True, False]}, r"slice 'a' are of shape \(2,\) and dtype bool"),
    "not there": ({"a": [0, 6]}, "not all there: 6 is none"),
    "negative": ({"a": [-1]}, "not all there: -1 is none"),
    "texts": ({"a": ["x"]}, "slice 'a' are of shape"),
    "zeros and ones": ({"a": [0, 1, 1, 0, 0, 1]}, "6 zeros and ones: a mask, or sample numbers"),
    "odd rows": ({"a": Odd()}, "slice 'a' are a Odd"),
    "raises": (lambda labels: labels[99], "eb.slices raised IndexError.* at .*test_slices.py:"),
    "no arguments": (lambda: 0, "takes 0 arguments"),
    "three": (lambda a, b, c: 0, "takes 3 arguments"),
    "named": (lambda a, *, b: 0, "takes 2 arguments"),
    "short": (lambda labels: labels[:2], "slices name 2 samples, and the data has 6"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_with_the_place(name: str) -> None:
    of, told = REFUSED[name]
    with pytest.raises(DataError, match=told) as caught:
        found(of)
    assert "test_slices.py:" in str(caught.value)


def test_spaces_in_names_count_as_one() -> None:
    assert found({" rainy\n  night ": [0]}) == {"rainy night": [0]}
    assert found(["a  b", " a b "] * 3) == {"a b": [0, 1, 2, 3, 4, 5]}


def test_rows_that_are_no_array_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "chunk", lambda samples: 3)
    with pytest.raises(DataError, match="returned sample numbers"):
        found(lambda inputs, labels: {"a": [[1], [2, 3]]})


def test_a_slice_is_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "MOST", 3)
    with pytest.raises(DataError, match="there would be 4 slices, at most 3"):
        found(Y)


def test_errors_of_ours_are_kept() -> None:
    def raises(labels: Any) -> Any:
        raise DataError("of the user's own reader")

    with pytest.raises(DataError, match=r"^of the user's own reader"):
        found(raises)


def test_a_model_may_have_none_and_chance_is_seeded() -> None:
    model = eb.Model(
        "net.onnx", (X, Y), eb.top1, seed=3, slices=eb.slices(lambda y: np.random.randint(0, 2, 6))
    )
    first, second = (slices_of(model, samples()) for _ in range(2))
    assert first is not None
    assert second is not None
    assert {name: rows.tolist() for name, rows in first.items()} == {
        name: rows.tolist() for name, rows in second.items()
    }
    assert slices_of(eb.Model("net.onnx", (X, Y), eb.top1), samples()) is None
