"""Outputs that differ in shape from sample to sample, next to the host's."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_edgebench.judge import agreement


def objects(*samples: Any) -> Any:
    found = np.empty(len(samples), object)
    for number, sample in enumerate(samples):
        found[number] = np.asarray(sample, "float32")
    return found


HOST = objects([[1, 2]], [[3, 4], [5, 6]], [[np.nan, 1]])


def test_samples_are_compared_one_by_one() -> None:
    same = agreement.compare("host", (HOST,), (objects(*HOST),), classes=True)
    assert (same.n, same.identical, same.agree) == (3, 3, None)
    host = objects([[1, 2]], [[3, 4], [5, 6]], [[7, 8]])
    other = objects([[1, 2]], [[3, 4], [5, 7]], [[7, 8], [9, 9]])
    twin = agreement.compare("host", (host,), (other,), classes=False)
    assert (twin.n, twin.identical) == (3, 1)
    assert twin.explained is not None
    assert 0.9 < twin.explained < 1
    assert agreement.worst_sample(twin, (host,), (other,)) is None
    assert agreement.in_units_of((host,), (other,), classes=True) == (other,)


def test_none_of_one_shape() -> None:
    twin = agreement.compare("host", (objects([1], [2]),), (objects([1, 1], [2, 2]),), classes=False)
    assert (twin.identical, twin.explained) == (0, None)
