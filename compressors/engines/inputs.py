"""Give a model file's inputs the user's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors.engines import errors
from pytest_edgebench.samples.roles import Calls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]
    Shape = Sequence[int | None] | None

BFLOAT16 = "bfloat16"


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


def batches(arrays: Mapping[str, Array], shapes: Mapping[str, Shape]) -> Iterator[dict[str, Any]]:
    """The arrays of one call after another, as a worker gives them; the last sample fills up the last call.

    Args:
        shapes: of a file's inputs, None for a free length or for a rank that is not told. They say how many
            samples a call takes, and whether an input has an axis for their number at all.
    """
    alone = {name for name, array in arrays.items() if _alone(shapes[name], array)}
    size = max([1, *(_fixed(shapes[name], array) for name, array in arrays.items() if name not in alone)])
    if size > 1:
        alone = {name for name in alone if not shapes[name]}
    count = len(next(iter(arrays.values()), ()))
    for start in range(0, count, size):
        rows, missing = slice(start, start + size), max(0, start + size - count)
        yield {
            name: _part(array, rows, missing, shapes[name], alone=name in alone)
            for name, array in arrays.items()
        }


def onnx_calls(path: Path, samples: Mapping[str, Array]) -> Iterator[Mapping[str, Any]]:
    """The arrays of one call after another, in the names, float width and batch of an ONNX file's inputs."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    types = {i.name: i.type.tensor_type for i in graph.input if i.name not in weights}
    dtypes = {name: onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type) for name, kind in types.items()}
    shapes = {name: _shape(kind) for name, kind in types.items()}
    calls = batches(matched(samples, dtypes, path), shapes)
    if all(np_dtype.name != BFLOAT16 for np_dtype in dtypes.values()):
        yield from calls
        return
    for call in calls:
        yield {name: _value(array) if array.dtype.name == BFLOAT16 else array for name, array in call.items()}


def _shape(kind: Any) -> Shape:
    if not kind.HasField("shape"):
        return None
    return [dim.dim_value if dim.dim_value > 0 else None for dim in kind.shape.dim]


def _value(array: Array) -> Any:
    """What ONNX Runtime takes for bfloat16, which numpy does not have, by its bits."""
    import numpy as np
    import onnx
    import onnxruntime

    bits = np.ascontiguousarray(array).view(np.uint16).reshape(array.shape)
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, onnx.TensorProto.BFLOAT16)


def _alone(shape: Shape, array: Array) -> bool:
    """Whether samples have all axes of an input."""
    from pytest_edgebench.workers.values import is_lone  # with numpy

    if shape is None or isinstance(array, Calls):
        return False
    return is_lone(shape, array[0].ndim if array.dtype.kind == "O" and len(array) else array.ndim - 1)


def _fixed(shape: Shape, array: Array) -> int:
    """Samples a call that an input is made for; 1 where their number is free."""
    axis = array.axis if isinstance(array, Calls) else 0
    return (shape[axis] or 1) if axis is not None and shape and axis < len(shape) else 1


def _part(array: Array, rows: slice, missing: int, shape: Shape, *, alone: bool) -> Array:
    import numpy as np

    part = _stacked(array[rows])
    axis = array.axis if isinstance(array, Calls) else 0
    if axis is None:
        # A single number stands for all elements of a constant.
        return np.full([n or 1 for n in shape], part) if shape and not part.ndim else part
    if missing:
        part = np.concatenate([part, np.repeat(np.take(part, [-1], axis), missing, axis)], axis)
    return np.asarray(part[0]) if alone else part


def _stacked(part: Array) -> Array:
    """Samples of one shape; in an array of objects each has its own, and one stands alone in a call."""
    import numpy as np

    return np.stack(list(part)) if part.dtype.kind == "O" else part


def _cast(array: Array, dtype: Any) -> Array:
    import numpy as np

    if isinstance(array, Calls):
        inner = array.array
        whole = array.axis is None and inner.dtype.kind in "iu" and np.dtype(dtype).kind == "f"
        # Whole numbers as Python writes them stand for a constant of any type.
        return array.of(inner.astype(dtype) if whole else _cast(inner, dtype))  # type: ignore[return-value]
    if array.dtype.kind == "O":
        made = np.empty(len(array), object)
        made[:] = [_cast(np.asarray(sample), dtype) for sample in array]
        return made
    wanted = np.dtype(dtype)
    if array.dtype.kind == "f" and (wanted.kind == "f" or wanted.name == BFLOAT16):
        return array.astype(wanted, copy=False)
    if array.dtype.kind in "iu" and wanted.kind in "iu":  # token numbers, in torch's own int64
        bounds = np.iinfo(wanted)
        if not array.size or bounds.min <= int(array.min()) <= int(array.max()) <= bounds.max:
            return array.astype(wanted, copy=False)
    if wanted.kind == "b" and array.dtype.kind in "iu" and np.isin(array, (0, 1)).all():
        return array.astype(wanted)
    return array
