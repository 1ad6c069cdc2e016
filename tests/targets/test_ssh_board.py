"""Workers on a board behind a real ssh server on loopback, and all that can be wrong with a board."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from loopback_board import RUNTIME, LoopbackBoard, python_like, script

from pytest_edgebench.errors import Dropped, MeasureError
from pytest_edgebench.measure import client as client_module
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.measure.spec import Spec
from pytest_edgebench.targets import ssh
from pytest_edgebench.targets.opening import Targets

if TYPE_CHECKING:
    from collections.abc import Iterator

X = np.array([[1, 2]], np.float32)


@pytest.fixture(scope="module")
def shared_board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackBoard]:
    board = LoopbackBoard(tmp_path_factory.mktemp("boards") / "a")
    yield board
    board.switch_off()


@pytest.fixture
def board(shared_board: LoopbackBoard) -> LoopbackBoard:
    return shared_board


@pytest.fixture(scope="module")
def shared_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(tmp_path_factory.mktemp("printed")) as pool:
        yield pool


@pytest.fixture
def pool(shared_pool: Pool) -> Pool:
    """One for all tests, so that they have one connection."""
    return shared_pool


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "nets" / "net.any"
    path.parent.mkdir()
    path.write_bytes(os.urandom(100))  # so that no other test has sent it
    return path


def spec(board: LoopbackBoard, do: str = "nothing", **how: Any) -> Spec:
    options = how.pop("target", {})
    given = {"python": sys.executable, "options": (("do", do),), **how}
    return Spec(RUNTIME, reach=board.reach(**options), **given)


def failure(pool: Pool, wanted: Spec) -> MeasureError:
    with pytest.raises(MeasureError) as caught:
        pool.get(wanted).describe()
    return caught.value


# What works


def test_the_same_answers_as_here(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    there, here = pool.get(spec(board)), pool.get(Spec(RUNTIME))
    assert there.run(net, X).arrays[0].tolist() == here.run(net, X).arrays[0].tolist() == [[3, 6]]
    timing = there.time(net, X, loads=3, calls=5, seed=1)
    assert (timing.load_s.shape, [len(calls) for calls in timing.calls_s]) == ((3,), [5, 5, 5])
    assert there.memory(net, X).peak_bytes > 1_000_000
    pairs = there.pairs(net, net, X, loads=2, seed=0)
    assert len(pairs.a_s) == 2


def test_large_arrays_both_ways(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    many = np.random.default_rng(0).normal(size=(200_000, 2)).astype(np.float32)
    assert np.array_equal(pool.get(spec(board)).run(net, many, batch=50_000).arrays[0], many * 3)


def test_what_is_told_of_it(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    client = pool.get(spec(board))
    found = client.describe()
    assert Path(found["file"]).is_relative_to(board.home)  # our own code runs there, too
    told = pool.reached(client.spec)
    assert told["target"] == f"ssh://{board.address}"
    assert told["system"].startswith("Linux ")
    assert "clock" not in told
    before, after = client.run(net, X).readings
    assert before.cpus == after.cpus == len(os.sched_getaffinity(0))
    assert pool.get(Spec(RUNTIME)).run(net, X).readings[0].cpus is None


def test_files_are_sent_once(board: LoopbackBoard, pool: Pool, net: Path, tmp_path: Path) -> None:
    """By content: neither another name of the folder nor another session sends them again."""
    target = Targets(tmp_path).get(board.reach())
    there = Path(target.put(net))
    assert there.read_bytes() == net.read_bytes()
    assert there.is_relative_to(board.home)
    born = there.stat().st_ino
    copy = tmp_path / "copy" / net.name
    copy.parent.mkdir()
    copy.write_bytes(net.read_bytes())
    assert target.put(copy) == str(there)
    target.stop()
    again = Targets(tmp_path)
    assert again.get(board.reach()).put(net) == str(there)
    assert there.stat().st_ino == born
    net.write_bytes(b"another")
    assert again.get(board.reach()).put(net) != str(there)
    again.close()
    assert not [path for path in (board.home / "files").iterdir() if path.name.startswith("part-")]


def test_side_files_of_an_artifact(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    net.with_name("side.bin").write_bytes(b"12345")
    client = pool.get(spec(board))
    assert client.run(net, X).arrays[0].tolist() == [[3, 6]]  # a file by itself
    net.with_name("manifest.json").write_text("{}")
    assert client.run(net, X).arrays[0].tolist() == [[8, 11]]


def test_a_file_comes_back(board: LoopbackBoard, net: Path, tmp_path: Path) -> None:
    targets = Targets(tmp_path)
    target = targets.get(board.reach())
    target.fetch(target.put(net), tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == net.read_bytes()
    with pytest.raises(MeasureError, match="/no/such file could not be fetched from"):
        target.fetch("/no/such file", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    targets.close()


def test_what_lay_there_for_long_goes(board: LoopbackBoard, tmp_path: Path) -> None:
    """With the next connection."""
    old = board.home / "files" / "old"
    old.mkdir(parents=True, exist_ok=True)
    month = time.time() - 40 * 86400
    os.utime(old, (month, month))
    targets = Targets(tmp_path)
    targets.get(board.reach())
    targets.close()
    assert not old.exists()


def test_nothing_is_left_behind(board: LoopbackBoard, tmp_path: Path, net: Path) -> None:
    """Neither processes, here or there, nor the folder of the connection."""
    config = board.client("own")
    with Pool(tmp_path / "printed") as pool:
        pid = int(pool.get(spec(board, target={"config": str(config)})).describe()["pid"])
        assert runs(pid)
        assert str(pid) in notes(board)
        assert [line for line in processes() if str(config) in line]
    wait_until_gone(pid)
    assert str(pid) not in notes(board)
    assert not [line for line in processes() if str(config) in line]


# What cannot be reached


def test_unknown_host_key(board: LoopbackBoard, pool: Pool) -> None:
    """Refused, also the second time, and nothing is written down."""
    config = board.client("unknown", known="")
    wanted = spec(board, target={"config": str(config)})
    for _ in range(2):
        error = failure(pool, wanted)
        assert f"{board.address} is not known: no key of it is on record here" in str(error)
        assert "compare the fingerprint" in error.fix
        assert error.lasting
    assert (board.folder / "unknown.known_hosts").read_text() == ""


def test_a_user_who_accepts_any_key_is_overruled(board: LoopbackBoard, pool: Pool) -> None:
    config = board.client("lax", known="")
    config.write_text(config.read_text() + "  StrictHostKeyChecking no\n")
    assert "is not known" in str(failure(pool, spec(board, target={"config": str(config)})))
    assert (board.folder / "lax.known_hosts").read_text() == ""


def test_changed_host_key(board: LoopbackBoard, pool: Pool) -> None:
    config = board.client("changed", known=board.stranger())
    error = failure(pool, spec(board, target={"config": str(config)}))
    assert f"{board.address} answers with another key than it had" in str(error)
    assert "ssh-keygen -R" in error.fix


def test_wrong_key(board: LoopbackBoard, pool: Pool) -> None:
    config = board.client("wrong", key="stranger")
    error = failure(pool, spec(board, target={"config": str(config)}))
    assert f"{board.address} does not let us in" in str(error)
    assert "Permission denied (publickey)" in str(error)
    assert "ssh-copy-id" in error.fix


def test_switched_off(tmp_path: Path, pool: Pool, net: Path) -> None:
    """It is tried again with each question, and works when it is back."""
    board = LoopbackBoard(tmp_path / "b")
    board.switch_off()
    error = failure(pool, spec(board))
    assert f"{board.address} cannot be reached" in str(error)
    assert "Connection refused" in str(error)
    assert not error.lasting
    board.switch_on()
    assert pool.get(spec(board)).run(net, X).arrays[0].tolist() == [[3, 6]]
    board.switch_off()


def test_no_ssh_here(board: LoopbackBoard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Pool(tmp_path / "printed") as pool:
        error = failure(pool, spec(board))
    assert str(error).startswith("the program ssh cannot be started: No such file")
    assert "apt-get install openssh-client" in error.fix


def test_a_configuration_that_is_none(board: LoopbackBoard, pool: Pool, tmp_path: Path) -> None:
    error = failure(pool, spec(board, target={"config": str(tmp_path / "gone")}))
    assert "Can't open user config file" in str(error)


# What a board lacks


def test_no_python(board: LoopbackBoard, pool: Pool) -> None:
    error = failure(pool, spec(board, python="/no/such/python"))
    assert f"{board.address} has no interpreter /no/such/python" in str(error)
    assert "install Python ≥ 3.11 there" in error.fix
    assert pool.get(spec(board)).describe()["name"] == "board"  # with one that is there


def test_old_python(board: LoopbackBoard, pool: Pool, tmp_path: Path) -> None:
    older = '-c "import sys; sys.version_info = (3, 9, 2); exec(sys.argv[2])"'
    python = python_like(tmp_path / "python3.9", older)
    error = failure(pool, spec(board, python=python))
    assert f"{python} on {board.address} is Python 3.9.2, and the worker needs 3.11" in str(error)


def test_no_numpy(board: LoopbackBoard, pool: Pool, tmp_path: Path) -> None:
    python = python_like(tmp_path / "bare", "-I -S")
    error = failure(pool, spec(board, python=python))
    assert f"{python} on {board.address} has no numpy" in str(error)
    assert "No module named 'numpy'" in str(error)


def test_no_runtime(board: LoopbackBoard, pool: Pool) -> None:
    wanted = Spec("tflite-runtime", python=sys.executable, reach=board.reach())
    error = failure(pool, wanted)
    assert str(error).startswith(f"tflite-runtime on {board.address} cannot be imported in {sys.executable}")
    assert "install it there" in error.fix


def test_another_version(board: LoopbackBoard, pool: Pool) -> None:
    error = failure(pool, spec(board, version="1.3"))
    assert str(error).startswith(
        f"board_runtime on {board.address} is version 1.2.3, and the profile asks for 1.3"
    )
    assert pool.get(spec(board, version="1.2")).describe()["version"] == "1.2.3"


def test_nothing_can_be_written(board: LoopbackBoard, pool: Pool) -> None:
    for _ in range(2):  # also once the connection is there
        error = failure(pool, spec(board, target={"folder": "/proc/edgebench"}))
        assert f"nothing can be written to /proc/edgebench on {board.address}" in str(error)
        assert "name another folder in target_options" in error.fix


def test_no_room(board: LoopbackBoard, pool: Pool, tmp_path: Path, net: Path) -> None:
    """The model is refused; the worker, which is small, goes on."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        client = pool.get(spec(board, target={"folder": str(small / "edgebench")}))
        client.describe()
        net.write_bytes(os.urandom(1 << 20))
        with pytest.raises(MeasureError) as caught:
            client.run(net, X)
        assert f"{board.address} has no room for " in str(caught.value)
        assert "make room there" in caught.value.fix
        assert client.describe()["name"] == "board"
        assert not list((small / "edgebench" / "files").glob("part-*"))
    finally:
        pool.close()
        subprocess.run(["umount", "--lazy", str(small)], check=True)


