"""`Streamed`: samples that are read from the start whenever they are needed, and never held whole.

What has to be known of all of them (how many, their labels, their identity) is learnt when they are first
read to their end, be it while a model runs on them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pytest_edgebench.identity.digest import digest
from pytest_edgebench.samples.fingerprint import check
from pytest_edgebench.samples.labels import content
from pytest_edgebench.samples.pieces import Pieces
from pytest_edgebench.samples.ragged import stacked
from pytest_edgebench.samples.ragged_calls import RaggedGiven
from pytest_edgebench.samples.roles import Given, Roles
from pytest_edgebench.samples.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.identity.file_digests import FileDigests
    from pytest_edgebench.samples.ragged import Lengths
    from pytest_edgebench.samples.units import Source, Unit

KEPT_BYTES = 16 << 20  # of first samples, which are asked for again and again


class Streamed:
    """`Samples` over a source; see there.

    Args:
        what: "data" or "calibration".
    """

    def __init__(self, source: Source, what: str) -> None:
        self._source, self._what = source, what
        self._survey: Survey | None = None
        self._first: Given | None = None
        self._reading: tuple[int, Iterator[tuple[Unit, dict[str, Array]]]] | None = None

    # `Samples`

    @property
    def known(self) -> bool:
        """Whether all was read once, so that nothing has to be read for what is asked of all."""
        return self._survey is not None

    @property
    def count(self) -> int:
        return self._known().count

    @property
    def count_if_known(self) -> int | None:
        return self._source.count if self._survey is None else self._survey.count

    @property
    def critical(self) -> Array | None:
        return self._known().critical

    @property
    def roles(self) -> Roles:
        return self.first(1).roles

    def lengths(self) -> dict[str, Lengths]:
        from pytest_edgebench.samples.ragged import lengths

        found = {name: lengths(shapes) for name, shapes in self._known().shapes.items()}
        return {name: each for name, each in found.items() if each is not None}

    def labels(self) -> Array:
        import numpy as np

        labels = self._known().labels
        return np.empty((self.count, 0)) if labels is None else labels

    def first(self, n: int) -> Given:
        kept = self._first
        if kept is not None and len(next(iter(kept.samples.values()))) >= n:
            return kept.of({name: array[:n] for name, array in kept.samples.items()})
        parts: list[dict[str, Array]] = []
        roles, left = None, n
        for unit, given in self._units():
            roles = unit.roles if roles is None else roles
            parts.append({name: array[:left] for name, array in given.items()})
            left -= len(unit)
            if left <= 0:
                break
        if roles is None:
            self._known()  # which says that there are none
        found = Given(self._joined(parts), roles or Roles())
        if sum(array.nbytes for array in found.samples.values()) <= KEPT_BYTES:
            self._first = found
        return found

    def head(self, count: int) -> Given | RaggedGiven:
        """The first samples; no more are read than these."""
        rows: list[dict[str, Array]] = []
        for unit, given in self._units():
            for number in range(min(len(unit), count - len(rows))):
                rows.append({name: array[number].copy() for name, array in given.items()})
            if len(rows) >= count:
                break
        if not rows:
            self._known()  # which says that there are none
        shapes = {tuple(array.shape for array in row.values()) for row in rows}
        if len(shapes) > 1:
            return RaggedGiven(rows, self.roles, self._source.where)
        return self.first(1).of({name: stacked([row[name] for row in rows], "") for name in rows[0]})

    def take(self, rows: Sequence[int] | Array) -> Given:
        first, found = self.first(1), self.each(rows)
        if not found:
            return first.of({name: array[:0] for name, array in first.samples.items()})
        where = self._source.where
        return first.of({name: stacked([each[name] for each in found], where) for name in found[0]})

    def each(self, rows: Sequence[int] | Array) -> list[dict[str, Array]]:
        """Samples with these numbers, one by one, input name → array without an axis for the sample."""
        import numpy as np

        wanted = [int(row) for row in np.asarray(rows, np.intp)]
        source = self._source
        if source.item is not None:
            return [self._item(row) for row in wanted]
        self._known()
        order = sorted(set(wanted))
        found: dict[int, dict[str, Array]] = {}
        at, units = self._reading or (0, self._units())
        self._reading = None
        if order and at > order[0]:
            at, units = 0, self._units()
        for row in order:
            while row not in found:
                unit, given = next(units)
                for number in order:
                    if at <= number < at + len(unit):
                        found[number] = {name: array[number - at].copy() for name, array in given.items()}
                at += len(unit)
        self._reading = at, units
        return [found[row] for row in wanted]

    def batches(self, size: int) -> Iterator[tuple[Given, Array]]:
        at, labels = 0, self.labels()  # all is read once before
        batch = 1 if self.lengths() else size
        for given in self._pieces(Pieces(lambda: size, batch, self._source.where, sys.maxsize)):
            count = len(next(iter(given.samples.values())))
            # A piece may use the memory of an earlier one, and whoever asks for batches may keep them.
            kept = given.of({name: array.copy() for name, array in given.samples.items()})
            yield kept, labels[at : at + count]
            at += count

    def walk(self, size: Callable[[], int], batch: int) -> Generator[Given, None, None]:
        return self._pieces(Pieces(size, batch, self._source.where))

    def _pieces(self, pieces: Pieces) -> Generator[Given, None, None]:
        roles: Roles | None = None
        for unit, given in self._units():
            roles = unit.roles if roles is None else roles
            for piece in pieces.take(given):
                yield Given(piece, roles)
        for piece in pieces.rest():
            yield Given(piece, roles or Roles())

    def large_files(self, files: FileDigests) -> str:
        return ""

    def inputs_key(self, files: FileDigests | None = None) -> str:
        survey = self._known()
        parts: list[Any] = ["stream", survey.content()]
        if survey.roles:
            roles = survey.roles
            parts += [roles.plain(), dict(roles.constants), dict(roles.initial), roles.order]
        return digest(parts)

    def key(self, files: FileDigests | None = None) -> str:
        labels = self._known().labels
        return digest((self.inputs_key(), None if labels is None else content(labels)))

    # Within

    def _known(self) -> Survey:
        if self._survey is None:
            for _ in self._units():
                pass
        assert self._survey is not None
        return self._survey

    def _units(self) -> Iterator[tuple[Unit, dict[str, Array]]]:
        """All units, with their inputs in one dtype each.

        The first time that the end is reached, all is known; from then on each is compared with what it was.
        """
        source, known = self._source, self._survey
        survey = Survey(source.where)
        number = 0
        for unit in source.start():
            if known is None:
                given = survey.saw(unit)
            else:
                given = known.converted(unit)
                before = known.checks[number] if number < len(known.checks) else None
                if before != (len(unit), check(given)):
                    raise source.changed(unit.number, source.where)
            number += 1
            yield unit, dict(given)
        if known is None:
            survey.done(self._what)
            self._survey = self._survey or survey
        elif number != len(known.checks):
            raise source.changed(number, source.where)

    def _item(self, row: int) -> dict[str, Array]:
        source = self._source
        assert source.item is not None
        unit = source.item(row)
        given = self._survey.converted(unit) if self._survey is not None else unit.inputs
        if self._survey is not None and check(given) != self._survey.checks[row][1]:
            raise source.changed(row, source.where)
        return {name: array[0] for name, array in given.items()}

    def _joined(self, parts: Sequence[dict[str, Array]]) -> dict[str, Array]:
        if not parts:
            return {}
        if len(parts) == 1:
            return {name: array.copy() for name, array in parts[0].items()}
        rows = {name: [row for part in parts for row in part[name]] for name in parts[0]}
        return {name: stacked(found, self._source.where) for name, found in rows.items()}
