"""A microcontroller's profile in whole sessions: evidence, arena, twins, memory that is too small, a liar."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from plugin_project import Project, Ran

from pytest_edgebench.record.metrics_table import METRICS

if TYPE_CHECKING:
    from types import ModuleType

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

X = np.random.default_rng(0).normal(0, 3, (40, 3)).astype("float32")
Y = (X + [1, 2, 3]).argmax(1)


@eb.model
def net():
    return eb.Model("net.tflite", data=(X, Y, [0, 3]), score=eb.top1)


@eb.model
def bare():
    return eb.Model("net.tflite", data=(X, Y), score=eb.top1)


@eb.model
def values():
    return eb.Model("net.tflite", data=(X, X), score=eb.mae)
"""
TEST = """
import pytest_edgebench as eb


@eb.cases(models="net", profiles="m4")
@eb.budget(accuracy="99 %", agreement="100 %", flips="0", arena="64 kB", evidence="emulated")
def test_kept(edge):
    edge.check()
    assert edge.arena.evidence == edge.accuracy.evidence == "emulated"
    assert edge.twin.agree == edge.twin.n == 40


@eb.cases(models="net", profiles="m4")
@eb.budget(agreement="99 %", evidence="device", level="warn")
def test_device(edge):
    edge.check()


@eb.cases(models="net", profiles="m4")
@eb.budget(instructions="6 M")
def test_counted(edge):
    edge.check()


@eb.cases(models="net", profiles="m4")
@eb.budget(arena="10 B")
def test_arena(edge):
    edge.check()


@eb.cases(models="net", profiles="tiny")
@eb.budget(arena="20 B", accuracy="90 %")
def test_unfit_budget(edge):
    edge.check()


@eb.cases(models="net", profiles="tiny")
@eb.budget(accuracy="90 %")
def test_unfit(edge):
    edge.check()


@eb.cases(models="net", profiles="liar")
def test_liar(edge):
    edge.check()


@eb.cases(models="net", profiles="bender")
def test_bender(edge):
    edge.check()


@eb.cases(models="bare", profiles="m4")
@eb.budget(flips="0")
def test_bare(edge):
    edge.check()


@eb.cases(models="values", profiles="m4")
@eb.budget(agreement="99 %")
def test_values(edge):
    edge.check()


@eb.cases(models="net", profiles="here")
@eb.budget(agreement="99 %", arena="1 kB")
def test_host(edge):
    edge.check()
"""
PROFILES = """
[profiles.m4]
extends = "cortex-m4"
[profiles.tiny]
extends = "cortex-m4"
ram = "30 B"
[profiles.here]
runtime = "litert"
[profiles.liar]
runtime = "litert"
python = "./liar"
[profiles.bender]
runtime = "litert"
python = "./bender"
"""
LIAR = """
import importlib.util
import os
import sys
from pathlib import Path

import numpy as np

real = next(path for path in __import__("ai_edge_litert").__path__ if Path(path) != Path(__file__).parent)
spec = importlib.util.spec_from_file_location("ai_edge_litert.real", Path(real) / "interpreter.py")
module = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = module
spec.loader.exec_module(module)
OpResolverType = module.OpResolverType


class Lying:
    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        return getattr(self._real, name)

    def GetTensor(self, *arguments):
        found = self._real.GetTensor(*arguments)
        return found[:, [0, 1, 2, 2]] if os.environ["LIE"] == "shape" else -5 * found


class Interpreter(module.Interpreter):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._interpreter = Lying(self._interpreter)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """With an environment whose LiteRT answers garbage without an error."""
    project = Project(tmp_path_factory.mktemp("micro") / "project", plain=True)
    package = project.folder / "fake" / "ai_edge_litert"
    found = importlib.util.find_spec("ai_edge_litert")
    assert found is not None
    [real] = list(found.submodule_search_locations or ())
    project.write(
        {
            "conftest.py": CONFTEST,
            "test_micro.py": TEST,
            "edgebench.toml": PROFILES,
            **{
                name: f'#!/bin/sh\nLIE={lie} PYTHONPATH="{package.parent}" exec "{sys.executable}" "$@"\n'
                for name, lie in (("liar", "values"), ("bender", "shape"))
            },
            "fake/ai_edge_litert/__init__.py": f"__path__.append({str(real)!r})\n",
            "fake/ai_edge_litert/interpreter.py": LIAR,
        }
    )
    for name in ("liar", "bender"):
        (project.folder / name).chmod(0o755)
    small_files().tflite_sum(project.folder / "net.tflite")
    return project


@pytest.fixture(scope="module")
def ran(project: Project) -> Ran:
    """One session that all tests here look at."""
    return project.run("-vv", "--edgebench-report=report.html", "--junitxml=junit.xml").calm()


def said(ran: Ran) -> str:
    """What it printed, however its lines are broken."""
    return " ".join(ran.text.split())


def test_what_is_kept_and_what_is_not(ran: Ran) -> None:
    assert (ran.status, ran.outcomes) == (1, {"failed": 9, "passed": 1, "skipped": 1})
    names = {part.partition("(")[0] for part in TEST.split("def ")[1:]}
    for name in names - {"test_kept", "test_unfit"}:
        assert f"FAILED test_micro.py::{name}[" in said(ran)


def test_every_number_has_its_evidence(project: Project, ran: Ran) -> None:
    found = project.metrics("net-original-m4")
    evidence = {name: found[name]["evidence"] for name in ("size", "arena", "accuracy", "agreement", "flips")}
    assert evidence == {"size": "static"} | dict.fromkeys(
        ("arena", "accuracy", "agreement", "flips"), "emulated"
    )
    assert (found["agreement"]["n"], found["flips"]["n"]) == (40, 2)
    assert found["arena"]["note"] == "host-struct arena, an upper bound"
    assert "emulated, n=40" in said(ran)
    assert 'name="edgebench.arena.evidence" value="emulated"' in (project.folder / "junit.xml").read_text()


def test_evidence_that_is_demanded(ran: Ran) -> None:
    """At level "warn" too."""
    assert (
        "the budget demands evidence 'device', this agreement with the host is 'emulated': "
        "give m4 a target that yields device evidence, or drop evidence= from the budget"
    ) in said(ran)


def test_instructions_that_nothing_counts(ran: Ran) -> None:
    assert "no instructions of an inference for m4: nothing counts the instructions of m4 here" in said(ran)


def test_a_model_that_does_not_fit(project: Project, ran: Ran) -> None:
    """A budget on memory fails; without one the case is unsupported; it is never run."""
    record = project.record()
    (case,) = [each for each in record["cases"] if each["key"] == "net-original-tiny"]
    assert {check["verdict"] for check in case["checks"]} == {"FAIL", "UNSUPPORTED"}
    (told,) = [check["reason"] for check in case["checks"] if check["verdict"] == "UNSUPPORTED"]
    assert told.startswith(
        "it does not fit into tiny, so it was not run: the tensor arena (host-struct arena,"
    )
    (rows,) = [check["rows"] for check in case["checks"] if check.get("rows")]
    assert project.metrics("net-original-tiny").keys() == {
        *(name for name in METRICS if METRICS[name].in_file and not METRICS[name].on_request),
        "arena",
    }
    assert {row["metric"]: row["verdict"] for row in rows} == {"arena": "FAIL", "accuracy": "NOT RUN"}


def test_garbage_is_withheld(project: Project, ran: Ran) -> None:
    assert (
        "litert on bender answers in shapes [(40, 4)], this machine in [(40, 3)] with the same file"
        in said(ran)
    )
    assert "what litert answers on liar has nothing to do with what litert" in said(ran)
    record = project.record()
    (case,) = [each for each in record["cases"] if each["key"] == "net-original-liar"]
    assert {check["verdict"] for check in case["checks"]} == {"ERROR"}
    assert case.get("observation") is None


def test_what_cannot_flip(ran: Ran) -> None:
    assert (
        "no critical samples that flip for m4: no sample is marked as critical: give data=(inputs,"
        in said(ran)
    )
    assert "no agreement with the host for m4: the outputs are not scores of two or more classes" in said(ran)


def test_the_host_is_no_twin_of_itself(ran: Ran) -> None:
    assert "no tensor arena for here: the tensor arena is counted by TFLite Micro: write runtime =" in said(
        ran
    )
    assert "no agreement with the host for here: here is run by the host's own runtime here" in said(ran)


KWS = """
import os
from pathlib import Path

