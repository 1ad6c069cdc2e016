"""What a session does where qemu, the root or the plugin is missing or damaged; nothing is emulated here."""

from __future__ import annotations

import dataclasses
import json
import platform
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qemu_here import spec

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.profiles.qemu_cpus import ARCHES, CPUS
from pytest_edgebench.targets import qemu_place as place
from pytest_edgebench.targets.opening import Targets
from pytest_edgebench.targets.qemu import Emulator, counts, linked
from pytest_edgebench.workers.process import WORKER

if TYPE_CHECKING:
    from pathlib import Path

ARM = ARCHES["aarch64"]
TOLD = {
    "schema": place.SCHEMA, "wheels": {"onnxruntime": "1.32.0", "numpy": "2.4.6"}, "wanted": "bookworm",
    "python": "3.11.2", "numpy": "2.4.6", "packages": ["libc6 2.36 arm64"],
}  # fmt: skip


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **texts: str) -> None:
    """Only these programs can be found; each prints a text."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def make_root(folder: Path, **changes: Any) -> Path:
    """A root with all parts, which are empty."""
    root = folder / "aarch64-0123"
    place.pointer(folder, ARM).parent.mkdir(parents=True, exist_ok=True)
    place.pointer(folder, ARM).write_text("aarch64-0123\n", encoding="utf-8")
    root.mkdir()
    (root / place.MADE).write_text(json.dumps({**TOLD, **changes}), encoding="utf-8")
    wheels = {str(name): str(version) for name, version in TOLD["wheels"].items()}  # type: ignore[attr-defined]
    for part in place.parts(place.Root(root, wheels, "", "", "", ()), ARM):
        (root / part).parent.mkdir(parents=True)
        (root / part).touch()
    return root


def refused(folder: Path, tmp_path: Path, **changes: Any) -> str:
    """What a session says that cannot use the target."""
    wanted = dataclasses.replace(spec("cortex-a72", folder=folder), **changes)
    with Pool(tmp_path / "printed") as pool, pytest.raises(MeasureError) as caught:
        pool.get(wanted)
    assert caught.value.lasting
    return str(caught.value)


def test_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert place.default_folder() == tmp_path / "pytest-edgebench" / "qemu"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, by the specification
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place.default_folder() == tmp_path / ".cache" / "pytest-edgebench" / "qemu"


def test_no_qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path / "bin", monkeypatch)
    assert refused(tmp_path, tmp_path) == (
        "qemu-aarch64, which emulates cortex-a72, is missing\n  fix: apt-get install qemu-user"
    )


def test_what_cannot_be_mended_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path / "bin", monkeypatch)
    targets, target_ref = Targets(tmp_path), spec("cortex-a72", folder=tmp_path).target_ref
    errors = []
    for _ in range(2):
        with pytest.raises(MeasureError) as caught:
            targets.get(target_ref)
        errors.append(caught.value)
    assert errors[0] is errors[1]


def test_no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path / "bin", monkeypatch, qemu_aarch64="echo qemu-aarch64 version 7.2.22")
    assert refused(tmp_path, tmp_path) == (
        f"{tmp_path}: no root file system with Python for aarch64\n  fix: edgebench setup qemu"
    )


def test_a_root_of_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path / "bin", monkeypatch, qemu_aarch64="echo qemu-aarch64 version 7.2.22")
    make_root(tmp_path, schema=0)
    told = refused(tmp_path, tmp_path)
    assert "was made by another version of pytest-edgebench\n  fix: edgebench setup qemu" in told


@pytest.mark.parametrize(
    "part", ["made.json", "root/usr/bin/python3.11", "site/onnxruntime-1.32.0.dist-info/RECORD"]
)
def test_a_damaged_root(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path / "bin", monkeypatch, qemu_aarch64="echo qemu-aarch64 version 7.2.22")
    root = make_root(tmp_path)
    assert place.read_root(tmp_path, ARM).wheels == TOLD["wheels"]
    (root / part).unlink()
    told = refused(tmp_path, tmp_path)
    assert f"the root file system for aarch64 is damaged: {part} is missing" in told
    (root / place.MADE).write_text("{half", encoding="utf-8")
    assert "is damaged: made.json is missing" in refused(tmp_path, tmp_path)


def test_a_qemu_without_a_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_root(tmp_path)
    programs(tmp_path / "bin", monkeypatch, qemu_aarch64="echo Segmentation fault; exit 139")
    assert "qemu-aarch64 printed no version, but: Segmentation" in refused(tmp_path, tmp_path)


def test_a_runtime_that_the_root_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path / "bin", monkeypatch, qemu_aarch64="echo qemu-aarch64 version 7.2.22")
    make_root(tmp_path)
    for runtime, wheel in (("litert", "ai-edge-litert"), ("tflite-micro", "tflite-micro")):
        told = refused(tmp_path, tmp_path, runtime=runtime)
        assert told.startswith(f"the root file system for aarch64 has no {wheel}: it has numpy, onnxruntime")
    assert "python is given in the profile" in refused(tmp_path, tmp_path, python="/usr/bin/python3")


def test_another_version_of_the_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path / "bin", monkeypatch, qemu_aarch64="echo qemu-aarch64 version 7.2.22")
    make_root(tmp_path)
    told = refused(tmp_path, tmp_path, version="1.31")
    assert told.startswith("onnxruntime on qemu cortex-a72 is version 1.32.0, and the profile asks for 1.31")


def test_x86_over_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path / "bin", monkeypatch, qemu_x86_64="echo qemu-x86_64 version 7.2.22")
    (tmp_path / "bin" / "qemu-x86-64").rename(tmp_path / "bin" / "qemu-x86_64")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(MeasureError, match=r"Haswell is emulated over .* which is riscv64, not x86_64"):
        Emulator(spec("Haswell", folder=tmp_path).target_ref).prepare()


def test_described_without_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator, which could run nothing here, is asked for its version only."""
    programs(tmp_path / "bin", monkeypatch, qemu_aarch64="echo qemu-aarch64 version 7.2.22")
    make_root(tmp_path)
    with Pool(tmp_path / "printed") as pool:
        wanted = spec("cortex-a72", folder=tmp_path)
        assert pool.get(wanted).describe() == {
            "name": "onnxruntime", "version": "1.32.0", "threads": "1", "cpu": "cortex-a72 (qemu 7.2)",
            "python": "3.11.2", "numpy": "2.4.6",
        }  # fmt: skip
        assert pool.reached(wanted) == {"target": "qemu", "qemu": "7.2", "plugin": "1"}
        assert pool.get(wanted).alive


