"""Published runs of the keyword model as boards: the family of their kernels, named, stated, contradicted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.record.load import load_run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")
CONFTEST = """
import os
import numpy as np
import pytest_edgebench as eb

DATA = os.environ["EDGEBENCH_DATA"]


def data():
    found = np.load(DATA + "/kws/kws_inputs.npz")
    return found["x"], found["y"]


@eb.model
def kws():
    return eb.Model(DATA + "/models/mlperf_tiny/kws_int8.tflite", data=data, score=eb.top1)
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(accuracy="90 %", agreement="99 %")
def test_board(edge):
    edge.check()
"""
BOARD = '''
"""Answers what a published log says, for whatever file it is sent; asked for more outputs it gives up."""
import json, os, sys
from pathlib import Path
import numpy as np

run, folder = sys.argv[1], Path(sys.argv[2])
data = Path(os.environ["EDGEBENCH_DATA"]) / "kws"
request = json.loads((folder / "request.json").read_text())
answer = {"schema": 1, "request": request["request"]}
with open("ASKED", "a") as asked:
    asked.write(request["ask"] + "\\n")
if request["ask"] == "describe":
    answer |= {"runtime": {"name": "published", "version": run}, "cpu": run}
else:
    known = {a.tobytes(): i for i, a in enumerate(np.load(data / "kws_inputs.npz")["x"])}
    given = np.load(folder / request["inputs"][0]["path"])
    rows = [known[np.ascontiguousarray(a).astype(np.int8).tobytes()] for a in given]
    np.save(folder / "o.npy", np.load(data / "device_outputs" / f"{run}.npz")["q"][rows])
    answer |= {"artifact": request["artifact"]["sha256"], "outputs": ["o.npy"], "raw": True}
(folder / "answer.json").write_text(json.dumps(answer))
'''
ST, OCTO = "v0_7_stmicroelectronics_nucleo_u575zi_q", "v1_0_octoml_microtvm_cmsis_nn_nucleo_l4r5zi"
BOARDS = {
    "st": (ST, "x-cube-ai"),
    "octo": (OCTO, "cmsis-nn"),
    "wrong": (ST, "cmsis-nn"),
    "silent": (OCTO, ""),
}


def test_families_of_published_boards(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    (tmp_path / "board.py").write_text(BOARD.replace("ASKED", str(asked)), encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TEST, encoding="utf-8")
    settings = [
        f'[profiles.{name}]\ntarget = "command"\nruntime = "litert"\nkernels = "{kernels}"\n'
        f"[profiles.{name}.target_options]\nrun = {json.dumps([sys.executable, './board.py', run])}\n"
        'evidence = "device"\ngives = ["outputs"]\n'
        for name, (run, kernels) in BOARDS.items()
    ]
    (tmp_path / "edgebench.toml").write_text(
        "".join(settings).replace("./board.py", str(tmp_path / "board.py"))
    )
    command = [sys.executable, "-m", "pytest", "-q", "--edgebench-json=r.json", "--edgebench-show=all"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = {
        case.profile: case.observation.twin.kernels
        for case in load_run(tmp_path / "r.json").cases
        if case.observation is not None and case.observation.twin is not None
    }
    assert set(told) == set(BOARDS)
    assert told["st"].startswith("kernels of the family of litert (samples with the same outputs, of 1,000: ")
    assert told["octo"] == told["silent"]
    if "tflite-micro 1,000" in told["octo"]:  # where it is installed
        assert "family of tflite-micro" in told["octo"]
    assert told["wrong"] == (
        'the profile says kernels = "cmsis-nn", of the family of tflite-micro; its outputs say otherwise: '
        + told["st"]
    )
    assert 'note: kws-original-wrong: the profile says kernels = "cmsis-nn", of the family of' in ended.stdout
    sent = asked.read_text().split().count("run")
    assert sent == len({run for run, _ in BOARDS.values()})  # none was sent a copy with inner outputs
