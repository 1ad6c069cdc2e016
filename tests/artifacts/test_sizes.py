from __future__ import annotations

import gzip
import importlib.util
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.sizes import sizes

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_all_files_count_raw_and_compressed(tmp_path: Path) -> None:
    (tmp_path / "side").mkdir()
    (tmp_path / "model.onnx").write_bytes(bytes(5000))
    (tmp_path / "side" / "weights.bin").write_bytes(bytes(range(256)))
    found = sizes(tmp_path)
    assert found["raw"] == 5256
    assert found["gzip"] == sum(len(gzip.compress(c, 9, mtime=0)) for c in (bytes(5000), bytes(range(256))))
    assert found["gzip"] < found["raw"]


def test_zstd_only_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.onnx").write_bytes(bytes(5000))
    has = importlib.util.find_spec("zstandard") is not None
    assert ("zstd" in sizes(tmp_path)) == has
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert list(sizes(tmp_path)) == ["raw", "gzip"]
