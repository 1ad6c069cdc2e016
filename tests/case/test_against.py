"""A user's score on large outputs is drawn from what it gives for single samples, if it is their mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pytest_edgebench.case import against
from pytest_edgebench.declare.model import Model
from pytest_edgebench.declare.score import Score
from pytest_edgebench.measure.observer import Scored

N, WIDTH = 40, 1000


def mean_error(outputs: Any, labels: Any) -> float:
    return float(np.mean(np.abs(outputs - labels[:, None])))


def root_of_mean(outputs: Any, labels: Any) -> float:
    return float(np.sqrt(np.mean((outputs - labels[:, None]) ** 2)))


def needs_several(outputs: Any, labels: Any) -> float:
    if len(labels) < 2:
        raise ValueError("one sample")
    return mean_error(outputs, labels)


def scored(noise: float) -> Scored:
    rng = np.random.default_rng(int(noise * 1000))
    labels = np.arange(N, dtype=np.float32)
    outputs = (labels[:, None] + noise * rng.normal(size=(N, WIDTH)) * (1 + labels[:, None])).astype(
        np.float32
    )
    return Scored("error", None, (outputs,), None, labels)  # type: ignore[arg-type] # its metric is not asked for


@pytest.mark.parametrize(
    ("fn", "fast"),
    [(mean_error, True), (root_of_mean, False), (needs_several, False)],
    ids=["mean", "not a mean", "not of one"],
)
def test_draws_are_those_of_the_score(fn: Any, *, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def counted(outputs: Any, labels: Any) -> float:
        seen.append(len(labels))
        return float(fn(outputs, labels))

    model = Model("m.onnx", "m.npz", score=Score(counted, lower_is_better=True))
    plain = against.bootstrap(model, scored(0.2), scored(0.1))
    asked = len(seen)
    seen.clear()
    monkeypatch.setattr(against, "LARGE", 1)
    large = against.bootstrap(model, scored(0.2), scored(0.1))
    assert plain is not None
    assert large is not None
    assert np.allclose(large.draws, plain.draws, rtol=1e-4)
    assert (large.low(0.05), large.high(0.05)) == pytest.approx((plain.low(0.05), plain.high(0.05)), rel=1e-4)
    assert (len(seen) < asked / 10) is fast
