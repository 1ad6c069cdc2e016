"""Outputs of samples as they come: in memory while they are few, then in files that are mapped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples.ragged import as_objects

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from pytest_edgebench.workers.results import Array, Part

HELD_BYTES = 16 << 20  # of all outputs, which then go into files
HEADER_BYTES = 128


class KeptOutputs:
    """All outputs of a file.

    Args:
        folder: for files; None keeps all in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._outputs: list[_Output] = []
        self._size = 0

    def take(self, part: Part) -> None:
        """Take in the outputs of some more samples.

        Raises:
            ValueError: outputs of another number or dtype than before.
        """
        if not self._outputs:
            self._outputs = [_Output(part.single) for _ in part.arrays]
        if len(part.arrays) != len(self._outputs):
            raise ValueError(f"{len(part.arrays)} outputs after {len(self._outputs)}")
        for number, (output, array) in enumerate(zip(self._outputs, part.arrays, strict=True)):
            output.take(array, part.shapes.get(number))
            self._size += array.nbytes
        if self._folder is not None and self._size > HELD_BYTES:
            for number, output in enumerate(self._outputs):
                output.spill(self._folder / f"{number:03}.npy")

    def done(self) -> tuple[Array, ...]:
        """One array for each output, (N, ...), as `Outputs.arrays` has them."""
        return tuple(output.done() for output in self._outputs)


class _Output:
    """One output: what came of it, one after the other, and in which shapes."""

    def __init__(self, single: bool) -> None:
        self._single = single
        self._parts: list[Array] = []
        self._dtype: Any = None
        self._count = 0
        self._item: tuple[int, ...] = ()
        self._shapes: list[tuple[int, ...]] | None = None  # of each sample, where they differ
        self._file: BinaryIO | None = None
        self._path: Path | None = None

    def take(self, array: Array, shapes: list[tuple[int, ...]] | None) -> None:
        import numpy as np

        if self._dtype is None:
            self._dtype = array.dtype
        if array.dtype.kind == self._dtype.kind == "U":  # as long as the longest text
            self._dtype = max(self._dtype, array.dtype, key=lambda each: each.itemsize)
        elif array.dtype != self._dtype:
            raise ValueError(f"an output of dtype {array.dtype} after {self._dtype}")
        count = len(array) if shapes is None else len(shapes)
        if shapes is None and not self._count:
            self._item = array.shape[1:]
        if self._shapes is None and (shapes is not None or array.shape[1:] != self._item):
            self._shapes = [self._item] * self._count
        if self._shapes is not None:
            self._shapes += [array.shape[1:]] * count if shapes is None else shapes
        self._count += count
        if self._file is None:
            self._parts.append(array)
        else:
            self._file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)

    def spill(self, path: Path) -> None:
        """Go on in a file."""
        if self._file is not None or self._dtype.kind == "U":
            return
        self._path, self._file = path, path.open("wb")
        self._file.write(bytes(HEADER_BYTES))
        parts, self._parts = self._parts, []
        for part in parts:
            self._file.write(part.reshape(-1).view("u1").data)

    def done(self) -> Array:
        import numpy as np

        # A call has one sample: an axis of length 1 is for it.
        each = [self._item] if self._shapes is None else self._shapes
        cut = int(self._single and all(shape[:1] == (1,) for shape in each))
        shape = (self._count, *self._item[cut:])
        if self._file is None:
            flat = np.concatenate([part.reshape(-1) for part in self._parts])
        else:
            numbers = (self._file.tell() - HEADER_BYTES) // self._dtype.itemsize
            self._file.seek(0)
            self._file.write(header(self._dtype, shape if self._shapes is None else (numbers,)))
            self._file.close()
            assert self._path is not None
            flat = np.load(self._path, mmap_mode="r", allow_pickle=False)
        if self._shapes is None:
            return flat.reshape(shape)
        return apart(flat, [each[cut:] for each in self._shapes])


def apart(flat: Array, shapes: list[tuple[int, ...]]) -> Array:
    """Arrays of these shapes that lie one after the other, as one of dtype object."""
    found, at = [], 0
    for shape in shapes:
        size = math.prod(shape)
        found.append(flat[at : at + size].reshape(shape))
        at += size
    return as_objects(found)


def header(dtype: Any, shape: tuple[int, ...]) -> bytes:
    """The beginning of an ``.npy`` in `HEADER_BYTES` bytes."""
    text = repr({"descr": dtype.str, "fortran_order": False, "shape": shape})
    length = HEADER_BYTES - 10
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + text.ljust(length - 1).encode() + b"\n"
