"""Data that are read from the start: held where they are small, else read again whenever they are needed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples.columns import Contents
from pytest_edgebench.samples.ragged import Ragged, lengths
from pytest_edgebench.samples.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.forms import About
    from pytest_edgebench.samples.units import Source, Unit


def held(source: Source, about: About, most: int | None) -> Contents:
    """What a source gives: arrays up to so many bytes of inputs, else the source itself.

    Args:
        most: None for any number.

    Raises:
        DataError: whatever is wrong with what is read.
    """
    survey, size = Survey(source.where), 0
    parts: list[Mapping[str, Array]] = []
    for unit in source.start():
        widened(survey, unit)
        given = survey.saw(unit)
        # Whoever made them may write the next ones into the same memory.
        parts.append(given if most is None else {name: array.copy() for name, array in given.items()})
        size += sum(array.nbytes for array in given.values())
        if size > (sys.maxsize if most is None else most):
            return Contents({}, source=source)
    survey.done(about.what)
    inputs: dict[str, Any] = {}
    for name in survey.dtypes:
        inputs[name] = _whole([part[name] for part in parts], survey, name)
    return Contents(inputs, survey.labels, survey.critical, roles=survey.roles)


def widened(survey: Survey, unit: Unit) -> None:
    """Let what is held have the widest dtype that any of it has."""
    import numpy as np

    for name, array in unit.inputs.items():
        if name in survey.dtypes and survey.dtypes[name].kind in "biuf" and array.dtype.kind in "biuf":
            survey.dtypes[name] = np.promote_types(survey.dtypes[name], array.dtype)


def _whole(parts: list[Array], survey: Survey, name: str) -> Any:
    import numpy as np

    dtype = survey.dtypes[name]
    if lengths(survey.shapes[name]) is None:
        return np.concatenate(parts).astype(dtype, copy=False)
    return Ragged([row.astype(dtype, copy=False) for part in parts for row in part], survey.where)
