"""The seam for runtimes in an environment of their own, and what the worker needs there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnxruntime
import pytest

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.runtimes.known import own, runtime_file, usual
from pytest_edgebench.workers import errors, process, worker
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.measure.pool import Pool


def test_runs_in_another_environment(
    other_python: str, strange: Callable[..., Spec], pool: Pool, any_file: Path, pair: Any
) -> None:
    """Where this package is not to be found."""
    client = pool.get(Spec(strange().runtime, python=other_python))
    found = client.describe()
    assert found["prefix"] == str(Path(other_python).parents[1])
    assert found["sees_package"] == "False"
    assert client.run(any_file, pair).arrays[0].tolist() == [[2, 4]]
    assert client.time(any_file, pair, loads=2, calls=3, seed=0).load_s.shape == (2,)


def test_onnxruntime_in_another_environment(other_python: str, pool: Pool) -> None:
    found = pool.get(Spec("onnxruntime", python=other_python)).describe()
    assert (found["name"], found["version"]) == ("onnxruntime", onnxruntime.__version__)


def test_a_runtime_that_is_not_installed_there(other_python: str, pool: Pool, any_file: Path) -> None:
    client = pool.get(Spec("litert", python=other_python))
    with pytest.raises(MeasureError) as caught:
        client.describe()
    text = str(caught.value)
    assert text.startswith(f"litert cannot be imported in {other_python}: No module named 'ai_edge_litert'")
    assert (
        "fix: install it there, or name another environment's interpreter as `python` in the profile" in text
    )


def test_workers_are_kept(pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any) -> None:
    """One of each kind; a fresh one is another, and ends with its block."""
    client = pool.get(strange())
    assert pool.get(strange()) is client
    assert pool.get(strange("chatter")) is not client
    with pool.fresh(strange()) as fresh:
        assert fresh.pid != client.pid
        assert fresh.describe()["name"] == "strange"
    assert not fresh.alive
    assert client.alive
    pool.close()
    assert not client.alive
    client.close()  # again


def test_modules_beside_the_worker_shadow_nothing(tmp_path: Path) -> None:
    """Neither those of its own folder nor those where pytest was started."""
    for name in ("worker.py", *process.PARTS):
        shutil.copy(Path(worker.__file__).with_name(name), tmp_path)
    (tmp_path / "numpy.py").write_text("raise SystemExit('shadowed')")
    command = [sys.executable, "-u", "-P", "worker.py", str(runtime_file("onnxruntime")), "0"]
    ended = subprocess.run(command, cwd=tmp_path, input=b"", capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


# Which worker


def test_specs_tell_kinds_apart() -> None:
    assert Spec("litert") == Spec("litert", "", (), 1)
    one = Spec("litert", options=(("b", 1), ("a", "x")))
    assert one == Spec("litert", options=(("a", "x"), ("b", 1)))
    assert len({one, Spec("litert"), Spec("litert", threads=2), Spec("litert", python="/x")}) == 4


def test_of_a_profile() -> None:
    profile = Profile("p", runtime_options={"delegates": "none"}, threads=4, python="/env/bin/python")
    assert Spec.of(profile, "tflite") == Spec("litert", "/env/bin/python", (("delegates", "none"),), 4)
    assert Spec.of(profile, "onnx").runtime == "onnxruntime"
    assert Spec.of(Profile("p", runtime="litert"), "onnx").runtime == "litert"


def test_an_unknown_runtime() -> None:
    profile = Profile("p", runtime="tensorrt", place="edgebench.toml: profiles.p")
    with pytest.raises(MeasureError) as caught:
        Spec.of(profile, "onnx")
    assert str(caught.value) == (
        "edgebench.toml: profiles.p: unknown runtime 'tensorrt'\n"
        "  fix: write one of litert, onnxruntime, tflite-micro, tflite-runtime, "
        "or the path of a runtime file (.py)"
    )


def test_an_option_that_is_no_value() -> None:
    options: Any = (("delegates", ["none"]),)
    with pytest.raises(MeasureError, match=r"runtime option 'delegates' is \['none'\]\n  fix: give text"):
        Spec("litert", options=options)


def test_runtimes_are_listed_alike() -> None:
    in_environment = {name for name, runtime in own().items() if runtime.usual}
    assert {usual("onnx"), usual("tflite")} == in_environment == {"onnxruntime", "litert"}
    assert set(own()) == {*in_environment, "tflite-runtime", "tflite-micro"}
    assert all(runtime_file(name).is_file() for name in own())


# Messages that no machine of ours brings about


def test_a_system_without_proc() -> None:
    error = errors.refused("litert", "measuring", "memory", {"system": "Darwin"}, "net.tflite")
    assert str(error).startswith(
        "net.tflite: this system (Darwin) does not say how much memory a process held"
    )


def test_a_refusal_of_a_plugin() -> None:
    error = errors.refused("mine", "running net.any", "odd", {"bits": 3}, "net.any")
    assert str(error) == "net.any: mine refused (odd) while running net.any: {'bits': 3}"
