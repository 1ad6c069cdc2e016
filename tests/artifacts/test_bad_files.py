"""Files that are no models: each a sentence with the path and what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from onnx_files import conv_net

from pytest_edgebench.artifacts.inspect import inspect
from pytest_edgebench.errors import BuildError, DeclarationError


def refused(path: Path) -> str:
    with pytest.raises(BuildError) as caught:
        inspect(path)
    assert caught.value.where == str(path)
    assert caught.value.fix
    return caught.value.what


def test_missing(tmp_path: Path) -> None:
    assert refused(tmp_path / "m.onnx") == "there is no model file here"


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
def test_empty(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"m.{suffix}"
    path.touch()
    assert refused(path) == "the model file is empty"


def test_other_suffix(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="not a model format"):
        inspect(tmp_path / "m.pt")


def test_tflite_called_onnx(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(40))
    assert refused(path) == "the file is called .onnx but holds a TFLite model, not ONNX"


def test_onnx_called_tflite(tmp_path: Path) -> None:
    path = conv_net(tmp_path / "m.onnx").rename(tmp_path / "m.tflite")
    assert refused(path) == "the file is called .tflite but holds something else, not TFLite"


def test_text_called_onnx(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_text("a page that says the model has moved\n")
    assert refused(path).startswith("the file is no whole ONNX model")


@pytest.mark.parametrize("name", ["m.onnx", "m.tflite"])
def test_git_lfs_pointer(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    assert refused(path) == "the file is a Git LFS pointer, not the model itself"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.999])
def test_truncated_onnx(tmp_path: Path, share: float) -> None:
    path = conv_net(tmp_path / "m.onnx")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert refused(path).startswith("the file is no whole ONNX model")


@pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")
@pytest.mark.parametrize("share", [0.001, 0.3, 0.7, 0.999])
def test_truncated_tflite(tmp_path: Path, share: float) -> None:
    content = (Path(os.environ["EDGEBENCH_DATA"]) / "models/mlperf_tiny/kws_int8.tflite").read_bytes()
    path = tmp_path / "m.tflite"
    path.write_bytes(content[: int(share * len(content))])
    assert refused(path).startswith("the file is no whole TFLite model")


def test_tflite_of_magic_only(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(40))
    assert refused(path).startswith("the file is no whole TFLite model")


def test_external_data_missing_or_short(tmp_path: Path) -> None:
    path = conv_net(tmp_path / "m.onnx", external=True)
    weights = tmp_path / "weights.bin"
    weights.write_bytes(weights.read_bytes()[:-8])
    assert refused(path) == "the model keeps weights in 'weights.bin', which is missing or too short"
    weights.unlink()
    assert refused(path) == "the model keeps weights in 'weights.bin', which is missing or too short"
