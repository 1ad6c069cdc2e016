"""Messages between this package and a worker: a JSON text and the raw bytes of arrays.

Loaded by the worker by its path, so it may import nothing but Python's own library and numpy. A message is
``EBW1``, the length of a JSON text (4 bytes, little endian), the text, then the bytes of the arrays that the
text lists.
"""

from __future__ import annotations

import json
import math
import os
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Array = np.ndarray[Any, np.dtype[Any]]
    Arrays = dict[str, Array]

HEAD, MAGIC, MOST_TEXT, MOST_BYTES = struct.Struct("<4sI"), b"EBW1", 1 << 26, 1 << 36


def pack(message: Mapping[str, Any], arrays: Mapping[str, Array]) -> list[memoryview]:
    """A message with arrays as pieces to write one after the other."""
    flat = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    listed = [(name, array.dtype.str, arrays[name].shape) for name, array in flat.items()]
    text = json.dumps({**message, "arrays": listed}).encode()
    head = HEAD.pack(MAGIC, len(text)) + text
    pieces = [array.reshape(-1).view(np.uint8).data for array in flat.values() if array.size]
    return [memoryview(head), *pieces]


def unpack(read: Callable[[int], bytearray]) -> tuple[dict[str, Any], Arrays]:
    """The next message, by a function that reads exactly as many bytes as asked for.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: what came is no message. Whatever `read` raises.
    """
    magic, length = HEAD.unpack(read(HEAD.size))
    if magic != MAGIC:
        raise ValueError(f"it begins with {magic!r}")
    message = json.loads(read(min(length, MOST_TEXT)))
    arrays = {}
    for name, text, shape in message.pop("arrays"):
        dtype = np.dtype(text)
        whole = all(type(n) is int and n >= 0 for n in shape) and not dtype.hasobject
        if not whole or math.prod(shape) * dtype.itemsize > MOST_BYTES:
            raise ValueError(f"an array of {dtype} and shape {shape}")
        arrays[str(name)] = np.ndarray(shape, dtype, read(math.prod(shape) * dtype.itemsize))
    return message, arrays


def read(source: BinaryIO, count: int) -> bytearray:
    """Exactly as many bytes.

    Raises:
        EOFError: it ended before.
    """
    content = bytearray(count)
    view = memoryview(content)
    while view:
        got = source.readinto(view)  # type: ignore[attr-defined]
        if not got:
            raise EOFError
        view = view[got:]
    return content


def private_channel() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout away from everybody else: whatever is printed, by Python, by C or by a child
    process, lands in the standard error instead."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return os.fdopen(source, "rb", 0), os.fdopen(sink, "wb", 0)
