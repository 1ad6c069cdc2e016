"""Recurrent cells: weights are (directions, gates x hidden, features) and the like for the state."""

from __future__ import annotations

from pytest_edgebench.artifacts.inspect.onnx_rules.view import MICROSOFT, Table, View, product


def recurrent(view: View) -> int:
    """At every step of every sample all weights once; peepholes and gates are element by element."""
    first, second = view.shape(0)[:2]  # steps and samples, or the other way round by `layout`
    return first * second * (product(view.shape(1)) + product(view.shape(2)))


RULES: Table = {
    ("", "LSTM"): recurrent,
    ("", "GRU"): recurrent,
    ("", "RNN"): recurrent,
    (MICROSOFT, "DynamicQuantizeLSTM"): recurrent,
}
