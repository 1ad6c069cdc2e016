"""Roles of inputs as they are declared: samples, constants, state, and what each consumer gets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.base.errors import DataError
from pytest_edgebench.declare.model import Model
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.samples.data import calibration, example, load
from pytest_edgebench.samples.roles import Calls, Given, shortened
from pytest_edgebench.samples.stream import in_memory

X = np.random.default_rng(0).normal(size=(10, 3)).astype("float32")
Y = np.arange(10)


def model(inputs: Any, labels: Any = Y, **more: Any) -> Model:
    return Model("net.onnx", (inputs, labels), None, place="conftest.py:7", name="m", **more)  # type: ignore[arg-type]


def test_keys_without_roles_stay_as_they_were() -> None:
    plain, wrapped = load(model({"x": X})), load(model({"x": eb.Sample(X)}))
    assert plain.inputs_key() == digest({"x": X}) == wrapped.inputs_key()
    assert plain.key() == digest(({"x": X}, Y))


def test_each_part_of_a_role_is_in_the_key() -> None:
    def key(**roles: Any) -> str:
        return load(model({"x": X, **roles})).inputs_key()

    zeros = np.zeros((2, 1, 4))
    keys = [
        key(),
        key(c=eb.Constant(1)),
        key(c=eb.Constant(2)),
        key(s=eb.State("y")),
        key(s=eb.State("z")),
        key(s=eb.State("y", initial=1)),
        key(s=eb.State("y", initial=zeros, axis=1)),
        key(s=eb.State("y", reset="never")),
        key(s=eb.State(reset="never")),
    ]
    assert len(set(keys)) == len(keys)


def test_a_call_has_the_file_s_own_shapes() -> None:
    time_first = X.T.reshape(3, 10, 1)
    inputs = {
        "x": eb.Sample(time_first, axis=1),
        "rate": eb.Constant(16000),
        "state": eb.State("next", initial=np.zeros((2, 4)), axis=1),
    }
    loaded = load(model(inputs))
    first = loaded.first(5)
    assert list(first) == ["x", "rate", "state"]
    assert first["x"].shape == (5, 3, 1)
    assert {name: array.shape for name, array in first.call().items()} == {
        "x": (3, 5, 1),
        "rate": (),
        "state": (2, 5, 4),
    }
    np.testing.assert_array_equal(first.call()["x"], time_first[:, :5])
    assert {n: a.shape for n, a in in_memory(loaded)[0].items()} == {
        "x": (10, 3, 1),
        "rate": (10,),
        "state": (10, 2, 4),
    }
    assert example(model(inputs)).roles.axes_of_calls() == {"x": 1, "rate": None, "state": 1}


def test_calibration_gives_one_call_after_another() -> None:
    state = eb.State("next", initial=np.zeros((2, 1, 4), "float32"), axis=1)
    found, own = calibration(model({"x": X, "rate": eb.Constant(8000), "s": state}), 4)
    given = found.calls(4)
    assert not own
    assert len(given["x"]) == 4
    assert isinstance(given["rate"], Calls)
    assert given["rate"][2:3].shape == ()
    assert given["s"][2:3].shape == (2, 1, 4)
    assert given["s"].of(given["s"].array.astype("float64")).dtype == "float64"
    assert given["s"].shape == (4, 2, 4)
    cut = shortened(given, 2)
    assert [len(each) for each in cut.values()] == [2, 2, 2]


def test_sequences_are_taken_apart_for_calibration() -> None:
    steps = np.arange(40, dtype="float32").reshape(10, 2, 2)
    data = {"x": steps, "s": eb.State("y", initial=np.zeros((1, 2)), reset="sequence")}
    found, _ = calibration(model(data), 6)
    assert isinstance(found, Given)
    given = found.calls(6)
    assert given["x"].shape == (6, 2)
    fed = found.calls(6, {"s": np.arange(12.0).reshape(12, 1)})
    assert fed["s"][4:5].tolist() == [[4.0]]
    assert load(model(data)).first(3).call()["x"].shape == (3, 2)
    np.testing.assert_array_equal(load(model(data)).first(1).call()["x"], [[0, 1]])


@pytest.mark.parametrize(
    "inputs, said",
    [
        ({"c": eb.Constant(1)}, "inputs has no samples: c are constants or states"),
        ({"x": X, "s": eb.State("y", reset="often")}, "inputs['s'] has reset='often'"),  # type: ignore[arg-type]
        ({"x": X, "s": eb.State("y", axis=-1)}, "inputs['s'] has axis=-1"),
        ({"x": eb.Sample(X, axis=2)}, "inputs['x'] of shape (10, 3) has no axis 2"),
        ({"x": X, "s": eb.State("y", initial=np.zeros(3), axis=2)}, "initial of shape (3,) has no axis 2"),
        ({"x": X, "c": eb.Constant(object())}, "inputs['c'] has dtype object"),
        ({"x": Y, "s": eb.State("y", reset="sequence")}, "different numbers of steps (x: none)"),
    ],
)
def test_refused(inputs: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as error:
        load(model(inputs))
    assert said in error.value.what
    assert error.value.where == "conftest.py:7 (m)"
    assert error.value.fix


def test_inputs_of_different_numbers_of_steps() -> None:
    given = {"x": np.zeros((10, 3, 1)), "z": np.zeros((10, 4, 1)), "s": eb.State("y", reset="sequence")}
    with pytest.raises(DataError, match=r"x: 3, z: 4"):
        load(model(given))


def test_a_state_of_unknown_shape_cannot_be_exported() -> None:
    with pytest.raises(DataError, match="the shape of state 's' is not known") as error:
        example(model({"x": X, "s": eb.State("y")}))
    assert "initial=numpy.zeros" in error.value.fix


def test_samples_may_be_in_a_file(tmp_path: Any) -> None:
    np.save(tmp_path / "x.npy", X.T)
    loaded = load(model({"x": eb.Sample("x.npy", axis=1), "c": eb.Constant(1)}, folder=tmp_path))
    np.testing.assert_array_equal(loaded.first(10)["x"], X)
