"""The page on targets: its examples run, against stand-ins for a phone and for an emulator's project."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import pytest
from loopback_board import script

from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.profiles.load import load_profiles
from pytest_edgebench.profiles.qemu_cpus import CPUS
from pytest_edgebench.profiles.target import KINDS, TargetRef
from pytest_edgebench.targets.command_answer import COMMON, KEYS
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAGE = resources.files("pytest_edgebench.docs").joinpath("targets.md").read_text(encoding="utf-8")
X = np.array([[1, 2], [3, 4]], np.float32)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def pool_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: Mapping[str, str]) -> Pool:
    for name, text in programs.items():
        script(tmp_path / "bin" / name, text)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return Pool(tmp_path / "session")


def target_ref(
    tmp_path: Path, number: int, argument: str, evidence: str, gives: tuple[str, ...]
) -> TargetRef:
    program = tmp_path / "program.py"
    program.write_text(blocks("python")[number], encoding="utf-8")
    run = (sys.executable, str(program), argument)
    return TargetRef("command", "", (("run", run), ("evidence", evidence), ("gives", gives)))


def test_settings(tmp_path: Path) -> None:
    tables = blocks("toml")
    assert len(tables) == 3
    (tmp_path / "edgebench.toml").write_text("\n".join(tables), encoding="utf-8")
    found = load_profiles(tmp_path, None)
    assert found["rpi4"].target_ref.evidence == "device"
    assert found["rpi4-emulated"].target_ref.title == "qemu cortex-a72"
    assert found["phone"].target_ref.lock == "command-phone-SERIAL"
    assert set(tomllib.loads("\n".join(tables))["profiles"]) == set(found)


def test_every_key_is_told() -> None:
    told = {
        word
        for row in re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE)
        for word in re.findall(r"`(\w+)`", row)
    }
    assert set.union(*map(set, KEYS.values()), COMMON) <= told
    assert set(KINDS["ssh"].options) <= told
    assert set(CPUS) <= set(re.findall(r"`([\w-]+)`", PAGE))
    assert all(f'"{kind}' in PAGE for kind in KINDS)


ADB = """
test "$1 $2" = "-s A1" || exit 9
shift 2
case "$1" in
  push) cp "$2" {there}/model ;;
  shell)
    case "$2" in
      getprop*) echo SM8550 ;;
      sha256sum*) sha256sum {there}/model ;;
      *--num_threads=2*--num_runs=100*)
        echo "Inference timings in us: Init: 5685, First inference: 1.8e+04, Warmup (avg): 14462.3, Inference (avg): 14575.2" ;;
      *) echo "no benchmark" ;;
    esac ;;
esac
"""  # noqa: E501 - as the binary prints it


def test_a_phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = tmp_path / "net.tflite"
    net.write_bytes(b"weights")
    phone = target_ref(tmp_path, 0, "A1", "device", ("latency",))
    with pool_with(tmp_path, monkeypatch, {"adb": ADB.replace("{there}", str(tmp_path))}) as pool:
        client = pool.get(Spec("litert", threads=2, target_ref=phone))
        assert client.describe()["cpu"] == "SM8550"
        timing = client.time(net, X, loads=2, calls=100, seed=0)
        assert [calls.tolist() for calls in timing.calls_s] == [pytest.approx([14575.2e-6])] * 2
        assert timing.load_s.tolist() == pytest.approx([5685e-6] * 2)
        assert timing.first_s.tolist() == pytest.approx([1.8e-2] * 2)


QEMU = """
case "$*" in *"-icount shift=0 -kernel"*) ;; *) exit 9 ;; esac
printf 'output 2 4\\noutput 6 8\\ninstructions 2490001\\ninstructions 2490000\\n'
"""


def test_a_chip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = tmp_path / "net.tflite"
    net.write_bytes(b"weights")
    chip = target_ref(tmp_path, 1, "firmware", "emulated", ("outputs", "instructions"))
    make = 'test "$1 $2 $3" = "-s -C firmware"'
    with pool_with(tmp_path, monkeypatch, {"make": make, "qemu-system-arm": QEMU}) as pool:
        client = pool.get(Spec("litert", target_ref=chip))
        assert client.describe()["name"] == "tflite-micro"
        assert client.run(net, X).arrays[0].tolist() == [[2, 4], [6, 8]]
        assert client.count(net, X, calls=2) == [2490001, 2490000]
