"""Workers on a board behind a real ssh server on loopback, and what can go wrong on the way."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from loopback_board import RUNTIME, LoopbackBoard, on_board

from pytest_edgebench.base.errors import Dropped, MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.targets.opening import Targets
from pytest_edgebench.workers import client as client_module
from pytest_edgebench.workers.spec import Spec

X = np.array([[1, 2]], np.float32)


# What works


def test_the_same_answers_as_here(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    there, here = pool.get(on_board(board)), pool.get(Spec(RUNTIME))
    assert there.run(net, X).arrays[0].tolist() == here.run(net, X).arrays[0].tolist() == [[3, 6]]
    timing = there.time(net, X, loads=3, calls=5, seed=1)
    assert (timing.load_s.shape, [len(calls) for calls in timing.calls_s]) == ((3,), [5, 5, 5])
    assert there.memory(net, X).peak_bytes > 1_000_000
    pairs = there.pairs(net, net, X, loads=2, seed=0)
    assert len(pairs.a_s) == 2


def test_large_arrays_both_ways(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    many = np.random.default_rng(0).normal(size=(200_000, 2)).astype(np.float32)
    assert np.array_equal(pool.get(on_board(board)).run(net, many, batch=50_000).arrays[0], many * 3)


def test_what_is_told_of_it(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    client = pool.get(on_board(board))
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
    target = Targets(tmp_path).get(board.target_ref())
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
    assert again.get(board.target_ref()).put(net) == str(there)
    assert there.stat().st_ino == born
    net.write_bytes(b"another")
    assert again.get(board.target_ref()).put(net) != str(there)
    again.close()
    assert not [path for path in (board.home / "files").iterdir() if path.name.startswith("part-")]


def test_side_files_of_an_artifact(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    net.with_name("side.bin").write_bytes(b"12345")
    client = pool.get(on_board(board))
    assert client.run(net, X).arrays[0].tolist() == [[3, 6]]  # a file by itself
    net.with_name("manifest.json").write_text("{}")
    assert client.run(net, X).arrays[0].tolist() == [[8, 11]]


def test_a_file_comes_back(board: LoopbackBoard, net: Path, tmp_path: Path) -> None:
    targets = Targets(tmp_path)
    target = targets.get(board.target_ref())
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
    targets.get(board.target_ref())
    targets.close()
    assert not old.exists()


def test_nothing_is_left_behind(board: LoopbackBoard, tmp_path: Path, net: Path) -> None:
    """Neither processes, here or there, nor the folder of the connection."""
    config = board.client("own")
    with Pool(tmp_path / "printed") as pool:
        pid = int(pool.get(on_board(board, target={"config": str(config)})).describe()["pid"])
        assert runs(pid)
        assert str(pid) in notes(board)
        assert [line for line in processes() if str(config) in line]
    wait_until_gone(pid)
    assert str(pid) not in notes(board)
    assert not [line for line in processes() if str(config) in line]


# What goes wrong on the way


def test_a_clock_that_is_too_quick(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    client = pool.get(on_board(board, "quick_clock"))
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
    client = pool.get(on_board(board, "slow_clock"))
    client.describe()
    with pytest.raises(MeasureError, match=r"the clock of \S+ on \S+ counted \S+ s while \S+ s passed here"):
        client.time(net, X, loads=1, calls=3, seed=0)


def test_dropped_once(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    """A case does not notice."""
    client = pool.get(on_board(board, "drop_once"))
    first = client.describe()["pid"]
    assert client.run(net, X).arrays[0].tolist() == [[3, 6]]
    assert client.alive
    assert client.describe()["pid"] != first
    wait_until_gone(int(first))  # it hung when the connection went


def test_dropped_twice(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    """That case is lost, and no other."""
    client = pool.get(on_board(board, "drop"))
    with pytest.raises(Dropped) as caught:
        client.run(net, X)
    assert f"the connection to {board.address} was lost while running net.any" in str(caught.value)
    assert "it was opened again and tried once more" in caught.value.fix
    assert not client.alive
    assert pool.get(on_board(board)).run(net, X).arrays[0].tolist() == [[3, 6]]
    assert pool.get(on_board(board, "drop")) is not client


def test_dropped_between_two_questions(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    """Also where the next needs a new worker."""
    client = pool.get(on_board(board))
    client.describe()
    masters = [
        line.split()[0] for line in processes() if str(board.config) in line and "ControlMaster=yes" in line
    ]
    assert len(masters) == 1  # one connection, whatever goes through it
    subprocess.run(["kill", "-9", *masters], check=True)
    with pool.fresh(on_board(board)) as other:
        assert other.run(net, X).arrays[0].tolist() == [[3, 6]]
    assert pool.get(client.spec).run(net, X).arrays[0].tolist() == [[3, 6]]


def test_crashes_there(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    """A crash is told as one, and is not tried again."""
    wanted = on_board(board, "segfault")
    client = pool.get(wanted)
    with pytest.raises(MeasureError, match=r"crashed \(SIGSEGV\) while running net\.any") as caught:
        client.run(net, X)
    assert not isinstance(caught.value, Dropped)
    assert pool.get(wanted).describe()["name"] == "board"


def test_hangs_there(board: LoopbackBoard, pool: Pool, net: Path) -> None:
    """It is ended on the board too, where it would disturb what is timed next."""
    client = pool.get(on_board(board, "hang"))
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
