"""Inputs as a model file wants them, and outputs as the user's model gives them.

Loaded by the worker by its path, so it may import nothing but Python's own library and numpy. Mistakes are
raised as ``ValueError(code, facts)``, see `pytest_edgebench.errors.measure`.

- Inputs are given in the source model's own dtype. Floats for a quantized integer input become
  ``round(x / scale) + zero_point`` within the range of its dtype; floats of another width are converted.
- Integers of a quantized input's own dtype go in unchanged, and then outputs stay as they are stored; else
  outputs with a scale become float32 ``(q - zero_point) * scale``.
- Integers of another width are converted where nothing is quantized (token numbers) and every value fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.runtimes.protocol import Array, Session, Tensor

    Arrays = dict[str, Array]


def run(session: Session, given: Arrays, batch: int) -> tuple[list[Array], bool]:
    """Outputs for all samples, (N, ...) each, and whether they are raw integers.

    Raises:
        ValueError: (code, facts) as the functions below. Whatever the runtime raises.
    """
    inputs = Inputs(session, given, batch)
    parts: list[list[Array]] = [[] for _ in session.outputs]
    for start in range(0, inputs.count, batch):
        real = inputs.bind(session, start)
        session.call()
        for part, output in zip(parts, session.results(), strict=True):
            part.append(output if output.ndim == 0 or real == batch else output[:real])
    outputs = zip(session.outputs, parts, strict=True)
    return [join(tensor, part, batch, inputs.count, inputs.raw) for tensor, part in outputs], inputs.raw


def bind_all(session: Session, given: Arrays) -> None:
    """Bind all the samples given, as those of one call; errors as `run`."""
    Inputs(session, given, len(next(iter(given.values()))) if given else 0).bind(session)


class Inputs:
    """Given arrays adapted to a loaded file, handed to it `batch` samples at a time.

    Attributes:
        raw: integers were handed unchanged to a quantized input.
        count: number of samples.
    """

    def __init__(self, session: Session, given: Arrays, batch: int) -> None:
        tensors = session.inputs
        matched = zip(tensors, match(tensors, given), strict=True)
        adapted = [adapt(tensor, array, batch) for tensor, array in matched]
        self.raw = any(raw for _, raw in adapted)
        self.count = len(adapted[0][0]) if adapted else 0
        self._arrays = [array for array, _ in adapted]
        self._fixed = any(tensor["shape"][0] is not None for tensor in tensors)
        self._batch = batch

    def bind(self, session: Session, start: int = 0) -> int:
        """Bind the samples from `start` on; how many of a call's samples are not mere filling."""
        chunk = [array[start : start + self._batch] for array in self._arrays]
        real = min(self._batch, self.count - start)
        if real < self._batch and self._fixed:
            chunk = [np.concatenate([a, np.repeat(a[-1:], self._batch - real, axis=0)]) for a in chunk]
        session.bind(chunk)
        return real


def match(tensors: Sequence[Tensor], given: Arrays) -> list[Array]:
    """Given arrays in the file's order: by name where names agree, the others by position.

    Raises:
        ValueError: ("inputs", facts) another number of inputs.
    """
    if len(given) != len(tensors):
        raise ValueError("inputs", {"given": [*given], "wanted": [tensor["name"] for tensor in tensors]})
    names = {tensor["name"] for tensor in tensors}
    others = iter([array for name, array in given.items() if name not in names])
    return [given[t["name"]] if t["name"] in given else next(others) for t in tensors]


def adapt(tensor: Tensor, array: Array, batch: int) -> tuple[Array, bool]:
    """All samples of one input, contiguous and of the dtype wanted, and whether they are raw integers.

    Args:
        array: (N, ...).
        batch: samples a call, which is what a fixed first dimension has to be.

    Raises:
        ValueError: ("shape", facts), ("dtype", facts) or ("range", facts).
    """
    shape = [batch, *array.shape[1:]]
    facts = {
        "name": tensor["name"],
        "wanted_dtype": tensor["dtype"],
        "wanted_shape": tensor["shape"],
        "dtype": array.dtype.name,
        "shape": shape,
    }
    if len(tensor["shape"]) != len(shape):
        raise ValueError("shape", facts)
    if any(n is not None and n != m for n, m in zip(tensor["shape"], shape, strict=True)):
        raise ValueError("shape", facts)
    if not tensor["dtype"]:
        raise ValueError("dtype", facts)
    wanted, scale = np.dtype(tensor["dtype"]), tensor["scale"]
    if array.dtype == wanted:
        return np.ascontiguousarray(array), scale is not None
    if wanted.kind == array.dtype.kind == "f":
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
    if raw or tensor["scale"] is None or joined.dtype.kind not in "iu":
        return joined
    return (joined.astype(np.float32) - np.float32(tensor["zero_point"])) * np.float32(tensor["scale"])
