# ruff: noqa: PT012, SIM117 - blocks that are left by an exception, one round the other
"""A board has one user at a time, whichever machines they sit at; what was measured without it is dropped."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from loopback_board import LoopbackBoard, on_board

from pytest_edgebench.base.errors import LockLost, MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.targets import board_holder, errors
from pytest_edgebench.targets.board_lock import BoardLock

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDER = Path(board_holder.__file__)


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    folder = tmp_path / "board locks"
    folder.mkdir()
    return folder


def command(locks: Path) -> list[str]:
    """The holder as a board of its own would run it."""
    return ["env", f"EDGEBENCH_LOCKS={locks}", sys.executable, "-u", str(HOLDER)]


@pytest.fixture
def lock(locks: Path) -> Iterator[BoardLock]:
    found = BoardLock("pi@a", command(locks))
    yield found
    found.close()


def test_the_fence_rises(lock: BoardLock, locks: Path) -> None:
    numbers = []
    for _ in range(3):
        with lock.held("timing", 5.0) as number:
            numbers.append(number)
    other = BoardLock("pi@a", command(locks))
    with other.held("timing", 5.0) as number:
        numbers.append(number)
    other.close()
    assert numbers == [1, 2, 3, 4]


def test_one_at_a_time(locks: Path, tmp_path: Path) -> None:
    """Four processes, each as of another machine, take turns: no two are in the block at once."""
    inside = tmp_path / "inside"
    work = [
        multiprocessing.get_context("fork").Process(target=_hold, args=(locks, inside, 25)) for _ in range(4)
    ]
    for process in work:
        process.start()
    for process in work:
        process.join(120)
    assert [process.exitcode for process in work] == [0, 0, 0, 0]
    assert (locks / "board.fence").read_text() == "100"


def _hold(locks: Path, inside: Path, times: int) -> None:
    lock = BoardLock("pi@a", command(locks))
    for _ in range(times):
        with lock.held("timing", 60.0):
            os.close(os.open(inside, os.O_CREAT | os.O_EXCL))  # fails where somebody else is in
            time.sleep(0.001)
            inside.unlink()
    lock.close()


def test_who_waits_is_told_who_has_it(lock: BoardLock, locks: Path) -> None:
    other = BoardLock("pi@a", command(locks))
    with lock.held("timing net.onnx", 5.0):
        with pytest.raises(MeasureError) as caught, other.held("timing", 1.5):
            pass
    other.close()
    assert "pi@a was not free within 1.5 s" in str(caught.value)
    assert f"process {os.getpid()} on" in str(caught.value)
    assert "(timing net.onnx, since" in str(caught.value)


def test_a_killed_user_frees_it_at_once(locks: Path, lock: BoardLock) -> None:
    program = (
        "import sys; from pytest_edgebench.targets.board_lock import BoardLock\n"
        f"lock = BoardLock('pi@a', {command(locks)!r})\n"
        "with lock.held('timing', 5.0):\n    print('in', flush=True)\n    sys.stdin.read()\n"
    )
    user = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert user.stdout is not None
    assert user.stdout.readline() == "in\n"
    user.send_signal(signal.SIGKILL)
    user.wait()
    began = time.monotonic()
    with lock.held("timing", 10.0):
        assert time.monotonic() - began < 1.5  # with the start of an interpreter


def test_a_silent_user_loses_it(locks: Path, lock: BoardLock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection is there, and nothing comes of it, as when a cable is pulled."""
    silent = BoardLock("pi@a", command(locks))
    monkeypatch.setattr("pytest_edgebench.targets.board_lock.BEAT_S", 1000.0)
    with pytest.raises(LockLost), silent.held("timing", 5.0):
        monkeypatch.undo()
        began = time.monotonic()
        with lock.held("timing", 30.0):
            assert board_holder.SILENT_S - 1 < time.monotonic() - began < 10.0
        monkeypatch.setattr("pytest_edgebench.targets.board_lock.ANSWER_S", 0.5)
    silent.close()


