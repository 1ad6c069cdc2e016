"""Model files are loaded and run in workers, never in the process that builds."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx_graphs as g
import pytest

from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.compressors.build import quantizer
from pytest_edgebench.compressors.build.engine import Engine
from pytest_edgebench.compressors.build.runs import private
from pytest_edgebench.compressors.engines.quantization import Quantization
from pytest_edgebench.samples.roles import Calls
from pytest_edgebench.workers.sandbox import Sandbox

HERE = Path(__file__).parent
SCRIPT = """
import sys
from pathlib import Path
import tiny_nets
import pytest_edgebench as eb
from ai_edge_litert import interpreter
from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.compressors.build.runs import Runs
from pytest_edgebench.targets.pool import WorkerPool
from pytest_edgebench.workers.sandbox import Sandbox

def refuse(self, *given, **named):
    raise AssertionError("a model file is loaded in the process that builds")

interpreter.Interpreter.__init__ = refuse
folder, form, sandbox = sys.argv[1:]
model = eb.Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score, name="mlp")
cache = Cache(Path(folder) / "cache")
for place in cache.folders:
    place.mkdir(parents=True)
pool = WorkerPool(Path(folder) / "workers", Sandbox(sandbox, cache.folders))
builder = Builder(cache, runs=Runs(pool))
for keep in (None, eb.sensitive(points=100)):
    builder.build(eb.quantize(model, "static-int8", calibration=16, keep=keep), form)
print("onnxruntime" in sys.modules, len(pool._clients), len(pool._without))
"""


@pytest.mark.parametrize("form", ["onnx", "tflite"])
@pytest.mark.parametrize("sandbox", ["require", "off"])
def test_the_process_that_builds_loads_no_model_file(tmp_path: Path, form: str, sandbox: str) -> None:
    """Nor does ONNX Runtime's telemetry write into the home folder, which it does when it is imported."""
    if sandbox == "require" and len(Sandbox("require").holds()) < 3:
        pytest.skip("this kernel has no sandbox")
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
    for name in ("XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY"):
        environment.pop(name, None)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), form, sandbox]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "False 2 0\n", done.stderr[-3000:]
    assert [path.name for path in home.rglob("*") if "icrosoft" in path.name or "onnx" in path.name] == []


def test_samples_reach_the_engine_as_they_are() -> None:
    uneven = np.empty(2, object)
    uneven[:] = [np.zeros((2, 3)), np.ones((4, 3))]
    given: dict[str, Any] = {
        "x": np.arange(6.0).reshape(2, 3),
        "uneven": uneven,
        "rate": Calls(np.array([16000]), 2, None),
        "late": Calls(np.arange(8).reshape(2, 4), 2, 1),
    }
    told, arrays = quantizer.packed(given)
    found = quantizer.unpacked(json.loads(json.dumps(told)), arrays)
    assert [*found] == [*given]
    assert found["x"].tolist() == given["x"].tolist()
    assert [each.tolist() for each in found["uneven"]] == [each.tolist() for each in uneven]
    for name in ("rate", "late"):
        assert (found[name].count, found[name].axis) == (2, given[name].axis)
        assert found[name].array.tolist() == given[name].array.tolist()


class Answers:
    """A pool whose workers answer one thing."""

    def __init__(self, answer: dict[str, Any], arrays: dict[str, Any] | None = None) -> None:
        self.answer = answer, arrays or {}

    def get(self, spec: Any) -> Any:
        return self

    def own(self, *given: Any) -> Any:
        return self.answer


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/b"])
def test_an_engine_that_was_taken_over_names_no_other_folder(tmp_path: Path, name: str) -> None:
    pool: Any = Answers({"notes": [], "files": [name]}, {"0": np.zeros(4, np.uint8)})
    with pytest.raises(BuildError, match="answered with a file"):
        Engine("onnxruntime", pool, "Step()").prepared(tmp_path / "m.onnx", tmp_path / "below" / "t.onnx")
    assert [*tmp_path.rglob("*")] == []


def test_what_an_engine_lacks_is_an_import_error(tmp_path: Path) -> None:
    pool: Any = Answers({"raised": "ModuleNotFoundError", "what": "No module named 'x'", "name": "x"})
    with pytest.raises(ModuleNotFoundError) as caught:
        Engine("onnxruntime", pool, "Step()").layers(tmp_path / "m.onnx", ASKED)
    assert caught.value.name == "x"
    pool = Answers({"raised": "ImportError", "what": "cannot import name y", "name": "x"})
    with pytest.raises(ImportError, match="cannot import name y"):
        Engine("onnxruntime", pool, "Step()").layers(tmp_path / "m.onnx", ASKED)


def test_a_library_that_raises_or_dies_is_told_of_its_step(tmp_path: Path) -> None:
    runs = private([tmp_path])
    broken = tmp_path / "m.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(BuildError, match=r"Step\(\) raised \w*Error: ") as caught:
        runs.engine("onnxruntime", "Step()").layers(broken, ASKED)
    assert "another scheme may" in caught.value.fix
    with pytest.raises(BuildError, match="matches no operator"):
        runs.engine("onnxruntime", "Step()").layers(
            _file(tmp_path), dataclasses.replace(ASKED, exclude=("no*",))
        )


ASKED = Quantization("Step()", "static-int8", True, False, "minmax", None, "int8", 32, (), 99.99)


def _file(folder: Path) -> Path:
    return g.write(
        folder / "net.onnx", g.products(), [g.info("x", ["n", 64])], [g.info("y", ["n", 8])],
        [g.weight("W", 64, 128), g.weight("V", 128, 8)],
    )  # fmt: skip
