"""What a runtime file offers to the worker, and where the files of the known runtimes are.

A runtime file is loaded by its path, also where this package is not installed: it may import nothing but
Python's own library, numpy, its runtime and, by its path, a file beside it (names used in
annotations only are imported under ``TYPE_CHECKING``). A mistake a user can mend is raised as
``ValueError(code, facts)``, where the code is one of those in `pytest_edgebench.errors.measure` and facts is
a mapping of plain values.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

from pytest_edgebench.errors import measure as errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from pytest_edgebench.declare.model import Format

    Array = np.ndarray[Any, np.dtype[Any]]

Option = str | int | float | bool


class Tensor(TypedDict):
    """An input or output of a loaded file.

    Keys:
        name: as the file has it, without what a converter put round it.
        shape: None for a dimension that may be of any length.
        dtype: numpy's name; "" for what is no array of numbers.
        scale, zero_point: real = (stored - zero_point) * scale; scale is None where nothing is quantized.
    """

    name: str
    shape: list[int | None]
    dtype: str
    scale: float | None
    zero_point: int


class Session(Protocol):
    """A loaded file.

    Attributes:
        call: one inference of what is bound, and nothing else: this is what is timed. Set by `bind`.
    """

    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]
    call: Callable[[], object]

    def bind(self, arrays: Sequence[Array]) -> None:
        """Make ready to run contiguous arrays, in the order of `inputs`, each of its exact dtype and a
        shape that `inputs` allows."""

    def results(self) -> list[Array]:
        """Copies of the outputs of the latest call, in the order of `outputs`."""


class RuntimeFile(Protocol):
    """A runtime file as a module."""

    def describe(self) -> Mapping[str, str]:
        """``name`` and ``version`` of the runtime."""

    def load(self, path: str, threads: int, options: Mapping[str, Option]) -> Session:
        """Load a file.

        Args:
            threads: for one operator, ≥ 1.
            options: `runtime_options` of the profile.

        Raises:
            ValueError: ("option", facts) for an unknown option, ("option_value", facts) for a wrong value.
            Exception: whatever the runtime raises for a file it does not like.
        """


USUAL: Mapping[Format, str] = {"onnx": "onnxruntime", "tflite": "litert"}
"""Format → the runtime that runs it where a profile names none."""

FORMATS: Mapping[str, Format] = {
    "onnxruntime": "onnx",
    "litert": "tflite",
    "tflite-runtime": "tflite",
    "tflite-micro": "tflite",
}
"""Runtime → the format it runs."""

FILES: Mapping[str, str] = {
    "onnxruntime": "run_onnxruntime.py",
    "litert": "run_litert.py",
    "tflite-runtime": "run_tflite_runtime.py",
    "tflite-micro": "run_tflite_micro.py",
}
DISTRIBUTIONS: Mapping[str, str] = {"onnxruntime": "onnxruntime", "litert": "ai-edge-litert"}
"""Those always in this environment; tflite-runtime needs one of its own, tflite-micro is an extra."""


def runtime_file(runtime: str, where: str = "") -> Path:
    """The file of a runtime, by the runtime's name or as the path of a ``.py`` file.

    Args:
        where: the settings key that names the runtime, for the message.

    Raises:
        MeasureError: no such runtime.
    """
    if runtime.endswith(".py") and Path(runtime).is_file():
        return Path(runtime).absolute()
    if runtime not in FILES:
        raise errors.unknown_runtime(runtime, sorted(FILES), where)
    return Path(__file__).parent / FILES[runtime]
