"""SmoothQuant (Xiao et al. 2022): channels with large values hand them on to the weights that they meet.

A product's input has one scale for all channels, so that a few large ones take the bits of the others. They
are divided in the normalisation before it, whose own weights take up the division, and the rows of the
product's weight are multiplied by as much: the float model stays what it was, and no operator is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import numpy_helper

from pytest_edgebench.compressors.onnx_form.pairs import is_reduced
from pytest_edgebench.compressors.onnx_form.ranges import session_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from pytest_edgebench.compressors.onnx_form.ranges import Calls

    Array = np.ndarray[Any, np.dtype[Any]]

SHARE = 0.85
"""How much of the difference between channels goes to the weights. The authors' 0.5 is for weights with one
scale; on a GPT-2 of three layers whose weights have one for each channel 0.85 was 0.3 dB better."""


@dataclass(frozen=True, slots=True)
class Place:
    """Attributes:
    tensor: that is divided, channels last.
    factors: initialisers of the operator that makes it, all of which are divided.
    products: (weight, whether its rows lie along the second axis) of all that read the tensor.
    """

    tensor: str
    factors: tuple[str, ...]
    products: tuple[tuple[str, bool], ...]


def smooth(prepared: Path, model: onnx.ModelProto, calls: Calls, left_out: Collection[str]) -> bool:
    """Smooth a model in place; whether there was anything to do.

    Args:
        prepared: where the model lies. left_out: names of nodes that stay float.
    """
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    found = places(model, weights, left_out)
    if not found:
        return False
    largest = {place.tensor: np.zeros(1, np.float32) for place in found}
    session = session_of(onnx.load(prepared), prepared.with_suffix(".augmented.onnx"), [*largest])
    for call in calls():
        for name, array in zip(largest, session.run([*largest], dict(call)), strict=True):
            whole = np.abs(array).reshape(-1, array.shape[-1]).max(0, initial=0)
            largest[name] = np.maximum(largest[name], whole)
    for place in found:
        _divide(place, largest[place.tensor], weights)
    return True


def places(
    model: onnx.ModelProto, weights: Mapping[str, onnx.TensorProto], left_out: Collection[str]
) -> list[Place]:
    """Where channels can be divided: by an operator that scales each, before nothing but products."""
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    kept = {value.name for value in model.graph.output}
    found = []
    for node in model.graph.node:
        factors = _factors(node, weights)
        if not factors or any(len(readers[name]) > 1 for name in factors):
            continue
        width = weights[factors[0]].dims[0]
        products = _products(node.output[0], readers, kept)
        known = [
            p for p in products or () if p.name not in left_out and _turned(p, weights, width) is not None
        ]
        names = [p.input[1] for p in known]
        if products and len(known) == len(products) and all(len(readers[name]) == 1 for name in names):
            pairs = tuple((p.input[1], bool(_turned(p, weights, width))) for p in known)
            if not any(_trained(weights[name], turned) for name, turned in pairs):
                found.append(Place(node.output[0], factors, pairs))
    return found


def _factors(node: onnx.NodeProto, weights: Mapping[str, onnx.TensorProto]) -> tuple[str, ...]:
    """The weights of a normalisation, or of a product with a number for each channel; else none."""
    at = {"LayerNormalization": node.input[1:], "Mul": node.input}.get(node.op_type, ())
    names = tuple(name for name in at if name in weights)
    wanted = len([name for name in at if name]) if node.op_type == "LayerNormalization" else 1
    flat = all(len(weights[name].dims) == 1 and weights[name].dims[0] > 1 for name in names)
    return names if names and len(names) == wanted and flat else ()


def _products(
    tensor: str, readers: Mapping[str, list[onnx.NodeProto]], kept: Collection[str]
) -> list[onnx.NodeProto] | None:
    """The products that read a tensor, also by a Reshape; None where anything else does."""
    found: list[onnx.NodeProto] = []
    for node in readers.get(tensor, ()):
        if node.op_type == "Reshape" and node.input[0] == tensor:
            behind = _products(node.output[0], readers, kept)
            if behind is None:
                return None
            found += behind
        elif node.op_type in ("MatMul", "Gemm") and node.input[0] == tensor:
            found.append(node)
        else:
            return None
    return None if tensor in kept else found


def _turned(node: onnx.NodeProto, weights: Mapping[str, onnx.TensorProto], width: int) -> bool | None:
    """Whether a product's weight is (out, in); None where it has not the width that is divided."""
    tensor = weights.get(node.input[1])
    if tensor is None or len(tensor.dims) != 2 or any(a.name == "transA" and a.i for a in node.attribute):
        return None
    turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
    return turned if tensor.dims[1 if turned else 0] == width else None


def _trained(tensor: onnx.TensorProto, turned: bool) -> bool:
    """Whether its columns are whole steps already, of which a multiple is none."""
    values = numpy_helper.to_array(tensor)
    return bool(is_reduced(values.T if turned else values).any())


def _divide(place: Place, largest: Array, weights: Mapping[str, onnx.TensorProto]) -> None:
    values = {name: numpy_helper.to_array(weights[name]) for name, _ in place.products}
    rows = np.max([np.abs(values[n].T if turned else values[n]).max(1) for n, turned in place.products], 0)
    by = np.maximum(largest, 1e-5) ** SHARE / np.maximum(rows, 1e-5) ** (1 - SHARE)
    by = (by / np.exp(np.log(by).mean())).astype(np.float32)
    for name in place.factors:
        _write(weights[name], numpy_helper.to_array(weights[name]) / by)
    for name, turned in place.products:
        _write(weights[name], values[name] * (by[None] if turned else by[:, None]))


def _write(tensor: onnx.TensorProto, values: Array) -> None:
    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), tensor.name))
