"""What the compressed transformer promises on every profile.

Sizes and accuracies are those of both formats with a margin for other versions of the exporters and of Babel,
and for other processors, on which training ends in other weights.
"""

from __future__ import annotations

import pytest_edgebench as eb


@eb.cases(recipes="original")
@eb.budget(accuracy="82 %", size="420 kB", macs="3 M")
def test_network(edge: eb.Edge) -> None:
    """Chance is 8.3 %."""
    edge.check()


@eb.budget(accuracy=["82 %", "model - 1.5 points"])
@eb.budget(recipes="*int8", size=["230 kB", "model - 35 %"])
@eb.budget(recipes="fp16", size=["270 kB", "model - 30 %"])
# Normalisations and softmax stay in float between int8 products, and each way there and back costs time.
@eb.budget(latency=["5 ms", "model + 300 %"])
# The first layer is a convolution, for which ONNX Runtime has no fast kernel with activations quantized while
# it runs.
@eb.budget(recipes="dynamic_int8", latency="model + 1900 %")
def test_budget(edge: eb.Edge) -> None:
    edge.check()


@eb.cases(recipes="static_int8")
def test_no_product_is_left_in_float(edge: eb.Edge) -> None:
    assert edge.ops.float == 0
