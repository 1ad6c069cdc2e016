"""Samples of differing shapes, in each form that can hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.base.errors import DataError
from pytest_edgebench.declare.model import Model
from pytest_edgebench.samples.data import calibration, load
from pytest_edgebench.samples.forms import batches, dataset
from pytest_edgebench.samples.ragged_calls import RaggedGiven
from pytest_edgebench.samples.stream import in_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTHS = [3, 3, 5, 2, 2, 2, 4]
X = [np.full((n, 2), n, "float32") for n in LENGTHS]
Y = list(range(7))


class Rows:
    def __len__(self) -> int:
        return 7

    def __getitem__(self, n: int) -> Any:
        return X[n], Y[n]


def made() -> Iterator[Any]:
    yield np.stack(X[:2]), Y[:2]
    yield X[2:], Y[2:]


def objects() -> Any:
    found = np.empty(7, object)
    for n, x in enumerate(X):
        found[n] = x
    return found


FORMS: dict[str, Any] = {
    "list of arrays": (X, Y),
    "lists": ([x.tolist() for x in X], Y),
    "objects": (objects(), Y),
    "mapping": ({"input_0": X}, Y),
    "data set": Rows(),
    "batches": made,
    "function": lambda: (X, Y),
}


def of(data: Any, **more: Any) -> Model:
    return Model("net.onnx", data, eb.top1, place="conftest.py:7", name="m", **more)


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_each_form(form: str, held: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not held:
        for module in (batches, dataset):
            monkeypatch.setattr(module, "HELD_BYTES", 30)
    samples = load(of(FORMS[form]))
    walked = [given["input_0"].copy() for given in samples.walk(lambda: 2, 1)]
    assert [piece.shape for piece in walked] == [(2, 3, 2), (1, 5, 2), (2, 2, 2), (1, 2, 2), (1, 4, 2)]
    for one, x in zip([row for piece in walked for row in piece], X, strict=True):
        np.testing.assert_array_equal(one, x)
    assert samples.count == 7
    assert samples.lengths()["input_0"].least == (2, 2)
    assert samples.lengths()["input_0"].most == (5, 2)
    np.testing.assert_array_equal(samples.take([3, 5])["input_0"], np.stack([X[3], X[5]]))
    np.testing.assert_array_equal(samples.each([6])[0]["input_0"], X[6])
    assert in_memory(samples)[0]["input_0"][2].shape == (5, 2)
    with pytest.raises(DataError, match=r"differ in shape, and can only be run one at a time"):
        list(samples.walk(lambda: 4, 2))
    assert samples.inputs_key() == load(of(FORMS[form])).inputs_key()


@pytest.mark.parametrize("form", FORMS)
def test_calibration(form: str) -> None:
    given = FORMS[form]
    for model in (of((X, Y), calibration=given), of((X, Y))):
        found, _ = calibration(model, 4)
        assert isinstance(found, RaggedGiven)
        calls = found.samples["input_0"]
        assert len(calls) == 4
        assert {len(calls[n : n + 1]) for n in range(4)} == {1}
        assert calls.shape[0] == 4
        assert calls[np.array([2, 0])][0:1].shape == calls[2:3].shape
        assert calls.cut(2).astype("float64").dtype == np.float64


def test_sequences_of_differing_length() -> None:
    state = eb.State("next", initial=np.zeros((1, 2), "float32"), reset="sequence")
    samples = load(of(({"x": X, "h": state}, Y)))
    steps = [given["x"].shape for given in samples.walk(lambda: 9, 1)]
    assert steps == [(2, 3, 2), (1, 5, 2), (3, 2, 2), (1, 4, 2)]
    given, _ = calibration(of(({"x": X, "h": state}, Y), calibration={"x": X, "h": state}), 5)
    found = given.calls(5)
    assert len(found["x"]) == 5
    assert found["x"][0:1].shape == found["h"][0:1].shape == (1, 2)
    other = {"x": X, "b": X[::-1], "h": state}
    with pytest.raises(DataError, match="different numbers of steps"):
        load(of((other, Y)))


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ([X[0], X[0][0]], "an array of Python objects"),
        ([X[0], "text"], "an array of Python objects"),
        ([np.float32(1), X[0]], "an array of Python objects"),
        ([X[0], X[2] * np.nan], "contains NaN"),
        ({"a": X, "b": X[:3]}, "different numbers of samples"),
    ],
)
def test_refused(inputs: Any, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        load(of((inputs, Y[: len(inputs)] if isinstance(inputs, list) else Y)))
