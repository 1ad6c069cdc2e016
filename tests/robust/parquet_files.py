"""Whole Parquet files of samples, and their reader."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

X = np.arange(24, dtype="float32").reshape(4, 6)
Y = np.array([0, 1, 1, 0])


def read(folder: Path, content: bytes) -> None:
    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.samples.data import load

    (folder / "d.parquet").write_bytes(content)
    score: Any = None
    list(load(Model("n.onnx", "d.parquet", score, folder=folder, place="c.py:1")).batches(3))


def seeds(_: Path) -> list[bytes]:
    """Plain, in row groups of lists within lists, and compressed with texts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    nested = [[row, row] for row in X.tolist()]
    tables = (
        ({"x": X.tolist(), "y": Y}, {"compression": "none", "use_dictionary": False}),
        ({"x": nested, "y": Y, "critical": Y == 1}, {"compression": "snappy", "row_group_size": 2}),
        ({"a": X[:, 0], "b": ["u", "v", "w", "x"], "y": Y}, {"compression": "zstd"}),
    )
    found = []
    for columns, how in tables:
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer, **how)
        found.append(buffer.getvalue())
    return found