def test_wrong_clock(tmp_path: Path, pool: Pool, net: Path) -> None:
    """Times are taken by a clock that counts seconds only; that the date is wrong is told."""
    script(tmp_path / "bin" / "date", "exec /bin/date -d '2 hours ago' \"$@\"")
    board = LoopbackBoard(tmp_path / "b", {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"})
    client = pool.get(spec(board))
    assert client.run(net, X).arrays[0].tolist() == [[3, 6]]
    assert pool.reached(client.spec)["clock"] == "2.0 h behind"
    board.switch_off()


@pytest.mark.parametrize(
    ("date", "told"),
    [("1000", ""), ("1059", ""), ("1061", "1.0 min ahead"), ("0", "16.7 min behind"), ("?", "unknown")],
)
def test_clock_in_words(date: str, told: str) -> None:
    assert ssh.clock_told(date, 1000) == told


def test_days_behind() -> None:
    assert ssh.clock_told("0", 86400 * 365.0) == "365.0 days behind"


# What goes wrong on the way


def test_a_clock_that_is_too_quick(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    client = pool.get(spec(board, "quick_clock"))
    with pytest.raises(
        MeasureError, match=r"the clock of board_runtime on \S+ counted \S+ s while \S+ s passed"
    ):
        client.run(net, X)
    assert not client.alive


def test_a_clock_that_is_too_slow(
    board: LoopbackBoard, pool: Pool, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where times are asked for: else most may pass on the way."""
    monkeypatch.setattr(client_module, "SLOW_FROM_S", 0.5)
    client = pool.get(spec(board, "slow_clock"))
    client.describe()
    with pytest.raises(MeasureError, match=r"the clock of \S+ on \S+ counted \S+ s while \S+ s passed here"):
        client.time(net, X, loads=1, calls=3, seed=0)


def test_dropped_once(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    """A case does not notice."""
    client = pool.get(spec(board, "drop_once"))
    first = client.describe()["pid"]
    assert client.run(net, X).arrays[0].tolist() == [[3, 6]]
    assert client.alive
    assert client.describe()["pid"] != first
    wait_until_gone(int(first))  # it hung when the connection went


def test_dropped_twice(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    """That case is lost, and no other."""
    client = pool.get(spec(board, "drop"))
    with pytest.raises(Dropped) as caught:
        client.run(net, X)
    assert f"the connection to {board.address} was lost while running net.any" in str(caught.value)
    assert "it was made anew and tried once more" in caught.value.fix
    assert not client.alive
    assert pool.get(spec(board)).run(net, X).arrays[0].tolist() == [[3, 6]]
    assert pool.get(spec(board, "drop")) is not client


def test_dropped_between_two_questions(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    """Also where the next needs a new worker."""
    client = pool.get(spec(board))
    client.describe()
    masters = [
        line.split()[0] for line in processes() if str(board.config) in line and "ControlMaster=yes" in line
    ]
    assert len(masters) == 1  # one connection, whatever goes through it
    subprocess.run(["kill", "-9", *masters], check=True)
    with pool.fresh(spec(board)) as other:
        assert other.run(net, X).arrays[0].tolist() == [[3, 6]]
    assert pool.get(client.spec).run(net, X).arrays[0].tolist() == [[3, 6]]


def test_crashes_there(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    """A crash is told as one, and is not tried again."""
    wanted = spec(board, "segfault")
    client = pool.get(wanted)
    with pytest.raises(MeasureError, match=r"crashed \(SIGSEGV\) while running net\.any") as caught:
        client.run(net, X)
    assert not isinstance(caught.value, Dropped)
    assert pool.get(wanted).describe()["name"] == "board"


def test_hangs_there(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    """It is ended on the board too, where it would disturb what is timed next."""
    client = pool.get(spec(board, "hang"))
    pid = int(client.describe()["pid"])
    with pytest.raises(MeasureError, match=r"had not finished after 0\.5 s while running net\.any"):
        client.run(net, X, deadline_s=0.5)
    wait_until_gone(pid, 3)
    assert not client.alive


def processes() -> list[str]:
    """Number and command line of each."""
    shown = subprocess.run(["ps", "-ewwo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return shown.splitlines()


def notes(board: LoopbackBoard) -> list[str]:
    """Numbers of the workers that the board has written down."""
    return [path.read_text().strip() for path in board.home.glob("*.pid")]


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while runs(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not runs(pid)
