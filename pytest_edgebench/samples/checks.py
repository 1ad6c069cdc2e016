"""What inputs and critical samples must be before anything is measured with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.finite import finite
from pytest_edgebench.samples.ragged import NUMBERS, Ragged, listed

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.columns import Column


def checked_inputs(
    given: Mapping[str, Any], what: str, where: str, later: Container[str] = ()
) -> dict[str, Column]:
    """Input name → column, from columns or whatever numpy makes arrays of.

    Args:
        later: inputs that are looked at for NaN when they are read.

    Raises:
        DataError: no samples, samples of different shapes, another dtype than numbers or text, NaN.
    """
    inputs: dict[str, Column] = {}
    for name, value in given.items():
        shown = what if name == "input_0" else f"{what}[{name!r}]"
        inputs[name] = column = _column(value, shown, where)
        if len(column) == 0:
            raise errors.no_samples(shown, where)
        if name not in later:
            finite(column, shown, where)
    if not inputs:
        raise errors.no_samples(what, where)
    return inputs


def check_steps(inputs: Mapping[str, Column], where: str) -> None:
    """Make sure that each input has the same number of steps.

    Raises:
        DataError: another number, or no axis for it.
    """
    for column in inputs.values():
        if isinstance(column, Ragged):  # the axes after the samples are those of each
            _same_steps(inputs, where)
            return
    steps = {name: (*column[:1].shape, "none")[1] for name, column in inputs.items()}
    if len(set(steps.values())) > 1 or "none" in steps.values() or 0 in steps.values():
        raise errors.sequences_differ(steps, where)


def _same_steps(inputs: Mapping[str, Column], where: str) -> None:
    for number in range(len(next(iter(inputs.values())))):
        steps = {name: (*column[[number]].shape, "none")[1] for name, column in inputs.items()}
        if len(set(steps.values())) > 1 or "none" in steps.values() or 0 in steps.values():
            raise errors.sequences_differ(steps, where)


def _column(value: Any, shown: str, where: str) -> Column:
    import numpy as np

    if not isinstance(value, np.ndarray) and not hasattr(value, "__array__") and hasattr(value, "dtype"):
        column: Column = value  # read when it is needed
        return column
    array = value if isinstance(value, np.memmap) else listed(value, shown, where)
    if isinstance(array, list):
        return Ragged(array, where)
    if array.dtype.kind not in NUMBERS:
        raise errors.no_numbers(shown, str(array.dtype), where)
    if array.ndim == 0:
        raise errors.no_samples(shown, where)
    return array


def critical_mask(value: Any, count: int, where: str) -> Array:
    """(count,) bool from the numbers of samples or from a mask.

    Raises:
        DataError: neither, or none at all.
    """
    import numpy as np

    try:
        given = np.asarray(value)
    except ValueError:
        raise errors.critical_shape("of different shapes", count, where) from None
    shown = f"of shape {given.shape} and dtype {given.dtype}"
    if given.dtype == bool:
        if given.shape != (count,):
            raise errors.critical_shape(shown, count, where)
        mask: Array = given
    else:
        if given.ndim != 1 or given.dtype.kind not in "iu":
            raise errors.critical_shape(shown, count, where)
        if outside := [int(at) for at in given if not 0 <= at < count]:
            raise errors.critical_shape(f"not all there: {outside[0]:,} is none", count, where)
        mask = np.isin(np.arange(count), given)
    if not mask.any():
        raise errors.critical_shape("none at all", count, where)
    return mask
