"""Types and small values of one ONNX node's outputs, from those of its inputs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnx.defs
import onnx.helper
import onnx.numpy_helper
import onnx.shape_inference

from pytest_edgebench.artifacts.inspect.onnx_same import rewritten
from pytest_edgebench.artifacts.inspect.onnx_values import SMALL, Values, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    Array = np.ndarray[Any, np.dtype[Any]]

FOLDED = frozenset(
    [
        "Abs",
        "Add",
        "And",
        "Cast",
        "Ceil",
        "Concat",
        "ConstantOfShape",
        "Div",
        "Equal",
        "Expand",
        "Flatten",
        "Floor",
        "Gather",
        "GatherND",
        "Greater",
        "GreaterOrEqual",
        "Identity",
        "Less",
        "LessOrEqual",
        "Max",
        "Min",
        "Mod",
        "Mul",
        "Neg",
        "Not",
        "Or",
        "Pow",
        "Range",
        "ReduceMax",
        "ReduceMin",
        "ReduceProd",
        "ReduceSum",
        "Reshape",
        "ScatterND",
        "Sign",
        "Slice",
        "Split",
        "Sqrt",
        "Squeeze",
        "Sub",
        "Tile",
        "Transpose",
        "Trilu",
        "Unsqueeze",
        "Where",
        "Xor",
        "Round",
        "CumSum",
        "ArgMax",
        "ArgMin",
        "NonZero",
        "TopK",
    ]
)
"""Operators of which shapes and trip counts are made: done where all that they read is known and small."""
CONTEXT: Mapping[str, Any] = {"log": lambda *_: None, "verbose": 0, "new_ops": None, "evaluator_cls": None}


def infer(node: onnx.NodeProto, values: Values, opsets: Mapping[str, int]) -> None:
    """Put into `values` what a node without bodies writes; what cannot be told is forgotten."""
    for name in node.output:
        if name:
            values.forget(name)
    if node.op_type in ("Shape", "Size") and node.domain in ("", "ai.onnx"):
        shape = values.shape(node.input[0])
        if shape is not None:
            values.set_number(node.output[0], _shape_value(node, shape))
            return
    if _fold(node, values, opsets):
        return
    for name, kind in _types(node, values, opsets).items():
        values.types[name] = kind


def _shape_value(node: onnx.NodeProto, shape: tuple[int, ...]) -> Array:
    if node.op_type == "Size":
        size = 1
        for length in shape:
            size *= length
        return np.asarray(size, np.int64)
    given = {a.name: a.i for a in node.attribute}
    return np.asarray(shape[given.get("start", 0) : given.get("end", len(shape))], np.int64)


def _fold(node: onnx.NodeProto, values: Values, opsets: Mapping[str, int]) -> bool:
    """Work a node out where all it reads is known; whether it was."""
    if node.domain not in ("", "ai.onnx") or node.op_type not in FOLDED:
        return False
    if any(name and name not in values.numbers for name in node.input):
        return False
    if node.op_type in ("ConstantOfShape", "Expand", "Tile", "Range") and _large(node, values):
        return False
    from onnx.reference.ops import load_op

    try:
        operator: Any = load_op("", node.op_type, opsets[""])
        run = operator(node, {**CONTEXT, "opsets": dict(opsets), "existing_functions": {}})
        results = run.run(*(values.numbers[name] if name else None for name in node.input))
    except Exception:  # noqa: BLE001 - the reference raises what it likes; the types do then
        return False
    for name, result in zip(node.output, results, strict=False):
        if name and isinstance(result, (np.ndarray, np.generic)) and result.size <= SMALL:
            values.set_number(name, np.asarray(result))
    return all(not name or name in values.numbers for name in node.output)


def _large(node: onnx.NodeProto, values: Values) -> bool:
    """Whether what is to be written would be more than a shape or an index."""
    numbers = [values.numbers[name] for name in node.input]
    if node.op_type == "Range":
        start, limit, delta = (float(number.reshape(-1)[0]) for number in numbers)
        return not delta or abs((limit - start) / delta) > SMALL
    if node.op_type == "ConstantOfShape":
        return bool(np.prod(numbers[0].astype(np.float64)) > SMALL)
    return bool(np.prod(np.maximum(numbers[1], 1).astype(np.float64)) * max(1, numbers[0].size) > SMALL)


def _types(node: onnx.NodeProto, values: Values, opsets: Mapping[str, int]) -> dict[str, onnx.TypeProto]:
    """Types of the outputs by ONNX's own rule; {} where it has none, or what it reads is not known."""
    asked = rewritten(node)
    if asked is None:
        return {}
    schema = _schema(asked.op_type, asked.domain, opsets.get(asked.domain, 1))
    if schema is None or any(name and name not in values.types for name in asked.input):
        return {}
    types = {name: values.types[name] for name in asked.input if name}
    data = {n: _tensor(n, values.numbers[n]) for n in asked.input if n in values.numbers}
    imports = [onnx.helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    try:
        found: dict[str, onnx.TypeProto] = onnx.shape_inference.infer_node_outputs(
            schema, asked, types, data, opset_imports=imports
        )
    except Exception:  # noqa: BLE001 - a contradiction, a type it does not expect: then it is not known
        return {}
    return found


def _tensor(name: str, number: Array) -> onnx.TensorProto:
    return onnx.numpy_helper.from_array(np.ascontiguousarray(number).reshape(number.shape), name)


@cache
def _schema(op_type: str, domain: str, version: int) -> onnx.defs.OpSchema | None:
    try:
        return onnx.defs.get_schema(op_type, version, "" if domain == "ai.onnx" else domain)
    except Exception:  # noqa: BLE001 - SchemaError is not exported everywhere
        return None


def stored_types(model: onnx.ModelProto, symbols: Mapping[str, int]) -> dict[str, onnx.TypeProto]:
    """Types that the file itself tells of its values, with the lengths that their symbols have in a call."""
    from pytest_edgebench.artifacts.inspect.onnx_names import graphs

    found = {}
    for graph in graphs(model.graph):
        for value in (*graph.value_info, *graph.output):
            kind = onnx.TypeProto()
            kind.CopyFrom(value.type)
            for dim in kind.tensor_type.shape.dim if kind.HasField("tensor_type") else ():
                if not dim.HasField("dim_value") and dim.dim_param in symbols:
                    dim.dim_value = symbols[dim.dim_param]
            if shape_of(kind) is not None:
                found[value.name] = kind
    return found
