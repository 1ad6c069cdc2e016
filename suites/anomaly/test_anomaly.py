"""What the compressed auto-encoders promise on every profile.

Sizes and scores are those of both formats with a margin for other processors, on which training ends in other
weights.
"""

from __future__ import annotations

import pytest_edgebench as eb


@eb.cases(recipes="original")
@eb.budget(models="low_digits_ae", auc="0.92", size="40 kB", macs="8 k")
@eb.budget(models="machine_ae", auc="0.85", size="180 kB", macs="44 k")
def test_networks(edge: eb.Edge) -> None:
    """The float networks are what the recipes start from: trained, and of the size that is meant."""
    edge.check()


@eb.budget(models="low_digits_ae", auc=["0.92", "model - 3 points"])
@eb.budget(models="machine_ae", auc=["0.85", "model - 3 points"])
@eb.budget(models="low_digits_ae", recipes=["*int8", "pruned*"], size=["17 kB", "model - 40 %"])
@eb.budget(models="machine_ae", recipes=["*int8", "pruned*"], size=["66 kB", "model - 55 %"])
@eb.budget(models="low_digits_ae", recipes="fp16", size=["21 kB", "model - 30 %"])
@eb.budget(models="machine_ae", recipes="fp16", size=["98 kB", "model - 40 %"])
# All run in 0.5 to 9 µs; ONNX Runtime takes up to twice as long in int8, as it converts inputs and outputs.
@eb.budget(latency=["1 ms", "model + 300 %"])
def test_budget(edge: eb.Edge) -> None:
    edge.check()


@eb.cases(recipes=["*int8", "pruned*"])
def test_no_float_is_left(edge: eb.Edge) -> None:
    """Every matrix product runs on integers."""
    assert edge.ops.float == 0
