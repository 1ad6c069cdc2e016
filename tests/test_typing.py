"""What mypy --strict says of users' files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import typecheck

if TYPE_CHECKING:
    from pathlib import Path

ACCEPTED = {
    "conftest": """
import numpy as np
import pytest_edgebench as eb
from torch import nn

def train() -> nn.Module:
    return nn.Linear(4, 2)

@eb.model
def kws() -> eb.Model:
    return eb.Model(train, data=(np.zeros((2, 4)), np.zeros(2)), score=eb.top1)

@eb.model(name="mine")
def from_file() -> eb.Model:
    return eb.Model("models/kws.onnx", data="kws.npz", score=eb.auc, calibration=lambda: np.zeros((2, 4)))

@eb.recipe
def int8(kws: eb.Model) -> eb.Recipe:
    return eb.quantize(kws, "static-int8", calibration=256)

@eb.recipe(sweep={"ratio": [0.3, 0.5]}, profiles=["rpi4", "x86-avx2"])
def pruned_int8(kws: eb.Model, ratio: float) -> eb.Recipe:
    return eb.quantize(eb.prune(kws, ratio), "static-int8")

@eb.recipe(models=["*"])
def fp16(model: eb.Model) -> eb.Recipe:
    return eb.chain(model, eb.Quantize("fp16"))

@eb.recipe
def trained_int8(kws: eb.Model) -> eb.Recipe:
    return eb.qat(kws, eb.Fit(epochs=2))

@eb.recipe
def mixed(kws: eb.Model) -> eb.Recipe:
    return eb.quantize(kws, "static-int8", calibration=eb.draws(8, 256), keep=eb.sensitive(points=1))

@eb.recipe
def binary(kws: eb.Model) -> eb.Recipe:
    return eb.binarize(kws, exclude="conv1")

@eb.recipe
def vendor_int8(kws: eb.Model) -> eb.Recipe:
    return eb.prebuilt(kws, "models/kws_int8.tflite")
""",
    "test_kws": """
import pytest_edgebench as eb

pytestmark = eb.budget(accuracy="90 %")

@eb.budget(accuracy=["90 %", "model - 1 points"], metrics={"loudness": "3"})
@eb.budget("rpi4", recipes="*int8*", size="64 kB", latency=("4 ms", "p95 10 ms"), level="warn")
@eb.cases(recipes="int8*", profiles=["rpi4"])
def test_budget(edge: eb.Edge) -> None:
    edge.check()
    assert edge.ops.float == 0
    assert edge.accuracy.value > 90
    assert edge.latency.p95.value < 0.01
""",
}
# Line by line: what mypy must find wrong there, by its error code.
REJECTED = {
    "returns_int": """
import pytest_edgebench as eb

@eb.recipe  # type-var
def int8(kws: eb.Model) -> int:
    return 8
""",
    "returns_nothing": """
import pytest_edgebench as eb

@eb.recipe  # type-var
def int8(kws: eb.Model) -> None:
    eb.quantize(kws, "static-int8")
""",
    "returns_int_of_many": """
import pytest_edgebench as eb

@eb.recipe(models="*")  # type-var
def int8(model: eb.Model) -> int:
    return 8
""",
    "model_returns_recipe": """
import pytest_edgebench as eb

@eb.model  # type-var
def small(kws: eb.Model) -> eb.Recipe:
    return eb.quantize(kws, "fp16")
""",
    "unknown_metric": """
import pytest_edgebench as eb

@eb.budget(lateness="4 ms")  # call-arg
def test_budget(edge: eb.Edge) -> None:
    edge.check()
""",
    "limit_is_number": """
import pytest_edgebench as eb

@eb.budget(latency=4)  # arg-type
def test_budget(edge: eb.Edge) -> None:
    edge.check()
""",
    "limit_is_numbers": """
import pytest_edgebench as eb

@eb.budget(size=[64, "64 kB"])  # list-item
def test_budget(edge: eb.Edge) -> None:
    edge.check()
""",
    "unknown_level": """
import pytest_edgebench as eb

@eb.budget(size="64 kB", level="fatal")  # arg-type
def test_budget(edge: eb.Edge) -> None:
    edge.check()
""",
    "unknown_scheme": """
import pytest_edgebench as eb

@eb.recipe
def int8(kws: eb.Model) -> eb.Recipe:
    return eb.quantize(kws, "int8-static")  # arg-type
""",
    "profile_in_cases_is_positional": """
import pytest_edgebench as eb

@eb.cases("rpi4")  # arg-type
def test_budget(edge: eb.Edge) -> None:
    edge.check()
""",
}


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, int, str]]:
    """(file, line, error code) of all complaints; one run serves all files, as it takes seconds."""
    pytest.importorskip("torch")
    folder: Path = tmp_path_factory.mktemp("types")
    typecheck.link(folder)
    files = []
    for name, text in (ACCEPTED | REJECTED).items():
        files.append(folder / f"{name}.py")
        files[-1].write_text(text, encoding="utf-8")
    result = typecheck.mypy([str(path) for path in files], folder)
    assert "Found" in result.stdout, result.stdout + result.stderr
    found = re.findall(r"^(\w+)\.py:(\d+): error: .*\[([\w-]+)\]$", result.stdout, re.MULTILINE)
    return {(name, int(line), code) for name, line, code in found}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_users_file_is_accepted(answer: set[tuple[str, int, str]], name: str) -> None:
    assert [complaint for complaint in answer if complaint[0] == name] == []


@pytest.mark.parametrize("name", REJECTED)
def test_a_wrong_file_is_rejected(answer: set[tuple[str, int, str]], name: str) -> None:
    lines = enumerate(REJECTED[name].splitlines(), start=1)
    wrong = {(name, n, line.partition("  # ")[2]) for n, line in lines if "  # " in line}
    assert wrong
    assert wrong <= answer
    assert {line for file, line, _ in answer if file == name} == {line for _, line, _ in wrong}


def test_the_whole_package_is_linked(tmp_path: Path) -> None:
    package = typecheck.link(tmp_path) / "pytest_edgebench"
    for file in ("__init__.py", "compressors/chain.py", "suites/digits/nets.py", "reports/__init__.py"):
        assert (package / file).is_file()
    typecheck.link(tmp_path)  # again, over what is there
    assert (typecheck.ROOT / "compressors" / "chain.py").is_file()
