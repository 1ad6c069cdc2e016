"""ONNX Runtime, for the worker (see `protocol.py`).

Options:
    graph_optimization: "all" (as the library does by default), "extended", "basic" or "none".
    providers: names of execution providers, most wanted first, separated by commas; "CPUExecutionProvider"
        unless given.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import onnxruntime as ort

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_edgebench.runtimes.protocol import Array, Option, Tensor

DTYPES = {"float": "float32", "double": "float64"} | {
    name: name
    for name in ("float16", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
}
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

    def bind(self, arrays: Sequence[Array]) -> None:
        self._binding = self._session.io_binding()
        # On a CPU the values are views of the arrays, which have to live as long.
        self._held = [ort.OrtValue.ortvalue_from_numpy(array) for array in arrays]
        for tensor, value in zip(self.inputs, self._held, strict=True):
            self._binding.bind_ortvalue_input(tensor["name"], value)
        for name in self._names:
            self._binding.bind_output(name, "cpu")
        self.call = functools.partial(self._session.run_with_iobinding, self._binding)

    def results(self) -> list[Array]:
        values = self._binding.get_outputs()
        for name, value in zip(self._names, values, strict=True):
            if not value.is_tensor():
                raise ValueError("output_kind", {"name": name, "kind": value.data_type()})
        return [value.numpy().copy() for value in values]


def _tensor(value: Any) -> Tensor:
    """From the library's description, e.g. type "tensor(float)" and shape ["batch", 3]."""
    inner = value.type.removeprefix("tensor(").removesuffix(")")
    return {
        "name": value.name,
        "shape": [n if isinstance(n, int) and n >= 0 else None for n in value.shape],
        "dtype": DTYPES.get(inner, ""),
        "scale": None,
        "zero_point": 0,
    }
