"""A folder of model files as its users run it, and what may be wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from suite_runs import outcomes, run

import pytest_edgebench as eb
from pytest_edgebench.suites.zoo.folder import File, files
from pytest_edgebench.suites.zoo.likeness import likeness

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, CLASSES = 96, 4
NOTE = "inputs made up from a seed; expected is what the file itself answers"


def classifier(path: Path, *, outlier: float = 0.0) -> np.ndarray:
    """A file that sums parts of its 96 inputs into 4 classes after a product; the product, for labels.

    Args:
        outlier: a weight of every channel, on an input that is always 0: it takes all steps of int8.
    """
    rng = np.random.default_rng(0)
    first = rng.normal(size=(WIDTH, WIDTH)).astype(np.float32) / 10
    first[0] = outlier
    second = rng.normal(size=(WIDTH, CLASSES)).astype(np.float32)
    values: dict[str, list[str | int | None]] = {"inputs": ["n", WIDTH], "scores": ["n", CLASSES]}
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in values.items()]
    nodes = [
        helper.make_node("MatMul", ["inputs", "first"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["kept"]),
        helper.make_node("MatMul", ["kept", "second"], ["scores"]),
    ]
    weights = [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second")]
    graph = helper.make_graph(nodes, "classifier", infos[:1], infos[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    inputs = rng.normal(size=(300, WIDTH)).astype(np.float32)
    inputs[:, 0] = 0
    labels = (np.maximum(inputs @ first, 0) @ second).argmax(axis=1)
    np.savez(path.with_suffix(".npz"), x=inputs, y=labels)
    return inputs


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "zoo"
    folder.mkdir()
    monkeypatch.setenv("EDGEBENCH_ZOO", str(folder))
    return folder


def test_every_file_is_gated_and_what_int8_spoils_is_red(zoo: Path, tmp_path: Path) -> None:
    classifier(zoo / "good-net.onnx")
    classifier(zoo / "spoiled.onnx", outlier=1e4)
    classifier(zoo / "2nd.onnx")
    (zoo / "2nd.npz").unlink()
    (zoo / "notes.txt").write_text("no model")
    ran = run(tmp_path / "run", tmp_path / "cache", "zoo", "-rA", "--edgebench-profile=onnxruntime")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert outcomes(ran, "FAILED") == {"spoiled-dynamic_int8-onnxruntime"}
    models = ("good_net", "spoiled", "m_2nd")
    assert outcomes(ran, "PASSED") >= {f"{name}-original-onnxruntime" for name in models}
    told = " ".join(ran.stdout.split())
    assert f"data of m_2nd: {NOTE}" in told
    assert "data of good_net: good-net.npz: inputs and labels as given" in told


def test_what_is_wrong_is_a_sentence(zoo: Path, tmp_path: Path) -> None:
    (zoo / "broken.onnx").write_bytes(b"garbage")
    inputs = classifier(zoo / "named.onnx")
    np.savez(zoo / "named.npz", nosuch=inputs)
    ran = run(tmp_path / "run", tmp_path / "cache", "zoo", "--edgebench-profile=onnxruntime")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stdout + ran.stderr
    assert "named.npz has arrays that are no input of the model: 'nosuch'" in ran.stdout
    assert "fix: take the file out of the folder, or write it again" in ran.stdout


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_without_models_is_a_sentence(zoo: Path, tmp_path: Path, *, there: bool) -> None:
    if not there:
        zoo.rmdir()
    ran = run(tmp_path / "run", tmp_path / "cache", "zoo")
    assert ran.returncode == 2
    assert "Traceback" not in ran.stdout + ran.stderr
    assert ("no model file in" if there else "zoo' is not a folder") in ran.stdout
    assert "fix: set EDGEBENCH_ZOO to a folder with .onnx or .tflite files" in ran.stdout


def test_without_a_folder_there_is_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEBENCH_ZOO", raising=False)
    assert files() == []
    ran = run(tmp_path / "run", tmp_path / "cache", "zoo")
    assert "1 skipped" in ran.stdout
    assert "EDGEBENCH_ZOO is not set: set EDGEBENCH_ZOO to a folder" in ran.stdout


def test_names_and_kinds(zoo: Path) -> None:
    for name in ("a-b.onnx", "a-b.tflite", "a b.onnx", "3d.tflite", "-.onnx"):
        (zoo / name).write_bytes(b"")
    np.savez(zoo / "3d.npz", x=np.zeros((3, 2)), y=np.zeros((3, 2)))
    np.savez(zoo / "-.npz", x=np.zeros((3, 2)), y=np.zeros(3, int))
    np.savez(zoo / "a b.npz", x=np.zeros((3, 2)))
    found = {file.path.name: (file.name, file.kind) for file in files()}
    assert found == {
        "-.onnx": ("model", "labelled"),
        "3d.tflite": ("m_3d", "expected"),
        "a b.onnx": ("a_b", "given"),
        "a-b.onnx": ("a_b_onnx", "made up"),
        "a-b.tflite": ("a_b_tflite", "made up"),
    }


def test_names_that_mean_something_else(zoo: Path) -> None:
    names = ("eb", "ZOO", "class", "fp16", "request", "tmp_path", "pytest_configure", "mine")
    for name in names:
        (zoo / f"{name}.onnx").write_bytes(b"")
    found = {file.name for file in files()}
    assert found == {f"m_{name}" for name in names[:-1]} | {"mine"}


def test_samples_that_cannot_be_read_spoil_no_other_model(zoo: Path) -> None:
    from pytest_edgebench.suites.zoo.feeding import model

    inputs = classifier(zoo / "cut.onnx")
    (zoo / "text.onnx").write_bytes((zoo / "cut.onnx").read_bytes())
    (zoo / "text.npz").write_bytes(b"garbage")
    whole = (zoo / "cut.npz").read_bytes()
    (zoo / "cut.npz").write_bytes(whole[:500] + b"?" * 50 + whole[550:])
    for file in files():
        with pytest.raises(eb.EdgebenchError, match=r"\.npz cannot be read: (.|\n)*fix: write it with"):
            model(file)
    for arrays, told in (
        ({"x": inputs[:, :5]}, r"wants shape \[any, 96\](.|\n)*fix: correct the arrays in cut.npz"),
        ({"x": inputs, "y": np.array(["a"] * len(inputs))}, "the labels y in cut.npz are of dtype <U1"),
    ):
        np.savez(zoo / "cut.npz", **arrays)  # type: ignore[arg-type]
        with pytest.raises(eb.EdgebenchError, match=told):
            model(files()[0])


def test_missing_inputs_are_named(zoo: Path) -> None:
    from pytest_edgebench.suites.zoo.feeding import model

    classifier(zoo / "net.onnx")
    np.savez(zoo / "net.npz", y=np.zeros(3, int))
    with pytest.raises(eb.EdgebenchError, match=r"net.npz has no input 'inputs'"):
        model(File(zoo / "net.onnx", "net", zoo / "net.npz", "labelled"))


def test_likeness() -> None:
    score = likeness(1)
    wanted = np.array([[3.0, 4.0], [0.0, 2.0], [1.0, 0.0]])
    found = np.array([[3.0, 4.0], [0.0, 1.0], [-9.0, 0.0]])
    assert score.per_sample is not None
    assert score.per_sample((wanted * 0, found), wanted).tolist() == [1.0, 0.5, 0.0]
    assert likeness(0).fn(found, wanted) == 0.5
