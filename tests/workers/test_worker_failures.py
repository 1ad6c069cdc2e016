"""A runtime that crashes, hangs, eats memory or prints must cost one question, and be told of clearly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.measure.pool import Pool


@pytest.mark.parametrize("at", ["load", "call"])
@pytest.mark.parametrize(
    ("do", "told"),
    [
        ("segfault", "strange_runtime crashed (SIGSEGV) while running net.any"),
        ("be_killed", "was killed from outside, as the kernel does when memory runs out (SIGKILL)"),
        ("leave", "ended with status 3 while running net.any"),
        ("scribble", "answered garbage while running net.any: it begins with b'nons'"),
        ("fork_and_crash", "crashed (SIGSEGV)"),
    ],
)
def test_ends(
    do: str, at: str, told: str, pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any
) -> None:
    """It is told with what it printed; the next question gets another worker."""
    spec = strange(do, at)
    client = pool.get(spec)
    assert client.describe()["name"] == "strange"
    with pytest.raises(MeasureError) as caught:
        client.run(any_file, pair, deadline_s=20)
    assert told in str(caught.value)
    assert ("it printed:\n    about to crash" in str(caught.value)) == ("crash" in do or do == "segfault")
    assert "fix: " in str(caught.value)
    assert not client.alive
    with pytest.raises(MeasureError, match="the process of strange_runtime has ended"):
        client.describe()
    assert pool.get(spec) is not client
    assert pool.get(spec).describe()["name"] == "strange"


@pytest.mark.parametrize("at", ["load", "call"])
def test_hangs(at: str, pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any) -> None:
    client = pool.get(strange("hang", at))
    client.describe()
    began = time.monotonic()
    with pytest.raises(
        MeasureError, match=r"had not finished after 0\.5 s while running net\.any, and was stopped"
    ):
        client.run(any_file, pair, deadline_s=0.5)
    assert time.monotonic() - began < 5
    assert not client.alive


def test_out_of_memory(pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any) -> None:
    """What Python survives, the worker survives."""
    client = pool.get(strange("exhaust"))
    with pytest.raises(MeasureError, match=r"net\.any: strange_runtime raised MemoryError while running"):
        client.run(any_file, pair)
    assert client.alive
    assert client.describe()["name"] == "strange"


def test_raises(pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any) -> None:
    client = pool.get(strange("raise_error"))
    with pytest.raises(MeasureError) as caught:
        client.run(any_file, pair)
    assert str(caught.value) == (
        f"{any_file}: strange_runtime raised RuntimeError while running net.any: operator Foo is not known\n"
        "  fix: does this version of the runtime know all of the file's operators and dtypes?"
    )
    assert client.alive


def test_prints(pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any, tmp_path: Path) -> None:
    """Nothing printed gets between answers, and all of it is kept."""
    client = pool.get(strange("chatter"))
    assert client.run(any_file, pair).arrays[0].tolist() == [[2, 4]]
    (printed,) = (tmp_path / "printed").iterdir()
    lines = {"from Python", "from descriptor 1", "from C", "from a child"}
    assert lines <= set(printed.read_text().splitlines())
    client.close()
    assert not printed.exists()


def test_what_it_printed_cannot_be_removed(
    pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any, tmp_path: Path
) -> None:
    """A disk that turned read-only at the end of a session ends no session with a traceback."""
    client = pool.get(strange("chatter"))
    client.run(any_file, pair)
    (printed,) = (tmp_path / "printed").iterdir()
    printed.unlink()
    (printed / "in the way").mkdir(parents=True)
    client.close()
    assert not client.alive
    assert printed.exists()


def test_clock_goes_backwards(pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any) -> None:
    client = pool.get(strange("break_clock"))
    with pytest.raises(
        MeasureError, match=r"took -\S+ s \(\w+\) while timing net\.any: that is not possible"
    ):
        client.time(any_file, pair, loads=1, calls=5, seed=0)
    assert not client.alive


def test_interrupted(pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any) -> None:
    """After Ctrl-C no late answer may be taken for that to another question."""
    client = pool.get(strange("hang"))
    client.describe()
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(KeyboardInterrupt):
            client.run(any_file, pair)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not client.alive


STARTS = """
import sys, time
from pathlib import Path
import numpy as np
from pytest_edgebench.targets.host import Host
from pytest_edgebench.workers.client import Client
from pytest_edgebench.workers.spec import Spec
folder, runtime, do = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
spec = Spec(runtime, options=(("do", do),))
client = Client(spec, folder, Host(spec.target_ref))
client.describe()
print(client.pid, flush=True)
if do == "hang":
    client.run(folder / "net.any", np.ones((1, 2), np.float32))
elif do == "chatter":
    time.sleep(1000)
"""


@pytest.mark.parametrize("do", ["hang", "chatter", "nothing"])
def test_ends_with_its_parent(do: str, strange: Callable[..., Spec], any_file: Path) -> None:
    """Killed while the worker is busy, killed while it is idle, or gone without a word."""
    command = [sys.executable, "-c", STARTS, str(any_file.parent), strange().runtime, do]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        if do != "nothing":
            time.sleep(0.2)
            assert _runs(worker)
            parent.kill()
        parent.wait(20)
    end = time.monotonic() + 10
    while _runs(worker) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _runs(worker)


def test_no_interpreter(pool: Pool) -> None:
    with pytest.raises(
        MeasureError, match=r"the interpreter /no/such/python cannot be started: No such file"
    ):
        pool.get(Spec("litert", python="/no/such/python"))


def test_interpreter_that_is_none(pool: Pool) -> None:
    with pytest.raises(MeasureError, match="ended with status 1 while starting"):
        pool.get(Spec("litert", python="/bin/false")).describe()


def test_no_child_is_left(pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any) -> None:
    client = pool.get(strange("fork_and_crash"))
    client.describe()
    group = client.pid
    with pytest.raises(MeasureError):
        client.run(any_file, pair)
    end = time.monotonic() + 10
    while _group_runs(group) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _group_runs(group)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _group_runs(group: int) -> bool:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _runs(int(entry.name)):
            try:
                if os.getpgid(int(entry.name)) == group:
                    return True
            except ProcessLookupError:
                continue
    return False
