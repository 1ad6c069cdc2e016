"""Files by content or, where they are large, by a sample of it; read once as long as nothing changes."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.compressors.build.keys import Observed
from pytest_edgebench.declare.model import Model
from pytest_edgebench.identity import file_digests, files
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.identity.file_digests import FileDigests
from pytest_edgebench.samples import data

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.samples.columns import Columns

SIZE = 40_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(np.random.default_rng(0).bytes(SIZE))
    settled(path)
    return path


def settled(path: Path, ago: float = 100.0) -> None:
    os.utime(path, (time.time() - ago, time.time() - ago))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of files whose content was read whole."""
    found: list[str] = []
    real = files.file_digest

    def counting(path: Path) -> bytes:
        found.append(path.name)
        return real(path)

    monkeypatch.setattr(file_digests, "file_digest", counting)
    # The clock of changes of a file cannot be set back.
    monkeypatch.setattr(file_digests, "SETTLED_S", -1.0)
    return found


def test_read_once_as_long_as_it_stays(path: Path, tmp_path: Path, reads: list[str]) -> None:
    first = FileDigests(Cache(tmp_path / "cache")).of(path)
    assert first == files.file_digest(path)
    assert FileDigests(Cache(tmp_path / "cache")).of(path) == first
    assert reads == ["weights.bin"]
    path.write_bytes(b"x" * SIZE)  # of the same size
    changed = FileDigests(Cache(tmp_path / "cache")).of(path)
    assert changed == files.file_digest(path) != first


def test_one_that_was_just_written_is_read_again(
    path: Path, tmp_path: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_digests, "SETTLED_S", 1000.0)
    for _ in range(2):
        FileDigests(Cache(tmp_path / "cache")).of(path)
    assert len(reads) == 2


def test_a_large_one_is_known_by_size_time_and_a_sample(path: Path, tmp_path: Path, reads: list[str]) -> None:
    def of() -> bytes:
        return FileDigests(Cache(tmp_path / "cache"), large=SIZE - 1).of(path)

    first = of()
    assert of() == first
    assert not reads
    settled(path, 50.0)
    assert (later := of()) != first
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    assert of() not in (first, later)
    told = FileDigests(Cache(tmp_path / "cache"), large=SIZE - 1)
    assert told.told([path, tmp_path / "gone"]) == "weights.bin (4e-05 GB)"
    assert FileDigests(Cache(tmp_path / "cache")).told([path]) == ""


def test_what_a_function_reads_is_not_read_again_by_each_session(
    path: Path, tmp_path: Path, reads: list[str]
) -> None:
    def session(large: int = file_digests.LARGE_BYTES) -> Observed:
        observed = Observed(Cache(tmp_path / "cache"), tmp_path)
        observed.files = FileDigests(Cache(tmp_path / "cache"), large)
        return observed

    with session().run("base"):
        path.read_bytes()
    keys = {session().key("base") for _ in range(3)}
    assert len(keys) == 1
    assert reads == ["weights.bin"]
    assert session().notes("base") == ()
    assert session(SIZE - 1).notes("base") == (
        "known by size, time and a sample of their content: weights.bin (4e-05 GB)",
    )


@pytest.mark.parametrize("form", ["npy", "npz", "parquet", "mapping"])
def test_data_in_files_are_hashed_once(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    x, y = np.random.default_rng(0).normal(size=(30, 4)).astype("float32"), np.arange(30)
    given: Any = ("x.npy", y)
    if form == "npy":
        np.save(tmp_path / "x.npy", x)
    elif form == "npz":
        given = "d.npz"
        np.savez(tmp_path / "d.npz", x=x, y=y)
    elif form == "parquet":
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        given = "d.parquet"
        pq.write_table(pa.table({"x": list(x), "y": y}), tmp_path / "d.parquet")
    else:
        given = ({"a": "x.npy", "b": x}, y)
        np.save(tmp_path / "x.npy", x)

    hashed: list[str] = []
    from pytest_edgebench.samples import columns

    real = columns._hashed

    def counting(samples: Columns, name: str) -> str:
        hashed.append(name)
        return real(samples, name)

    monkeypatch.setattr(columns, "_hashed", counting)
    model = Model("net.onnx", given, eb.top1, folder=tmp_path, place="c:1")
    keys = {data.load(model).inputs_key(FileDigests(Cache(tmp_path / "cache"))) for _ in range(3)}
    names = ["a"] if form == "mapping" else ["input_0"]
    assert hashed == names
    inputs = {"a": x, "b": x} if form == "mapping" else {"input_0": x}
    assert keys == {digest(inputs)}  # as without files
    large = FileDigests(Cache(tmp_path / "cache"), large=10)
    samples = data.load(model)
    assert samples.inputs_key(large) != digest(inputs)
    assert hashed == names
    assert "GB)" in samples.large_files(large)