def test_no_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(tmp_path / "bin", monkeypatch, qemu_aarch64="echo qemu-aarch64 version 7.2.22")
    make_root(tmp_path)
    (tmp_path / "net.onnx").touch()
    told = r"the plugin that counts instructions is not built for qemu 7.2\n  fix: edgebench"
    with Pool(tmp_path / "printed") as pool:
        client = pool.get(spec("cortex-a72", folder=tmp_path))
        with pytest.raises(MeasureError, match=told):
            client.count(tmp_path / "net.onnx", np.zeros((1, 2), np.float32))
        assert client.alive  # outputs can still be had


def test_the_plugin_is_of_one_qemu(tmp_path: Path) -> None:
    assert place.plugin_path(tmp_path, "7.2") != place.plugin_path(tmp_path, "9.1")
    words = place.plugin_words(tmp_path / "a,b.so", tmp_path / "out")
    assert words == ["-plugin", f"{tmp_path}/a,,b.so,out={tmp_path}/out"]  # as qemu reads a comma


def test_what_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_root(tmp_path)
    emulator = Emulator(spec("cortex-a76", folder=tmp_path).target_ref)
    emulator.root = place.read_root(tmp_path, ARM)
    prefix = root / "cpus" / "cortex-a76"
    at = emulator.places(tmp_path / "run.py")
    command = emulator.command("", at, ("-plugin", "x"))
    python = str(prefix / "usr" / "bin" / "python3.11")
    assert command == [
        "qemu-aarch64",
        "-cpu",
        "cortex-a76",
        "-seed",
        "1",
        "-plugin",
        "x",
        "-L",
        str(prefix),
        python,
    ]
    monkeypatch.setenv("PYTHONPATH", "/mine")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/mine")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    found = emulator.environment(at)
    assert found["PYTHONPATH"] == f"{root}/site:{prefix}/usr/lib/python3/dist-packages"
    assert (found["PYTHONHASHSEED"], found["OMP_NUM_THREADS"]) == ("0", "1")
    assert "LD_LIBRARY_PATH" not in found
    old = Emulator(spec("Haswell", folder=tmp_path).target_ref)
    here = old.places(tmp_path / "run.py")
    command = old.command("/env/bin/python", here)
    assert command == ["qemu-x86_64", "-cpu", "Haswell", "-seed", "1", "-L", "/", "/env/bin/python"]
    found = old.environment(here)
    assert (found["PYTHONPATH"], found["LD_LIBRARY_PATH"], found["PYTHONHASHSEED"]) == ("/mine", "/mine", "0")


def test_names_under_qemu_are_the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_root(tmp_path)
    emulator = Emulator(spec("cortex-a72", folder=tmp_path).target_ref)
    emulator.root = place.read_root(tmp_path, ARM)
    (tmp_path / "links").mkdir()
    at = linked(emulator.places(place.COUNTER), tmp_path / "links")
    assert str(at.worker) == "/proc/self/cwd/w/worker.py"
    assert (str(at.prefix), str(at.site)) == ("/proc/self/cwd/p", "/proc/self/cwd/s")
    assert at.prefix is not None
    monkeypatch.chdir(tmp_path / "links")
    assert at.worker.samefile(WORKER)
    assert at.runtime.samefile(place.COUNTER)
    assert (at.prefix / "usr/bin/python3.11").is_file()


def noted(*totals: int) -> str:
    return "edgebench-counter 1\n" + "".join(f"{at} {total}\n" for at, total in enumerate(totals))


def test_counts() -> None:
    """Each inference without what a mark costs, which is 10 here."""
    found = counts(noted(100, 110, 1120, 2000, 2010, 3015, 4000, 4010, 5020), 3)
    assert found is not None
    assert found.tolist() == [1000, 995, 1000]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "edgebench-counter 1\n",
        "edgebench-counter 2\n0 1\n1 2\n2 9\n",
        noted(100, 110),
        noted(100, 110, 1120, 2000),
        noted(100, 110, 115),  # less than a mark costs
        "edgebench-counter 1\n0 1\n2 2\n1 9\n",
        "edgebench-counter 1\n0 1\n1 x\n2 9\n",
        "edgebench-counter 1\n0 1\n1 2 3\n2 9\n",
        "edgebench-counter 1\n0\n1\n2\n",
    ],
)
def test_notes_that_are_none(text: str) -> None:
    assert counts(text, 1) is None


def test_every_cpu_has_an_architecture() -> None:
    assert {cpu.arch for cpu in CPUS.values()} == set(ARCHES)
