"""Count what is in a model file: operations, dtypes, parameters, zeros, multiply-accumulates."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts import errors
from pytest_edgebench.artifacts.inspect import COUNTER_VERSION
from pytest_edgebench.declare.model import Format, file_format

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from torch.nn import Module

    from pytest_edgebench.record.run import Counts

    Array = np.ndarray[Any, np.dtype[Any]]

TFLITE_MAGIC = b"TFL3"  # file identifier of schema.fbs, at byte 4
LFS_MAGIC = b"version https://git-lfs"  # what a checkout without git-lfs leaves in place of a file
NAMES: dict[Format, str] = {"onnx": "ONNX", "tflite": "TFLite"}


def inspect(path: Path, given: Mapping[str, Array] | None = None, signature: str = "") -> Counts:
    """Count a ``.onnx`` (its external data too) or ``.tflite`` file.

    Args:
        given: the arrays of one call, by input, whose lengths free dimensions have; without them free
            lengths are 1.
        signature: of several in a ``.tflite`` file, the one that is run; all of them without.

    Raises:
        BuildError: no file, empty, truncated, of another format, or without its external data.
        DeclarationError: a suffix that is neither.
    """
    found = sniff(path)
    with errors.damage(path, NAMES[found]):
        if found == "onnx":
            from pytest_edgebench.artifacts.inspect.onnx_counts import count_onnx

            return count_onnx(path, given)
        from pytest_edgebench.artifacts.inspect.tflite_counts import count_tflite

        return count_tflite(path, given, signature)


def sniff(path: Path) -> Format:
    """The format by name, after a look at the first bytes whether they agree.

    Raises:
        BuildError: no file, empty, or of the other format.
        DeclarationError: a suffix that is neither.
    """
    expected = file_format(path)
    if not path.is_file():
        raise errors.no_file(path)
    with path.open("rb") as file:
        head = file.read(len(LFS_MAGIC))
    if not head:
        raise errors.empty_file(path)
    if head == LFS_MAGIC:
        raise errors.lfs_pointer(path)
    is_tflite = head[4:8] == TFLITE_MAGIC
    if is_tflite and expected == "onnx":
        raise errors.other_format(path, "ONNX", "a TFLite model")
    if not is_tflite and expected == "tflite":
        raise errors.other_format(path, "TFLite", "something else")
    return expected


def inspect_module(module: Module) -> Counts:
    """Count the parameters of a torch module; operations and MACs are known only of a file."""
    from pytest_edgebench.record.run import Counts

    parameters = list(module.parameters())
    weight_bytes: Counter[str] = Counter()
    for parameter in parameters:
        dtype = str(parameter.dtype).removeprefix("torch.")
        weight_bytes[dtype] += parameter.numel() * parameter.element_size()
    return Counts(
        ops={},
        float_ops=0,
        weight_bytes=dict(sorted(weight_bytes.items())),
        parameters=sum(p.numel() for p in parameters),
        zeros=sum(int((p == 0).sum()) for p in parameters if p.dim() >= 2),
        macs=0,
        counter=COUNTER_VERSION,
    )
