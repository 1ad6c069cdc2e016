"""Quantization of TFLite files by ai-edge-quantizer."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Any

from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import calibrator, qtyping, quantizer, recipe_manager
from ai_edge_quantizer.utils import qsv_utils, tfl_flatbuffer_utils

from pytest_edgebench.compressors.build.quiet import quiet
from pytest_edgebench.compressors.engines import errors
from pytest_edgebench.compressors.engines.inputs import batches, matched
from pytest_edgebench.compressors.tflite_form import recipe_book, signatures, tied
from pytest_edgebench.compressors.tflite_form.masks import masked
from pytest_edgebench.compressors.tflite_form.plain import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.engines.quantization import Quantization

    Array = np.ndarray[Any, np.dtype[Any]]

ENGINE = {
    "name": "ai-edge-quantizer",
    "format": "tflite",
    "usual": True,
    "extra": "tflite",
    "libraries": ("ai-edge-litert",),
    "schemes": {
        "dynamic-int8": ("minmax", "mse", "octav", "hadamard"),
        "static-int8": ("minmax", "octav"),
        "fp16": (),
        "weight-int8": ("minmax", "mse", "octav"),
        "weight-int4": ("minmax", "mse", "octav"),
        "dynamic-int4": ("minmax", "mse", "octav", "hadamard"),
    },
    "takes": ("per_channel", "activations", "block", "keep", "rules"),
}

PRODUCTS = (
    qtyping.TFLOperationName.FULLY_CONNECTED,
    qtyping.TFLOperationName.BATCH_MATMUL,
    qtyping.TFLOperationName.CONV_2D,
    qtyping.TFLOperationName.DEPTHWISE_CONV_2D,
    qtyping.TFLOperationName.CONV_2D_TRANSPOSE,
)
SMALLEST_HALF = 2.0**-24
FLOAT32 = 0
WEIGHTED = (*PRODUCTS, qtyping.TFLOperationName.EMBEDDING_LOOKUP)
# They hand on what they get, with its scale.
PASSING_ON = tuple(
    kind
    for kind in qtyping.TFLOperationName
    if kind.value in ("INPUT", "OUTPUT", "RESHAPE", "TRANSPOSE", "SQUEEZE", "EXPAND_DIMS", "SLICE", "SPLIT",
                      "STRIDED_SLICE", "PAD", "RELU", "MAX_POOL_2D", "UNPACK", "GATHER_ND", "BROADCAST_TO")
)  # fmt: skip


def quantize(
    source: Path,
    target: Path,
    asked: Quantization,
    samples: Mapping[str, Array],
    note: Callable[[str], None] = lambda text: None,
) -> None:
    """Quantize the model file `source` into `target`; static files get int8 or int16 inputs and outputs.

    Args:
        note: told what was done beside what was asked for.

    Raises:
        BuildError: a pattern of `exclude` or `ops` that matches no operator; no signature chosen of several.
    """
    scheme = asked.scheme
    with quiet(), tied.copied():
        signature = _signature(source, asked) if scheme == "static-int8" else ""
        halves = scheme != "fp16" and kind_of(source).halves
        source = signatures.plain(
            source, target.with_suffix(".signed.tflite"), signed=scheme == "static-int8"
        )
        if scheme == "static-int8":
            source = _fitting(source, target.with_suffix(".fitting.tflite"), signature, samples)
        work = quantizer.Quantizer(str(source))
        ranges = None
        recipe_book.add(work, asked, scheme)
        if halves:  # what the scheme leaves alone would take twice the bytes
            recipe_book.halve_rest(work, scheme)
        if scheme == "dynamic-int4" and asked.block is not None:
            recipe_book.add_blocks(work, asked.block, asked.algorithm, _in_blocks(source, asked.block))
        for pattern, other in asked.rules:
            known = list(_operators(tfl_flatbuffer_utils.read_model(str(source))).values())
            for scope, kind in _matching(known, asked.step, "rules", pattern):
                recipe_book.add(work, asked, other, f"^{re.escape(scope)}$", kind)
        if signature:
            _without_ranges(work, source, asked, signature, note)
        out = _excluded(source, asked)
        _leave(work, out)
        for kind, scope in _by_type(out).items() if halves else ():
            recipe_book.halve(work, scope, kind)
        if scheme == "static-int8":
            ranges = _ranges(source, work.get_quantization_recipe(), signature, samples)
            _leave(work, _masks(source, ranges))
        result = work.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
    target.write_bytes(bytes(result.quantized_model or b""))
    for ending in (".signed.tflite", ".fitting.tflite"):
        target.with_suffix(ending).unlink(missing_ok=True)


def _in_blocks(source: Path, block: int) -> list[tuple[str, Any]]:
    """Operators whose weights can have a scale for each block: the width of their rows is a multiple.

    And no block is empty: scales of blocks are halves, and LiteRT takes none of zero.
    """
    import numpy as np

    model = tfl_flatbuffer_utils.read_model(str(source))
    found = []
    for (at, number), (scope, kind) in _operators(model).items():
        if kind in recipe_book.BLOCKWISE:
            graph = model.subgraphs[at]
            weight = graph.tensors[graph.operators[number].inputs[1]]
            stored = model.buffers[weight.buffer].data
            floats = stored is not None and weight.type == FLOAT32
            if not floats or len(weight.shape) != 2 or weight.shape[1] % block:
                continue
            values = np.frombuffer(bytes(bytearray(stored)), np.float32).reshape(-1, block)
            if np.abs(values).max(1).min() / 7 > SMALLEST_HALF:
                found.append((f"^{re.escape(scope)}$", kind))
    return found


def _leave(work: Any, operators: Sequence[tuple[str, Any]]) -> None:
    """Leave operators float."""
    for kind, scope in _by_type(operators).items():
        work.update_quantization_recipe(scope, kind, algorithm_key=quantizer.AlgorithmName.NO_QUANTIZE)


def _by_type(operators: Sequence[tuple[str, Any]]) -> dict[Any, str]:
    """Type → an expression for the scopes of all its operators: each operator is matched with every rule."""
    scopes: dict[Any, list[str]] = {}
    for scope, kind in operators:
        scopes.setdefault(kind, []).append(re.escape(scope))
    return {kind: f"^(?:{'|'.join(names)})$" for kind, names in scopes.items()}


def _without_ranges(
    work: Any, source: Path, asked: Quantization, signature: str, note: Callable[[str], None]
) -> None:
    """Give the operators of other signatures, for which there are no samples, what needs none.

    They mostly share their weights with the one that is calibrated, which are then stored once.
    """
    model = tfl_flatbuffer_utils.read_model(str(source))
    rest = signatures.others(model, signature)
    found = [operator for (at, _), operator in _operators(model).items() if at in rest]
    for graph in (model.subgraphs[at] for at in rest):
        for end in tfl_flatbuffer_utils.get_subgraph_input_output_operators(graph):
            found.append((tfl_flatbuffer_utils.get_op_scope(end, graph.tensors), end.op_key))
    _leave(work, found)
    for kind, scope in _by_type([each for each in found if each[1] in WEIGHTED]).items():
        recipe_book.add(work, asked, "dynamic-int8", scope, kind)
    if rest:
        note(f"calibrated on signature {signature!r}; the others are quantized as by 'dynamic-int8'")


def _excluded(source: Path, asked: Quantization) -> list[tuple[str, Any]]:
    """Scope and type of the operators that stay float by the step's patterns.

    An operator is named as the quantizer names it, by its outputs.
    """
    if not asked.exclude and not asked.ops and asked.preset is None:
        return []
    known = list(_operators(tfl_flatbuffer_utils.read_model(str(source))).values())
    found: list[tuple[str, Any]] = []
    taken = [hit for pattern in asked.ops for hit in _matching(known, asked.step, "ops", pattern)]
    if asked.preset is not None:
        taken = [(scope, kind) for scope, kind in known if kind in PRODUCTS]
    if asked.ops or asked.preset is not None:
        chosen = set(taken)
        found += [operator for operator in known if operator not in chosen]
    for pattern in asked.exclude:
        found += _matching(known, asked.step, "exclude", pattern)
    return list(dict.fromkeys(found))


def _operators(model: Any) -> dict[tuple[int, int], tuple[str, Any]]:
    """Number of the subgraph and of the operator in it → its scope and type, of those the quantizer knows."""
    found = {}
    for at, graph in enumerate(model.subgraphs):
        for number, operator in enumerate(graph.operators):
            code = model.operatorCodes[operator.opcodeIndex].builtinCode
            kind = tfl_flatbuffer_utils.TFL_OP_CODE_TO_NAME.get(code)
            if kind is not None:
                found[at, number] = tfl_flatbuffer_utils.get_op_scope(operator, graph.tensors), kind
    return found


def _matching(known: Sequence[tuple[str, Any]], step: str, name: str, pattern: str) -> list[tuple[str, Any]]:
    hits = [(s, kind) for s, kind in known if fnmatch.filter([s, s.rstrip(";"), kind.value], pattern)]
    if not hits:
        listed = [f"{kind.value} {scope.rstrip(';')}" for scope, kind in known][:20]
        raise errors.matches_nothing(step, name, pattern, listed)
    return hits


def _masks(source: Path, ranges: Any) -> list[tuple[str, Any]]:
    """Operators that read or make an attention mask, as `_excluded` names them."""
    model = tfl_flatbuffer_utils.read_model(str(source))
    known = _operators(model)
    hits = [known[at] for at in sorted(masked(model, ranges)) if at in known]
    return list(dict.fromkeys(hits))


def prepared(source: Path, target: Path) -> Path:
    """A file whose operators keep their names: `source`, or `target`."""
    return signatures.plain(source, target)


def layers(source: Path, asked: Quantization) -> list[str]:
    """Names of the operators that are quantized with a scale of their own, in the order of the file."""
    model = tfl_flatbuffer_utils.read_model(str(source))
    out = _excluded(source, asked)
    found: dict[str, None] = {}
    for (at, number), (scope, kind) in _operators(model).items():
        operator, graph = model.subgraphs[at].operators[number], model.subgraphs[at]
        constant = len(operator.inputs) > 1 and model.buffers[graph.tensors[operator.inputs[1]].buffer].data
        weighted = kind in PRODUCTS and constant is not None and constant is not False
        known = weighted or (asked.scheme == "static-int8" and kind not in PASSING_ON)
        if known and (scope, kind) not in out:
            found[scope] = None
    return list(found)


def _ranges(source: Path, recipe: Any, signature: str, samples: Mapping[str, Array]) -> Any:
    """Smallest and largest value of each tensor over all samples.

    The quantizer's own default is a moving average that keeps 95 % of the old value: the first sample then
    weighs most, and ranges of a hundred samples cut off a third of the largest outputs of a small CNN.
    """
    # One thread: the order of sums, and so the ranges, must not depend on the machine.
    work = calibrator.Calibrator(str(source), num_threads=1, qsv_update_func=qsv_utils.min_max_update)
    manager = recipe_manager.RecipeManager()
    manager.load_quantization_recipe(recipe)
    work.calibrate(_calls(source, signature, samples), manager)
    return work.get_model_qsvs()


def _signature(source: Path, asked: Quantization) -> str:
    """The signature of several that is calibrated: calibration data are of one; "" for the only one."""
    known = signatures.named(source)
    if asked.signature and asked.signature not in known:
        raise errors.no_signature(asked.step, asked.signature, known, source)
    if len(known) > 1 and not asked.signature:
        raise errors.several_signatures(asked.step, known, source)
    return asked.signature


def _fitting(source: Path, target: Path, signature: str, samples: Mapping[str, Array]) -> Path:
    """The file itself, or `target`: with the lengths of the samples, where none fit those that are stored.

    Free axes are mostly stored as 1, which a convolution may not have an output for; and the quantizer plans
    memory before it knows of a sample.
    """
    try:
        Interpreter(str(source)).allocate_tensors()
    except (RuntimeError, ValueError):
        first = next(iter(_calls(source, signature, samples).values()))[0]
        return signatures.with_lengths(source, target, signature, {n: a.shape for n, a in first.items()})
    return source


def _calls(source: Path, signature: str, samples: Mapping[str, Array]) -> dict[str, list[dict[str, Array]]]:
    """Calibration data as the quantizer wants it: signature → samples of one inference each.

    Args:
        signature: "" for the only one.
    """
    interpreter = Interpreter(str(source))
    key = signature or next(iter(interpreter.get_signature_list()))
    details = interpreter.get_signature_runner(key).get_input_details()
    # A signature lists its inputs by name; data without names are in the order of the graph.
    positions = signatures.positions(source, key)
    ordered = sorted(details.items(), key=lambda item: positions[item[0]])
    arrays = matched(samples, {name: detail["dtype"] for name, detail in ordered}, source)
    shapes = {
        name: [int(n) if n > 0 else None for n in detail["shape_signature"]] for name, detail in ordered
    }
    return {key: list(batches(arrays, shapes))}
