"""How a score differs from that of another file: what it is drawn from, and which outputs it looks at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pytest_edgebench.case import against
from pytest_edgebench.declare.model import Model
from pytest_edgebench.declare.score import Score
from pytest_edgebench.measure.observer import Scored
from pytest_edgebench.samples.scores import top1
from pytest_edgebench.samples.task_scores.perplexity import perplexity

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


def with_state(seed: int, score: Score, fed: int) -> Scored:
    """Outputs of 40 samples with 3 classes, and a state that is larger than all of them."""
    rng = np.random.default_rng(seed)
    outputs = [rng.normal(size=(N, 2, 3)).astype(np.float32), np.full((N, 2, 9), 1e3 * seed, np.float32)]
    if fed == 0:
        outputs.reverse()
    labels = rng.integers(0, 3, (N, 2))
    return Scored(score.name, None, tuple(outputs), None, labels, (fed,))  # type: ignore[arg-type]


@pytest.mark.parametrize("fed", [0, 1])
def test_an_output_that_feeds_a_state_is_not_looked_at(fed: int) -> None:
    model = Model("m.onnx", "m.npz", score=perplexity)
    found = against.bootstrap(model, with_state(1, perplexity, fed), with_state(1, perplexity, fed))
    assert found is not None
    assert found.drop == 0.0
    classes = Model("m.onnx", "m.npz", score=top1)
    one, other = with_state(1, top1, fed), with_state(2, top1, fed)
    at = 1 - fed
    differ = one.outputs[at].reshape(N, -1).argmax(1) != other.outputs[at].reshape(N, -1).argmax(1)
    assert against.changed(classes, one, other) == differ.sum() > 10