@pytest.mark.parametrize("how", ["deleted", "replaced", "taken", "killed"])
def test_a_stolen_board_is_noticed(how: str, lock: BoardLock, locks: Path) -> None:
    other = BoardLock("pi@a", command(locks))
    with pytest.raises(LockLost, match="was not held all the time while timing"):
        with lock.held("timing", 5.0):
            if how == "killed":
                assert lock._process is not None
                lock._process.kill()
            else:
                (locks / "board.lock").unlink()
            if how == "replaced":
                (locks / "board.lock").touch()
            if how == "taken":
                with other.held("timing", 5.0):
                    pass
    other.close()
    with lock.held("timing", 5.0):
        pass


def test_a_hundred_thefts(lock: BoardLock, locks: Path) -> None:
    """At any moment of a measurement: no number of it is accepted."""
    accepted = 0
    for _ in range(100):
        try:
            with lock.held("timing", 5.0) as number:
                (locks / "board.fence").write_text(str(number + 1))
            accepted += 1
        except LockLost:
            continue
    assert accepted == 0


def test_no_room_for_a_lock(tmp_path: Path) -> None:
    broken = BoardLock("pi@a", command(tmp_path / "missing"))
    with pytest.raises(MeasureError, match="cannot be held for timing"), broken.held("timing", 5.0):
        pass


# Over a real connection


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LoopbackBoard, Path]]:
    folder = tmp_path_factory.mktemp("held")
    (folder / "locks").mkdir()
    board = LoopbackBoard(folder / "b", variables={"EDGEBENCH_LOCKS": str(folder / "locks")})
    yield board, folder / "locks"
    board.switch_off()


def test_two_machines_and_one_board(boards: tuple[LoopbackBoard, Path], tmp_path: Path) -> None:
    board, locks = boards
    spec, seen = on_board(board), []
    path = locks / "board.fence"
    before = int(path.read_text()) if path.exists() else 0
    with Pool(tmp_path / "a") as one, Pool(tmp_path / "b") as other:
        other.get(spec)

        def inside() -> str:
            with pytest.raises(MeasureError) as caught:
                hold: Any = other._targets.get(spec.target_ref)
                with hold.hold(spec, "timing", 1.2):
                    pass
            return str(caught.value)

        seen.append(one.alone(spec, "timing a net", inside))
        assert other.alone(spec, "timing", lambda: "had") == "had"
    assert "was not free within 1.2 s: process" in seen[0]
    assert int(path.read_text()) == before + 2


def test_a_theft_is_measured_again(boards: tuple[LoopbackBoard, Path], tmp_path: Path) -> None:
    """Once; then it is an error, and the number is dropped."""
    board, locks = boards
    spec, calls = on_board(board), []

    def measure(thefts: int) -> float:
        calls.append(1)
        if len(calls) <= thefts:
            (locks / "board.fence").write_text("999")
        return 0.5

    with Pool(tmp_path / "printed") as pool:
        assert pool.alone(spec, "timing", lambda: measure(1)) == 0.5
        assert len(calls) == 2
        calls.clear()
        with pytest.raises(LockLost):
            pool.alone(spec, "timing", lambda: measure(2))
        assert len(calls) == 2


def test_a_lost_connection_is_no_theft(boards: tuple[LoopbackBoard, Path], tmp_path: Path, net: Path) -> None:
    board, _ = boards
    spec = on_board(board)
    x = np.array([[1, 2]], np.float32)
    with Pool(tmp_path / "printed") as pool:
        target: Any = pool._targets.get(spec.target_ref)
        times = []

        def measure() -> float:
            times.append(1)
            if len(times) == 1:
                target._link._master.kill()
            return float(pool.get(spec).run(net, x).arrays[0][0, 0])

        assert pool.alone(spec, "timing", measure) == 3.0
        assert len(times) == 2


def test_the_message_says_what_to_do() -> None:
    assert "who else uses the board" in (errors.lock_lost("pi@a", "timing").fix or "")
