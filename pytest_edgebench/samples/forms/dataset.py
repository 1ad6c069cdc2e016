"""A map-style data set (torch's ``Dataset``, or anything with a length) of ``(input, label)`` pairs.

The input of a sample is an array, or a mapping of input name to array, to a constant or to a state. A row may
be a mapping too, as in a ``datasets.Dataset`` of Hugging Face; see `rows.row`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.samples import errors
from pytest_edgebench.samples.held import held
from pytest_edgebench.samples.rows import row
from pytest_edgebench.samples.stream import HELD_BYTES
from pytest_edgebench.samples.units import Source, Unit, units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.samples.columns import Contents
    from pytest_edgebench.samples.forms import About


def takes(value: Any, about: About) -> bool:
    if isinstance(value, Mapping | list | tuple | str | bytes | Path | type) or hasattr(value, "__array__"):
        return False
    if any(kind.__name__ == "IterableDataset" for kind in type(value).__mro__):
        return False
    return hasattr(value, "__getitem__") and hasattr(value, "__len__")


def read(value: Any, about: About) -> Contents:
    try:
        count = len(value)
    except Exception as error:
        raise errors.dataset_without_length(error, about.where) from error
    if not count:
        raise errors.no_samples(about.what, about.where)

    def item(number: int) -> Unit:
        given, labels, critical = _parts(value, number, about)
        return next(units(given, labels, critical, number, about.where))

    def start() -> Iterator[Unit]:
        return map(item, range(count))

    source = Source(start, about.where, item, count, errors.changed_when_read_again)
    return held(source, about, HELD_BYTES)


def _parts(value: Any, number: int, about: About) -> tuple[Mapping[str, Any], Any, Any]:
    """Inputs, label and whether it is critical of one sample, each with an axis for the sample."""
    try:
        item = value[number]
    except DataError:
        raise
    except Exception as error:
        raise errors.dataset_raised(number, error, about.where) from error
    found = row(item, about)
    if found is None:
        raise errors.not_pairs(number, item, about.where)
    return found.sample(about)
