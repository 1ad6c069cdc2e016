"""What a worker tells of a file's inputs and outputs is checked before anything is made of it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_edgebench.workers.told import interface

X: dict[str, Any] = {
    "name": "x",
    "shape": [None, 3],
    "dtype": "float32",
    "scale": None,
    "zero_point": 0,
    "kind": "tensor(float)",
}


def test_what_is_right_stays() -> None:
    found = interface({"inputs": [X], "outputs": [{**X, "dtype": "", "scale": 0.5}]})
    assert found.inputs == (X,)
    assert found.outputs[0]["scale"] == 0.5


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        {"inputs": "x", "outputs": []},
        {"inputs": [1], "outputs": []},
        *(
            {"inputs": [{**X, key: value}], "outputs": []}
            for key, value in [
                ("name", 3),
                ("name", "n" * 1000),
                ("shape", None),
                ("shape", [-1]),
                ("shape", [1.5]),
                ("shape", [True]),
                ("shape", [1] * 100),
                ("dtype", "object"),
                ("dtype", ["float32"]),
                ("scale", float("nan")),
                ("zero_point", None),
                ("kind", 1),
            ]
        ),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match=r"\bfor\b"):
        interface(told)
