"""A runtime of another package runs a model file in the worker: ONNX's own reference evaluator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from other_package import Other

RUNTIME = """
import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

RUNTIME = {"name": "onnx-reference", "format": "onnx", "distribution": "onnx"}


def describe():
    return {"name": "onnx-reference", "version": onnx.__version__}


def load(path, threads, options):
    return Loaded(onnx.load(path))


class Loaded:
    def __init__(self, model):
        self._run = ReferenceEvaluator(model)
        self.inputs = [self._tensor(value) for value in model.graph.input]
        self.outputs = [self._tensor(value) for value in model.graph.output]

    def _tensor(self, value):
        kind = value.type.tensor_type
        shape = [size.dim_value or None for size in kind.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type).name
        return {"name": value.name, "shape": shape, "dtype": dtype, "scale": None, "zero_point": 0}

    def bind(self, arrays):
        self._given = dict(zip([each["name"] for each in self.inputs], arrays))

    def call(self):
        self._found = self._run.run(None, self._given)

    def results(self):
        return [np.array(found) for found in self._found]
"""
TEST = """
def test_score(edge):
    assert edge.accuracy.value == 100
"""
PROFILE = '[profiles.reference]\ntarget = "host"\nruntime = "onnx-reference"\n'


def test_a_runtime_runs_the_model(other: Other) -> None:
    other.install("runtimes", "onnx-reference", RUNTIME)
    (other.project / "edgebench.toml").write_text(PROFILE, encoding="utf-8")
    (other.project / "test_net.py").write_text(TEST, encoding="utf-8")  # no check, so nothing is timed twice
    ended = other.pytest("--edgebench-json=run.json")
    assert "1 passed" in ended.stdout, ended.stdout
    record = json.loads((other.project / "run.json").read_text(encoding="utf-8"))
    assert record["profiles"]["reference"]["runtime"] == "onnx-reference"


def test_without_the_package_its_name_is_unknown(other: Other) -> None:
    (other.project / "edgebench.toml").write_text(PROFILE, encoding="utf-8")
    ended = other.pytest()
    assert ended.returncode == 4
    assert "unknown runtime 'onnx-reference'" in ended.stderr


def test_a_file_that_does_not_say_what_it_is(other: Other) -> None:
    other.install("runtimes", "onnx-reference", RUNTIME.replace("RUNTIME = {", "OTHER = {"))
    (other.project / "edgebench.toml").write_text(PROFILE, encoding="utf-8")
    ended = other.pytest()
    assert ended.returncode == 1
    assert "the file does not say which runtime it is" in ended.stdout
    assert 'fix: give it a line such as RUNTIME = {"name": "my-runtime", "format": "onnx"}' in ended.stdout
