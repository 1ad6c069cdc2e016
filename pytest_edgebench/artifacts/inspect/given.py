"""Arrays of one call, given to the inputs of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def match(names: list[str], given: Mapping[str, Array]) -> dict[str, Array]:
    """Arrays for the inputs of a file: by name, the others by position; none where their number differs."""
    if len(given) != len(names):
        return {name: given[name] for name in names if name in given}
    others = iter([array for name, array in given.items() if name not in names])
    return {name: given[name] if name in given else next(others) for name in names}


def alone(array: Array | None, rank: int) -> Array | None:
    """The array that a file gets: one sample itself, where the file has no axis for the number of samples."""
    return array[0] if array is not None and rank and array.ndim == rank + 1 and len(array) == 1 else array
