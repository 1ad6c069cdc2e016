"""`Samples`: labelled data as a stream, read again from the start each time.

Nobody outside this room knows where the samples are: in memory, in a file, or made one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.roles import Given, Roles

CHUNK_BYTES = 64 << 20  # of inputs read at once by whoever goes over all of them
HELD_BYTES = 64 << 20  # inputs up to this are kept; more are read again whenever they are needed


class Samples(Protocol):
    """Labelled samples of a model.

    Attributes:
        count: how many samples, at least 1.
        critical: (count,) bool, samples whose prediction must be the host's on every target; None for none.
        roles: of the inputs.
    """

    @property
    def count(self) -> int: ...

    @property
    def critical(self) -> Array | None: ...

    @property
    def roles(self) -> Roles: ...

    def first(self, n: int) -> Given:
        """Input name → its first `n` samples, (min(n, count), ...); a bare array is called "input_0"."""

    def take(self, rows: Sequence[int] | Array) -> Given:
        """Input name → the samples with these numbers, (len(rows), ...)."""

    def batches(self, size: int) -> Iterator[tuple[Given, Array]]:
        """Inputs and labels, `size` samples at a time, the last may hold fewer; from the start each time."""

    def labels(self) -> Array:
        """(count, ...)."""

    def inputs_key(self) -> str:
        """SHA-256 (hex) of the inputs."""

    def key(self) -> str:
        """SHA-256 (hex) of inputs and labels."""


def chunk(samples: Samples, batch: int = 1) -> int:
    """Samples to read at once: about `CHUNK_BYTES` of inputs, whole batches."""
    one = sum(array.nbytes for array in samples.first(1).samples.values())
    return max(1, CHUNK_BYTES // max(1, one) // batch) * batch


def in_memory(samples: Samples) -> tuple[dict[str, Array], Array]:
    """All inputs, each (count, ...), and labels, for a user's function that takes arrays."""
    return samples.first(samples.count).repeated(), samples.labels()
