"""`checked`: the header of an ``.npy`` file, compared with the file before anything of it is read."""

from __future__ import annotations

import math
import warnings
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def checked(file: IO[bytes], size: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype of an ``.npy`` whose content is as long as they say.

    Args:
        file: at its beginning; left where the content begins.
        size: of the whole file, in bytes.

    Raises:
        ValueError: no header, one of Python objects, a negative length, or another size than the file's.
            Whatever numpy raises of a header it cannot read.
    """
    from numpy.lib import format as npy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a header that is no Python literal
        version = npy.read_magic(file)
        if version == (1, 0):
            shape, _, dtype = npy.read_array_header_1_0(file)
        elif version == (2, 0):
            shape, _, dtype = npy.read_array_header_2_0(file)
        else:
            raise ValueError(f"version {version[0]}.{version[1]} of the .npy format is not read")
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    if any(n < 0 for n in shape):
        raise ValueError(f"its shape is {shape}")
    wanted, there = math.prod(shape) * dtype.itemsize, size - file.tell()
    if wanted != there:
        raise ValueError(f"its header says {wanted:,} bytes for shape {shape}, {there:,} follow")
    return shape, dtype
