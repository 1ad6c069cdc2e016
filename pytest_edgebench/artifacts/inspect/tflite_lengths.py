"""Lengths of all tensors of a ``.tflite`` file for other input lengths than those stored.

LiteRT works them out, in a process of its own: a file that makes it crash takes nothing with it, and as far
as the kernel can, it reaches nothing (`confine.py`). As a program: ``tflite_lengths.py FILE SIGNATURE`` reads
input lengths as JSON and prints those of all tensors.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 120.0
PASSED = ("PATH", "HOME", "PYTHONPATH", "PYTHONUSERBASE", "LD_LIBRARY_PATH", "LANG", "LC_ALL")


def lengths(path: Path, inputs: Mapping[int, tuple[int, ...]], signature: str) -> dict[int, tuple[int, ...]]:
    """Lengths by tensor; {} where LiteRT cannot tell them.

    Args:
        inputs: tensor → lengths. signature: "" for the file's first subgraph.
    """
    asked = json.dumps({str(index): list(shape) for index, shape in inputs.items()})
    command = [sys.executable, __file__, str(path), signature]
    try:
        done = subprocess.run(
            command,
            input=asked,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
            # One thread: only the one that asks for it is confined.
            env={name: os.environ[name] for name in PASSED if name in os.environ}
            | {"OPENBLAS_NUM_THREADS": "1"},
        )
        found = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, OSError, ValueError, IndexError):
        return {}
    return {int(index): tuple(shape) for index, shape in found.items()}


def _work_out(path: str, signature: str, inputs: Mapping[str, list[int]]) -> dict[int, list[int]]:
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    _confine(path)
    # A delegate would stand for the operators it takes over, and their tensors would have no lengths.
    interpreter: Any = Interpreter(
        model_path=path, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    wrapper = interpreter._interpreter
    at = wrapper.GetSubgraphIndexFromSignature(signature) if signature else 0
    for index, shape in inputs.items():
        wrapper.ResizeInputTensor(int(index), np.asarray(shape, np.int32), False, at)
    wrapper.AllocateTensors(at)
    wrapper.Invoke(at)  # lengths that depend on numbers are known only then
    return {i: [int(n) for n in wrapper.TensorSize(i, at)] for i in range(wrapper.NumTensors(at))}


def _confine(path: str) -> None:
    """From here on read this file, the interpreter's packages and what the kernel tells of itself."""
    file = Path(__file__).parents[2] / "base" / "confine.py"
    spec = importlib.util.spec_from_file_location("confine", file)
    assert spec is not None
    assert spec.loader is not None
    confine = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(confine)
    if confine.landlock():
        confine.only_files([path, "/proc", "/sys", *filter(None, sys.path)], ["/dev/null"])
    if confine.seccomp():
        confine.no_network()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_work_out(sys.argv[1], sys.argv[2], json.load(sys.stdin))))