import numpy as np
import pytest_edgebench as eb

DATA = Path(os.environ["EDGEBENCH_DATA"])


@eb.model
def kws():
    given = np.load(DATA / "kws/kws_inputs.npz")
    data = given["x"], given["y"], np.arange(1000)
    return eb.Model(DATA / "models/mlperf_tiny/kws_int8.tflite", data=data, score=eb.top1)
"""
TEST_KWS = """
import pytest_edgebench as eb


@eb.budget(agreement="99 %", arena="64 kB", flips="7")
def test_kept(edge):
    edge.check()


@eb.budget(agreement="99.9 %", flips="0")
def test_broken(edge):
    edge.check()
"""


@pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")
def test_keywords_flip_between_host_and_microcontroller(tmp_path: Path) -> None:
    """993 of 1,000 classes agree (data README: label_agree_litert_default of the TFLite Micro runs)."""
    project = Project(tmp_path / "project", plain=True)
    profile = '[profiles.board]\nextends = "nucleo-l4r5zi"\n'
    project.write({"conftest.py": KWS, "test_kws.py": TEST_KWS, "edgebench.toml": profile})
    ran = project.run().calm()
    assert (ran.status, ran.outcomes) == (1, {"failed": 1, "passed": 1})
    (found,) = project.record()["observations"]
    assert found["metrics"]["agreement"]["value"] == pytest.approx(99.3)
    assert (found["metrics"]["flips"]["value"], found["metrics"]["flips"]["n"]) == (7, 1000)
    twin = found["twin"]
    assert (twin["agree"], twin["critical"], len(twin["flips"])) == (993, 7, 7)
    swings = [flip["swing"] for flip in twin["flips"]]
    assert swings == sorted(swings, reverse=True)
    assert twin["diverges"].startswith(f"on sample {twin['flips'][0]['sample']}: '")
    assert "values differ, by up to" in twin["diverges"]


def small_files() -> ModuleType:
    """The helper of the tests of runtimes."""
    path = Path(__file__).parent.parent / "runtimes" / "small_files.py"
    spec = importlib.util.spec_from_file_location("small_files_of_runtimes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
