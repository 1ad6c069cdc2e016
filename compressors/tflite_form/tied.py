"""A constant that two operators share, of which one is quantized: ai-edge-quantizer's copy of it, mended."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ai_edge_quantizer.transformations import duplicate_tensor

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def copied() -> Iterator[None]:
    """While it lasts, copies have names of bytes, as all tensors that were read from a file.

    The library (0.10) names them by text, to which it then adds bytes where the copy is dequantized: a table
    that an embedding and a product in float read could not be quantized.
    """
    known = duplicate_tensor.duplicate_tensor

    def named(given: Any) -> Any:
        made = known(given)
        tensor = given.subgraph.tensors[made.output_tensor_id]
        if isinstance(tensor.name, str):
            tensor.name = tensor.name.encode()
        return made

    duplicate_tensor.duplicate_tensor = named
    try:
        yield
    finally:
        duplicate_tensor.duplicate_tensor = known
