"""Read an ONNX file with its external data."""

from __future__ import annotations

import math
import stat
from typing import TYPE_CHECKING

import onnx
import onnx.checker
import onnx.external_data_helper
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from pytest_edgebench.artifacts import errors
from pytest_edgebench.artifacts.errors import first_line, short

if TYPE_CHECKING:
    from pathlib import Path


LONGEST_NUMBER = 18  # digits
BITS = {
    number: bits
    for name, bits in (
        ("FLOAT", 32), ("UINT8", 8), ("INT8", 8), ("UINT16", 16), ("INT16", 16), ("INT32", 32), ("INT64", 64),
        ("BOOL", 8), ("FLOAT16", 16), ("DOUBLE", 64), ("UINT32", 32), ("UINT64", 64), ("COMPLEX64", 64),
        ("COMPLEX128", 128), ("BFLOAT16", 16), ("FLOAT8E4M3FN", 8), ("FLOAT8E4M3FNUZ", 8), ("FLOAT8E5M2", 8),
        ("FLOAT8E5M2FNUZ", 8), ("UINT4", 4), ("INT4", 4), ("FLOAT4E2M1", 4),
    )
    if (number := getattr(onnx.TensorProto, name, None)) is not None
}  # fmt: skip
"""Element type → bits of one element in raw data."""


def load(path: Path) -> onnx.ModelProto:
    """Read a model with its external data.

    Raises:
        BuildError: truncated, damaged, not ONNX, or without its external data, or with such that ONNX
            refuses.
    """
    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as cause:
        raise errors.damaged(path, "ONNX", "its protobuf ends early or is none") from cause
    # A graph of no nodes is a model all the same: it hands its inputs or constants on.
    if not (model.graph.node or model.graph.output) or not model.opset_import:
        raise errors.damaged(path, "ONNX", "it has no graph")
    _check(path, model)
    try:
        onnx.load_external_data_for_model(model, str(path.parent))
    except (OSError, ValueError) as cause:
        raise errors.damaged(path, "ONNX", first_line(cause)) from cause
    except onnx.checker.ValidationError as cause:  # a symbolic link, as caches of model hubs have them
        raise errors.external_refused(path, first_line(cause)) from cause
    return model


def _check(path: Path, model: onnx.ModelProto) -> None:
    """Make sure that each tensor is as long as it says, and that what lies outside lies beside the model."""
    for name, needed in _external(path, model).items():
        try:
            there = (path.parent / name).stat()
            whole = stat.S_ISREG(there.st_mode) and there.st_size >= needed
        except OSError:  # not there, or too long a name
            whole = False
        if not whole:
            raise errors.no_external_data(path, name)
    for tensor in onnx.external_data_helper._get_all_tensors(model):
        if any(length < 0 for length in tensor.dims):
            raise errors.damaged(
                path, "ONNX", f"tensor {short(tensor.name)} has the shape {list(tensor.dims)}"
            )
        bits = BITS.get(tensor.data_type)
        if tensor.HasField("raw_data") and bits is not None:
            wanted = -(-math.prod(tensor.dims) * bits // 8)
            if wanted != len(tensor.raw_data):
                said = f"tensor {short(tensor.name)} has {len(tensor.raw_data):,} bytes instead of {wanted:,}"
                raise errors.damaged(path, "ONNX", said)


def _is_beside(folder: Path, name: str) -> bool:
    """Whether a file that a model names lies in the model's folder or below, links followed."""
    if not name or "\0" in name:
        return False
    try:
        return (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # too long a name, or links in a circle
        return False


def side_files(path: Path) -> tuple[str, ...]:
    """Files, relative to the model's folder, that hold its external data.

    Raises:
        BuildError: not ONNX, or one that does not lie there.
    """
    try:
        return tuple(sorted(_external(path, onnx.load(path, load_external_data=False))))
    except DecodeError as cause:
        raise errors.damaged(path, "ONNX", "its protobuf ends early or is none") from cause


def _external(path: Path, model: onnx.ModelProto) -> dict[str, int]:
    """External file → bytes it must at least have.

    Raises:
        BuildError: a number that is none, or a file that does not lie beside the model.
    """
    needed: dict[str, int] = {}
    for tensor in onnx.external_data_helper._get_all_tensors(model):
        if onnx.external_data_helper.uses_external_data(tensor):
            told = {entry.key: entry.value for entry in tensor.external_data}
            end = 0
            for key in ("offset", "length"):
                value = told.get(key, "0")
                if not value.isdecimal() or len(value) > LONGEST_NUMBER:
                    said = (
                        f"the external data of tensor {short(tensor.name)} has {short(value)} for its {key}"
                    )
                    raise errors.damaged(path, "ONNX", said)
                end += int(value)
            location = told.get("location", "")
            if not _is_beside(path.parent, location):
                raise errors.outside_data(path, location)
            needed[location] = max(needed.get(location, 0), end)
    return needed
