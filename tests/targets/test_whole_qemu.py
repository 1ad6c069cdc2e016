"""Whole sessions with emulated CPUs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from qemu_here import needs, write_saturating

from pytest_edgebench.targets import qemu_place as place

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

X = np.random.default_rng(0).uniform(0.85, 1.0, (40, 64)).astype("float32")
X[20:, 1::2] = 0  # whose products come in no pairs, so that they do not saturate
X[:, 63] = np.linspace(0, 1, 40)


@eb.model
def net():
    return eb.Model("net.onnx", data=(X, np.repeat([0, 1], 20)), score=eb.top1)


@eb.recipe
def full(net):
    return eb.quantize(net, "static-int8", reduce_range=False)


@eb.recipe
def reduced(net):
    return eb.quantize(net, "static-int8")
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(size="model + 900 %", agreement="99 %")
@eb.budget(recipes="reduced", instructions=["60 k", "model + 900 %"], evidence="emulated")
def test_budget(edge):
    edge.check()
"""
SETTINGS = """
[profiles.pi4]
extends = "raspberry-pi-4"
target = "qemu"
[profiles.old-box]
extends = "haswell"
target = "qemu"
"""
INI = "[pytest]\naddopts = -p no:randomly -p no:anyio -p no:hypothesispytest\n"


def run(folder: Path, *arguments: str) -> tuple[int, str, dict[str, Any]]:
    """Exit status, what was printed, and the record of a session."""
    folder.mkdir(exist_ok=True)
    write_saturating(folder / "net.onnx")
    files = {"conftest.py": CONFTEST, "test_net.py": TEST, "pytest.ini": INI, "edgebench.toml": SETTINGS}
    for name, text in files.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--edgebench-json=run.json", *arguments]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=200)
    text = ended.stdout + ended.stderr
    assert "INTERNALERROR" not in text, text
    return ended.returncode, text, json.loads((folder / "run.json").read_text(encoding="utf-8"))


def observed(record: dict[str, Any], key: str) -> dict[str, Any]:
    (found,) = [each for each in record["cases"] if each["key"] == key]
    observation: dict[str, Any] = record["observations"][found["observation"]]
    return observation


def vnni_here() -> bool:
    return "vnni" in Path("/proc/cpuinfo").read_text(encoding="utf-8")


@needs("aarch64")
@needs("x86_64")
def test_saturation_is_found_and_mended(tmp_path: Path) -> None:
    """int8 weights of 8 bits answer otherwise on x86 without VNNI; those of 7 bits do not."""
    counted = place.plugin_path(
        place.default_folder(), place.qemu_version(shutil.which("qemu-aarch64") or "")
    )
    if not counted.is_file():
        pytest.skip("edgebench setup qemu has not built the plugin")
    status, text, record = run(tmp_path / "project", "-n", "2")
    assert status == 1, text
    verdicts = {case["key"]: {check["verdict"] for check in case["checks"]} for case in record["cases"]}
    assert verdicts["net-reduced-pi4"] == verdicts["net-reduced-old-box"] == {"PASS"}, text
    # The host is the reference: where it has no VNNI itself, it is the Arm board that answers otherwise.
    other, same = ("old-box", "pi4") if vnni_here() else ("pi4", "old-box")
    assert verdicts[f"net-full-{other}"] == verdicts["net-full-old-box"] == {"FAIL"}, text
    assert observed(record, f"net-full-{other}")["metrics"]["agreement"]["value"] == 50
    assert observed(record, f"net-full-{same}")["metrics"]["agreement"]["value"] == 100
    assert observed(record, "net-full-pi4")["metrics"]["accuracy"]["value"] == 100
    assert observed(record, "net-full-old-box")["metrics"]["accuracy"]["value"] == 50

    found = observed(record, "net-reduced-pi4")
    count = found["metrics"]["instructions"]
    assert (count["evidence"], count["unit"], count["n"]) == ("emulated", "", 7)
    assert 1000 < count["low"] <= count["value"] <= count["high"] < 60_000
    assert found["metrics"]["accuracy"]["evidence"] == "emulated"
    assert (found["runtime"]["target"], found["runtime"]["plugin"]) == ("qemu", "1")
    assert "latency.p50" not in found["metrics"]
    assert "latency" in found["missing"]

    # A cell that has not changed costs nothing: with nothing to run code, the same numbers are had again.
    (tmp_path / "project" / "edgebench.toml").write_text(SETTINGS, encoding="utf-8")
    again = run(tmp_path / "project", "-k", "reduced")
    assert again[0] == 0, again[1]
    assert observed(again[2], "net-reduced-pi4")["metrics"]["instructions"] == count


@needs("x86_64")
def test_without_a_root_and_without_a_plugin(tmp_path: Path) -> None:
    """A case that cannot be run is an ERROR; a count that cannot be had fails the budget on it."""
    (tmp_path / "project").mkdir()
    folder = json.dumps(str(tmp_path / "nothing"))
    settings = (
        f'[profiles.pi4]\ntarget = "qemu"\ntarget_options = {{ cpu = "cortex-a72", folder = {folder} }}\n'
        f'[profiles.old-box]\ntarget = "qemu"\ntarget_options = {{ cpu = "Haswell", folder = {folder} }}\n'
    )
    (tmp_path / "project" / "edgebench.toml").write_text(settings, encoding="utf-8")
    status, text, record = run(tmp_path / "project", "-k", "reduced")
    assert status == 1, text
    verdicts = {case["key"]: {check["verdict"] for check in case["checks"]} for case in record["cases"]}
    assert verdicts["net-reduced-pi4"] == {"ERROR"}, text
    assert "is missing" in text or "no root file system with Python for aarch64" in text
    assert verdicts["net-reduced-old-box"] <= {"FAIL", "ERROR"}, text
    missing = observed(record, "net-reduced-old-box")["missing"]["instructions"]
    assert missing.startswith(
        "the instructions cannot be counted: the plugin that counts instructions is not"
    )
    assert "edgebench setup qemu" in missing
