"""What a runtime file offers to the worker.

A runtime file is loaded by its path, also where this package is not installed: it may import nothing but
Python's own library, numpy, its runtime and, by its path, a file beside it (names used in
annotations only are imported under ``TYPE_CHECKING``). A mistake a user can mend is raised as
``ValueError(code, facts)``, where the code is one of those in `pytest_edgebench.workers.errors` and facts is
a mapping of plain values.

Which runtime it is stands in its constant `RUNTIME`, a literal that is read without importing the file
(`known.Runtime` has the keys).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, Protocol, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

Option = str | int | float | bool
MICRO = "tflite-micro"
"""The runtime of microcontrollers, which tells the tensor arena."""


class Tensor(TypedDict):
    """An input or output of a loaded file.

    Keys:
        name: as the file has it, without what a converter put round it.
        shape: None for a dimension that may be of any length.
        dtype: numpy's name, or "bfloat16", whose arrays are the bits as uint16; "" for what is no array of
            numbers that can be given.
        kind: what the runtime calls it, for messages, e.g. "tensor(string)"; not needed.
        scale, zero_point: real = (stored - zero_point) * scale; scale is None where nothing is quantized.
    """

    name: str
    shape: list[int | None]
    dtype: str
    scale: float | None
    zero_point: int
    kind: NotRequired[str]


class Session(Protocol):
    """A loaded file.

    A file that keeps state from one call to the next also has a method ``reset()``, which forgets it; it is
    called before each sample's inputs are bound.

    One that answers quicker where nothing is timed has a method ``answer(arrays)``: what `bind`, `call` and
    `results` give, with the same numbers, or None where it cannot.

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
