"""Give a model file's inputs the user's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors.engines import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def matched(samples: Mapping[str, Array], wanted: Mapping[str, Any], path: Path) -> dict[str, Array]:
    """Arrays under the file's input names: by name, or by position where the data has no names of its own.

    Numbers are cast to the width the file takes, where they fit; `wanted` maps input name to dtype.

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


def batches(arrays: Mapping[str, Array], size: int) -> Iterator[dict[str, Array]]:
    """The arrays of one call after another, `size` samples each; the last sample fills up the last call."""
    import numpy as np

    count = len(next(iter(arrays.values()), ()))
    for start in range(0, count, size):
        parts = {name: _stacked(array[start : start + size]) for name, array in arrays.items()}
        missing = size - min(size, count - start)
        yield {
            name: np.concatenate([part, np.repeat(part[-1:], missing, 0)]) if missing else part
            for name, part in parts.items()
        }


def onnx_calls(path: Path, samples: Mapping[str, Array]) -> Iterator[Mapping[str, Array]]:
    """The arrays of one call after another, in the names, float width and batch of an ONNX file's inputs."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [i for i in graph.input if i.name not in weights]
    dtypes = {i.name: onnx.helper.tensor_dtype_to_np_dtype(i.type.tensor_type.elem_type) for i in inputs}
    shapes = [i.type.tensor_type.shape.dim for i in inputs]
    return batches(matched(samples, dtypes, path), max([1, *(d[0].dim_value for d in shapes if d)]))


def _stacked(part: Array) -> Array:
    """Samples of one shape; in an array of objects each has its own, and one stands alone in a call."""
    import numpy as np

    return np.stack(list(part)) if part.dtype.kind == "O" else part


def _cast(array: Array, dtype: Any) -> Array:
    import numpy as np

    if array.dtype.kind == "O":
        made = np.empty(len(array), object)
        made[:] = [_cast(np.asarray(sample), dtype) for sample in array]
        return made
    wanted = np.dtype(dtype)
    if array.dtype.kind == wanted.kind == "f":
        return array.astype(wanted, copy=False)
    if array.dtype.kind in "iu" and wanted.kind in "iu":  # token numbers, in torch's own int64
        bounds = np.iinfo(wanted)
        if not array.size or bounds.min <= int(array.min()) <= int(array.max()) <= bounds.max:
            return array.astype(wanted, copy=False)
    return array
