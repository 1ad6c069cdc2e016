"""``edgebench init MODEL``: how a file is fed that is not simply a batch of vectors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pytest_edgebench.__main__ import main
from pytest_edgebench.commands.init_layouts import plans

Captured = pytest.CaptureFixture[str]
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
info = helper.make_tensor_value_info
node = helper.make_node


def array(name: str, value: Any) -> Any:
    return numpy_helper.from_array(np.asarray(value), name)


def save(path: str, nodes: list[Any], inputs: list[Any], outputs: list[Any], arrays: Any = ()) -> str:
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(arrays))
    opset = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), path)
    return path


def mean(name: str, shape: list[int | str], axes: list[int], kind: int = FLOAT) -> str:
    """A file that takes the mean over some axes."""
    nodes = [node("Cast", ["x"], ["f"], to=FLOAT), node("ReduceMean", ["f", "axes"], ["y"], keepdims=0)]
    left = [n for axis, n in enumerate(shape) if axis not in axes]
    return save(name, nodes, [info("x", kind, shape)], [info("y", FLOAT, left)], [array("axes", axes)])


def recurrent(name: str, *, length: str | int = "t") -> str:
    """tanh of the mean of x (n, t), at a rate, and a state (1, n, 1); NaN but for 400 to 600 samples."""
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("Gather", ["s", "one"], ["count"]),
        node("Sub", ["count", "least"], ["more"]),
        node("Sub", ["most", "count"], ["less"]),
        node("Min", ["more", "less"], ["fits"]),
        node("Cast", ["fits"], ["fits_f"], to=FLOAT),
        node("Sqrt", ["fits_f"], ["root"]),  # of a negative number: NaN
        node("Mul", ["root", "nil"], ["nothing"]),
        node("ReduceMean", ["x", "axis"], ["m"]),
        node("Cast", ["sr"], ["rate"], to=FLOAT),
        node("Div", ["m", "rate"], ["a"]),
        node("Squeeze", ["state", "zero"], ["before"]),
        node("Add", ["a", "before"], ["b"]),
        node("Add", ["b", "nothing"], ["c"]),
        node("Tanh", ["c"], ["y"]),
        node("Unsqueeze", ["y", "zero"], ["stateN"]),
    ]
    arrays = [array("one", 1), array("least", 400), array("most", 600), array("nil", np.float32(0))]
    arrays += [array("axis", [1]), array("zero", [0])]
    inputs = [info("x", FLOAT, ["n", length]), info("state", FLOAT, [1, "n", 1]), info("sr", INT64, [])]
    outputs = [info("y", FLOAT, ["n", 1]), info("stateN", FLOAT, [1, "n", 1])]
    return save(name, nodes, inputs, outputs, arrays)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def passes(folder: Path) -> None:
    """pytest passes in the folder that init made; nothing is timed, which takes long."""
    settings = folder / "edgebench.toml"
    settings.write_text(settings.read_text().replace('target = "host"\n', ""))
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "-q"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def made(capsys: Captured, file: str, *more: str) -> str:
    assert main(["init", file, "--folder=new", *more]) == 0, capsys.readouterr().err
    passes(Path("new"))
    return Path("new/conftest.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "shape, kind, axes, taken, layout",
    [
        (["n", 3, "h", "w"], FLOAT, [2, 3], "(3, 224, 224)", "a picture (NCHW)"),
        (["n", "h", "w", 3], FLOAT, [1, 2], "(224, 224, 3)", "a picture (NHWC)"),
        (["n", 3, "h", "w"], TensorProto.UINT8, [2, 3], "(3, 224, 224)", "a picture (NCHW)"),
        (["n", "t"], FLOAT, [1], "(16000)", "audio samples"),
        (["n", 1, "t"], FLOAT, [2], "(1, 16000)", "audio samples"),
        (["n", "t", 80], FLOAT, [1], "(100, 80)", "frames of features"),
        (["n", 80, "t"], FLOAT, [2], "(80, 100)", "frames of features"),
        (["n", "t"], INT64, [1], "(128)", "tokens"),
    ],
    ids=str,
)
def test_lengths_of_known_layouts(
    here: Path, capsys: Captured, shape: Any, kind: int, axes: Any, taken: str, layout: str
) -> None:
    text = made(capsys, mean("m.onnx", shape, axes, kind))
    assert f"Samples are taken as {taken}: {layout}." in text
    length = taken.strip("()").replace(" ", "")
    assert f"edgebench init ../m.onnx --length x={length}" in text
    assert f"chose input x: {taken.strip('()').replace(', ', ' x ')}" in capsys.readouterr().out


def test_lengths_that_are_given(here: Path, capsys: Captured) -> None:
    made(capsys, mean("m.onnx", ["n", 3, "h", "w"], [2, 3]), "--length", "x=3,8,6")
    assert np.load("new/m-samples.npz")["x"].shape[1:] == (3, 8, 6)
    assert main(["init", "m.onnx", "--folder=other", "--length", "z=3"]) == 2
    assert "--length z=3 names no input and its lengths" in capsys.readouterr().err


def test_state_constant_and_a_length_found_by_trying(here: Path, capsys: Captured) -> None:
    text = made(capsys, recurrent("vad.onnx"))
    assert '"state": eb.State("stateN", axis=1, reset="sample")' in text
    assert '"sr": eb.Constant(16000)' in text
    assert "Samples are taken as (512): audio samples." in text  # 16,000 gives NaN
    assert "score=eb.mae" in text  # the state is no output of the two that is looked at
    assert "nan" not in Path("new/test_vad.py").read_text(encoding="utf-8")


def test_the_file_is_loaded_in_a_worker_alone(
    here: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    mean("m.onnx", ["n", 6], [1])
    monkeypatch.setattr(onnxruntime, "InferenceSession", None)
    assert main(["init", "m.onnx", "--folder=new"]) == 0


def test_a_fixed_batch_is_in_the_settings(here: Path, capsys: Captured) -> None:
    made(capsys, mean("m.onnx", [4, 6, 5], [2]))
    assert "batch = 4" in Path("new/edgebench.toml").read_text(encoding="utf-8")
    assert len(np.load("new/m-samples.npz")["x"]) % 4 == 0


def test_a_file_without_an_axis_for_samples(here: Path, capsys: Captured) -> None:
    nodes = [node("Unsqueeze", ["x", "zero"], ["r"]), node("MatMul", ["r", "w"], ["y"])]
    weights = np.random.default_rng(0).normal(size=(600, 5)).astype("float32")
    arrays = [array("zero", [0]), array("w", weights)]
    save("wave.onnx", nodes, [info("x", FLOAT, [600])], [info("y", FLOAT, [1, 5])], arrays)
    made(capsys, "wave.onnx")
    samples = np.load("new/wave-samples.npz")
    wanted = (samples["x"] @ weights).argmax(axis=1)
    assert (samples["y"] == wanted).all()


def test_text_beside_numbers(here: Path, capsys: Captured) -> None:
    nodes = [
        node("ArgMax", ["x"], ["c"], axis=1, keepdims=0),
        node(
            "LabelEncoder", ["c"], ["label"], domain="ai.onnx.ml",
            keys_int64s=[0, 1], values_strings=["a", "b"],
        ),
        node("Identity", ["x"], ["y"]),
    ]  # fmt: skip
    outputs = [info("label", TensorProto.STRING, ["n"]), info("y", FLOAT, ["n", 2])]
    save("m.onnx", nodes, [info("x", FLOAT, ["n", 2])], outputs)
    assert "outputs[1]" in made(capsys, "m.onnx")


def test_labelled_samples_of_several_inputs(here: Path, capsys: Captured) -> None:
    recurrent("vad.onnx", length=512)
    x = np.random.default_rng(0).normal(size=(12, 512)).astype("float32")
    np.savez("mine.npz", x=x, y=np.zeros(12, "float32"))
    assert 'np.load(HERE / "../mine.npz")' in made(capsys, "vad.onnx", "--data=mine.npz")
    nodes = [node("Add", ["a", "b"], ["y"])]
    save("two.onnx", nodes, [info(n, FLOAT, ["n", 2]) for n in "ab"], [info("y", FLOAT, ["n", 2])])
    assert main(["init", "two.onnx", "--data=mine.npz", "--folder=two"]) == 2
    assert "the model has 2 inputs of samples (a, b)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "write, said",
    [
        (
            lambda: save(
                "m.onnx", [node("Constant", [], ["y"], value_floats=[1.0])], [], [info("y", FLOAT, [1])]
            ),
            "the model has no inputs, so its answers are always the same",
        ),
        (lambda: mean("m.onnx", ["n", 4], [1], TensorProto.INT4), "input 'x' takes int4 numbers"),
        (
            lambda: save(
                "m.onnx",
                [node("SequenceAt", ["x", "i"], ["y"])],
                [helper.make_tensor_sequence_value_info("x", FLOAT, ["n", 4])],
                [info("y", FLOAT, ["n", 4])],
                [array("i", 0)],
            ),
            "input 'x' takes a sequence (seq(tensor(float))), not one array",
        ),
        (
            lambda: save(
                "m.onnx",
                [node("SplitToSequence", ["x"], ["y"], axis=1)],
                [info("x", FLOAT, ["n", 4])],
                [helper.make_tensor_sequence_value_info("y", FLOAT, None)],
            ),
            "output 'y' gives a sequence (seq(tensor(float))), not one array",
        ),
        (
            lambda: save(
                "m.onnx",
                [node("Cast", ["x"], ["y"], to=TensorProto.STRING)],
                [info("x", FLOAT, ["n", 4])],
                [info("y", TensorProto.STRING, ["n", 4])],
            ),
            "the model answers with text alone (y)",
        ),
        (
            lambda: save(
                "m.onnx",
                [node("Sub", ["x", "x"], ["z"]), node("Div", ["z", "z"], ["y"])],
                [info("x", FLOAT, ["n", 4])],
                [info("y", FLOAT, ["n", 4])],
            ),
            "the model answers NaN or infinity to random inputs",
        ),
        (
            lambda: save(
                "m.onnx",
                [node("MatMul", ["x", "w"], ["y"])],
                [info("x", FLOAT, None)],
                [info("y", FLOAT, None)],
                [array("w", np.ones((8, 4), "float32"))],
            ),
            "the file does not say how many axes input 'x' has",
        ),
    ],
)  # fmt: skip
def test_one_sentence(here: Path, capsys: Captured, write: Any, said: str) -> None:
    assert main(["init", write(), "--folder=new"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"m.onnx: {said}")
    assert len(told.splitlines()) == 2
    assert "fix: " in told
    assert not Path("new").exists()


def tensor(name: str, *shape: int | None, dtype: str = "float32") -> Any:
    return {"name": name, "shape": list(shape), "dtype": dtype, "scale": None, "zero_point": 0}


@pytest.mark.parametrize(
    "before, after, axis",
    [
        (("state", 2, None, 128), ("stateN", None, None, None), 1),
        (("h", 1, 1, 128), ("hn", 1, 1, 128), 1),
        (("cache_in", 1, 64), ("cache_out", 1, 64), 0),
        (("prev_hidden", None, 64), ("next_hidden", None, 64), 0),
        (("image", 1, 3, 8, 8), ("image_out", 1, 3, 8, 8), None),
        (("past_key", None, None, 64), ("present_key", None, None, 64), None),  # it grows
        (("mask", None, 4), ("y", None, 4), None),
    ],
)
def test_what_is_taken_for_state(before: Any, after: Any, axis: int | None) -> None:
    plan = plans([tensor("x", None, 16), tensor(*before)], [tensor("y", None, 4), tensor(*after)], {})[0]
    role = plan.roles[1]
    assert (role.kind == "state") == (axis is not None)
    if axis is not None:
        assert (role.output, role.axis) == (after[0], axis)


def test_the_only_input_is_no_state() -> None:
    plan = plans([tensor("x", None, 4)], [tensor("x_out", None, 4)], {})[0]
    assert plan.roles[0].kind == "sample"


def test_inputs_of_one_length() -> None:
    """Tokens and their mask, where lengths of their own did not run."""
    tokens = tensor("x", None, None, dtype="int64")
    found = plans([tokens, tensor("mask", None, None)], [tensor("y", None, 4)], {})
    assert [[role.shape for role in plan.roles] for plan in found[1:4]] == [
        [(n,), (n,)] for n in (128, 8, 16)
    ]
    assert found[1].roles[0].layout == "one length for all inputs"


def test_what_has_another_first_axis_is_the_same_for_all_samples() -> None:
    """Such as a kernel that a convolution is given."""
    plan = plans([tensor("x", 1, 4, 8, 8), tensor("k", 6, 4, 3, 3)], [tensor("y", 1, 6, 6, 6)], {})[0]
    assert [role.kind for role in plan.roles] == ["sample", "constant"]
    assert plan.roles[1].shape == (6, 4, 3, 3)
