"""A whole session on a ``.tflite`` file with two signatures."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import tflite_written

import pytest_edgebench as eb
from pytest_edgebench.base.errors import DeclarationError

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

W = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
X = np.random.default_rng(1).normal(size=(30, 4)).astype("float32")


def model(**chosen):
    return eb.Model("m.tflite", data=(X, (X @ W.T).argmax(1)), score=eb.top1, **chosen)


@eb.model
def decode():
    return model(signature="decode")


@eb.model
def none():
    return model()


@eb.recipe
def static(decode):
    return eb.quantize(decode, "static-int8")


@eb.recipe
def unsigned(none):
    return eb.quantize(none, "static-int8")
"""
TESTS = """
import pytest_edgebench as eb


@eb.cases(models="decode", recipes="original")
def test_chosen(edge):
    assert (edge.accuracy.value, edge.macs.value, edge.ops["FULLY_CONNECTED"]) == (100, 32, 1)


@eb.cases(models="none", recipes="original")
def test_none(edge):
    edge.accuracy


@eb.cases(models="decode", recipes="static")
def test_static(edge):
    assert edge.ops.float == 0 and edge.accuracy.value > 80


@eb.cases(models="none", recipes="unsigned")
def test_unsigned(edge):
    edge.artifact
"""


def test_a_model_names_its_signature(tmp_path: Path) -> None:
    tflite_written.signed(tmp_path / "m.tflite")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:randomly"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert "2 failed, 2 passed" in ended.stdout, ended.stdout + ended.stderr
    assert "FAILED test_it.py::test_none" in ended.stdout
    assert "the file has 2 signatures (decode, prefill), and none is chosen" in ended.stdout
    assert "the file has 2 signatures (decode, prefill), and the samples fit one of them" in ended.stdout


@pytest.mark.parametrize("source", ["m.onnx", "m.pte"])
def test_a_signature_of_another_format_is_refused(source: str) -> None:
    with pytest.raises(DeclarationError, match=rf"signature='a' is for \.tflite files, .* {source}"):
        eb.Model(source, data="samples.npz", score=eb.top1, signature="a")
