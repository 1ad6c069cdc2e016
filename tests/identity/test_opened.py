"""Which opened files are recorded, and the digest of their content."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_edgebench.identity.files import content_digest
from pytest_edgebench.identity.opened import Opened


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "x.npy"
    np.save(path, np.arange(3))
    return path


def test_reads_are_recorded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data.parent)
    for read in (
        lambda: Path("x.npy").open("rb").close(),
        lambda: data.read_bytes(),
        lambda: np.load(data),
        lambda: np.load(data, mmap_mode="r"),
        lambda: os.close(os.open(os.fsencode(data), os.O_RDONLY)),
        lambda: data.open("r+b").close(),
    ):
        with Opened() as opened:
            read()
            os.chdir("/")
        assert opened.files == (data,)
        os.chdir(data.parent)


def test_torch_load_is_recorded(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "checkpoint.pt"
    torch.save({"w": torch.zeros(2)}, path)
    for mmap in (False, True):
        with Opened() as opened:
            torch.load(path, weights_only=True, mmap=mmap)
        assert opened.files == (path,)


def test_what_is_no_input_is_left_out(data: Path, tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text("x = 1")
    gone = tmp_path / "gone.txt"
    gone.write_text("")
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "a.bin").write_bytes(b"")
    with Opened(exclude=[cache]) as opened:
        (tmp_path / "written.txt").write_text("result")
        for path in (
            code,
            cache / "a.bin",
            gone,
            Path("/proc/self/stat"),
            Path("/dev/null"),
            Path(json.__file__),
        ):
            path.read_bytes()
        Path(np.__file__).with_name("version.py").read_bytes()
        list(tmp_path.iterdir())
        os.close(os.open(tmp_path, os.O_RDONLY))
        with pytest.raises(FileNotFoundError):
            (tmp_path / "never.txt").read_bytes()
        gone.unlink()
    assert opened.files == ()


def test_only_while_active_nested_and_from_threads(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("")
    with Opened() as outer:
        with Opened() as inner:
            thread = threading.Thread(target=data.read_bytes)
            thread.start()
            thread.join()
        other.read_text()
    tmp_path.joinpath("later.txt").write_text("")
    tmp_path.joinpath("later.txt").read_text()
    assert inner.files == (data,)
    assert outer.files == (other, data)


def test_recording_ends_with_an_exception(data: Path) -> None:
    opened = Opened()
    with pytest.raises(ZeroDivisionError), opened:
        raise ZeroDivisionError
    data.read_bytes()
    assert opened.files == ()


def test_content_digest(tmp_path: Path) -> None:
    def put(folder: str, **files: str) -> list[Path]:
        home = tmp_path / folder
        home.mkdir()
        for name, text in files.items():
            (home / name).write_text(text)
        return [home / name for name in files]

    base = put("a", x="1", y="2")
    digest = content_digest(base)
    assert digest == content_digest(put("b", y="2", x="1"))
    assert digest != content_digest(put("c", x="2", y="1"))
    assert digest != content_digest(put("d", x="1", z="2"))
    assert digest != content_digest(base[:1])
    base[0].write_text("3")
    changed = content_digest(base)
    base[0].unlink()
    assert len({digest, changed, content_digest(base)}) == 3


def test_large_files_are_hashed_fast(tmp_path: Path) -> None:
    big: Any = tmp_path / "big.bin"
    big.write_bytes(bytes(100_000_000))
    start = time.perf_counter()
    content_digest([big])
    assert time.perf_counter() - start < 1  # 0.1 to 0.2 s on a quiet machine
