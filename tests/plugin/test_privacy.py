"""Nothing that a session writes holds a home path, a user name, a variable's value or a labelled sample."""

from __future__ import annotations

import base64
import os
import sqlite3
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

USER = "zaphodcanary"
SECRET = "canary-3f9b1c-value"
SAMPLE = np.float32(1234.5678)
CONFTEST = """
import os
from pathlib import Path

import numpy as np
import pytest_edgebench as eb

HERE = Path(__file__).parent
os.environ.get("DEPLOY_TOKEN")


@eb.model
def net():
    given = np.load(HERE / "data.npz")
    return eb.Model(HERE / "net.onnx", data=(given["x"], given["y"]), score=eb.top1)


@eb.recipe
def fp16(net):
    return eb.quantize(net, "fp16")


@eb.step("onnx")
def copied(source, target, note):
    Path(target).write_bytes(Path(source).read_bytes())


@eb.recipe
def noted(net):
    return copied(net, note=f"{HERE} {os.environ['DEPLOY_TOKEN']}")


@eb.recipe
def broken(net):
    return eb.prebuilt(net, str(HERE / "missing.tflite"))


@eb.model
def made():
    assert os.environ["DEPLOY_TOKEN"]
    raise ValueError(f"no model in {HERE} for {os.environ['USER']}: {os.environ['DEPLOY_TOKEN']}")
"""
TESTS = """
import pytest_edgebench as eb


@eb.budget(size="1 kB", latency=["1 s", "model + 900 %"], accuracy="1 %")
@eb.budget(models="made", size="1 kB")
def test_budget(edge):
    edge.check()
"""
SETTINGS = """
[profiles.here]
target = "host"
[profiles.other]
target = "host"
python = "{home}/env/bin/python"
[profiles.board]
target = "command"
target_options = {{ run = ["{home}/bin/board.sh"], evidence = "device" }}
runtime = "litert"
"""


def test_no_canary_in_any_file(tmp_path: Path) -> None:
    home = tmp_path / "home" / USER
    project = home / "work" / "project"
    project.mkdir(parents=True)
    for folder in (home / "tmp", home / "out"):
        folder.mkdir()
    _write(project)
    (project / "edgebench.toml").write_text(SETTINGS.format(home=home))
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
    environment = {
        **own, "HOME": str(home), "USER": USER, "LOGNAME": USER, "USERNAME": USER,
        "TMPDIR": str(home / "tmp"), "DEPLOY_TOKEN": SECRET, "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(home / "out" / "summary.md"),
    }  # fmt: skip
    written = [
        f"--edgebench-json={home}/out/run.json", f"--edgebench-report={home}/out/report.html",
        f"--edgebench-markdown={home}/out/comment.md", f"--edgebench-save-baseline={home}/out/saved",
        f"--edgebench-history={home}/out/history.sqlite", f"--junitxml={home}/out/junit.xml",
        "--edgebench-suggest",
    ]  # fmt: skip
    session = ["pytest", "-q", f"--rootdir={project}", str(project)]
    record = f"{home}/out/run.json"
    merge = ["pytest_edgebench", "merge", record, record, "--shards=3", f"--report={home}/out/all.html"]
    for words in ([*session, *written], [*session, f"--edgebench-baseline={home}/out/saved"], merge):
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=project, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stdout + done.stderr
    found = {
        f"{path.relative_to(home)}: {name}"
        for path in home.rglob("*")
        for name, canary in _canaries(home).items()
        if path.is_file() and not _given(path, project) and canary in _content(path)
    }
    assert not found, "\n".join(sorted(found))


def _given(path: Path, project: Path) -> bool:
    """What the user wrote, pytest's own files, and bytecode."""
    if path.parent == project and path.suffix in (".py", ".toml", ".npz", ".onnx"):
        return True
    parts = path.parts
    return (
        "__pycache__" in parts
        or path.name == "junit.xml"
        or (".pytest_cache" in parts and "edgebench" not in parts)
    )


def _canaries(home: Path) -> dict[str, bytes]:
    return {
        "home": str(home).encode(),
        "user": USER.encode(),
        "variable": SECRET.encode(),
        "sample": SAMPLE.tobytes(),
        "sample as text": b"1234.567",
    }


def _content(path: Path) -> bytes:
    """All bytes of a file, also those it has packed."""
    content = path.read_bytes()
    if content.startswith(b"SQLite format 3"):
        content += "\n".join(sqlite3.connect(path).iterdump()).encode()
    for start, end in ((b'data-packed="', b'"'), (b"base64,", b'"')):
        for piece in content.split(start)[1:]:
            packed = base64.b64decode(piece.partition(end)[0] + b"==")
            content += zlib.decompress(packed, 47) if packed[:2] in (b"\x1f\x8b", b"\x78\x9c") else packed
    return content


def _write(project: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 16)).astype(np.float32)
    x[7, 3] = SAMPLE
    np.savez(project / "data.npz", x=x, y=x[:, 0] > 0)
    weights = [numpy_helper.from_array(rng.normal(size=(16, 200)).astype(np.float32), "a")]
    weights += [numpy_helper.from_array(rng.normal(size=(200, 2)).astype(np.float32), "b")]
    nodes = [helper.make_node("MatMul", ["x", "a"], ["h"]), helper.make_node("MatMul", ["h", "b"], ["y"])]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, n]) for name, n in (("x", 16), ("y", 2))
    ]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, project / "net.onnx")
    (project / "conftest.py").write_text(CONFTEST)
    (project / "test_net.py").write_text(TESTS)
    (project / "pytest.ini").write_text("[pytest]\n")
