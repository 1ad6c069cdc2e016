"""``edgebench init MODEL``: what it writes runs, and passes, as it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pytest_edgebench.__main__ import main
from pytest_edgebench.commands.init import identifier

Captured = pytest.CaptureFixture[str]


def model(
    path: Path,
    *,
    inputs: int = 1,
    outputs: int = 1,
    dense: bool = True,
    width: int | str = 16,
    kind: int = TensorProto.FLOAT,
) -> Path:
    """(batch, width) → (batch, 300) for each output: matrix product of the sum of the inputs, or the sum."""
    rng = np.random.default_rng(1)
    names = [f"x/{i}" for i in range(inputs)]
    nodes, last = [], names[0]
    for i, name in enumerate(names[1:]):
        nodes.append(helper.make_node("Add", [last, name], [f"s{i}"]))
        last = f"s{i}"
    weights = []
    if dense:
        weights = [numpy_helper.from_array(rng.normal(size=(16, 300)).astype(np.float32), "w")]
        nodes += [helper.make_node("MatMul", [last, "w"], ["p"])]
        last = "p"
    nodes += [helper.make_node("Identity", [last], [f"y{i}"]) for i in range(outputs)]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, kind, ["batch", width]) for name in names],
        [
            helper.make_tensor_value_info(f"y{i}", kind, ["batch", 300 if dense else width])
            for i in range(outputs)
        ],
        weights,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def passes(folder: Path, *arguments: str) -> str:
    """What pytest prints for a folder when its tests pass."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:randomly",
            "-o",
            "edgebench_cap_seconds=2",
            "--edgebench-suggest",
            *arguments,
            str(folder),
        ],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"COLUMNS": "200"},
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"\b1 (passed|warned|inconclusive)\b", result.stdout), result.stdout
    return result.stdout


