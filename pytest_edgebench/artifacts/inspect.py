"""Count what is in a model file: operations, dtypes, parameters, zeros, multiply-accumulates."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_edgebench.declare.model import Format, file_format
from pytest_edgebench.errors import build as errors
from pytest_edgebench.record.run import Counts

if TYPE_CHECKING:
    from pathlib import Path

    from torch.nn import Module

TFLITE_MAGIC = b"TFL3"  # file identifier of schema.fbs, at byte 4
LFS_MAGIC = b"version https://git-lfs"  # what a checkout without git-lfs leaves in place of a file
NAMES: dict[Format, str] = {"onnx": "ONNX", "tflite": "TFLite"}


def inspect(path: Path) -> Counts:
    """Count a ``.onnx`` (its external data too) or ``.tflite`` file.

    Raises:
        BuildError: no file, empty, truncated, of another format, or without its external data.
        DeclarationError: a suffix that is neither.
    """
    if sniff(path) == "onnx":
        from pytest_edgebench.artifacts.inspect_onnx import count_onnx

        return count_onnx(path)
    from pytest_edgebench.artifacts.inspect_tflite import count_tflite

    return count_tflite(path)


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
    )
