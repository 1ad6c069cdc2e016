"""TFLite Micro, for the worker (see `protocol.py`): the kernels of microcontrollers, run on this machine.

Outputs are those of Cortex-M builds, times are not. As a program, ``run_tflite_micro.py FILE`` prints the
bytes of tensor arena that a file takes, as JSON.

Options:
    arena: bytes of tensor arena; a file that needs more is refused. Without it there is enough for any.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tflite_micro.python.tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_edgebench.runtimes.protocol import Array, Option, Tensor

RUNTIME = {"name": "tflite-micro", "format": "tflite", "distribution": "tflite-micro"}
PLENTY = 1 << 28  # bytes; what is not touched costs nothing
_PARTS = re.compile(r"Arena allocation (total|head|tail) (\d+) bytes")


def describe() -> dict[str, str]:
    return {"name": "tflite-micro", "version": importlib.metadata.version("tflite-micro")}


def load(path: str, threads: int, options: Mapping[str, Option]) -> MicroSession:
    """Load a ``.tflite`` file and plan its arena; there is one thread, whatever is asked for.

    Raises:
        ValueError: ("arena", facts) a file that does not fit into the arena it is given.
        RuntimeError: in TFLite Micro's own words: a file it cannot run.
    """
    for key in options:
        if key != "arena":
            raise ValueError("option", {"key": key, "known": ["arena"]})
    given = options.get("arena", PLENTY)
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise ValueError("option_value", {"key": "arena", "value": given, "known": ["a number of bytes"]})
    content = Path(path).read_bytes()
    session = MicroSession(content, PLENTY)
    if "arena" not in options:
        return session
    # Counted first: TFLite Micro does not survive an arena that is too small for its own structures.
    needed = session.arena()["total"]
    try:
        if given >= needed:
            return MicroSession(content, given)
    except RuntimeError:  # what is in use is less than what it takes to plan it
        needed = given + 1
    raise ValueError("arena", {"needed": needed, "given": given})


class MicroSession:
    """A loaded file; `call` is ``invoke()`` alone. Shapes are those stored in the file, batch 1 as a rule."""

    def __init__(self, content: bytes, arena: int) -> None:
        graph = schema.Model.GetRootAs(content, 0).Subgraphs(0)
        with _printed() as printed:
            try:
                self._interpreter = runtime.Interpreter.from_bytes(content, arena_size=arena)
            except RuntimeError as cause:
                raise _with(cause, printed()) from None
        details = self._interpreter
        self.inputs = [
            _tensor(graph.Tensors(graph.Inputs(i)), details.get_input_details(i))
            for i in range(graph.InputsLength())
        ]
        self.outputs = [
            _tensor(graph.Tensors(graph.Outputs(i)), details.get_output_details(i))
            for i in range(graph.OutputsLength())
        ]
        self.call: Callable[[], object] = self._interpreter.invoke

    def bind(self, arrays: Sequence[Array]) -> None:
        for i, array in enumerate(arrays):
            self._interpreter.set_input(array, i)

    def reset(self) -> None:
        """Forget what earlier samples left in variables."""
        self._interpreter.reset()

    def results(self) -> list[Array]:
        return [self._interpreter.get_output(i) for i in range(len(self.outputs))]

    def arena(self) -> dict[str, int]:
        """Bytes in use after one inference: "head" for tensors, "tail" for structures, "total"."""
        self.bind([np.zeros([n or 1 for n in t["shape"]], t["dtype"]) for t in self.inputs])
        with _printed() as printed:
            try:
                self.call()
            except RuntimeError as cause:
                raise _with(cause, printed()) from None
            self._interpreter.print_allocations()
            return {name: int(count) for name, count in _PARTS.findall("\n".join(printed()))}


def _with(cause: RuntimeError, printed: list[str]) -> RuntimeError:
    """An error with what was printed of its reason."""
    return RuntimeError("; ".join([str(cause), *(line for line in printed if line)]))


@contextlib.contextmanager
def _printed() -> Iterator[Callable[[], list[str]]]:
    """Catch what is printed meanwhile, to both outputs and by C too; the function gives the lines so far."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file, contextlib.redirect_stdout(sys.stderr):

        def lines() -> list[str]:
            sys.stderr.flush()
            file.seek(0)
            return file.read().decode(errors="replace").splitlines()

        os.dup2(file.fileno(), 2)
        try:
            yield lines
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _tensor(stored: Any, details: Mapping[str, Any]) -> Tensor:
    dtype = np.dtype(details["dtype"])
    scales = details["quantization_parameters"]["scales"]
    zeros = details["quantization_parameters"]["zero_points"]
    return {
        # Converters from TensorFlow call an argument x "serving_default_x:0".
        "name": stored.Name().decode().removeprefix("serving_default_").removesuffix(":0"),
        "shape": [int(n) for n in details["shape"]],
        "dtype": dtype.name if dtype.kind in "biuf" else "",
        "scale": float(scales[0]) if len(scales) == 1 and dtype.kind in "iu" else None,
        "zero_point": int(zeros[0]) if len(zeros) == 1 else 0,
        "kind": dtype.name,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps({**load(sys.argv[1], 1, {}).arena(), **describe()}))
