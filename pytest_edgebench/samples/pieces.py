"""Samples that come in units of any length as pieces of the length that is wanted now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.samples import stream_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_edgebench.declare.data import Array

PIECE_BYTES = 15 << 20
ALONE_BYTES = 1 << 20  # from which on what is left of a unit is a piece rather than put together with others
BUFFERS = 3  # one is filled, one read, and one waits


class Pieces:
    """Cuts and joins units.

    A piece is part of a unit where it can be, else put together in one of some buffers that are used again:
    whoever gets a piece has to be done with it before two more are asked for.

    Args:
        size: how many samples a piece may have now. batch: all but the last piece are multiples of it.
        where: of the data, for messages. most: bytes of a piece, unless one call has more.
    """

    def __init__(self, size: Callable[[], int], batch: int, where: str, most: int = PIECE_BYTES) -> None:
        self._size, self._batch, self._where, self._most = size, batch, where, most
        self._waiting: list[Mapping[str, Array]] = []
        self._count = 0
        self._buffers: list[dict[str, Array]] = [{} for _ in range(BUFFERS)]
        self._turn = 0

    def take(self, given: Mapping[str, Array]) -> Iterator[Mapping[str, Array]]:
        """The pieces that are full with one more unit."""
        if self._waiting and not self._fits(given):
            if self._batch > 1:
                raise stream_errors.several_at_once(
                    (_shape(self._waiting[0]), _shape(given)), self._batch, self._where
                )
            yield from self.rest()
        start, count = 0, _length(given)
        while start < count:
            wanted = self._wanted(given)
            if not self._waiting and count - start >= wanted:
                yield _cut(given, start, start + wanted)
                start += wanted
                continue
            whole = (count - start) // self._batch * self._batch
            left = _cut(given, start, start + whole)
            if not self._waiting and sum(array.nbytes for array in left.values()) >= ALONE_BYTES:
                yield left
                start += whole
                continue
            taken = min(count - start, wanted - self._count)
            if taken > 0:
                part = _cut(given, start, start + taken)
                # The unit may be changed by whoever made it once the next one is asked for.
                self._waiting.append({name: array.copy() for name, array in part.items()})
                self._count += taken
                start += taken
            if self._count >= wanted:
                yield from self._full(wanted)

    def rest(self) -> Iterator[Mapping[str, Array]]:
        """What is left; errors as `take`."""
        while self._count:
            yield from self._full(min(self._count, self._wanted(self._waiting[0])))

    def _full(self, count: int) -> Iterator[Mapping[str, Array]]:
        """A piece of so many of the samples that wait."""
        parts, kept, left = [], [], count
        for part in self._waiting:
            taken = min(left, _length(part))
            if taken:
                parts.append(_cut(part, 0, taken))
            if taken < _length(part):
                kept.append(_cut(part, taken, _length(part)))
            left -= taken
        self._waiting, self._count = kept, self._count - count
        yield parts[0] if len(parts) == 1 else self._joined(parts, count)

    def _joined(self, parts: list[Mapping[str, Array]], count: int) -> Mapping[str, Array]:
        import numpy as np

        buffers = self._buffers[self._turn]
        self._turn = (self._turn + 1) % BUFFERS
        found = {}
        for name, first in parts[0].items():
            buffer = buffers.get(name)
            shape = first.shape[1:]
            if (
                buffer is None
                or buffer.shape[1:] != shape
                or len(buffer) < count
                or buffer.dtype != first.dtype
            ):
                buffer = buffers[name] = np.empty((count, *shape), first.dtype)
            found[name] = np.concatenate([part[name] for part in parts], out=buffer[:count])
        return found

    def _wanted(self, given: Mapping[str, Array]) -> int:
        one = sum(array.nbytes for array in given.values()) // max(1, _length(given))
        most = min(self._size(), self._most // max(1, one))
        return max(self._batch, most // self._batch * self._batch)

    def _fits(self, given: Mapping[str, Array]) -> bool:
        first = self._waiting[0]
        return all(array.shape[1:] == first[name].shape[1:] for name, array in given.items())


def _length(given: Mapping[str, Array]) -> int:
    return len(next(iter(given.values())))


def _shape(given: Mapping[str, Array]) -> tuple[int, ...]:
    shape: tuple[int, ...] = next(iter(given.values())).shape
    return shape[1:]


def _cut(given: Mapping[str, Array], start: int, stop: int) -> Mapping[str, Array]:
    return {name: array[start:stop] for name, array in given.items()}
