"""A loaded ``.tflite`` file, for the runtimes whose interpreter is TensorFlow Lite's.

Loaded by `run_litert.py` and `run_tflite_runtime.py` by its path, beside them, so it may import nothing but
Python's own library and numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_edgebench.runtimes.protocol import Array, Option, Tensor


def resolver(options: Mapping[str, Option], known: Mapping[str, Any]) -> Any:
    """What the option ``delegates`` stands for.

    Raises:
        ValueError: ("option", facts) for another option, ("option_value", facts) for an unknown value.
    """
    for key in options:
        if key != "delegates":
            raise ValueError("option", {"key": key, "known": ["delegates"]})
    delegates = options.get("delegates", "default")
    if delegates not in known:
        raise ValueError("option_value", {"key": "delegates", "value": delegates, "known": [*known]})
    return known[str(delegates)]


class TfliteSession:
    """A loaded file; `call` is ``invoke()`` alone."""

    def __init__(self, interpreter: Any) -> None:
        self._interpreter = interpreter
        self._inputs = interpreter.get_input_details()
        self._outputs = interpreter.get_output_details()
        self._shapes = [tuple(details["shape"]) for details in self._inputs]
        self.inputs = [_tensor(details) for details in self._inputs]
        self.outputs = [_tensor(details) for details in self._outputs]
        self.call: Callable[[], object] = interpreter.invoke

    def bind(self, arrays: Sequence[Array]) -> None:
        shapes = [array.shape for array in arrays]
        if shapes != self._shapes:
            for details, shape in zip(self._inputs, shapes, strict=True):
                self._interpreter.resize_tensor_input(details["index"], shape)
            self._interpreter.allocate_tensors()
            self._shapes = shapes
        for details, array in zip(self._inputs, arrays, strict=True):
            self._interpreter.set_tensor(details["index"], array)

    def results(self) -> list[Array]:
        return [self._interpreter.get_tensor(details["index"]) for details in self._outputs]


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
    }
