"""Refuses inputs with NaN or infinite values: a score over such means nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.ragged import Ragged

if TYPE_CHECKING:
    from pytest_edgebench.declare.data import Array

PIECE_BYTES = 16 << 20  # of a column looked at at once


def finite(column: Any, shown: str, where: str) -> None:
    """Look at all values of a column or an array (N, ...).

    Raises:
        DataError: some are not finite.
    """
    import numpy as np

    if isinstance(column, Ragged):
        if column.dtype.kind == "f" and not all(np.isfinite(sample).all() for sample in column.samples):
            raise errors.not_finite(shown, where)
        return
    one: Array = column[:1]
    if one.dtype.kind != "f":
        return
    rows = max(1, PIECE_BYTES // max(1, one.nbytes))
    for start in range(0, len(column), rows):
        if not np.isfinite(column[start : start + rows]).all():
            raise errors.not_finite(shown, where)
