"""A map-style data set (torch's ``Dataset``, or anything with a length) of ``(input, label)`` pairs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.samples import errors
from pytest_edgebench.samples.columns import Contents
from pytest_edgebench.samples.labels import as_labels
from pytest_edgebench.samples.passes import check_sum
from pytest_edgebench.samples.stream import HELD_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.forms import About


def takes(value: Any, about: About) -> bool:
    if isinstance(value, Mapping | list | tuple | str | bytes | Path) or hasattr(value, "__array__"):
        return False
    return hasattr(value, "__getitem__") and hasattr(value, "__len__")


def read(value: Any, about: About) -> Contents:
    import numpy as np

    dataset = _Dataset(value, about)
    if not len(dataset):
        raise errors.no_samples(about.what, about.where)
    labels: list[Any] = []
    held: list[Array] | None = []
    size = 0
    for number in range(len(dataset)):
        x, label = dataset.sample(number)
        dataset.saw(x)
        labels.append(label)
        size += x.nbytes
        if size > HELD_BYTES:
            held = None
        elif held is not None:
            held.append(x)
    try:
        column: Any = dataset if held is None else np.stack(held)
        return Contents({"input_0": column}, as_labels(labels) if about.labelled else None)
    except (TypeError, ValueError) as error:
        raise errors.bad_dataset(error, about.where) from error


class _Dataset:
    """The inputs of a data set as a column, each read when it is needed.

    What a sample holds must not change from one reading to the next: it is compared with a check sum of the
    first.
    """

    def __init__(self, dataset: Any, about: About) -> None:
        self._dataset = dataset
        self._about = about
        self._sums: list[int] = []
        self.dtype: Any = None
        self.shape: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, rows: Any) -> Array:
        import numpy as np

        numbers: Iterable[int] = (
            range(*rows.indices(len(self))) if isinstance(rows, slice) else [int(row) for row in rows]
        )
        read = []
        for number in numbers:
            x, _ = self.sample(number)
            if check_sum([x]) != self._sums[number]:
                raise errors.changed_when_read_again(number, self._about.where)
            read.append(x)
        assert self.shape is not None
        return np.stack(read).astype(self.dtype) if read else np.empty((0, *self.shape), self.dtype)

    def sample(self, number: int) -> tuple[Array, Any]:
        """Input and label of one sample; a label is None where inputs alone are wanted and given."""
        import numpy as np

        about = self._about
        try:
            item = self._dataset[number]
        except DataError:
            raise
        except Exception as error:
            raise errors.dataset_raised(number, error, about.where) from error
        pair = isinstance(item, tuple | list) and len(item) == 2
        if about.labelled and not pair:
            raise errors.not_pairs(number, item, about.where)
        x, label = item if pair else (item, None)
        try:
            return np.asarray(x), np.asarray(label) if hasattr(label, "__array__") else label
        except Exception as error:
            raise errors.bad_dataset(error, about.where) from error

    def saw(self, x: Array) -> None:
        """Take in a sample at the first reading."""
        import numpy as np

        if self.shape not in (None, x.shape):
            raise errors.shapes_differ(self.shape or (), x.shape, len(self._sums), self._about.where)
        self.shape = x.shape
        self.dtype = x.dtype if self.dtype is None else np.promote_types(self.dtype, x.dtype)
        self._sums.append(check_sum([x]))
