"""`Samples`: labelled data as a stream, read again from the start each time.

Nobody outside this room knows where the samples are: in memory, in a file, or made one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.identity.file_digests import FileDigests
    from pytest_edgebench.samples.ragged import Lengths
    from pytest_edgebench.samples.roles import Given, Roles

CHUNK_BYTES = 64 << 20  # of inputs read at once by whoever goes over all of them
HELD_BYTES = 64 << 20  # inputs up to this are kept; more are read again whenever they are needed


class Samples(Protocol):
    """Labelled samples of a model.

    Attributes:
        count: how many samples, at least 1.
        critical: (count,) bool, samples whose prediction must be the host's on every target; None for none.
        roles: of the inputs.
        known: whether all was read once, so that `count`, `labels()`, `critical` and the keys cost nothing.
        count_if_known: `count`, or None where all would have to be read for it.
    """

    @property
    def known(self) -> bool: ...

    @property
    def count_if_known(self) -> int | None: ...

    @property
    def count(self) -> int: ...

    @property
    def critical(self) -> Array | None: ...

    @property
    def roles(self) -> Roles: ...

    def lengths(self) -> dict[str, Lengths]:
        """Input name → the shapes of its samples, where these differ."""

    def first(self, n: int) -> Given:
        """Input name → its first `n` samples, (min(n, count), ...); a bare array is called "input_0"."""

    def take(self, rows: Sequence[int] | Array) -> Given:
        """Input name → the samples with these numbers, (len(rows), ...)."""

    def each(self, rows: Sequence[int] | Array) -> list[dict[str, Array]]:
        """Input name → one sample, for each of these numbers; they may differ in shape.

        Without an axis for the sample."""

    def walk(self, size: Callable[[], int], batch: int) -> Generator[Given, None, None]:
        """All samples once, in order, in pieces of one shape and of about 15 MiB at most.

        A piece may use the memory of the one before the last.

        Args:
            size: asked before each piece how many samples it may have.
            batch: all pieces but the last are multiples of it.

        Raises:
            DataError: samples of differing shapes, and `batch` is more than 1.
        """

    def batches(self, size: int) -> Iterator[tuple[Given, Array]]:
        """Inputs and labels, `size` samples at a time, from the start each time.

        The last may hold fewer, and any where samples differ in shape.
        """

    def labels(self) -> Array:
        """(count, ...)."""

    def inputs_key(self, files: FileDigests | None = None) -> str:
        """SHA-256 (hex) of the inputs.

        Args:
            files: knows what was read of files that have not changed since.
        """

    def key(self, files: FileDigests | None = None) -> str:
        """SHA-256 (hex) of inputs and labels."""

    def large_files(self, files: FileDigests) -> str:
        """Which files are known by a sample of their content, in words; "" for none."""


def chunk(samples: Samples, batch: int = 1) -> int:
    """Samples to read at once: about `CHUNK_BYTES` of inputs, whole batches."""
    one = sum(array.nbytes for array in samples.first(1).samples.values())
    return max(1, CHUNK_BYTES // max(1, one) // batch) * batch


def in_memory(samples: Samples) -> tuple[dict[str, Array], Array]:
    """All inputs, each (count, ...), and labels, for a user's function that takes arrays.

    Inputs whose samples differ in shape are of dtype object, (count,), an array each.
    """
    import numpy as np

    from pytest_edgebench.samples.ragged import as_objects

    if ragged := samples.lengths():
        each = samples.each(range(samples.count))
        found = {name: as_objects([sample[name] for sample in each]) for name in each[0]}
        regular = {name: np.stack([*array]) for name, array in found.items() if name not in ragged}
        return {**found, **regular}, samples.labels()
    return samples.first(samples.count).repeated(), samples.labels()
