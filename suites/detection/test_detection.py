"""What the compressed detector promises on every profile.

Sizes and precisions are those of both formats with a margin for other versions of the exporters and other
processors, on which training ends in other weights.
"""

from __future__ import annotations

import pytest_edgebench as eb

PRECISION = "mean_average_precision"


@eb.cases(recipes="original")
@eb.budget(metrics={PRECISION: "0.7"}, size="220 kB", macs="8 M")
def test_network(edge: eb.Edge) -> None:
    edge.check()


@eb.budget(metrics={PRECISION: ["0.68", "model - 4 points"]})
@eb.budget(recipes="*int8", size=["75 kB", "model - 60 %"])
@eb.budget(recipes="fp16", size=["115 kB", "model - 40 %"])
@eb.budget(latency=["20 ms", "model + 100 %"])
def test_budget(edge: eb.Edge) -> None:
    edge.check()


@eb.cases(recipes="*int8")
def test_no_float_is_left(edge: eb.Edge) -> None:
    """Every convolution runs on integers."""
    assert edge.ops.float == 0
