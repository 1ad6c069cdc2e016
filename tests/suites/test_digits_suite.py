"""The digits suite as its users run it, from a folder of their own."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MODELS = ("cnn", "mlp")
RECIPES = ("dynamic_int8", "static_int8", "fp16", "pruned_int8")
PROFILES = ("onnxruntime", "litert")
CASES = {"-".join(parts) for parts in itertools.product(MODELS, RECIPES, PROFILES)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the cache that the runs of this module share: what the first one trained serves all."""
    pytest.importorskip("torch")
    pytest.importorskip("litert_torch")
    pytest.importorskip("sklearn")
    return tmp_path_factory.mktemp("home")


def run(folder: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-o", f"cache_dir={home / 'cache'}", "-rA", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def outcomes(result: subprocess.CompletedProcess[str], word: str, test: str) -> set[str]:
    """The cases of a test that ended so, from the short summary."""
    return set(re.findall(rf"^{word} \S*::{test}\[([\w.-]+)\]", result.stdout, re.MULTILINE))


@pytest.fixture(scope="module")
def first(home: Path) -> subprocess.CompletedProcess[str]:
    """The first run, which trains and compresses all there is."""
    return run(
        home / "first", home, "--pyargs", "pytest_edgebench.suites.digits", "--edgebench-report=report.html",
        "--edgebench-json=run.json",
    )  # fmt: skip


def test_every_budget_holds(first: subprocess.CompletedProcess[str], home: Path) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    assert not re.search(r"[1-9]\d* failed", first.stdout)
    report = (home / "first" / "report.html").read_text(encoding="utf-8")
    assert [case for case in CASES if case not in report] == []


def test_every_case_was_built_and_scored(first: subprocess.CompletedProcess[str], home: Path) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    text = (home / "first" / "run.json").read_text(encoding="utf-8")
    assert isinstance(json.loads(text)["schema"], int)
    # The held-out part of 1,000 samples, on both formats.
    assert '"accuracy"' in text
    assert '"onnx"' in text
    assert '"tflite"' in text


def test_a_second_run_compresses_nothing(first: subprocess.CompletedProcess[str], home: Path) -> None:
    """Nor does it import torch: only what varies is measured again."""
    assert first.returncode == 0, first.stdout + first.stderr
    earlier = built(home)
    assert any("exporting to onnx" in line for line in earlier)
    folder = home / "second"
    folder.mkdir()
    (folder / "imported.py").write_text(IMPORTED, encoding="utf-8")
    result = run(
        folder,
        home,
        "-p",
        "imported",
        "-o",
        "edgebench_cap_seconds=2",
        "--pyargs",
        "pytest_edgebench.suites.digits",
    )
    assert not re.search(r"[1-9]\d* failed", result.stdout), result.stdout + result.stderr
    assert len(outcomes(result, r"(?:PASSED|INCONCLUSIVE|WARNED)", "test_budget")) == len(CASES)
    assert built(home) == earlier
    assert (folder / "heavy.txt").read_text(encoding="utf-8") == ""


def built(home: Path) -> list[str]:
    """What all runs until now built, one line each."""
    logs = sorted((home / "cache").glob("d/edgebench/runs/*/built.log"))
    return [line for log in logs for line in log.read_text(encoding="utf-8").splitlines()]


IMPORTED = """
import sys
from pathlib import Path


def pytest_sessionfinish():
    heavy = {"torch", "litert_torch", "onnxscript", "ai_edge_quantizer"} & set(sys.modules)
    Path("heavy.txt").write_text(" ".join(sorted(heavy)))
"""


def test_99_percent_pruning_turns_its_own_cells_red(
    first: subprocess.CompletedProcess[str], home: Path
) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    folder = home / "broken"
    folder.mkdir()
    settings = "\n".join(f'[profiles.{p}]\ntarget = "host"\nruntime = "{p}"' for p in PROFILES)
    (folder / "edgebench.toml").write_text(settings, encoding="utf-8")
    (folder / "conftest.py").write_text(BROKEN, encoding="utf-8")
    (folder / "test_broken.py").write_text(BUDGETS, encoding="utf-8")
    result = run(folder, home)
    assert result.returncode == 1, result.stdout + result.stderr
    red = {f"{model}-pruned99-{profile}" for model in MODELS for profile in PROFILES}
    assert outcomes(result, "FAILED", "test_budget") == red
    assert f"{len(red)} failed, {len(red)} passed" in result.stdout
    assert "test_broken.py:3" in result.stdout


BROKEN = """
import pytest_edgebench as eb
from pytest_edgebench.suites.digits.digits import held_out, training_images
from pytest_edgebench.suites.digits.nets import train_cnn, train_mlp

@eb.model
def cnn():
    return eb.Model(train_cnn, held_out, eb.top1, calibration=training_images)

@eb.model
def mlp():
    return eb.Model(train_mlp, held_out, eb.top1, calibration=training_images)

@eb.recipe(models=["cnn", "mlp"])
def static_int8(model):
    return eb.quantize(model, "static-int8", calibration=128)

@eb.recipe(models=["cnn", "mlp"])
def pruned99(model):
    return eb.quantize(eb.prune(model, 0.99), "static-int8", calibration=128)
"""
BUDGETS = """import pytest_edgebench as eb

@eb.budget(accuracy="90 %")
@eb.budget(latency="model + 1900 %")
def test_budget(edge):
    edge.check()
"""
