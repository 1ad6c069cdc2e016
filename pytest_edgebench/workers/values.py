"""Arrays as a model file wants them, and outputs in real numbers.

Loaded by the worker by its path, so it may import nothing but Python's own library and numpy. Mistakes are
raised as ``ValueError(code, facts)``, see `pytest_edgebench.workers.errors`.

- Inputs are given in the source model's own dtype. Floats for a quantized integer input become
  ``round(x / scale) + zero_point`` within the range of its dtype; floats of another width are converted.
- Integers of a quantized input's own dtype go in unchanged, and then outputs stay as they are stored; else
  outputs with a scale become float32 ``(q - zero_point) * scale``.
- bfloat16, which numpy does not have, is handed over as its bits in uint16.
- An input without any axis gets the one number of its sample; one of a rank that is not told, what is given.
- Integers of another width are converted where nothing is quantized (token numbers) and every value fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.runtimes.protocol import Array, Tensor


def named(tensors: Sequence[Tensor], given: Mapping[str, Array]) -> list[tuple[str, Array]]:
    """Names and arrays as given, in the file's order: by name where names agree, the others by position.

    Raises:
        ValueError: ("inputs", facts) another number of inputs.
    """
    if len(given) != len(tensors):
        raise ValueError("inputs", {"given": [*given], "wanted": [tensor["name"] for tensor in tensors]})
    names = {tensor["name"] for tensor in tensors}
    others = iter([name for name in given if name not in names])
    found = [t["name"] if t["name"] in given else next(others) for t in tensors]
    return [(name, given[name]) for name in found]


def adapt(
    tensor: Tensor, array: Array, batch: int, axis: int = 0, *, steps: bool = False
) -> tuple[Array, bool]:
    """All samples of one input, contiguous and of the dtype wanted, and whether they are raw integers.

    Where `lone`, the file has no axis for samples, and one sample a call fills all of its axes.

    Args:
        array: (N, ...), with `steps` (N, steps, ...).
        batch: samples a call, which is what a fixed length of `axis` has to be.

    Raises:
        ValueError: ("shape", facts), ("dtype", facts) or ("range", facts).
    """
    shape = [*array.shape[1 + steps :]]
    if not lone(tensor, array, steps=steps) or batch > 1:
        shape.insert(axis, batch)
    facts = _facts(tensor, array) | {"shape": shape, "axis": axis}
    if not tensor["shape"] and array.ndim == 1 and batch > 1 and (array != array[:1]).any():
        raise ValueError("scalar", facts)
    _fits(tensor, shape, facts)
    return convert(tensor, array, facts)


def _facts(tensor: Tensor, array: Array) -> dict[str, Any]:
    return {
        "name": tensor["name"],
        "kind": tensor.get("kind", ""),
        "dtype": array.dtype.name,
        "wanted_dtype": tensor["dtype"],
        "wanted_shape": tensor["shape"],
    }


def lone(tensor: Tensor, array: Array, *, steps: bool = False) -> bool:
    """Whether samples have all axes of an input, so that it has none for their number.

    A first axis that is free, or of length 1, is for their number.
    """
    return is_lone(tensor["shape"], array.ndim - 1 - steps)


def is_lone(shape: Sequence[int | None], rank: int) -> bool:
    """As `lone`, of an input's shape and the number of axes that a sample has."""
    return len(shape) == rank and not (shape and shape[0] in (None, 1))


def whole(tensor: Tensor, array: Array, batch: int = 1, axis: int | None = None) -> Array:
    """What goes into an input that is no sample, in its dtype; of a state with one sample along `axis`.

    A single number stands for all elements of a shape that is told but for that axis.

    Raises:
        ValueError: as `adapt`; ("state_free", facts) a number for a state with other free lengths,
            ("state_axis", facts) an axis that it does not have.
    """
    declared, state = list(tensor["shape"]), axis is not None
    shape = list(array.shape)
    facts = _facts(tensor, array) | {"shape": shape, "axis": axis}
    if axis is not None and declared:
        if axis >= len(declared):
            raise ValueError("state_axis", facts)
        if declared[axis] not in (None, batch):
            raise ValueError("shape", {**facts, "shape": [*declared[:axis], batch, *declared[axis + 1 :]]})
        declared[axis] = 1
    if not shape and declared and not (state or all(n in (None, 1) for n in declared)):
        raise ValueError("shape", facts)
    if not shape and state and None in declared:
        raise ValueError("state_free", facts)
    if not shape:
        array = np.full([1 if n is None else n for n in declared], array)
    _fits({**tensor, "shape": declared}, list(array.shape), facts)
    # Whole numbers as Python writes them; those of a quantized input's own dtype are stored ones.
    stored = tensor["scale"] is not None and array.dtype.name == tensor["dtype"]
    if (
        array.dtype.kind in "iu"
        and not stored
        and ("float" in tensor["dtype"] or tensor["scale"] is not None)
    ):
        array = array.astype(np.float64)
    return convert(tensor, array, facts)[0]


