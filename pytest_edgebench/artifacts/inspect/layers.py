"""What each operator of a model file takes: its bytes of constants and its multiply-accumulates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts import errors
from pytest_edgebench.artifacts.inspect.file import NAMES, sniff

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.artifacts.inspect.tally import Layer
    from pytest_edgebench.declare.model import Format

    Array = np.ndarray[Any, np.dtype[Any]]


def layers(path: Path, given: Mapping[str, Array] | None = None, signature: str = "") -> tuple[Layer, ...]:
    """The operators of a ``.onnx`` or ``.tflite`` file in the order in which they run.

    Args:
        given, signature: as `inspect.file.inspect` has them.

    Raises:
        BuildError: no file, empty, truncated, of another format, or without its external data.
        DeclarationError: a suffix that is neither.
    """
    found = sniff(path)
    with errors.damage(path, NAMES[found]):
        return tuple(_read(found, path, given or {}, signature))


def _read(found: Format, path: Path, given: Mapping[str, Array], signature: str) -> Iterator[Layer]:
    if found == "tflite":
        from pytest_edgebench.artifacts.inspect.tflite_layers import tflite_layers

        return tflite_layers(path, given, signature)
    from pytest_edgebench.artifacts.inspect.onnx_layers import onnx_layers

    return onnx_layers(path, given)
