"""Samples whose inputs can be read by number: arrays, memory-mapped files, data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pytest_edgebench.identity.digest import digest
from pytest_edgebench.samples.labels import content
from pytest_edgebench.samples.roles import NO_ROLES, Given
from pytest_edgebench.samples.stream import chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.roles import Roles


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
    """

    inputs: Mapping[str, Any]
    labels: Any = None
    critical: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """`Samples` over columns; see there."""

    inputs: Mapping[str, Column]
    given_labels: Array
    critical: Array | None = None
    roles: Roles = NO_ROLES

    @property
    def count(self) -> int:
        return len(self.given_labels)

    def first(self, n: int) -> Given:
        return self._given(slice(0, n))

    def take(self, rows: Sequence[int] | Array) -> Given:
        import numpy as np

        return self._given(np.asarray(rows, np.intp))

    def batches(self, size: int) -> Iterator[tuple[Given, Array]]:
        for start in range(0, self.count, size):
            rows = slice(start, start + size)
            yield self._given(rows), self.given_labels[rows]

    def labels(self) -> Array:
        return self.given_labels

    def inputs_key(self) -> str:
        return digest(fingerprints(self))

    def key(self) -> str:
        return digest((fingerprints(self), content(self.given_labels)))

    def _given(self, rows: Any) -> Given:
        return Given({name: column[rows] for name, column in self.inputs.items()}, self.roles)


def fingerprints(samples: Columns) -> dict[str, Any]:
    """Each input as an array, or as what stands for one in a digest where it cannot be held whole.

    With the roles of inputs where there are any.
    """
    import numpy as np

    from pytest_edgebench.identity.arrays import ArrayHasher

    found: dict[str, Any] = {}
    for name, column in samples.inputs.items():
        if isinstance(column, np.ndarray):
            found[name] = column
            continue
        one = column[:1]
        hasher = ArrayHasher(one.dtype, (len(column), *one.shape[1:]))
        size = chunk(samples)
        for start in range(0, len(column), size):
            hasher.update(column[start : start + size])
        found[name] = hasher.done()
    if samples.roles:  # else the key is what it was before there were any
        roles = samples.roles
        found["roles"] = roles.plain(), dict(roles.constants), dict(roles.initial), roles.order
    return found
