"""What the compressed signal networks promise on every profile.

Sizes and scores are those of both formats with a margin for other processors, on which training ends in other
weights. The recordings and what is generated instead of them are not equally hard.
"""

from __future__ import annotations

import pytest_edgebench as eb
from pytest_edgebench.suites.signals import ecg, motion

MOTIONS = "97 %" if motion.given() else "90 %"
"""39 of 40 recordings; MultiRocket, of some 50,000 features, has all 40 (a test of sktime asserts it)."""
BEATS = "0.9"
BETTER = 0.3
"""How much more macro-F1 than by calling every beat normal there must be."""


@eb.cases(recipes="original")
@eb.budget(models="motions", accuracy=MOTIONS, size="55 kB", macs="560 k")
@eb.budget(models="beats", f1=BEATS, size="30 kB", macs="280 k")
def test_networks(edge: eb.Edge) -> None:
    """The float networks are what the recipes start from: trained, and of the size that is meant."""
    edge.check()


@eb.budget(models="motions", accuracy=MOTIONS)
@eb.budget(models="beats", f1=[BEATS, "model - 5 points"])
@eb.budget(models="motions", recipes=["*int8", "pruned*"], size=["25 kB", "model - 45 %"])
@eb.budget(models="beats", recipes=["*int8", "pruned*"], size=["18.5 kB", "model - 28 %"])
@eb.budget(models="motions", recipes="fp16", size=["33 kB", "model - 30 %"])
@eb.budget(models="beats", recipes="fp16", size=["21 kB", "model - 20 %"])
# All run in 5 to 50 µs, where the work saved is less than that of converting. None may take twice as long.
@eb.budget(latency=["1 ms", "model + 100 %"])
# ONNX Runtime has no fast kernel for convolutions with activations quantized while it runs: 3 to 4 times.
@eb.budget(recipes="dynamic_int8", latency="model + 1900 %")
def test_budget(edge: eb.Edge) -> None:
    edge.check()


@eb.cases(recipes=["*int8", "pruned*"])
def test_no_float_is_left(edge: eb.Edge) -> None:
    """Every convolution and matrix product runs on integers."""
    assert edge.ops.float == 0


@eb.cases(recipes="pruned*")
def test_half_of_the_weights_are_zero(edge: eb.Edge) -> None:
    """Pruning comes before quantizing, which must keep what it removed."""
    counts = edge.steps[-1].after
    assert counts is not None
    assert counts.zeros >= 0.4 * counts.parameters


@eb.cases(models="beats", recipes=["original", "*int8", "pruned*", "fp16"])
def test_better_than_calling_every_beat_normal(edge: eb.Edge) -> None:
    """Nearly all beats are normal, so an answer that never says anything else is 98 to 99 % accurate."""
    always = ecg.always_normal(ecg.held_out(ecg.given())[1])
    assert edge.f1.value > always + BETTER
