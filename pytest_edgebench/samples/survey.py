"""What is learnt of data that are read from the start, when they are first read to their end."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors, stream_errors
from pytest_edgebench.samples.fingerprint import check, condensed
from pytest_edgebench.samples.labels import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.roles import Roles
    from pytest_edgebench.samples.units import Unit

MOST_SHAPES = 10_000  # that are distinguished


class Survey:
    """Takes in each unit, in order.

    Attributes:
        count: samples so far. dtypes: of each input; later units are converted.
        shapes: of each input, those of a sample that were seen.
        checks: of each unit, how many samples and what stands for them.
        roles: of the inputs, as the first unit has them.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.count = 0
        self.dtypes: dict[str, np.dtype[Any]] = {}
        self.shapes: dict[str, set[tuple[int, ...]]] = {}
        self.checks: list[tuple[int, bytes]] = []
        self.roles: Roles | None = None
        self.labels: Array | None = None
        self.critical: Array | None = None
        self._labels: list[Any] = []
        self._critical: list[Any] = []
        self._hashers: dict[str, Any] = {}
        self._last: dict[str, tuple[int, ...]] = {}

    def saw(self, unit: Unit) -> Mapping[str, Array]:
        """Take in a unit; its inputs, in the dtypes of the first one.

        Raises:
            DataError: its inputs are others than those of the first one.
        """
        given = self.converted(unit)
        self.roles = unit.roles if self.roles is None else self.roles
        short = {}
        for name, array in given.items():
            shape = array.shape[1:]
            if len(shape) != len(next(iter(self.shapes.setdefault(name, {shape})))):
                first = len(next(iter(self.shapes[name]))) + 1
                raise stream_errors.axes_of_batch(unit.number, name, first, array.ndim, self.where)
            if len(self.shapes[name]) < MOST_SHAPES:
                self.shapes[name].add(shape)
            hasher = self._hashers.setdefault(name, hashlib.sha256())
            if self._last.get(name) != shape:
                hasher.update(f"{array.dtype.str} {shape}".encode())
                self._last[name] = shape
            short[name] = condensed(array)
            hasher.update(short[name])
        if unit.labels is not None:
            self._labels.append(unit.labels)
        if unit.critical is not None:
            self._critical.append(unit.critical)
        if bool(self._critical) and len(self._critical) != len(self.checks) + 1:
            raise stream_errors.critical_of_some(self.where)
        self.count += len(unit)
        self.checks.append((len(unit), check(given, short)))
        return given

    def converted(self, unit: Unit) -> Mapping[str, Array]:
        """A unit's inputs in the dtypes of the first one; errors as `saw`."""
        import numpy as np

        if not self.dtypes:
            self.dtypes = {name: array.dtype for name, array in unit.inputs.items()}
        if list(unit.inputs) != list(self.dtypes):
            raise stream_errors.names_of_batch(unit.number, [*self.dtypes], [*unit.inputs], self.where)
        found = {}
        for name, array in unit.inputs.items():
            wanted = self.dtypes[name]
            if wanted.kind == array.dtype.kind and wanted.kind in "US":
                found[name] = array  # texts of any length
                continue
            if array.dtype != wanted and not np.can_cast(array.dtype, wanted, "same_kind"):
                raise stream_errors.kind_of_batch(
                    unit.number, name, wanted.name, array.dtype.name, self.where
                )
            found[name] = array.astype(wanted, copy=False)
        return found

    def done(self, what: str) -> None:
        """Put labels together.

        Args:
            what: "data" or "calibration".

        Raises:
            DataError: no samples, labels that are no plain values.
        """
        if not self.count:
            raise errors.no_samples(what, self.where)
        try:
            self.labels = joined(self._labels) if self._labels else None
        except TypeError as cause:
            raise errors.labels_not_plain(str(cause), self.where) from None
        if self._critical:
            from pytest_edgebench.samples.checks import critical_mask

            self.critical = critical_mask(joined(self._critical), self.count, self.where)
        self._labels, self._critical = [], []

    def content(self) -> dict[str, str]:
        """What stands for the content of each input."""
        return {name: f"{self.count} {hasher.hexdigest()}" for name, hasher in self._hashers.items()}
