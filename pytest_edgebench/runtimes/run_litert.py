"""LiteRT, for the worker (see `protocol.py`).

Options:
    delegates: "default" (XNNPACK), "none" (the optimised built-in kernels, which are numerically the TFLite
        Micro and CMSIS-NN family) or "reference" (the slow reference kernels).
    signature: the one to run, of a file with several.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from ai_edge_litert.interpreter import Interpreter, OpResolverType

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

RUNTIME = {"name": "litert", "format": "tflite", "distribution": "ai-edge-litert", "usual": True}
RESOLVERS = {
    "default": OpResolverType.AUTO,
    "none": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "reference": OpResolverType.BUILTIN_REF,
}


def describe() -> dict[str, str]:
    return {"name": "litert", "version": importlib.metadata.version("ai-edge-litert")}


def load(path: str, threads: int, options: Mapping[str, Option]) -> tflite_session.TfliteSession:
    """Load a ``.tflite`` file and plan its memory."""
    resolver = tflite_session.resolver(options, RESOLVERS)

    def make() -> Interpreter:
        return Interpreter(model_path=path, num_threads=threads, experimental_op_resolver_type=resolver)

    return tflite_session.load(make, options)
