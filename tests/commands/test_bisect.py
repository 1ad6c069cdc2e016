"""`edgebench bisect` on a real history of 200 commits, and the search by itself."""

from __future__ import annotations

import math
import os
import random
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.session.bisect import Bisection, Found, search, usual_limit

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """\
import numpy as np
import onnx
import pytest_edgebench as eb
from onnx import TensorProto, helper, numpy_helper
from sizes import HIDDEN, SEED


def write(path):
    rng = np.random.default_rng(SEED)
    weights = [rng.normal(size=shape).astype("float32") for shape in ((8, HIDDEN), (HIDDEN, 2))]
    nodes = [helper.make_node("MatMul", ["x", "a"], ["h"]), helper.make_node("MatMul", ["h", "b"], ["y"])]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])
    held = [numpy_helper.from_array(array, name) for array, name in zip(weights, "ab")]
    graph = helper.make_graph(nodes, "net", [x], [y], held)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@eb.model
def net(tmp_path_factory):
    path = write(tmp_path_factory.mktemp("model") / "net.onnx")
    rng = np.random.default_rng(0)
    return eb.Model(path, data=(rng.normal(size=(20, 8)).astype("float32"), np.arange(20) % 2), score=eb.top1)
"""
TEST = "def test_net(edge):\n    edge.check()\n"
SETTINGS = '[profiles.board]\nextends = "cortex-a72"\n'
KEY = "net-original-board"


def history(folder: Path, sizes: list[tuple[int, int]]) -> list[str]:
    """A repository with a commit for each (hidden, seed); their SHAs, oldest first."""
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    stream = []
    for number, (hidden, seed) in enumerate(sizes):
        files = {"sizes.py": f"HIDDEN, SEED = {hidden}, {seed}\n"}
        if not number:
            files |= {"conftest.py": CONFTEST, "test_net.py": TEST, "edgebench.toml": SETTINGS}
            files |= {"pytest.ini": "[pytest]\naddopts = -p no:randomly\n"}
        stream.append("commit refs/heads/main\n")
        stream.append(f"committer A <a@example.org> {1_900_000_000 + number} +0000\n")
        stream.append(f"data {len(f'change {number}')}\nchange {number}\n")
        for name, text in files.items():
            stream.append(f"M 644 inline {name}\ndata {len(text)}\n{text}\n")
    text = "".join(stream)
    subprocess.run(["git", "-C", folder, "fast-import", "--quiet"], input=text, text=True, check=True)
    subprocess.run(["git", "-C", folder, "checkout", "-q", "main"], check=True)
    listed = subprocess.run(
        ["git", "-C", folder, "rev-list", "--reverse", "main"], capture_output=True, text=True, check=True
    )
    return listed.stdout.split()


def bisect(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest_edgebench", "bisect", *arguments]
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_regression_in_200_commits_is_found_in_9_builds(tmp_path: Path) -> None:
    planted = random.Random(7).randrange(1, 201)
    # Each commit has other weights, so none is found in the cache; from one on there are more of them.
    shas = history(tmp_path / "project", [(16 if n < planted else 17, n) for n in range(201)])
    ended = bisect(tmp_path / "project", "--good", shas[0], "--bad", "main", KEY, "size")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"first bad commit: {shas[planted][:7]}" in ended.stdout
    assert f"change {planted}\n" in ended.stdout
    judged = re.findall(r"^[0-9a-f]{9}  (?:PASS|FAIL)", ended.stdout, re.MULTILINE)
    assert 1 + len(judged) <= 9  # the good commit is built, too
    left = subprocess.run(
        ["git", "-C", tmp_path / "project", "status", "--porcelain", "--untracked-files=all"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [line for line in left.stdout.splitlines() if ".pytest_cache" not in line] == []


def test_nothing_became_worse(tmp_path: Path) -> None:
    shas = history(tmp_path / "project", [(16, n) for n in range(4)])
    ended = bisect(tmp_path / "project", "--good", shas[0], KEY, "size")
    assert ended.returncode == 2
    assert "size at HEAD is not worse than at the good commit" in ended.stderr
    ended = bisect(tmp_path / "project", "--good", shas[0], "net-other-board", "size")
    assert ended.returncode == 2
    assert f"net-other-board was not measured at {shas[0][:9]}; pytest printed:" in ended.stderr


@pytest.mark.parametrize(
    ("good", "limit", "metric", "told"),
    [
        ("nosuch", "", "size", "git cannot list the commits"),
        ("main", "", "size", "main is not an ancestor of main"),
        ("main~1", "baseline + 5 ms", "size", "unit 'ms' does not fit size"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    good: str, limit: str, metric: str, told: str, tmp_path: Path
) -> None:
    history(tmp_path / "project", [(16, 0), (16, 1)])
    with pytest.raises(EdgebenchError) as caught:
        Bisection(tmp_path / "project", good, "main", KEY, metric, limit, (), tmp_path, print)
    assert told in str(caught.value)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 200])
def test_each_place_is_found_by_halving(count: int) -> None:
    for planted in range(count):
        found = search(count, planted.__le__)
        assert (found.good, found.bad) == (planted - 1, planted)
        assert found.asked <= math.ceil(math.log2(count))


def test_what_cannot_be_judged_is_gone_round() -> None:
    found = search(20, lambda number: None if number in (9, 10) else number >= 15)
    assert (found.good, found.bad) == (14, 15)
    assert search(20, lambda number: None if 9 <= number <= 11 else number >= 12) == Found(8, 12, 6)


@pytest.mark.parametrize(
    ("metric", "limit"),
    [
        ("size", "baseline + 0 %"),
        ("instructions", "baseline + 0.2 %"),
        ("agreement", "baseline - 0 %"),
        ("latency", "baseline + 3 %"),
        ("accuracy", "baseline - 0 points"),
        ("mae", "baseline + 0 points"),
        ("brier", "baseline - 0 points"),
    ],
)
def test_what_counts_as_worse_without_a_limit(metric: str, limit: str) -> None:
    assert usual_limit(metric) == limit
