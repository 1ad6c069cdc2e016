"""A target of another package: workers of this machine that are pinned to one core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench import load_run

if TYPE_CHECKING:
    from other_package import Other

TARGET = """
import sys

from pytest_edgebench.profiles.target import Kind, text
from pytest_edgebench.targets.local import Local, parent
from pytest_edgebench.workers.process import WORKER, Process

KIND = Kind("pinned", "host", frozenset({"outputs"}), options={"core": text('core = "0"')},
            required={"core": 'core = "0"'})


class Pinned(Local):
    def __init__(self, target_ref):
        self.core = str(target_ref.option("core", "0"))

    def prepare(self):
        pass

    def start(self, spec, folder):
        python = ["taskset", "-c", self.core, sys.executable, "-u", "-P", str(WORKER)]
        return Process(spec.title, [*python, str(spec.file), str(parent())], None, folder, RuntimeError)

    def describe(self):
        return {"core": self.core}


def make(target_ref, folder):
    return Pinned(target_ref)
"""
PROFILE = '[profiles.one-core]\ntarget = "pinned"\ntarget_options = { core = "0" }\nruntime = "onnxruntime"\n'


def test_a_target_runs_the_worker(other: Other) -> None:
    other.install("targets", "pinned", TARGET)
    (other.project / "edgebench.toml").write_text(PROFILE, encoding="utf-8")
    ended = other.pytest("--edgebench-json=run.json")
    assert "1 passed" in ended.stdout, ended.stdout
    run = load_run(other.project / "run.json")
    assert run.profiles["one-core"]["target_options"] == "core=0"
    (case,) = run.cases
    assert case.observation is not None
    assert case.observation.metrics["accuracy"].value == 100


def test_its_options_are_checked(other: Other) -> None:
    other.install("targets", "pinned", TARGET)
    (other.project / "edgebench.toml").write_text(PROFILE.replace('core = "0"', 'kern = "0"'), "utf-8")
    ended = other.pytest()
    assert ended.returncode == 4
    assert "kern" in ended.stderr
    assert 'core = "0"' in ended.stderr


def test_a_module_without_a_kind(other: Other) -> None:
    other.install("targets", "pinned", TARGET.replace("KIND = ", "SORT = "))
    (other.project / "edgebench.toml").write_text(PROFILE, encoding="utf-8")
    ended = other.pytest()
    assert ended.returncode == 4
    assert "target 'pinned': other_package_file has no KIND" in ended.stderr


def test_without_the_package_its_name_is_unknown(other: Other) -> None:
    (other.project / "edgebench.toml").write_text(PROFILE, encoding="utf-8")
    ended = other.pytest()
    assert ended.returncode == 4
    assert "'pinned'" in ended.stderr
