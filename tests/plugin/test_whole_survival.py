"""Sessions that are killed, that share a cache, or that cannot write it: what is kept, and what is told."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from plugin_project import CONFTEST, STRANGE, Project, ended, wait_for, write_net

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOW = """

import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


@dataclass(frozen=True)
class Slow(eb.Step):
    stages: ClassVar = {"onnx": "file"}

    def file(self, source, target, context):
        import onnx

        model = onnx.load(source)
        target.write_bytes(b"half of it")
        Path(__file__).with_name("begun").touch()
        if not Path(__file__).with_name("fast").exists():
            time.sleep(60)
        model.graph.initializer[0].raw_data = bytes(len(model.graph.initializer[0].raw_data))
        onnx.save(model, target)

    def effect(self, before, after):
        return None if after.zeros > before.zeros else "no more zeros than before"


@eb.recipe
def slow(net):
    return eb.chain(net, Slow())
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_killed_while_compressing_then_again(project: Project) -> None:
    project.write({"conftest.py": CONFTEST + SLOW})
    process = project.start("-k", "slow")
    wait_for(project.folder / "begun", process)
    os.kill(process.pid, signal.SIGKILL)
    assert ended(process, 20).status == -signal.SIGKILL
    assert project.half_made()  # the folder of the killed build
    (project.folder / "fast").touch()
    ran = project.run().calm()
    assert (ran.status, ran.outcomes) == (0, {"passed": 3}), ran.text
    assert project.half_made() == []
    assert project.verdicts()["net-slow-board"] == {"PASS"}


def test_killed_while_timing_then_again(project: Project) -> None:
    """No lock is left, no worker, and no time of the killed session is used."""
    hook = f"""

def pytest_edgebench_runtimes():
    from pathlib import Path

    return {{"strange": Path({str(STRANGE)!r})}}
"""
    project.write(
        {
            "conftest.py": CONFTEST.replace("size=(40, 16)", "size=(40, 2)") + hook,
            "test_net.py": "import pytest_edgebench as eb\n\n\n@eb.cases(recipes='original')\n"
            "@eb.budget(latency='1 s')\ndef test_budget(edge):\n    edge.check()\n",
            "edgebench.toml": '[profiles.odd]\ntarget = "host"\nruntime = "strange"\n'
            'runtime_options = {do = "sleep_25_ms"}\n',
        }
    )
    process = project.start()
    wait_for(project.cache / "runs", process)
    (run,) = waited(lambda: list((project.cache / "runs").iterdir()))
    wait_for(run / "memo" / "timed", process)
    time.sleep(0.5)
    workers = descendants(process.pid)
    assert workers
    os.kill(process.pid, signal.SIGKILL)
    ended(process, 20)
    waited(lambda: not [pid for pid in workers if Path(f"/proc/{pid}").exists()])
    assert not list((run / "memo" / "timed").glob("*.json"))
    project.edit("edgebench.toml", '"sleep_25_ms"', '"nothing"')
    ran = project.run().calm()
    assert (ran.status, ran.outcomes) == (0, {"passed": 1}), ran.text
    assert project.half_made() == []
    assert project.metrics("net-original-odd")["latency.p50"]["value"] < 0.02


def waited(condition: object, seconds: float = 20) -> list[Path]:
    """What a function gives once it is true."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found if isinstance(found, list) else []


def descendants(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


def test_two_sessions_at_once(project: Project) -> None:
    """On one cold cache: both green, and each file is built by one of them."""
    processes = [project.start(record=False) for _ in range(2)]
    sessions = [ended(process).calm() for process in processes]
    assert [ran.status for ran in sessions] == [0, 0], [ran.text for ran in sessions]
    logs = [path for run in project.runs() for path in run.glob("built.log")]
    built = [line for path in logs for line in path.read_text(encoding="utf-8").splitlines()]
    assert sorted(built) == sorted(set(built))
    assert len(built) == 2
    assert project.half_made() == []


def test_a_file_in_place_of_the_cache(project: Project) -> None:
    project.cache.parent.mkdir(parents=True)
    project.cache.write_text("not a folder", encoding="utf-8")
    for arguments in ((), ("-n", "1")):
        ran = project.run(*arguments).calm()
        assert ran.status == pytest.ExitCode.USAGE_ERROR
        assert ran.outcomes.get("passed") is None
        assert "the cache folder cannot be written: File exists" in ran.text
        assert "point `cache_dir` in the ini file to a folder that can be written" in ran.text


@pytest.fixture
def unprivileged() -> tuple[str, ...]:
    """A command that starts another as somebody who is not root."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and there is no setpriv to be somebody else")
    command = ("setpriv", "--reuid=65534", "--clear-groups")
    able = [*command, sys.executable, "-c", "import numpy, onnx, pytest_edgebench.session.session"]
    if subprocess.run(able, capture_output=True, check=False).returncode:
        pytest.skip("nobody but root may read this environment")
    return command


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that others may read; pytest closes its own to them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_read_only_cache(readable: Path, unprivileged: tuple[str, ...]) -> None:
    project = Project(readable / "project")
    project.run("-k", "int8").calm()
    for path in (project.folder, *project.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    ran = project.run(before=unprivileged, record=False, environment={"HOME": "/nonexistent"}).calm()
    assert ran.status == pytest.ExitCode.USAGE_ERROR
    assert "passed" not in ran.outcomes
    assert "the cache folder cannot be written: Permission denied" in ran.text
    assert "point `cache_dir` in the ini file to a folder that can be written" in ran.text


SMALL_FILES = ("sh", "-c", 'ulimit -f 47; exec "$@"', "sh")
"""As on a full disk: no file may grow beyond 47 blocks of 512 bytes."""


def test_a_full_disk(tmp_path: Path) -> None:
    """The model that does not fit is an error, the one that fits is judged and kept."""
    project = Project(tmp_path)
    large = CONFTEST.replace("def net()", "def large()").replace("net.onnx", "large.onnx")
    large = large.partition("@eb.model")[2].partition("@eb.recipe")[0]
    project.write({"conftest.py": f"{CONFTEST}\n\n@eb.model{large}"})
    project.write({"test_net.py": TEST_BOTH})
    write_net(project.folder / "large.onnx", hidden=2048)
    ran = project.run(before=SMALL_FILES).calm()
    assert (ran.status, ran.outcomes) == (1, {"failed": 1, "passed": 2}), ran.text
    assert "no room to write the cache" in ran.text
    assert "free space, or point `cache_dir` in the ini file to another disk" in ran.text
    assert project.verdicts() == {
        "large-original-board": {"ERROR"}, "net-int8-board": {"PASS"}, "net-fp16-board": {"PASS"},
    }  # fmt: skip
    assert project.half_made() == []
    again = project.run().calm()
    assert (again.status, again.outcomes) == (0, {"passed": 3})
    assert project.built() == []


TEST_BOTH = """
import pytest_edgebench as eb


@eb.cases(recipes=["original", "int8", "fp16"], models="large")
@eb.budget(size="1 MB")
def test_large(edge):
    edge.check()


@eb.budget(size="20 kB")
@eb.cases(recipes=["int8", "fp16"])
def test_small(edge):
    edge.check()
"""
