"""Samples of differing shapes: a list of arrays where others are one array (N, ...)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.samples import errors, stream_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_edgebench.declare.data import Array

NUMBERS = "biufUS"  # kinds of dtype a runtime can be given


def listed(value: Any, shown: str, where: str) -> Array | list[Array]:
    """An array (N, ...); a list of arrays with one dtype where samples differ in shape.

    Raises:
        DataError: neither.
    """
    import numpy as np

    if not isinstance(value, list | tuple):
        try:
            array = np.asarray(value)
        except DataError:
            raise
        except Exception as error:
            raise errors.no_array(shown, error, where) from error
        if array.dtype != object or array.ndim != 1:
            if array.dtype == object:
                raise errors.object_array(shown, where)
            return array
        value = list(array)
    try:
        array = np.asarray(value)
        if array.dtype != object:
            return array
    except ValueError:  # of different shapes
        pass
    except Exception as error:
        raise errors.no_array(shown, error, where) from error
    return _each(value, shown, where)


def _each(value: Sequence[Any], shown: str, where: str) -> list[Array]:
    import numpy as np

    try:
        arrays = [np.asarray(sample) for sample in value]
    except ValueError:
        raise errors.object_array(shown, where) from None
    if not arrays or any(array.dtype == object or array.dtype.kind not in "biuf" for array in arrays):
        raise errors.object_array(shown, where)
    if len({array.ndim for array in arrays}) > 1 or not arrays[0].ndim:
        raise errors.object_array(shown, where)
    dtype = np.result_type(*{array.dtype for array in arrays})
    return [array.astype(dtype, copy=False) for array in arrays]


def same_shapes(arrays: Mapping[str, Any], count: int, most: int | None = None) -> Iterator[slice]:
    """Slices of neighbours with one shape in all inputs.

    Args:
        arrays: input name → samples, or a list of them. most: in a slice.
    """
    shapes = [
        [array[number].shape for number in range(count)]
        for array in arrays.values()
        if isinstance(array, list | Ragged)
    ]
    start = 0
    for stop in range(1, count + 1):
        full = most is not None and stop - start >= most
        if stop == count or full or any(each[stop] != each[start] for each in shapes):
            yield slice(start, stop)
            start = stop


class Ragged:
    """One input of all samples, where these differ in shape; a `Column` and a list at once."""

    def __init__(self, samples: Sequence[Array], where: str) -> None:
        self.samples, self._where = list(samples), where
        self.dtype = self.samples[0].dtype

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, rows: Any) -> Array:
        import numpy as np

        if isinstance(rows, int):
            return self.samples[rows]
        numbers = range(*rows.indices(len(self))) if isinstance(rows, slice) else [int(row) for row in rows]
        found = [self.samples[number] for number in numbers]
        return stacked(found, self._where) if found else np.empty((0, *self.samples[0].shape), self.dtype)


def stacked(samples: Sequence[Array], where: str) -> Array:
    """Samples of one shape as one array.

    Raises:
        DataError: they differ in shape.
    """
    import numpy as np

    for sample in samples:
        if sample.shape != samples[0].shape:
            shapes = samples[0].shape, sample.shape
            raise stream_errors.several_at_once(shapes, len(samples), where)
    return np.stack(samples)


def as_objects(samples: Sequence[Array]) -> Array:
    """Arrays of differing shapes as one of dtype object, (N,)."""
    import numpy as np

    found = np.empty(len(samples), object)
    for number, sample in enumerate(samples):
        found[number] = sample
    return found


def is_ragged(array: Any) -> bool:
    """Whether it is what `as_objects` gave."""
    return bool(getattr(getattr(array, "dtype", None), "hasobject", False))


@dataclass(frozen=True, slots=True, eq=False)
class Lengths:
    """In which shapes the samples of an input come.

    Attributes:
        least, most: of each axis.
    """

    least: tuple[int, ...]
    most: tuple[int, ...]


def lengths(shapes: set[tuple[int, ...]]) -> Lengths | None:
    """Of an input whose samples differ in shape; None for one shape."""
    if len(shapes) < 2:
        return None
    axes = list(zip(*shapes, strict=True))
    return Lengths(tuple(map(min, axes)), tuple(map(max, axes)))
