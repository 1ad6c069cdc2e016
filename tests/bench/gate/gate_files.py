"""Networks of any speed for two runtimes, and slower ones made of the same layers.

All are (rows, width) through a chain of matrix products. A slower one has one more layer ("layers": down to
some channels and up again) or a wider one ("channels"), so its extra work is spread as real work is.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import logging
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.workers.client import Client
    from pytest_edgebench.workers.results import Array

WIDTHS = {0.03: 64, 0.4: 128, 3.0: 256, 30.0: 512}
"""Milliseconds a call is to take → width of the network that is made for it."""
LAYERS = 24
SUFFIX = {"onnxruntime": ".onnx", "litert": ".tflite"}
RUNTIMES = tuple(SUFFIX)
DTYPES = ("float", "int8")


@dataclass(frozen=True, slots=True)
class Kind:
    """A network: runtime, "float" or "int8" weights, and about how many ms a call takes."""

    runtime: str
    dtype: str
    ms: float

    @property
    def name(self) -> str:
        return f"{self.runtime}-{self.dtype}-{self.ms:g}"

    def spec(self, threads: int = 1) -> Spec:
        return Spec(self.runtime, threads=threads)


def kinds(sizes: tuple[float, ...]) -> list[Kind]:
    return [Kind(runtime, dtype, ms) for ms in sizes for runtime in RUNTIMES for dtype in DTYPES]


def network(folder: Path, client: Client, kind: Kind) -> tuple[Path, int]:
    """The reference of a kind and its rows, made on a folder's first call to take about `ms`."""
    folder.mkdir(parents=True, exist_ok=True)
    path, note = folder / f"{kind.name}{SUFFIX[kind.runtime]}", folder / f"{kind.name}.json"
    if not note.is_file():
        rows, width = 1, WIDTHS[kind.ms]
        for _ in range(3):
            write(path, kind, [width] * (LAYERS + 1), rows)
            sample = inputs(kind, rows)
            calls = client.time(path, sample, loads=1, calls=20, seconds=2, seed=0).calls_s[0]
            rows = max(1, min(4096, round(rows * kind.ms / (1000 * float(calls.min())))))
        write(path, kind, [width] * (LAYERS + 1), rows)
        note.write_text(json.dumps({**asdict(kind), "rows": rows}), encoding="utf-8")
    return path, int(json.loads(note.read_text(encoding="utf-8"))["rows"])


def copy_of(path: Path) -> Path:
    """A byte copy beside a file."""
    copy = path.with_name(f"{path.stem}-copy{path.suffix}")
    if not copy.is_file():
        shutil.copyfile(path, copy)
    return copy


def slower(path: Path, kind: Kind, rows: int, percent: float, how: str) -> Path:
    """A network with about so many percent more multiplications than the one at `path`."""
    found = path.with_name(f"{path.stem}-{how}{percent:g}{path.suffix}")
    if not found.is_file():
        width = WIDTHS[kind.ms]
        extra = max(1, round(percent / 100 * LAYERS * width / 2))
        widths = [width] * (LAYERS + 1)
        if how == "layers":
            widths += [extra, width]
        else:
            widths[LAYERS // 2] += extra
        write(found, kind, widths, rows)
    return found


def inputs(kind: Kind, rows: int) -> dict[str, Array]:
    """One call's worth."""
    values = np.random.default_rng(1).normal(size=(rows, WIDTHS[kind.ms])).astype(np.float32)
    return {"x": values}


def write(path: Path, kind: Kind, widths: list[int], rows: int) -> None:
    rng = np.random.default_rng(0)
    weights = [(rng.normal(size=(a, b)) / a**0.5).astype(np.float32) for a, b in itertools.pairwise(widths)]
    float_path = path if kind.dtype == "float" else path.with_name(f"{path.stem}-float{path.suffix}")
    if kind.runtime == "onnxruntime":
        _write_onnx(float_path, weights, rows)
    else:
        _write_tflite(float_path, weights, rows)
    if kind.dtype == "int8":
        _quantize(kind, float_path, path)
        float_path.unlink()


def _quantize(kind: Kind, source: Path, target: Path) -> None:
    """int8 weights, activations quantized while the model runs."""
    if kind.runtime == "onnxruntime":
        from onnxruntime.quantization import QuantType, quantize_dynamic

        # It advises on the root logger to prepare files, which for these changes nothing.
        logging.disable(logging.WARNING)
        try:
            quantize_dynamic(source, target, weight_type=QuantType.QInt8)
        finally:
            logging.disable(logging.NOTSET)
        return
    from ai_edge_quantizer import quantizer, recipe

    work = quantizer.Quantizer(str(source))
    work.load_quantization_recipe(recipe.dynamic_wi8_afp32())
    with contextlib.redirect_stdout(io.StringIO()):
        result = work.quantize(enable_progress_bar=False, enable_progress_report=False)
    target.write_bytes(result.quantized_model)


def _write_onnx(path: Path, weights: list[Array], rows: int) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, at = [], "x"
    for number in range(len(weights)):
        nodes.append(helper.make_node("MatMul", [at, f"w{number}"], [f"m{number}"]))
        nodes.append(helper.make_node("Relu", [f"m{number}"], [f"r{number}"]))
        at = f"r{number}"
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, weights[0].shape[0]])
    y = helper.make_tensor_value_info(at, TensorProto.FLOAT, [rows, weights[-1].shape[1]])
    held = [numpy_helper.from_array(values, f"w{number}") for number, values in enumerate(weights)]
    graph = helper.make_graph(nodes, "gate", [x], [y], held)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def _write_tflite(path: Path, weights: list[Array], rows: int) -> None:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def tensor(name: str, shape: list[int], buffer: int) -> Any:
        found = schema.TensorT()
        found.name, found.shape, found.buffer, found.type = name, shape, buffer, schema.TensorType.FLOAT32
        return found

    tensors, buffers, operators = [tensor("x", [rows, weights[0].shape[0]], 0)], [schema.BufferT()], []
    for number, values in enumerate(weights):
        held = schema.BufferT()
        held.data = np.frombuffer(np.ascontiguousarray(values.T).tobytes(), np.uint8)
        buffers.append(held)
        before = len(tensors) - 1
        tensors.append(tensor(f"w{number}", [values.shape[1], values.shape[0]], len(buffers) - 1))
        tensors.append(tensor(f"r{number}", [rows, values.shape[1]], 0))
        operator = schema.OperatorT()
        operator.inputs, operator.outputs = [before, len(tensors) - 2, -1], [len(tensors) - 1]
        operator.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
        operator.builtinOptions = schema.FullyConnectedOptionsT()
        operator.builtinOptions.fusedActivationFunction = schema.ActivationFunctionType.RELU
        operators.append(operator)
    graph = schema.SubGraphT()
    graph.tensors, graph.inputs, graph.outputs = tensors, [0], [len(tensors) - 1]
    graph.operators = operators
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    code.version = 1
    model = schema.ModelT()
    model.version, model.subgraphs, model.operatorCodes, model.buffers = 3, [graph], [code], buffers
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(builder.Output())
