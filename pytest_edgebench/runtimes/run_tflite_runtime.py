"""tflite-runtime, the TensorFlow Lite still in the field, for the worker (see `protocol.py`).

It lives in an environment of its own, since it needs numpy < 2: ``edgebench setup
tflite-runtime`` makes one. Options are those of `run_litert.py`.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tflite_runtime.interpreter import Interpreter, OpResolverType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.runtimes import tflite_session
    from pytest_edgebench.runtimes.protocol import Option
else:
    _spec = importlib.util.spec_from_file_location(
        "edgebench_tflite_session", Path(__file__).with_name("tflite_session.py")
    )
    tflite_session = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(tflite_session)

RUNTIME = {"name": "tflite-runtime", "format": "tflite", "distribution": "tflite-runtime"}
RESOLVERS = {
    "default": OpResolverType.AUTO,
    "none": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "reference": OpResolverType.BUILTIN_REF,
}


def describe() -> dict[str, str]:
    return {"name": "tflite-runtime", "version": importlib.metadata.version("tflite-runtime")}


def load(path: str, threads: int, options: Mapping[str, Option]) -> tflite_session.TfliteSession:
    """Load a ``.tflite`` file and plan its memory.

    Raises:
        ValueError: ("dynamic_int8", facts) a file on which this runtime answers garbage without an error.
    """
    resolver = tflite_session.resolver(options, RESOLVERS)

    def make() -> Any:
        return Interpreter(model_path=path, num_threads=threads, experimental_op_resolver_type=resolver)

    # Before memory is planned: a delegate would stand for the operators it took over.
    if _misread(make()):
        raise ValueError("dynamic_int8", {"version": describe()["version"]})
    return tflite_session.load(make, options)


def _misread(interpreter: Any) -> bool:
    """Whether a FULLY_CONNECTED takes real numbers and int8 weights with a scale for each channel.

    2.14 answers garbage on these; on one scale for all channels, and on convolutions, it is right (seen on
    ResNet-8 of MLPerf Tiny with one kind of operator quantized at a time, against LiteRT).
    """
    tensors = {details["index"]: details for details in interpreter.get_tensor_details()}
    for operator in interpreter._get_ops_details():
        if operator["op_name"] == "FULLY_CONNECTED":
            given, weights = (tensors[at] for at in operator["inputs"][:2])
            channels = len(weights["quantization_parameters"]["scales"])
            if given["dtype"] == np.float32 and weights["dtype"] == np.int8 and channels > 1:
                return True
    return False
