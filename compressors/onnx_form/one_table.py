"""One table of blocks for an embedding and the product that reads it turned, as language models tie them.

The rows that the embedding looks up are the columns of the product's weight, and blocks of weights that
share a scale lie along them: what ``MatMulNBits`` holds is what ``GatherBlockQuantized`` reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TURNED = "@turned"
MICROSOFT = "com.microsoft"
FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)


def tied(graph: onnx.GraphProto, block: int) -> dict[str, list[onnx.NodeProto]]:
    """Table → the products that read it turned; where embeddings alone read it besides, in whole blocks."""
    weights = {
        tensor.name: tensor
        for tensor in graph.initializer
        if len(tensor.dims) == 2 and tensor.data_type in FLOATS and tensor.dims[1] % block == 0
    }
    kept = {value.name for value in graph.output}
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in dict.fromkeys(node.input):
            readers.setdefault(name, []).append(node)
    found = {}
    for name in weights.keys() - kept:
        embeddings = [node for node in readers.get(name, ()) if _looks_up(node, name)]
        products = list(_products(name, readers, kept))
        others = [
            node for node in readers.get(name, ()) if node.op_type != "Transpose" and node not in embeddings
        ]
        if embeddings and products and all(node in products for node in others):
            found[name] = products
    return found


def turn(model: onnx.ModelProto, block: int) -> dict[str, str]:
    """Give the products of tied tables a turned copy each table, in place; output of a product → table."""
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    found = {}
    for table, products in sorted(tied(graph, block).items()):
        copy = numpy_helper.from_array(
            np.ascontiguousarray(numpy_helper.to_array(weights[table]).T), table + TURNED
        )
        graph.initializer.append(copy)
        for node in products:
            found[_as_product(graph, node, table + TURNED)] = table
        read = {name for node in graph.node for name in node.input}
        for node in [n for n in graph.node if n.op_type == "Transpose" and n.input[0] == table]:
            if node.output[0] not in read:
                graph.node.remove(node)
    return found


def join(model: onnx.ModelProto, turned: Mapping[str, str], bits: int, block: int) -> None:
    """Let the embeddings of those tables read the blocks that their products hold, in place."""
    graph = model.graph
    held = {node.output[0]: node for node in graph.node if node.op_type == "MatMulNBits"}
    for table in dict.fromkeys(turned.values()):
        node = next((held[name] for name, of in turned.items() if of == table and name in held), None)
        if node is None or (len(node.input) > 3 and node.input[3]):  # zero points are packed in another way
            continue
        rows = next(a.i for a in node.attribute if a.name == "N")
        blocks, scales = f"{table}@blocks", f"{table}@scales"
        graph.initializer.append(numpy_helper.from_array(np.array([rows, -1]), f"{table}@rows"))
        first = [
            helper.make_node("Reshape", [given, f"{table}@rows"], [made], name=made)
            for given, made in ((node.input[1], blocks), (node.input[2], scales))
        ]
        for at, made in enumerate(first):
            graph.node.insert(at, made)
        for each in graph.node:
            if _looks_up(each, table):
                made = _embedding(each, blocks, scales, bits, block)
                each.CopyFrom(made)


def _looks_up(node: onnx.NodeProto, table: str) -> bool:
    axis = next((a.i for a in node.attribute if a.name == "axis"), 0)
    return node.op_type == "Gather" and node.input[0] == table and axis == 0 and node.input[1] != table


def _products(
    table: str, readers: Mapping[str, list[onnx.NodeProto]], kept: set[str]
) -> Iterator[onnx.NodeProto]:
    """Those by the turned table: after a Transpose, or Gemm that turns it itself."""
    for node in readers.get(table, ()):
        if node.op_type == "Gemm" and node.input[1] == table and node.input[0] != table:
            given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            if (
                given.get("transB")
                and not given.get("transA")
                and given.get("alpha", 1.0) == given.get("beta", 1.0) == 1.0
            ):
                yield node
        elif node.op_type == "Transpose" and node.output[0] not in kept:
            after = readers.get(node.output[0], [])
            if after and all(
                n.op_type == "MatMul" and n.input[1] == node.output[0] != n.input[0] for n in after
            ):
                yield from after


def _as_product(graph: onnx.GraphProto, node: onnx.NodeProto, weight: str) -> str:
    """Make a node a MatMul by `weight`, a bias being added by a node of its own; the product's output."""
    if node.op_type == "MatMul":
        node.input[1] = weight
        return str(node.output[0])
    product, output = f"{node.output[0]}@product", node.output[0]
    bias = node.input[2] if len(node.input) > 2 else ""
    made = helper.make_node("MatMul", [node.input[0], weight], [product if bias else output], name=node.name)
    place = next(at for at, each in enumerate(graph.node) if each is node)
    node.CopyFrom(made)
    if bias:
        graph.node.insert(place + 1, helper.make_node("Add", [product, bias], [output]))
    return product if bias else str(output)


def _embedding(node: onnx.NodeProto, blocks: str, scales: str, bits: int, block: int) -> onnx.NodeProto:
    return helper.make_node(
        "GatherBlockQuantized",
        [blocks, node.input[1], scales],
        list(node.output),
        name=node.name,
        domain=MICROSOFT,
        bits=bits,
        block_size=block,
        gather_axis=0,
        quantize_axis=1,
    )
