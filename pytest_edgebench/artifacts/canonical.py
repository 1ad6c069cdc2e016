"""Digest of a model file that does not depend on where or when it was written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts import errors
from pytest_edgebench.artifacts.inspect.file import sniff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from onnx import ModelProto

VERSION = 1
"""Of `digest`: raised when it gives another value for the same file."""
PROTOBUF_LIMIT = 2**31 - 1  # one message; larger models keep their weights beside them
EXTERNAL_ABOVE = 1024  # bytes of a tensor
# Everything that says where a model came from rather than what it computes.
ORIGINS = ("doc_string", "metadata_props")
# Of the model as a whole; `domain` of a node or opset says which operator it is, and stays.
MODEL_ORIGINS = ("producer_name", "producer_version", "domain", "model_version")


def digest(path: Path) -> str:
    """SHA-256 of a model's canonical bytes: TFLite as it is, ONNX without origins, its weights included.

    Raises:
        BuildError: not a whole model.
    """
    if sniff(path) == "tflite":
        return file_digest(path)
    with errors.damage(path, "ONNX"):
        return _digest(path)


def _digest(path: Path) -> str:
    from onnx.external_data_helper import _get_all_tensors

    from pytest_edgebench.artifacts.inspect.onnx_file import load

    model = load(path)
    _strip_model(model)
    found = hashlib.sha256()
    for tensor in _get_all_tensors(model):  # hashed one by one: the whole may exceed what protobuf can write
        del tensor.external_data[:]
        tensor.ClearField("data_location")
        if tensor.raw_data:
            found.update(len(tensor.raw_data).to_bytes(8, "little"))
            found.update(tensor.raw_data)
            tensor.ClearField("raw_data")
    found.update(model.SerializeToString(deterministic=True))
    return found.hexdigest()


def canonicalise(path: Path) -> None:
    """Rewrite a model that we built, in place, so that two builds give the same bytes.

    Its weights move inside, or into one file beside it where they are too large for that.
    """
    if sniff(path) == "tflite":
        return
    import onnx

    from pytest_edgebench.artifacts.inspect.onnx_file import load, side_files

    old = side_files(path)
    model = load(path)
    _strip_model(model)
    if model.ByteSize() < PROTOBUF_LIMIT:
        _inside(model)
        path.write_bytes(model.SerializeToString(deterministic=True))
        kept = ""
    else:
        kept = f"{path.name}.data"
        (path.parent / kept).unlink(missing_ok=True)  # onnx appends to it
        onnx.save(model, path, save_as_external_data=True, location=kept, size_threshold=EXTERNAL_ABOVE)
    for name in old:
        if name != kept:
            (path.parent / name).unlink()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _inside(model: ModelProto) -> None:
    from onnx.external_data_helper import _get_all_tensors

    for tensor in _get_all_tensors(model):
        del tensor.external_data[:]
        tensor.ClearField("data_location")


def _strip_model(model: ModelProto) -> None:
    for name in MODEL_ORIGINS:
        model.ClearField(name)
    _strip(model)


def _strip(message: Any) -> None:
    """Clear the origins in a message and in all it contains."""
    for name in ORIGINS:
        if name in message.DESCRIPTOR.fields_by_name:
            message.ClearField(name)
    for part in _parts(message):
        _strip(part)


def _parts(message: Any) -> Iterator[Any]:
    for field, value in message.ListFields():
        if field.message_type is not None:
            yield from value if hasattr(value, "add") else (value,)
