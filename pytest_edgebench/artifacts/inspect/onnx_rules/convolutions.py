"""Convolutions. Weights are (out, in / group, taps...), of the transposed ones (in, out / group, taps...)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect.onnx_rules.view import MICROSOFT, Table, View, product

if TYPE_CHECKING:
    from pytest_edgebench.artifacts.inspect.onnx_rules.view import Rule


def convolution(view: View, weight: int = 1) -> int:
    """Every output element sums over the taps of the channels of its group."""
    return product(view.written()) * product(view.shape(weight)[1:])


def transposed(view: View) -> int:
    """Every input element is spread over the taps of the outputs of its group."""
    return product(view.shape(0)) * product(view.shape(1)[1:])


_QLINEAR: Rule = partial(convolution, weight=3)
RULES: Table = {
    ("", "Conv"): convolution,
    ("", "ConvInteger"): convolution,
    ("", "DeformConv"): convolution,  # what it takes to read between pixels is not counted
    ("", "QLinearConv"): _QLINEAR,
    ("", "ConvTranspose"): transposed,
    ("", "CausalConvWithState"): convolution,
    (MICROSOFT, "QLinearConv"): _QLINEAR,
    (MICROSOFT, "FusedConv"): convolution,
    (MICROSOFT, "NhwcFusedConv"): convolution,
    (MICROSOFT, "NhwcConv"): convolution,
    (MICROSOFT, "ConvTransposeWithDynamicPads"): transposed,
}
