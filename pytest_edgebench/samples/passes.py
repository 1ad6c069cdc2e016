"""Inputs that can only be read from the start, batch by batch, as columns that are asked by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.columns import Column


class Pieces:
    """What the batches are, as it was seen when they were first read.

    Args:
        where: of the data, for messages.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.count = 0
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.dtypes: dict[str, Any] = {}
        self.sums: list[tuple[int, int]] = []
        """Of each batch: how many samples, and a check sum of its inputs."""

    def saw(self, given: Mapping[str, Array]) -> None:
        """Take in a batch.

        Raises:
            ValueError: it is of another shape than those before it.
        """
        import numpy as np

        lengths = {len(array) for array in given.values()}
        if len(lengths) != 1:
            raise ValueError(f"its inputs have {', '.join(map(str, sorted(lengths)))} samples")
        shapes = {name: array.shape[1:] for name, array in given.items()}
        if self.sums and shapes != self.shapes:
            raise ValueError(f"batch 0 is of shape {self.shapes}, batch {len(self.sums):,} of {shapes}")
        self.shapes = shapes
        for name, array in given.items():
            known = self.dtypes.get(name, array.dtype)
            self.dtypes[name] = np.promote_types(known, array.dtype)
        self.count += (length := lengths.pop())
        self.sums.append((length, check_sum(given.values())))

    def together(self, held: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
        """All batches as one array (count, ...) for each input."""
        import numpy as np

        return {name: np.concatenate([given[name] for given in held]) for name in self.shapes}

    def columns(self, passes: Passes) -> dict[str, Column]:
        """The inputs, read when they are needed."""
        return {name: _Column(passes, self, name) for name in self.shapes}


class Passes:
    """Goes over the batches once more whenever samples before those read last are wanted.

    Args:
        start: begins to read from the first batch.
    """

    def __init__(self, start: Callable[[], Iterator[Mapping[str, Array]]], pieces: Pieces) -> None:
        self._start = start
        self._pieces = pieces
        self._last: tuple[bytes, dict[str, Array]] | None = None
        self._begin()

    def rows(self, wanted: Array) -> dict[str, Array]:
        """Input name → the samples with these numbers, (m, ...); what was asked last is kept.

        Raises:
            DataError: a batch is another one than it was at first.
        """
        import numpy as np

        asked = wanted.tobytes()
        if self._last is not None and self._last[0] == asked:
            return self._last[1]
        self._last = None  # freed before the next is made
        pieces = self._pieces
        order, back = np.unique(wanted, return_inverse=True)
        found = {
            name: np.empty((len(order), *pieces.shapes[name]), pieces.dtypes[name]) for name in pieces.shapes
        }
        if len(order) and order[0] < self._at:
            self._begin()
        filled = 0
        while filled < len(order):
            stop = int(np.searchsorted(order, self._at + self._length))
            for name, array in self._batch.items():
                found[name][filled:stop] = array[order[filled:stop] - self._at]
            filled = stop
            if filled < len(order):
                self._advance()
        if len(order) != len(wanted) or not (order == wanted).all():
            found = {name: array[back] for name, array in found.items()}
        self._last = asked, found
        return found

    def _begin(self) -> None:
        self._batches: Iterator[Mapping[str, Array]] = self._start()
        self._at = self._length = self._next = 0
        self._batch: Mapping[str, Array] = {}

    def _advance(self) -> None:
        pieces = self._pieces
        self._at += self._length
        given = next(self._batches, None)
        known = pieces.sums[self._next]
        if given is None or (len(next(iter(given.values()))), check_sum(given.values())) != known:
            raise errors.batch_changed(self._next, pieces.where)
        self._batch, self._length, self._next = given, known[0], self._next + 1


class _Column:
    """One input of all batches."""

    def __init__(self, passes: Passes, pieces: Pieces, name: str) -> None:
        self._passes, self._name = passes, name
        self._count = pieces.count
        self.shape, self.dtype = pieces.shapes[name], pieces.dtypes[name]

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rows: Any) -> Array:
        import numpy as np

        wanted = np.arange(self._count)[rows] if isinstance(rows, slice) else np.asarray(rows, np.intp)
        return self._passes.rows(wanted)[self._name]


def check_sum(arrays: Iterable[Array]) -> int:
    """CRC-32 of arrays, one after the other."""
    import zlib

    import numpy as np

    found = 0
    for array in arrays:
        found = zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data, found)
    return found
