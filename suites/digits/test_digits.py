"""What the compressed digit networks promise on every profile.

Sizes and accuracies are those of both formats with a margin for other versions of the exporters and other
processors, on which training ends in other weights. Names of profiles are left out on purpose: a project with
profiles of its own can run the suite on them.
"""

from __future__ import annotations

import pytest_edgebench as eb


@eb.cases(recipes="original")
@eb.budget(models="cnn", accuracy="97 %", size="90 kB", macs="500 k")
@eb.budget(models="mlp", accuracy="94 %", size="220 kB", macs="55 k")
def test_networks(edge: eb.Edge) -> None:
    """The float networks are what the recipes start from: trained, and of the size that is meant."""
    edge.check()


@eb.budget(models="cnn", accuracy=["97 %", "model - 1 points"])
@eb.budget(models="mlp", accuracy=["94 %", "model - 1 points"])
@eb.budget(models="cnn", recipes="*int8", size=["29 kB", "model - 60 %"])
@eb.budget(models="mlp", recipes="*int8", size=["68 kB", "model - 60 %"])
@eb.budget(models="cnn", recipes="fp16", size=["48 kB", "model - 40 %"])
@eb.budget(models="mlp", recipes="fp16", size=["112 kB", "model - 40 %"])
# All run in 2 to 100 µs, where the work saved is less than that of converting: int8 takes 0.5 to 1.3 times as
# long as float, fp16 as long (x86 processors compute it in float). None may take twice as long.
@eb.budget(latency=["1 ms", "model + 100 %"])
# Known to be slower: ONNX Runtime has no fast kernel for convolutions with activations quantized while it
# runs; 4 times as long on a processor without VNNI, and up to 11 times where static int8 has fast kernels.
@eb.budget(models="cnn", recipes="dynamic_int8", latency="model + 1900 %")
def test_budget(edge: eb.Edge) -> None:
    edge.check()


@eb.cases(recipes="*int8")
def test_no_float_is_left(edge: eb.Edge) -> None:
    """Every convolution and matrix product runs on integers."""
    assert edge.ops.float == 0


@eb.cases(recipes="pruned_int8")
def test_half_of_the_weights_are_zero(edge: eb.Edge) -> None:
    """Pruning comes before quantizing, which must keep what it removed."""
    counts = edge.steps[-1].after
    assert counts is not None
    assert counts.zeros >= 0.45 * counts.parameters
