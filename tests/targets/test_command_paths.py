"""What a `command` runs is found from the folder of the settings file, its arguments too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_whole_targets import CONFTEST, INI, write_net

from pytest_edgebench.profiles.target import Value, check_options


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (("python", "./board.py"), ("python", "/p/board.py")),
        (("python", "../tools/board.py", "A1"), ("python", "/p/../tools/board.py", "A1")),
        (("./measure.sh", "--serial", "A1"), ("/p/measure.sh", "--serial", "A1")),
        (("tools/measure.sh",), ("/p/tools/measure.sh",)),
        (("python", "--config=./board.toml"), ("python", "--config=/p/board.toml")),
        (("/usr/bin/env", "python", "/opt/board.py"), ("/usr/bin/env", "python", "/opt/board.py")),
        (("python", "-m", "tools.board", "a/b=./c"), ("python", "-m", "tools.board", "a/b=./c")),
    ],
)
def test_relative_paths(given: tuple[str, ...], found: tuple[str, ...]) -> None:
    options: dict[str, Value] = {"run": given, "evidence": "device"}
    kept, problems = check_options("command", options, lambda name: name, folder=Path("/p"))
    assert problems == []
    assert kept["run"] == found


def test_a_session_started_elsewhere(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "tools").mkdir(parents=True)
    program = Path(__file__).with_name("wrong_program.py").read_text()
    (project / "tools" / "board.py").write_text(program)
    (project / "edgebench.toml").write_text(
        '[profiles.board]\ntarget = "command"\nruntime = "onnxruntime"\n[profiles.board.target_options]\n'
        f'run = ["{sys.executable}", "./tools/board.py", "right"]\nevidence = "device"\ngives = ["outputs"]\n'
    )
    (project / "conftest.py").write_text(CONFTEST)
    (project / "pytest.ini").write_text(INI)
    (project / "test_net.py").write_text(
        'import pytest_edgebench as eb\n\n\n@eb.budget(size="20 kB", accuracy="10 %")\n'
        "def test_budget(edge):\n    edge.check()\n"
    )
    write_net(project / "net.onnx")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(project)],
        cwd=os.sep,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in ended.stdout, ended.stdout
