"""Give a model file's inputs the user's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import build as errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def matched(samples: Mapping[str, Array], wanted: Mapping[str, Any], path: Path) -> dict[str, Array]:
    """Arrays under the file's input names: by name, or by position where the data has no names of its own.

    Floats are cast to the width the file takes; `wanted` maps input name to dtype.

    Raises:
        DataError: other names or another number of inputs.
    """
    if set(samples) == set(wanted):
        pairs = {name: samples[name] for name in wanted}
    elif list(samples) == [f"input_{n}" for n in range(len(wanted))]:
        pairs = dict(zip(wanted, samples.values(), strict=True))
    else:
        raise errors.input_names(list(samples), list(wanted), path)
    return {name: _cast(array, wanted[name]) for name, array in pairs.items()}


def _cast(array: Array, dtype: Any) -> Array:
    import numpy as np

    floats = array.dtype.kind == "f" and np.dtype(dtype).kind == "f"
    return array.astype(dtype, copy=False) if floats else array
