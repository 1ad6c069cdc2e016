"""A copy of a ``.tflite`` file that also answers what lies between its operators.

Runtimes that keep inner tensors do so without their fast kernels, whose numbers are the ones that matter.
Tensors that are outputs of the graph are kept by every runtime with the kernels it always takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64")


@dataclass(frozen=True, slots=True)
class Inner:
    """A tensor that an operator of the graph makes.

    Attributes:
        name, operator: of the tensor, and what makes it, e.g. "CONV_2D".
        step: number of the operator, from 1. output: its place among the copy's outputs.
    """

    name: str
    operator: str
    step: int
    output: int


def expose(source: Path, copy: Path) -> tuple[Inner, ...]:
    """Write the copy; the tensors it shows, in the order they are made, after the graph's own outputs."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    operators = {
        value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)
    }
    numbers = {getattr(schema.TensorType, name) for name in NUMBERS}
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(source.read_bytes(), 0))
    graph = model.subgraphs[0]
    shown = [int(index) for index in graph.outputs]
    inner = []
    for step, operator in enumerate(graph.operators, 1):
        code = model.operatorCodes[operator.opcodeIndex]
        kind = operators.get(max(code.builtinCode, code.deprecatedBuiltinCode), "CUSTOM")
        for index in map(int, operator.outputs):
            tensor = graph.tensors[index]
            if index < 0 or tensor.type not in numbers or tensor.isVariable:
                continue
            if index not in shown:
                shown.append(index)
            name = tensor.name.decode() if isinstance(tensor.name, bytes) else str(tensor.name or "")
            inner.append(Inner(name, kind, step, shown.index(index)))
    graph.outputs = shown
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    copy.write_bytes(builder.Output())
    return tuple(inner)
