"""Files that libraries in C++ or Rust open by their name: below the project and elsewhere."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.compressors.build.keys import Observed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BASE = "cd" * 32


def torch_from_file(path: str) -> Any:
    torch = pytest.importorskip("torch")
    return torch.from_file(path, size=1)


def torch_jit(path: str) -> Any:
    torch = pytest.importorskip("torch")
    return torch.jit.load(path)


def safetensors(path: str) -> Any:
    return pytest.importorskip("safetensors.numpy").load_file(path)


def safe_open(path: str) -> Any:
    pytest.importorskip("safetensors")
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return file.keys()


def onnxruntime(path: str) -> Any:
    return pytest.importorskip("onnxruntime").InferenceSession(path)


def parquet(path: str) -> Any:
    return pytest.importorskip("pyarrow.parquet").read_table(path)


def hdf5(path: str) -> Any:
    return pytest.importorskip("h5py").File(path, "r").close()


READERS: dict[str, Callable[[str], Any]] = {
    "w.bin": torch_from_file,
    "w.pt": torch_jit,
    "w.safetensors": safetensors,
    "v.safetensors": safe_open,
    "w.onnx": onnxruntime,
    "w.parquet": parquet,
}
if importlib.util.find_spec("h5py"):
    READERS["w.h5"] = hdf5


def write(path: Path, value: float) -> None:
    if path.suffix == ".bin":
        np.array([value], "float32").tofile(path)
    elif path.suffix == ".pt":
        torch = pytest.importorskip("torch")
        net = torch.nn.Linear(1, 1)
        torch.nn.init.constant_(net.weight, value)
        torch.jit.save(torch.jit.trace(net, torch.zeros(1, 1)), str(path))
    elif path.suffix == ".safetensors":
        pytest.importorskip("safetensors.numpy").save_file({"w": np.array([value])}, path)
    elif path.suffix == ".onnx":
        onnx = pytest.importorskip("onnx")
        helper = onnx.helper
        weight = helper.make_tensor("w", 1, [1], [value])
        x, y = (helper.make_tensor_value_info(name, 1, [1]) for name in "xy")
        graph = helper.make_graph([helper.make_node("Mul", ["x", "w"], ["y"])], "g", [x], [y], [weight])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    elif path.suffix == ".parquet":
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.table({"w": [value]}), path)
    else:
        with pytest.importorskip("h5py").File(path, "w") as file:
            file["w"] = value


@pytest.mark.parametrize("inside", (True, False), ids=("below the project", "elsewhere"))
@pytest.mark.parametrize("name", READERS)
def test_a_reader_that_python_does_not_see(name: str, inside: bool, tmp_path: Path) -> None:
    tree, cache = tmp_path / "project", Cache(tmp_path / "cache")
    tree.mkdir()
    path = (tree if inside else tmp_path) / name
    write(path, 1.0)
    with Observed(cache, tree).run(BASE):
        READERS[name](str(path))
    key = Observed(cache, tree).key(BASE)
    assert key not in (None, BASE)
    write(path, 2.0)
    assert Observed(cache, tree).key(BASE) not in (None, BASE, key)
