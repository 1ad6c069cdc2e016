"""Run a file on all samples, some at a time, so that neither they nor the outputs are held whole."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from pytest_edgebench.samples.stream import chunk
from pytest_edgebench.workers import errors
from pytest_edgebench.workers.kept_outputs import KeptOutputs
from pytest_edgebench.workers.results import Outputs, Part
from pytest_edgebench.workers.sizes import Sizes

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from pytest_edgebench.samples.stream import Samples
    from pytest_edgebench.workers.client import Client
    from pytest_edgebench.workers.results import Readings

TRIES = 3


def run_samples(
    client: Client,
    path: Path,
    samples: Samples,
    *,
    batch: int,
    deadline_s: float,
    folder: Path | None = None,
) -> Outputs:
    """Outputs of a file for all samples, (count, ...) each.

    While the worker runs some samples, the next are read.

    Args:
        batch: samples a call.
        deadline_s: of each sample, with the loading of the file for the first.
        folder: where large outputs are written, to be mapped; None keeps them in memory.

    Raises:
        MeasureError: as `Client.run`; or outputs of different requests do not fit together.
        DataError: the data cannot be read, or cannot be run in this batch.
    """
    for attempt in range(TRIES):
        try:
            if client.streams:
                return _streamed(client, path, samples, batch, deadline_s, KeptOutputs(folder))
            return _asked(client, path, samples, batch, deadline_s, KeptOutputs(folder))
        except errors.StreamLost:
            if attempt == TRIES - 1:
                raise
    raise AssertionError


def _streamed(
    client: Client, path: Path, samples: Samples, batch: int, deadline_s: float, kept: KeptOutputs
) -> Outputs:
    stream, sizes, number, before = uuid.uuid4().hex, Sizes(batch, deadline_s), 0, 0
    waiting: Future[Part] | None = None
    found: list[Part] = []

    def finish() -> None:
        if waiting is not None:
            part = waiting.result()
            found[:] = [*found[:1], part]  # the first and the last
            _take(kept, part, path)

    with ThreadPoolExecutor(1) as asking, closing(samples.walk(sizes.next, batch)) as pieces:
        try:
            for piece in pieces:
                count = len(next(iter(piece.samples.values())))
                shared = client.share(number % 2, piece)
                # Whoever made the samples may write the next ones into the same memory.
                given = piece if shared else piece.of({n: array.copy() for n, array in piece.samples.items()})
                finish()
                ask = partial(
                    client.run_part,
                    path,
                    given,
                    batch=batch,
                    stream=stream,
                    before=before,
                    count=samples.count_if_known,
                    shared=shared,
                    deadline_s=deadline_s,
                )
                waiting = asking.submit(sizes.timed, count, ask)
                number, before = number + 1, before + count
            finish()
        except BaseException as error:
            if not isinstance(error, Exception):
                client.stop()  # a Ctrl-C waits for no answer
            raise
    client.end_stream(deadline_s)
    return _outputs(kept, found[0], found[-1].readings)


def _asked(
    client: Client, path: Path, samples: Samples, batch: int, deadline_s: float, kept: KeptOutputs
) -> Outputs:
    """By requests that hold about 64 MiB of inputs, or all of them where a state is never reset."""
    size = samples.count if samples.roles.unbroken else chunk(samples, batch)
    ragged = bool(samples.lengths())
    pieces = samples.walk(lambda: size, batch) if ragged else (inputs for inputs, _ in samples.batches(size))
    found: list[Part] = []
    for given in pieces:
        ran = client.run(path, given, batch=batch, deadline_s=deadline_s)
        part = Part(ran.arrays, {}, single=False, raw=ran.raw, readings=ran.readings, fed=ran.fed)
        found = [*found[:1], part]
        _take(kept, part, path)
    return _outputs(kept, found[0], found[-1].readings)


def _take(kept: KeptOutputs, part: Part, path: Path) -> None:
    try:
        kept.take(part)
    except ValueError as cause:
        raise errors.outputs_differ(path, str(cause)) from cause


def _outputs(kept: KeptOutputs, first: Part, last: Readings) -> Outputs:
    return Outputs(kept.done(), first.raw, (first.readings[0], last[1]), first.fed)
