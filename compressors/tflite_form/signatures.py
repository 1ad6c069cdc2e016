"""TFLite files by signature: one that can be calibrated, and what the others compute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from pytest_edgebench.compressors.tflite_form.plain import expanded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def named(path: Path) -> list[str]:
    """Names of the signatures of a file."""
    return [*Interpreter(str(path)).get_signature_list()]


def plain(source: Path, target: Path, *, signed: bool = False) -> Path:
    """The file itself, or `target`: a copy with plain weights, names used once and, if `signed`, a signature.

    Without a signature a file cannot be calibrated; and two signatures often have tensors of one name, by
    which the quantizer tells them apart.
    """
    content = source.read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    unsigned = signed and not model.signatureDefs
    other = [_rename(model), _is_whole(model) and expanded(model)]
    if not any(other) and not unsigned:
        return source
    if unsigned:
        graph = model.subgraphs[0]
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = "serving_default", 0
        signature.inputs = [_entry(f"input_{n}", index) for n, index in enumerate(graph.inputs)]
        signature.outputs = [_entry(f"output_{n}", index) for n, index in enumerate(graph.outputs)]
        model.signatureDefs = [signature]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    target.write_bytes(builder.Output())
    return target


def _is_whole(model: Any) -> bool:
    """Whether all weights lie within the flatbuffer, as they do but in the largest files."""
    return not any(buffer.offset and buffer.offset > 1 for buffer in model.buffers)


def _rename(model: Any) -> bool:
    """Give each tensor a name of its own, in place; whether any got another."""
    names: set[bytes] = set()
    renamed = False
    for at, graph in enumerate(model.subgraphs):
        for number, tensor in enumerate(graph.tensors):
            if tensor.name in names:
                tensor.name = b"%s@%d.%d" % (tensor.name, at, number)
                renamed = True
            names.add(tensor.name)
    return renamed


def _entry(name: str, index: int) -> Any:
    tensor = schema.TensorMapT()
    tensor.name, tensor.tensorIndex = name, int(index)
    return tensor


def with_lengths(source: Path, target: Path, key: str, lengths: Mapping[str, tuple[int, ...]]) -> Path:
    """Write a copy whose free axes are stored with the lengths of a call; `target`.

    Args:
        key: of a signature; "" for the only one. lengths: of its inputs, by name.
    """
    content = source.read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    signature = next(each for each in model.signatureDefs if key in ("", each.signatureKey.decode()))
    tensors = model.subgraphs[signature.subgraphIndex].tensors
    for entry in signature.inputs:
        tensors[entry.tensorIndex].shape = list(lengths[entry.name.decode()])
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    target.write_bytes(builder.Output())
    return target


def positions(source: Path, key: str) -> dict[str, int]:
    """Name of each input of a signature → its place among the inputs of the graph."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(source.read_bytes(), 0))
    (signature,) = [each for each in model.signatureDefs if each.signatureKey.decode() == key]
    order = [int(index) for index in model.subgraphs[signature.subgraphIndex].inputs]
    return {each.name.decode(): order.index(int(each.tensorIndex)) for each in signature.inputs}


def others(model: Any, key: str) -> list[int]:
    """Subgraphs that a signature does not run.

    Args:
        model: a file read by the schema's own object API.
    """
    todo = [each.subgraphIndex for each in model.signatureDefs if each.signatureKey.decode() == key]
    reached: set[int] = set()
    while todo:
        at = todo.pop()
        if at not in reached:
            reached.add(at)
            todo += [inner for op in model.subgraphs[at].operators for inner in _called(op)]
    return [at for at in range(len(model.subgraphs)) if at not in reached]


def _called(operator: Any) -> list[int]:
    """The subgraphs that an operator runs: bodies of loops and branches, decompositions."""
    options = (operator.builtinOptions, getattr(operator, "builtinOptions2", None))
    return [
        int(value)
        for each in options
        if each is not None
        for name, value in vars(each).items()
        if name.lower().endswith("subgraphindex")
    ]
