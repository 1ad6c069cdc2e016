"""A loaded ``.tflite`` file, for the runtimes whose interpreter is TensorFlow Lite's.

Loaded by `run_litert.py` and `run_tflite_runtime.py` by its path, beside them, so it may import nothing but
Python's own library and numpy.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_edgebench.runtimes.protocol import Array, Option, Tensor

OPTIONS = ("delegates", "signature")


def resolver(options: Mapping[str, Option], known: Mapping[str, Any]) -> Any:
    """What the option ``delegates`` stands for.

    Raises:
        ValueError: ("option", facts) for another option, ("option_value", facts) for an unknown value.
    """
    for key in options:
        if key not in OPTIONS:
            raise ValueError("option", {"key": key, "known": [*OPTIONS]})
    delegates = options.get("delegates", "default")
    if delegates not in known:
        raise ValueError("option_value", {"key": "delegates", "value": delegates, "known": [*known]})
    return known[str(delegates)]


def load(make: Callable[[], Any], options: Mapping[str, Option]) -> TfliteSession:
    """A session for the signature that the option of that name chooses.

    Args:
        make: gives a new interpreter of the file whose memory is not planned yet.

    Raises:
        ValueError: ("signature", facts) several and none chosen, or one that the file does not have.
    """
    interpreter = make()
    signatures = [*interpreter.get_signature_list()]
    chosen = str(options.get("signature", ""))
    if (chosen and chosen not in signatures) or (not chosen and len(signatures) > 1):
        raise ValueError("signature", {"given": chosen, "known": signatures})
    return TfliteSession(interpreter, make, chosen)


class TfliteSession:
    """A loaded file; `call` is the inference alone."""

    def __init__(self, interpreter: Any, make: Callable[[], Any], signature: str) -> None:
        self._make, self._signature = make, signature
        # Variables that are resources outlive a reset of the tensors; a delegate would hide their operators.
        self._resources = any(op["op_name"] == "VAR_HANDLE" for op in interpreter._get_ops_details())
        self._take(interpreter)

    def _take(self, interpreter: Any) -> None:
        self._interpreter = interpreter
        self._graph = self._raw.GetSubgraphIndexFromSignature(self._signature) if self._signature else 0
        if self._signature:
            runner = interpreter.get_signature_runner(self._signature)
            inputs, outputs = runner.get_input_details(), runner.get_output_details()
            self._inputs = [{**details, "name": name} for name, details in inputs.items()]
            self._outputs = [{**outputs[name], "name": name} for name in sorted(outputs, key=_natural)]
        else:
            self._inputs, self._outputs = interpreter.get_input_details(), interpreter.get_output_details()
        self.inputs = [_tensor(details) for details in self._inputs]
        self.outputs = [_tensor(details) for details in self._outputs]
        self._shapes: list[tuple[int, ...]] | None = [tuple(details["shape"]) for details in self._inputs]
        self.call: Callable[[], object] = interpreter.invoke
        if self._graph:
            self.call = functools.partial(self._raw.Invoke, self._graph)
        try:
            self._raw.AllocateTensors(self._graph)
        except RuntimeError:
            # The lengths stored for free axes are often placeholders that no operator can work with.
            if not any(None in tensor["shape"] for tensor in self.inputs):
                raise
            self._interpreter, self._shapes = self._make(), None
            self.call = self._interpreter.invoke
            if self._graph:
                self.call = functools.partial(self._raw.Invoke, self._graph)

    @property
    def _raw(self) -> Any:
        """What is inside the interpreter; held by nobody, since ``invoke()`` refuses that."""
        return self._interpreter._interpreter

    def bind(self, arrays: Sequence[Array]) -> None:
        shapes = [array.shape for array in arrays]
        if shapes != self._shapes:
            for details, shape in zip(self._inputs, shapes, strict=True):
                self._raw.ResizeInputTensor(details["index"], np.asarray(shape, np.int32), False, self._graph)
            self._raw.AllocateTensors(self._graph)
            self._shapes = shapes
        for details, array in zip(self._inputs, arrays, strict=True):
            self._raw.SetTensor(details["index"], array, self._graph)

    def reset(self) -> None:
        """Forget what earlier samples left in variables."""
        if self._resources:
            shapes = self._shapes
            self._take(self._make())
            if shapes is not None and shapes != self._shapes:
                self._shapes = None
        elif self._shapes is not None:
            self._raw.ResetVariableTensors()

    def results(self) -> list[Array]:
        return [self._raw.GetTensor(details["index"], self._graph) for details in self._outputs]


def _natural(name: str) -> list[tuple[int, str]]:
    """An order in which output_10 comes after output_2."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _tensor(details: Mapping[str, Any]) -> Tensor:
    dtype = np.dtype(details["dtype"])
    scales = details["quantization_parameters"]["scales"]
    zeros = details["quantization_parameters"]["zero_points"]
    return {
        # Converters from TensorFlow call an argument x "serving_default_x:0".
        "name": details["name"].removeprefix("serving_default_").removesuffix(":0"),
        "shape": [int(n) if n >= 0 else None for n in details["shape_signature"]],
        "dtype": dtype.name if dtype.kind in "biuf" else "",
        "scale": float(scales[0]) if len(scales) == 1 and dtype.kind in "iu" else None,
        "zero_point": int(zeros[0]) if len(zeros) == 1 else 0,
        "kind": "string" if dtype.kind in "OSU" else dtype.name,
    }
