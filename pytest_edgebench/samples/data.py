"""The samples that a `Model` was given: read by their form, and refused where they cannot be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.checks import check_steps, checked_inputs, critical_mask
from pytest_edgebench.samples.columns import Columns
from pytest_edgebench.samples.forms import About, contents
from pytest_edgebench.samples.labels import as_labels
from pytest_edgebench.samples.roles import NO_ROLES, Given, split

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.model import Model
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
    arrays, roles = split(found.inputs, "inputs", about.where)
    inputs = checked_inputs(arrays, "inputs", about.where)
    try:
        labels = as_labels(found.labels)
    except TypeError as cause:
        raise errors.labels_not_plain(str(cause), about.where) from None
    lengths = {name: len(column) for name, column in inputs.items()}
    if len(set(lengths.values())) > 1:
        raise errors.inputs_differ(lengths, about.where)
    count = next(iter(lengths.values()))
    if labels.ndim == 0 or len(labels) != count:
        raise errors.labels_length(len(labels) if labels.ndim else 0, count, about.where)
    critical = None if found.critical is None else critical_mask(found.critical, count, about.where)
    if roles.sequences:
        check_steps(inputs, about.where)
    return Columns(inputs, labels, critical, roles or NO_ROLES)


def calibration(model: Model, count: int) -> tuple[dict[str, Array], Given]:
    """Up to `count` unlabelled inputs, as calls, and the samples that they were made of.

    Without calibration data of its own a sample drawn with the model's seed from its labelled data serves.

    Raises:
        DataError: no samples, NaN, or a function that raises.
    """
    import numpy as np

    if model.calibration is not None:
        about = About("calibration", _of(model), model.folder, labelled=False)
        found = contents(model.calibration, about)
        arrays, roles = split(found.inputs, "calibration", about.where)
        columns = checked_inputs(arrays, "calibration", about.where)
        given = Given({name: column[:count] for name, column in columns.items()}, roles)
        return _calls(given, count, about.where), given
    samples = load(model)
    chosen = np.sort(np.random.default_rng(model.seed).permutation(samples.count)[:count])
    given = samples.take(chosen)
    return _calls(given, count, _of(model)), given


def example(model: Model) -> Given:
    """The first sample, which `Given.call` makes a call of; errors as `load`, or a state of unknown shape."""
    first = load(model).first(1)
    first.check_states(_of(model))
    return first


def _calls(given: Given, count: int, where: str) -> dict[str, Array]:
    """At most `count` calls: a sequence has several."""
    return given.calls(count, where) if given.roles else given.samples


def _of(model: Model) -> str:
    return f"{model.place or 'model'} ({model.name})" if model.name else model.place
