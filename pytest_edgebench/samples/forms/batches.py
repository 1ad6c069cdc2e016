"""Batches of ``(inputs, labels)``: a torch ``DataLoader``, a list of them, or another iterable of them.

Inputs of a batch are an array (n, ...) or a mapping of input name to array; a third value says which samples
are critical, (n,) bool. What is small is read once and held, and so is a loader that shuffles; the rest is
read again, from the start, whenever it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.samples import errors
from pytest_edgebench.samples.columns import Contents
from pytest_edgebench.samples.forms import contents
from pytest_edgebench.samples.labels import joined
from pytest_edgebench.samples.passes import Passes, Pieces
from pytest_edgebench.samples.stream import HELD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.forms import About


def takes(value: Any, about: About) -> bool:
    if isinstance(value, list):
        return is_list(value)
    if isinstance(value, Mapping | tuple | str | bytes | Path) or hasattr(value, "__array__"):
        return False
    return hasattr(value, "__iter__") and not hasattr(value, "__getitem__")


def is_list(value: Any) -> bool:
    """Whether it is a list of pairs of arrays, rather than arrays in a list."""
    return isinstance(value, list) and bool(value) and all(map(_is_pair, value))


def read(value: Any, about: About) -> Contents:
    if _in_order(value):
        return contents(value.dataset, about)
    if iter(value) is value:
        raise errors.used_up(value, about.what, about.where)
    return streamed(lambda: iter(value), about, hold=isinstance(value, list) or _shuffles(value))


def streamed(start: Callable[[], Iterator[Any]], about: About, *, hold: bool = False) -> Contents:
    """What an iterable of batches holds.

    Args:
        start: begins to read from the first batch. hold: all of it, however large.

    Raises:
        DataError: a batch is no pair, or of another shape than those before it.
    """
    labels: list[Any] = []
    critical: list[Any] = []

    def inputs() -> Iterator[Mapping[str, Array]]:
        for number, batch in enumerate(start()):
            yield _inputs(batch, number, about)[0]

    pieces = Pieces(about.where)
    held: list[Mapping[str, Array]] | None = []
    size = 0
    try:
        for number, batch in enumerate(start()):
            given, rest = _inputs(batch, number, about)
            pieces.saw(given)
            if about.labelled:
                labels.append(rest[0])
                critical += rest[1:]
            size += sum(array.nbytes for array in given.values())
            if size > HELD_BYTES and not hold:
                held = None
            elif held is not None:
                held.append(given)
        if not pieces.count:
            raise errors.no_samples(about.what, about.where)
        if critical and len(critical) != len(labels):
            raise ValueError("some batches say which samples are critical, others do not")
        return Contents(
            pieces.columns(Passes(inputs, pieces)) if held is None else pieces.together(held),
            joined(labels) if about.labelled else None,
            joined(critical) if critical else None,
        )
    except DataError:
        raise
    except Exception as error:
        raise errors.bad_batches(error, about.where) from error


def _inputs(batch: Any, number: int, about: About) -> tuple[Mapping[str, Array], tuple[Any, ...]]:
    """Inputs of a batch by name, and what comes with them."""
    import numpy as np

    several = isinstance(batch, tuple | list) and len(batch) in (2, 3)
    if about.labelled and not several:
        raise errors.not_batches(number, batch, about.where)
    given, *rest = batch if several else (batch,)
    named = given if isinstance(given, Mapping) else {"input_0": given}
    return {str(name): np.asarray(array) for name, array in named.items()}, tuple(rest)


def _is_pair(value: Any) -> bool:
    if not isinstance(value, tuple) or len(value) not in (2, 3):
        return False
    return isinstance(value[0], Mapping) or hasattr(value[0], "__array__")


def _in_order(value: Any) -> bool:
    """Whether a loader gives the samples of a data set, all of them, in their order and as they are."""
    sampler, collate = getattr(value, "sampler", None), getattr(value, "collate_fn", None)
    if type(sampler).__name__ != "SequentialSampler" or getattr(collate, "__name__", "") != "default_collate":
        return False
    return hasattr(getattr(value, "dataset", None), "__getitem__") and not value.drop_last


def _shuffles(value: Any) -> bool:
    """Whether it is a loader that gives its samples in another order each time."""
    return "Random" in type(getattr(value, "sampler", None)).__name__
