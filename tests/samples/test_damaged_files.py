"""Damaged data files: each is refused in one sentence; `tests/robust` changes them at random."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.declare.model import Model
from pytest_edgebench.samples.data import load

if TYPE_CHECKING:
    from pathlib import Path

X = np.arange(24, dtype="float32").reshape(4, 6)
Y = np.array([0, 1, 1, 0])


def saved(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def alone(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def headed(content: bytes) -> bytes:
    """An archive whose member is `content`, with a check sum that fits."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.npy", content)
        archive.writestr("y.npy", alone(Y))
    return buffer.getvalue()


def read_npz(folder: Path, content: bytes) -> None:
    (folder / "d.npz").write_bytes(content)
    samples = load(Model("n.onnx", "d.npz", None, folder=folder, place="c.py:1"))  # type: ignore[arg-type]
    list(samples.batches(3))


def read_npy(folder: Path, content: bytes) -> None:
    (folder / "d.npy").write_bytes(content)
    samples = load(Model("n.onnx", ("d.npy", Y), None, folder=folder, place="c.py:1"))  # type: ignore[arg-type]
    list(samples.batches(3))


def read_labels(folder: Path, content: bytes) -> None:
    (folder / "d.npy").write_bytes(content)
    load(Model("n.onnx", (X, "d.npy"), None, folder=folder, place="c.py:1"))  # type: ignore[arg-type]


def test_a_header_that_claims_more_than_there_is_allocates_nothing(tmp_path: Path) -> None:
    huge = alone(X).replace(b"(4, 6), }", b"(4, 9999999999), }")
    for content, read in ((huge, read_npy), (headed(huge), read_npz)):
        with pytest.raises(DataError, match="header says 159,999,999,984 bytes for shape"):
            read(tmp_path, content)


def test_objects_are_refused_and_not_unpickled(tmp_path: Path) -> None:
    content = alone(np.array([{}, 1], object))
    for packed, read in ((content, read_npy), (headed(content), read_npz), (content, read_labels)):
        with pytest.raises(DataError, match="it holds Python objects"):
            read(tmp_path, packed)


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"d\.npz cannot be read as data: it holds no array 'y'"):
        read_npz(tmp_path, saved(x=X, labels=Y))
