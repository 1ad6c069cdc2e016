"""Recurrent cells: weights are (directions, gates x hidden, features) and the like for the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect.onnx_rules.view import MICROSOFT, Table, View, product

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.artifacts.inspect.onnx_rules.view import Shape, Shapes


def recurrent(view: View) -> int:
    """At every step of every sample all weights once; peepholes and gates are element by element."""
    first, second = view.shape(0)[:2]  # steps and samples, or the other way round by `layout`
    return first * second * (product(view.shape(1)) + product(view.shape(2)))


def recurrent_shape(view: View) -> tuple[Shape, ...]:
    """Outputs of `DynamicQuantizeLSTM`: of all steps, and the two states after the last one."""
    steps, samples = view.shape(0)[:2]
    directions, hidden = view.shape(1)[0], int(view.attribute("hidden_size"))
    state = (directions, samples, hidden)
    return (steps, directions, samples, hidden), state, state


RULES: Table = {
    ("", "LSTM"): recurrent,
    ("", "GRU"): recurrent,
    ("", "RNN"): recurrent,
    (MICROSOFT, "DynamicQuantizeLSTM"): recurrent,
}
SHAPES: Mapping[tuple[str, str], Shapes] = {(MICROSOFT, "DynamicQuantizeLSTM"): recurrent_shape}
