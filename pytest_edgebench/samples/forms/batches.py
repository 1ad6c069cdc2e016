"""Batches of ``(inputs, labels)``: a torch ``DataLoader``, a list of them, or another iterable of them.

Inputs of a batch are an array (n, ...) or a mapping of input name to array. What is not a loader in a fixed
order over a data set is read once and held.
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

if TYPE_CHECKING:
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
    import numpy as np

    if _in_order(value):
        return contents(value.dataset, about)
    if iter(value) is value:
        raise errors.used_up(value, about.what, about.where)
    columns: dict[str, list[Any]] = {}
    labels: list[Any] = []
    try:
        for number, batch in enumerate(value):
            pair = isinstance(batch, tuple | list) and len(batch) == 2
            if about.labelled and not pair:
                raise errors.not_batches(number, batch, about.where)
            inputs, label = batch if pair else (batch, None)
            named = inputs if isinstance(inputs, Mapping) else {"input_0": inputs}
            for name, array in named.items():
                columns.setdefault(str(name), []).append(np.asarray(array))
            labels.append(label)
        if not labels:
            raise errors.no_samples(about.what, about.where)
        inputs = {name: np.concatenate(arrays) for name, arrays in columns.items()}
        return Contents(inputs, joined(labels) if about.labelled else None)
    except DataError:
        raise
    except Exception as error:
        raise errors.bad_batches(error, about.where) from error


def _is_pair(value: Any) -> bool:
    if not isinstance(value, tuple) or len(value) != 2:
        return False
    return isinstance(value[0], Mapping) or hasattr(value[0], "__array__")


def _in_order(value: Any) -> bool:
    """Whether a loader gives the samples of a data set, all of them, in their order and as they are."""
    sampler, collate = getattr(value, "sampler", None), getattr(value, "collate_fn", None)
    if type(sampler).__name__ != "SequentialSampler" or getattr(collate, "__name__", "") != "default_collate":
        return False
    return hasattr(getattr(value, "dataset", None), "__getitem__") and not value.drop_last
