"""Bad input in a user's project: each a sentence with its place, an error of its own case, and no pass."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from onnx import helper
from plugin_project import DESCRIBED, Project, Ran, write_net

if TYPE_CHECKING:
    from pathlib import Path

START = """
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest_edgebench as eb

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 16)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")
NAN = X.copy()
NAN[3, 2] = np.nan
STREAM = (number for number in range(3))


def raises(outputs, labels):
    raise KeyError("no such class")


class Pictures:
    def __len__(self):
        return 40

    def __getitem__(self, number):
        if number == 2:
            raise KeyError("img")
        return X[number], Y[number]


def unreadable():
    raise OSError("the share is offline")


def streamed():
    return next(STREAM)


def silent(source):
    return eb.quantize(source, "dynamic-int8") and None


@dataclass(frozen=True)
class Idle(eb.Step):
    stages: ClassVar = {"onnx": "file"}

    def file(self, source, target, context):
        pass


@dataclass(frozen=True)
class Clumsy(eb.Step):
    stages: ClassVar = {"onnx": "file"}

    def file(self, source, target, context):
        return {}["scale"]


@eb.model
def sound():
    return eb.Model("net.onnx", data=(X, Y), score=eb.top1)


@eb.recipe
def int8(sound):
    return eb.quantize(sound, "dynamic-int8")
"""
MODEL = """

@eb.model
def {name}():
    return eb.Model({source}, data={data}, score={score}{more})
"""
RECIPE = """

@eb.recipe
def r_{name}({name}):
    return {made}
"""
TEST = """
import pytest_edgebench as eb

@eb.cases(recipes=["original", "int8", "r_*"])
@eb.budget(size="1 MB")
def test_budget(edge):
    edge.check()
