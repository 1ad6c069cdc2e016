"""Batches of ``(inputs, labels)``: a torch ``DataLoader``, a list of them, or another iterable of them.

An item whose label is one number, text or mapping is one sample, as all are of an ``IterableDataset``.
Inputs of a batch are an array (n, ...), a list of arrays of differing shapes, or a mapping of input name to
these, to a constant or to a state; a third value says which samples are critical, (n,) bool. What is small is
read once and held, and so is a loader that shuffles; the rest is read again, from the start, whenever it is
needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError, EdgebenchError
from pytest_edgebench.declare.roles import Constant, Sample, State
from pytest_edgebench.samples import errors, stream_errors
from pytest_edgebench.samples.forms import contents
from pytest_edgebench.samples.held import held
from pytest_edgebench.samples.rows import row
from pytest_edgebench.samples.stream import HELD_BYTES
from pytest_edgebench.samples.units import Source, units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_edgebench.samples.columns import Contents
    from pytest_edgebench.samples.forms import About
    from pytest_edgebench.samples.units import Unit


def takes(value: Any, about: About) -> bool:
    if isinstance(value, list):
        return is_list(value)
    if isinstance(value, Mapping | tuple | str | bytes | Path | Sample | Constant | State):
        return False
    if hasattr(value, "__array__") or isinstance(value, type):
        return False
    if _is_iterable_dataset(value):
        return True
    return hasattr(value, "__iter__") and not hasattr(value, "__getitem__")


def is_list(value: Any) -> bool:
    """Whether it is a list of pairs of arrays, rather than arrays in a list."""
    return isinstance(value, list) and bool(value) and all(map(_is_pair, value))


def read(value: Any, about: About) -> Contents:
    if _in_order(value):
        return contents(value.dataset, about)
    if hasattr(value, "__next__"):
        raise errors.used_up(value, about.what, about.where)
    hold = isinstance(value, list) or _shuffles(value)
    return streamed(lambda: iter(value), about, hold=hold, single=_is_iterable_dataset(value))


def streamed(
    start: Callable[[], Iterator[Any]], about: About, *, hold: bool = False, single: bool = False
) -> Contents:
    """What an iterable of batches holds.

    Args:
        start: begins to read from the first batch. hold: all of it, however large.
        single: items are samples; else their labels decide it.

    Raises:
        DataError: a batch is no pair, or its inputs are others than those of the first one.
    """

    def read() -> Iterator[Unit]:
        for number, batch in enumerate(_items(start, about.where)):
            try:
                found = row(batch, about)
                if found is None:
                    raise errors.not_batches(number, batch, about.where)
                alone = single or found.alone
                if about.labelled and found.label is None and not alone:
                    raise stream_errors.no_labels_of_batch(number, about.where)
                parts = found.sample(about) if alone else found.batch(about)
                given = list(units(*parts, number, about.where))
            except DataError:
                raise
            except Exception as error:
                raise errors.bad_batches(number, error, about.where) from error
            yield from given

    return held(Source(read, about.where), about, None if hold else HELD_BYTES)


def _items(start: Callable[[], Iterator[Any]], where: str) -> Iterator[Any]:
    """What the user's iterable gives; its own errors say after how many."""
    number = 0
    try:
        for item in start():
            yield item
            number += 1
    except EdgebenchError:
        raise
    except Exception as error:
        raise stream_errors.stream_raised(number, error, where) from error


def _is_iterable_dataset(value: Any) -> bool:
    """Whether it is torch's ``IterableDataset`` or Hugging Face's, which give samples."""
    return any(kind.__name__ == "IterableDataset" for kind in type(value).__mro__)


def _is_pair(value: Any) -> bool:
    if not isinstance(value, tuple) or len(value) not in (2, 3):
        return False
    return _is_input(value[0])


def _is_input(value: Any) -> bool:
    return isinstance(value, Mapping) or hasattr(value, "__array__")


def _in_order(value: Any) -> bool:
    """Whether a loader gives the samples of a data set, all of them, in their order and as they are."""
    sampler, collate = getattr(value, "sampler", None), getattr(value, "collate_fn", None)
    if type(sampler).__name__ != "SequentialSampler" or getattr(collate, "__name__", "") != "default_collate":
        return False
    return hasattr(getattr(value, "dataset", None), "__getitem__") and not value.drop_last


def _shuffles(value: Any) -> bool:
    """Whether it is a loader that gives its samples in another order each time."""
    return "Random" in type(getattr(value, "sampler", None)).__name__
