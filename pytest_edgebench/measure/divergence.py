"""The first tensor of a file that a target computes otherwise than the host."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.measure import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_edgebench.artifacts.expose import Inner
    from pytest_edgebench.workers.results import Array

    Run = Callable[[Path, Mapping[str, Array]], Sequence[Array]]


def first(
    source: Path,
    sample: Mapping[str, Array],
    host: Run,
    target: Run,
    outputs: tuple[Array, Array],
    copies: Path,
) -> str:
    """Where two runtimes part, in words.

    Args:
        source: a ``.tflite`` file. sample: its inputs, (1, ...) each.
        host, target: run a file on the sample and give its outputs, (1, ...) each.
        copies: a folder that both may read.
        outputs: (1, ...), the first output as the host and the target gave it without a look inside.

    Returns:
        "" where the copy whose inner tensors are shown does not behave as the file does, or nothing differs.

    Raises:
        MeasureError: a runtime does not run the copy, or answers with the outputs of another file.
    """
    import numpy as np

    from pytest_edgebench.artifacts.expose import expose

    copies.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=copies) as folder:
        copy = Path(folder) / source.name
        inner = expose(source, copy)
        here, there = host(copy, sample), target(copy, sample)
    if len(there) != len(here):
        raise errors.own_outputs_only(len(there), len(here))
    if not (np.array_equal(here[0], outputs[0]) and np.array_equal(there[0], outputs[1])):
        return ""
    for tensor in inner:
        one, other = here[tensor.output], there[tensor.output]
        if one.shape != other.shape:
            raise errors.other_inner_shape(tensor.name, one.shape, other.shape)
        if not np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
            return _told(tensor, inner[-1].step, one, other)
    return ""


def _told(tensor: Inner, steps: int, one: Array, other: Array) -> str:
    import numpy as np

    gaps = np.abs(np.asarray(one, np.float64) - other)
    count = int((gaps > 0).sum())
    name = tensor.name.partition(";")[0]  # converters list all that became one tensor
    return (
        f"{name!r} ({tensor.operator}, operator {tensor.step} of {steps}): "
        f"{count:,} of {gaps.size:,} values differ, by up to {gaps.max():.3g}"
    )