def untimed(folder: Path) -> Path:
    """The folder, with a profile that is only described: timing is what takes long."""
    settings = folder / "edgebench.toml"
    settings.write_text(settings.read_text().replace('target = "host"\n', ""))
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_from_a_file_to_a_passing_test(here: Path, capsys: Captured) -> None:
    model(here / "Key-Word.v2.onnx")
    assert main(["init", "Key-Word.v2.onnx", "--folder=project"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wrote project/conftest.py",
        "wrote project/test_key_word_v2.py",
        "wrote project/edgebench.toml",
        "wrote project/key_word_v2-samples.npz",
        "next: pytest project --edgebench-show=all --edgebench-suggest",
    ]
    shown = passes(here / "project", "--edgebench-show=all")
    assert "✓ key_word_v2-fp16-host  accuracy" in shown
    assert re.search(r"[✓▲?] key_word_v2-fp16-host +latency p50", shown)
    # What is proposed can be pasted, and holds.
    lines = [line for line in shown.splitlines() if line.startswith("@eb.budget(")]
    assert len(lines) == 2
    test = here / "project" / "test_key_word_v2.py"
    pasted = re.sub(r"(?m)^@eb\.budget\((size|accuracy).*\n", "", test.read_text())
    size = lines[0]
    test.write_text(pasted.replace("def test_", f"{size}\ndef test_"))
    assert size in test.read_text()
    passes(here / "project")


@pytest.mark.parametrize(
    "made, recipe",
    [
        ({"inputs": 2, "outputs": 2}, "fp16"),
        ({"inputs": 2, "dense": False, "width": "free"}, "original"),
        ({"dense": False, "width": 1, "kind": TensorProto.INT64}, "original"),
    ],
    ids=str,
)
def test_other_models(here: Path, made: dict[str, Any], recipe: str) -> None:
    model(here / "net.onnx", **made)
    assert main(["init", "net.onnx", "--folder=project"]) == 0
    assert f"net-{recipe}-host" in passes(untimed(here / "project"), "--edgebench-show=all")


@pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")
@pytest.mark.parametrize("name", ["ic_resnet8_float32", "kws_int8"])
def test_tflite(here: Path, name: str) -> None:
    source = Path(os.environ["EDGEBENCH_DATA"]) / "models/mlperf_tiny" / f"{name}.tflite"
    assert main(["init", str(source), "--folder=project"]) == 0
    passes(untimed(here / "project"))


def test_labelled_samples(here: Path) -> None:
    model(here / "net.onnx")
    x = np.random.default_rng(2).normal(size=(30, 16)).astype(np.float32)
    np.savez(here / "mine.npz", x=x, y=np.arange(30) % 4)
    assert main(["init", "net.onnx", "--data=mine.npz", "--folder=project"]) == 0
    assert 'data=HERE / "../mine.npz", score=eb.top1' in (here / "project" / "conftest.py").read_text()
    assert not (here / "project" / "net-samples.npz").exists()
    passes(untimed(here / "project"))


def test_nothing_is_overwritten(here: Path, capsys: Captured) -> None:
    model(here / "net.onnx")
    (here / "conftest.py").write_text("mine")
    assert main(["init", "net.onnx"]) == 2
    assert capsys.readouterr().err == (
        ".: conftest.py already exists; nothing was written\n"
        "  fix: give an empty folder with --folder, or move these files away\n"
    )
    assert sorted(path.name for path in here.iterdir()) == ["conftest.py", "net.onnx"]


def refused(capsys: Captured, *arguments: str) -> str:
    assert main(["init", *arguments, "--folder=new"]) == 2
    assert not Path("new").exists()
    return capsys.readouterr().err


def test_bad_models(here: Path, capsys: Captured) -> None:
    (here / "empty.onnx").touch()
    (here / "text.onnx").write_text("no model")
    (here / "text.tflite").write_text("no model at all")
    model(here / "text_input.onnx", dense=False, kind=TensorProto.STRING)
    assert "none.onnx" in refused(capsys, "none.onnx")
    assert "empty.onnx" in refused(capsys, "empty.onnx")
    assert "text.onnx" in refused(capsys, "text.onnx")
    assert "text.tflite" in refused(capsys, "text.tflite")
    assert "unsupported model format" in refused(capsys, "model.pt")
    assert refused(capsys, "text_input.onnx").startswith(
        "text_input.onnx: input 'x/0' takes text (string), not numbers"
    )


def test_a_model_that_takes_no_single_sample(here: Path, capsys: Captured) -> None:
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [5])],
        [numpy_helper.from_array(np.array([5]), "shape")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "odd.onnx")
    assert refused(capsys, "odd.onnx").startswith("odd.onnx: the model cannot be run on random inputs: ")


def test_bad_samples(here: Path, capsys: Captured) -> None:
    model(here / "net.onnx")
    np.savez(here / "only.npz", x=np.zeros((3, 16)))
    np.savez(here / "uneven.npz", x=np.zeros((3, 16)), y=np.zeros(2))
    np.savez(here / "objects.npz", x=np.array([None]), y=np.zeros(1))
    (here / "text.npz").write_text("text")
    for name, said in {
        "none.npz": "there is no such file",
        "only.npz": "y is not a file in the archive",
        "uneven.npz": "x has shape (3, 16) and y (2,)",
        "objects.npz": "Object arrays cannot be loaded",
        "text.npz": "",
    }.items():
        shown = refused(capsys, "net.onnx", f"--data={name}")
        assert shown.startswith(f"{name}: the labelled samples cannot be used: ")
        assert said in shown
        assert "fix: write them with numpy.savez(FILE, x=inputs, y=labels)" in shown


@pytest.mark.parametrize(
    "stem, name",
    [
        ("kws", "kws"),
        ("Key Word-2", "key_word_2"),
        ("2d", "model_2d"),
        ("class", "model_class"),
        ("ü", "model"),
        ("fp16", "model_fp16"),
    ],
)
def test_identifier(stem: str, name: str) -> None:
    assert identifier(stem) == name
