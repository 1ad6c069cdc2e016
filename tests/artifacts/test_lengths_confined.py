"""The process that works out lengths reaches nothing but the file."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.artifacts.inspect import tflite_lengths
from pytest_edgebench.workers.sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import runpy, socket, sys
found = runpy.run_path(sys.argv[1])
found["_confine"](sys.argv[2])
def tried(name, what):
    try:
        what()
    except OSError as error:
        print(name, type(error).__name__)
    else:
        print(name, "done")
tried("model", lambda: open(sys.argv[2]).read())
tried("neighbour", lambda: open(sys.argv[3]).read())
tried("written", lambda: open(sys.argv[2], "w"))
tried("network", lambda: socket.socket())
"""


@pytest.mark.skipif(len(Sandbox("auto").holds()) < 3, reason="this kernel has no Landlock or no seccomp")
def test_only_the_file_is_reached(tmp_path: Path) -> None:
    model, other = tmp_path / "m.tflite", tmp_path / "secret"
    model.touch()
    other.touch()
    command = [sys.executable, "-c", SCRIPT, tflite_lengths.__file__, str(model), str(other)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.split() == [
        "model", "done", "neighbour", "PermissionError", "written", "PermissionError",
        "network", "PermissionError",
    ]  # fmt: skip
