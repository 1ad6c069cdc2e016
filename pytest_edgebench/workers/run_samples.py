"""Run a file on all samples, some at a time, so that they are never held whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.samples.stream import chunk
from pytest_edgebench.workers import errors
from pytest_edgebench.workers.results import Outputs

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.samples.stream import Samples
    from pytest_edgebench.workers.client import Client


def run_samples(client: Client, path: Path, samples: Samples, *, batch: int, deadline_s: float) -> Outputs:
    """Outputs of a file for all samples, (count, ...) each.

    Args:
        batch: samples a call.
        deadline_s: of each request; a request holds about 64 MiB of inputs, or all of them where a state is
            never reset.

    Raises:
        MeasureError: as `Client.run`; or outputs of different requests do not fit together.
    """
    import numpy as np

    size = samples.count if samples.roles.unbroken else chunk(samples, batch)
    found = [
        client.run(path, inputs, batch=batch, deadline_s=deadline_s) for inputs, _ in samples.batches(size)
    ]
    if len(found) == 1:
        return found[0]
    try:
        arrays = tuple(np.concatenate(parts) for parts in zip(*(each.arrays for each in found), strict=True))
    except ValueError as cause:
        shapes = [sorted({array.shape[1:] for array in each.arrays}) for each in found]
        raise errors.outputs_differ(path, shapes) from cause
    return Outputs(arrays, found[0].raw, (found[0].readings[0], found[-1].readings[1]), found[0].fed)
