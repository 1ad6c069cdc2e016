"""Runtimes that crash, hang or are killed: an error for that case alone; and runtimes from elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from plugin_project import STRANGE, Project, Ran, write_net

if TYPE_CHECKING:
    from collections.abc import Iterable

MISDEEDS = ("segfault", "hang", "exhaust", "be_killed", "raise_error")
RUNTIME = f"""
import importlib.util
from pathlib import Path

found = importlib.util.spec_from_file_location("strange_runtime", {str(STRANGE)!r})
strange = importlib.util.module_from_spec(found)
found.loader.exec_module(strange)
describe = strange.describe


def load(path, threads, options):
    return strange.load(path, threads, {{"do": Path(path).stem, "at": "call"}})
"""
CONFTEST = """
from pathlib import Path

import numpy as np
import pytest_edgebench as eb

X = np.array([[1, 0], [0, 1], [3, 2], [0, 5]], "float32")
Y = np.array([0, 1, 0, 0])


def pytest_edgebench_runtimes():
    return {"odd": Path(__file__).with_name("odd_runtime.py")}
"""
MODEL = """

@eb.model
def {0}():
    return eb.Model("{0}.onnx", data=(X, Y), score=eb.top1)
"""
TEST = """
import pytest_edgebench as eb

@eb.budget(accuracy="70 %")
def test_budget(edge):
    edge.check()
"""


def odd_project(folder: Path, names: Iterable[str], profile: str) -> Project:
    """One model for each name; the runtime does what the file's name says."""
    project = Project(folder, plain=True)
    for seed, name in enumerate(names):
        write_net(folder / f"{name}.onnx", seed=seed, hidden=2)  # else they would be one artifact
    project.write(
        {
            "conftest.py": CONFTEST + "".join(MODEL.format(name) for name in names),
            "odd_runtime.py": RUNTIME,
            "test_odd.py": TEST,
            "edgebench.toml": profile,
        }
    )
    project.edit("pytest.ini", "edgebench_cap", "edgebench_deadline = 4\nedgebench_cap")
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The sound model comes first, in the middle and last: a case after a crash is judged as well."""
    names = ("nothing", "segfault", "hang", "chatter", "exhaust", "be_killed", "raise_error", "sleep_25_ms")
    return odd_project(
        tmp_path_factory.mktemp("odd") / "project",
        names,
        '[profiles.odd]\nextends = "cortex-m7"\nruntime = "odd"\n',
    )


@pytest.fixture(scope="module")
def ran(project: Project) -> Ran:
    return project.run("--edgebench-report=report.html").calm()


def test_only_those_cases_are_errors(ran: Ran, project: Project) -> None:
    assert (ran.status, ran.outcomes) == (1, {"failed": 5, "passed": 3})
    wanted = {f"{name}-original-odd": {"ERROR"} for name in MISDEEDS}
    sound = {f"{name}-original-odd": {"PASS"} for name in ("nothing", "chatter", "sleep_25_ms")}
    assert project.verdicts() == wanted | sound
    assert project.metrics("sleep_25_ms-original-odd")["accuracy"]["value"] == 75


@pytest.mark.parametrize(
    "name, told",
    [
        ("segfault", "odd_runtime crashed (SIGSEGV) while running segfault.onnx"),
        ("hang", "odd_runtime had not finished after 4 s while running hang.onnx, and was stopped"),
        (
            "be_killed",
            "odd_runtime was killed from outside, as the kernel does when memory runs out (SIGKILL)",
        ),
        ("exhaust", "odd_runtime raised MemoryError while running exhaust.onnx"),
        ("raise_error", "operator Foo is not known"),
    ],
)
def test_each_says_what_happened(name: str, told: str, ran: Ran, project: Project) -> None:
    assert told in ran.text
    page = (project.folder / "report.html").read_text(encoding="utf-8")
    assert f"{name}-original-odd" in page
    (reason,) = [
        check["reason"]
        for case in project.record()["cases"]
        for check in case["checks"]
        if case["key"] == f"{name}-original-odd"
    ]
    assert told in reason


def test_a_crash_while_timing(tmp_path: Path) -> None:
    """What was found before it stays in the record; the other case is timed."""
    names = ("nothing", "leave")
    project = odd_project(tmp_path, names, '[profiles.odd]\ntarget = "host"\nruntime = "odd"\n')
    project.edit("odd_runtime.py", '"at": "call"}', '"at": "call"} if FIRST.exists() else {}')
    project.edit("odd_runtime.py", "describe = ", 'FIRST = Path(__file__).with_name("first")\ndescribe = ')
    project.edit("test_odd.py", 'accuracy="70 %"', 'accuracy="70 %", latency="1 s"')
    project.run("-k", "leave", "--edgebench-profile=odd").calm()  # keeps the answers, which no time is
    (project.folder / "first").touch()
    ran = project.run().calm()
    assert (ran.status, ran.outcomes) == (1, {"failed": 1, "passed": 1})
    assert "odd_runtime ended with status 3 while timing leave.onnx" in ran.text
    assert project.verdicts() == {"nothing-original-odd": {"PASS"}, "leave-original-odd": {"ERROR"}}
    assert project.metrics("leave-original-odd")["accuracy"]["value"] == 75
    assert project.metrics("nothing-original-odd")["latency.p50"]["n"] == 1200


def test_a_profile_in_another_environment(other_python: str, tmp_path: Path) -> None:
    """Beside one in this: both are judged, each by its own interpreter."""
    profiles = f"""
[profiles.here]
extends = "cortex-m7"
runtime = "odd"
[profiles.there]
extends = "cortex-m7"
runtime = "odd"
python = "{other_python}"
"""
    project = odd_project(tmp_path, ("nothing",), profiles)
    ran = project.run().calm()
    assert (ran.status, ran.outcomes) == (0, {"passed": 2})
    runtimes = {found["profile"]: found["runtime"] for found in project.record()["observations"]}
    assert runtimes["there"]["prefix"] == str(Path(other_python).parents[1])
    assert runtimes["here"]["prefix"] == sys.prefix
    assert (runtimes["here"]["sees_package"], runtimes["there"]["sees_package"]) == ("True", "False")


def test_an_environment_that_lacks_the_runtime(other_python: str, tmp_path: Path) -> None:
    profiles = f"""
[profiles.here]
extends = "cortex-a72"
[profiles.there]
extends = "cortex-a72"
python = "{other_python}"
"""
    project = Project(tmp_path)
    project.write({"edgebench.toml": profiles})
    (runtime,) = Path(other_python).parents[1].glob("lib/python*/site-packages/onnxruntime")
    hidden = runtime.rename(runtime.with_name("hidden"))
    try:
        ran = project.run().calm()
    finally:
        hidden.rename(runtime)
    assert (ran.status, ran.outcomes) == (1, {"passed": 2, "failed": 2})
    assert "onnxruntime cannot be imported in" in ran.text
    assert "name another environment's interpreter as `python` in the profile" in ran.text
