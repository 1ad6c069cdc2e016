"""Built means it loads: a file that a step wrote is run once by its runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.compressors.build import errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.build.runs import Runs
    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.samples.roles import Given

    Array = np.ndarray[Any, np.dtype[Any]]


def check(
    step: str, fmt: Format, made: Path, parent: Path, sample: Given | None, runs: Runs, signature: str = ""
) -> None:
    """Load a file and run one sample, in a worker.

    Args:
        parent: what the step was applied to. Where that cannot be run on the sample either, or answers no
            numbers, it is not the step's doing, and is said by whoever measures it.
        sample: one sample, with what is constant or state; None to load only.
        signature: of a ``.tflite`` file with several.

    Raises:
        BuildError: the runtime loads and runs `parent`, but not `made`; or only `made` answers NaN.
    """
    found = _answers(fmt, made, sample, runs, signature)
    odd = [] if isinstance(found, str) else _not_finite(found)
    if not isinstance(found, str) and not odd:
        return
    before = _answers(fmt, parent, sample, runs, signature)
    if isinstance(before, str):
        return
    if isinstance(found, str):
        raise errors.does_not_run(step, fmt, found)
    new = [name for name in odd if name not in _not_finite(before)]
    if new:
        raise errors.not_finite(step, fmt, new)


def _answers(
    fmt: Format, path: Path, sample: Given | None, runs: Runs, signature: str
) -> dict[str, Array] | str:
    """Outputs by name, none without a sample; or why a file cannot be run."""
    try:
        client = runs.client(fmt, signature)
        interface = client.interface(path)
        if sample is None:
            return {}
        batch = batch_of(interface.inputs, sample, sample.roles.plain())
        arrays = client.run(path, sample, batch=batch).arrays
    except MeasureError as error:
        return error.said or error.what
    except ValueError as cause:  # other inputs than the file has
        return str(cause)
    return {tensor["name"]: array for tensor, array in zip(interface.outputs, arrays, strict=True)}


def _not_finite(outputs: Mapping[str, Array]) -> list[str]:
    import numpy as np

    return [
        name for name, array in outputs.items() if array.dtype.kind == "f" and not np.isfinite(array).all()
    ]


def batch_of(inputs: Any, sample: Given, roles: Mapping[str, Mapping[str, Any]]) -> int:
    """Samples a call that a file is made for."""
    from pytest_edgebench.workers import values

    found = [1]
    for tensor, (name, array) in zip(inputs, values.named(inputs, dict(sample)), strict=True):
        role = roles.get(name, {"role": "sample"})
        axis = role.get("axis", 0)
        if role["role"] == "sample" and len(tensor["shape"]) > axis and not values.lone(tensor, array):
            found.append(tensor["shape"][axis] or 1)
    return max(found)
