"""Built means it loads: a file that a step wrote is run once by its runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.compressors.build import errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.compressors.build.runs import Runs
    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.samples.roles import Given


def check(
    step: str, fmt: Format, made: Path, parent: Path, sample: Given | None, runs: Runs, signature: str = ""
) -> None:
    """Load a file and run one sample, in a worker.

    Args:
        parent: what the step was applied to. Where that cannot be run on the sample either, it is not the
            step's doing, and is said by whoever measures it.
        sample: one sample, with what is constant or state; None to load only.
        signature: of a ``.tflite`` file with several.

    Raises:
        BuildError: the runtime loads and runs `parent`, but not `made`.
    """
    reason = _fault(fmt, made, sample, runs, signature)
    if reason and not _fault(fmt, parent, sample, runs, signature):
        raise errors.does_not_run(step, fmt, reason)


def _fault(fmt: Format, path: Path, sample: Given | None, runs: Runs, signature: str) -> str:
    """Why a file cannot be run; "" where it can."""
    try:
        client = runs.client(fmt, signature)
        inputs = client.interface(path).inputs
        if sample is not None:
            client.run(path, sample, batch=batch_of(inputs, sample, sample.roles.plain()))
    except MeasureError as error:
        return error.said or error.what
    except ValueError as cause:  # other inputs than the file has
        return str(cause)
    return ""


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