"""
# name → (arguments of the model, the recipe or "", what is told)
# fmt: off
CASES: dict[str, tuple[dict[str, str], str, str]] = {
    "labels_short": ({"data": "(X, Y[:-1])"}, "", "39 labels for 40 inputs"),
    "labels_number": ({"data": "(X, 3)"}, "", "the labels are one int, not one for each sample"),
    "labels_objects": ({"data": "(X, np.array([{}] * 40))"}, "", "labels are texts or other values"),
    "inputs_nan": ({"data": "(NAN, Y)"}, "", "inputs contains NaN or infinite values"),
    "inputs_none": ({"data": "(X[:0], Y[:0])"}, "", "inputs holds no samples"),
    "inputs_ragged": (
        {"data": "(np.array([{}, {}], dtype=object), Y[:2])"}, "",
        "inputs is an array of Python objects",
    ),
    "inputs_differ": (
        {"data": "({'x': X, 'z': X[:9]}, Y)"}, "", "inputs hold different numbers of samples (x: 40, z: 9)",
    ),
    "inputs_many": (
        {"data": "({'x': X, 'z': X}, Y)"}, "",
        "the file wants 1 input(s) (x), the data has 2 (x, z)",
    ),
    "shape": ({"data": "(X[:, :7], Y)"}, "", "input 'x' wants shape [any, 16] in a call, was given [1, 7]"),
    "axes": ({"data": "(X[:, :, None], Y)"}, "", "input 'x' wants shape"),
    "dtype": ({"data": "(X.astype('int32'), Y)"}, "", "input 'x' wants float32, was given int32"),
    "text": ({"data": "(X.astype(str), Y)"}, "", "input 'x' wants float32, was given"),
    "not_a_pair": ({"data": "X.tolist()"}, "", "data is a list, not a pair (inputs, labels)"),
    "critical_float": ({"data": "(X, Y, np.ones(40))"}, "", "critical samples are of shape (40,) and"),
    "critical_mask": ({"data": "(X, Y, Y[:-1] > 0)"}, "", "critical samples are of shape (39,) and dtype"),
    "critical_outside": ({"data": "(X, Y, [3, 40])"}, "", "critical samples are not all there: 40 is none"),
    "critical_none": ({"data": "(X, Y, [False] * 40)"}, "", "the critical samples are none at all"),
    "data_raises": (
        {"data": "unreadable"}, "",
        "data function unreadable() raised OSError: the share is offline at",
    ),
    "no_npz": ({"data": "'lost.npz'"}, "", "lost.npz does not exist"),
    "bad_npz": ({"data": "'net.onnx'"}, "", "net.onnx cannot be read as data"),
    "cut_npz": ({"data": "'cut.npz'"}, "", "cut.npz cannot be read as data: File is not a zip file"),
    "bad_member": ({"data": "'member.npz'"}, "", "member.npz: x cannot be read as data: its header says"),
    "no_labels": ({"data": "'other.npz'"}, "", "other.npz cannot be read as data: it holds no array 'y'"),
    "npy_alone": ({"data": "'x.npy'"}, "", "x.npy holds one array, which cannot be inputs and labels"),
    "cut_npy": ({"data": "('cut.npy', Y)"}, "", "cut.npy cannot be read as data: its header says"),
    "labels_npy": ({"data": "(X, 'cut.npy')"}, "", "cut.npy cannot be read as data: its header says"),
    "set_raises": ({"data": "Pictures()"}, "", "the data set raised KeyError for sample 2: 'img' at"),
    "outputs_nan": ({"source": "'huge.onnx'"}, "", "the model answered NaN or infinity for 40 of 40 samples"),
    "score_raises": ({"score": "raises"}, "", "score 'raises' raised KeyError: 'no such class'"),
    "score_nan": (
        {"score": "eb.Score(lambda o, y: float('nan'), name='odd')"}, "",
        "score 'odd' returned nan",
    ),
    "score_none": ({"score": "eb.Score(lambda o, y: None, name='odd')"}, "", "score 'odd' returned None"),
    "score_labels": ({"score": "eb.top1", "data": "(X, X)"}, "", "labels"),
    "calibration_none": (
        {"more": ", calibration=X[:0]"}, "eb.quantize({name}, 'static-int8')", "calibration holds no samples",
    ),
    "calibration_nan": (
        {"more": ", calibration=NAN"}, "eb.quantize({name}, 'static-int8')", "calibration contains NaN",
    ),
    "calibration_shape": (
        {"more": ", calibration=X[:, :5]"}, "eb.quantize({name}, 'static-int8')",
        "raised InvalidArgument",
    ),
    "calibration_zero": (
        {}, "eb.quantize({name}, 'static-int8', calibration=0)",
        "calibration= is a number of samples, at least 1",
    ),
    "no_identity": ({"source": "streamed"}, "", "key="),
    "returns_nothing": ({}, "silent({name})", "recipe 'r_returns_nothing' returned nothing, not a recipe"),
    "wrote_nothing": ({}, "eb.chain({name}, Idle())", "Idle() wrote no file"),
    "step_raises": ({}, "eb.chain({name}, Clumsy())", "Clumsy() raised KeyError: 'scale'"),
    "unknown_scheme": ({}, "eb.quantize({name}, 'int8-static')", "unknown quantization scheme 'int8-static'"),
    "file_foreign": ({"source": "'foreign.onnx'"}, "", "Load model from foreign.onnx failed"),
    "file_lost": ({"source": "'lost.onnx'"}, "", "lost.onnx: model file not found"),
    "file_empty": ({"source": "'empty.onnx'"}, "", "empty.onnx: the model file is empty"),
    "file_cut": ({"source": "'cut.onnx'"}, "", "cut.onnx: the file is not a whole ONNX model"),
    "file_text": (
        {"source": "'text.tflite'"}, "",
        "text.tflite: the file is called .tflite but holds something",
    ),
    "file_other": ({"source": "'other.tflite'"}, "", "other.tflite: the file is called .tflite but holds"),
    "file_suffix": ({"source": "'net.pt'"}, "", "net.pt"),
    "file_weights": (
        {"source": "'alone/net.onnx'"}, "",
        "the model keeps weights in 'weights.bin', which is missing or too short",
    ),
    "prebuilt_lost": ({}, "eb.prebuilt({name}, 'lost.onnx')", "lost.onnx: model file not found"),
}
# fmt: on


def write_files(folder: Path) -> None:
    whole = write_net(folder / "net.onnx").read_bytes()
    write_net(folder / "huge.onnx", scale=1e37)
    write_data(folder)
    (folder / "foreign.onnx").write_bytes(foreign())
    (folder / "empty.onnx").touch()
    (folder / "cut.onnx").write_bytes(whole[: len(whole) // 2])
    (folder / "text.tflite").write_text("<html>404</html>\n", encoding="utf-8")
    (folder / "other.tflite").write_bytes(whole)
    (folder / "net.pt").write_bytes(whole)
    (folder / "alone").mkdir()
    write_net(folder / "alone" / "net.onnx", external=True)
    (folder / "alone" / "weights.bin").unlink()


def foreign() -> bytes:
    """A whole file with an operator that no runtime knows."""
    x, y = (helper.make_tensor_value_info(name, 1, ["n", 16]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Nope", ["x"], ["y"], domain="acme")], "g", [x], [y])
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("acme", 1)]
    return bytes(helper.make_model(graph, opset_imports=imports, ir_version=8).SerializeToString())


def write_data(folder: Path) -> None:
    """Data files that are damaged, or of another form."""
    np.savez(folder / "other.npz", x=np.zeros((40, 4), "float32"), labels=np.zeros(40))
    np.save(folder / "x.npy", np.zeros((40, 4), "float32"))
    one = (folder / "x.npy").read_bytes()
    (folder / "cut.npy").write_bytes(one[:-9])
    (folder / "cut.npz").write_bytes((folder / "other.npz").read_bytes()[:-9])
    with zipfile.ZipFile(folder / "member.npz", "w") as archive:
        archive.writestr("x.npy", one[:-9])
        archive.writestr("y.npy", one)


def declared(name: str) -> str:
    arguments, made, _ = CASES[name]
    usual = {"source": "'net.onnx'", "data": "(X, Y)", "score": "eb.top1", "more": "", "name": name}
    text = MODEL.format(**{**usual, **arguments})
    return text + RECIPE.format(name=name, made=made.format(name=name)) if made else text


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All of them together with a sound model, so that each must fail alone."""
    project = Project(tmp_path_factory.mktemp("bad") / "project", plain=True)
    write_files(project.folder)
    project.write(
        {
            "conftest.py": START + "".join(declared(name) for name in CASES),
            "test_bad.py": TEST,
            "edgebench.toml": DESCRIBED.replace("\n", '\nruntime = "onnxruntime"\n', 1)
            + '[profiles.lite]\nextends = "cortex-a72"\nruntime = "litert"\n',
        }
    )
    return project


