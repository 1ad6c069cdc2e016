"""The pictures of the image suite."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import cifar_files
import numpy as np
import pytest
from suite_runs import run

import pytest_edgebench as eb
from pytest_edgebench.suites.digits import digits
from pytest_edgebench.suites.images import pictures

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("sklearn")


@pytest.fixture(autouse=True)
def _without_cifar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEBENCH_CIFAR10", raising=False)
    pictures._files.cache_clear()


def test_digits_stand_in() -> None:
    assert not pictures.given()
    assert str(pictures.source(False)).endswith(
        ", 4 times as large; UCI 1998, bundled with scikit-learn; CC BY 4.0; "
        "used because EDGEBENCH_CIFAR10 is not set"
    )
    inputs, classes = pictures.held_out(False)
    assert inputs.shape == (1000, 3, 32, 32)
    assert inputs.dtype == np.float32
    assert (inputs.min(), inputs.max()) == (-1, 1)
    assert np.array_equal(inputs[5, 2, 8:12, 12:16], np.full((4, 4), inputs[5, 0, 8, 12]))
    assert np.array_equal(classes, digits.held_out()[1])
    assert pictures.training(False, 10_000)[0].shape == (797, 3, 32, 32)
    assert pictures.training_inputs(False).shape == (512, 3, 32, 32)
    with pytest.raises(eb.EdgebenchError, match="no CIFAR-10: EDGEBENCH_CIFAR10 is not set"):
        pictures.held_out(True)


def test_official_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEBENCH_CIFAR10", str(cifar_files.write(tmp_path / "cifar-10-batches-bin")))
    assert pictures.given()
    assert str(pictures.source(True)).startswith("CIFAR-10 (50,000 to train on")
    for real, other in (
        (pictures.held_out(True), pictures.held_out(False)),
        (pictures.training(True, 700), pictures.training(False, 700)),
    ):
        assert np.allclose(real[0], other[0], atol=0.01)
        assert real[0].dtype == np.float32
        assert np.array_equal(real[1], other[1])


def test_a_picture_is_a_class_and_three_colours(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    row = np.concatenate([[7], np.full(1024, 10), np.full(1024, 20), np.arange(1024) % 256])
    path.write_bytes(row.astype(np.uint8).tobytes() * 2)
    found, classes = pictures.read_bin(path)
    assert classes.tolist() == [7, 7]
    assert (found[1, 0] == 10).all()
    assert (found[1, 1] == 20).all()
    assert found[1, 2, 1].tolist() == [*range(32, 64)]


def test_files_that_are_not_cifar_10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"0" * 3000)
    with pytest.raises(eb.EdgebenchError, match="expected pictures of 3,073 bytes, found 3,000 bytes"):
        pictures.read_bin(path)
    path.write_bytes(bytes([10]) + b"0" * 3072)
    with pytest.raises(eb.EdgebenchError, match="expected classes 0 to 9, found 10"):
        pictures.read_bin(path)
    monkeypatch.setenv("EDGEBENCH_CIFAR10", str(tmp_path))
    with pytest.raises(eb.EdgebenchError, match=r"has no data_batch_1\.bin\n  fix: set it"):
        pictures.given()
    folder = cifar_files.write(tmp_path / "some")
    (folder / "data_batch_3.bin").unlink()
    monkeypatch.setenv("EDGEBENCH_CIFAR10", str(folder))
    with pytest.raises(eb.EdgebenchError, match=r"has no data_batch_3\.bin"):
        pictures.given()


@pytest.mark.slow
def test_the_suite_runs_on_official_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("litert_torch")
    monkeypatch.setitem(os.environ, "EDGEBENCH_CIFAR10", str(cifar_files.write(tmp_path / "cifar")))
    result = run(tmp_path / "run", tmp_path / "cache", "images", "-k", "mobilenet")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "data of mobilenet: CIFAR-10 (50,000 to train on" in result.stdout
