"""ONNX Runtime, for the worker (see `protocol.py`).

Options:
    graph_optimization: "all" (as the library does by default), "extended", "basic" or "none".
    providers: names of execution providers, most wanted first, separated by commas; "CPUExecutionProvider"
        unless given.
"""

from __future__ import annotations

import ctypes
import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_edgebench.runtimes.protocol import Array, Option, Tensor

RUNTIME = {"name": "onnxruntime", "format": "onnx", "distribution": "onnxruntime", "usual": True}
DTYPES = {"float": "float32", "double": "float64"} | {
    name: name
    for name in (
        "float16", "bfloat16", "bool", "int8", "int16", "int32", "int64",
        "uint8", "uint16", "uint32", "uint64",
    )
}  # fmt: skip
PLAIN = {*DTYPES.values()} - {"bfloat16"}
BFLOAT16 = 16  # of ONNX's element types; numpy has none of its own
LEVELS = {
    "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
    "extended": ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "basic": ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "none": ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
}
KNOWN = {"graph_optimization": "all", "providers": "CPUExecutionProvider"}
ERRORS_ONLY = 3


def describe() -> dict[str, str]:
    return {"name": "onnxruntime", "version": ort.__version__}


def load(path: str, threads: int, options: Mapping[str, Option]) -> OnnxSession:
    """Load an ``.onnx`` file."""
    for key in options:
        if key not in KNOWN:
            raise ValueError("option", {"key": key, "known": sorted(KNOWN)})
    chosen = {**KNOWN, **options}
    level = chosen["graph_optimization"]
    if level not in LEVELS:
        raise ValueError("option_value", {"key": "graph_optimization", "value": level, "known": [*LEVELS]})
    providers = [name.strip() for name in str(chosen["providers"]).split(",")]
    available = ort.get_available_providers()
    if not set(providers) <= set(available):
        raise ValueError(
            "option_value", {"key": "providers", "value": chosen["providers"], "known": available}
        )
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    settings.graph_optimization_level = LEVELS[level]
    settings.log_severity_level = ERRORS_ONLY
    if threads > 1:
        # Threads that spin after a call steal the core of whatever runs next: ± 60 % on two cores.
        settings.add_session_config_entry("session.force_spinning_stop", "1")
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return OnnxSession(ort.InferenceSession(path, settings, providers, enable_fallback=0))


class OnnxSession:
    """A loaded file; calls go through IO binding, which spares 3 to 5 µs of packing each."""

    call: Callable[[], object]

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session
        self._names = [value.name for value in session.get_outputs()]
        self.inputs = [_tensor(value) for value in session.get_inputs()]
        self.outputs = [_tensor(value) for value in session.get_outputs()]
        # Of these types numpy has its own.
        dtypes = {tensor["dtype"] for tensor in (*self.inputs, *self.outputs)}
        self._plain = dtypes <= PLAIN

    def bind(self, arrays: Sequence[Array]) -> None:
        self._binding = self._session.io_binding()
        # On a CPU the values are views of the arrays, which have to live as long.
        self._held = [_value(tensor, array) for tensor, array in zip(self.inputs, arrays, strict=True)]
        for tensor, value in zip(self.inputs, self._held, strict=True):
            self._binding.bind_ortvalue_input(tensor["name"], value)
        self.call = self._first_call

    def answer(self, arrays: Sequence[Array]) -> list[Array] | None:
        """The outputs of one call, without a binding of its own: that takes 20 to 40 µs to make."""
        if not self._plain:
            return None
        found: list[Array] = self._session.run(
            self._names, {tensor["name"]: array for tensor, array in zip(self.inputs, arrays, strict=True)}
        )
        return found

    def _first_call(self) -> None:
        """Run with outputs bound anew; later calls keep them where they are as declared.

        The library reuses the outputs of the call before, and refuses to where their real shapes contradict
        the file.
        """
        for name in self._names:
            self._binding.bind_output(name, "cpu")
        self._session.run_with_iobinding(self._binding)
        values = self._binding.get_outputs()
        if all(_as_declared(t, v) for t, v in zip(self.outputs, values, strict=True)):
            self.call = functools.partial(self._session.run_with_iobinding, self._binding)

    def results(self) -> list[Array]:
        return [_array(n, v) for n, v in zip(self._names, self._binding.get_outputs(), strict=True)]


def _value(tensor: Tensor, array: Array) -> ort.OrtValue:
    if tensor["dtype"] == "bfloat16":
        return ort.OrtValue.ortvalue_from_numpy_with_onnx_type(array, BFLOAT16)
    return ort.OrtValue.ortvalue_from_numpy(array)


def _as_declared(tensor: Tensor, value: ort.OrtValue) -> bool:
    if not value.is_tensor():
        return True
    declared, real = tensor["shape"], value.shape()
    pairs = zip(declared, real, strict=False)
    return len(declared) == len(real) and all(length in (None, found) for length, found in pairs)


def _array(name: str, value: ort.OrtValue) -> Array:
    """A copy of an output: bfloat16 as float32, which holds it exactly; texts as numpy's own.

    Raises:
        ValueError: ("output_kind", facts) no array of numbers or texts.
    """
    kind = value.data_type()
    inner = kind.removeprefix("tensor(").removesuffix(")")
    # Of types that numpy does not have, such as float8, the bits would look like numbers.
    if not value.is_tensor() or inner not in {*DTYPES, "string"}:
        raise ValueError("output_kind", {"name": name, "kind": kind})
    if kind == "tensor(bfloat16)":
        size = value.tensor_size_in_bytes()
        bits = np.frombuffer(ctypes.string_at(value.data_ptr(), size), np.uint16).astype(np.uint32)
        return (bits << 16).view(np.float32).reshape(value.shape())
    found: Array = value.numpy()
    return found.astype(np.str_) if found.dtype.kind == "O" else found.copy()


def _tensor(value: Any) -> Tensor:
    """From the library's description, e.g. type "tensor(float)" and shape ["batch", 3]."""
    inner = value.type.removeprefix("tensor(").removesuffix(")")
    return {
        "name": value.name,
        "shape": [n if isinstance(n, int) and n >= 0 else None for n in value.shape],
        "dtype": DTYPES.get(inner, ""),
        "scale": None,
        "zero_point": 0,
        "kind": value.type,
    }
