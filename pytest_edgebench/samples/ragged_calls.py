"""Calls of one sample each, where samples differ in shape: what calibrates a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples.ragged import stacked
from pytest_edgebench.samples.roles import Given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.roles import Roles


@dataclass(frozen=True, slots=True, eq=False)
class RaggedCalls:
    """An input of some calls; looks like an array (n, ...) whose slices are as a call takes them.

    Attributes:
        arrays: of each call.
        where: of the data, for messages.
    """

    arrays: tuple[Array, ...]
    where: str

    def __len__(self) -> int:
        return len(self.arrays)

    @property
    def dtype(self) -> Any:
        return self.arrays[0].dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the first call, with the number of calls before it."""
        return (len(self.arrays), *self.arrays[0].shape[1:])

    @property
    def ndim(self) -> int:
        """Axes of such an array."""
        return int(self.arrays[0].ndim)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return sum(array.size for array in self.arrays)

    def min(self) -> Any:
        """The smallest number."""
        return min(array.min() for array in self.arrays)

    def max(self) -> Any:
        """The largest number."""
        return max(array.max() for array in self.arrays)

    def __getitem__(self, rows: Any) -> Any:
        """Of a slice one call, or of several their samples if they have one shape; of numbers these calls.

        Raises:
            DataError: samples of several calls differ in shape.
        """
        import numpy as np

        if not isinstance(rows, slice):
            return RaggedCalls(tuple(self.arrays[int(row)] for row in rows), self.where)
        found = self.arrays[rows]
        return found[0] if len(found) == 1 else np.concatenate(stacked(found, self.where))

    def astype(self, dtype: Any, **how: Any) -> RaggedCalls:
        """With numbers of another dtype."""
        return RaggedCalls(tuple(array.astype(dtype, **how) for array in self.arrays), self.where)

    def cut(self, count: int) -> RaggedCalls:
        """The first ones."""
        return RaggedCalls(self.arrays[:count], self.where)


@dataclass(frozen=True, slots=True, eq=False)
class RaggedGiven:
    """Some samples that differ in shape, where others are a `Given`.

    Attributes:
        each: input name → one sample, without an axis for it.
        where: of the data, for messages.
    """

    each: Sequence[Mapping[str, Array]]
    roles: Roles
    where: str

    def singles(self) -> list[Given]:
        """Each sample alone."""
        return [Given({name: array[None] for name, array in one.items()}, self.roles) for one in self.each]

    @property
    def samples(self) -> dict[str, Any]:
        """Input → the samples, as calls of one each."""
        return {
            name: RaggedCalls(tuple(one[name][None] for one in self.each), self.where)
            for name in self.each[0]
        }

    def check_states(self, where: str) -> None:
        """As that of `Given`."""
        self.singles()[0].check_states(where)

    def calls(self, count: int, states: Sequence[Mapping[str, Array]] | None = None) -> dict[str, Any]:
        """At most `count` calls, one after the other; of a sequence one for each step.

        Args:
            states: of each sample, as `Given.calls` takes them.
        """
        found: dict[str, list[Array]] = {}
        for number, given in enumerate(self.singles()):
            left = count - len(next(iter(found.values()), []))
            if left <= 0:
                break
            calls = given.calls(left, None if states is None else states[number])
            steps = len(calls[next(iter(given.samples))])
            for name, array in calls.items():
                found.setdefault(name, []).extend(array[step : step + 1] for step in range(steps))
        return {name: RaggedCalls(tuple(arrays), self.where) for name, arrays in found.items()}
