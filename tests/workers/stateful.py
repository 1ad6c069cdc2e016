"""A recurrent ONNX file with its state as an input, and what it answers, in numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, UNITS = 3, 4
RNG = np.random.default_rng(0)
WX, WH = RNG.normal(size=(WIDTH, UNITS)).astype("float32"), RNG.normal(size=(UNITS, UNITS)).astype("float32")


def recurrent(path: Path, *, batch: int | str = "n") -> Path:
    """y = tanh(scale (x Wx + h Wh)) for x (n, 3), h (1, n, 4) and a scalar; the next h is y as (1, n, 4)."""
    nodes = [
        helper.make_node("MatMul", ["x", "wx"], ["a"]),
        helper.make_node("Squeeze", ["h", "zero"], ["h2"]),
        helper.make_node("MatMul", ["h2", "wh"], ["b"]),
        helper.make_node("Add", ["a", "b"], ["c"]),
        helper.make_node("Mul", ["c", "scale"], ["d"]),
        helper.make_node("Tanh", ["d"], ["y"]),
        helper.make_node("Unsqueeze", ["y", "zero"], ["next_h"]),
    ]

    def info(name: str, *shape: int | str) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        "g",
        [info("x", batch, WIDTH), info("h", 1, batch, UNITS), info("scale")],
        [info("y", batch, UNITS), info("next_h", 1, batch, UNITS)],
        [
            numpy_helper.from_array(WX, "wx"),
            numpy_helper.from_array(WH, "wh"),
            numpy_helper.from_array(np.array([0]), "zero"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def answers(x: Any, scale: float, reset: str, start: float = 0.0) -> Any:
    """Of x (n, steps, 3), reset "sample" (each step), "sequence" or "never": (n, steps, 4)."""
    found = np.zeros((*x.shape[:2], UNITS), "float32")
    h = np.full(UNITS, start, "float32")
    for i, sequence in enumerate(x):
        h = np.full(UNITS, start, "float32") if reset == "sequence" else h
        for t, step in enumerate(sequence):
            h = np.full(UNITS, start, "float32") if reset == "sample" else h
            h = found[i, t] = np.tanh(scale * (step @ WX + h @ WH))
    return found