@pytest.fixture(scope="module")
def ran(project: Project) -> Ran:
    return project.run("-rA").calm()


@pytest.mark.parametrize("name", CASES)
def test_a_sentence_and_no_pass(name: str, ran: Ran, project: Project) -> None:
    told = CASES[name][2]
    recipe = f"r_{name}" if CASES[name][1] else "original"
    profile = "lite" if "tflite" in CASES[name][0].get("source", "") else "board"
    key = f"{name}-{recipe}-{profile}"
    (case,) = [case for case in project.record()["cases"] if case["key"] == key]
    (check,) = case["checks"]
    assert check["verdict"] == "ERROR"
    assert told in check["reason"]
    assert told in ran.text
    # Where: the line of the user's declaration, or the file that is wrong.
    assert re.search(r"(conftest|test_bad)\.py:\d+|\.(onnx|tflite|npz|pt)\b", check["reason"])
    assert ".pytest_cache" not in check["reason"]
    # And what to write.
    assert ";" in check["reason"]
    assert f"PASSED test_bad.py::test_budget[{name}-{recipe}-" not in ran.text


def test_the_sound_ones_are_judged(ran: Ran, project: Project) -> None:
    verdicts = project.verdicts()
    assert verdicts["sound-original-board"] == verdicts["sound-int8-board"] == {"PASS"}
    assert ran.status == 1
