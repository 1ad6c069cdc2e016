"""The samples that a `Model` was given: read by their form, and refused where they cannot be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.checks import check_steps, checked_inputs, critical_mask
from pytest_edgebench.samples.columns import Columns
from pytest_edgebench.samples.forms import About, contents
from pytest_edgebench.samples.labels import as_labels
from pytest_edgebench.samples.ragged_calls import RaggedGiven
from pytest_edgebench.samples.roles import NO_ROLES, Given, split
from pytest_edgebench.samples.stream import HELD_BYTES
from pytest_edgebench.samples.streamed import Streamed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.samples.columns import Contents
    from pytest_edgebench.samples.roles import Roles
    from pytest_edgebench.samples.stream import Samples


def load(model: Model) -> Samples:
    """A model's labelled samples, checked.

    Raises:
        DataError: no samples, labels of another length than the inputs, NaN or infinite inputs, an object
            array, critical samples that are none, a missing or damaged file, a function that raises.
    """
    return labelled(model.data, _of(model), model.folder)


def labelled(data: Any, where: str, folder: Path) -> Samples:
    """Labelled samples in any form, checked; errors as `load`.

    Args:
        where: whose data they are, for messages.
        folder: where relative paths start.
    """
    about = About("data", where, folder, labelled=True)
    found = contents(data, about)
    if found.source is not None:
        return Streamed(found.source, about.what)
    arrays, roles = _split(found, "inputs", about.where)
    later = frozenset(name for name in found.files if _is_large(arrays.get(name)))
    inputs = checked_inputs(arrays, "inputs", about.where, later)
    try:
        labels = as_labels(found.labels)
    except TypeError as cause:
        raise errors.labels_not_plain(str(cause), about.where) from None
    lengths = {name: len(column) for name, column in inputs.items()}
    if len(set(lengths.values())) > 1:
        raise errors.inputs_differ(lengths, about.where)
    count = next(iter(lengths.values()))
    if labels.ndim == 0:
        raise errors.labels_are_one(found.labels, about.where)
    if len(labels) != count:
        raise errors.labels_length(len(labels), count, about.where)
    critical = None if found.critical is None else critical_mask(found.critical, count, about.where)
    if roles.sequences:
        check_steps(inputs, about.where)
    return Columns(inputs, labels, critical, roles or NO_ROLES, where, found.files, later)


def _is_large(column: Any) -> bool:
    """Whether a column of a file is read piece by piece, not held."""
    import math

    import numpy as np

    if column is None or (isinstance(column, np.ndarray) and not isinstance(column, np.memmap)):
        return False
    return bool(len(column) * math.prod(column.shape[1:]) * column.dtype.itemsize > HELD_BYTES)


def _split(found: Contents, what: str, where: str) -> tuple[Mapping[str, Any], Roles]:
    return split(found.inputs, what, where) if found.roles is None else (found.inputs, found.roles)


def calibration(model: Model, count: int) -> tuple[Given | RaggedGiven, bool]:
    """Up to `count` unlabelled samples, and whether they are the model's own calibration data.

    Without calibration data of its own a sample drawn with the model's seed from its labelled data serves.

    Raises:
        DataError: no samples, NaN, or a function that raises.
    """
    import numpy as np

    if model.calibration is not None:
        about = About("calibration", _of(model), model.folder, labelled=False)
        found = contents(model.calibration, about)
        if found.source is not None:
            streamed = Streamed(found.source, about.what)
            return streamed.head(count), True
        arrays, roles = _split(found, "calibration", about.where)
        columns = checked_inputs(arrays, "calibration", about.where)
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise errors.inputs_differ(lengths, about.where)
        length = next(iter(lengths.values()))
        own = Columns(columns, np.empty((length, 0)), None, roles, about.where)
        return _given(own, range(min(count, length)), about.where), True
    samples = load(model)
    chosen = np.sort(np.random.default_rng(model.seed).permutation(samples.count)[:count])
    return _given(samples, chosen, _of(model)), False


def example(model: Model) -> Given:
    """The first sample, which `Given.call` makes a call of; errors as `load`, or a state of unknown shape."""
    first = load(model).first(1)
    first.check_states(_of(model))
    return first


def _given(samples: Samples, rows: Sequence[int] | Array, where: str) -> Given | RaggedGiven:
    """Samples with these numbers."""
    if samples.lengths():
        return RaggedGiven(samples.each(rows), samples.roles, where)
    return samples.take(rows)


def _of(model: Model) -> str:
    return f"{model.place or 'model'} ({model.name})" if model.name else model.place