def _fits(tensor: Tensor, shape: Sequence[int], facts: Mapping[str, Any]) -> None:
    wanted = tensor["shape"]
    if not wanted:  # a scalar, or a rank that is not told
        return
    if len(wanted) != len(shape) or any(n is not None and n != m for n, m in zip(wanted, shape, strict=True)):
        raise ValueError("shape", facts)


def convert(tensor: Tensor, array: Array, facts: Mapping[str, Any]) -> tuple[Array, bool]:
    """An array in the dtype that an input wants, contiguous, and whether it holds raw integers.

    Raises:
        ValueError: ("dtype", facts) or ("range", facts).
    """
    facts = {**facts, "wanted_dtype": tensor["dtype"], "dtype": array.dtype.name}
    if not tensor["dtype"]:
        raise ValueError("dtype", facts)
    if tensor["dtype"] == "bfloat16" and array.dtype.kind == "f":
        return bfloat16_bits(array), False
    if tensor["dtype"] == "bfloat16":
        raise ValueError("dtype", facts)
    wanted, scale = np.dtype(tensor["dtype"]), tensor["scale"]
    if array.dtype == wanted:
        return np.ascontiguousarray(array), scale is not None
    if wanted.kind == array.dtype.kind == "f":
        return array.astype(wanted, order="C"), False
    if wanted.kind == "b" and array.dtype.kind in "iu" and np.isin(array, (0, 1)).all():
        return array.astype(wanted, order="C"), False
    if wanted.kind in "iu" and array.dtype.kind == "f" and scale is not None:
        bounds = np.iinfo(wanted)
        steps = np.round(array.astype(np.float32) / np.float32(scale)) + np.float32(tensor["zero_point"])
        return np.clip(steps, bounds.min, bounds.max).astype(wanted, order="C"), False
    if wanted.kind in "iu" and array.dtype.kind in "iu" and scale is None:
        bounds = np.iinfo(wanted)
        if array.size and not bounds.min <= int(array.min()) <= int(array.max()) <= bounds.max:
            raise ValueError("range", {**facts, "low": int(array.min()), "high": int(array.max())})
        return array.astype(wanted, order="C"), False
    raise ValueError("dtype", facts)


def bfloat16_bits(array: Array) -> Array:
    """The upper halves of float32 numbers, rounded to the nearest, of two the even one; NaN stays NaN."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(array), np.uint32(0x7FC0), rounded).astype(np.uint16)


def join(tensor: Tensor, parts: Sequence[Array], batch: int, count: int, raw: bool) -> Array:
    """All samples' values of one output, (count, ...), in real numbers unless raw.

    An output without an axis for the sample gets one where a call had one sample.

    Raises:
        ValueError: ("output_shape", facts) samples' outputs differ in shape, or samples have no axis.
    """
    alone = batch == 1 and any(part.ndim == 0 or len(part) != 1 for part in parts)
    try:
        joined = np.stack(parts) if alone else np.concatenate(parts)
    except ValueError:
        joined = np.empty(0)
    if len(joined) != count:
        shapes = sorted({part.shape for part in parts})
        raise ValueError("output_shape", {"name": tensor["name"], "shapes": shapes, "batch": batch})
    return joined if raw else real_numbers(tensor, joined)


def real_numbers(tensor: Tensor, stored: Array) -> Array:
    """What stored integers stand for; others as they are."""
    if tensor["scale"] is None or stored.dtype.kind not in "iu":
        return stored
    return (stored.astype(np.float32) - np.float32(tensor["zero_point"])) * np.float32(tensor["scale"])
