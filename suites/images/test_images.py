"""What the compressed networks of images promise on every profile.

Sizes and scores are those of both formats with a margin for other processors, on which training ends in other
weights. The half minute of training reaches far less on CIFAR-10 than on digits.
"""

from __future__ import annotations

import pytest_edgebench as eb
from pytest_edgebench.suites.images import pictures

ACCURACY = "40 %" if pictures.given() else "92 %"


@eb.cases(recipes="original")
@eb.budget(accuracy=ACCURACY)
@eb.budget(models="resnet8", size="345 kB", macs="13 M")
@eb.budget(models="mobilenet", size="175 kB", macs="1.25 M")
def test_networks(edge: eb.Edge) -> None:
    """The float networks are what the recipes start from: trained, and of the size that is meant."""
    edge.check()


@eb.budget(accuracy=[ACCURACY, "model - 3 points"])
@eb.budget(models="resnet8", recipes="static_int8", size=["110 kB", "model - 65 %"])
@eb.budget(recipes="narrow_int8", size=["75 kB", "model - 75 %"])
@eb.budget(models="mobilenet", recipes="static_int8", size=["80 kB", "model - 45 %"])
@eb.budget(models="resnet8", recipes="fp16", size=["180 kB", "model - 40 %"])
@eb.budget(models="mobilenet", recipes="fp16", size=["100 kB", "model - 35 %"])
# Depthwise convolutions have little work to save: ONNX Runtime takes 1.3 times as long in int8.
@eb.budget(latency=["10 ms", "model + 200 %"])
def test_budget(edge: eb.Edge) -> None:
    edge.check()


@eb.cases(recipes="*int8")
def test_no_float_is_left(edge: eb.Edge) -> None:
    """Every convolution and matrix product runs on integers."""
    assert edge.ops.float == 0


@eb.cases(recipes="narrow_int8")
def test_fewer_channels_are_less_work(edge: eb.Edge) -> None:
    """Work falls with the square of the channels: to less than three quarters."""
    assert edge.macs < "8 M"
