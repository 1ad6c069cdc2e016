"""Samples in a Parquet file: rows are read some at a time, and what is no data is refused in a sentence."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.declare.model import Model
from pytest_edgebench.samples.data import calibration, load
from pytest_edgebench.samples.forms import parquet
from pytest_edgebench.samples.roles import Given

if TYPE_CHECKING:
    from pathlib import Path

X = np.arange(240, dtype="float32").reshape(20, 3, 4)
Y = np.arange(20) % 3


def model(folder: Path, columns: dict[str, Any], **how: Any) -> Model:
    pq.write_table(pa.table(columns), folder / "d.parquet", **how)
    return Model("n.onnx", "d.parquet", None, folder=folder, place="c.py:1")  # type: ignore[arg-type]


def nested(array: Any) -> Any:
    return pa.array(array.tolist(), pa.list_(pa.list_(pa.float32())))


@pytest.mark.parametrize("piece", [1, 200, 16 << 20])
@pytest.mark.parametrize("groups", [1, 7, 20])
def test_rows_in_any_order_are_those_of_the_file(
    tmp_path: Path, groups: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "PIECE_BYTES", piece)
    samples = load(model(tmp_path, {"x": nested(X), "y": Y, "critical": Y == 1}, row_group_size=groups))
    assert samples.count == 20
    assert samples.labels().tolist() == Y.tolist()
    assert samples.critical is not None
    assert samples.critical.tolist() == (Y == 1).tolist()
    together = [given["input_0"] for given, _ in samples.batches(6)]
    assert np.concatenate(together).tolist() == X.tolist()
    assert together[0].dtype == np.float32
    for rows in ([3, 4, 19], [17, 2, 2, 0], [19], []):
        assert samples.take(rows)["input_0"].tolist() == X[rows].tolist()
    assert samples.first(2)["input_0"].tolist() == X[:2].tolist()


def test_it_is_the_same_data_as_in_arrays(tmp_path: Path) -> None:
    arrays = Model("n.onnx", (X, Y), None, folder=tmp_path, place="c.py:1")  # type: ignore[arg-type]
    assert load(model(tmp_path, {"x": nested(X), "y": Y})).key() == load(arrays).key()


def test_other_columns_are_inputs_of_their_names(tmp_path: Path) -> None:
    texts = ["a", "longer", *["b"] * 18]
    tensors = pa.FixedShapeTensorArray.from_numpy_ndarray(X)
    words = pa.array(texts).dictionary_encode()
    samples = load(model(tmp_path, {"ids": Y, "text": texts, "kind": words, "image": tensors, "y": Y}))
    given = samples.take([1, 0])
    assert [*given] == ["ids", "text", "kind", "image"]
    assert given["ids"].shape == (2,)
    assert given["text"].tolist() == given["kind"].tolist() == ["longer", "a"]
    assert given["image"].tolist() == X[[1, 0]].tolist()


def test_calibration_reads_no_labels(tmp_path: Path) -> None:
    of_file = model(tmp_path, {"x": nested(X), "y": Y})
    other = Model("n.onnx", (X, Y), None, folder=tmp_path, calibration="d.parquet")  # type: ignore[arg-type]
    arrays, own = calibration(other, 5)
    assert own
    assert isinstance(arrays, Given)
    assert arrays["input_0"][:].tolist() == X[:5].tolist()
    assert load(of_file).count == 20


ODD = [[1.0, 2.0], [1.0]]
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no labels": ({"x": [1.0]}, "it has no column 'y'; its columns are 'x'"),
    "labels alone": ({"y": [1]}, "it has no column 'x'; its columns are 'y'"),
    "no rows": ({"x": pa.array([], pa.float32()), "y": pa.array([], pa.int64())}, "x holds no samples"),
    "a hole": ({"x": [1.0, None], "y": [0, 1]}, "column 'x' cannot be read as data: 1 values are missing"),
    "odd lists": ({"x": ODD, "y": [0, 1]}, "column 'x' cannot be read as data: "),
    "odd lists within": ({"x": [[[1.0], [1.0, 2.0]]], "y": [0]}, "its lists have from 1 to 2 values"),
    "images": ({"x": [b"\xff\xd8"], "y": [0]}, "it holds binary, no numbers, texts, or lists of numbers"),
    "times": ({"x": pa.array([1], pa.timestamp("s")), "y": [0]}, "it holds timestamp["),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_samples_is_refused_by_its_column(tmp_path: Path, name: str) -> None:
    columns, told = WRONG[name]
    with pytest.raises(DataError) as caught:
        load(model(tmp_path, columns))
    assert told in caught.value.what
    assert caught.value.where == "c.py:1"
    assert caught.value.fix


def test_a_file_that_is_none_or_is_missing(tmp_path: Path) -> None:
    given = model(tmp_path, {"x": [1.0], "y": [0]})
    (tmp_path / "d.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DataError, match=r"d\.parquet cannot be read as data: ") as caught:
        load(given)
    assert "a row a sample" in caught.value.fix
    (tmp_path / "d.parquet").unlink()
    with pytest.raises(DataError, match="does not exist"):
        load(given)


def test_without_pyarrow_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = model(tmp_path, {"x": [1.0], "y": [0]})
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(DataError, match="Parquet files need pyarrow") as caught:
        load(given)
    assert "pytest-edgebench[parquet]" in caught.value.fix
