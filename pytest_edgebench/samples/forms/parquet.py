"""The path of a ``.parquet``: a row a sample, read some at a time whenever they are needed.

Column ``y`` holds the labels, ``critical`` says which samples are critical, ``x`` is the input; where there
is no ``x``, each other column is an input of its name. A cell is a number, a text, or lists of numbers of one
length, within each other for more axes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.samples import errors
from pytest_edgebench.samples.columns import Contents
from pytest_edgebench.samples.numpy_files import exists

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.samples.forms import About

LABELS, CRITICAL, INPUT = "y", "critical", "x"
PIECE_BYTES, TEXTS = 16 << 20, 10_000  # read at a time


def takes(value: Any, about: About) -> bool:
    return isinstance(value, str | Path) and Path(value).suffix == ".parquet"


def read(value: Any, about: About) -> Contents:
    path = about.folder / value
    exists(path, about.where)
    names = _names(path, about.where)
    inputs = [INPUT] if INPUT in names else [name for name in names if name not in (LABELS, CRITICAL)]
    if about.labelled and LABELS not in names:
        raise errors.no_column(path, LABELS, names, about.where)
    if not inputs:
        raise errors.no_column(path, INPUT, names, about.where)
    columns = {name: _Column(path, name, about.where) for name in inputs}
    whole = {
        name: _Column(path, name, about.where)[:] if about.labelled and name in names else None
        for name in (LABELS, CRITICAL)
    }
    given = {"input_0" if name == INPUT else name: column for name, column in columns.items()}
    return Contents(given, whole[LABELS], whole[CRITICAL], files=dict.fromkeys(given, path))


def _names(path: Path, where: str) -> list[str]:
    try:
        import pyarrow.parquet as pq
    except ImportError as cause:
        raise errors.no_pyarrow(path, where) from cause
    try:
        return list(pq.read_schema(path).names)
    except Exception as error:
        raise errors.bad_file(path, error, where) from error


class _Column:
    """One column; what was read last is kept, so that going through it in order reads it once."""

    def __init__(self, path: Path, name: str, where: str) -> None:
        self._path, self._name, self._where = path, name, where
        self._pieces: Iterator[tuple[int, Array]] = iter(())
        self._held: tuple[int, Array] | None = None
        try:
            import pyarrow.parquet as pq

            self._count = int(pq.ParquetFile(path).metadata.num_rows)
            first = next((piece for _, piece in self._read(1)), None)
            if first is not None and first.dtype.kind == "U":  # as long as the longest text
                first = max((piece for _, piece in self._read(TEXTS)), key=lambda piece: piece.itemsize)
        except Exception as error:
            raise self._bad(error) from error
        if first is None:
            raise errors.no_samples(f"{path.name}: {name}", where)
        self.shape, self.dtype = first.shape[1:], first.dtype
        self._rows = max(1, PIECE_BYTES // max(1, first.nbytes // len(first)))

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rows: Any) -> Array:
        import numpy as np

        try:
            if isinstance(rows, slice):
                return self._filled(np.arange(*rows.indices(self._count)))
            return self._filled(np.asarray(rows, np.intp))
        except DataError:
            raise
        except Exception as error:
            raise self._bad(error) from error

    def _filled(self, wanted: Array) -> Array:
        import numpy as np

        found = np.empty((len(wanted), *self.shape), self.dtype)
        last = int(wanted.max(initial=-1))
        if self._held is None or self._held[0] > int(wanted.min(initial=self._count)):
            self._pieces, self._held = self._read(self._rows), None
        while last >= 0:
            at, piece = self._held or next(self._pieces, (self._count, None))
            if piece is None:
                raise ValueError(f"it ends before row {last:,} of {self._count:,}")
            if piece.shape[1:] != self.shape:
                raise ValueError(f"row 0 has shape {self.shape}, rows from {at:,} on {piece.shape[1:]}")
            here = (wanted >= at) & (wanted < at + len(piece))
            found[here] = piece[wanted[here] - at]
            self._held = at, piece
            if last < at + len(piece):
                break
            self._held = None
        return found

    def _bad(self, error: Exception) -> DataError:
        return errors.bad_column(self._path, self._name, error, self._where)

    def _read(self, rows: int) -> Iterator[tuple[int, Array]]:
        """The number of its first row, and some rows, one after the other."""
        import pyarrow.parquet as pq

        at = 0
        with pq.ParquetFile(self._path, memory_map=True) as file:
            for batch in file.iter_batches(rows, columns=[self._name]):
                if len(batch):
                    yield at, _stacked(batch.column(0))
                    at += len(batch)


def _stacked(cells: Any) -> Array:
    """Cells of one column as an array, (n, ...).

    Raises:
        ValueError: missing values, lists of different lengths, no numbers or texts.
    """
    import numpy as np
    import pyarrow as pa

    kind = cells.type
    if isinstance(kind, pa.BaseExtensionType):
        return _stacked(cells.storage) if not hasattr(cells, "to_numpy_ndarray") else cells.to_numpy_ndarray()
    if cells.null_count:
        raise ValueError(f"{cells.null_count:,} values are missing")
    if pa.types.is_dictionary(kind):
        return _stacked(cells.dictionary_decode())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = cells.flatten()
        lengths = set(cells.value_lengths().to_pylist())
        if len(lengths) != 1:
            raise ValueError(f"its lists have from {min(lengths):,} to {max(lengths):,} values")
        numbers = _stacked(inner)
        return numbers.reshape(len(cells), *lengths, *numbers.shape[1:])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.asarray(cells.to_pylist(), np.str_)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise ValueError(f"it holds {kind}, no numbers, texts, or lists of numbers")
    found: Array = cells.to_numpy(zero_copy_only=False)
    return found
