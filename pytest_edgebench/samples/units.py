"""What data give that are read from the start: pieces of samples with one shape, each with its labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors, stream_errors
from pytest_edgebench.samples.ragged import NUMBERS, listed, same_shapes
from pytest_edgebench.samples.roles import NO_ROLES, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.roles import Roles


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """Some samples.

    Attributes:
        inputs: input name → (n, ...).
        labels: n of them; None for inputs alone. critical: n of them, or None.
        number: of the batch or the sample that it is of.
    """

    inputs: Mapping[str, Array]
    labels: Any
    critical: Any
    number: int
    roles: Roles = field(default=NO_ROLES)

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Data that are read from the start.

    Attributes:
        start: begins to read. where: of the data, for messages.
        item: one sample by its number, where that can be had; `count`: how many there are, likewise.
        changed: the error for a piece that was another one when it was read again, by its number.
    """

    start: Callable[[], Iterator[Unit]]
    where: str
    item: Callable[[int], Unit] | None = None
    count: int | None = None
    changed: Callable[[int, str], Exception] = errors.batch_changed


def units(given: Mapping[str, Any], labels: Any, critical: Any, number: int, where: str) -> Iterator[Unit]:
    """A batch as pieces of one shape: one, unless its samples differ.

    Args:
        given: input name → samples, or what has a role of its own.

    Raises:
        DataError: inputs of different numbers, labels of another number, NaN, no numbers.
    """
    import numpy as np

    samples, roles = split(given, "inputs", where)
    arrays: dict[str, Any] = {}
    for name, value in samples.items():
        shown = "inputs" if name == "input_0" else f"inputs[{name!r}]"
        arrays[name] = array = listed(value, shown, where)
        for one in array if isinstance(array, list) else [array]:
            if one.dtype.kind not in NUMBERS:
                raise errors.no_numbers(shown, str(one.dtype), where)
            if one.dtype.kind == "f" and not np.isfinite(one).all():
                raise errors.not_finite(shown, where)
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise stream_errors.inputs_of_batch(number, lengths, where)
    count = next(iter(lengths.values()))
    for what in (labels, critical):
        if what is not None and hasattr(what, "__len__") and len(what) != count:
            raise stream_errors.labels_of_batch(number, len(what), count, where)
    if not any(isinstance(array, list) for array in arrays.values()):
        yield Unit(arrays, labels, critical, number, roles)
        return
    for rows in same_shapes(arrays, count):
        yield Unit(
            {
                name: np.stack(array[rows]) if isinstance(array, list) else array[rows]
                for name, array in arrays.items()
            },
            None if labels is None else labels[rows],
            None if critical is None else critical[rows],
            number,
            roles,
        )
