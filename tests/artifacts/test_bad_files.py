"""Files that are no models: each a sentence with the path and what to do."""

from __future__ import annotations

import os
from pathlib import Path

import onnx
import pytest
from onnx_files import conv_net

from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.artifacts.inspect.onnx_file import side_files
from pytest_edgebench.base.errors import BuildError, DeclarationError


def refused(path: Path) -> str:
    with pytest.raises(BuildError) as caught:
        inspect(path)
    assert caught.value.where == str(path)
    assert caught.value.fix
    return caught.value.what


def test_missing(tmp_path: Path) -> None:
    assert refused(tmp_path / "m.onnx") == "model file not found"


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
def test_empty(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"m.{suffix}"
    path.touch()
    assert refused(path) == "the model file is empty"


def test_other_suffix(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="unsupported model format"):
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
    assert refused(path).startswith("the file is not a whole ONNX model")


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
    assert refused(path).startswith("the file is not a whole ONNX model")


@pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")
@pytest.mark.parametrize("share", [0.001, 0.3, 0.7, 0.999])
def test_truncated_tflite(tmp_path: Path, share: float) -> None:
    content = (Path(os.environ["EDGEBENCH_DATA"]) / "models/mlperf_tiny/kws_int8.tflite").read_bytes()
    path = tmp_path / "m.tflite"
    path.write_bytes(content[: int(share * len(content))])
    assert refused(path).startswith("the file is not a whole TFLite model")


def test_tflite_of_magic_only(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(40))
    assert refused(path).startswith("the file is not a whole TFLite model")


def test_external_data_missing_or_short(tmp_path: Path) -> None:
    path = conv_net(tmp_path / "m.onnx", external=True)
    weights = tmp_path / "weights.bin"
    weights.write_bytes(weights.read_bytes()[:-8])
    assert refused(path) == "the model keeps weights in 'weights.bin', which is missing or too short"
    weights.unlink()
    assert refused(path) == "the model keeps weights in 'weights.bin', which is missing or too short"


def with_location(path: Path, **entries: str) -> Path:
    """A model whose weights lie in another file than its own `weights.bin`, or at another place of it."""
    conv_net(path, external=True)
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            entry.value = entries.get(entry.key, entry.value)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    "location",
    ["../secret", "/etc/passwd", "link", "", "..", "a\0b", "n" * 5000, "loop", "\x1b[31m\u202e/../../x"],
)
def test_external_data_outside_its_folder(location: str, tmp_path: Path) -> None:
    """Also where a link leads outside; nothing of such a file is read, nor copied into the cache."""
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(10_000))
    (folder / "link").symlink_to("../secret")
    (folder / "loop").symlink_to("loop")
    path = with_location(folder / "m.onnx", location=location)
    told = refused(path)
    assert "not a file in the model's own folder" in told or "missing or too short" in told
    assert len(told) < 300
    assert told.isprintable()
    if "own folder" in told:
        with pytest.raises(BuildError, match="own folder"):
            side_files(path)


@pytest.mark.parametrize("key", ["offset", "length"])
@pytest.mark.parametrize("value", ["-1", "1e9", "9" * 30, "x"])
def test_external_data_at_no_place(key: str, value: str, tmp_path: Path) -> None:
    path = with_location(tmp_path / "m.onnx", **{key: value})
    assert f"for its {key}" in refused(path)


@pytest.mark.parametrize("dims", [[-4, 1, 3, 3], [2**62, 1, 3, 3], [4, 1, 3], []])
def test_tensors_of_another_length_than_their_bytes(dims: list[int], tmp_path: Path) -> None:
    path = conv_net(tmp_path / "m.onnx")
    model = onnx.load(path)
    del model.graph.initializer[0].dims[:]
    model.graph.initializer[0].dims.extend(dims)
    path.write_bytes(model.SerializeToString())
    told = refused(path)
    assert "has the shape [-4, 1, 3, 3]" in told or "bytes instead of" in told


def test_names_of_thousands_of_letters(tmp_path: Path) -> None:
    """A long or strange name is a name; a message about it is short."""
    path = conv_net(tmp_path / "m.onnx")
    model = onnx.load(path)
    name = "\x1b[31m" + "n" * 5000
    for node in model.graph.node:
        for names in (node.input, node.output):
            for at, each in enumerate(names):
                names[at] = name if each == "wc" else each
    model.graph.initializer[0].name = name
    path.write_bytes(model.SerializeToString())
    assert inspect(path).parameters == inspect(conv_net(tmp_path / "other.onnx")).parameters
    model.graph.initializer[0].dims[0] = 9
    path.write_bytes(model.SerializeToString())
    told = refused(path)
    assert len(told) < 300
    assert told.isprintable()


def test_external_data_behind_a_link(tmp_path: Path) -> None:
    """As caches of model hubs keep it: ONNX refuses it, and says so in words of its own."""
    path = conv_net(tmp_path / "m.onnx", external=True)
    weights = tmp_path / "weights.bin"
    weights.rename(tmp_path / "blob")
    weights.symlink_to(tmp_path / "blob")
    told = refused(path)
    assert told.startswith("the model keeps weights in a file that ONNX does not open: ")
    assert "symbolic link" in told
