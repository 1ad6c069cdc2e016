"""Samples whose inputs can be read by number: arrays, memory-mapped files, data sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pytest_edgebench.identity.arrays import ArrayHasher, Fingerprint
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.samples.finite import finite
from pytest_edgebench.samples.labels import content
from pytest_edgebench.samples.pieces import PIECE_BYTES
from pytest_edgebench.samples.ragged import Ragged, lengths, same_shapes
from pytest_edgebench.samples.roles import NO_ROLES, Given
from pytest_edgebench.samples.stream import chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.identity.file_digests import FileDigests
    from pytest_edgebench.samples.ragged import Lengths
    from pytest_edgebench.samples.roles import Roles
    from pytest_edgebench.samples.units import Source


class Column(Protocol):
    """One input of all samples, e.g. an array (N, ...)."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Array:
        """The samples of a slice or of an array of numbers, (n, ...)."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What one form of data holds, not yet checked.

    Attributes:
        inputs: input name → column, or a value that is to become an array.
        labels: None for inputs alone.
        critical: numbers of samples or a mask; None for none.
        roles: of the inputs, where they were told apart already.
        files: input → the file whose content alone it depends on, where there is one.
        source: what to read the samples from, where they are too large to be held; all else is then empty.
    """

    inputs: Mapping[str, Any]
    labels: Any = None
    critical: Any = None
    roles: Roles | None = None
    source: Source | None = None
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """`Samples` over columns; see there.

    Attributes:
        files: as of `Contents`.
        unchecked: inputs that are looked at for NaN when they are read, as nobody did before.
    """

    inputs: Mapping[str, Column]
    given_labels: Array
    critical: Array | None = None
    roles: Roles = NO_ROLES
    where: str = ""
    files: Mapping[str, Path] = field(default_factory=dict)
    unchecked: frozenset[str] = frozenset()
    known = True

    @property
    def count(self) -> int:
        return len(self.given_labels)

    @property
    def count_if_known(self) -> int:
        return self.count

    def lengths(self) -> dict[str, Lengths]:
        found = {
            name: lengths({sample.shape for sample in column.samples})
            for name, column in self.inputs.items()
            if isinstance(column, Ragged)
        }
        return {name: each for name, each in found.items() if each is not None}

    def first(self, n: int) -> Given:
        return self._given(slice(0, n))

    def take(self, rows: Sequence[int] | Array) -> Given:
        import numpy as np

        return self._given(np.asarray(rows, np.intp))

    def each(self, rows: Sequence[int] | Array) -> list[dict[str, Array]]:
        import numpy as np

        if not any(isinstance(column, Ragged) for column in self.inputs.values()):
            taken = self.take(rows).samples
            return [{name: array[at] for name, array in taken.items()} for at in range(len(rows))]
        numbers = [int(row) for row in np.asarray(rows, np.intp)]
        return [{name: column[[number]][0] for name, column in self.inputs.items()} for number in numbers]

    def walk(self, size: Callable[[], int], batch: int) -> Generator[Given, None, None]:
        ragged = {name: column for name, column in self.inputs.items() if isinstance(column, Ragged)}
        if ragged and batch > 1:
            self.take(range(self.count))  # which says that they differ
        for rows in same_shapes(ragged, self.count) if ragged else [slice(0, self.count)]:
            start = rows.start
            one = sum(column[start : start + 1].nbytes for column in self.inputs.values())
            most = max(1, PIECE_BYTES // max(1, one))
            while start < rows.stop:
                stop = min(rows.stop, start + max(batch, min(size(), most) // batch * batch))
                yield self._given(slice(start, stop))
                start = stop

    def batches(self, size: int) -> Iterator[tuple[Given, Array]]:
        if self.lengths():
            start = 0
            for given in self.walk(lambda: size, 1):
                stop = start + len(next(iter(given.samples.values())))
                yield given, self.given_labels[start:stop]
                start = stop
            return
        for start in range(0, self.count, size):
            rows = slice(start, start + size)
            yield self._given(rows), self.given_labels[rows]

    def labels(self) -> Array:
        return self.given_labels

    def inputs_key(self, files: FileDigests | None = None) -> str:
        return digest(fingerprints(self, files))

    def key(self, files: FileDigests | None = None) -> str:
        return digest((fingerprints(self, files), content(self.given_labels)))

    def large_files(self, files: FileDigests) -> str:
        return files.told(dict.fromkeys(self.files.values()))

    def _given(self, rows: Any) -> Given:
        found = {name: column[rows] for name, column in self.inputs.items()}
        for name in self.unchecked:
            finite(found[name], "inputs" if name == "input_0" else f"inputs[{name!r}]", self.where)
        return Given(found, self.roles)


def fingerprints(samples: Columns, files: FileDigests | None = None) -> dict[str, Any]:
    """Each input as an array, or as what stands for one in a digest where it cannot be held whole.

    With the roles of inputs where there are any.

    Args:
        files: knows what was read of files that have not changed since; None reads them.
    """
    import numpy as np

    found: dict[str, Any] = {}
    for name, column in samples.inputs.items():
        if isinstance(column, Ragged):
            found[name] = column.samples
        elif files is not None and name in samples.files:
            what = f"array {name} {column.dtype} {column.shape[1:]}"  # type: ignore[attr-defined]
            known = files.derived(samples.files[name], what, partial(_hashed, samples, name))
            found[name] = Fingerprint(bytes.fromhex(known))
        elif isinstance(column, np.ndarray):
            found[name] = column
        else:
            found[name] = Fingerprint(bytes.fromhex(_hashed(samples, name)))
    if samples.roles:  # else the key is what it was before there were any
        roles = samples.roles
        found["roles"] = roles.plain(), dict(roles.constants), dict(roles.initial), roles.order
    return found


def _hashed(samples: Columns, name: str) -> str:
    """The identity of a column, as hexadecimal digits."""
    column = samples.inputs[name]
    one = column[:1]
    hasher = ArrayHasher(one.dtype, (len(column), *one.shape[1:]))
    size = chunk(samples)
    for start in range(0, len(column), size):
        hasher.update(column[start : start + size])
    return hasher.done().identity.hex()
